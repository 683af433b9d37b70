"""Manage and unmanage existing volumes and snapshots."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from cinder import exception
from cinder.volume import volume_utils
from oslo_log import log as logging

import zfssa

from .backend import Backend, cinder_object, extra_specs
from .exceptions import cinder_errors

LOG = logging.getLogger(__name__)


class Management(Backend):
    """Operations to manage and unmanage.

    LUNs in several pools may have the same name. If the backend has several pools, references have
    a source-pool in addition, which must be the pool of the volume's host.
    """

    def _driver_of_reference(self, pool: str, existing_ref: Any) -> zfssa.Driver:
        """Returns the driver of a pool. Refuses a reference to another pool."""
        named = existing_ref.get("source-pool") if isinstance(existing_ref, dict) else None
        if named is not None and named != pool:
            raise exception.ManageExistingInvalidReference(
                existing_ref=existing_ref,
                reason=f"source-pool is {named}, but the host's pool is {pool}: set the host to "
                f"that of pool {named}",
            )
        return self._pools.driver(pool)

    def manage_existing(self, volume: Any, existing_ref: Any) -> None:
        """Manages the LUN named by `source-name` or `source-guid`."""
        with cinder_errors(volume=volume, existing_ref=existing_ref):
            driver = self._driver_of_reference(self._pools.name(volume), existing_ref)
            managed = driver.manage_existing(
                volume["name"], extra_specs=extra_specs(volume), **_reference(existing_ref)
            )
        if managed.snapshots:
            LOG.warning(
                "volume %(volume)s: has unmanaged snapshots, which prevent its deletion: "
                "%(snapshots)s: manage or delete them",
                {"volume": volume["id"], "snapshots": ", ".join(managed.snapshots)},
            )

    def manage_existing_get_size(self, volume: Any, existing_ref: Any) -> int:
        """Returns the size of a LUN in GiB, rounded up."""
        with cinder_errors(volume=volume, existing_ref=existing_ref):
            driver = self._driver_of_reference(self._pools.name(volume), existing_ref)
            return driver.manage_existing_get_size(**_reference(existing_ref)).size_gib

    def unmanage(self, volume: Any) -> None:
        """Unmanages a volume: renames its LUN to unmanaged-<name>."""
        with cinder_errors(volume=volume):
            self._driver_of(volume).unmanage(volume["name"])

    def get_manageable_volumes(
        self,
        cinder_volumes: Any,
        marker: Any,
        limit: Any,
        offset: Any,
        sort_keys: Any,
        sort_dirs: Any,
    ) -> list[dict[str, Any]]:
        """Lists the LUNs of the project, and whether each can be managed."""
        known = self._pools.known(cinder_volumes, self._pools.name)
        of_pool = self._pools.group(known, self._pools.name)

        def entries(pool: str, driver: zfssa.Driver, page: dict[str, Any]) -> list[dict[str, Any]]:
            volumes = [cinder_object(one) for one in of_pool.get(pool, ())]
            found = driver.get_manageable_volumes(cinder_volumes=volumes, **page)
            return [_manageable(one) for one in found.entries]

        return self._listed(entries, marker, limit, offset, sort_keys, sort_dirs)

    def _listed(
        self,
        entries: Callable[[str, zfssa.Driver, dict[str, Any]], list[dict[str, Any]]],
        marker: Any,
        limit: Any,
        offset: Any,
        sort_keys: Any,
        sort_dirs: Any,
    ) -> list[dict[str, Any]]:
        """Returns a page of the manageable objects of all pools.

        The library sorts and pages the objects of one pool; Cinder's function those of several.
        """
        with cinder_errors():
            if len(self._pools) == 1:
                ((pool, driver),) = self._pools
                page = {
                    "marker": _marker(marker),
                    "limit": limit or 0,
                    "offset": offset or 0,
                    "sort_keys": sort_keys,
                    "sort_dirs": sort_dirs,
                }
                return entries(pool, driver, page)
            found = []
            for pool, driver in self._pools:
                for one in entries(pool, driver, {}):
                    found.append({**one, "reference": {**one["reference"], "source-pool": pool}})
        limit = limit or len(found)
        listed: list[dict[str, Any]] = volume_utils.paginate_entries_list(
            found, marker, limit, offset, sort_keys, sort_dirs
        )
        return listed

    def manage_existing_snapshot(self, snapshot: Any, existing_ref: Any) -> None:
        """Manages the snapshot named by `source-name`."""
        with cinder_errors(snapshot=snapshot, existing_ref=existing_ref):
            driver = self._driver_of_reference(self._pools.of_snapshot(snapshot), existing_ref)
            driver.manage_existing_snapshot(
                snapshot["volume_name"], snapshot["name"], _source_name(existing_ref)
            )

    def manage_existing_snapshot_get_size(self, snapshot: Any, existing_ref: Any) -> int:
        """Returns the size of the snapshot's volume in GiB, rounded up."""
        with cinder_errors(snapshot=snapshot, existing_ref=existing_ref):
            driver = self._driver_of_reference(self._pools.of_snapshot(snapshot), existing_ref)
            found = driver.manage_existing_snapshot_get_size(
                snapshot["volume_name"], _source_name(existing_ref)
            )
        return found.size_gib

    def unmanage_snapshot(self, snapshot: Any) -> None:
        """Unmanages a snapshot: renames it to unmanaged-<name>."""
        with cinder_errors(snapshot=snapshot):
            self._driver_of_snapshot(snapshot).unmanage_snapshot(
                snapshot["volume_name"], snapshot["name"]
            )

    def get_manageable_snapshots(
        self,
        cinder_snapshots: Any,
        marker: Any,
        limit: Any,
        offset: Any,
        sort_keys: Any,
        sort_dirs: Any,
    ) -> list[dict[str, Any]]:
        """Lists the snapshots of the project, and whether each can be managed."""
        known = self._pools.known(cinder_snapshots, self._pools.of_snapshot)
        of_pool = self._pools.group(known, self._pools.of_snapshot)

        def entries(pool: str, driver: zfssa.Driver, page: dict[str, Any]) -> list[dict[str, Any]]:
            snapshots = [cinder_object(one) for one in of_pool.get(pool, ())]
            found = driver.get_manageable_snapshots(cinder_snapshots=snapshots, **page)
            return [
                {**_manageable(one), "source_reference": {"source-name": one.source_reference}}
                for one in found.entries
            ]

        return self._listed(entries, marker, limit, offset, sort_keys, sort_dirs)


def _reference(existing_ref: Any) -> dict[str, Any]:
    """Converts a reference to a LUN to arguments of the library."""
    found = {
        parameter: existing_ref[key]
        for key, parameter in (("source-name", "source_name"), ("source-guid", "source_guid"))
        if isinstance(existing_ref, dict) and isinstance(existing_ref.get(key), str)
    }
    if not found:
        raise exception.ManageExistingInvalidReference(
            existing_ref=existing_ref, reason="set source-name, source-guid, or both"
        )
    return found


def _source_name(existing_ref: Any) -> str:
    name = existing_ref.get("source-name") if isinstance(existing_ref, dict) else None
    if not isinstance(name, str) or not name:
        raise exception.ManageExistingInvalidReference(
            existing_ref=existing_ref, reason="set source-name"
        )
    return name


def _marker(marker: Any) -> str | None:
    """Returns the reference after which a list begins; the API may pass it as JSON."""
    if not marker:
        return None
    if isinstance(marker, str):
        try:
            marker = json.loads(marker)
        except ValueError:
            return str(marker)
    return _source_name(marker) if isinstance(marker, dict) else str(marker)


def _manageable(entry: zfssa.ManageableEntry) -> dict[str, Any]:
    return {
        "reference": {"source-name": entry.reference},
        "size": entry.size_gib,
        "safe_to_manage": entry.safe_to_manage,
        "reason_not_safe": entry.reason_not_safe or None,
        "cinder_id": entry.cinder_id or None,
        "extra_info": {"info": entry.extra_info} if entry.extra_info else None,
    }
