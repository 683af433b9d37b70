"""The driver's handle, the queue of completions, and what is in flight between them.

No thread of the engine ever runs Python: a completion waits in a queue of the library until a
thread of Python, told by the queue's file descriptor, comes and takes it.
"""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Callable, Mapping
from ctypes import byref, c_int32, c_uint32, c_uint64, c_void_p, sizeof
from typing import Any, Generic, TypeVar

from . import _abi, _fork, errors
from ._config import Config
from ._error import Error, Outcome
from ._library import call, check, error_of, lib
from ._marshal import text
from ._request import Request
from .operations import Connection, Progress, _connection, _progress

T = TypeVar("T")

log = logging.getLogger("zfssa")

#: How many completions are taken at a time.
BATCH = 256

_numbers = itertools.count(1)


def milliseconds(timeout: float | None) -> int:
    """Seconds as the library takes them: None is the configured limit, infinity none at all."""
    if timeout is None:
        return 0
    if timeout == math.inf:
        return -1
    if not timeout > 0 or timeout > 2**53:
        raise errors.InvalidArgumentError(f"timeout is {timeout}; expecting seconds above 0")
    return max(1, math.ceil(timeout * 1000))


class Ticket(Generic[T]):
    """An operation that was submitted: what Python knows of it."""

    __slots__ = (
        "__weakref__",
        "arrived",
        "elapsed",
        "error",
        "number",
        "output",
        "progress",
        "request",
        "requests",
        "transfer",
        "user_data",
        "waiters",
    )

    def __init__(self, request: Request[T]) -> None:
        self.request = request
        self.user_data = next(_numbers)
        self.number = 0
        self.arrived = False
        self.output: T | None = None
        self.error: Error | None = None
        #: Requests sent to the appliance, and seconds from submission to completion.
        self.requests = 0
        self.elapsed = 0.0
        self.waiters: list[Any] = []
        #: Told how far the operation is; begins a transfer, which ends with finish_transfer().
        self.progress: Callable[[Progress], object] | None = None
        self.transfer: Callable[[int, Connection], None] | None = None

    def cancel(self) -> None:
        """Asks the operation to stop. It undoes its steps and then completes."""
        if not self.arrived:
            call(lib.zfssa_cancel, self.number)

    def take(self) -> T:
        if self.error is not None:
            raise self.error
        return self.output  # type: ignore[return-value]


class Handle(_fork.Mortal):
    """A driver of the library: an appliance, a pool and a project."""

    def __init__(self, config: Config | Mapping[str, Any]) -> None:
        if not isinstance(config, Config):
            config = Config(config)
        handle = c_void_p()
        call(lib.zfssa_driver_new, config._handle, byref(handle))
        self._handle: int | None = handle.value
        self._finalizer = _fork.when_collected(self, lib.zfssa_driver_free, handle.value)

    def submit(
        self,
        ticket: Ticket[Any],
        queue: int | None,
        timeout: float | None,
        operation_id: str | None,
    ) -> None:
        self._alive()
        if self._handle is None:
            raise errors.ClosedError("the driver is closed")
        options = _abi.zfssa_call_t(
            size=sizeof(_abi.zfssa_call_t),
            timeout_ms=milliseconds(timeout),
            flags=_abi.ZFSSA_CALL_PROGRESS if ticket.progress is not None else 0,
            queue=queue,
            user_data=ticket.user_data,
            operation_id=text(operation_id, "operation_id"),
        )
        number, error = c_uint64(), c_void_p()
        function = getattr(lib, f"zfssa_{ticket.request.operation}")
        arguments = ticket.request.arguments()
        status = function(
            self._handle, byref(arguments), byref(options), byref(number), byref(error)
        )
        check(status, error)
        ticket.number = number.value

    def close(self, cancel: bool, milliseconds_: int) -> bool:
        """Closes the driver; tells whether that is done."""
        self._alive()
        if self._handle is None:
            return True
        how = _abi.ZFSSA_CLOSE_CANCEL if cancel else _abi.ZFSSA_CLOSE_DRAIN
        try:
            call(lib.zfssa_driver_close, self._handle, how, milliseconds_)
        except errors.TimedOutError:
            return False
        return True

    def free(self) -> None:
        """Gives the driver up. Never blocks; what is in flight is stopped and undone."""
        self._handle = None
        self._finalizer()


class Mailbox(_fork.Mortal):
    """A queue of the library, and who waits for what is to arrive in it."""

    def __init__(self) -> None:
        handle = c_void_p()
        call(lib.zfssa_queue_new, byref(handle))
        self.queue = handle.value
        _fork.when_collected(self, lib.zfssa_queue_free, handle.value)
        fd = c_int32(-1)
        call(lib.zfssa_queue_fd, self.queue, byref(fd))
        self.fd = fd.value
        self._events = (_abi.zfssa_event_t * BATCH)()
        self.pending: dict[int, Ticket[Any]] = {}

    def submit(
        self,
        handle: Handle,
        ticket: Ticket[Any],
        timeout: float | None,
        operation_id: str | None,
    ) -> None:
        self._alive()
        self.pending[ticket.user_data] = ticket
        try:
            handle.submit(ticket, self.queue, timeout, operation_id)
        except BaseException:
            # What was refused never completes.
            if not ticket.number:
                self.pending.pop(ticket.user_data, None)
            raise

    def collect(self) -> list[Ticket[Any]]:
        """Takes what has arrived, without waiting. One thread at a time."""
        count = c_uint32()
        call(
            lib.zfssa_queue_next,
            self.queue,
            self._events,
            sizeof(_abi.zfssa_event_t),
            BATCH,
            0,
            byref(count),
        )
        found = []
        for event in self._events[: count.value]:
            if event.kind == _abi.ZFSSA_EV_COMPLETION:
                ticket = self.pending.pop(event.user_data, None)
                try:
                    if ticket is not None:
                        _fill(ticket, event.result)
                        found.append(ticket)
                finally:
                    lib.zfssa_result_free(event.result)
            elif event.kind in (_abi.ZFSSA_EV_PROGRESS, _abi.ZFSSA_EV_TRANSFER):
                ticket = self.pending.get(event.user_data)
                try:
                    if event.kind == _abi.ZFSSA_EV_PROGRESS:
                        _progressed(ticket, event.result)
                    else:
                        _transfer(ticket, event.ticket, event.result)
                finally:
                    lib.zfssa_result_free(event.result)
        return found


def _progressed(ticket: Ticket[Any] | None, result: int) -> None:
    if ticket is None or ticket.progress is None:
        return
    try:
        ticket.progress(_progress(lib.zfssa_result_progress(result).contents))
    except Exception:
        # Whoever looks at the queue is not to blame, and perhaps another thread.
        log.exception("the progress function of %s failed", ticket.request.operation)


def _transfer(ticket: Ticket[Any] | None, number: int, result: int) -> None:
    try:
        if ticket is None or ticket.transfer is None:
            raise errors.InvalidArgumentError("nobody is there to transfer the image")
        ticket.transfer(number, _connection(lib.zfssa_result_connection(result).contents))
    except Exception as error:
        finish_transfer(number, error)


#: The longest reason of a transfer that failed, in characters.
_REASON = 4096


def finish_transfer(number: int, error: BaseException | None) -> None:
    """The word on a transfer. That nobody waits for it any more is the operation's to tell."""
    status, reason = _abi.ZFSSA_OK, ""
    if error is not None:
        status, reason = _abi.ZFSSA_E_TRANSFER, str(error) or type(error).__name__
    words = reason[:_REASON].replace("\0", "\ufffd").encode("utf-8", "replace")
    lib.zfssa_transfer_finish(number, status, words, None)


def _fill(ticket: Ticket[Any], result: int) -> None:
    """Puts into a ticket what its result says."""
    ticket.requests = lib.zfssa_result_requests(result)
    ticket.elapsed = lib.zfssa_result_elapsed_us(result) / 1e6
    if lib.zfssa_result_status(result) != _abi.ZFSSA_OK:
        ticket.error = error_of(lib.zfssa_result_error(result))
    else:
        try:
            ticket.output = ticket.request.output(lib, result)
        except Exception as error:
            # A defect of this package; the operation itself was carried out.
            ticket.error = errors.InternalError(
                f"the output of {ticket.request.operation} could not be read: {error!r}",
                outcome=Outcome.APPLIED,
            )
    tell(ticket)


#: An error with one of these outcomes is for an operator to look at.
_SERIOUS = (Outcome.UNKNOWN, Outcome.PARTIAL)


def tell(ticket: Ticket[Any]) -> None:
    """Logs how an operation went: `zfssa` with the facts as attributes of the record."""
    error = ticket.error
    level = logging.DEBUG
    if error is not None:
        level = logging.WARNING if error.outcome in _SERIOUS else logging.INFO
    warnings = getattr(ticket.output, "warnings", ())
    if not warnings and not log.isEnabledFor(level):
        return
    name, about = ticket.request.operation, ticket.request.resource
    facts = {
        "zfssa_operation": name,
        "zfssa_resource": about,
        "zfssa_ticket": ticket.number,
        "zfssa_requests": ticket.requests,
        "zfssa_elapsed": ticket.elapsed,
    }
    for warning in warnings:
        log.warning("%s: %s", name, warning, extra=facts)
    what = f"{name} {about}" if about else name
    cost = f"{ticket.elapsed * 1000:.1f} ms, {ticket.requests} requests"
    if error is None:
        log.debug("%s succeeded (%s)", what, cost, extra=facts)
    else:
        facts |= {"zfssa_status": error.status_name, "zfssa_outcome": error.outcome.name}
        log.log(level, "%s failed (%s): %s", what, cost, error.text, extra=facts)
