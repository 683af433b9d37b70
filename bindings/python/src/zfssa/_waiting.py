"""Wait for a readable file descriptor, natively or in the hub of eventlet."""

from __future__ import annotations

import math
import select
import sys
from typing import Any

# Monkey patching by eventlet removes select.poll. Keep the original, which is None if eventlet
# patched before this import; then no thread waits natively.
_poll = getattr(select, "poll", None)


def on_eventlet() -> bool:
    """Whether the process is patched by eventlet, whose hub must never be blocked."""
    patcher: Any = sys.modules.get("eventlet.patcher")
    return patcher is not None and bool(patcher.is_monkey_patched("select"))


def wait_readable(fd: int, timeout: float | None) -> None:
    """Blocks until the file descriptor is readable or `timeout` seconds have passed."""
    if timeout is not None:
        timeout = max(timeout, 0.0)
    if on_eventlet():
        _in_hub(fd, timeout)
    elif _poll is not None:
        poll = _poll()
        poll.register(fd, select.POLLIN)
        # poll() runs signal handlers, so Ctrl-C interrupts it at once.
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
