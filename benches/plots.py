"""Plots of docs/performance.md, from the figures of a run: `plots.py FIGURES-FOLDER SVG-FOLDER`.

The same figures give the same files: the ids in an SVG come from a fixed salt, and no date is
written. Text stays text, so that the files are small.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams.update(
    {
        "svg.hashsalt": "zfssa",
        "svg.fonttype": "none",
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.alpha": 0.3,
        "font.size": 9,
        "figure.facecolor": "white",
        "legend.fontsize": 8,
    }
)
from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator  # noqa: E402

COLOURS = ("#1b6ca8", "#2a9d58", "#c8553d", "#8fb8d8", "#e0a899")
PERCENTILES = ("50", "90", "99")


def save(figure: Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)


def log_y(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def shared_legend(figure: Figure, axes: Axes) -> None:
    """Puts the legend of all axes below them, where it hides nothing."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))


def plain_ticks(axes: Axes, ticks: list[int]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(ticks, labels=[f"{tick:,}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())


def by_latency(hosts: list[dict[str, Any]]) -> list[int]:
    return sorted({one["latency_ms_of_the_appliance"] for one in hosts})


def clients_of(hosts: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(one["client"] for one in hosts))


def throughput(hosts: list[dict[str, Any]], path: Path) -> None:
    latencies = by_latency(hosts)
    figure, all_axes = plt.subplots(
        1, len(latencies), figsize=(8, 3.2), squeeze=False, layout="constrained"
    )
    for axes, latency in zip(all_axes[0], latencies, strict=True):
        callers: list[int] = []
        for client, colour in zip(clients_of(hosts), COLOURS, strict=False):
            mine = [
                one
                for one in hosts
                if one["client"] == client and one["latency_ms_of_the_appliance"] == latency
            ]
            callers = [one["callers"] for one in mine]
            rates = [one["per_second"] for one in mine]
            axes.plot(callers, rates, marker="o", color=colour, label=client.replace("`", ""))
        plain_ticks(axes, callers)
        axes.set_ylim(bottom=0)
        axes.set_title(f"appliance latency {latency} ms")
        axes.set_xlabel("callers")
        axes.set_ylabel("operations per second")
    shared_legend(figure, all_axes[0][0])
    save(figure, path)


def latency(hosts: list[dict[str, Any]], path: Path) -> None:
    latencies = by_latency(hosts)
    figure, all_axes = plt.subplots(
        1, len(latencies), figsize=(8, 3.2), squeeze=False, layout="constrained"
    )
    for axes, appliance in zip(all_axes[0], latencies, strict=True):
        at = [one for one in hosts if one["latency_ms_of_the_appliance"] == appliance]
        callers = sorted({one["callers"] for one in at})
        # A group of marks for each number of callers: a dot for the median, and strokes above it for
        # the other percentiles.
        clients = clients_of(at)
        width = 0.8 / len(clients)
        for number, (client, colour) in enumerate(zip(clients, COLOURS, strict=False)):
            for group, count in enumerate(callers):
                of = [one for one in at if one["client"] == client and one["callers"] == count]
                middle, high, highest = (of[0]["latency_ms"][one] for one in PERCENTILES)
                place = group + (number - (len(clients) - 1) / 2) * width
                label = client.replace("`", "") if group == 0 else None
                axes.plot([place, place], [middle, highest], color=colour, linewidth=1.2)
                axes.plot([place], [middle], "o", color=colour, label=label)
                axes.plot([place, place], [high, highest], "_", color=colour)
        log_y(axes)
        axes.set_xticks(range(len(callers)), labels=[str(one) for one in callers])
        axes.set_title(f"appliance latency {appliance} ms")
        axes.set_xlabel("callers")
        axes.set_ylabel("ms per operation: p50 (dot), p90, p99")
    shared_legend(figure, all_axes[0][0])
    save(figure, path)


def memory(fleet: dict[str, Any], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(5.5, 3.2), layout="constrained")
    sizes = sorted({one["luns"] for one in fleet["lists"]})
    modes = list(dict.fromkeys(one["mode"] for one in fleet["lists"]))
    for mode, colour in zip(modes, COLOURS, strict=False):
        mine = [one for one in fleet["lists"] if one["mode"] == mode]
        mine.sort(key=lambda one: one["luns"])
        peaks = [one["peak_kib"] / 1024 for one in mine]
        label = mine[0]["name"].replace("`", "")
        axes.plot(sizes, peaks, marker="o", color=colour, label=label)
    plain_ticks(axes, sizes)
    log_y(axes)
    axes.set_xlabel("LUNs in the project")
    axes.set_ylabel("peak memory, MiB")
    axes.legend()
    save(figure, path)


def main(figures: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    hosts = json.loads((figures / "hosts.json").read_text())
    throughput(hosts, folder / "throughput.svg")
    latency(hosts, folder / "latency.svg")
    memory(json.loads((figures / "fleet.json").read_text()), folder / "memory.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
