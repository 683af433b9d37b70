"""Waiting for a file descriptor as the process waits: natively, or in the hub of eventlet."""

from __future__ import annotations

import math
import select
import sys
from typing import Any

# Eventlet takes select.poll away when it patches, so it is remembered from before, if there was
# a before; where there was not, nobody waits natively.
_poll = getattr(select, "poll", None)


def on_eventlet() -> bool:
    """Whether this process runs on eventlet: its hub must never be blocked."""
    patcher: Any = sys.modules.get("eventlet.patcher")
    return patcher is not None and bool(patcher.is_monkey_patched("select"))


def wait_readable(fd: int, timeout: float | None) -> None:
    """Returns when the descriptor is readable or the time, in seconds, is over."""
    if timeout is not None:
        timeout = max(timeout, 0.0)
    if on_eventlet():
        _in_hub(fd, timeout)
    elif _poll is not None:
        poll = _poll()
        poll.register(fd, select.POLLIN)
        # Signals are handled in here: Ctrl-C raises out of it at once.
        poll.poll(None if timeout is None else math.ceil(timeout * 1000))
    else:
        select.select([fd], [], [], timeout)


class _Elapsed(Exception):
    pass


def _in_hub(fd: int, timeout: float | None) -> None:
    from eventlet import hubs

    try:
        hubs.trampoline(fd, read=True, timeout=timeout, timeout_exc=_Elapsed())
    except _Elapsed:
        pass
