"""Generic volume groups with consistent snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cinder import exception
from cinder.volume import volume_utils
from oslo_log import log as logging

import zfssa
from zfssa import errors

from .backend import Backend, extra_specs
from .exceptions import cinder_errors

LOG = logging.getLogger(__name__)


class Groups(Backend):
    """Operations on groups. Group snapshots are consistent for every group type."""

    def create_group(self, context: Any, group: Any) -> dict[str, Any]:  # noqa: ARG002
        """Creates a group. The appliance has no object for it."""
        with cinder_errors():
            self._pools.first.create_group(group["id"])
        return {"status": "available"}

    def update_group(
        self,
        context: Any,  # noqa: ARG002
        group: Any,
        add_volumes: Any = None,
        remove_volumes: Any = None,
    ) -> tuple[None, None, None]:
        """Adds volumes, which must exist, and removes others."""
        with cinder_errors():
            added = self._pools.group(add_volumes or (), self._pools.name)
            removed = self._pools.group(remove_volumes or (), self._pools.name)
            for pool, driver in self._pools:
                driver.update_group(
                    group["id"],
                    add_volumes=[one["name"] for one in added.get(pool, ())],
                    remove_volumes=[one["name"] for one in removed.get(pool, ())],
                )
        return None, None, None

    def delete_group(
        self,
        context: Any,  # noqa: ARG002
        group: Any,
        volumes: Any,
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Deletes the volumes of a group; returns the new status of each."""
        with cinder_errors():
            of_pool = self._pools.group(volumes, self._pools.name)

        def delete(driver: zfssa.Driver, members: list[Any]) -> zfssa.GroupDeleteReport:
            return driver.delete_group(group["id"], volumes=[one["name"] for one in members])

        return self._deleted_in(of_pool, delete, volumes)

    def create_group_snapshot(
        self,
        context: Any,  # noqa: ARG002
        group_snapshot: Any,
        snapshots: Any,
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Creates a consistent snapshot of all volumes of a group, or of none on failure.

        Volumes in several pools have no common snapshot: their group type must not ask for a
        consistent one.
        """
        with cinder_errors():
            of_pool = self._pools.group(snapshots, self._pools.of_snapshot)
            if len(of_pool) > 1:
                _refuse_if_consistent(group_snapshot, of_pool)
                # Cinder then takes the snapshots one after the other.
                raise NotImplementedError
            for pool, members in of_pool.items():
                self._pools.driver(pool).create_group_snapshot(
                    group_snapshot["id"], members=_members(members)
                )
        made = [{"id": one["id"], "status": "available"} for one in snapshots]
        return {"status": "available"}, made

    def delete_group_snapshot(
        self,
        context: Any,  # noqa: ARG002
        group_snapshot: Any,
        snapshots: Any,
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Deletes the snapshots of a group; returns the new status of each."""
        with cinder_errors():
            of_pool = self._pools.group(snapshots, self._pools.of_snapshot)

        def delete(driver: zfssa.Driver, members: list[Any]) -> zfssa.GroupDeleteReport:
            return driver.delete_group_snapshot(group_snapshot["id"], members=_members(members))

        return self._deleted_in(of_pool, delete, snapshots)

    def _deleted_in(
        self,
        of_pool: dict[str, list[Any]],
        delete: Callable[[zfssa.Driver, list[Any]], zfssa.GroupDeleteReport],
        objects: Any,
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Deletes the parts of a group in each pool; returns the statuses of the group and parts.

        A part that remains keeps the group. An error in one pool of several is the status of its
        parts, because those in another pool may be deleted already.
        """
        statuses: dict[str, str] = {}
        for pool, members in of_pool.items():
            try:
                found = delete(self._pools.driver(pool), members)
            except zfssa.Error as error:
                if len(of_pool) == 1:
                    with cinder_errors():
                        raise
                LOG.error("pool %s: parts of the group not deleted: %s", pool, error)
                statuses |= {one["id"]: "error_deleting" for one in members}
                continue
            for one, part in zip(members, found.parts, strict=True):
                statuses[one["id"]] = _status(part)
        gone = all(status == "deleted" for status in statuses.values())
        updates = [{"id": one["id"], "status": statuses[one["id"]]} for one in objects]
        return {"status": "deleted" if gone else "error_deleting"}, updates

    def create_group_from_src(
        self,
        context: Any,  # noqa: ARG002
        group: Any,
        volumes: Any,
        group_snapshot: Any = None,
        snapshots: Any = None,
        source_group: Any = None,  # noqa: ARG002
        source_vols: Any = None,
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Creates the volumes of a group from a group snapshot or, consistently, from a group.

        On failure no volume is created.
        """
        with cinder_errors():
            if group_snapshot is not None and snapshots:
                sources = [(one["volume_name"], one["name"]) for one in snapshots]
                pools = [self._pools.of_snapshot(one) for one in snapshots]
            else:
                sources = [(one["name"], None) for one in source_vols or ()]
                pools = [self._pools.name(one) for one in source_vols or ()]
                if len(set(pools)) > 1:
                    _refuse_if_consistent(group, sorted(set(pools)))
            for volume, pool in zip(volumes, pools, strict=True):
                self._move_record(volume, pool)
            clones = [
                zfssa.GroupClone(
                    one["name"],
                    source,
                    one["size"],
                    snapshot=snapshot,
                    extra_specs=extra_specs(one),
                )
                for one, (source, snapshot) in zip(volumes, sources, strict=True)
            ]
            guids = self._cloned(group, clones, pools)
        updates = [{"id": one["id"], "provider_id": guids[one["name"]]} for one in volumes]
        return {"status": "available"}, updates

    def _cloned(
        self, group: Any, clones: list[zfssa.GroupClone], pools: list[str]
    ) -> dict[str, str]:
        """Clones the sources of new volumes, each in its pool; returns the GUIDs by name.

        If one pool fails, the clones that this call created in the others are deleted; those of an
        earlier call stay.
        """
        guids: dict[str, str] = {}
        made: dict[str, list[str]] = {}
        for pool in dict.fromkeys(pools):
            here = [one for one, of in zip(clones, pools, strict=True) if of == pool]
            try:
                found = self._pools.driver(pool).create_group_from_src(group["id"], volumes=here)
            except BaseException:
                for other, names in made.items():
                    if names:
                        self._delete_clones(group, other, names)
                raise
            made[pool] = [one.name for one in found.volumes if one.created]
            guids |= {one.name: one.guid for one in found.volumes}
        return guids

    def _move_record(self, volume: Any, pool: str) -> None:
        """Records the pool of a volume that is about to be created.

        Cinder does not schedule the volumes of a group from a source: it gives all of them the host
        of the group. The record changes before the LUN exists, so that a volume that fails is
        deleted where its LUN is.
        """
        if self._pools.name(volume) != pool:
            backend = volume_utils.extract_host(volume["host"])
            volume.update({"host": volume_utils.append_host(backend, pool)})
            volume.save()

    def _delete_clones(self, group: Any, pool: str, names: list[str]) -> None:
        """Deletes volumes of a group that could not be created as a whole; logs what remains."""
        try:
            report = self._pools.driver(pool).delete_group(group["id"], volumes=names)
        except zfssa.Error as error:
            LOG.error("pool %s: volumes %s not deleted: %s", pool, ", ".join(names), error)
            return
        for part in report.parts:
            if not part.deleted:
                LOG.error("%s: not deleted: %s", part.name, part.error)


def _refuse_if_consistent(group: Any, pools: Iterable[str]) -> None:
    """Refuses a group whose type asks for a consistent snapshot of volumes in several pools."""
    if volume_utils.is_group_a_cg_snapshot_type(group):
        raise exception.InvalidGroup(
            reason=f"group {group['id']}: its type asks for consistent snapshots, but its volumes "
            f"are in the pools {', '.join(pools)}: migrate the volumes to one pool"
        )


def _members(snapshots: Any) -> list[zfssa.GroupMember]:
    return [zfssa.GroupMember(one["volume_name"], one["name"]) for one in snapshots]


def _status(part: zfssa.DeletedPart) -> str:
    if part.deleted:
        return "deleted"
    LOG.error("%s: not deleted: %s", part.name, part.error)
    # A part that has clones was not changed, so it stays available.
    busy = part.status in (errors.VolumeBusyError.number, errors.SnapshotBusyError.number)
    return "available" if busy else "error_deleting"
