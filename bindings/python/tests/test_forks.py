"""Objects inherited by a forked child."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import Any

import pytest
from scripts import PRELUDE, run
from simulator import SOON


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_multiprocessing(method: str, tmp_path: Any) -> None:
    script = tmp_path / "main.py"
    script.write_text(
        PRELUDE
        + textwrap.dedent(
            f"""
            import multiprocessing

            def child(number):
                with zfssa.Driver(nowhere) as own:
                    return own.echo(message=str(number)).message

            def inherited(_):
                try:
                    driver.echo()
                except zfssa.ForkedError as error:
                    return error.status_name or "FORKED"

            if __name__ == "__main__":
                driver = zfssa.Driver(nowhere)
                flying = driver.submit(zfssa.Echo(delay_ms=3_600_000))
                driver.echo(message="before")
                with multiprocessing.get_context({method!r}).Pool(2) as pool:
                    print(pool.map(child, range(4)))
                    if {method!r} == "fork":
                        assert pool.map(inherited, range(2)) == ["FORKED"] * 2
                print(driver.echo(message="after").message)
                flying.cancel()
                try:
                    flying.result()
                except zfssa.CancelledError:
                    print("cancelled")
            """
        )
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=SOON
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "['0', '1', '2', '3']\nafter\ncancelled\n"


def test_what_a_child_inherits_is_dead_and_does_no_harm() -> None:
    """In the child every use raises ForkedError and freeing succeeds; the parent continues."""
    out = run(
        """
    import gc, os, threading
    driver = zfssa.Driver(nowhere)
    config = zfssa.Config(nowhere)
    flying = driver.submit(zfssa.Echo(delay_ms=3_600_000))
    # At the fork another thread is the leader and may hold locks.
    threading.Thread(target=flying.wait, daemon=True).start()
    while repr(driver._queues[0]._leader_lock).startswith("<unlocked"):
        pass
    child = os.fork()
    if child == 0:
        dead = 0
        for use in (driver.echo, flying.wait, flying.cancel, driver.close,
                    lambda: driver.submit(zfssa.Echo())):
            try:
                use()
            except zfssa.ForkedError:
                dead += 1
        del flying, driver, config
        gc.collect()
        with zfssa.Driver(nowhere) as own:
            assert own.echo(message="child").message == "child"
        raise SystemExit(dead)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status))
    print(driver.echo(message="parent").message)
    """
    )
    assert out == "5\nparent\n"


def test_what_asyncio_inherits_is_dead_too() -> None:
    """In the event loop of the child, the driver of the parent raises ForkedError."""
    out = run(
        """
    import asyncio, gc, os
    driver = zfssa.AsyncDriver(nowhere)

    async def parent():
        flying = asyncio.ensure_future(driver.echo(delay_ms=3_600_000))
        print((await driver.echo(message="before")).message, flush=True)
        child = os.fork()
        if child == 0:
            # Exit at once: the child must not use the selector of the parent's loop.
            os._exit(in_child())
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status))
        print((await driver.echo(message="after")).message)
        flying.cancel()
        try:
            await flying
        except zfssa.OperationCancelled:
            print("cancelled")

    def in_child():
        # Clear the running loop, which is inherited from the parent.
        asyncio._set_running_loop(None)
        return asyncio.run(uses())

    async def uses():
        dead = 0
        for use in (driver.echo, driver.close, lambda: driver.call(zfssa.Echo())):
            try:
                await use()
            except zfssa.ForkedError:
                dead += 1
        async with zfssa.AsyncDriver(nowhere) as own:
            assert (await own.echo(message="child")).message == "child"
        gc.collect()
        return dead

    asyncio.run(parent())
    """
    )
    assert out == "before\n3\nafter\ncancelled\n"
