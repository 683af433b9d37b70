"""Volumes and snapshots: create, delete, extend, clone, revert and retype."""

from __future__ import annotations

from typing import Any

from oslo_config import cfg
from oslo_log import log as logging

import zfssa

from .backend import (
    Backend,
    cinder_object,
    extra_specs,
    limits,
    model_update,
    snapshot_volume,
)
from .exceptions import cinder_errors

CONF = cfg.CONF
LOG = logging.getLogger(__name__)


class Volumes(Backend):
    """Operations on volumes and snapshots."""

    def create_volume(self, volume: Any) -> dict[str, Any]:
        """Creates a volume that no host can access yet."""
        with cinder_errors(volume=volume):
            made = self._driver_of(volume).create_volume(
                volume["name"], volume["size"], extra_specs=extra_specs(volume)
            )
        return model_update(made)

    def delete_volume(self, volume: Any) -> None:
        """Deletes a volume; succeeds if it does not exist."""
        with cinder_errors(volume=volume):
            self._driver_of(volume).delete_volume(volume["name"])

    def extend_volume(self, volume: Any, new_size: int) -> None:
        """Extends a volume to `new_size` GiB."""
        with cinder_errors(volume=volume):
            self._driver_of(volume).extend_volume(volume["name"], int(new_size))

    def create_snapshot(self, snapshot: Any) -> None:
        """Creates a snapshot of a volume."""
        with cinder_errors(volume=snapshot_volume(snapshot), snapshot=snapshot):
            self._driver_of_snapshot(snapshot).create_snapshot(
                snapshot["volume_name"], snapshot["name"]
            )

    def delete_snapshot(self, snapshot: Any) -> None:
        """Deletes a snapshot; succeeds if it does not exist."""
        with cinder_errors(volume=snapshot_volume(snapshot), snapshot=snapshot):
            self._driver_of_snapshot(snapshot).delete_snapshot(
                snapshot["volume_name"], snapshot["name"]
            )

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> dict[str, Any]:
        """Creates a volume from a snapshot and extends it to the requested size."""
        with cinder_errors(volume=snapshot_volume(snapshot), snapshot=snapshot):
            driver = self._driver_of_clone(volume, self._pools.of_snapshot(snapshot))
            made = driver.create_volume_from_snapshot(
                volume["name"],
                volume["size"],
                snapshot["volume_name"],
                snapshot["name"],
                extra_specs=extra_specs(volume),
            )
        return model_update(made)

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> dict[str, Any]:
        """Creates a volume from another volume and extends it to the requested size."""
        with cinder_errors(volume=src_vref):
            driver = self._driver_of_clone(volume, self._pools.name(src_vref))
            made = driver.create_cloned_volume(
                volume["name"],
                volume["size"],
                src_vref["name"],
                id=volume.get("name_id") or volume["id"],
                extra_specs=extra_specs(volume),
            )
        return model_update(made)

    def local_path(self, volume: Any) -> None:
        """Not supported: volumes are accessed over iSCSI."""
        raise NotImplementedError

    def snapshot_revert_use_temp_snapshot(self) -> bool:
        """Returns False: a volume can only be reverted to its newest snapshot."""
        return False

    def revert_to_snapshot(self, context: Any, volume: Any, snapshot: Any) -> None:  # noqa: ARG002
        """Reverts a volume to its newest snapshot; the volume keeps its size."""
        with cinder_errors(volume=volume, snapshot=snapshot):
            self._driver_of(volume).revert_to_snapshot(
                volume["name"], snapshot["name"], size_gib=volume["size"]
            )

    def retype(
        self,
        context: Any,  # noqa: ARG002
        volume: Any,
        new_type: Any,
        diff: Any,  # noqa: ARG002
        host: Any,
    ) -> tuple[bool, None]:
        """Retypes a volume in place if possible; otherwise Cinder migrates it.

        A volume that is to be in another pool of the backend is migrated: after True Cinder would
        record that pool.
        """
        with cinder_errors(volume=volume):
            pool = self._pools.name(volume)
            if self._pools.of_host(host.get("host")) not in (None, pool):
                return False, None
            kind = new_type.get("id")
            specs = {**(new_type["extra_specs"] or {}), **(limits(kind) if kind else {})}
            done = self._pools.driver(pool).retype(volume["name"], extra_specs=specs)
        return done.in_place, None

    def update_provider_info(
        self, volumes: Any, snapshots: Any
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Returns the provider ids of volumes and snapshots; Cinder calls this at its start."""
        by_id = {one["id"]: one for one in volumes}

        def pool_of_snapshot(one: Any) -> str:
            # Without a query of Cinder's database for each snapshot.
            volume = by_id.get(one["volume_id"])
            return self._pools.of_snapshot(one) if volume is None else self._pools.name(volume)

        updates: list[dict[str, Any]] = []
        names: dict[str, str] = {}
        with cinder_errors():
            pools = self._pools
            volumes_of = pools.group(pools.known(volumes, pools.name), pools.name)
            snapshots_of = pools.group(pools.known(snapshots, pool_of_snapshot), pool_of_snapshot)
            for pool, driver in pools:
                found = driver.update_provider_info(
                    volumes=[cinder_object(one) for one in volumes_of.get(pool, ())],
                    snapshots=[
                        zfssa.KnownSnapshot(one["id"], one["name"], one["volume_name"])
                        for one in snapshots_of.get(pool, ())
                    ],
                )
                updates += [{"id": one.id, "provider_id": one.provider_id} for one in found.volumes]
                names |= {one.id: one.provider_id for one in found.snapshots}
                for missing in (*found.missing_volumes, *found.missing_snapshots):
                    LOG.warning("%s: not found on the appliance, but exists in Cinder", missing)
        # Cinder expects an update for every snapshot; an empty provider id changes nothing.
        return updates, [
            {"id": one["id"], "provider_id": names.get(one["id"])} for one in snapshots
        ]

    def update_migrated_volume(
        self,
        ctxt: Any,  # noqa: ARG002
        volume: Any,
        new_volume: Any,
        original_volume_status: Any,  # noqa: ARG002
    ) -> dict[str, Any]:
        """Renames a migrated volume to the name of the volume that it replaces."""
        with cinder_errors(volume=new_volume):
            found = self._driver_of(new_volume).update_migrated_volume(
                CONF.volume_name_template % volume["id"],
                new_volume["name"],
                current_id=new_volume.get("name_id") or new_volume["id"],
                current_guid=new_volume.get("provider_id"),
            )
        return {"_name_id": found.name_id, "provider_location": None}
