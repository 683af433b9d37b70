"""Signal handlers that raise at any place: no completion is lost and no thread hangs."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from scripts import PRELUDE, run
from simulator import SOON, nowhere
from strikes import Expired, Strike, Struck, everywhere

import zfssa
from zfssa import _waiting

ERRORS = [Struck, Expired]

WORDS = [str(number) for number in range(4)]


def alive() -> int:
    gc.collect()
    return zfssa.objects_alive()


def submitted(driver: zfssa.Driver) -> list[zfssa.Operation[Any]]:
    """Submits operations, of which the last one fails."""
    flying: list[zfssa.Operation[Any]] = [driver.submit(zfssa.Echo(message=one)) for one in WORDS]
    flying.append(driver.submit(zfssa.Echo(fail_with=zfssa.VolumeBusyError.number)))
    return flying


def check(flying: list[zfssa.Operation[Any]]) -> None:
    """Checks the result of each operation."""
    assert [one.result(SOON).message for one in flying[:-1]] == WORDS
    with pytest.raises(zfssa.VolumeBusyError):
        flying[-1].result(SOON)


def strike_threads(error: type[BaseException]) -> None:
    driver = zfssa.Driver(nowhere())
    queue = driver._queues[0]

    def tried(strike: Strike) -> None:
        flying = submitted(driver)
        with strike:
            driver.echo(message="own")
            flying[0].wait()
        check(flying)
        # The operations that were not waited for have completed too.
        driver.submit(zfssa.Echo()).wait()
        while queue.pending:
            driver.submit(zfssa.Echo()).wait()

    places = set(everywhere(error, tried))
    for function in (
        "CompletionQueue.submit",
        "CompletionQueue.collect",
        "CompletionQueue._complete",
        "_read_result",
        "log_completion",
    ):
        assert any(one.startswith(f"{function}:") for one in places), (function, places)
    assert repr(queue._leader_lock).startswith("<unlocked")
    assert not queue._followers
    assert driver.close(timeout=SOON)


@pytest.mark.parametrize("error", ERRORS)
def test_what_a_struck_thread_was_collecting_is_not_lost(error: type[BaseException]) -> None:
    begin = alive()
    strike_threads(error)
    assert alive() == begin


def test_a_struck_thread_that_logs_for_the_engine_loses_no_completion(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG, "zfssa"):
        strike_threads(Struck)
    assert "zfssa.driver.operation" in {record.name for record in caplog.records}


def test_a_struck_call_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that raises returns no operation, so it cancels the operation."""

    def waited(*_: object) -> None:
        raise Struck

    monkeypatch.setattr(_waiting, "wait_readable", waited)
    driver = zfssa.Driver(nowhere())

    def tried(strike: Strike) -> None:
        with strike:
            driver.echo(delay_ms=3_600_000)

    places = set(everywhere(Struck, tried))
    assert any(one.startswith("CompletionQueue.submit:") for one in places), places
    assert driver.close(timeout=SOON)


@pytest.mark.parametrize("error", ERRORS)
def test_a_struck_leader_hands_the_lead_on(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = zfssa.Driver(nowhere())
    queue = driver._queues[0]
    wait_readable = _waiting.wait_readable
    begin: list[threading.Thread] = []

    def with_a_follower(fd: int, timeout: float | None) -> None:
        """Starts a follower when the leader waits for the first time."""
        if threading.current_thread() is threading.main_thread() and begin:
            begin.pop().start()
            while not queue._followers:
                time.sleep(0)
        wait_readable(fd, timeout)

    monkeypatch.setattr(_waiting, "wait_readable", with_a_follower)

    def tried(strike: Strike) -> None:
        mine = driver.submit(zfssa.Echo(delay_ms=20, message="mine"))
        # It completes after the leader has returned, so its thread must become the leader.
        other = driver.submit(zfssa.Echo(delay_ms=3_600_000))
        cancelled: list[zfssa.CancelledError] = []

        def follow() -> None:
            try:
                other.result()
            except zfssa.CancelledError as error:
                cancelled.append(error)

        follower = threading.Thread(target=follow, daemon=True)
        begin[:] = [follower]
        with strike:
            mine.wait()
        if begin:
            begin.pop().start()
        other.cancel()
        follower.join(SOON)
        assert cancelled, strike.where
        assert mine.result(SOON).message == "mine"

    places = set(everywhere(error, tried))
    assert any(one.startswith("_SharedCompletionQueue._serve:") for one in places), places
    assert not queue.pending
    assert not queue._followers


@pytest.mark.parametrize("error", ERRORS)
def test_a_struck_follower_leaves_the_lead_to_others(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = zfssa.Driver(nowhere())
    queue = driver._queues[0]
    wait_readable = _waiting.wait_readable
    main = threading.main_thread()
    leads, struck = threading.Event(), threading.Event()

    def with_main_as_a_follower(fd: int, timeout: float | None) -> None:
        if threading.current_thread() is not main:
            leads.set()
            while len(queue._followers) < 2 and not struck.is_set():
                time.sleep(0)
        wait_readable(fd, timeout)

    monkeypatch.setattr(_waiting, "wait_readable", with_main_as_a_follower)

    def tried(strike: Strike) -> None:
        others = [driver.submit(zfssa.Echo(delay_ms=n * 10, message=str(n))) for n in (1, 2)]
        said: list[str] = []
        threads = [
            threading.Thread(target=lambda one=one: said.append(one.result().message), daemon=True)
            for one in others
        ]
        leads.clear()
        struck.clear()
        threads[0].start()
        assert leads.wait(SOON)
        mine = driver.submit(zfssa.Echo(message="mine"))
        threads[1].start()
        while not queue._followers:
            time.sleep(0)
        with strike:
            mine.wait()
        struck.set()
        for thread in threads:
            thread.join(SOON)
        assert sorted(said) == ["1", "2"], strike.where
        assert mine.result(SOON).message == "mine"

    places = set(everywhere(error, tried))
    assert sum(one.startswith("_SharedCompletionQueue.wait:") for one in places) > 5, places
    assert not queue.pending
    assert not queue._followers


def strike_loops(error: type[BaseException]) -> None:
    loop = asyncio.new_event_loop()
    # The loop passes an exception outside of a task to its exception handler.
    loop.set_exception_handler(lambda *_: None)
    driver = zfssa.AsyncDriver(nowhere())

    def tried(strike: Strike) -> None:
        async def start() -> list[asyncio.Task[zfssa.EchoReply]]:
            return [loop.create_task(driver.echo(message=one)) for one in WORDS]

        tasks = loop.run_until_complete(start())
        with strike:
            loop.run_until_complete(asyncio.wait(tasks))
        done = asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), SOON)
        struck = 0
        for word, one in zip(WORDS, loop.run_until_complete(done), strict=True):
            if isinstance(one, error):
                struck += 1
            else:
                assert isinstance(one, zfssa.EchoReply), one
                assert one.message == word
        assert struck <= 1
        queue = driver._queues[loop]
        while queue.pending:
            loop.run_until_complete(driver.echo())

    places = set(everywhere(error, tried))
    for function in (
        "_LoopCompletionQueue._open",
        "_LoopCompletionQueue._wake",
        "CompletionQueue.collect",
    ):
        assert any(one.startswith(f"{function}:") for one in places), (function, places)
    assert loop.run_until_complete(driver.close(timeout=SOON))
    loop.close()


@pytest.mark.parametrize("error", ERRORS)
def test_what_a_struck_loop_was_collecting_is_not_lost(error: type[BaseException]) -> None:
    begin = alive()
    strike_loops(error)
    assert alive() == begin


@pytest.mark.parametrize("error", ["Struck", "Expired"])
def test_greenlets_lose_nothing(error: str) -> None:
    pytest.importorskip("eventlet")
    script = (
        PRELUDE
        + f"""
import eventlet
eventlet.monkey_patch()
import gc
from strikes import Expired, Struck, everywhere
words = ["0", "1", "2"]
driver = zfssa.Driver(nowhere)
driver.echo()

def echo(word):
    try:
        return driver.echo(message=word).message
    except {error}:
        return "struck"

def tried(strike):
    waiting = [eventlet.spawn(echo, one) for one in words]
    mine = driver.submit(zfssa.Echo(message="mine", delay_ms=2))
    with strike:
        mine.wait()
        while not mine.done and not strike.where:
            eventlet.sleep(0)
    with eventlet.Timeout({SOON}):
        said = [one.wait() for one in waiting]
        assert all(one in (word, "struck") for one, word in zip(said, words)), strike.where
        assert said.count("struck") <= 1
        assert mine.result().message == "mine"

places = set(everywhere({error}, tried))
assert any(one.startswith("CompletionQueue.collect:") for one in places), places
queue = driver._completion_queue()
while queue.pending:
    driver.echo()
assert not queue._followers
assert driver.close()
del driver, queue, tried
gc.collect()
print(zfssa.objects_alive())
"""
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        timeout=SOON * 3,
        env={**os.environ, "EVENTLET_HUB": "poll"},
    )
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr


def test_a_storm_of_signals() -> None:
    """Signals at random times, in the package, the standard library and finalizers."""
    out = run(
        """
    import gc, random, threading
    random.seed(16)

    class Struck(Exception):
        pass

    def strike(*_):
        global armed
        if armed:
            armed = False
            raise Struck

    armed = False
    signal.signal(signal.SIGALRM, strike)
    driver = zfssa.Driver(nowhere)
    struck = 0
    for turn in range(60):
        flying = [driver.submit(zfssa.Echo(message=str(n))) for n in range(50)]
        other = driver.submit(zfssa.Echo(message="other", delay_ms=3))
        said = []
        thread = threading.Thread(target=lambda: said.append(other.result().message))
        thread.start()
        signal.setitimer(signal.ITIMER_REAL, 1e-4, random.uniform(1e-4, 4e-4))
        for one in flying:
            while not one.done:
                try:
                    armed = True
                    one.wait()
                    armed = False
                except Struck:
                    struck += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
        thread.join(60)
        assert said == ["other"], turn
        assert [one.result().message for one in flying] == [str(n) for n in range(50)]
    assert struck
    assert not driver._queues[0].pending and not driver._queues[0]._followers
    assert driver.close()
    del driver, flying, other, one, thread
    gc.collect()
    print(zfssa.objects_alive())
    """
    )
    assert out == "0\n"
