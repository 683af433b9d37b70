"""One cycle by the C, the Go and the Python host, and by bare clients, beside a simulator.

    run.py hosts FIGURES.json    prints the section of docs/performance.md about the cycle
    run.py start FIGURES.json    prints the section about cold start and the memory of a driver
    run.py smoke                 a short cycle of each; fails unless all send the same requests

The programs are in the directory that ZFSSA_BENCH_PROGRAMS names; .ci/bench-hosts builds them. Aims
that are missed are appended to the file that ZFSSA_BENCH_MISSED names. Figures are written as JSON
for the plots.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import appliances

HERE = Path(__file__).resolve().parent
PROGRAMS = Path(os.environ["ZFSSA_BENCH_PROGRAMS"])
LATENCIES_MS = (0, 20)
CALLERS = (1, 16, 64)
STARTS = 9
MEMORY_AIM_MIB = 4


class Client(NamedTuple):
    """A program that carries out the cycle."""

    name: str
    command: tuple[str, ...]
    #: Whether it is given the requests instead of the configuration.
    bare: bool = False
    #: CPU time per operation that the project aims at, in milliseconds.
    aim_ms: float | None = None


GO = str(PROGRAMS / "go-bench")
CLIENTS = (
    Client("C", (str(PROGRAMS / "cycle"),), aim_ms=0.12),
    Client("Go", (GO, "cycle"), aim_ms=0.2),
    Client("Python", (sys.executable, str(HERE / "cycle.py")), aim_ms=0.3),
    Client("bare Go, `net/http`", (GO, "bare"), bare=True),
    Client("bare Python, `requests`", (sys.executable, str(HERE / "bare.py")), bare=True),
)


def measured(
    client: Client,
    steps: list[list[appliances.Recorded]],
    latency_ms: int,
    callers: int,
    cycles: int,
) -> dict[str, Any]:
    """Runs a client against a simulator of its own, and returns its figures."""
    with appliances.bench(latency_ms, callers) as bench:
        bench.prepare()
        bench.write_requests(steps)
        connected = bench.stats()
        file = bench.requests if client.bare else bench.backend
        process = subprocess.Popen(
            [*client.command, str(file), str(callers), str(cycles)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            if process.stdout.readline() != "ready\n":
                raise RuntimeError(f"{client.name}: no cycle was carried out")
            before = bench.stats()
            process.stdin.write("\n")
            process.stdin.flush()
            line = process.stdout.readline()
            after = bench.stats()
            process.stdin.close()
            process.wait()
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        if process.returncode != 0:
            raise RuntimeError(f"{client.name}: exit code {process.returncode}")
        # Whatever a client leaves behind, it did not carry out its cycles.
        if luns := bench.appliance.luns("cinder"):
            raise RuntimeError(f"{client.name}: left {', '.join(luns)}")
    figures: dict[str, Any] = json.loads(line)
    if figures["operations"] != callers * cycles * len(steps):
        raise RuntimeError(f"{client.name}: {figures['operations']} operations")
    handshakes = ("handshakes_full", "handshakes_resumed")
    return figures | {
        "client": client.name,
        "latency_ms_of_the_appliance": latency_ms,
        "callers": callers,
        "cycles": callers * cycles,
        "requests": after["requests"] - before["requests"],
        "handshakes": sum(after[one] - connected[one] for one in handshakes),
        "per_second": figures["operations"] / figures["seconds"],
        "cpu_ms_each": figures["cpu_ms"] / figures["operations"],
    }


def cycles_for(latency_ms: int, callers: int) -> int:
    """Returns how many cycles each caller carries out: some seconds of work."""
    if latency_ms == 0:
        return max(12, 600 // callers)
    return {1: 15, 16: 12, 64: 5}[callers]


def missed(text: str) -> None:
    print(f"missed: {text}", file=sys.stderr)
    if file := os.environ.get("ZFSSA_BENCH_MISSED"):
        with open(file, "a", encoding="utf-8") as lines:
            lines.write(f"{text}\n")


def row(client: Client, one: dict[str, Any]) -> str:
    aim = "" if client.aim_ms is None else f"{client.aim_ms:g}"
    verdict = ""
    if client.aim_ms is not None:
        verdict = "met" if one["cpu_ms_each"] <= client.aim_ms else "**missed**"
        if verdict != "met":
            where = f"{one['callers']} callers, {one['latency_ms_of_the_appliance']} ms"
            missed(f"{client.name}, {where}: {one['cpu_ms_each']:.3f} ms of CPU, aim {aim}")
    cells = (
        f"{one['callers']}",
        client.name,
        f"{one['per_second']:.0f}",
        f"{one['cpu_ms_each']:.3f}",
        aim,
        verdict,
        f"{one['requests'] / one['cycles']:.2f}",
        f"{one['handshakes']}",
        f"{one['peak_kib'] / 1024:.1f}",
        *(f"{one['latency_ms'][percent]:.1f}" for percent in ("50", "90", "99")),
    )
    return f"| {' | '.join(cells)} |"


def hosts(figures: Path) -> None:
    steps = appliances.record()
    count = sum(map(len, steps))
    all_figures = []
    print(f"""## The cycle of a host

One same cycle by a host in each language: create a volume, snapshot it, clone the snapshot, attach
the clone, detach it, and delete clone, snapshot and volume, {len(steps)} operations and {count}
requests. Each caller carries out its cycles one after another. The C host (`benches/hosts/cycle.c`)
is one thread with a queue, the Go host (`bindings/go/internal/bench`) has a goroutine for each
caller, the Python host (`benches/hosts/cycle.py`) a thread. The bare clients send the requests that
the simulator recorded from the engine, over kept-alive TLS with as many connections as callers, and
parse the answers; they check nothing and recover nothing. The engine has at most 16 connections, or
as many as callers if they are more.

CPU is the user and system time of the client's process alone, per operation, and its aim; requests
are those that the simulator counted, per cycle; TLS handshakes those of the whole process; the peak
of the memory is `VmHWM`. Each client has a simulator of its own, which works on the same cores, so
at 0 ms the rates are mostly the simulator's. The latencies are those of operations.
""")
    for latency_ms in LATENCIES_MS:
        print(f"""At a latency of {latency_ms} ms for each request:

| callers | client | operations/s | CPU, ms | aim, ms | | requests | handshakes | peak RSS, MiB \
| p50, ms | p90, ms | p99, ms |
| ---: | --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |""")
        for callers in CALLERS:
            for client in CLIENTS:
                print(f"{client.name}, {callers} callers, {latency_ms} ms", file=sys.stderr)
                cycles = cycles_for(latency_ms, callers)
                one = measured(client, steps, latency_ms, callers, cycles)
                all_figures.append(one)
                print(row(client, one))
        print()
    figures.write_text(json.dumps(all_figures))
    print("![Throughput over callers](performance/throughput.svg)\n")
    print("![Latency percentiles of operations](performance/latency.svg)")


def output_of(program: str, *arguments: str) -> dict[str, float]:
    command = [str(PROGRAMS / program), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def start(figures: Path) -> None:
    with appliances.bench() as bench:
        bench.prepare()
        starts = [output_of("start", str(bench.backend)) for _ in range(STARTS)]
    bare = statistics.median(output_of("start-bare")["rss_kib"] for _ in range(STARTS)) / 1024
    median = {key: statistics.median(one[key] for one in starts) for key in starts[0]}
    created, answered = (median[key] / 1024 - bare for key in ("new_kib", "rss_kib"))
    verdict = "met" if answered <= MEMORY_AIM_MIB else "**missed**"
    if verdict != "met":
        missed(f"{MEMORY_AIM_MIB} MiB above a bare C program: {answered:.1f}")
    figures.write_text(json.dumps(median | {"bare_kib": bare * 1024}))
    print(f"""## Cold start and an idle driver

A C program (`benches/hosts/start.c`) from `zfssa_driver_new` to the first answer, the statistics of
the pool, with TLS handshake and login; the simulator has no latency. Medians of {STARTS} processes.
The memory is the resident set above that of a C program without the library.

| | measured | aim | |
| --- | ---: | ---: | --- |
| `zfssa_driver_new` | {median["new_ms"]:.1f} ms | | |
| to the first answer | {median["answer_ms"]:.1f} ms | | |
| threads of the process with an idle driver | {median["threads"]:.0f} | | |
| bare C program, RSS | {bare:.1f} MiB | | |
| above it, driver without a request | {created:.1f} MiB | | |
| above it, idle driver after its first answer | {answered:.1f} MiB | {MEMORY_AIM_MIB} MiB | {verdict} |\
""")


def smoke() -> None:
    steps = appliances.record()
    count = sum(map(len, steps))
    wrong, all_figures = [], []
    for client in CLIENTS:
        callers, cycles = 2, 2
        one = measured(client, steps, 0, callers, cycles)
        all_figures.append(one)
        print(f"{client.name}: {one['requests']} requests, {one['handshakes']} handshakes")
        if one["requests"] != callers * cycles * count:
            wrong.append(
                f"{client.name}: not {callers * cycles} times the {count} requests recorded"
            )
    output_of("start-bare")
    with appliances.bench() as bench:
        bench.prepare()
        if output_of("start", str(bench.backend))["threads"] < 2:
            wrong.append("an idle driver has no thread")
    if drawn(all_figures) != drawn(all_figures):
        wrong.append("the same figures give other plots")
    if wrong:
        raise SystemExit("\n".join(wrong))


def drawn(hosts_figures: list[dict[str, Any]]) -> list[str]:
    """Returns the plots of figures, each drawn by a process of its own."""
    lists = [
        {"mode": "list", "name": "list", "luns": luns, "peak_kib": luns} for luns in (1000, 10000)
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "hosts.json").write_text(json.dumps(hosts_figures))
        (folder / "fleet.json").write_text(json.dumps({"lists": lists}))
        plots = str(HERE.parent / "plots.py")
        subprocess.run([sys.executable, plots, name, name], check=True)
        return [file.read_text() for file in sorted(folder.glob("*.svg"))]


if __name__ == "__main__":
    if sys.argv[1:] == ["smoke"]:
        smoke()
    else:
        {"hosts": hosts, "start": start}[sys.argv[1]](Path(sys.argv[2]))
