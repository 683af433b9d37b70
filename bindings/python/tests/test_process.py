"""Threads, eventlet, the end of the process: what a host does to a library.

Most scenarios are processes of their own. None waits by sleeping: they talk through pipes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from scripts import PRELUDE, run
from simulator import SOON

import zfssa

IN_FLIGHT = """
    driver = zfssa.Driver(nowhere)
    flying = [driver.submit(zfssa.Echo(delay_ms=3_600_000)) for _ in range(5000)]
    arriving = [driver.submit(zfssa.Echo(message="x")) for _ in range(200)]
"""


@pytest.mark.parametrize("options", [(), ("-X", "dev")], ids=["plain", "dev"])
def test_the_interpreter_ends_with_5000_operations_in_flight(options: tuple[str, ...]) -> None:
    for _ in range(20 if not options else 1):
        assert run(IN_FLIGHT + "    print(len(flying))", *options) == "5000\n"


def test_the_interpreter_ends_while_threads_wait() -> None:
    run(
        IN_FLIGHT
        + """
    import threading
    waiting = [threading.Thread(target=one.wait, daemon=True) for one in flying[:50]]
    for thread in waiting:
        thread.start()
    arriving[0].result()
    """
    )


def test_what_daemon_threads_use_is_not_freed_under_them() -> None:
    """Threads may still wait while the interpreter exits."""
    out = run(
        """
    import atexit
    # Registered before the finalizers of weakref, so it runs after them.
    atexit.register(lambda: print(driver.echo(message="late").message))
    driver = zfssa.Driver(nowhere)
    """
    )
    assert out == "late\n"


def test_asyncio_ends_with_5000_operations_in_flight() -> None:
    run(
        """
    import asyncio

    async def main():
        driver = zfssa.AsyncDriver(nowhere)
        flying = [asyncio.ensure_future(driver.echo(delay_ms=3_600_000)) for _ in range(5000)]
        await driver.echo(message="x")
        import os
        print(len(flying), flush=True)
        raise SystemExit(0)

    asyncio.run(main())
    """
    )


def test_no_thread_of_the_engine_enters_python() -> None:
    out = run(
        IN_FLIGHT
        + """
    import os, sys, threading
    for one in arriving:
        one.result()
    names = {open(f"/proc/self/task/{task}/comm").read().strip() for task in os.listdir("/proc/self/task")}
    engine = {name for name in names if name.startswith("zfssa")}
    assert engine, names
    # Only one thread ever had a Python frame.
    assert list(sys._current_frames()) == [threading.main_thread().ident]
    assert threading.enumerate() == [threading.main_thread()]
    print(len(engine) > 0)
    """
    )
    assert out == "True\n"
    # The package has no function that C can call.
    for source in Path(zfssa.__file__).parent.rglob("*.py"):
        assert not re.search("FUNCTYPE|set_log\\(|callback=", source.read_text()), source


def test_threads_share_a_queue(lone: zfssa.Driver) -> None:
    """Many threads share a queue: each receives its own result, and none hangs."""
    wrong: list[Any] = []

    def work(number: int) -> None:
        for turn in range(50):
            said = f"{number}:{turn}"
            if lone.echo(message=said, delay_ms=(number + turn) % 4).message != said:
                wrong.append(said)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
    assert not any(thread.is_alive() for thread in threads)
    assert not wrong
    assert repr(lone._queues[0]._leader_lock).startswith("<unlocked")
    assert not lone._queues[0]._followers
    assert not lone._queues[0].pending


def test_a_leader_that_goes_hands_the_lead_on(lone: zfssa.Driver) -> None:
    """The wait of the leader times out first; the follower still receives its result."""
    slow = lone.submit(zfssa.Echo(delay_ms=3_600_000))
    answered = threading.Event()
    led = threading.Thread(target=slow.wait, args=(0.2,))
    led.start()
    while repr(lone._queues[0]._leader_lock).startswith("<unlocked"):
        time.sleep(0)

    def follow() -> None:
        lone.echo(message="x", delay_ms=500)
        answered.set()

    threading.Thread(target=follow).start()
    led.join(SOON)
    assert answered.wait(SOON)
    slow.cancel()


@pytest.mark.parametrize("before", [True, False], ids=["imported-before", "imported-after"])
def test_eventlet_waits_in_its_hub(before: bool) -> None:
    pytest.importorskip("eventlet")
    script = f"""
    import eventlet
    eventlet.monkey_patch()
    {"" if before else "import zfssa"}
    driver = zfssa.Driver(nowhere)
    pool = eventlet.GreenPool(200)
    said = list(pool.imap(lambda n: driver.echo(message=str(n), delay_ms=50).message, range(200)))
    assert said == [str(n) for n in range(200)], said
    # Others run while one waits: this one gets to end the wait.
    waiting = eventlet.spawn(driver.echo, delay_ms=3_600_000)
    for _ in range(10):
        eventlet.sleep(0)
    waiting.kill()
    # A timeout of eventlet ends the wait and cancels the operation.
    try:
        with eventlet.Timeout(0.05):
            driver.echo(delay_ms=3_600_000)
    except eventlet.Timeout:
        print("timeout")
    # Native threads other than that of the hub wait by themselves.
    from eventlet import tpool
    print(tpool.execute(driver.echo, message="native").message)
    print(driver.close(cancel=True))
    """
    source = PRELUDE + textwrap.dedent(script)
    if not before:
        source = source.replace("import zfssa\n", "", 1)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", source],
        capture_output=True,
        text=True,
        timeout=SOON,
        env={**os.environ, "EVENTLET_HUB": "poll"},
    )
    assert (done.returncode, done.stdout) == (0, "timeout\nnative\nTrue\n"), done.stderr


def test_nothing_of_the_library_is_left() -> None:
    out = run(
        """
    import asyncio, gc
    with zfssa.Driver(nowhere) as driver:
        driver.echo(message="x")
        try:
            driver.echo(fail_with=-302)
        except zfssa.VolumeBusyError:
            pass
        lost = driver.submit(zfssa.Echo(message="never taken"))
        lost.wait()

    async def main():
        async with zfssa.AsyncDriver(nowhere) as driver:
            await driver.echo(message="x")

    asyncio.run(main())
    try:
        zfssa.Config(no_such_option="x").validate()
    except zfssa.ConfigError:
        pass
    del driver, lost
    gc.collect()
    print(zfssa.objects_alive())
    """
    )
    assert out == "0\n"
