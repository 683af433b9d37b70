"""Groups, and provider ids."""

from __future__ import annotations

from typing import Any

import pytest
from cinder import exception
from samples import GIB, guid, lun, snapshot, volume
from simulator import Appliance

GROUP = {"id": "00000000-0000-4000-a000-000000000001"}
TAKEN = {"id": "00000000-0000-4000-b000-000000000001"}


@pytest.fixture
def pair(driver: Any) -> list[dict[str, Any]]:
    """Creates two volumes for a group, and a third one."""
    for number in (1, 2, 3):
        driver.create_volume(volume(number))
    return [volume(1), volume(2)]


def names(appliance: Appliance, of: dict[str, Any]) -> list[str]:
    return [one["name"] for one in lun(appliance, of)["snapshots"]]


def test_a_group_is_made_and_changed(driver: Any, pair: Any, appliance: Appliance) -> None:
    before = appliance.state()
    assert driver.create_group(None, GROUP) == {"status": "available"}
    assert driver.update_group(None, GROUP, pair, []) == (None, None, None)
    assert driver.update_group(None, GROUP, None, pair) == (None, None, None)
    with pytest.raises(exception.CinderException):
        driver.update_group(None, GROUP, [volume(9)], None)
    assert appliance.state() == before


def test_snapshots_of_a_group(driver: Any, pair: Any, appliance: Appliance) -> None:
    before = appliance.state()
    wanted = [snapshot(one, number) for number, one in enumerate(pair)]
    found = driver.create_group_snapshot(None, TAKEN, wanted)
    assert found == (
        {"status": "available"},
        [{"id": one["id"], "status": "available"} for one in wanted],
    )
    assert [names(appliance, one) for one in pair] == [[one["name"]] for one in wanted]
    assert names(appliance, volume(3)) == []
    posts = [one["path"] for one in appliance.trace() if one["method"] == "POST"]
    assert [path for path in posts if path.endswith("/snapshots")] == [
        "/api/storage/v1/pools/pool-0/projects/cinder/snapshots"
    ]
    model, parts = driver.delete_group_snapshot(None, TAKEN, wanted)
    assert model == {"status": "deleted"}
    assert [one["status"] for one in parts] == ["deleted", "deleted"]
    assert appliance.state() == before


def test_a_group_snapshot_that_fails_leaves_none(
    driver: Any, pair: Any, appliance: Appliance
) -> None:
    before = appliance.state()
    refusal = {"status": {"status": 400, "name": "ERR_INVALID_ARG"}}
    appliance.fault(method="PUT", path=f"/luns/{pair[1]['name']}/snapshots", kind=refusal)
    wanted = [snapshot(one, number) for number, one in enumerate(pair)]
    with pytest.raises(exception.VolumeBackendAPIException):
        driver.create_group_snapshot(None, TAKEN, wanted)
    assert appliance.state() == before


@pytest.mark.parametrize("by", ["snapshots", "volumes"])
def test_a_group_from_another(driver: Any, pair: Any, appliance: Appliance, by: str) -> None:
    copies = [volume(11, 2), volume(12, 1)]
    if by == "snapshots":
        taken = [snapshot(one, number) for number, one in enumerate(pair)]
        driver.create_group_snapshot(None, TAKEN, taken)
        source: Any = {"group_snapshot": TAKEN, "snapshots": taken}
    else:
        source = {"source_group": GROUP, "source_vols": pair}
    before = appliance.state()
    model, updates = driver.create_group_from_src(None, {"id": "copies"}, copies, **source)
    assert model == {"status": "available"}
    assert updates == [{"id": one["id"], "provider_id": guid(appliance, one)} for one in copies]
    for one, of in zip(copies, pair, strict=True):
        made = lun(appliance, one)
        assert made["origin"]["share"] == of["name"]
        assert made["volsize"] == one["size"] * GIB
    # A volume with a clone outside the group cannot be deleted, and so the group remains.
    model, parts = driver.delete_group(None, GROUP, pair)
    assert model == {"status": "error_deleting"}
    assert [one["status"] for one in parts] == ["available", "available"]
    model, parts = driver.delete_group(None, {"id": "copies"}, copies)
    assert model == {"status": "deleted"}
    assert [(one["id"], one["status"]) for one in parts] == [
        (one["id"], "deleted") for one in copies
    ]
    assert appliance.state() == before


def test_a_group_from_another_is_made_whole_or_not(
    driver: Any, pair: Any, appliance: Appliance
) -> None:
    before = appliance.state()
    copies = [volume(11), volume(12, 0)]
    with pytest.raises(exception.InvalidInput):
        driver.create_group_from_src(None, GROUP, copies, source_group=GROUP, source_vols=pair)
    assert appliance.state() == before


def test_a_group_that_cannot_be_deleted_is_told(
    driver: Any, pair: Any, appliance: Appliance
) -> None:
    refusal = {"status": {"status": 403, "name": "ERR_DENIED"}}
    appliance.fault(method="DELETE", path=pair[0]["name"], kind=refusal, times=None)
    model, parts = driver.delete_group(None, GROUP, pair)
    assert model == {"status": "error_deleting"}
    assert [one["status"] for one in parts] == ["error_deleting", "deleted"]


def test_ids_of_the_appliance(driver: Any, pair: Any, appliance: Appliance, caplog: Any) -> None:
    taken = snapshot(pair[0])
    driver.create_snapshot(taken)
    known = [*pair, volume(9)]
    volumes, snapshots = driver.update_provider_info(known, [taken, snapshot(pair[1], 2)])
    assert volumes == [{"id": one["id"], "provider_id": guid(appliance, one)} for one in pair]
    assert snapshots == [
        {"id": taken["id"], "provider_id": f"{guid(appliance, pair[0])}@{taken['name']}"},
        {"id": snapshot(pair[1], 2)["id"], "provider_id": None},
    ]
    assert volume(9)["id"] in caplog.text
