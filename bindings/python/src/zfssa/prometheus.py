"""Collector of driver metrics for prometheus_client, the extra `zfssa[prometheus]`.

`REGISTRY.register(MetricsCollector({"zfssa-1": driver}))` adds the metrics of a driver.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from .errors import ClosedError

if TYPE_CHECKING:
    from ._async import AsyncDriver
    from ._sync import Driver

__all__ = ["MetricsCollector"]


class MetricsCollector(Collector):
    """Collector of the metrics of drivers, for a registry of prometheus_client.

    `drivers` is one driver, or several by the names of their backends, which then are the label
    `backend` of each sample. Each scrape takes a snapshot; a closed driver has no samples. Names,
    labels and help come from the library.
    """

    def __init__(
        self, drivers: Driver | AsyncDriver | Mapping[str, Driver | AsyncDriver], /
    ) -> None:
        self._drivers: Mapping[str, Driver | AsyncDriver]
        self._drivers = drivers if isinstance(drivers, Mapping) else {"": drivers}

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for backend, driver in self._drivers.items():
            label = {"backend": backend} if backend else {}
            try:
                text = driver.metrics().prometheus()
            except ClosedError:
                continue
            for found in text_string_to_metric_families(text):
                family = families.setdefault(
                    found.name, Metric(found.name, found.documentation, found.type)
                )
                for sample in found.samples:
                    labels = {**label, **sample.labels}
                    family.samples.append(sample._replace(labels=labels))
        yield from families.values()
