"""The driver for programs that wait."""

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
from ._request import Request
from .operations import Connection, Operations, Progress, Transfer

__all__ = ["Driver", "Operation"]

T = TypeVar("T")

#: How long a call into the library may block at most while a driver closes, in milliseconds, so
#: that Ctrl-C is answered.
_SLICE = 20


class _SharedCompletionQueue(CompletionQueue):
    """A queue that several threads wait at: one leads and opens it for all, the rest follow.

    The leader waits for the descriptor in Python, hence without the interpreter's lock and open
    to signals. A follower sleeps on a waiter_lock of its own, which is released when its operation has
    completed, or when it is its turn to lead. A thread that leaves, also by an exception, wakes the
    next follower if it led or was about to lead.
    """

    def __init__(self) -> None:
        super().__init__()
        # It knows its owner, so that who leaves may release it without knowing whether it led;
        # and a signal handler may wait for an operation while the thread under it leads.
        self._leader_lock = threading.RLock()
        #: The waiter locks of those who wait for their turn.
        self._followers: deque[Any] = deque()

    def wait(self, ticket: Ticket[Any], timeout: float | None) -> bool:
        """Waits until the ticket's operation completed; False when the time was over first."""
        if ticket.completed:
            return True
        self._check_fork()
        deadline = None if timeout is None else time.monotonic() + timeout
        waiter_lock = threading.Lock()
        waiter_lock.acquire()
        turn = led = True
        # Takes the first follower from the list and wakes it, in one step of C.
        wake = map(_release, map(deque.popleft, (self._followers,)))
        try:
            ticket.waiters.append(waiter_lock)
            in_time = True
            while in_time and not ticket.completed:
                # Before the look at the lead: a leader that leaves after it finds the waiter_lock.
                self._followers.append(waiter_lock)
                if self._leader_lock.acquire(blocking=False):
                    self._serve(ticket, deadline, waiter_lock)
                    break
                left = -1 if deadline is None else max(0, deadline - time.monotonic())
                in_time = waiter_lock.acquire(timeout=left)
            return ticket.completed
        finally:
            # A signal handler can raise after each of these calls, and not within one: they are of
            # C. So each is followed by the next in any case, and an exception can only make it
            # wake a thread that goes back to sleep.
            try:
                self._followers.remove(waiter_lock)
                turn = False
            except ValueError:
                # It leads, or was taken from the list to be woken.
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
                            # No follower waits, or the first one is awake already: when that one
                            # leaves, it wakes the next.
                            pass
                    if waiter_lock in ticket.waiters:
                        ticket.waiters.remove(waiter_lock)

    def _serve(self, ticket: Ticket[Any], deadline: float | None, waiter_lock: Any) -> None:
        """Leads until the operation completed or the time is over."""
        try:
            self._followers.remove(waiter_lock)
        except ValueError:
            # It was woken for this.
            pass
        # What a leader before has taken and could not finish lies in no queue any more.
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
                # It was released already and its thread has not run yet.
                pass


#: Releases a lock, without an instruction of Python.
_release = operator.methodcaller("release")


def _transfer_in_thread(transfer: Transfer) -> Callable[[int, Connection], None]:
    """Begins a transfer in a thread, which gives the word at its end."""
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
        # Not a daemon: a program does not end with an image half written.
        threading.Thread(
            target=run, args=(number, connection), name="zfssa-transfer", daemon=False
        ).start()

    return begin


class Operation(Generic[T]):
    """An operation in flight. Any thread may wait for it, and more than once."""

    def __init__(self, queue: _SharedCompletionQueue, ticket: Ticket[T]) -> None:
        self._completion_queue = queue
        self._ticket = ticket

    @property
    def request(self) -> Request[T]:
        return self._ticket.request

    @property
    def done(self) -> bool:
        """Whether it completed, as far as this is known without looking."""
        return self._ticket.completed

    @property
    def requests_sent(self) -> int:
        """How many requests it sent to the appliance; 0 before it completed."""
        return self._ticket.requests

    @property
    def elapsed(self) -> float:
        """Seconds from submission to completion; 0 before that."""
        return self._ticket.elapsed

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until it completed; False when the time, in seconds, is over first."""
        return self._completion_queue.wait(self._ticket, timeout)

    def result(self, timeout: float | None = None) -> T:
        """Its output, or raises its error. TimedOutError when the time is over first: then the
        operation goes on.
        """
        if not self.wait(timeout):
            raise errors.TimedOutError("the wait ended before the operation did")
        return self._ticket.result()

    def cancel(self) -> None:
        """Asks it to stop. It undoes the steps it made and then completes, with CancelledError
        or with its own result if that was quicker.
        """
        self._completion_queue._check_fork()
        self._ticket.cancel()

    def __repr__(self) -> str:
        state = "done" if self.done else "in flight"
        return f"<zfssa.Operation {self._ticket.request.operation} {state}>"


class Driver(Operations):
    """One backend: an appliance, a pool and a project.

    Methods wait until their operation has completed; any number of threads may call them. A
    signal that raises, such as Ctrl-C, ends the wait at once: the operation is then cancelled,
    and undoes in the background what it did. Use it as a context manager, or `close()` it.

    Every method takes `timeout`, the seconds for the whole operation with login and retries
    (None is the option zfssa_operation_timeout, `math.inf` no limit), and `operation_id`, which
    is written on what the operation makes, so that the same call made again knows its own work.
    """

    def __init__(self, config: Config | Mapping[str, Any]) -> None:
        self._driver = DriverHandle(config)
        self._queues: dict[int, _SharedCompletionQueue] = {0: _SharedCompletionQueue()}

    def _completion_queue(self) -> _SharedCompletionQueue:
        """The queue to wait at. All threads share one; on eventlet, whose locks are only good
        within one native thread, each native thread has its own.
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
        progress: Callable[[Progress], object] | None = None,
        transfer: Transfer | None = None,
    ) -> Operation[T]:
        """Starts an operation and does not wait for it.

        `progress` and `transfer` are for operations that take them. Progress is told while
        somebody waits for an operation of this driver, in the waiting thread. A transfer runs in
        a thread of its own, begun in the same way.
        """
        ticket = Ticket(request)
        try:
            queue = self._submit(ticket, timeout, operation_id, progress, transfer)
            return Operation(queue, ticket)
        except BaseException:
            ticket.cancel_quietly()
            raise

    def _submit(
        self,
        ticket: Ticket[T],
        timeout: float | None,
        operation_id: str | None,
        progress: Callable[[Progress], object] | None,
        transfer: Transfer | None,
    ) -> _SharedCompletionQueue:
        self._driver._check_fork()
        queue = self._completion_queue()
        ticket.progress = progress
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
        progress: Callable[[Progress], object] | None = None,
        transfer: Transfer | None = None,
    ) -> T:
        """Runs an operation to its end."""
        ticket = Ticket(request)
        try:
            queue = self._submit(ticket, timeout, operation_id, progress, transfer)
            queue.wait(ticket, None)
        except BaseException:
            ticket.cancel_quietly()
            raise
        return ticket.result()

    def close(self, *, cancel: bool = False, timeout: float | None = None) -> bool:
        """Closes the driver: it takes no more operations, those in flight end, the session on
        the appliance is logged out. Returns whether all of that was done in time.

        `cancel`: stop what is in flight; it undoes the steps it made. `timeout`: seconds, None
        for no limit. What is not done by then goes on in the background.
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
