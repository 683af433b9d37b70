"""Exceptions injected at each place where a signal handler can raise one.

CPython runs signal handlers when a function is entered, when a call has returned, and when a loop
jumps back. The tests try each of these places in the code of the package in turn.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import zfssa

PACKAGE = str(Path(zfssa.__file__).parent)


class Struck(KeyboardInterrupt):
    """Exception of a signal handler such as that of Ctrl-C."""


class Expired(Exception):
    """Exception of a signal handler such as that of a timeout."""


class Strike:
    """Context manager that raises once, at the place with the given number."""

    def __init__(self, number: int, error: type[BaseException]) -> None:
        self.left = number
        self.error = error
        self.where = ""
        self._codes: dict[CodeType, dict[int, str]] = {}
        self._last: dict[FrameType, str] = {}

    def __enter__(self) -> Strike:
        sys.settrace(self._trace)
        return self

    def __exit__(self, kind: Any, *_: Any) -> bool:
        sys.settrace(None)
        self._last.clear()
        return kind is self.error

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        if event == "call":
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
            self._place(frame)
        elif event == "opcode":
            code = frame.f_code
            names = self._codes.get(code)
            if names is None:
                names = self._codes[code] = {
                    one.offset: one.opname for one in dis.get_instructions(code)
                }
            name = names[frame.f_lasti]
            before = self._last.get(frame, "")
            self._last[frame] = name
            if before.startswith("CALL") or name.startswith("JUMP_BACKWARD"):
                self._place(frame)
        elif event == "exception":
            # The call did not return.
            self._last[frame] = ""
        elif event == "return":
            self._last.pop(frame, None)
        return self._trace

    def _place(self, frame: FrameType) -> None:
        self.left -= 1
        if self.left < 0 and not self.where:
            self.where = f"{frame.f_code.co_qualname}:{frame.f_lineno}"
            raise self.error(self.where)


def everywhere(error: type[BaseException], tried: Callable[[Strike], None]) -> Iterator[str]:
    """Tries each place in turn, and yields its name."""
    number = 0
    while True:
        strike = Strike(number, error)
        tried(strike)
        if not strike.where:
            return
        yield strike.where
        number += 1
