"""Cycles of callers in threads, timed: what the Python programs of the benchmark share."""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple


class Names(NamedTuple):
    """Names of the objects of one cycle."""

    volume: str
    snapshot: str
    clone: str

    @classmethod
    def of(cls, caller: int, cycle: int) -> Names:
        return cls(*(f"{kind}-{caller}-{cycle}" for kind in cls._fields))


#: Carries out one operation of the cycle.
Step = Callable[[Names], object]


def run(steps_of: Sequence[Sequence[Step]], first: int, cycles: int) -> list[float]:
    """Carries out cycles with each caller, and returns how long each step took, in seconds."""
    took: list[float] = []
    failures: list[BaseException] = []

    def call(caller: int) -> None:
        mine = []
        try:
            for cycle in range(first, first + cycles):
                names = Names.of(caller, cycle)
                for step in steps_of[caller]:
                    start = time.monotonic()
                    step(names)
                    mine.append(time.monotonic() - start)
        except BaseException as error:
            failures.append(error)
        took.extend(mine)

    threads = [threading.Thread(target=call, args=(one,)) for one in range(len(steps_of))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return took


def cpu_ms() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1e3


def peak_kib() -> int:
    """Returns the peak of the memory. That of getrusage includes the parent's before exec."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def measure(steps_of: Sequence[Sequence[Step]], cycles: int) -> None:
    """Carries out one cycle with each caller, waits for a line, and measures the others.

    Prints `ready` before it waits, and the figures as JSON at the end. Returns at the end of
    standard input, so that the logout of a driver is not counted.
    """
    run(steps_of, 0, 1)
    print("ready", flush=True)
    if not sys.stdin.readline():
        raise SystemExit("no program reads the figures")
    cpu, start = cpu_ms(), time.monotonic()
    took = run(steps_of, 1, cycles)
    seconds, cpu = time.monotonic() - start, cpu_ms() - cpu
    took.sort()
    figures = {
        "operations": len(took),
        "seconds": seconds,
        "cpu_ms": cpu,
        "peak_kib": peak_kib(),
        "latency_ms": {
            str(percent): took[(len(took) - 1) * percent // 100] * 1e3 for percent in (50, 90, 99)
        },
    }
    print(json.dumps(figures), flush=True)
    sys.stdin.read()
