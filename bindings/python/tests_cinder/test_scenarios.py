"""What the former driver's own unit tests looked at, asked of this driver on an appliance.

They replaced the REST client by a mock and looked at the calls; here the appliance's state is
looked at. ANSWERS has all of them by their names, and says where the answer is.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from cinder import exception, objects
from cinder.volume import volume_types
from conftest import Build
from samples import GIB, NOBODY, attached, connector, groups, guid, lun, snapshot, volume
from simulator import HOST_A, HOST_B, Appliance

#: The former test, and ours, which is in this file or in another one of this folder.
ANSWERS = {
    "test_parse_initiator_config": "test_initiators_of_the_old_options",
    "test_create_delete_volume": "test_create_and_delete",
    "test_delete_volume_with_missing_lun": "test_delete_what_is_not_there",
    "test_delete_volume_backend_fail": "test_a_failure_to_delete_is_told",
    "test_create_delete_snapshot": "test_create_and_delete_a_snapshot",
    "test_delete_nonexistent_snapshot": "test_delete_what_is_not_there",
    "test_delete_snapshot_backend_fail": "test_a_failure_to_delete_is_told",
    "test_create_volume_from_snapshot": "test_from_a_snapshot",
    "test_create_larger_volume_from_snapshot": "test_from_a_snapshot",
    "test_volume_attach_detach": "test_attach_and_detach",
    "test_volume_attach_detach_multipath": "test_attach_with_several_paths",
    "test_volume_attach_detach_live_migration": "test_live_migration",
    "test_volume_attach_detach_negative": "test_a_host_in_no_group",
    "test_get_volume_stats": "test_statistics",
    "test_extend_volume": "test_extend",
    "test_get_voltype_specs": "test_extra_specs",
    "test_volume_manage": "test_manage",
    "test_volume_manage_negative": "test_manage_what_may_not_be",
    "test_volume_manage_nonexistent": "test_manage_what_is_not_there",
    "test_volume_manage_negative_api_exception": "test_a_failure_to_manage_is_told",
    "test_volume_unmanage": "test_unmanage",
    "test_volume_unmanage_negative": "test_a_failure_to_manage_is_told",
    "test_manage_existing_get_size": "test_manage",
    "test_manage_existing_get_size_negative": "test_manage_what_is_not_there",
    "test_clone_image_negative": "test_an_image_goes_cinders_own_way",
    "test_clone_image": "later: the image cache is not offered yet",
    "test_delete_cache_volume": "later: the image cache is not offered yet",
    "test_check_origin": "later: the image cache is not offered yet",
    "test_verify_cache_vol_no_cache_vol": "later: the image cache is not offered yet",
    "test_verify_cache_vol_no_cache_snap": "later: the image cache is not offered yet",
    "test_verify_cache_vol_stale_vol": "later: the image cache is not offered yet",
    "test_verify_cache_vol_updated_vol": "later: the image cache is not offered yet",
    "test_create_cache_volume": "later: the image cache is not offered yet",
    "test_create_cache_vol_negative": "later: the image cache is not offered yet",
    "test_migrate_volume": "test_a_volume_moves",
    "test_migrate_volume_uninherit_exception": "test_a_step_that_fails[uninherit]",
    "test_migrate_volume_create_action_exception": "test_a_step_that_fails[create_action]",
    "test_migrate_volume_send_update_exception": "test_a_step_that_fails[send_update]",
    "test_migrate_volume_sever_repl_exception": "test_a_step_that_fails[sever]",
}


def test_each_scenario_has_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    found = {
        node.name
        for path in Path(__file__).parent.glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    answered = {name for name in ANSWERS.values() if not name.startswith("later: ")}
    assert {name for name in answered if name.split("[")[0] not in found} == set()
    with capsys.disabled():
        print(f"\nscenarios of the former driver's tests: {len(ANSWERS)}")
        for old, ours in ANSWERS.items():
            print(f"  {old:<44} {ours}")


# ------------------------------------------------------------------------------ Volumes


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
    """The former driver left its snapshot, and told Cinder that all was well."""
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
    """Cinder's name for such a volume is made of its name_id."""
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


# -------------------------------------------------------------------------- Connections


def test_attach_and_detach(driver: Any, appliance: Appliance) -> None:
    one = volume()
    driver.create_volume(one)
    found = driver.initialize_connection(one, connector(HOST_A))
    data = found["data"]
    (view,) = [view for view in lun(appliance, one)["views"] if view["group"] != NOBODY]
    assert found["driver_volume_type"] == "iscsi"
    assert (data["target_portal"], data["target_discovered"]) == ("127.0.0.1:3260", False)
    assert data["target_iqn"].startswith("iqn.1986-03.com.sun:02:")
    assert (data["target_lun"], view["group"]) == (view["number"], "host-a")
    assert isinstance(data["target_lun"], int)
    assert data["volume_id"] == one["id"]
    assert "auth_method" not in data
    assert "target_portals" not in data
    assert driver.initialize_connection(one, connector(HOST_A)) == found
    assert driver.terminate_connection(one, connector(HOST_A), force=False) is False
    assert groups(appliance, one) == set()
    assert driver.terminate_connection(one, connector(HOST_A)) is False
    with pytest.raises(exception.VolumeNotFound):
        driver.initialize_connection(volume(9), connector(HOST_A))
    assert driver.terminate_connection(volume(9), connector(HOST_A)) is False


def test_attach_with_several_paths(build: Build) -> None:
    driver = build()
    one = volume()
    driver.create_volume(one)
    data = driver.initialize_connection(one, connector(HOST_A, multipath=True))["data"]
    assert data["target_portals"] == [data["target_portal"]]
    assert data["target_iqns"] == [data["target_iqn"]]
    assert data["target_luns"] == [data["target_lun"]]
    driver = build(zfssa_target_portal="127.0.0.1:3260,127.0.0.1:3261")
    data = driver.initialize_connection(one, connector(HOST_A))["data"]
    assert data["target_portals"] == ["127.0.0.1:3260", "127.0.0.1:3261"]
    assert len(data["target_luns"]) == len(data["target_iqns"]) == 2


def test_chap(build: Build) -> None:
    driver = build(zfssa_target_user="target", zfssa_target_password="CANARY secret")
    one = volume()
    driver.create_volume(one)
    data = driver.initialize_connection(one, connector(HOST_A))["data"]
    assert (data["auth_method"], data["auth_username"]) == ("CHAP", "target")
    assert data["auth_password"] == "CANARY secret"


def test_live_migration(driver: Any, appliance: Appliance) -> None:
    one = volume()
    driver.create_volume(one)
    driver.initialize_connection(one, connector(HOST_A))
    there = driver.initialize_connection(one, connector(HOST_B))["data"]
    numbers = {view["group"]: view["number"] for view in lun(appliance, one)["views"]}
    assert there["target_lun"] == numbers["host-b"]
    assert groups(appliance, one) == {"host-a", "host-b"}
    one["volume_attachment"] = attached(HOST_A, HOST_B)
    assert driver.terminate_connection(one, connector(HOST_A)) is False
    assert groups(appliance, one) == {"host-b"}


def test_two_attachments_on_one_host(driver: Any, appliance: Appliance) -> None:
    one = volume(volume_attachment=attached(HOST_A, HOST_A))
    driver.create_volume(one)
    driver.initialize_connection(one, connector(HOST_A))
    assert driver.terminate_connection(one, connector(HOST_A)) is True
    assert groups(appliance, one) == {"host-a"}
    one["volume_attachment"] = attached(HOST_A)
    assert driver.terminate_connection(one, connector(HOST_A)) is False
    assert groups(appliance, one) == set()


def test_cinders_own_copy_on_a_host_that_uses_the_volume(driver: Any, appliance: Appliance) -> None:
    """Cinder attaches the volume to its own host, where an instance has it already."""
    one = volume(volume_attachment=attached(HOST_A), status="uploading")
    driver.create_volume(one)
    driver.initialize_connection(one, connector(HOST_A))
    assert driver.terminate_connection(one, connector(HOST_A)) is True
    assert groups(appliance, one) == {"host-a"}


def test_hosts_that_share_a_group(build: Build, appliance: Appliance) -> None:
    """Who else is in the group and still uses the volume keeps it."""
    together = {"both": [{"iqn": HOST_A}, {"iqn": HOST_B}]}
    driver = build(zfssa_initiator_config=together)
    one = volume(volume_attachment=attached(HOST_A, HOST_B))
    driver.create_volume(one)
    driver.initialize_connection(one, connector(HOST_A))
    driver.initialize_connection(one, connector(HOST_B))
    driver.terminate_connection(one, connector(HOST_A))
    assert groups(appliance, one) == {"both"}
    one["volume_attachment"] = attached(HOST_B)
    driver.terminate_connection(one, connector(HOST_B))
    assert groups(appliance, one) == set()
    # Attachments that do not say whose they are: nobody is cut off.
    driver.initialize_connection(one, connector(HOST_A))
    one["volume_attachment"] = attached(None, None)
    driver.terminate_connection(one, connector(HOST_A))
    assert groups(appliance, one) == {"both"}


def test_no_connector_cuts_everybody_off(driver: Any, appliance: Appliance) -> None:
    one = volume(volume_attachment=attached(HOST_A, HOST_B))
    driver.create_volume(one)
    driver.initialize_connection(one, connector(HOST_A))
    driver.initialize_connection(one, connector(HOST_B))
    assert driver.terminate_connection(one, None, force=True) is False
    assert groups(appliance, one) == set()


def test_a_host_in_no_group(driver: Any) -> None:
    one = volume()
    driver.create_volume(one)
    stranger = connector("iqn.1-0.org.deb:01:d7")
    with pytest.raises(exception.InvalidConnectorException, match=r"iqn\.1-0\.org\.deb:01:d7"):
        driver.initialize_connection(one, stranger)
    with pytest.raises(exception.InvalidConnectorException):
        driver.initialize_connection(one, {"host": "x"})


def test_exports_ask_the_appliance_nothing(driver: Any, appliance: Appliance) -> None:
    """Cinder calls ensure_export for every volume in use when it starts, one by one."""
    sent = len(appliance.trace())
    for _ in range(100):
        assert driver.ensure_export(None, volume()) is None
        assert driver.create_export(None, volume(), connector(HOST_A)) is None
        assert driver.remove_export(None, volume()) is None
    assert len(appliance.trace()) == sent


# ----------------------------------------------------------------------- Setup, numbers


def test_initiators_of_the_old_options(build: Build, appliance: Appliance, caplog: Any) -> None:
    old = {"zfssa_initiator_config": None}
    with pytest.raises(exception.InvalidConfigurationValue):
        build(**old, zfssa_initiator="", zfssa_initiator_group="")
    # Initiators without a group of their own are of no use, as before, and that is told.
    build(**old, zfssa_initiator=HOST_A, zfssa_initiator_group="default")
    assert "not used without a group" in caplog.text
    driver = build(**old, zfssa_initiator=f"{HOST_A}, {HOST_B}", zfssa_initiator_group="old")
    assert appliance.state()["initiator_groups"]["old"] == [HOST_A, HOST_B]
    one = volume()
    driver.create_volume(one)
    driver.initialize_connection(one, connector(HOST_B))
    assert groups(appliance, one) == {"old"}


def test_a_python_literal_as_the_former_driver_read_it(build: Build, appliance: Appliance) -> None:
    written = (
        f"{{'one':[{{'iqn':'{HOST_A}','user':'','password':''}}],"
        f"'two':[{{'iqn':'{HOST_B}','user':'','password':''}}]}}"
    )
    build(zfssa_initiator_config=written)
    found = appliance.state()["initiator_groups"]
    assert (found["one"], found["two"]) == ([HOST_A], [HOST_B])


def test_a_setup_that_fails_may_be_repeated(build: Build, appliance: Appliance) -> None:
    driver = build(set_up=False)
    with pytest.raises(exception.VolumeDriverException):
        driver.create_volume(volume())
    with pytest.raises(exception.VolumeDriverException):
        driver.check_for_setup_error()
    kind = {"status": {"status": 403, "name": "ERR_DENIED"}}
    appliance.fault(path="/projects", kind=kind, times=None)
    with pytest.raises(exception.VolumeBackendAPIException):
        driver.do_setup(None)
    appliance.admin("DELETE", "/faults")
    driver.do_setup(None)
    driver.do_setup(None)
    driver.check_for_setup_error()


def test_statistics(build: Build, appliance: Appliance) -> None:
    driver = build(reserved_percentage=7, max_over_subscription_ratio="auto")
    driver.create_volume(volume(size=2))
    stats = driver.get_volume_stats(refresh=True)
    assert (stats["vendor_name"], stats["volume_backend_name"]) == ("Oracle", "first")
    assert (stats["driver_version"], stats["storage_protocol"]) == (driver.VERSION, "iSCSI")
    assert (stats["reserved_percentage"], stats["QoS_support"]) == (7, False)
    assert (stats["total_capacity_gb"], stats["provisioned_capacity_gb"]) == (1024, 2)
    assert stats["max_over_subscription_ratio"] == "auto"
    assert (stats["zfssa_poolprofile"], stats["zfssa_sparse"]) == ("mirror", "True")
    assert (stats["zfssa_compression"], stats["zfssa_logbias"]) == ("off", "latency")
    assert (stats["backend_state"], stats["zfssa_volblocksize"]) == ("up", "8k")
    # Credentials travelled in here once, to everybody who may see the scheduler's pools.
    assert stats["location_info"].split(":")[1] == ""
    assert driver.get_volume_stats() is stats
    appliance.fault(kind="reset", times=None)
    down = driver.get_volume_stats(refresh=True)
    assert (down["backend_state"], down["total_capacity_gb"]) == ("down", 1024)
    appliance.admin("DELETE", "/faults")
    assert driver.get_volume_stats(refresh=True)["backend_state"] == "up"


def test_vendor_properties(driver: Any) -> None:
    properties, prefix = driver._init_vendor_properties()
    assert prefix == "zfssa"
    assert properties["zfssa:logbias"]["enum"] == ["latency", "throughput"]
    assert properties["zfssa:sparse"]["default"] is True
    driver.init_capabilities()
    assert "zfssa:sparse" in driver.capabilities["properties"]


# --------------------------------------------------------------------------- Management


def foreign(driver: Any, one: dict[str, Any]) -> str:
    """A LUN that is not managed."""
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
    # As the manager hands it on.
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


# ------------------------------------------------------------------------------ Changes


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
    # Where the name is taken, the copy keeps its own, and Cinder is told.
    driver.create_volume(copy)
    update = driver.update_migrated_volume(None, source, copy, "available")
    assert update["_name_id"] == copy["id"]
    assert set(appliance.luns("cinder")) == {source["name"], copy["name"]}


# ----------------------------------------------------- What is left to Cinder's own ways


def test_an_image_goes_cinders_own_way(driver: Any) -> None:
    assert driver.clone_image(None, volume(), None, {"id": "x"}, None) == (None, False)


def test_secrets_are_in_no_log(build: Build, caplog: Any) -> None:
    caplog.set_level("DEBUG")
    driver = build(zfssa_target_user="target", zfssa_target_password="CANARYtarget-1")
    driver.create_volume(volume())
    driver.initialize_connection(volume(), connector(HOST_A))
    driver.get_volume_stats(refresh=True)
    assert "create_volume" in caplog.text
    assert "CANARY" not in caplog.text
