"""Several pools in one backend, through the API of real Cinder services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import initiator
import pytest
from backends import section
from image_service import Glance
from life import Life
from processes import until
from simulator import Appliance
from stack import Cinder

POOLS = ("pool-0", "pool-1")
NEAR, FAR = (f"tests@first#{pool}" for pool in POOLS)


@pytest.fixture
def appliance(tmp_path: Path) -> Iterator[Appliance]:
    """An appliance with two pools that stores the data of LUNs."""
    for name in ("appliance", "bytes"):
        (tmp_path / name).mkdir()
    pools = [word for pool in POOLS for word in ("--pool", pool)]
    plane = ("--data-plane", "--data-plane-dir", str(tmp_path / "bytes"))
    one = Appliance(tmp_path / "appliance", *pools, *plane)
    yield one
    one.stop()


@pytest.fixture
def cinder(appliance: Appliance, glance: Glance, tmp_path: Path) -> Iterator[Cinder]:
    chap = {"iqn": initiator.NAME, "user": "cinder", "password": "CANARYhost-1"}
    backend = section(
        appliance,
        "first",
        zfssa_pools=",".join(POOLS),
        zfssa_target_portal=appliance.ready["portal"],
        zfssa_initiator_config={"cinder": [chap]},
    )
    del backend["zfssa_pool"]
    one = Cinder(tmp_path, {"first": backend}, eventlet=False, glance_api_servers=glance.url)
    yield one
    one.stop()


class PoolLife(Life):
    """Actions of a user and an operator whose backend has two pools."""

    def __init__(self, cinder: Cinder, appliance: Appliance, glance: Glance, folder: Path) -> None:
        super().__init__(cinder, (appliance, appliance), glance, folder)

    def types(self) -> None:
        for name, extra in {
            "zfssa": {},
            "near": {"pool_name": POOLS[0]},
            "far": {"pool_name": POOLS[1]},
        }.items():
            extra = {"volume_backend_name": "first", **extra}
            self.cinder.post("/types", {"volume_type": {"name": name, "extra_specs": extra}})
        self.cinder.post("/group_types", {"group_type": {"name": "together"}})

    def volume(self, size: int, kind: str = "zfssa", **more: Any) -> str:
        body = {"volume": {"size": size, "volume_type": kind, **more}}
        identity: str = self.cinder.post("/volumes", body)["volume"]["id"]
        self.cinder.settled("volume", identity, "available")
        assert self.lun(identity)["volsize"] == size << 30
        return identity

    def lun(self, volume: str) -> Any:
        pool = self.host(volume).partition("#")[2]
        return self.appliance.luns("cinder", pool)[f"volume-{volume}"]

    def where(self, volume: str) -> list[str]:
        """Returns the pools that have a LUN of the volume."""
        name = f"volume-{volume}"
        return [pool for pool in POOLS if name in self.appliance.luns("cinder", pool)]

    def moved(self, volume: str, host: str) -> None:
        """Waits until the volume is on a host alone: Cinder deletes the source in the background."""
        until("the new host", lambda: self.host(volume) == host)
        self.cinder.settled("volume", volume, "available")
        until("the source to go", lambda: self.where(volume) == [host.partition("#")[2]])

    def members_hosts(self, group: str) -> list[str]:
        return sorted(self.host(one) for one in self.members(group))


def test_a_life_in_two_pools(
    cinder: Cinder, appliance: Appliance, glance: Glance, tmp_path: Path
) -> None:
    life = PoolLife(cinder, appliance, glance, tmp_path)
    life.types()
    before = appliance.state()
    image = glance.qcow2(8, (0x77, 0), (0x33, 7))

    # The type chooses the pool, and a clone stays with its source whatever its type allows.
    near, far = life.volume(1, "near"), life.volume(1, "far", imageRef=image)
    assert (life.host(near), life.host(far)) == (NEAR, FAR)
    assert life.origin(far) == f"os-cache-vol-{image}"
    assert list(appliance.luns("os-cinder-cache", POOLS[1])) == [f"os-cache-vol-{image}"]
    snapshot = life.snapshot(far)
    clones = [
        life.volume(1, "zfssa", snapshot_id=snapshot),
        life.volume(2, "zfssa", source_volid=far),
    ]
    assert [life.host(one) for one in clones] == [FAR, FAR]
    life.extend(far, 2)
    for one in clones:
        life.delete("volume", one)
    life.delete("snapshot", snapshot)

    # Another pool is a migration, by a copy through the host.
    moving = life.volume(1, imageRef=image)
    there = FAR if life.host(moving) == NEAR else NEAR
    cinder.post(f"/volumes/{moving}/action", {"os-migrate_volume": {"host": there}})
    life.moved(moving, there)
    life.holds(moving, image)
    asked = {"os-retype": {"new_type": "far", "migration_policy": "on-demand"}}
    cinder.post(f"/volumes/{near}/action", asked)
    life.moved(near, FAR)

    # A group of volumes in both pools, and a group from it.
    made = {"name": "g", "group_type": life._together()}
    made["volume_types"] = [life._type(kind) for kind in ("near", "far")]
    group = cinder.post("/groups", {"group": made})["group"]["id"]
    cinder.settled("group", group, "available")
    for kind in ("near", "far"):
        life.volume(1, kind, group_id=group)
    assert life.members_hosts(group) == [NEAR, FAR]
    taken = life.group_snapshot(group)
    twins = [life.group_from(group_snapshot_id=taken), life.group_from(source_group_id=group)]
    for twin in twins:
        assert life.members_hosts(twin) == [NEAR, FAR]
        life.delete_group(twin)
    life.delete("group_snapshot", taken)
    life.delete_group(group)

    for one in (near, far, moving):
        life.delete("volume", one)
    assert appliance.state() == before
    assert cinder.get("/volumes")["volumes"] == []
