"""Base class of the Cinder driver, and helpers shared by its parts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from cinder import coordination, exception
from cinder.volume import volume_types
from oslo_config import cfg

import zfssa

from .pools import Pools

CONF = cfg.CONF


class Backend:
    """A Cinder backend and the libzfssa drivers that serve its pools."""

    #: Set by Cinder: the backend's section of cinder.conf.
    configuration: Any

    #: Opened in do_setup, because Cinder forks after it has constructed this object.
    _opened: Pools | None = None

    @property
    def _pools(self) -> Pools:
        if self._opened is None:
            raise exception.VolumeDriverException(
                message="driver: not initialized: call do_setup first"
            )
        return self._opened

    def _driver_of(self, volume: Any) -> zfssa.Driver:
        """Returns the driver of a volume's pool."""
        return self._pools.driver(self._pools.name(volume))

    def _driver_of_snapshot(self, snapshot: Any) -> zfssa.Driver:
        """Returns the driver of the pool of a snapshot's volume."""
        return self._pools.driver(self._pools.of_snapshot(snapshot))

    def _driver_of_clone(self, volume: Any, source_pool: str) -> zfssa.Driver:
        """Returns the driver of the pool of a new volume and its source.

        Refuses a source in another pool, because the appliance clones within a pool. Cinder's
        scheduler places a clone in its source's pool, unless snapshot_same_host is off.
        """
        pool = self._pools.name(volume)
        if pool != source_pool:
            raise exception.InvalidInput(
                reason=f"volume {volume['name']}: is to be in pool {pool}, but its source is in "
                f"pool {source_pool}: create it in pool {source_pool}, then migrate it"
            )
        return self._pools.driver(pool)

    def _backend_name(self) -> str:
        return self.configuration.safe_get("volume_backend_name") or type(self).__name__

    def _has_library_coordination(self) -> bool:
        """Returns whether the library's locks hold among all hosts of the backend."""
        return bool(self.configuration.safe_get("zfssa_coordination_url"))

    @contextlib.contextmanager
    def _cluster_lock(self, name: str) -> Iterator[None]:
        """Holds a Cinder coordination lock if only Cinder's locks span several hosts.

        With zfssa_coordination_url the library holds such locks itself. Within one host its own
        locks suffice, so file locks are not taken.

        The lock protects the operations that Cinder runs concurrently and that read before they
        write: attaching and detaching several hosts of one volume, and creating several volumes
        from one image. Cinder serializes all other operations on a volume, by the status in its
        database and by its manager's locks on the source of a clone. The one exception is detaching
        a host while the volume is extended; these two change different properties. Correctness does
        not depend on any lock: the library verifies each change that rests on an earlier read.
        """
        if self._has_library_coordination() or not has_cinder_coordination():
            yield
            return
        with coordination.COORDINATOR.get_lock(f"zfssa-{name}"):
            yield


def has_cinder_coordination() -> bool:
    """Returns whether Cinder's own locks are in a service that several hosts can share."""
    backend = CONF.coordination.backend_url or "file:"
    return coordination.COORDINATOR.started and not backend.startswith("file:")


#: Keys of QoS specs, and the extra specs that they set. The first two are Cinder's own, in bytes
#: per second, so that specs with the consumer "both" need one key for the two ends.
_LIMITS = {
    "read_bytes_sec": "zfssa:readlimit",
    "write_bytes_sec": "zfssa:writelimit",
    "readlimit": "zfssa:readlimit",
    "writelimit": "zfssa:writelimit",
}


def extra_specs(volume: Any) -> dict[str, str]:
    """Returns the extra specs of the volume type, with the limits of its QoS specs."""
    kind = volume.get("volume_type_id")
    if not kind:
        return {}
    return {**(volume_types.get_volume_type_extra_specs(kind) or {}), **limits(kind)}


def limits(volume_type_id: str) -> dict[str, str]:
    """Returns the QoS specs of a volume type that the back end enforces, as extra specs.

    A key that the appliance cannot enforce is an error if no front end enforces it either.
    """
    found = volume_types.get_volume_type_qos_specs(volume_type_id)["qos_specs"]
    if not found or found["consumer"] not in ("back-end", "both"):
        return {}
    specs: dict[str, str] = {}
    for key, value in found["specs"].items():
        spec = _LIMITS.get(key)
        if spec is None and found["consumer"] == "both":
            continue
        if spec is None or spec in specs:
            problem = "given twice" if spec else "not supported by the appliance"
            raise exception.InvalidQoSSpecs(
                reason=f"qos specs {found['name']}: {key} is {value}: {problem}: use "
                "read_bytes_sec and write_bytes_sec, once each, or the consumer front-end"
            )
        specs[spec] = value
    return specs


def snapshot_volume(snapshot: Any) -> dict[str, Any]:
    """Returns the id and name of a snapshot's volume, for exceptions."""
    return {"id": snapshot["volume_id"], "name": snapshot["volume_name"]}


def cinder_object(one: Any) -> zfssa.KnownVolume:
    """Converts a volume or snapshot of Cinder to the library's type."""
    return zfssa.KnownVolume(one["id"], one["name"])


def model_update(made: zfssa.Volume) -> dict[str, Any]:
    """Returns the model update of a new volume.

    The provider id is the GUID of the LUN, which a renaming does not change.
    """
    return {"provider_id": made.guid}
