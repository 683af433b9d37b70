"""Backend statistics and capabilities for Cinder's scheduler."""

from __future__ import annotations

from typing import Any

from cinder.common import constants
from oslo_log import log as logging

import zfssa

from .backend import Backend
from .exceptions import cinder_errors
from .pools import pool_names
from .recovery import recover

LOG = logging.getLogger(__name__)

#: Extra specs that override defaults of the backend: spec, title, and name of the option.
_SPECS = {
    "zfssa:volblocksize": ("Block size", "zfssa_lun_volblocksize"),
    "zfssa:sparse": ("Thin provisioning", "zfssa_lun_sparse"),
    "zfssa:compression": ("Compression", "zfssa_lun_compression"),
    "zfssa:logbias": ("Synchronous write bias", "zfssa_lun_logbias"),
    "zfssa:delete_with_clones": ("Deletion with clones", "zfssa_delete_with_clones"),
}

#: Capabilities of this driver, whatever the backend.
_CAPABILITIES = {
    "replication_enabled": False,
    "consistent_group_snapshot_enabled": True,
}


class Statistics(Backend):
    """Capacity, capabilities, and the extra specs of volume types."""

    VERSION: str
    _stats: dict[str, Any]
    get_filter_function: Any
    get_goodness_function: Any
    _set_property: Any

    def _update_volume_stats(self) -> None:
        # The only work that Cinder asks for regularly.
        for name, driver in self._pools:
            recover(name, driver)
        pools = [self._pool_stats(name, driver) for name, driver in self._pools]
        up = any(pool["backend_state"] == "up" for pool in pools)
        self._stats = {
            **self._identity(),
            # Capacity is that of a pool. The capabilities of the backend do not depend on the pool.
            **(pools[0] if len(pools) == 1 else _CAPABILITIES),
            "backend_state": "up" if up else "down",
            "pools": pools,
        }

    def _pool_stats(self, name: str, driver: zfssa.Driver) -> dict[str, Any]:
        """Returns the statistics of a pool.

        A pool that cannot be reached is reported as down, with its last statistics but without free
        capacity: the scheduler does not look at the state, and then places no volumes there.
        """
        try:
            stats = driver.get_volume_stats()
        except zfssa.Error as error:
            LOG.warning("pool %s: reported as down: %s", name, error)
            last = next(
                (one for one in self._stats.get("pools", ()) if one["pool_name"] == name),
                self._unreachable_pool(name),
            )
            return {**last, "free_capacity_gb": 0, "backend_state": "down"}
        ratio: Any = stats.max_over_subscription_ratio
        return {
            "pool_name": name,
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
            **_CAPABILITIES,
            "location_info": stats.location_info,
            "filter_function": self.get_filter_function(),
            "goodness_function": self.get_goodness_function(),
            "zfssa_poolprofile": stats.zfssa_poolprofile,
            # Spelled as in the configuration: scheduler filters of volume types compare the text.
            "zfssa_volblocksize": self.configuration.safe_get("zfssa_lun_volblocksize")
            or _default("zfssa_lun_volblocksize"),
            "zfssa_sparse": stats.zfssa_sparse,
            "zfssa_compression": stats.zfssa_compression,
            "zfssa_logbias": stats.zfssa_logbias,
        }

    def _identity(self) -> dict[str, Any]:
        return {
            "volume_backend_name": self._backend_name(),
            "vendor_name": "Oracle",
            "driver_version": self.VERSION,
            "storage_protocol": constants.ISCSI,
        }

    def _unreachable_stats(self) -> dict[str, Any]:
        """Returns the statistics of a backend that has not been reached yet."""
        names = pool_names(self.configuration, self._backend_name())
        pools = [self._unreachable_pool(name) for name in names]
        of_backend = pools[0] if len(pools) == 1 else _CAPABILITIES
        return {**self._identity(), **of_backend, "pools": pools}

    def _unreachable_pool(self, name: str) -> dict[str, Any]:
        """Returns the statistics of a pool that has not been reached yet.

        It has no space. Its capabilities are in them too, because Cinder takes some as supported
        unless they are reported otherwise.
        """
        thin = bool(self.configuration.safe_get("zfssa_lun_sparse"))
        return {
            "pool_name": name,
            "total_capacity_gb": 0,
            "free_capacity_gb": 0,
            "provisioned_capacity_gb": 0,
            "allocated_capacity_gb": 0,
            "max_over_subscription_ratio": 1.0,
            "thin_provisioning_support": thin,
            "thick_provisioning_support": not thin,
            "reserved_percentage": 0,
            "multiattach": True,
            "online_extend_support": bool(self.configuration.safe_get("zfssa_online_extend")),
            "QoS_support": False,
            **_CAPABILITIES,
        }

    def get_pool(self, volume: Any) -> str | None:
        """Returns the pool of a volume whose host names none; None if no pool has its LUN.

        The former driver reported no pools, so hosts of its volumes are
        <host>@<backend>#<backend name>.
        """
        names = list(pool_names(self.configuration, self._backend_name()))
        if len(names) == 1:
            return names[0]
        with cinder_errors(volume=volume):
            return self._pools.find(volume)

    def _init_vendor_properties(self) -> tuple[dict[str, Any], str]:
        """Returns the extra specs of volume types, for Cinder's capabilities API."""
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


def _default(name: str) -> str | None:
    return next(option.default for option in zfssa.options() if option.name == name)
