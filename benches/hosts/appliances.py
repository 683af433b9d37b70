"""Simulated appliances for the benchmark of hosts, and the cycle's requests recorded from one."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cycle
from measure import Names
from simulator import Appliance

import zfssa

#: One request of a step: method, path, body and the status of its answer.
Recorded = dict[str, Any]


class Bench:
    """Simulated appliance, with the files that programs need to use it."""

    def __init__(self, folder: Path, latency_ms: int, callers: int) -> None:
        self.appliance = Appliance(folder, "--pool-size", "1000TiB")
        self.backend = folder / "backend.toml"
        self.requests = folder / "requests.json"
        # As many as the bare clients have, which have one for each caller.
        connections = max(16, callers)
        options = self.appliance.options(zfssa_max_connections=connections)
        hosts = options.pop("zfssa_initiator_config")
        lines = [f"{name} = {json.dumps(value)}\n" for name, value in options.items()]
        lines.append("[zfssa_initiator_config]\n")
        for name, members in hosts.items():
            iqns = ", ".join(f'{{ iqn = "{one["iqn"]}" }}' for one in members)
            lines.append(f"{name} = [{iqns}]\n")
        self.backend.touch(0o600)
        self.backend.write_text("".join(lines))
        kinds = ("get_ms", "post_ms", "put_ms", "delete_ms")
        self.appliance.latency(**dict.fromkeys(kinds, latency_ms))

    def write_requests(self, steps: list[list[Recorded]]) -> None:
        """Writes the file that the bare clients read."""
        recording = {
            "url": f"https://127.0.0.1:{self.appliance.port}",
            "ca_file": str(self.appliance.ca_file),
            "user": "root",
            "password_file": str(self.appliance.ca_file.parent / "password"),
            "steps": steps,
        }
        self.requests.write_text(json.dumps(recording))

    def stats(self) -> dict[str, int]:
        stats: dict[str, int] = self.appliance.admin("GET", "/stats")
        return stats

    def prepare(self) -> None:
        """Sets the backend up, as the first host would, for programs that do not."""
        with zfssa.Driver(zfssa.Config.from_toml(self.backend)) as driver:
            driver.do_setup()


@contextlib.contextmanager
def bench(latency_ms: int = 0, callers: int = 1) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="zfssa-bench-") as folder:
        running = Bench(Path(folder), latency_ms, callers)
        try:
            yield running
        finally:
            running.appliance.stop()


def record() -> list[list[Recorded]]:
    """Returns the requests of each step of a cycle, as an engine sends them to the simulator.

    The names of the objects are {volume}, {snapshot} and {clone}.
    """
    steps = []
    with bench() as running, zfssa.Driver(zfssa.Config.from_toml(running.backend)) as driver:
        driver.do_setup()
        # The first cycle fills caches.
        for number in (0, 1):
            steps = []
            names = Names.of(8191, number)
            for step in cycle.steps(driver):
                running.appliance.admin("POST", "/trace/clear")
                step(names)
                steps.append([_recorded(one, names) for one in running.appliance.trace()])
    return steps


def _recorded(exchange: dict[str, Any], names: Names) -> Recorded:
    path, body = exchange["path"], exchange["body"] or ""
    for kind, name in names._asdict().items():
        path, body = path.replace(name, f"{{{kind}}}"), body.replace(name, f"{{{kind}}}")
    # A repetition would hide that the appliance was in trouble.
    if exchange["status"] is None or exchange["fault"] is not None:
        raise RuntimeError(f"{path}: the simulator gave no answer")
    return {
        "method": exchange["method"],
        "path": path,
        "body": body,
        "status": exchange["status"],
    }
