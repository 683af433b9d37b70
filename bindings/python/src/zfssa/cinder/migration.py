"""Migration of a volume to another backend by replication between appliances."""

from __future__ import annotations

import math
from typing import Any

from oslo_log import log as logging

from .backend import Backend
from .exceptions import cinder_errors

LOG = logging.getLogger(__name__)


class Migration(Backend):
    """Operations to migrate without copying data through a host."""

    def migrate_volume(
        self,
        context: Any,  # noqa: ARG002
        volume: Any,
        host: Any,
    ) -> tuple[bool, dict[str, Any] | None]:
        """Migrates a volume by replication, if both appliances support it.

        Returns whether the volume was migrated, then the model update; the docstring of Cinder's
        interface has the reverse order. After False Cinder copies the volume itself.
        """
        there = host.get("capabilities") or {}
        with cinder_errors(volume=volume):
            found = self._driver_of(volume).migrate_volume(
                volume["name"],
                location_info=there.get("location_info"),
                status=volume["status"],
                vendor_name=there.get("vendor_name"),
                storage_protocol=_protocol(there.get("storage_protocol")),
                # No timeout: the replication time depends on the data. A failed update ends the
                # operation.
                timeout=math.inf,
            )
        if not found.migrated:
            LOG.info(
                "volume %(volume)s: not migrated by replication: %(reason)s",
                {"volume": volume["id"], "reason": found.reason},
            )
            return False, None
        for left in found.left_behind:
            LOG.warning(
                "volume %(volume)s: migrated, but not cleaned up: %(left)s",
                {"volume": volume["id"], "left": left},
            )
        return True, {"provider_id": found.guid}


def _protocol(reported: Any) -> str | None:
    """Returns the storage protocol; Cinder's scheduler may pass a list of its names."""
    if reported is None or isinstance(reported, str):
        return reported
    names: list[str] = list(reported)
    return next((one for one in names if one.lower() == "iscsi"), ", ".join(names))
