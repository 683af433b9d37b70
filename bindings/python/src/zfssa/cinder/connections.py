"""Connections: attach volumes to hosts and detach them."""

from __future__ import annotations

from typing import Any

from cinder import exception
from oslo_log import log as logging

import zfssa

from .attachments import other_attachments
from .backend import Backend
from .exceptions import cinder_errors

LOG = logging.getLogger(__name__)


class Connections(Backend):
    """Operations on connections."""

    validate_connector: Any

    def ensure_export(self, context: Any, volume: Any) -> None:
        """Does nothing: the appliance keeps its exports."""

    def create_export(self, context: Any, volume: Any, connector: Any) -> None:
        """Does nothing: initialize_connection exports the volume."""

    def remove_export(self, context: Any, volume: Any) -> None:
        """Does nothing: terminate_connection removes the export."""

    def _initiator(self, connector: Any) -> str:
        """Returns the initiator of a connector. Refuses a connector without one."""
        self.validate_connector(connector)
        initiator = connector["initiator"]
        if not isinstance(initiator, str) or not initiator.strip():
            raise exception.InvalidConnectorException(missing="initiator")
        return initiator

    def initialize_connection(self, volume: Any, connector: Any) -> dict[str, Any]:
        """Attaches a volume to a host, in addition to the hosts that it is attached to."""
        initiator = self._initiator(connector)
        with self._cluster_lock(volume["name"]), cinder_errors(volume=volume):
            # A host that the library registers is called by its name.
            found = self._driver_of(volume).initialize_connection(
                volume["name"],
                initiator,
                volume_id=volume["id"],
                host_name=connector.get("host") or None,
            )
        return connection_info(found, volume["id"], connector.get("multipath"))

    def terminate_connection(self, volume: Any, connector: Any, **kwargs: Any) -> bool:  # noqa: ARG002
        """Detaches a volume from a host, or from all hosts if the connector is None.

        Returns True if another attachment uses the same connection, which then remains.
        """
        if connector is None:
            with self._cluster_lock(volume["name"]), cinder_errors(volume=volume):
                self._driver_of(volume).terminate_connection(volume["name"], zfssa.EVERY)
            return False
        initiator = self._initiator(connector)
        left = other_attachments(volume, initiator)
        if left.same_host and left.initiators is None:
            LOG.debug(
                "volume %s: connection of %s remains: the host has another attachment",
                volume["id"],
                initiator,
            )
            return True
        # If two attachments end at the same time, each lists the other as still attached. The
        # library then detaches the volume when the second one ends.
        with self._cluster_lock(volume["name"]), cinder_errors(volume=volume):
            found = self._driver_of(volume).terminate_connection(
                volume["name"], initiator, still_attached=left.initiators
            )
        return left.same_host and found.still_presented


def connection_info(found: zfssa.Connection, volume_id: str, multipath: Any) -> dict[str, Any]:
    """Converts a connection to the form of Cinder and os-brick."""
    data = {
        "target_discovered": found.target_discovered,
        "target_portal": found.target_portal,
        "target_iqn": found.target_iqn,
        "target_lun": found.target_lun,
        "volume_id": volume_id,
        "discard": found.discard,
    }
    if multipath or len(found.target_portals) > 1:
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
