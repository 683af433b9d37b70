"""Trace context of OpenTelemetry for the operations of a driver.

    driver = zfssa.Driver(config, propagate=zfssa.opentelemetry.traceparent)

Each operation that is called while a span is current then sends its requests to the appliance in
the trace of this span. The module creates no spans and exports nothing. It needs the API of
OpenTelemetry, which `pip install zfssa[opentelemetry]` installs.
"""

from __future__ import annotations

from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

__all__ = ["traceparent"]

_propagator = TraceContextTextMapPropagator()


def traceparent() -> str | None:
    """Returns the trace context of the current span, as the value of the header `traceparent`.

    None if no valid span is current.
    """
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")
