"""The driver for programs on asyncio."""

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
from ._request import Request
from .operations import AsyncOperations, AsyncTransfer, Connection, Progress

__all__ = ["AsyncDriver", "OperationCancelled"]

T = TypeVar("T")

#: How long to wait before looking again whether a driver that closes is done, in seconds.
_PAUSE = 0.01


class OperationCancelled(asyncio.CancelledError):
    """The task was cancelled, and this is what became of its operation.

    asyncio sees a CancelledError like any other.
    """

    def __init__(self, output: Any, error: Error | None) -> None:
        super().__init__("cancelled" if error is None else error.text)
        #: The operation's output, if it was quicker than the cancellation; then it stands.
        self.output = output
        #: The operation's error, with its `outcome`; None if it succeeded nevertheless.
        self.error = error


class _LoopCompletionQueue(CompletionQueue):
    """A queue that one event loop opens when its descriptor is readable."""

    def __init__(self) -> None:
        super().__init__()
        self._listens = False

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._listens:
            loop.add_reader(self.fd, self._open)
            self._listens = True

    def _open(self) -> None:
        # An exception would leave events that the descriptor tells no more: then this is called
        # again, before the loop looks at descriptors.
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
    """Transfers, and gives the word."""
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


class AsyncDriver(AsyncOperations):
    """One backend: an appliance, a pool and a project.

    Methods are coroutines. Cancelling a task cancels its operation and waits until that has
    undone its steps, so that what became of it is known: see OperationCancelled. One driver may
    serve several event loops. Use it as an asynchronous context manager, or `close()` it.

    Every method takes `timeout`, the seconds for the whole operation with login and retries
    (None is the option zfssa_operation_timeout, `math.inf` no limit), and `operation_id`, which
    is written on what the operation makes, so that the same call made again knows its own work.
    """

    def __init__(self, config: Config | Mapping[str, Any]) -> None:
        self._driver = DriverHandle(config)
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
        progress: Callable[[Progress], object] | None = None,
        transfer: AsyncTransfer | None = None,
    ) -> T:
        """Runs an operation to its end.

        `progress` and `transfer` are for operations that take them. The transfer runs in a task
        of its own, which is cancelled when the operation ends before it.
        """
        self._driver._check_fork()
        loop = asyncio.get_running_loop()
        queue, ticket = self._completion_queue(loop), Ticket(request)
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
            # The outcome, however often the task is cancelled meanwhile: undoing has a time
            # limit of its own in the engine.
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

    async def close(self, *, cancel: bool = False, timeout: float | None = None) -> bool:
        """Closes the driver: it takes no more operations, those in flight end, the session on
        the appliance is logged out. Returns whether all of that was done in time.

        `cancel`: stop what is in flight; it undoes the steps it made. `timeout`: seconds, None
        for no limit. What is not done by then goes on in the background.
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
