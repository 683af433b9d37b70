"""Manage and unmanage, with the calls of Cinder's manager."""

from __future__ import annotations

from typing import Any

import pytest
from cinder import exception, objects
from cinder.volume import volume_types
from conftest import Build
from samples import lun, snapshot, volume
from simulator import Appliance


def foreign(driver: Any, one: dict[str, Any]) -> str:
    """Creates a LUN that Cinder does not manage."""
    driver.create_volume(one)
    driver.unmanage(one)
    return f"unmanaged-{one['name']}"


def test_manage(build: Build, appliance: Appliance) -> None:
    for policy in ("loose", "strict"):
        driver = build(zfssa_manage_policy=policy)
        name = foreign(driver, volume(1, 2))
        reference = {"source-name": name}
        assert driver.manage_existing_get_size(volume(2), reference) == 2
        assert driver.manage_existing(volume(2), reference) is None
        assert lun(appliance, volume(2))["custom"]["cinder_managed"] is True
        assert name not in appliance.luns("cinder")
        driver.delete_volume(volume(2))


def test_manage_what_may_not_be(build: Build) -> None:
    driver = build(zfssa_manage_policy="strict")
    driver.create_volume(volume())
    with pytest.raises(exception.ManageExistingAlreadyManaged):
        driver.manage_existing(volume(2), {"source-name": volume()["name"]})
    for reference in ({"source-id": "x"}, {}, None, "name", {"source-name": None}):
        with pytest.raises(exception.ManageExistingInvalidReference):
            driver.manage_existing(volume(2), reference)


def test_manage_of_another_type(build: Build, monkeypatch: Any) -> None:
    driver = build()
    name = foreign(driver, volume())
    specs = {"zfssa:volblocksize": "64k"}
    monkeypatch.setattr(volume_types, "get_volume_type_extra_specs", lambda _: specs)
    monkeypatch.setattr(volume_types, "get_volume_type_qos_specs", lambda _: {"qos_specs": None})
    with pytest.raises(exception.ManageExistingVolumeTypeMismatch):
        driver.manage_existing(volume(2, volume_type_id="t"), {"source-name": name})


def test_manage_what_is_not_there(driver: Any) -> None:
    reference = {"source-name": "bogus"}
    with pytest.raises(exception.ManageExistingInvalidReference):
        driver.manage_existing(volume(), reference)
    with pytest.raises(exception.ManageExistingInvalidReference):
        driver.manage_existing_get_size(volume(), reference)


def test_a_failure_to_manage_is_told(driver: Any, appliance: Appliance) -> None:
    name = foreign(driver, volume())
    driver.create_volume(volume(2))
    kind = {"status": {"status": 403, "name": "ERR_DENIED"}}
    appliance.fault(method="PUT", kind=kind, times=None)
    with pytest.raises(exception.VolumeBackendAPIException):
        driver.manage_existing(volume(3), {"source-name": name})
    with pytest.raises(exception.VolumeBackendAPIException):
        driver.unmanage(volume(2))


def test_unmanage(driver: Any, appliance: Appliance) -> None:
    driver.create_volume(volume())
    assert driver.unmanage(volume()) is None
    (name,) = appliance.luns("cinder")
    assert name == f"unmanaged-{volume()['name']}"
    assert appliance.luns("cinder")[name]["custom"]["cinder_managed"] is False


def test_lists_of_what_could_be_managed(driver: Any) -> None:
    names = [foreign(driver, volume(number, number)) for number in range(1, 4)]
    driver.create_volume(volume(9))
    arguments = ([volume(9)], None, 1000, 0, ["size"], ["desc"])
    listed = driver.get_manageable_volumes(*arguments)
    # In the form in which the manager passes it.
    assert len(objects.ManageableVolumeList.from_primitives(None, listed)) == 4
    free = [one for one in listed if one["safe_to_manage"]]
    assert [one["reference"]["source-name"] for one in free] == names[::-1]
    assert [one["size"] for one in free] == [3, 2, 1]
    assert [one["cinder_id"] for one in listed if not one["safe_to_manage"]] == [volume(9)["id"]]
    for marker in (f'{{"source-name": "{names[0]}"}}', {"source-name": names[0]}):
        rest = driver.get_manageable_volumes([], marker, 1, 0, ["reference"], ["asc"])
        assert [one["reference"]["source-name"] for one in rest] == [names[1]]


def test_manage_of_snapshots(driver: Any, appliance: Appliance) -> None:
    one = volume(size=2)
    driver.create_volume(one)
    driver.create_snapshot(snapshot(one))
    driver.unmanage_snapshot(snapshot(one))
    name = f"unmanaged-{snapshot(one)['name']}"
    (listed,) = driver.get_manageable_snapshots([], None, 1000, 0, ["reference"], ["asc"])
    objects.ManageableSnapshotList.from_primitives(None, [listed])
    assert listed["reference"] == {"source-name": name}
    assert listed["source_reference"] == {"source-name": one["name"]}
    reference = {"source-name": name}
    assert driver.manage_existing_snapshot_get_size(snapshot(one, 2), reference) == 2
    driver.manage_existing_snapshot(snapshot(one, 2), reference)
    names = [found["name"] for found in lun(appliance, one)["snapshots"]]
    assert names == [snapshot(one, 2)["name"]]
    with pytest.raises(exception.ManageExistingInvalidReference):
        driver.manage_existing_snapshot(snapshot(one, 3), {"source-name": "bogus"})
