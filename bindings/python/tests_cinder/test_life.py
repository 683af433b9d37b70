"""A volume's whole life, through the API of a real Cinder."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from simulator import HOST_A, HOST_B, Appliance
from stack import Cinder, until

NOBODY = "com.sun.ms.vss.hg.maskAll"
HOST = "tests@first#first"


class Table:
    """The steps, what they took, and what they cost the appliance."""

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

    def __str__(self) -> str:
        width = max(len(name) for name, *_ in self.rows)
        lines = [f"{'step':<{width}}  seconds  requests to the appliance"]
        lines += [f"{name:<{width}}  {took:7.2f}  {sent:8}" for name, took, sent in self.rows]
        return "\n".join(lines)


class Life:
    """What a user and an operator do."""

    def __init__(self, cinder: Cinder, appliance: Appliance) -> None:
        self.cinder = cinder
        self.appliance = appliance

    def types(self) -> None:
        specs = {
            "zfssa": {"volume_backend_name": "first"},
            "fine": {"volume_backend_name": "first", "zfssa:compression": "lzjb"},
            "packed": {"volume_backend_name": "first", "zfssa:compression": "gzip"},
            "shared": {"volume_backend_name": "first", "multiattach": "<is> True"},
        }
        for name, extra in specs.items():
            self.cinder.post("/types", {"volume_type": {"name": name, "extra_specs": extra}})

    def volume(self, size: int, kind: str = "zfssa", **more: Any) -> str:
        body = {"volume": {"size": size, "volume_type": kind, **more}}
        identity: str = self.cinder.post("/volumes", body)["volume"]["id"]
        found = self.cinder.settled("volume", identity, "available")
        assert self.lun(identity)["volsize"] == size << 30
        assert found["os-vol-host-attr:host"] == HOST
        return identity

    def lun(self, volume: str) -> Any:
        return self.appliance.luns("cinder")[f"volume-{volume}"]

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
        """Who sees it; the group of nobody does not count."""
        return {view["group"] for view in self.lun(volume)["views"]} - {NOBODY}

    def delete(self, kind: str, identity: str) -> None:
        self.cinder.delete(f"/{kind}s/{identity}")
        self.cinder.settled(kind, identity, "deleted")

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
        """A cinder-volume that comes up with volumes in use."""
        running = next(one for one in self.cinder.processes if one.name == "cinder-volume")
        running.stop()
        self.cinder.processes.remove(running)
        running.log.rename(running.log.with_suffix(".before.log"))
        self.cinder.start("cinder-volume")
        until("the backend to come back", lambda: self.cinder.is_up("first"))


def test_a_volumes_whole_life(cinder: Cinder, appliance: Appliance, capsys: Any) -> None:
    life = Life(cinder, appliance)
    table = Table(appliance)
    step = table.step
    life.types()
    before = appliance.state()
    try:
        volume = step("create, 1 GiB", lambda: life.volume(1))
        assert life.groups(volume) == set()
        packed = step("create, of a type with extra specs", lambda: life.volume(1, "packed"))
        assert life.lun(packed)["properties"]["compression"] == "gzip"
        step("extend to 2 GiB", lambda: life.extend(volume, 2))
        snapshot = step("snapshot", lambda: life.snapshot(volume))
        copy = step("create from the snapshot, 3 GiB", lambda: life.volume(3, snapshot_id=snapshot))
        clone = step("clone, 4 GiB", lambda: life.volume(4, source_volid=volume))
        assert life.lun(clone)["origin"]["share"] == f"volume-{volume}"

        step("retype in place", lambda: life.retype(packed, "fine"))
        assert life.lun(packed)["properties"]["compression"] == "lzjb"
        kept = step("snapshot", lambda: life.snapshot(packed))
        step("revert to the snapshot", lambda: life.revert(packed, kept))
        assert [one["name"] for one in life.lun(packed)["snapshots"]] == [f"snapshot-{kept}"]
        step("delete the snapshot", lambda: life.delete("snapshot", kept))

        attachment, info = step("attach to a host", lambda: life.attach(volume, HOST_A, "host-a"))
        number = next(one["number"] for one in life.lun(volume)["views"])
        assert (info["target_lun"], info["driver_volume_type"]) == (number, "iscsi")
        assert info["volume_id"] == volume
        assert life.groups(volume) == {"host-a"}
        step("cinder-volume starts again", life.restart)
        assert life.groups(volume) == {"host-a"}
        step("detach", lambda: life.detach(volume, attachment, "available"))
        assert life.groups(volume) == set()

        shared = step("create, for several hosts", lambda: life.volume(1, "shared"))
        on_a, _ = step("attach to a host", lambda: life.attach(shared, HOST_A, "host-a"))
        again, _ = step("attach to it again", lambda: life.attach(shared, HOST_A, "host-a"))
        on_b, _ = step("attach to another host", lambda: life.attach(shared, HOST_B, "host-b"))
        assert life.groups(shared) == {"host-a", "host-b"}
        step("detach the first of two on a host", lambda: life.detach(shared, on_a, "in-use"))
        assert life.groups(shared) == {"host-a", "host-b"}
        step("detach the second", lambda: life.detach(shared, again, "in-use"))
        assert life.groups(shared) == {"host-b"}
        step("detach the other host", lambda: life.detach(shared, on_b, "available"))
        assert life.groups(shared) == set()

        step("delete a snapshot with a clone", lambda: refused(cinder, snapshot))
        name = step("unmanage", lambda: life.unmanage(clone))
        listed = step("list what could be managed", lambda: life.manageable(name))
        assert (listed["safe_to_manage"], listed["size"]) == (True, 4)
        clone = step("manage it again", lambda: life.manage(name))
        step("manage what is not there", lambda: unknown(cinder))

        many = step("create 20 at once, half a second each", lambda: many_at_once(life))
        step("delete 20 at once", lambda: gone(life, many))
        for name, kind, identity in (
            ("delete the clone", "volume", clone),
            ("delete the volume made from a snapshot", "volume", copy),
            ("delete the snapshot", "snapshot", snapshot),
            ("delete the volume", "volume", volume),
            ("delete the volume for several hosts", "volume", shared),
            ("delete the volume with extra specs", "volume", packed),
        ):
            step(name, lambda kind=kind, identity=identity: life.delete(kind, identity))
        assert appliance.state() == before
        assert cinder.get("/volumes")["volumes"] == []
    finally:
        with capsys.disabled():
            print(f"\n{table}")


def refused(cinder: Cinder, snapshot: str) -> None:
    """The driver says that it is busy, and Cinder makes it available again."""
    cinder.delete(f"/snapshots/{snapshot}")
    cinder.settled("snapshot", snapshot, "available")


def unknown(cinder: Cinder) -> None:
    body = {"volume": {"host": HOST, "ref": {"source-name": "nothing"}, "volume_type": "zfssa"}}
    made = cinder.post("/manageable_volumes", body)["volume"]["id"]
    cinder.settled("volume", made, "error")
    cinder.delete(f"/volumes/{made}")
    cinder.settled("volume", made, "deleted")


def many_at_once(life: Life) -> list[str]:
    """Each creation takes long on the appliance, and none waits for another."""
    life.appliance.latency(post_ms=500)
    begin = time.monotonic()
    body = {"volume": {"size": 1, "volume_type": "zfssa"}}
    made = [life.cinder.post("/volumes", body)["volume"]["id"] for _ in range(20)]
    for one in made:
        life.cinder.settled("volume", one, "available")
    life.appliance.latency()
    assert time.monotonic() - begin < 60
    return made


def gone(life: Life, volumes: list[str]) -> None:
    for one in volumes:
        life.cinder.delete(f"/volumes/{one}")
    for one in volumes:
        life.cinder.settled("volume", one, "deleted")
