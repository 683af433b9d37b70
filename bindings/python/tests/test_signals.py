"""Ctrl-C during a wait, in processes that communicate through pipes."""

from __future__ import annotations

import signal
import statistics
import subprocess
import sys
import textwrap
import time

import pytest
from scripts import PRELUDE
from simulator import SOON

#: Scripts that wait for an operation until Ctrl-C. Each prints how the operation ended.
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
    # Another thread is the leader.
    "follower": """
        led = threading.Thread(target=driver.submit(forever).wait, daemon=True)
        led.start()
        while repr(driver._queues[0]._leader_lock).startswith("<unlocked"):
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
    # The method cancels its operation; close() waits until that has completed.
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
    """Blocks until the main thread of a process waits in the kernel."""
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
