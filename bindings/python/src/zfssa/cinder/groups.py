"""Generic volume groups with consistent snapshots."""

from __future__ import annotations

from typing import Any

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
            self._zfssa.create_group(group["id"])
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
            self._zfssa.update_group(
                group["id"],
                add_volumes=[one["name"] for one in add_volumes or ()],
                remove_volumes=[one["name"] for one in remove_volumes or ()],
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
            found = self._zfssa.delete_group(group["id"], volumes=[one["name"] for one in volumes])
        return _deleted(found, volumes)

    def create_group_snapshot(
        self,
        context: Any,  # noqa: ARG002
        group_snapshot: Any,
        snapshots: Any,
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Creates a consistent snapshot of all volumes of a group, or of none on failure."""
        with cinder_errors():
            self._zfssa.create_group_snapshot(group_snapshot["id"], members=_members(snapshots))
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
            found = self._zfssa.delete_group_snapshot(
                group_snapshot["id"], members=_members(snapshots)
            )
        return _deleted(found, snapshots)

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
        if group_snapshot is not None and snapshots:
            sources = [(one["volume_name"], one["name"]) for one in snapshots]
        else:
            sources = [(one["name"], None) for one in source_vols or ()]
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
        with cinder_errors():
            made = self._zfssa.create_group_from_src(group["id"], volumes=clones)
        guids = {one.name: one.guid for one in made.volumes}
        updates = [{"id": one["id"], "provider_id": guids[one["name"]]} for one in volumes]
        return {"status": "available"}, updates


def _members(snapshots: Any) -> list[zfssa.GroupMember]:
    return [zfssa.GroupMember(one["volume_name"], one["name"]) for one in snapshots]


def _deleted(
    found: zfssa.GroupDeleteReport, objects: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Returns the statuses of a group and its parts. A remaining part keeps the group."""
    updates = [
        {"id": one["id"], "status": _status(part)}
        for one, part in zip(objects, found.parts, strict=True)
    ]
    return {"status": "deleted" if found.all_deleted else "error_deleting"}, updates


def _status(part: zfssa.DeletedPart) -> str:
    if part.deleted:
        return "deleted"
    LOG.error("%s: not deleted: %s", part.name, part.error)
    # A part that has clones was not changed, so it stays available.
    busy = part.status in (errors.VolumeBusyError.number, errors.SnapshotBusyError.number)
    return "available" if busy else "error_deleting"
