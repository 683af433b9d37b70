"""Several pools in one backend."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cinder import exception
from cinder.volume import volume_utils
from conftest import Build
from samples import connector, snapshot, volume
from simulator import HOST_A, Appliance
from test_image_cache import CACHE, Cloud, cloud, host

#: Fixtures that this module uses with its own driver.
__all__ = ["cloud", "host"]

FIRST, SECOND = "pool-0", "pool-1"


class Record(dict[str, Any]):
    """A volume of Cinder's database; `save` is called for a change."""

    saved = 0

    def save(self) -> None:
        self.saved += 1


@pytest.fixture(scope="session")
def two_pools() -> Iterator[Appliance]:
    with tempfile.TemporaryDirectory() as folder:
        one = Appliance(Path(folder), "--pool", FIRST, "--pool", SECOND)
        yield one
        one.stop()


@pytest.fixture
def appliance(two_pools: Appliance) -> Appliance:
    two_pools.reset()
    return two_pools


@pytest.fixture
def driver(build: Build) -> Any:
    """A driver of a backend with two pools, which both have their own names."""
    return build(zfssa_pool=None, zfssa_pools=f"{FIRST},{SECOND}")


def placed(pool: str | None, number: int = 1, size: int = 1, **more: Any) -> Record:
    """Returns a volume in a pool."""
    host = "tests@first" if pool is None else f"tests@first#{pool}"
    return Record(volume(number, size, host=host, **more))


def taken(of: Record, number: int = 1) -> dict[str, Any]:
    return {**snapshot(of, number), "volume": of}


def names(appliance: Appliance, pool: str) -> set[str]:
    return set(appliance.luns("cinder", pool))


def test_each_pool_is_reported(driver: Any) -> None:
    driver.create_volume(placed(SECOND, size=3))
    stats = driver.get_volume_stats(refresh=True)
    found = {one["pool_name"]: one for one in stats["pools"]}
    assert list(found) == [FIRST, SECOND]
    assert [one["provisioned_capacity_gb"] for one in found.values()] == [0, 3]
    assert [one["location_info"].split(":")[2] for one in found.values()] == [FIRST, SECOND]
    assert (stats["backend_state"], stats["volume_backend_name"]) == ("up", "first")
    # The capacity of a backend with several pools is that of its pools.
    assert "free_capacity_gb" not in stats
    assert len({driver._driver_of(placed(one)) for one in found}) == 2


def test_one_login_for_each_pool(build: Build, appliance: Appliance) -> None:
    before = appliance.admin("GET", "/stats")["logins"]
    driver = build(zfssa_pool=None, zfssa_pools=f"{FIRST},{SECOND}")
    for number, pool in enumerate((FIRST, SECOND) * 3):
        driver.create_volume(placed(pool, number + 1))
    driver.get_volume_stats(refresh=True)
    assert appliance.admin("GET", "/stats")["logins"] == before + 2


def test_a_pool_that_is_down_takes_no_volumes(driver: Any, appliance: Appliance) -> None:
    driver.get_volume_stats(refresh=True)
    appliance.fault(path=f"/pools/{SECOND}", kind="reset", times=None)
    stats = driver.get_volume_stats(refresh=True)
    assert stats["backend_state"] == "up"
    assert [one["backend_state"] for one in stats["pools"]] == ["up", "down"]
    assert stats["pools"][0]["free_capacity_gb"] > 0
    assert (stats["pools"][1]["free_capacity_gb"], stats["pools"][1]["total_capacity_gb"]) == (
        0,
        1024,
    )
    driver.create_volume(placed(FIRST))


def test_a_life_in_each_pool(driver: Any, appliance: Appliance) -> None:
    """Every operation works on the LUN of its pool, though the other has one of the same name."""
    before = appliance.state()
    for pool, other in ((SECOND, FIRST), (FIRST, SECOND)):
        one, clone, copy = placed(pool), placed(pool, 2, 2), placed(pool, 3, 2)
        twin = placed(other)
        driver.create_volume(twin)
        driver.create_snapshot(taken(twin))
        untouched = appliance.luns("cinder", other)
        driver.create_volume(one)
        driver.extend_volume(one, 2)
        driver.create_snapshot(taken(one))
        driver.create_volume_from_snapshot(clone, taken(one))
        driver.create_cloned_volume(copy, clone)
        driver.initialize_connection(one, connector(HOST_A))
        found = appliance.luns("cinder", pool)
        assert set(found) == {one["name"], clone["name"], copy["name"]}
        assert found[one["name"]]["volsize"] == 2 << 30
        assert {view["group"] for view in found[one["name"]]["views"]} == {"host-a"}
        driver.terminate_connection(one, connector(HOST_A))
        driver.terminate_connection(one, None)
        packed = {"extra_specs": {"zfssa:compression": "gzip"}}
        here = {"host": one["host"]}
        assert driver.retype(None, one, packed, {}, here) == (True, None)
        for gone in (copy, clone):
            driver.delete_volume(gone)
        driver.revert_to_snapshot(None, one | {"size": 2}, taken(one))
        driver.delete_snapshot(taken(one))
        driver.delete_volume(one)
        assert names(appliance, pool) == set()
        assert appliance.luns("cinder", other) == untouched
        driver.delete_snapshot(taken(twin))
        driver.delete_volume(twin)
    assert appliance.state() == before


def test_a_clone_is_in_the_pool_of_its_source(driver: Any, appliance: Appliance) -> None:
    one = placed(FIRST)
    driver.create_volume(one)
    driver.create_snapshot(taken(one))
    elsewhere = placed(SECOND, 2)
    with pytest.raises(exception.InvalidInput, match=f"in pool {SECOND}.* in pool {FIRST}"):
        driver.create_volume_from_snapshot(elsewhere, taken(one))
    with pytest.raises(exception.InvalidInput, match=f"in pool {SECOND}.* in pool {FIRST}"):
        driver.create_cloned_volume(elsewhere, one)
    assert names(appliance, SECOND) == set()


@pytest.mark.parametrize("method", ["delete_volume", "create_volume"])
def test_a_pool_that_is_no_longer_configured(driver: Any, method: str) -> None:
    """A deletion that looked in another pool would succeed and leave the LUN."""
    with pytest.raises(exception.VolumeDriverException, match=r"pool-9.*zfssa_pools"):
        getattr(driver, method)(placed("pool-9"))


def test_a_volume_whose_type_asks_for_another_pool_is_migrated(
    driver: Any, appliance: Appliance
) -> None:
    one = placed(FIRST)
    driver.create_volume(one)
    before = appliance.state()
    packed = {"extra_specs": {"zfssa:compression": "gzip"}}
    there = {"host": f"tests@first#{SECOND}"}
    # After True, Cinder would record the other pool, where the volume is not.
    assert driver.retype(None, one, packed, {}, there) == (False, None)
    assert appliance.state() == before


def test_migration_between_the_pools_is_a_copy(driver: Any, appliance: Appliance) -> None:
    """Replication needs another appliance, so Cinder copies: its calls, without the bytes."""
    one = placed(FIRST)
    driver.create_volume(one)
    pools = driver.get_volume_stats(refresh=True)["pools"]
    there = {"host": f"tests@first#{SECOND}", "capabilities": pools[1] | {"vendor_name": "Oracle"}}
    assert driver.migrate_volume(None, one, there) == (False, None)
    copy = placed(SECOND, 2)
    driver.create_volume(copy)
    assert driver.update_migrated_volume(None, one, copy, "available")["_name_id"] is None
    assert names(appliance, FIRST) == names(appliance, SECOND) == {one["name"]}
    # The record of the copy now has the host and the name of the source.
    driver.delete_volume(copy | {"name": one["name"], "host": one["host"]})
    assert (names(appliance, FIRST), names(appliance, SECOND)) == (set(), {one["name"]})


def test_volumes_of_before(build: Build, appliance: Appliance) -> None:
    """A backend that gets more pools serves the volumes of its first pool under the old hosts."""
    driver = build()
    assert driver.get_volume_stats(refresh=True)["pools"][0]["pool_name"] == "first"
    old = placed("first")
    driver.create_volume(old)
    driver = build(zfssa_pools=f"{FIRST}, {SECOND}")
    found = driver.get_volume_stats(refresh=True)["pools"]
    assert [one["pool_name"] for one in found] == ["first", SECOND]
    driver.extend_volume(old, 2)
    driver.create_cloned_volume(placed("first", 2, 2), old)
    # The pool's own name is understood, too.
    driver.extend_volume(placed(FIRST), 3)
    assert appliance.luns("cinder", FIRST)[old["name"]]["volsize"] == 3 << 30
    assert names(appliance, SECOND) == set()


def test_the_pool_of_a_volume_whose_host_has_none(driver: Any, appliance: Appliance) -> None:
    for pool, number in ((FIRST, 1), (SECOND, 2)):
        driver.create_volume(placed(pool, number))
        assert driver.get_pool(placed(None, number)) == pool
        driver.extend_volume(placed(None, number), 2)
        made = appliance.luns("cinder", pool)[volume(number)["name"]]
        assert made["volsize"] == 2 << 30
    assert driver.get_pool(placed(None, 3)) is None
    # A pool that cannot be read may have it.
    appliance.fault(path=f"/pools/{FIRST}", kind="reset", times=None)
    with pytest.raises(exception.VolumeBackendAPIException):
        driver.get_pool(placed(None, 2))


def test_configurations_that_are_refused(build: Build) -> None:
    for wrong, words in (
        ({"zfssa_pools": f"{FIRST},{FIRST}"}, f"{FIRST} twice"),
        ({"zfssa_pools": "first"}, "volume_backend_name"),
        ({"zfssa_pools": f"{FIRST},a/b", "zfssa_pool": None}, "a/b"),
        ({"zfssa_pool": None}, "zfssa_pool"),
    ):
        driver = build(set_up=False, **wrong)
        with pytest.raises(exception.InvalidConfigurationValue, match=words):
            driver.do_setup(None)
    with pytest.raises(exception.CinderException, match="pool-9"):
        build(zfssa_pools="pool-9")


def test_lists_of_what_could_be_managed(driver: Any, appliance: Appliance) -> None:
    for pool, size in ((FIRST, 1), (SECOND, 2)):
        driver.create_volume(placed(pool, size=size))
        driver.unmanage(placed(pool))
    known = placed(SECOND, 9, 5)
    driver.create_volume(known)
    name = f"unmanaged-{volume()['name']}"
    arguments = ([known, placed("pool-9", 8)], None, 1000, 0, ["size"], ["asc"])
    listed = driver.get_manageable_volumes(*arguments)
    references = [{"source-name": name, "source-pool": pool} for pool in (FIRST, SECOND)]
    assert [one["reference"] for one in listed[:2]] == references
    assert [one["size"] for one in listed] == [1, 2, 5]
    assert [one["cinder_id"] for one in listed] == [None, None, known["id"]]
    (second,) = driver.get_manageable_volumes([], references[0], 1, 0, ["size"], ["asc"])
    assert second["reference"] == references[1]
    # The reference is from one pool and the host of the other.
    with pytest.raises(exception.ManageExistingInvalidReference, match=SECOND):
        driver.manage_existing(placed(FIRST, 2), references[1])
    with pytest.raises(exception.ManageExistingInvalidReference, match=SECOND):
        driver.manage_existing_get_size(placed(FIRST, 2), references[1])
    assert driver.manage_existing_get_size(placed(SECOND, 2), references[1]) == 2
    driver.manage_existing(placed(SECOND, 2), references[1])
    assert names(appliance, FIRST) == {name}
    assert volume(2)["name"] in names(appliance, SECOND)


def test_lists_of_snapshots_that_could_be_managed(driver: Any) -> None:
    one = placed(SECOND)
    driver.create_volume(one)
    driver.create_snapshot(taken(one))
    driver.unmanage_snapshot(taken(one))
    (listed,) = driver.get_manageable_snapshots([], None, 1000, 0, ["reference"], ["asc"])
    reference = {"source-name": f"unmanaged-{taken(one)['name']}", "source-pool": SECOND}
    assert listed["reference"] == reference
    assert listed["source_reference"] == {"source-name": one["name"]}
    assert driver.manage_existing_snapshot_get_size(taken(one, 2), reference) == 1
    driver.manage_existing_snapshot(taken(one, 2), reference)
    with pytest.raises(exception.ManageExistingInvalidReference):
        driver.manage_existing_snapshot(taken(placed(FIRST), 2), reference)


def test_ids_of_the_appliance(driver: Any, appliance: Appliance, caplog: Any) -> None:
    both = [placed(FIRST), placed(SECOND, 2)]
    for one in both:
        driver.create_volume(one)
    driver.create_snapshot(taken(both[1]))
    lost, unknown = placed(FIRST, 4), placed("pool-9", 3)
    volumes, snapshots = driver.update_provider_info([*both, lost, unknown], [taken(both[1])])
    pools = appliance.admin("GET", "/state")["pools"]
    guids = [
        pools[pool]["projects"]["cinder"]["luns"][one["name"]]["lunguid"]
        for pool, one in zip((FIRST, SECOND), both, strict=True)
    ]
    assert volumes == [
        {"id": one["id"], "provider_id": guid} for one, guid in zip(both, guids, strict=True)
    ]
    assert snapshots[0]["provider_id"] == f"{guids[1]}@{taken(both[1])['name']}"
    assert f"{lost['id']}: not found" in caplog.text
    assert "pool-9" in caplog.text


GROUP = {"id": "00000000-0000-4000-a000-000000000001", "group_type_id": None}
TAKEN = {"id": "00000000-0000-4000-b000-000000000001", "group_type_id": None}


@pytest.fixture
def pair(driver: Any) -> list[Record]:
    """Creates a volume in each pool."""
    both = [placed(FIRST, 1), placed(SECOND, 2)]
    for one in both:
        driver.create_volume(one)
    return both


def test_a_group_in_several_pools(
    driver: Any, pair: list[Record], appliance: Appliance, monkeypatch: Any
) -> None:
    driver.create_group(None, GROUP)
    driver.update_group(None, GROUP, pair, [])
    with pytest.raises(exception.CinderException):
        driver.update_group(None, GROUP, [placed(SECOND, 1)], None)
    wanted = [taken(one, number) for number, one in enumerate(pair)]
    before = appliance.state()
    # Cinder then takes one snapshot after the other.
    with pytest.raises(NotImplementedError):
        driver.create_group_snapshot(None, TAKEN, wanted)
    monkeypatch.setattr(volume_utils, "is_group_a_cg_snapshot_type", lambda _: True)
    with pytest.raises(exception.InvalidGroup, match=f"{FIRST}, {SECOND}"):
        driver.create_group_snapshot(None, TAKEN, wanted)
    copies = [placed(FIRST, 11), placed(FIRST, 12)]
    with pytest.raises(exception.InvalidGroup, match=f"{FIRST}, {SECOND}"):
        driver.create_group_from_src(None, GROUP, copies, source_group=GROUP, source_vols=pair)
    assert appliance.state() == before
    alone = driver.create_group_snapshot(None, TAKEN, wanted[1:])
    assert alone[0] == {"status": "available"}
    driver.create_snapshot(wanted[0])
    model, parts = driver.delete_group_snapshot(None, TAKEN, wanted)
    assert (model, [one["id"] for one in parts]) == (
        {"status": "deleted"},
        [one["id"] for one in wanted],
    )
    assert appliance.state() == before
    model, parts = driver.delete_group(None, GROUP, pair)
    assert model == {"status": "deleted"}
    assert (names(appliance, FIRST), names(appliance, SECOND)) == (set(), set())


def test_a_group_of_which_one_pool_fails(
    driver: Any, pair: list[Record], appliance: Appliance
) -> None:
    """The parts that were deleted in the other pool are reported, whatever the failure."""
    appliance.fault(path=f"/pools/{SECOND}", kind="reset", times=None)
    model, parts = driver.delete_group(None, GROUP, pair)
    assert model == {"status": "error_deleting"}
    assert [one["status"] for one in parts] == ["deleted", "error_deleting"]
    driver._pools.driver(SECOND).close()
    model, parts = driver.delete_group(None, GROUP, pair)
    assert model == {"status": "error_deleting"}
    assert [one["status"] for one in parts] == ["deleted", "error_deleting"]
    with pytest.raises(exception.CinderException):
        driver.delete_group(None, GROUP, pair[1:])


@pytest.mark.parametrize("by", ["snapshots", "volumes"])
def test_a_group_from_another(
    driver: Any, pair: list[Record], appliance: Appliance, by: str
) -> None:
    """Cinder gives all volumes the host of the group; each goes into the pool of its source."""
    copies = [placed(FIRST, 11), placed(FIRST, 12)]
    if by == "snapshots":
        wanted = [taken(one, number) for number, one in enumerate(pair)]
        for one in wanted:
            driver.create_snapshot(one)
        source: Any = {"group_snapshot": TAKEN, "snapshots": wanted}
    else:
        source = {"source_group": GROUP, "source_vols": pair}
    before = appliance.state()
    refusal = {"status": {"status": 400, "name": "ERR_INVALID_ARG"}}
    appliance.fault(method="PUT", path=f"{SECOND}/.*{copies[1]['name']}$", kind=refusal)
    appliance.fault(method="PUT", path=f"{SECOND}/.*/clone", kind=refusal)
    with pytest.raises(exception.CinderException):
        driver.create_group_from_src(None, GROUP, copies, **source)
    assert appliance.state() == before
    appliance.admin("DELETE", "/faults")
    # Recorded before the LUN could exist: a deletion looks where it may be.
    assert (copies[1]["host"], copies[1].saved) == (f"tests@first#{SECOND}", 1)
    assert copies[0].saved == 0
    model, updates = driver.create_group_from_src(None, GROUP, copies, **source)
    assert (model, len(updates)) == ({"status": "available"}, 2)
    for one, pool in zip(copies, (FIRST, SECOND), strict=True):
        assert one["name"] in names(appliance, pool)


def test_a_repeated_group_leaves_the_volumes_of_the_first_call(
    driver: Any, pair: list[Record], appliance: Appliance
) -> None:
    copies = [placed(FIRST, 11), placed(FIRST, 12)]
    wanted = [taken(one, number) for number, one in enumerate(pair)]
    for one in wanted:
        driver.create_snapshot(one)
    source = {"group_snapshot": TAKEN, "snapshots": wanted}
    driver.create_group_from_src(None, GROUP, copies, **source)
    driver.delete_volume(copies[1])
    refusal = {"status": {"status": 400, "name": "ERR_INVALID_ARG"}}
    appliance.fault(method="PUT", path=f"{SECOND}/.*/clone", kind=refusal)
    with pytest.raises(exception.CinderException):
        driver.create_group_from_src(None, GROUP, copies, **source)
    assert copies[0]["name"] in names(appliance, FIRST)


def test_an_image_is_cached_in_each_pool(
    request: pytest.FixtureRequest, appliance: Appliance
) -> None:
    images: Cloud = request.getfixturevalue("cloud")
    image = images.glance.qcow2(1, (0x5A, 0))
    for number, pool in enumerate((FIRST, SECOND, SECOND)):
        one = placed(pool, number + 1)
        assert images.clone(one, image)[1] is True
        made = appliance.luns("cinder", pool)[one["name"]]
        assert made["origin"]["share"] == f"os-cache-vol-{image}"
    assert [list(appliance.luns(CACHE, pool)) for pool in (FIRST, SECOND)] == [
        [f"os-cache-vol-{image}"]
    ] * 2
    # Written once for each pool, because a clone is in the pool of its origin.
    assert images.glance.fetched == [image] * 2
