"""Life cycle of volumes, through the API of real Cinder services."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from image_service import Glance
from life import HOST, OTHER, Life, Table
from simulator import HOST_A, HOST_B, Appliance
from stack import Cinder

CACHE = "os-cinder-cache"


def test_a_volumes_whole_life(
    cinder: Cinder,
    with_bytes: tuple[Appliance, Appliance],
    glance: Glance,
    tmp_path: Path,
    capsys: Any,
    request: pytest.FixtureRequest,
) -> None:
    life = Life(cinder, with_bytes, glance, tmp_path)
    table = Table(with_bytes[0])
    step = table.step
    life.types()
    before = [one.state() for one in with_bytes]
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

        image = glance.qcow2(700, (0x77, 0), (0x99, 350), (0x33, 699))
        first = step("create from an image", lambda: life.volume(1, imageRef=image))
        second = step("create from it, 2 GiB", lambda: life.volume(2, imageRef=image))
        assert glance.fetched == [image]
        assert {life.origin(one) for one in (first, second)} == {f"os-cache-vol-{image}"}
        for one in (first, second):
            step("read its bytes as a host", lambda one=one: life.holds(one, image))
        step("delete the first", lambda: life.delete("volume", first))
        assert list(with_bytes[0].luns(CACHE)) == [f"os-cache-vol-{image}"]
        third = step("create from it again", lambda: life.volume(1, imageRef=image))
        assert glance.fetched == [image]
        step("delete the second", lambda: life.delete("volume", second))
        step("delete the last", lambda: life.delete("volume", third))
        assert with_bytes[0].luns(CACHE) == {}

        # The cached image would need one byte more than the volume has.
        image = glance.qcow2(1024, (0x5A, 0), (0xC3, 300), (0x11, 1023))
        moving = step(
            "create from an image without the cache",
            lambda: life.volume(1, "anywhere", imageRef=image),
        )
        step("read its bytes as a host", lambda: life.holds(moving, image))
        there = OTHER if life.host(moving) == HOST else HOST
        step("migrate to the other backend", lambda: life.migrate(moving, there))
        assert replicated(with_bytes) == 1
        step("read its bytes as a host", lambda: life.holds(moving, image))
        back = OTHER if there == HOST else HOST
        step("migrate back by copying", lambda: life.migrate(moving, back, force_host_copy=True))
        assert replicated(with_bytes) == 1
        step("read its bytes as a host", lambda: life.holds(moving, image))
        uploaded = step("make an image of it", lambda: life.upload(moving))
        step("compare with that image", lambda: life.holds(moving, uploaded))
        step("delete it", lambda: life.delete("volume", moving))

        group = step("create a group", life.group)
        inside = step("create in the group", lambda: life.volume(1, group_id=group))
        outside = step("create outside of it", lambda: life.volume(1))
        step("add to the group", lambda: life.change_group(group, add_volumes=outside))
        assert life.members(group) == sorted((inside, outside))
        taken = step("snapshot of the group", lambda: life.group_snapshot(group))
        assert [len(life.lun(one)["snapshots"]) for one in (inside, outside)] == [1, 1]
        assert life.lun(volume)["snapshots"][0]["name"] == f"snapshot-{snapshot}"
        twin = step("group from the snapshot", lambda: life.group_from(group_snapshot_id=taken))
        origins = sorted(life.lun(one)["origin"]["share"] for one in life.members(twin))
        assert origins == sorted(f"volume-{one}" for one in (inside, outside))
        third = step("group from the group", lambda: life.group_from(source_group_id=group))
        assert len(life.members(third)) == 2
        for name, one in (("the copy", twin), ("the other copy", third)):
            step(f"delete {name} of the group", lambda one=one: life.delete_group(one))
        step("delete the snapshot of the group", lambda: life.delete("group_snapshot", taken))
        step("take out of the group", lambda: life.change_group(group, remove_volumes=outside))
        step("delete the group", lambda: life.delete_group(group))
        step("delete what was taken out", lambda: life.delete("volume", outside))

        many = step("create 20 at once", lambda: life.side_by_side(20))
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
        assert [one.state() for one in with_bytes] == before
        assert cinder.get("/volumes")["volumes"] == []
        no_secret_in_logs(cinder)
    finally:
        with capsys.disabled():
            table.tell(request.node.callspec.id)


def replicated(appliances: tuple[Appliance, Appliance]) -> int:
    """Returns the number of replications to the other appliance."""
    sent = [request["path"] for one in appliances for request in one.trace()]
    return sum(path.endswith("/sendupdate") for path in sent)


def refused(cinder: Cinder, snapshot: str) -> None:
    """The driver reports the volume as busy, and Cinder makes it available again."""
    cinder.delete(f"/snapshots/{snapshot}")
    cinder.settled("snapshot", snapshot, "available")


def unknown(cinder: Cinder) -> None:
    body = {"volume": {"host": HOST, "ref": {"source-name": "nothing"}, "volume_type": "zfssa"}}
    made = cinder.post("/manageable_volumes", body)["volume"]["id"]
    cinder.settled("volume", made, "error")
    cinder.delete(f"/volumes/{made}")
    cinder.settled("volume", made, "deleted")


def no_secret_in_logs(cinder: Cinder) -> None:
    """No secret is in the debug logs of Cinder's services."""
    logs = {path.name: path.read_text(errors="replace") for path in cinder.folder.glob("*.log")}
    assert " DEBUG zfssa " in logs["cinder-volume.log"]
    # The requests of the engine are in them too.
    assert re.search(r" DEBUG zfssa\.rest .*request=GET storage/", logs["cinder-volume.log"])
    assert " DEBUG cinder.volume.manager " in logs["cinder-volume.before.log"]
    for name, text in logs.items():
        found = sum("CANARY" in line for line in text.splitlines())
        # The message must not contain the secret itself.
        assert found == 0, f"{found} lines of {name} have a secret"


def gone(life: Life, volumes: list[str]) -> None:
    for one in volumes:
        life.cinder.delete(f"/volumes/{one}")
    for one in volumes:
        life.cinder.settled("volume", one, "deleted")
