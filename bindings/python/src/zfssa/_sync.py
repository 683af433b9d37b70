"""Blocking driver for threads and eventlet."""

from __future__ import annotations

import operator
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Generic, TypeVar

from . import _waiting, errors
from ._config import Config
from ._engine import CompletionQueue, DriverHandle, StartOnce, Ticket, finish_transfer
from ._metrics import Metrics
from ._pages import PagedOperations
from ._request import Request
from .operations import Connection, Progress, Transfer

__all__ = ["Driver", "Operation"]

T = TypeVar("T")

#: Maximum time of one C call while a driver closes, in milliseconds. Python handles Ctrl-C between
#: the calls.
_SLICE = 20


class _SharedCompletionQueue(CompletionQueue):
    """Completion queue shared by several threads: one leader handles events for all followers.

    The leader waits for the file descriptor in Python code, so without the GIL and interruptible by
    signals. Each follower blocks on its own waiter lock, which is released when its operation has
    completed or when it is to become the leader. A leader that returns or raises wakes the next
    follower; so does a follower that was woken to lead.
    """

    def __init__(self) -> None:
        super().__init__()
        # An RLock, because release() raises in a thread that does not own it, so a returning thread
        # need not know whether it was the leader; and because a signal handler may wait for an
        # operation while the interrupted thread is the leader.
        self._leader_lock = threading.RLock()
        #: Waiter locks of the threads that may become the leader.
        self._followers: deque[Any] = deque()

    def wait(self, ticket: Ticket[Any], timeout: float | None) -> bool:
        """Blocks until the operation has completed. Returns False after `timeout` seconds."""
        if ticket.completed:
            return True
        self._check_fork()
        deadline = None if timeout is None else time.monotonic() + timeout
        waiter_lock = threading.Lock()
        waiter_lock.acquire()
        turn = led = True
        # next(wake) removes the first follower and wakes it in one C call: no signal handler can
        # run in between.
        wake = map(_release, map(deque.popleft, (self._followers,)))
        try:
            ticket.waiters.append(waiter_lock)
            in_time = True
            while in_time and not ticket.completed:
                # Appended before the leader lock is tried: a leader that returns after a failed
                # attempt then finds this follower.
                self._followers.append(waiter_lock)
                if self._leader_lock.acquire(blocking=False):
                    self._serve(ticket, deadline, waiter_lock)
                    break
                left = -1 if deadline is None else max(0, deadline - time.monotonic())
                in_time = waiter_lock.acquire(timeout=left)
            return ticket.completed
        finally:
            # A signal handler can raise after each of these C calls, but not within one. The nested
            # finally blocks run the next call in any case. At worst an exception wakes a thread
            # that goes back to sleep.
            try:
                self._followers.remove(waiter_lock)
                turn = False
            except ValueError:
                # This thread is the leader, or was removed in order to be woken.
                pass
            finally:
                try:
                    self._leader_lock.release()
                except RuntimeError:
                    led = False
                finally:
                    if turn or led:
                        try:
                            next(wake)
                        except (IndexError, RuntimeError):
                            # No follower waits, or the first one is awake already and will wake the
                            # next one when it returns.
                            pass
                    if waiter_lock in ticket.waiters:
                        ticket.waiters.remove(waiter_lock)

    def _serve(self, ticket: Ticket[Any], deadline: float | None, waiter_lock: Any) -> None:
        """Handles events as the leader until the operation has completed or the deadline."""
        try:
            self._followers.remove(waiter_lock)
        except ValueError:
            # The previous leader removed the lock to wake this thread.
            pass
        # First handle the events that an interrupted leader has taken from the C queue: they do not
        # make the file descriptor readable.
        self.collect()
        while not ticket.completed:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                break
            _waiting.wait_readable(self.fd, left)
            self.collect()

    def _wake(self, ticket: Ticket[Any]) -> None:
        for waiter_lock in tuple(ticket.waiters):
            try:
                waiter_lock.release()
            except RuntimeError:
                # The lock was released already, and its thread has not run yet.
                pass


#: Releases a lock without running Python bytecode.
_release = operator.methodcaller("release")


def _transfer_in_thread(transfer: Transfer) -> Callable[[int, Connection], None]:
    """Returns a function that starts the transfer in a thread and reports its end."""
    start_once = StartOnce()

    def run(number: int, connection: Connection) -> None:
        if start_once.already_started():
            return
        try:
            transfer(connection)
        except BaseException as error:
            finish_transfer(number, error)
        else:
            finish_transfer(number, None)

    def begin(number: int, connection: Connection) -> None:
        # Not a daemon thread: the program must not exit while an image is being written.
        threading.Thread(
            target=run, args=(number, connection), name="zfssa-transfer", daemon=False
        ).start()

    return begin


class Operation(Generic[T]):
    """An operation in flight. Any thread may wait for it, any number of times."""

    def __init__(self, queue: _SharedCompletionQueue, ticket: Ticket[T]) -> None:
        self._completion_queue = queue
        self._ticket = ticket

    @property
    def request(self) -> Request[T]:
        """The request that was submitted."""
        return self._ticket.request

    @property
    def done(self) -> bool:
        """Whether a thread has received the completion. Does not block or check for new ones."""
        return self._ticket.completed

    @property
    def requests_sent(self) -> int:
        """Number of requests sent to the appliance; 0 before the completion."""
        return self._ticket.requests

    @property
    def elapsed(self) -> float:
        """Seconds from submission to completion; 0 before the completion."""
        return self._ticket.elapsed

    def wait(self, timeout: float | None = None) -> bool:
        """Blocks until the operation has completed. Returns False after `timeout` seconds."""
        return self._completion_queue.wait(self._ticket, timeout)

    def result(self, timeout: float | None = None) -> T:
        """Blocks until the operation has completed; returns its output or raises its error.

        Raises TimedOutError after `timeout` seconds; the operation then continues.
        """
        if not self.wait(timeout):
            raise errors.TimedOutError(
                "the operation did not complete within the timeout of the wait"
            )
        return self._ticket.result()

    def cancel(self) -> None:
        """Cancels the operation without blocking.

        The operation rolls back and completes with CancelledError, or with its own result if it
        completed before the cancellation took effect.
        """
        self._completion_queue._check_fork()
        self._ticket.cancel()

    def __repr__(self) -> str:
        state = "done" if self.done else "in flight"
        return f"<zfssa.Operation {self._ticket.request.operation} {state}>"


class Driver(PagedOperations):
    """One backend: an appliance, a pool and a project.

    Methods block until their operation has completed; any number of threads may call them. A
    signal handler that raises, such as Ctrl-C, ends the wait at once: the operation is cancelled
    and rolls back in the background. Use the driver as a context manager, or call `close()`.

    Every method takes `timeout`, in seconds, for the whole operation with login and retries (None:
    the option zfssa_operation_timeout; `math.inf`: no timeout), and `operation_id`. The engine
    stores the operation id in the objects that it creates, so that a repeated call recognizes them.
    `traceparent` is the trace context of the caller, as in the header of W3C Trace Context: every
    request of the operation to the appliance is in this trace. For a call without it the function
    `propagate`, if there is one, returns it, or None for no trace; `zfssa.opentelemetry` has such
    a function.
    """

    def __init__(
        self,
        config: Config | Mapping[str, Any],
        *,
        propagate: Callable[[], str | None] | None = None,
    ) -> None:
        self._driver = DriverHandle(config, propagate)
        self._queues: dict[int, _SharedCompletionQueue] = {0: _SharedCompletionQueue()}

    def _completion_queue(self) -> _SharedCompletionQueue:
        """Returns the completion queue for the current thread.

        All threads share one. On eventlet each native thread has its own, because eventlet's locks
        work only within one native thread.
        """
        if not _waiting.on_eventlet():
            return self._queues[0]
        thread = threading.get_native_id()
        queue = self._queues.get(thread)
        if queue is None:
            queue = self._queues[thread] = _SharedCompletionQueue()
        return queue

    def submit(
        self,
        request: Request[T],
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
        progress: Callable[[Progress], object] | None = None,
        transfer: Transfer | None = None,
    ) -> Operation[T]:
        """Submits an operation without waiting for it.

        `progress` and `transfer` are callbacks for the operations that support them. `progress` is
        called in a thread that waits for any operation of this driver. `transfer` is started by
        such a thread and runs in a thread of its own.
        """
        ticket = Ticket(request)
        try:
            queue = self._submit(ticket, timeout, operation_id, traceparent, progress, transfer)
            return Operation(queue, ticket)
        except BaseException:
            ticket.cancel_quietly()
            raise

    def _submit(
        self,
        ticket: Ticket[T],
        timeout: float | None,
        operation_id: str | None,
        traceparent: str | None,
        progress: Callable[[Progress], object] | None,
        transfer: Transfer | None,
    ) -> _SharedCompletionQueue:
        self._driver._check_fork()
        queue = self._completion_queue()
        ticket.progress = progress
        ticket.traceparent = self._driver.traceparent(traceparent)
        if transfer is not None:
            ticket.transfer = _transfer_in_thread(transfer)
        queue.submit(self._driver, ticket, timeout, operation_id)
        return queue

    def call(
        self,
        request: Request[T],
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
        progress: Callable[[Progress], object] | None = None,
        transfer: Transfer | None = None,
    ) -> T:
        """Runs an operation and blocks until it has completed; see `submit()` for the callbacks."""
        ticket = Ticket(request)
        try:
            queue = self._submit(ticket, timeout, operation_id, traceparent, progress, transfer)
            queue.wait(ticket, None)
        except BaseException:
            ticket.cancel_quietly()
            raise
        return ticket.result()

    def metrics(self) -> Metrics:
        """Takes a snapshot of the metrics. Does not block.

        Raises ClosedError after `close()`.
        """
        return self._driver.metrics()

    def close(self, *, cancel: bool = False, timeout: float | None = None) -> bool:
        """Refuses new operations, waits for those in flight, and logs out of the appliance.

        `cancel`: cancel the operations in flight, which roll back. `timeout`: in seconds; None for
        no timeout. Returns False after the timeout; closing then continues in the background.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        eventlet = _waiting.on_eventlet()
        done = self._driver.close(cancel, 0)
        while not done and (deadline is None or time.monotonic() < deadline):
            if eventlet:
                time.sleep(_SLICE / 1000)
            done = self._driver.close(cancel, 0 if eventlet else _SLICE)
        if done:
            self._driver.free()
        return done

    def __enter__(self) -> Driver:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close(cancel=kind is not None)
        self._driver.free()
