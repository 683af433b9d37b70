"""Driver for asyncio."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, TypeVar

from ._config import Config
from ._engine import CompletionQueue, DriverHandle, StartOnce, Ticket, finish_transfer
from ._error import Error
from ._metrics import Metrics
from ._pages import AsyncPagedOperations
from ._request import Request
from .operations import AsyncTransfer, Connection, Progress

__all__ = ["AsyncDriver", "OperationCancelled"]

T = TypeVar("T")

#: Interval between checks whether a closing driver is closed, in seconds.
_PAUSE = 0.01


class OperationCancelled(asyncio.CancelledError):
    """CancelledError of a task, with the result of its operation."""

    def __init__(self, output: Any, error: Error | None) -> None:
        super().__init__("cancelled" if error is None else error.text)
        #: Output of the operation, if it completed before the cancellation took effect.
        self.output = output
        #: Error of the operation, with its `outcome`; None if the operation succeeded.
        self.error = error


class _LoopCompletionQueue(CompletionQueue):
    """Completion queue of one event loop."""

    def __init__(self) -> None:
        super().__init__()
        self._listens = False

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._listens:
            loop.add_reader(self.fd, self._open)
            self._listens = True

    def _open(self) -> None:
        # After an exception, events may be left that do not make the file descriptor readable.
        # Therefore schedule another call first, and cancel it when all events are handled.
        again = asyncio.get_running_loop().call_soon(self._open)
        self.collect()
        again.cancel()

    def _wake(self, ticket: Ticket[Any]) -> None:
        for future in tuple(ticket.waiters):
            if not future.done():
                future.set_result(None)


async def _run_transfer(
    transfer: AsyncTransfer, start_once: StartOnce, number: int, connection: Connection
) -> None:
    """Runs the transfer and reports its end."""
    if start_once.already_started():
        return
    try:
        await transfer(connection)
    except BaseException as error:
        finish_transfer(number, error)
        if not isinstance(error, Exception):
            raise
    else:
        finish_transfer(number, None)


class AsyncDriver(AsyncPagedOperations):
    """One backend: an appliance, a pool and a project.

    Methods are coroutines. Cancelling a task cancels its operation and waits until it has rolled
    back; OperationCancelled then carries its result. Several event loops may use one driver. Use the
    driver as an asynchronous context manager, or call `close()`.

    Every method takes `timeout`, in seconds, for the whole operation with login and retries (None:
    the option zfssa_operation_timeout; `math.inf`: no timeout), and `operation_id`. The engine
    stores the operation id in the objects that it creates, so that a repeated call recognizes them.
    `traceparent` is the trace context of the caller, as in the header of W3C Trace Context: every
    request of the operation to the appliance is in this trace. For a call without it the function
    `propagate`, if there is one, returns it, or None for no trace; `zfssa.opentelemetry` has such
    a function. It is called in the task of the call.
    """

    def __init__(
        self,
        config: Config | Mapping[str, Any],
        *,
        propagate: Callable[[], str | None] | None = None,
    ) -> None:
        self._driver = DriverHandle(config, propagate)
        self._queues: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopCompletionQueue] = (
            weakref.WeakKeyDictionary()
        )

    def _completion_queue(self, loop: asyncio.AbstractEventLoop) -> _LoopCompletionQueue:
        queue = self._queues.get(loop)
        if queue is None:
            queue = self._queues[loop] = _LoopCompletionQueue()
        queue.listen(loop)
        return queue

    async def call(
        self,
        request: Request[T],
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
        progress: Callable[[Progress], object] | None = None,
        transfer: AsyncTransfer | None = None,
    ) -> T:
        """Runs an operation and waits until it has completed.

        `progress` and `transfer` are callbacks for the operations that support them. `progress` is
        called in the event loop. `transfer` runs in a task of its own, which is cancelled if the
        operation completes first.
        """
        self._driver._check_fork()
        loop = asyncio.get_running_loop()
        queue, ticket = self._completion_queue(loop), Ticket(request)
        ticket.traceparent = self._driver.traceparent(traceparent)
        future: asyncio.Future[None] = loop.create_future()
        ticket.waiters.append(future)
        ticket.progress = progress
        tasks: list[asyncio.Task[None]] = []
        if transfer is not None:
            start_once = StartOnce()
            ticket.transfer = lambda number, connection: tasks.append(
                loop.create_task(_run_transfer(transfer, start_once, number, connection))
            )
        try:
            queue.submit(self._driver, ticket, timeout, operation_id)
            await future
        except asyncio.CancelledError:
            # Wait for the outcome even if the task is cancelled again: the engine limits the time
            # of the rollback.
            ticket.cancel_quietly()
            for task in tasks:
                task.cancel()
            await self._wait_completed(loop, ticket)
            raise OperationCancelled(ticket.output, ticket.error) from ticket.error
        except BaseException:
            ticket.cancel_quietly()
            raise
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return ticket.result()

    async def _wait_completed(self, loop: asyncio.AbstractEventLoop, ticket: Ticket[Any]) -> None:
        while ticket.number and not ticket.completed:
            future = loop.create_future()
            ticket.waiters.append(future)
            try:
                await future
            except asyncio.CancelledError:
                continue

    def metrics(self) -> Metrics:
        """Takes a snapshot of the metrics. Does not block.

        Raises ClosedError after `close()`.
        """
        return self._driver.metrics()

    async def close(self, *, cancel: bool = False, timeout: float | None = None) -> bool:
        """Refuses new operations, waits for those in flight, and logs out of the appliance.

        `cancel`: cancel the operations in flight, which roll back. `timeout`: in seconds; None for
        no timeout. Returns False after the timeout; closing then continues in the background.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        done = self._driver.close(cancel, 0)
        while not done and (deadline is None or time.monotonic() < deadline):
            await asyncio.sleep(_PAUSE)
            done = self._driver.close(cancel, 0)
        if done:
            self._driver.free()
        return done

    async def __aenter__(self) -> AsyncDriver:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close(cancel=kind is not None)
        self._driver.free()
        queue = self._queues.pop(asyncio.get_running_loop(), None)
        if queue is not None and not queue.pending:
            asyncio.get_running_loop().remove_reader(queue.fd)
