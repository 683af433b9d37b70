"""Signals, threads, forks, the end of the process: what a host does to a library.

Each scenario is a process of its own. None waits by sleeping: they talk through pipes.
"""

from __future__ import annotations

import os
import re
import signal
import statistics
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from simulator import SOON, nowhere

import zfssa

#: A shell that starts the tests in the background has SIGINT ignored, which children inherit.
PRELUDE = f"""\
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
import zfssa
nowhere = {nowhere()!r}
"""


def run(script: str, *options: str, code: int = 0) -> str:
    """Runs a script to its end, which must come, with this exit code and without a word of
    complaint.
    """
    done = subprocess.run(
        [sys.executable, *options, "-c", PRELUDE + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=SOON,
    )
    assert (done.returncode, done.stderr) == (code, ""), done.stderr
    return done.stdout


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
    """Threads may still wait when the interpreter frees what is left of other packages."""
    out = run(
        """
    import atexit
    # Runs after the finalizers of weakref, which register at the first use.
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
    # The interpreter knows one thread: no other ever had a Python frame.
    assert list(sys._current_frames()) == [threading.main_thread().ident]
    assert threading.enumerate() == [threading.main_thread()]
    print(len(engine) > 0)
    """
    )
    assert out == "True\n"
    # Nor could one: the package has no function that C could call.
    for source in Path(zfssa.__file__).parent.rglob("*.py"):
        assert not re.search("FUNCTYPE|set_log\\(|callback=", source.read_text()), source


#: Ways to wait for an operation that Ctrl-C is to end. Each ends with what became of it.
WAITS = {
    "leader": """
        operation = driver.submit(forever)
        print("ready", flush=True)
        try:
            operation.wait()
        except KeyboardInterrupt:
            print(time.monotonic(), flush=True)
        operation.cancel()
        try:
            operation.result()
        except zfssa.CancelledError:
            print("cancelled")
    """,
    # Another thread looks at the queue for all.
    "follower": """
        led = threading.Thread(target=driver.submit(forever).wait, daemon=True)
        led.start()
        while driver._boxes[0]._leader is None:
            time.sleep(0)
        operation = driver.submit(forever)
        print("ready", flush=True)
        try:
            operation.wait()
        except KeyboardInterrupt:
            print(time.monotonic(), flush=True)
        operation.cancel()
        try:
            operation.result()
        except zfssa.CancelledError:
            print("cancelled")
    """,
    # A method cancels its operation itself; closing the driver waits until that has ended.
    "method": """
        print("ready", flush=True)
        try:
            driver.echo(delay_ms=3_600_000)
        except KeyboardInterrupt:
            print(time.monotonic(), flush=True)
        if driver.close():
            print("cancelled")
    """,
}


@pytest.mark.parametrize("wait", WAITS)
def test_ctrl_c_is_answered_within_50_ms(wait: str) -> None:
    begin = """
        import threading, time
        driver = zfssa.Driver(nowhere)
        forever = zfssa.Echo(delay_ms=3_600_000)
    """
    script = PRELUDE + textwrap.dedent(begin) + textwrap.dedent(WAITS[wait])
    took = []
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        _until_asleep(process.pid)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        took.append(float(process.stdout.readline()) - sent)
        assert process.stdout.read() == "cancelled\n"
        process.stdout.close()
        assert process.wait(SOON) == 0
    assert statistics.median(took) < 0.05, took


def _until_asleep(pid: int) -> None:
    """Returns when the main thread of a process waits in the kernel."""
    while True:
        with open(f"/proc/{pid}/stat") as file:
            if file.read().rsplit(")", 1)[1].split()[0] == "S":
                return


def test_ctrl_c_cancels_the_operation_and_ends_the_process() -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            PRELUDE
            + textwrap.dedent(
                """
                with zfssa.Driver(nowhere) as driver:
                    print("ready", flush=True)
                    driver.echo(delay_ms=3_600_000)
                """
            ),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    _until_asleep(process.pid)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=SOON)
    assert process.returncode == -signal.SIGINT
    assert errors.strip().endswith("KeyboardInterrupt")


def test_threads_share_a_queue(lone: zfssa.Driver) -> None:
    """Many threads, one queue: each gets its own answer, and nobody is left waiting."""
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
    assert lone._boxes[0]._leader is None
    assert not lone._boxes[0]._followers
    assert not lone._boxes[0].pending


def test_a_leader_that_goes_hands_the_lead_on(lone: zfssa.Driver) -> None:
    """The leader's time ends first; a follower must get its answer nevertheless."""
    slow = lone.submit(zfssa.Echo(delay_ms=3_600_000))
    answered = threading.Event()
    led = threading.Thread(target=slow.wait, args=(0.2,))
    led.start()
    while lone._boxes[0]._leader is None:
        time.sleep(0)

    def follow() -> None:
        lone.echo(message="x", delay_ms=500)
        answered.set()

    threading.Thread(target=follow).start()
    led.join(SOON)
    assert answered.wait(SOON)
    slow.cancel()


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
    """Every use raises ForkedError; freeing and ending are quiet; the parent goes on."""
    out = run(
        """
    import gc, os, threading
    driver = zfssa.Driver(nowhere)
    config = zfssa.Config(nowhere)
    flying = driver.submit(zfssa.Echo(delay_ms=3_600_000))
    # A thread holds the lead, and perhaps locks, at the moment of the fork.
    threading.Thread(target=flying.wait, daemon=True).start()
    while driver._boxes[0]._leader is None:
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
    """The child has a loop of its own, on which the parent's driver says what it is."""
    out = run(
        """
    import asyncio, gc, os
    driver = zfssa.AsyncDriver(nowhere)

    async def parent():
        flying = asyncio.ensure_future(driver.echo(delay_ms=3_600_000))
        print((await driver.echo(message="before")).message, flush=True)
        child = os.fork()
        if child == 0:
            # Nothing of this loop may run on: its selector is the parent's.
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
        # What asyncio knows of a running loop is the parent's, too.
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


@pytest.mark.parametrize("before", [True, False], ids=["imported-before", "imported-after"])
def test_eventlet_waits_in_its_hub(before: bool) -> None:
    pytest.importorskip("eventlet")
    script = f"""
    import eventlet
    eventlet.monkey_patch()
    {"" if before else "import zfssa"}
    import time
    driver = zfssa.Driver(nowhere)
    ticks = 0

    def tick():
        global ticks
        while True:
            ticks += 1
            eventlet.sleep(0)

    ticking = eventlet.spawn(tick)
    pool = eventlet.GreenPool(200)
    said = list(pool.imap(lambda n: driver.echo(message=str(n), delay_ms=50).message, range(200)))
    assert said == [str(n) for n in range(200)], said
    assert ticks > 10, ticks
    # A timeout of eventlet ends the wait, and cancels the operation.
    try:
        with eventlet.Timeout(0.05):
            driver.echo(delay_ms=3_600_000)
    except eventlet.Timeout:
        print("timeout")
    # Native threads beside the hub wait on their own.
    from eventlet import tpool
    print(tpool.execute(driver.echo, message="native").message)
    ticking.kill()
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
