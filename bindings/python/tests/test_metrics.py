"""Metrics as numbers, as text, and scraped over HTTP with prometheus_client."""

from __future__ import annotations

import asyncio
import urllib.request
from collections import Counter

import pytest
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.parser import text_string_to_metric_families
from simulator import SOON, Appliance

import zfssa
from zfssa.prometheus import MetricsCollector


def scrape(collector: MetricsCollector) -> dict[str, dict[frozenset[tuple[str, str]], float]]:
    """Returns the samples of a scrape over HTTP, by name and labels."""
    registry = CollectorRegistry(auto_describe=True)
    registry.register(collector)
    server, thread = start_http_server(0, addr="127.0.0.1", registry=registry)
    try:
        url = f"http://127.0.0.1:{server.server_port}/metrics"
        with urllib.request.urlopen(url, timeout=SOON) as answer:
            text = answer.read().decode()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    found: dict[str, dict[frozenset[tuple[str, str]], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            by_labels = found.setdefault(sample.name, {})
            labels = frozenset(sample.labels.items())
            assert labels not in by_labels, sample
            by_labels[labels] = sample.value
    return found


def labels(**values: str) -> frozenset[tuple[str, str]]:
    return frozenset(values.items())


def test_a_scrape_has_the_numbers_of_the_appliance(appliance: Appliance) -> None:
    with zfssa.Driver(appliance.options()) as driver:
        driver.do_setup()
        for number in range(3):
            driver.create_volume(f"volume-{number}", 1)
        with pytest.raises(zfssa.VolumeNotFoundError):
            driver.get_volume("volume-9")
        found = scrape(MetricsCollector(driver))
        metrics = driver.metrics()
    trace = appliance.trace()
    verbs = Counter(one["method"] for one in trace if one["path"].startswith("/api/"))
    # The logout follows the scrape.
    verbs["DELETE"] -= 1
    assert found["zfssa_requests_total"] == {labels(): sum(verbs.values())}
    creations = [one for one in trace if one["method"] == "POST" and one["path"].endswith("/luns")]
    assert len(creations) == 3
    lun = {"resource": "lun", "verb": "POST"}
    counts = found["zfssa_request_duration_seconds_count"]
    assert counts[labels(**lun)] == len(creations)
    assert found["zfssa_request_duration_seconds_bucket"][labels(**lun, le="+Inf")] == 3
    assert found["zfssa_request_duration_seconds_sum"][labels(**lun)] > 0
    by_verb: Counter[str] = Counter()
    for of, count in counts.items():
        by_verb[dict(of)["verb"]] += int(count)
    assert by_verb == +verbs
    assert found["zfssa_logins_total"] == {labels(): 1}
    assert found["zfssa_operations_total"][labels(result="success")] == 4
    assert found["zfssa_operations_total"][labels(result="none")] == 1
    assert found["zfssa_unknown_outcomes_total"] == {labels(): 0}

    # The typed snapshot has the same numbers.
    assert metrics.requests == sum(verbs.values())
    assert metrics.operations == {
        dict(of)["result"]: count for of, count in found["zfssa_operations_total"].items()
    }
    waits = metrics.lock_waits
    assert waits.count == found["zfssa_lock_wait_seconds_count"][labels()] > 0
    assert waits.contended == found["zfssa_locks_contended_total"][labels()]
    assert [bound for bound, _ in waits.buckets] == [
        bound for bound, _ in metrics.durations[0].buckets
    ]
    # Neither etcd nor a share of connections is configured.
    assert "zfssa_coordination_lease_remaining_seconds" not in found
    assert (metrics.lease_remaining, metrics.leases_lost) == (0, 0)
    assert (metrics.coordination_requests, metrics.coordination_requests_failed) == (0, 0)
    assert (metrics.connections_share, metrics.connections_wanted) == (metrics.connections_max, 0)
    for one in metrics.durations:
        assert one.count == counts[labels(resource=one.resource, verb=one.verb)]
        assert [bound for bound, _ in one.buckets] == sorted(bound for bound, _ in one.buckets)
        assert one.buckets[-1][1] <= one.count
        assert one.sum > 0


def test_several_drivers_share_a_registry(appliance: Appliance) -> None:
    with (
        zfssa.Driver(appliance.options()) as one,
        zfssa.Driver(appliance.options(zfssa_project="other")) as other,
    ):
        one.do_setup()
        collector = MetricsCollector({"one": one, "other": other})
        logins = scrape(collector)["zfssa_logins_total"]
        assert logins == {labels(backend="one"): 1, labels(backend="other"): 0}
        one.close()
        assert list(scrape(collector)["zfssa_logins_total"]) == [labels(backend="other")]
        with pytest.raises(zfssa.ClosedError):
            one.metrics()


def test_a_snapshot_leaves_no_object(lone: zfssa.Driver) -> None:
    before = zfssa.objects_alive()
    assert lone.metrics().requests == 0
    assert zfssa.objects_alive() == before


def test_an_asynchronous_driver_has_metrics(appliance: Appliance) -> None:
    async def run() -> zfssa.Metrics:
        async with zfssa.AsyncDriver(appliance.options()) as driver:
            await driver.do_setup()
            return driver.metrics()

    metrics = asyncio.run(run())
    assert metrics.operations["success"] == 1
    assert "zfssa_logins_total 1\n" in metrics.prometheus()
