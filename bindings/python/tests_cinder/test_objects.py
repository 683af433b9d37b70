"""Volumes and snapshots, with the calls of Cinder's manager."""

from __future__ import annotations

from typing import Any

import pytest
from cinder import exception
from cinder.volume import volume_types
from conftest import Build
from samples import GIB, connector, groups, guid, lun, snapshot, volume
from simulator import HOST_A, Appliance


def test_create_and_delete(driver: Any, appliance: Appliance) -> None:
    before = appliance.state()
    one = volume(size=3)
    (identity,) = driver.create_volume(one).values()
    assert identity == guid(appliance, one)
    made = lun(appliance, one)
    assert made["volsize"] == 3 * GIB
    assert made["custom"]["cinder_managed"] is True
    assert made["targetgroup"] == "tgt-grp"
    assert groups(appliance, one) == set()
    driver.delete_volume(one)
    assert appliance.state() == before


def test_delete_what_is_not_there(driver: Any) -> None:
    one = volume()
    driver.delete_volume(one)
    driver.create_volume(one)
    driver.delete_snapshot(snapshot(one))
    driver.delete_volume(one)
    driver.delete_snapshot(snapshot(one))


def test_a_failure_to_delete_is_told(driver: Any, appliance: Appliance) -> None:
    one = volume()
    driver.create_volume(one)
    driver.create_snapshot(snapshot(one))
    refusal = {"status": {"status": 403, "name": "ERR_DENIED"}}
    appliance.fault(method="DELETE", kind=refusal, times=None)
    with pytest.raises(exception.VolumeBackendAPIException, match=r"ERR_DENIED|403|denied"):
        driver.delete_snapshot(snapshot(one))
    appliance.admin("DELETE", "/faults")
    driver.delete_snapshot(snapshot(one))
    appliance.fault(method="DELETE", kind=refusal, times=None)
    with pytest.raises(exception.VolumeBackendAPIException):
        driver.delete_volume(one)
    assert one["name"] in appliance.luns("cinder")


def test_what_is_in_use_is_busy(driver: Any, appliance: Appliance) -> None:
    one, two = volume(), volume(2)
    driver.create_volume(one)
    driver.create_snapshot(snapshot(one))
    driver.create_volume_from_snapshot(two, snapshot(one))
    with pytest.raises(exception.VolumeIsBusy):
        driver.delete_volume(one)
    with pytest.raises(exception.SnapshotIsBusy):
        driver.delete_snapshot(snapshot(one))
    assert two["name"] in appliance.luns("cinder")


def test_extend(driver: Any, appliance: Appliance) -> None:
    one = volume()
    driver.create_volume(one)
    driver.extend_volume(one, 3)
    assert lun(appliance, one)["volsize"] == 3 * GIB
    with pytest.raises(exception.VolumeNotFound):
        driver.extend_volume(volume(9), 3)


def test_create_and_delete_a_snapshot(driver: Any, appliance: Appliance) -> None:
    one = volume()
    driver.create_volume(one)
    before = appliance.state()
    driver.create_snapshot(snapshot(one))
    assert [s["name"] for s in lun(appliance, one)["snapshots"]] == [snapshot(one)["name"]]
    driver.delete_snapshot(snapshot(one))
    assert appliance.state() == before
    with pytest.raises(exception.VolumeNotFound):
        driver.create_snapshot(snapshot(volume(9)))


def test_from_a_snapshot(driver: Any, appliance: Appliance) -> None:
    one = volume(size=3)
    driver.create_volume(one)
    driver.create_snapshot(snapshot(one))
    for number, size in ((2, 3), (3, 5)):
        clone = volume(number, size)
        driver.create_volume_from_snapshot(clone, snapshot(one))
        made = lun(appliance, clone)
        assert made["volsize"] == size * GIB
        assert made["origin"]["snapshot"] == snapshot(one)["name"]
        assert made["custom"]["cinder_managed"] is True
    with pytest.raises(exception.InvalidInput):
        driver.create_volume_from_snapshot(volume(4, 1), snapshot(one))
    assert volume(4)["name"] not in appliance.luns("cinder")
    with pytest.raises(exception.SnapshotNotFound):
        driver.create_volume_from_snapshot(volume(5, 3), snapshot(one, 9))


def test_a_clone_that_fails_leaves_nothing(driver: Any, appliance: Appliance) -> None:
    """The former driver left its snapshot behind and reported success."""
    one, two = volume(), volume(2, 2)
    driver.create_volume(one)
    before = appliance.state()
    refusal = {"status": {"status": 400, "name": "ERR_INVALID_ARG"}}
    appliance.fault(method="PUT", path=f"/luns/{two['name']}$", kind=refusal)
    with pytest.raises(exception.VolumeBackendAPIException):
        driver.create_cloned_volume(two, one)
    assert appliance.state() == before
    driver.create_cloned_volume(two, one)
    assert lun(appliance, two)["origin"]["snapshot"] == f"tmp-snapshot-{two['id']}"
    driver.delete_volume(two)
    assert appliance.state() == before


def test_a_migrated_volume_is_found_by_its_name_id(driver: Any, appliance: Appliance) -> None:
    """Cinder derives the name of such a volume from its name_id."""
    moved = volume(1, name="volume-" + volume(7)["id"], name_id=volume(7)["id"])
    driver.create_volume(moved)
    clone = volume(2, name="volume-" + volume(8)["id"], name_id=volume(8)["id"])
    driver.create_cloned_volume(clone, moved)
    assert lun(appliance, clone)["origin"]["snapshot"] == f"tmp-snapshot-{volume(8)['id']}"
    data = driver.initialize_connection(moved, connector(HOST_A))["data"]
    assert data["volume_id"] == moved["id"]
    driver.terminate_connection(moved, None)
    driver.delete_volume(clone)
    driver.delete_volume(moved)
    assert appliance.luns("cinder") == {}


def test_extra_specs(build: Build, appliance: Appliance, monkeypatch: Any) -> None:
    specs = {"zfssa:volblocksize": "128k", "zfssa:compression": "gzip", "other:key": "x"}
    monkeypatch.setattr(volume_types, "get_volume_type_extra_specs", lambda _: dict(specs))
    monkeypatch.setattr(volume_types, "get_volume_type_qos_specs", lambda _: {"qos_specs": None})
    driver = build(zfssa_lun_logbias="throughput", zfssa_lun_sparse="False")
    one = volume(volume_type_id="a-type")
    driver.create_volume(one)
    made = lun(appliance, one)
    assert (made["volblocksize"], made["sparse"]) == (128 << 10, False)
    assert made["properties"]["compression"] == "gzip"
    assert made["properties"]["logbias"] == "throughput"
    specs["zfssa:compression"] = "best"
    with pytest.raises(exception.InvalidInput):
        driver.create_volume(volume(2, volume_type_id="a-type"))


@pytest.mark.parametrize(("option", "policy"), [("refuse", "defer"), ("defer", "refuse")])
def test_a_volume_type_decides_on_what_has_clones(
    build: Build, appliance: Appliance, monkeypatch: Any, option: str, policy: str
) -> None:
    specs = {"zfssa:delete_with_clones": policy}
    found = {"a-type": specs, "plain": {}}
    monkeypatch.setattr(volume_types, "get_volume_type_extra_specs", found.__getitem__)
    monkeypatch.setattr(volume_types, "get_volume_type_qos_specs", lambda _: {"qos_specs": None})
    driver = build(zfssa_delete_with_clones=option)
    before = appliance.luns("cinder")
    one, two = volume(volume_type_id="a-type"), volume(2, volume_type_id="plain")
    driver.create_volume(one)
    assert lun(appliance, one)["custom"]["zfssa_delete_with_clones"] == policy
    driver.create_snapshot(snapshot(one))
    driver.create_volume_from_snapshot(two, snapshot(one))
    assert "zfssa_delete_with_clones" not in lun(appliance, two)["custom"]
    if policy == "refuse":
        with pytest.raises(exception.SnapshotIsBusy):
            driver.delete_snapshot(snapshot(one))
        deferring = {"id": "a-type", "extra_specs": {"zfssa:delete_with_clones": "defer"}}
        assert driver.retype(None, one, deferring, {}, {}) == (True, None)
    driver.delete_snapshot(snapshot(one))
    driver.delete_volume(one)
    assert one["name"] not in appliance.luns("cinder")
    driver.delete_volume(two)
    assert appliance.luns("cinder") == before


def test_limits_of_qos_specs(build: Build, appliance: Appliance, monkeypatch: Any) -> None:
    extra = {"zfssa:writelimit": "9000000", "zfssa:dedup": "<is> True"}
    qos: dict[str, Any] = {"name": "slow", "consumer": "back-end", "specs": {}}
    monkeypatch.setattr(volume_types, "get_volume_type_extra_specs", lambda _: dict(extra))
    monkeypatch.setattr(volume_types, "get_volume_type_qos_specs", lambda _: {"qos_specs": qos})
    driver = build()

    def made(number: int, consumer: str, **specs: str) -> Any:
        qos.update(consumer=consumer, specs=specs)
        one = volume(number, volume_type_id="a-type")
        driver.create_volume(one)
        return lun(appliance, one)

    slow = made(1, "back-end", write_bytes_sec="1000000")
    assert (slow["writelimit"], slow["properties"]["dedup"]) == (1000000, True)
    assert made(2, "front-end", write_bytes_sec="1000000")["writelimit"] == 9000000
    both = made(3, "both", write_bytes_sec="2000000", total_iops_sec="100")
    assert both["writelimit"] == 2000000
    for specs in ({"total_iops_sec": "100"}, {"writelimit": "1", "write_bytes_sec": "1"}):
        with pytest.raises(exception.InvalidQoSSpecs, match="qos specs slow"):
            made(4, "back-end", **specs)
    # The appliance of this test has no limit of reads for LUNs.
    with pytest.raises(exception.CinderException, match="readlimit is 1000000"):
        made(4, "back-end", read_bytes_sec="1000000")
    assert volume(4)["name"] not in appliance.luns("cinder")


def test_retype_sets_and_ends_limits(driver: Any, appliance: Appliance, monkeypatch: Any) -> None:
    slow = {"name": "slow", "consumer": "back-end", "specs": {"write_bytes_sec": "1000000"}}
    found = {"slow": {"qos_specs": slow}, "fast": {"qos_specs": None}}
    monkeypatch.setattr(volume_types, "get_volume_type_qos_specs", found.__getitem__)
    one = volume()
    driver.create_volume(one)
    assert driver.retype(None, one, {"id": "slow", "extra_specs": None}, {}, {}) == (True, None)
    assert lun(appliance, one)["writelimit"] == 1000000
    assert driver.retype(None, one, {"id": "fast", "extra_specs": {}}, {}, {}) == (True, None)
    assert lun(appliance, one)["writelimit"] == 0


def test_revert(driver: Any, appliance: Appliance) -> None:
    one = volume(size=2)
    driver.create_volume(one)
    driver.create_snapshot(snapshot(one))
    driver.extend_volume(one, 3)
    assert driver.snapshot_revert_use_temp_snapshot() is False
    assert driver.revert_to_snapshot(None, {**one, "size": 3}, snapshot(one)) is None
    assert lun(appliance, one)["volsize"] == 3 * GIB


def test_retype(driver: Any, appliance: Appliance) -> None:
    one = volume()
    driver.create_volume(one)
    packed = {"extra_specs": {"zfssa:compression": "gzip", "volume_backend_name": "first"}}
    assert driver.retype(None, one, packed, {}, {}) == (True, None)
    assert lun(appliance, one)["properties"]["compression"] == "gzip"
    coarse = {"extra_specs": {"zfssa:volblocksize": "128k"}}
    assert driver.retype(None, one, coarse, {}, {}) == (False, None)


def test_a_copy_gets_the_name_of_what_it_replaces(driver: Any, appliance: Appliance) -> None:
    source, copy = volume(1), volume(2)
    driver.create_volume(copy)
    update = driver.update_migrated_volume(None, source, copy, "available")
    assert update == {"_name_id": None, "provider_location": None}
    assert set(appliance.luns("cinder")) == {source["name"]}
    # If the name is taken, the copy keeps its own name, which Cinder stores.
    driver.create_volume(copy)
    update = driver.update_migrated_volume(None, source, copy, "available")
    assert update["_name_id"] == copy["id"]
    assert set(appliance.luns("cinder")) == {source["name"], copy["name"]}
