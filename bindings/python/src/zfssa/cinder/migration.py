"""Moving a volume to another backend, from appliance to appliance."""

from __future__ import annotations

import math
from typing import Any

from oslo_log import log as logging

from .backend import Backend
from .exceptions import cinder_errors

LOG = logging.getLogger(__name__)


class Migration(Backend):
    """Migration without the bytes passing through a host."""

    def migrate_volume(
        self,
        context: Any,  # noqa: ARG002
        volume: Any,
        host: Any,
    ) -> tuple[bool, dict[str, Any] | None]:
        """Whether the volume was moved, and what Cinder is to remember of it: in this order, which
        Cinder's interface tells the wrong way round. Where the appliances cannot do it, Cinder
        copies the volume itself.
        """
        there = host.get("capabilities") or {}
        with cinder_errors(volume=volume):
            found = self._zfssa.migrate_volume(
                volume["name"],
                location_info=there.get("location_info"),
                status=volume["status"],
                vendor_name=there.get("vendor_name"),
                storage_protocol=_protocol(there.get("storage_protocol")),
                # How long the data take cannot be known; an update that fails ends it.
                timeout=math.inf,
            )
        if not found.migrated:
            LOG.info(
                "Volume %(volume)s is not moved by the appliances: %(reason)s",
                {"volume": volume["id"], "reason": found.reason},
            )
            return False, None
        for left in found.left_behind:
            LOG.warning(
                "Volume %(volume)s was moved and left behind: %(left)s",
                {"volume": volume["id"], "left": left},
            )
        return True, {"provider_id": found.guid}


def _protocol(told: Any) -> str | None:
    """The protocol, of which Cinder's scheduler makes a list of all names that it has."""
    if told is None or isinstance(told, str):
        return told
    names: list[str] = list(told)
    return next((one for one in names if one.lower() == "iscsi"), ", ".join(names))
