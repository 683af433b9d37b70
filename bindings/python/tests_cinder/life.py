"""Actions of users and operators, through the Cinder API."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import initiator
from image_service import Glance
from processes import until
from simulator import Appliance
from stack import Cinder

NOBODY = "com.sun.ms.vss.hg.maskAll"
HOST = "tests@first#first"
OTHER = "tests@second#second"


class Table:
    """Table of steps, with their duration and number of requests to the appliance."""

    def __init__(self, appliance: Appliance) -> None:
        self.appliance = appliance
        self.rows: list[tuple[str, float, int]] = []

    def step(self, name: str, work: Callable[[], Any]) -> Any:
        sent = len(self.appliance.trace())
        begin = time.monotonic()
        try:
            return work()
        finally:
            took = time.monotonic() - begin
            self.rows.append((name, took, len(self.appliance.trace()) - sent))

    def tell(self, name: str) -> None:
        """Prints the table, and appends it to a file if one is configured."""
        words = f"a volume's life, {name}\n{self}\n"
        print(f"\n{words}")
        if path := os.environ.get("ZFSSA_CINDER_STEPS"):
            with open(path, "a") as file:
                file.write(f"{words}\n")

    def __str__(self) -> str:
        width = max(len(name) for name, *_ in self.rows)
        lines = [f"{'step':<{width}}  seconds  requests to the appliance"]
        lines += [f"{name:<{width}}  {took:7.2f}  {sent:8}" for name, took, sent in self.rows]
        return "\n".join(lines)


class Life:
    """Actions of a user and an operator."""

    def __init__(
        self, cinder: Cinder, appliances: tuple[Appliance, Appliance], glance: Glance, folder: Path
    ) -> None:
        self.cinder = cinder
        self.appliance = appliances[0]
        self.backends = dict(zip((HOST, OTHER), appliances, strict=True))
        self.glance = glance
        self.folder = folder

    def types(self) -> None:
        specs = {
            "zfssa": {"volume_backend_name": "first"},
            "fine": {"volume_backend_name": "first", "zfssa:compression": "lzjb"},
            "packed": {"volume_backend_name": "first", "zfssa:compression": "gzip"},
            "shared": {"volume_backend_name": "first", "multiattach": "<is> True"},
            "anywhere": {"vendor_name": "Oracle"},
        }
        for name, extra in specs.items():
            self.cinder.post("/types", {"volume_type": {"name": name, "extra_specs": extra}})
        specs = {"consistent_group_snapshot_enabled": "<is> True"}
        kind = {"name": "together", "group_specs": specs}
        self.cinder.post("/group_types", {"group_type": kind})

    def volume(self, size: int, kind: str = "zfssa", **more: Any) -> str:
        body = {"volume": {"size": size, "volume_type": kind, **more}}
        identity: str = self.cinder.post("/volumes", body)["volume"]["id"]
        self.cinder.settled("volume", identity, "available")
        assert self.lun(identity)["volsize"] == size << 30
        assert kind == "anywhere" or self.host(identity) == HOST
        return identity

    def host(self, volume: str) -> str:
        found: str = self.cinder.get(f"/volumes/{volume}")["volume"]["os-vol-host-attr:host"]
        return found

    def lun(self, volume: str) -> Any:
        found = self.cinder.get(f"/volumes/{volume}")["volume"]
        # Of a volume that was copied within a backend, and of no other, this is another.
        name = found.get("os-vol-mig-status-attr:name_id") or volume
        on = self.backends[found["os-vol-host-attr:host"]]
        return on.luns("cinder")[f"volume-{name}"]

    def extend(self, volume: str, size: int) -> None:
        self.cinder.post(f"/volumes/{volume}/action", {"os-extend": {"new_size": size}})
        self.cinder.settled("volume", volume, "available")
        assert self.lun(volume)["volsize"] == size << 30

    def snapshot(self, volume: str) -> str:
        made = self.cinder.post("/snapshots", {"snapshot": {"volume_id": volume}})["snapshot"]
        self.cinder.settled("snapshot", made["id"], "available")
        names = [one["name"] for one in self.lun(volume)["snapshots"]]
        assert f"snapshot-{made['id']}" in names
        identity: str = made["id"]
        return identity

    def retype(self, volume: str, kind: str) -> None:
        asked = {"os-retype": {"new_type": kind, "migration_policy": "never"}}
        self.cinder.post(f"/volumes/{volume}/action", asked)
        until(
            "the new type",
            lambda: self.cinder.get(f"/volumes/{volume}")["volume"]["volume_type"] == kind,
        )
        self.cinder.settled("volume", volume, "available")

    def revert(self, volume: str, snapshot: str) -> None:
        self.cinder.post(f"/volumes/{volume}/action", {"revert": {"snapshot_id": snapshot}})
        self.cinder.settled("volume", volume, "available")
        self.cinder.settled("snapshot", snapshot, "available")

    def attach(self, volume: str, initiator: str, host: str) -> tuple[str, Any]:
        connector = {"initiator": initiator, "host": host, "ip": "127.0.0.1", "multipath": False}
        body = {"attachment": {"volume_uuid": volume, "connector": connector}}
        made = self.cinder.post("/attachments", body)["attachment"]
        self.cinder.post(f"/attachments/{made['id']}/action", {"os-complete": {}})
        self.cinder.settled("volume", volume, "in-use")
        return made["id"], made["connection_info"]

    def detach(self, volume: str, attachment: str, left: str) -> None:
        self.cinder.delete(f"/attachments/{attachment}")
        self.cinder.settled("volume", volume, left)

    def groups(self, volume: str) -> set[str]:
        """Returns the initiator groups that have access, without the default mask."""
        return {view["group"] for view in self.lun(volume)["views"]} - {NOBODY}

    def delete(self, kind: str, identity: str) -> None:
        self.cinder.delete(f"/{kind}s/{identity}")
        self.cinder.settled(kind, identity, "deleted")

    def side_by_side(self, count: int) -> list[str]:
        """Creations whose requests the appliance answers only when several have come: would any
        of them wait for another, these would never come.
        """
        several = 5
        self.appliance.fault(method="POST", path="/luns$", kind={"hang": {}}, times=None)
        sent = len(self.appliance.trace())
        body = {"volume": {"size": 1, "volume_type": "zfssa"}}
        made = [self.cinder.post("/volumes", body)["volume"]["id"] for _ in range(count)]

        def held() -> int:
            return sum(one["fired"] for one in self.appliance.admin("GET", "/faults"))

        def answered() -> list[tuple[int, int]]:
            # Again and again, since one may have been about to be held.
            self.appliance.admin("POST", "/release")
            return [
                (one["started_us"], one["ended_us"])
                for one in self.appliance.trace()[sent:]
                if one["method"] == "POST" and one["path"].endswith("/luns")
            ]

        until("creations side by side", lambda: held() >= several)
        self.appliance.admin("DELETE", "/faults")
        until("all answers", lambda: len(answered()) >= count)
        for one in made:
            self.cinder.settled("volume", one, "available")
        times = answered()
        most = max(sum(start <= at < end for start, end in times) for at, _ in times)
        assert most >= several, times
        return made

    def unmanage(self, volume: str) -> str:
        self.cinder.post(f"/volumes/{volume}/action", {"os-unmanage": {}})
        self.cinder.settled("volume", volume, "deleted")
        name = f"unmanaged-volume-{volume}"
        assert name in self.appliance.luns("cinder")
        return name

    def manageable(self, name: str) -> Any:
        listed = self.cinder.get(f"/manageable_volumes/detail?host={HOST.replace('#', '%23')}")
        for one in listed["manageable-volumes"]:
            if one["reference"] == {"source-name": name}:
                return one
        raise AssertionError(f"{name} is not listed: {listed}")

    def manage(self, name: str) -> str:
        body = {"volume": {"host": HOST, "ref": {"source-name": name}, "volume_type": "zfssa"}}
        identity: str = self.cinder.post("/manageable_volumes", body)["volume"]["id"]
        self.cinder.settled("volume", identity, "available")
        assert self.lun(identity)["custom"]["cinder_managed"] is True
        return identity

    def restart(self) -> None:
        """Restarts cinder-volume while volumes are in use."""
        running = next(one for one in self.cinder.processes if one.name == "cinder-volume")
        running.stop()
        self.cinder.processes.remove(running)
        running.log.rename(running.log.with_suffix(".before.log"))
        self.cinder.start("cinder-volume")
        until("the backend to come back", lambda: self.cinder.is_up("first"))

    # ----------------------------------------------------------------- Images and bytes

    def holds(self, volume: str, image: str) -> None:
        """Attaches the volume to a host, which compares its content with the image."""
        attachment, info = self.attach(volume, initiator.NAME, "cinder")
        assert info["auth_method"] == "CHAP"
        read = self.folder / f"{volume}.raw"
        initiator.read(info, str(read))
        self.detach(volume, attachment, "available")
        path = self.glance.path(image)
        form = self.glance.images[image]["disk_format"]
        compare = ["qemu-img", "compare", "-q", "-f", form, "-F", "raw", str(path), str(read)]
        subprocess.run(compare, check=True)
        read.unlink()

    def origin(self, volume: str) -> Any:
        """Returns the origin of a volume."""
        return self.lun(volume)["origin"]["share"]

    def upload(self, volume: str) -> str:
        """Creates an image from a volume."""
        asked = {"image_name": "copy", "disk_format": "qcow2", "container_format": "bare"}
        body = {"os-volume_upload_image": asked}
        made = self.cinder.post(f"/volumes/{volume}/action", body)
        identity: str = made["os-volume_upload_image"]["image_id"]
        until("the image", lambda: self.glance.images[identity]["status"] == "active")
        self.cinder.settled("volume", volume, "available")
        return identity

    def migrate(self, volume: str, host: str, **how: Any) -> None:
        body = {"os-migrate_volume": {"host": host, **how}}
        self.cinder.post(f"/volumes/{volume}/action", body)

        def arrived() -> bool:
            found = self.cinder.get(f"/volumes/{volume}")["volume"]
            status = found["migration_status"]
            assert status != "error", self.cinder.problems()
            return status == "success" and found["os-vol-host-attr:host"] == host

        until("the migration", arrived)
        self.cinder.settled("volume", volume, "available")
        # Cinder deletes the source in the background.
        for place, appliance in self.backends.items():
            if place != host:
                until("the source to go", lambda on=appliance: not _has(on, volume))

    # --------------------------------------------------------------------------- Groups

    def group(self) -> str:
        body = {"group": {"name": "g", "group_type": self._together(), "volume_types": ["zfssa"]}}
        body["group"]["volume_types"] = [self._type("zfssa")]
        identity: str = self.cinder.post("/groups", body)["group"]["id"]
        self.cinder.settled("group", identity, "available")
        return identity

    def _together(self) -> str:
        (found,) = (
            one["id"]
            for one in self.cinder.get("/group_types")["group_types"]
            if one["name"] == "together"
        )
        return str(found)

    def _type(self, name: str) -> str:
        kinds = self.cinder.get("/types")["volume_types"]
        return next(str(one["id"]) for one in kinds if one["name"] == name)

    def change_group(self, group: str, **how: str) -> None:
        self.cinder.put(f"/groups/{group}", {"group": how})
        self.cinder.settled("group", group, "available")

    def members(self, group: str) -> list[str]:
        volumes = self.cinder.get("/volumes/detail")["volumes"]
        return sorted(one["id"] for one in volumes if one["group_id"] == group)

    def group_snapshot(self, group: str) -> str:
        body = {"group_snapshot": {"group_id": group}}
        identity: str = self.cinder.post("/group_snapshots", body)["group_snapshot"]["id"]
        self.cinder.settled("group_snapshot", identity, "available")
        return identity

    def group_from(self, **source: str) -> str:
        body = {"create-from-src": {"name": "copy", **source}}
        identity: str = self.cinder.post("/groups/action", body)["group"]["id"]
        self.cinder.settled("group", identity, "available")
        return identity

    def delete_group(self, group: str) -> None:
        self.cinder.post(f"/groups/{group}/action", {"delete": {"delete-volumes": True}})
        self.cinder.settled("group", group, "deleted")


def _has(appliance: Appliance, volume: str) -> bool:
    return f"volume-{volume}" in appliance.luns("cinder")
