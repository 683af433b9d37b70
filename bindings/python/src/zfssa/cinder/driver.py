"""A drop-in for Cinder's former driver of the Oracle ZFS Storage Appliance, on libzfssa."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from cinder import coordination, exception, interface
from cinder.common import constants
from cinder.volume import configuration, volume_types
from cinder.volume.drivers.san import san
from oslo_config import cfg
from oslo_log import log as logging

import zfssa

from .attachments import others
from .exceptions import translated
from .options import ZFSSA_OPTS, backend_config

__all__ = ["ZFSSAISCSIDriver"]

CONF = cfg.CONF
CONF.register_opts(ZFSSA_OPTS, group=configuration.SHARED_CONF_GROUP)
LOG = logging.getLogger(__name__)

#: What a volume type may say beside the backend's defaults.
_SPECS = {
    "zfssa:volblocksize": ("Block size", "zfssa_lun_volblocksize"),
    "zfssa:sparse": ("Thin provisioning", "zfssa_lun_sparse"),
    "zfssa:compression": ("Compression", "zfssa_lun_compression"),
    "zfssa:logbias": ("Synchronous write bias", "zfssa_lun_logbias"),
}


@interface.volumedriver
class ZFSSAISCSIDriver(san.SanISCSIDriver):  # type: ignore[misc]
    """iSCSI volumes on an Oracle ZFS Storage Appliance.

    Names of objects, options and extra specs are those of the driver that OpenStack removed in
    2019; volumes made by it are served as they are. All work is done by libzfssa. Waiting for it
    never blocks a hub of eventlet.
    """

    VERSION = zfssa.__version__

    #: Locks across hosts would need more than this version has: one cinder-volume per backend.
    SUPPORTS_ACTIVE_ACTIVE = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stats: dict[str, Any] = {}
        self.configuration.append_config_values(ZFSSA_OPTS)
        # Made in do_setup: Cinder forks between here and there.
        self._driver: zfssa.Driver | None = None

    @staticmethod
    def get_driver_options() -> Any:
        """The options, for Cinder's documentation."""
        return ZFSSA_OPTS

    @property
    def _zfssa(self) -> zfssa.Driver:
        if self._driver is None:
            raise exception.VolumeDriverException(message="the driver was not set up")
        return self._driver

    # ------------------------------------------------------------------------------- Setup

    def do_setup(self, context: Any) -> None:  # noqa: ARG002
        """Makes on the appliance what the backend needs and does not find."""
        previous, self._driver = self._driver, None
        if previous is not None:
            previous.close(cancel=True)
        with translated():
            lock_path = getattr(getattr(CONF, "oslo_concurrency", None), "lock_path", None)
            config = backend_config(self.configuration, CONF.state_path, lock_path)
            self._driver = zfssa.Driver(config)
            report = self._driver.do_setup()
        for change in report.changes:
            LOG.info("Setup of the appliance: %s", change)

    def check_for_setup_error(self) -> None:
        """Checks everything that an operation will need."""
        with translated():
            self._zfssa.check_for_setup_error()

    # ------------------------------------------------------------------------- Statistics

    def _update_volume_stats(self) -> None:
        try:
            stats = self._zfssa.get_volume_stats()
        except zfssa.Error as error:
            # The scheduler must not send volumes here, and Cinder must not forget the backend.
            LOG.warning("The backend reports itself as down: %s", error)
            self._stats = {**(self._stats or self._no_stats()), "backend_state": "down"}
            for pool in self._stats["pools"]:
                pool["backend_state"] = "down"
            return
        ratio: Any = stats.max_over_subscription_ratio
        pool = {
            "pool_name": self._backend_name(),
            "backend_state": stats.backend_state,
            "total_capacity_gb": stats.total_capacity_gb,
            "free_capacity_gb": stats.free_capacity_gb,
            "provisioned_capacity_gb": stats.provisioned_capacity_gb,
            "allocated_capacity_gb": stats.allocated_capacity_gb,
            "reserved_percentage": stats.reserved_percentage,
            "max_over_subscription_ratio": ratio if ratio == "auto" else float(ratio),
            "thin_provisioning_support": stats.thin_provisioning_support,
            "thick_provisioning_support": stats.thick_provisioning_support,
            "total_volumes": stats.total_volumes,
            "multiattach": stats.multiattach,
            "online_extend_support": stats.online_extend_support,
            "QoS_support": stats.qos_support,
            "clone_across_pools": stats.clone_across_pools,
            "replication_enabled": False,
            "consistent_group_snapshot_enabled": False,
            "location_info": stats.location_info,
            "filter_function": self.get_filter_function(),
            "goodness_function": self.get_goodness_function(),
            "zfssa_poolprofile": stats.zfssa_poolprofile,
            # In the operator's words, which scheduler filters of volume types compare with.
            "zfssa_volblocksize": self.configuration.safe_get("zfssa_lun_volblocksize")
            or _default("zfssa_lun_volblocksize"),
            "zfssa_sparse": stats.zfssa_sparse,
            "zfssa_compression": stats.zfssa_compression,
            "zfssa_logbias": stats.zfssa_logbias,
        }
        self._stats = {
            **self._who(),
            **pool,
            "pools": [pool],
        }

    def _backend_name(self) -> str:
        return self.configuration.safe_get("volume_backend_name") or type(self).__name__

    def _who(self) -> dict[str, Any]:
        return {
            "volume_backend_name": self._backend_name(),
            "vendor_name": "Oracle",
            "driver_version": self.VERSION,
            "storage_protocol": constants.ISCSI,
        }

    def _no_stats(self) -> dict[str, Any]:
        """What can be said of a backend that was never reached."""
        pool = {
            "pool_name": self._backend_name(),
            "total_capacity_gb": 0,
            "free_capacity_gb": 0,
            "provisioned_capacity_gb": 0,
            "allocated_capacity_gb": 0,
            "max_over_subscription_ratio": 1.0,
            "thin_provisioning_support": False,
            "thick_provisioning_support": True,
            "reserved_percentage": 0,
        }
        return {**self._who(), **pool, "pools": [pool]}

    def get_pool(self, volume: Any) -> str:  # noqa: ARG002
        """The one pool of the backend. It has the backend's name: hosts of volumes read
        <host>@<backend>#<backend's name> since the former driver, which reported no pools.
        """
        return self._backend_name()

    def _init_vendor_properties(self) -> tuple[dict[str, Any], str]:
        """The extra specs of volume types, for whoever asks Cinder for them."""
        table = {option.name: option for option in zfssa.options()}
        properties: dict[str, Any] = {}
        for spec, (title, name) in _SPECS.items():
            option = table[name]
            more: dict[str, Any] = {"enum": list(option.choices)} if option.choices else {}
            default = self.configuration.safe_get(name)
            more["default"] = option.default if default is None else default
            kind = "boolean" if option.kind == "boolean" else "string"
            if kind == "boolean":
                more["default"] = str(more["default"]).lower() == "true"
            self._set_property(properties, spec, title, option.help, kind, **more)
        return properties, "zfssa"

    # ---------------------------------------------------------------------------- Volumes

    def create_volume(self, volume: Any) -> None:
        """Creates a volume, presented to nobody."""
        with translated(volume=volume):
            self._zfssa.create_volume(
                volume["name"], volume["size"], extra_specs=_extra_specs(volume)
            )

    def delete_volume(self, volume: Any) -> None:
        """Deletes a volume; one that does not exist is deleted already."""
        with translated(volume=volume):
            self._zfssa.delete_volume(volume["name"])

    def extend_volume(self, volume: Any, new_size: int) -> None:
        """Grows a volume to a size in GiB."""
        with translated(volume=volume):
            self._zfssa.extend_volume(volume["name"], int(new_size))

    def create_snapshot(self, snapshot: Any) -> None:
        """Takes a snapshot of a volume."""
        with translated(volume=_volume_of(snapshot), snapshot=snapshot):
            self._zfssa.create_snapshot(snapshot["volume_name"], snapshot["name"])

    def delete_snapshot(self, snapshot: Any) -> None:
        """Deletes a snapshot; one that does not exist is deleted already."""
        with translated(volume=_volume_of(snapshot), snapshot=snapshot):
            self._zfssa.delete_snapshot(snapshot["volume_name"], snapshot["name"])

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> None:
        """Makes a volume from a snapshot, as large as is asked for."""
        with translated(volume=_volume_of(snapshot), snapshot=snapshot):
            self._zfssa.create_volume_from_snapshot(
                volume["name"],
                volume["size"],
                snapshot["volume_name"],
                snapshot["name"],
                extra_specs=_extra_specs(volume),
            )

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> None:
        """Makes a volume from another volume, as large as is asked for."""
        with translated(volume=src_vref):
            self._zfssa.create_cloned_volume(
                volume["name"],
                volume["size"],
                src_vref["name"],
                id=volume.get("name_id") or volume["id"],
                extra_specs=_extra_specs(volume),
            )

    def local_path(self, volume: Any) -> None:
        """There is none: volumes are reached over iSCSI."""
        raise NotImplementedError

    def snapshot_revert_use_temp_snapshot(self) -> bool:
        """No: a snapshot taken after the one to revert to would stand in its way."""
        return False

    # ------------------------------------------------------------------------ Connections

    def ensure_export(self, context: Any, volume: Any) -> None:
        """Nothing: what is presented stays presented."""

    def create_export(self, context: Any, volume: Any, connector: Any) -> None:
        """Nothing: a volume is presented when it is attached."""

    def remove_export(self, context: Any, volume: Any) -> None:
        """Nothing."""

    def initialize_connection(self, volume: Any, connector: Any) -> dict[str, Any]:
        """Presents a volume to a host, beside the hosts that have it already."""
        self.validate_connector(connector)
        with self._alone(volume), translated(volume=volume):
            found = self._zfssa.initialize_connection(
                volume["name"], connector["initiator"], volume_id=volume["id"]
            )
        data = {
            "target_discovered": found.target_discovered,
            "target_portal": found.target_portal,
            "target_iqn": found.target_iqn,
            "target_lun": found.target_lun,
            "volume_id": volume["id"],
            "discard": found.discard,
        }
        if connector.get("multipath") or len(found.target_portals) > 1:
            data |= {
                "target_portals": list(found.target_portals),
                "target_iqns": list(found.target_iqns),
                "target_luns": list(found.target_luns),
            }
        if found.auth_method is not None:
            data |= {
                "auth_method": found.auth_method,
                "auth_username": found.auth_username,
                "auth_password": found.auth_password,
            }
        return {"driver_volume_type": found.driver_volume_type, "data": data}

    def terminate_connection(self, volume: Any, connector: Any, **kwargs: Any) -> bool:  # noqa: ARG002
        """Takes a volume away from a host, or without a connector from all of them.

        True when another attachment goes through the same host's connection, which then stays.
        """
        if not connector:
            with self._alone(volume), translated(volume=volume):
                self._zfssa.terminate_connection(volume["name"], None)
            return False
        self.validate_connector(connector)
        initiator = connector["initiator"]
        left = others(volume, initiator)
        if left.same_host:
            LOG.debug("Volume %s stays on %s: it is attached twice", volume["id"], initiator)
            return True
        with self._alone(volume), translated(volume=volume):
            self._zfssa.terminate_connection(
                volume["name"], initiator, still_attached=left.initiators
            )
        return False

    @contextlib.contextmanager
    def _alone(self, volume: Any) -> Iterator[None]:
        """Holds Cinder's own lock of a volume, where Cinder is configured for locks that other
        hosts see; within one process the library has its own.
        """
        backend = CONF.coordination.backend_url or "file:"
        if not coordination.COORDINATOR.started or backend.startswith("file:"):
            yield
            return
        with coordination.COORDINATOR.get_lock(f"zfssa-{volume['name']}"):
            yield

    # ---------------------------------------------------------------------------- Changes

    def revert_to_snapshot(self, context: Any, volume: Any, snapshot: Any) -> None:  # noqa: ARG002
        """Sets a volume back to what it was at its newest snapshot; it keeps its size."""
        with translated(volume=volume, snapshot=snapshot):
            self._zfssa.revert_to_snapshot(
                volume["name"], snapshot["name"], size_gib=volume["size"]
            )

    def retype(
        self,
        context: Any,  # noqa: ARG002
        volume: Any,
        new_type: Any,
        diff: Any,  # noqa: ARG002
        host: Any,  # noqa: ARG002
    ) -> tuple[bool, None]:
        """Changes what can be changed in place; otherwise Cinder goes its generic way."""
        with translated(volume=volume):
            done = self._zfssa.retype(volume["name"], extra_specs=new_type["extra_specs"] or {})
        return done.in_place, None

    def update_migrated_volume(
        self,
        ctxt: Any,  # noqa: ARG002
        volume: Any,
        new_volume: Any,
        original_volume_status: Any,  # noqa: ARG002
    ) -> dict[str, Any]:
        """Gives a volume that was copied here the name of the one that it replaces."""
        with translated(volume=new_volume):
            found = self._zfssa.update_migrated_volume(
                CONF.volume_name_template % volume["id"],
                new_volume["name"],
                current_id=new_volume.get("name_id") or new_volume["id"],
            )
        return {"_name_id": found.name_id, "provider_location": None}

    # ------------------------------------------------------------------------- Management

    def manage_existing(self, volume: Any, existing_ref: Any) -> None:
        """Takes a LUN under management: `source-name` or `source-guid` tells which."""
        with translated(volume=volume, existing_ref=existing_ref):
            managed = self._zfssa.manage_existing(
                volume["name"], extra_specs=_extra_specs(volume), **_reference(existing_ref)
            )
        if managed.snapshots:
            LOG.warning(
                "Volume %(volume)s has snapshots that Cinder does not know and that keep it "
                "from being deleted: %(snapshots)s",
                {"volume": volume["id"], "snapshots": ", ".join(managed.snapshots)},
            )

    def manage_existing_get_size(self, volume: Any, existing_ref: Any) -> int:
        """The size of a LUN in GiB, rounded up."""
        with translated(volume=volume, existing_ref=existing_ref):
            return self._zfssa.manage_existing_get_size(**_reference(existing_ref)).size_gib

    def unmanage(self, volume: Any) -> None:
        """Lets a volume go: its LUN stays as unmanaged-<name>."""
        with translated(volume=volume):
            self._zfssa.unmanage(volume["name"])

    def get_manageable_volumes(
        self,
        cinder_volumes: Any,
        marker: Any,
        limit: Any,
        offset: Any,
        sort_keys: Any,
        sort_dirs: Any,
    ) -> list[dict[str, Any]]:
        """The LUNs of the project, and of each whether it may be managed."""
        with translated():
            found = self._zfssa.get_manageable_volumes(
                cinder_volumes=[zfssa.Known(one["id"], one["name"]) for one in cinder_volumes],
                marker=_marker(marker),
                limit=limit or 0,
                offset=offset or 0,
                sort_keys=sort_keys,
                sort_dirs=sort_dirs,
            )
        return [_manageable(one) for one in found.entries]

    def manage_existing_snapshot(self, snapshot: Any, existing_ref: Any) -> None:
        """Takes a snapshot under management: `source-name` tells which."""
        with translated(snapshot=snapshot, existing_ref=existing_ref):
            self._zfssa.manage_existing_snapshot(
                snapshot["volume_name"], snapshot["name"], _source_name(existing_ref)
            )

    def manage_existing_snapshot_get_size(self, snapshot: Any, existing_ref: Any) -> int:
        """The size of a snapshot's volume in GiB, rounded up."""
        with translated(snapshot=snapshot, existing_ref=existing_ref):
            found = self._zfssa.manage_existing_snapshot_get_size(
                snapshot["volume_name"], _source_name(existing_ref)
            )
        return found.size_gib

    def unmanage_snapshot(self, snapshot: Any) -> None:
        """Lets a snapshot go: it stays as unmanaged-<name>."""
        with translated(snapshot=snapshot):
            self._zfssa.unmanage_snapshot(snapshot["volume_name"], snapshot["name"])

    def get_manageable_snapshots(
        self,
        cinder_snapshots: Any,
        marker: Any,
        limit: Any,
        offset: Any,
        sort_keys: Any,
        sort_dirs: Any,
    ) -> list[dict[str, Any]]:
        """The snapshots of the project, and of each whether it may be managed."""
        with translated():
            found = self._zfssa.get_manageable_snapshots(
                cinder_snapshots=[zfssa.Known(one["id"], one["name"]) for one in cinder_snapshots],
                marker=_marker(marker),
                limit=limit or 0,
                offset=offset or 0,
                sort_keys=sort_keys,
                sort_dirs=sort_dirs,
            )
        return [
            {**_manageable(one), "source_reference": {"source-name": one.source_reference}}
            for one in found.entries
        ]


def _default(name: str) -> str | None:
    return next(option.default for option in zfssa.options() if option.name == name)


def _extra_specs(volume: Any) -> dict[str, str]:
    """The extra specs of a volume's type."""
    kind = volume.get("volume_type_id")
    return volume_types.get_volume_type_extra_specs(kind) or {} if kind else {}


def _volume_of(snapshot: Any) -> dict[str, Any]:
    """What exceptions say of a snapshot's volume."""
    return {"id": snapshot["volume_id"], "name": snapshot["volume_name"]}


def _reference(existing_ref: Any) -> dict[str, Any]:
    """Which LUN an operator means."""
    found = {
        parameter: existing_ref[key]
        for key, parameter in (("source-name", "source_name"), ("source-guid", "source_guid"))
        if isinstance(existing_ref, dict) and isinstance(existing_ref.get(key), str)
    }
    if not found:
        raise exception.ManageExistingInvalidReference(
            existing_ref=existing_ref, reason="give source-name, or source-guid, or both"
        )
    return found


def _source_name(existing_ref: Any) -> str:
    name = existing_ref.get("source-name") if isinstance(existing_ref, dict) else None
    if not isinstance(name, str) or not name:
        raise exception.ManageExistingInvalidReference(
            existing_ref=existing_ref, reason="give source-name"
        )
    return name


def _marker(marker: Any) -> str | None:
    """The reference after which a list begins, which the API may hand on as JSON."""
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
