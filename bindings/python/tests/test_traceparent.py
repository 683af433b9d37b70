"""W3C trace context: the header `traceparent` of the requests to the appliance."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from simulator import Appliance

import zfssa
import zfssa.opentelemetry

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def headers(appliance: Appliance) -> list[str | None]:
    """Returns the headers of all requests since the last call."""
    found = [one["traceparent"] for one in appliance.trace()]
    appliance.admin("POST", "/trace/clear")
    assert found
    return found


def in_trace(found: list[str | None], parent: str) -> None:
    for header in found:
        assert header is not None
        assert header[:36] == parent[:36]
        assert header[36:52] != parent[36:52]
        assert header[52:] == parent[52:]
    assert len(set(found)) == len(found)


@pytest.fixture
def traced(appliance: Appliance, driver: zfssa.Driver) -> zfssa.Driver:
    """A driver, on an appliance that remembers no request."""
    headers(appliance)
    return driver


def test_every_request_is_in_the_trace(traced: zfssa.Driver, appliance: Appliance) -> None:
    traced.create_volume("volume-1", 1, traceparent=PARENT)
    in_trace(headers(appliance), PARENT)
    traced.submit(zfssa.GetVolume("volume-1"), traceparent=PARENT).result()
    in_trace(headers(appliance), PARENT)
    traced.get_volume("volume-1")
    assert set(headers(appliance)) == {None}


def test_an_invalid_value_is_refused_before_anything_is_sent(
    traced: zfssa.Driver, appliance: Appliance
) -> None:
    for value in ("", "rubbish", PARENT.upper(), PARENT.replace(TRACE, 32 * "0")):
        with pytest.raises(zfssa.errors.InvalidArgumentError, match="traceparent is"):
            traced.create_volume("volume-1", 1, traceparent=value)
    assert appliance.trace() == []


def test_log_records_have_the_trace_and_the_span(
    traced: zfssa.Driver, appliance: Appliance, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "zfssa")
    traced.create_volume("volume-1", 1, traceparent=PARENT)
    fields: list[dict[str, Any]] = [
        vars(record)["zfssa_fields"] for record in caplog.records if record.name != "zfssa"
    ]
    assert fields
    assert {one["trace_id"] for one in fields} == {TRACE}
    spans = [one["span_id"] for one in fields if "request" in one]
    assert spans == [str(header)[36:52] for header in headers(appliance)]
    assert any("span_id" not in one for one in fields)
    caplog.clear()
    traced.get_volume("volume-1")
    assert "trace_id" not in caplog.text
    assert "span_id" not in caplog.text


def test_a_driver_propagates_the_span_of_opentelemetry_if_it_is_asked_to(
    traced: zfssa.Driver, appliance: Appliance
) -> None:
    tracer = TracerProvider().get_tracer("test")
    with (
        zfssa.Driver(appliance.options(), propagate=zfssa.opentelemetry.traceparent) as driver,
        tracer.start_as_current_span("request of a user") as span,
    ):
        context = span.get_span_context()
        flags = f"{context.trace_flags:02x}"
        parent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{flags}"
        driver.list_volumes()
        in_trace(headers(appliance), parent)
        # What the caller names comes first.
        driver.list_volumes(traceparent=PARENT)
        in_trace(headers(appliance), PARENT)
        # Another driver was not asked.
        traced.list_volumes()
        assert set(headers(appliance)) == {None}
        with trace.use_span(trace.INVALID_SPAN):
            driver.list_volumes()
        assert set(headers(appliance)) == {None}


def test_each_task_of_asyncio_has_its_own_span(traced: zfssa.Driver, appliance: Appliance) -> None:
    tracer = TracerProvider().get_tracer("test")
    traced.create_volume("volume-1", 1)
    headers(appliance)

    async def task(driver: zfssa.AsyncDriver) -> str:
        with tracer.start_as_current_span("request of a user") as span:
            await driver.get_volume("volume-1")
            return f"{span.get_span_context().trace_id:032x}"

    async def run() -> list[str]:
        async with zfssa.AsyncDriver(
            appliance.options(), propagate=zfssa.opentelemetry.traceparent
        ) as driver:
            found = await asyncio.gather(*(task(driver) for _ in range(3)))
            await driver.get_volume("volume-1", traceparent=PARENT)
            return [*found, TRACE]

    wanted = asyncio.run(run())
    found = {header[3:35] for header in headers(appliance) if header is not None}
    assert found == set(wanted)
    assert len(found) == 4
