"""Driver handle, completion queue, and operations in flight.

No thread of the engine runs Python code. A completion stays in a queue of the library until a
Python thread, woken by the file descriptor of the queue, takes it.
"""

from __future__ import annotations

import itertools
import logging
import math
from collections import deque
from collections.abc import Callable, Mapping
from ctypes import byref, c_int32, c_uint32, c_uint64, sizeof
from operator import attrgetter
from typing import Any, Generic, TypeVar

from . import _abi, _fork, _metrics, errors
from ._config import Config
from ._engine_log import log_records
from ._error import Error, Outcome
from ._library import call, error_of, lib
from ._marshal import text
from ._request import Request
from .operations import Connection, Progress, _connection, _progress

T = TypeVar("T")

log = logging.getLogger("zfssa")

#: Maximum number of events taken by one call.
BATCH = 16

_numbers = itertools.count(1)


def milliseconds(timeout: float | None) -> int:
    """Converts a timeout in seconds to the library's milliseconds.

    None selects the configured timeout, infinity no timeout.
    """
    if timeout is None:
        return 0
    if timeout == math.inf:
        return -1
    if not timeout > 0 or timeout > 2**53:
        raise errors.InvalidArgumentError(f"timeout is {timeout}: expecting seconds above 0")
    return max(1, math.ceil(timeout * 1000))


class Ticket(Generic[T]):
    """State of a submitted operation."""

    __slots__ = (
        "__weakref__",
        "completed",
        "elapsed",
        "error",
        "output",
        "progress",
        "request",
        "requests",
        "slot",
        "traceparent",
        "transfer",
        "user_data",
        "waiters",
    )

    def __init__(self, request: Request[T]) -> None:
        self.request = request
        self.user_data = next(_numbers)
        #: Output parameter for the ticket id. It keeps the id even if an exception follows.
        self.slot = c_uint64()
        self.completed = False
        self.output: T | None = None
        self.error: Error | None = None
        #: Number of requests sent to the appliance, and seconds from submission to completion.
        self.requests = 0
        self.elapsed = 0.0
        self.waiters: list[Any] = []
        self.traceparent: str | None = None
        #: Progress callback, and the function that starts a transfer. finish_transfer() ends it.
        self.progress: Callable[[Progress], object] | None = None
        self.transfer: Callable[[int, Connection], None] | None = None

    @property
    def number(self) -> int:
        """The ticket id; 0 before the library has accepted the operation."""
        return self.slot.value

    def cancel(self) -> None:
        """Cancels the operation. It rolls back and then completes."""
        if not self.completed:
            call(lib.zfssa_ticket_cancel, self.slot)

    def cancel_quietly(self) -> None:
        """Cancels an operation that may not have been accepted. Ignores errors."""
        lib.zfssa_ticket_cancel(self.slot, None)

    def result(self) -> T:
        if self.error is not None:
            raise self.error
        return self.output  # type: ignore[return-value]


class DriverHandle(_fork.ForkChecked):
    """Handle of a C driver: an appliance, a pool and a project."""

    def __init__(
        self, config: Config | Mapping[str, Any], propagate: Callable[[], str | None] | None
    ) -> None:
        self._propagate = propagate
        if not isinstance(config, Config):
            config = Config(config)
        self._owned = _fork.Owned(lib.zfssa_driver_free)
        call(lib.zfssa_driver_new, config._handle, byref(self._owned.slot))
        self._open = True
        #: Level of the engine's log, and the queue that receives it.
        self._log_route: tuple[int, int | None] = (_abi.ZFSSA_LOG_OFF, None)

    def _route_log(self, queue: int | None) -> None:
        """Sends the log of the engine to a queue while the level DEBUG is enabled."""
        level = _abi.ZFSSA_LOG_DEBUG if log.isEnabledFor(logging.DEBUG) else _abi.ZFSSA_LOG_OFF
        if level == self._log_route[0] and (
            level == _abi.ZFSSA_LOG_OFF or queue == self._log_route[1]
        ):
            return
        call(lib.zfssa_driver_set_log_queue, self._owned.slot, level, queue, 0)
        self._log_route = (level, queue)

    def traceparent(self, given: str | None) -> str | None:
        """Returns the trace context of a call: the given one, or the one to propagate."""
        if given is None and self._propagate is not None:
            return self._propagate()
        return given

    def submit(
        self,
        ticket: Ticket[Any],
        queue: int | None,
        timeout: float | None,
        operation_id: str | None,
    ) -> None:
        self._check_fork()
        if not self._open:
            raise errors.ClosedError("the driver is closed")
        self._route_log(queue)
        options = _abi.zfssa_call_t(
            size=sizeof(_abi.zfssa_call_t),
            timeout_ms=milliseconds(timeout),
            flags=_abi.ZFSSA_CALL_PROGRESS if ticket.progress is not None else 0,
            queue=queue,
            user_data=ticket.user_data,
            operation_id=text(operation_id, "operation_id"),
            traceparent=text(ticket.traceparent, "traceparent"),
        )
        arguments = ticket.request.arguments()
        call(
            getattr(lib, f"zfssa_{ticket.request.operation}"),
            self._owned.slot,
            byref(arguments),
            byref(options),
            byref(ticket.slot),
        )

    def metrics(self) -> _metrics.Metrics:
        self._check_fork()
        if not self._open:
            raise errors.ClosedError("the driver is closed")
        return _metrics.take(self._owned.slot)

    def close(self, cancel: bool, milliseconds_: int) -> bool:
        """Closes the driver. Returns False if that takes longer than the given time."""
        self._check_fork()
        if not self._open:
            return True
        how = _abi.ZFSSA_CLOSE_CANCEL if cancel else _abi.ZFSSA_CLOSE_DRAIN
        try:
            call(lib.zfssa_driver_close, self._owned.slot, how, milliseconds_)
        except errors.TimedOutError:
            return False
        return True

    def free(self) -> None:
        """Frees the driver without blocking. Operations in flight are cancelled and roll back."""
        self._open = False
        self._owned.free()


class _Batch:
    """Events taken from a queue. Their results are freed when the batch is collected."""

    __slots__ = ("__weakref__", "count", "events", "handled")

    def __init__(self) -> None:
        self.events = (_abi.zfssa_event_t * BATCH)()
        self.count = c_uint32()
        #: Number of events that are handled completely.
        self.handled = 0
        results = map(attrgetter("result"), self.events)
        _fork.when_collected(self, map(deque, (map(lib.zfssa_result_free, results),), (0,)))


class CompletionQueue(_fork.ForkChecked):
    """Completion queue of the library, and the operations whose completions it will receive.

    A signal handler can raise between any two instructions of this class. Therefore every object
    that the library returns has an output parameter and an owner before the call. Events stay in
    `_batch` until all of them are handled, and handling an event twice has the same effect as once.
    After an exception the next call of `collect()` continues with the interrupted event.
    """

    def __init__(self) -> None:
        self._owned = _fork.Owned(lib.zfssa_queue_free)
        self._handle = self._owned.slot
        call(lib.zfssa_queue_new, byref(self._handle))
        fd = c_int32(-1)
        call(lib.zfssa_queue_fd, self._handle, byref(fd))
        self.fd = fd.value
        self._batch: _Batch | None = None
        self.pending: dict[int, Ticket[Any]] = {}

    def submit(
        self,
        handle: DriverHandle,
        ticket: Ticket[Any],
        timeout: float | None,
        operation_id: str | None,
    ) -> None:
        """Submits an operation.

        After an exception the operation is in flight if the ticket has a number. The caller then
        calls `cancel_quietly()`, and `collect()` handles its completion as usual.
        """
        self._check_fork()
        try:
            self.pending[ticket.user_data] = ticket
            handle.submit(ticket, self._handle.value, timeout, operation_id)
        except BaseException:
            # A refused operation never completes.
            if not ticket.slot:
                self.pending.pop(ticket.user_data, None)
            raise

    def collect(self) -> None:
        """Handles all available events without blocking. Only one thread at a time may call it."""
        more = True
        while more:
            batch = self._batch
            if batch is None:
                batch = self._batch = _Batch()
                call(
                    lib.zfssa_queue_next,
                    self._handle,
                    batch.events,
                    sizeof(_abi.zfssa_event_t),
                    BATCH,
                    0,
                    byref(batch.count),
                )
                more = batch.count.value == BATCH
            while batch.handled < batch.count.value:
                event = batch.events[batch.handled]
                if event.kind == _abi.ZFSSA_EV_LOG:
                    # Marked as handled first: a record is logged at most once.
                    batch.handled += 1
                    log_records(event.result)
                    continue
                if event.kind == _abi.ZFSSA_EV_PROGRESS:
                    # Marked as handled first: a progress report is delivered at most once.
                    batch.handled += 1
                    _report_progress(self.pending.get(event.user_data), event.result)
                    continue
                if event.kind == _abi.ZFSSA_EV_COMPLETION:
                    self._complete(event)
                elif event.kind == _abi.ZFSSA_EV_TRANSFER:
                    _start_transfer(self.pending.get(event.user_data), event.ticket, event.result)
                batch.handled += 1
            self._batch = None

    def _complete(self, event: Any) -> None:
        ticket = self.pending.get(event.user_data)
        if ticket is None:
            return
        if not ticket.completed:
            _read_result(ticket, event.result)
            ticket.completed = True
        self._wake(ticket)
        self.pending.pop(event.user_data, None)
        log_completion(ticket)

    def _wake(self, ticket: Ticket[Any]) -> None:
        """Wakes the threads or tasks that wait for an operation. Calling it again is harmless."""
        raise NotImplementedError


def _report_progress(ticket: Ticket[Any] | None, result: int) -> None:
    if ticket is None or ticket.progress is None:
        return
    progress = _progress(lib.zfssa_result_progress(result).contents)
    try:
        ticket.progress(progress)
    except Exception:
        # Not raised: the thread that handles the events may wait for another operation.
        log.exception("%s: progress callback failed", ticket.request.operation)


def _retry_interrupted(function: Callable[..., T], *arguments: Any) -> T:
    """Calls an idempotent function, and again if it raises.

    If it raises again, the function itself has failed: raises _RepeatedFailure. If it succeeds, the
    first exception came from outside, such as a signal handler, and is raised again.
    """
    try:
        return function(*arguments)
    except Exception:
        try:
            function(*arguments)
        except Exception as error:
            raise _RepeatedFailure(error) from error
        raise


class _RepeatedFailure(Exception):
    """A function failed twice in a row."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def _start_transfer(ticket: Ticket[Any] | None, number: int, result: int) -> None:
    def begin() -> None:
        if ticket is None or ticket.transfer is None:
            raise errors.InvalidArgumentError("no transfer function: pass transfer, or image_path")
        ticket.transfer(number, _connection(lib.zfssa_result_connection(result).contents))

    try:
        _retry_interrupted(begin)
    except _RepeatedFailure as failure:
        finish_transfer(number, failure.error)


class StartOnce:
    """Guard that lets only the first caller start a transfer.

    An event is handled again after an exception, so a transfer may be started twice.
    """

    def __init__(self) -> None:
        self._left = [None]

    def already_started(self) -> bool:
        """Returns False to the first caller and True to every later one."""
        try:
            self._left.pop()
        except IndexError:
            return True
        return False


#: Maximum length of the reason of a failed transfer, in characters.
_REASON = 4096


def finish_transfer(number: int, error: BaseException | None) -> None:
    """Reports the end of a transfer to the engine.

    Ignores the error for a transfer that is no longer awaited: the operation reports why it ended.
    """
    status, reason = _abi.ZFSSA_OK, ""
    if error is not None:
        status, reason = _abi.ZFSSA_E_TRANSFER, str(error) or type(error).__name__
    message = reason[:_REASON].replace("\0", "\ufffd").encode("utf-8", "replace")
    lib.zfssa_transfer_finish(number, status, message, None)


def _read_result(ticket: Ticket[Any], result: int) -> None:
    """Copies a result to its ticket."""
    ticket.requests = lib.zfssa_result_requests(result)
    ticket.elapsed = lib.zfssa_result_elapsed_us(result) / 1e6
    if lib.zfssa_result_status(result) != _abi.ZFSSA_OK:
        ticket.error = error_of(lib.zfssa_result_error(result))
        return
    try:
        ticket.output = _retry_interrupted(ticket.request.output, lib, result)
    except _RepeatedFailure as failure:
        # The operation was carried out; the error is a defect of this package.
        ticket.error = errors.InternalError(
            f"{ticket.request.operation}: cannot read the output: {failure.error!r}",
            outcome=Outcome.APPLIED,
        )


#: Outcomes that need the attention of an operator.
_SERIOUS = (Outcome.UNKNOWN, Outcome.PARTIAL)


def log_completion(ticket: Ticket[Any]) -> None:
    """Logs the completion of an operation to the logger `zfssa`, with details as attributes."""
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
