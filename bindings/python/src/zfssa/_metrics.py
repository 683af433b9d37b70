"""Metrics of a driver: a snapshot as numbers and as Prometheus text."""

from __future__ import annotations

from collections.abc import Mapping
from ctypes import byref
from dataclasses import dataclass, field
from typing import Any

from . import _fork
from ._library import call, lib
from ._marshal import numbers, string

__all__ = ["LockWaits", "Metrics", "RequestDurations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDurations:
    """Histogram of the durations of requests with one HTTP method to one kind of resource."""

    resource: str
    """Kind of the resource, such as lun or snapshot: one of a fixed set, never a name."""
    verb: str
    """HTTP method."""
    count: int
    """Number of requests."""
    sum: float
    """Sum of the durations, in seconds."""
    buckets: tuple[tuple[float, int], ...]
    """Upper bounds in seconds, and the numbers of requests that took at most as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockWaits:
    """Histogram of the waits for locks, until the lock is held or the wait ends without it.

    Locks that were free count, too.
    """

    count: int
    """Number of waits."""
    sum: float
    """Sum of their durations, in seconds."""
    buckets: tuple[tuple[float, int], ...]
    """Upper bounds in seconds, and the numbers of waits that took at most as long."""
    contended: int
    """Locks that were not free when they were asked for: another operation, process or host had
    them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Metrics of a driver at one moment. Counts are since the driver was created."""

    requests: int
    """Requests sent, with repetitions, logins and logouts."""
    requests_unanswered: int
    """Requests that ended without a complete answer."""
    requests_in_flight: int
    """Requests that wait for their answer."""
    requests_waiting: int
    """Requests that wait for a connection."""
    retries: int
    """Requests sent again after a failure."""
    logins: int
    """Logins sent."""
    logouts: int
    """Logouts sent."""
    connections_opened: int
    """TLS connections made."""
    connections_open: int
    """TLS connections that are open."""
    connections_limit: int
    """Connections that may be in use. It is lower while the appliance is busy or slow."""
    connections_max: int
    """The option zfssa_max_connections."""
    changes_in_doubt: int
    """Changes that the appliance did not answer clearly."""
    operations_in_flight: int
    """Operations that run."""
    unknown_outcomes: int
    """Operations that ended with the outcome UNKNOWN."""
    rollbacks: int
    """Operations that rolled steps back, completely or not."""
    operations: Mapping[str, int]
    """Ended operations by result: success, or the outcome of the error in lower case."""
    durations: tuple[RequestDurations, ...]
    """Durations of requests, for each kind of resource and HTTP method that were used."""
    lock_waits: LockWaits
    """Waits for locks, in the queue of the process and beyond."""
    lease_remaining: float
    """Seconds for which the lease in etcd lasts if it is not renewed any more; 0 without a lease,
    and without the option zfssa_coordination_url."""
    leases_lost: int
    """Leases in etcd that ended before the driver ended them."""
    coordination_requests: int
    """Requests sent to etcd."""
    coordination_requests_failed: int
    """Requests that etcd did not answer, or answered with an error."""
    connections_share: int
    """Connections that the hosts of the backend leave to this process; `connections_max` without
    the option zfssa_max_connections_total."""
    connections_wanted: int
    """Connections that the requests of this process could use, at most `connections_max`."""
    _text: str = field(repr=False)

    def prometheus(self) -> str:
        """Returns the snapshot in the Prometheus text format, version 0.0.4."""
        return self._text


#: The members that are plain numbers.
_COUNTS = (
    "requests",
    "requests_unanswered",
    "requests_in_flight",
    "requests_waiting",
    "retries",
    "logins",
    "logouts",
    "connections_opened",
    "connections_open",
    "connections_limit",
    "connections_max",
    "changes_in_doubt",
    "operations_in_flight",
    "unknown_outcomes",
    "rollbacks",
    "leases_lost",
    "coordination_requests",
    "coordination_requests_failed",
    "connections_share",
    "connections_wanted",
)


def take(driver: Any) -> Metrics:
    """Takes a snapshot of the metrics of a C driver."""
    owned = _fork.Owned(lib.zfssa_metrics_free)
    call(lib.zfssa_driver_metrics, driver, byref(owned.slot))
    text = lib.zfssa_metrics_prometheus(owned.slot, None)
    view = lib.zfssa_metrics_values(owned.slot).contents
    operations = (view.operations[i].contents for i in range(view.operations_count))
    durations = (view.durations[i].contents for i in range(view.durations_count))
    metrics = Metrics(
        **{name: getattr(view, name) for name in _COUNTS},
        operations={string(one.result): one.count for one in operations},
        durations=tuple(map(_durations, durations)),
        lock_waits=_lock_waits(view.lock_waits.contents),
        lease_remaining=view.lease_remaining_us / 1e6,
        _text=string(text),
    )
    owned.free()
    return metrics


def _durations(view: Any) -> RequestDurations:
    return RequestDurations(
        resource=string(view.resource),
        verb=string(view.verb),
        count=view.count,
        sum=view.sum_us / 1e6,
        buckets=_buckets(view),
    )


def _lock_waits(view: Any) -> LockWaits:
    return LockWaits(
        count=view.count,
        sum=view.sum_us / 1e6,
        buckets=_buckets(view),
        contended=view.contended,
    )


def _buckets(view: Any) -> tuple[tuple[float, int], ...]:
    bounds = numbers(view.bounds_us, view.buckets_count)
    counts = numbers(view.buckets, view.buckets_count)
    return tuple((bound / 1e6, count) for bound, count in zip(bounds, counts, strict=True))
