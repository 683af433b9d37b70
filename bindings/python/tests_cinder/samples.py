"""Sample objects, in the forms of Cinder and of the appliance."""

from __future__ import annotations

from typing import Any

from simulator import POOL, Appliance

GIB = 1 << 30
NOBODY = "com.sun.ms.vss.hg.maskAll"


def volume(number: int = 1, size: int = 1, **more: Any) -> dict[str, Any]:
    identity = f"00000000-0000-4000-8000-{number:012}"
    return {
        "id": identity,
        "name_id": identity,
        "name": f"volume-{identity}",
        "size": size,
        "status": "available",
        "volume_type_id": None,
        "volume_attachment": [],
        **more,
    }


def snapshot(of: dict[str, Any], number: int = 1) -> dict[str, Any]:
    identity = f"00000000-0000-4000-9000-{number:012}"
    return {
        "id": identity,
        "name": f"snapshot-{identity}",
        "volume_id": of["id"],
        "volume_name": of["name"],
    }


def connector(initiator: str, **more: Any) -> dict[str, Any]:
    return {"initiator": initiator, "host": initiator.rsplit(":", 1)[1], **more}


def attached(*initiators: str | None) -> list[dict[str, Any]]:
    return [
        {"attach_status": "attached", "connector": connector(one) if one else None}
        for one in initiators
    ]


def lun(appliance: Appliance, of: dict[str, Any]) -> Any:
    return appliance.luns("cinder")[of["name"]]


def groups(appliance: Appliance, of: dict[str, Any]) -> set[str]:
    return {view["group"] for view in lun(appliance, of)["views"]} - {NOBODY}


def guid(appliance: Appliance, of: dict[str, Any]) -> str:
    projects = appliance.admin("GET", "/state")["pools"][POOL]["projects"]
    found: str = projects["cinder"]["luns"][of["name"]]["lunguid"]
    return found
