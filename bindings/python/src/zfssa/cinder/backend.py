"""What all parts of the driver stand on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from cinder import coordination, exception
from cinder.volume import volume_types
from oslo_config import cfg

import zfssa

CONF = cfg.CONF


class Backend:
    """A backend of Cinder, and the library's driver that serves it."""

    #: Of Cinder: the backend's section of cinder.conf.
    configuration: Any

    #: Made in do_setup: Cinder forks between the construction and there.
    _driver: zfssa.Driver | None = None

    @property
    def _zfssa(self) -> zfssa.Driver:
        if self._driver is None:
            raise exception.VolumeDriverException(message="the driver was not set up")
        return self._driver

    def _backend_name(self) -> str:
        return self.configuration.safe_get("volume_backend_name") or type(self).__name__

    @contextlib.contextmanager
    def _cluster_lock(self, name: str) -> Iterator[None]:
        """Holds a lock of Cinder's, where Cinder is configured for locks that other hosts see;
        within one host the library has its own.

        For what Cinder lets run at the same time and reads before it writes: attaching several
        hosts to one volume and detaching them, and making several volumes from one image. All
        else on a volume Cinder keeps apart, by the status in its database, and by its manager's
        locks on what is deleted while it is cloned; only a host may be detached from a volume
        while that is extended, and these two change different properties. Nor does the library
        rest on any lock: what it changes after a look, it looks at again.
        """
        backend = CONF.coordination.backend_url or "file:"
        if not coordination.COORDINATOR.started or backend.startswith("file:"):
            yield
            return
        with coordination.COORDINATOR.get_lock(f"zfssa-{name}"):
            yield


def extra_specs(volume: Any) -> dict[str, str]:
    """The extra specs of a volume's type."""
    kind = volume.get("volume_type_id")
    return volume_types.get_volume_type_extra_specs(kind) or {} if kind else {}


def snapshot_volume(snapshot: Any) -> dict[str, Any]:
    """What exceptions say of a snapshot's volume."""
    return {"id": snapshot["volume_id"], "name": snapshot["volume_name"]}


def cinder_object(one: Any) -> zfssa.Known:
    """A volume or snapshot as the library asks what Cinder knows."""
    return zfssa.Known(one["id"], one["name"])


def model_update(made: zfssa.Volume) -> dict[str, Any]:
    """What Cinder remembers of a volume: the LUN's GUID, which stays when it is renamed."""
    return {"provider_id": made.guid}
