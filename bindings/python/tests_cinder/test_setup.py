"""Setup, statistics and capabilities."""

from __future__ import annotations

from typing import Any

import pytest
from cinder import exception
from conftest import Build
from samples import connector, groups, volume
from simulator import HOST_A, HOST_B, Appliance


def test_initiators_of_the_old_options(build: Build, appliance: Appliance, caplog: Any) -> None:
    old = {"zfssa_initiator_config": None}
    with pytest.raises(exception.InvalidConfigurationValue):
        build(**old, zfssa_initiator="", zfssa_initiator_group="")
    # Initiators without a group are not used, as in the former driver, with a warning.
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
    # The former driver included credentials, visible to every user of the scheduler's pools.
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
    policy = properties["zfssa:delete_with_clones"]
    assert (policy["enum"], policy["default"]) == (["refuse", "defer"], "refuse")
    driver.init_capabilities()
    assert "zfssa:sparse" in driver.capabilities["properties"]


def test_secrets_are_in_no_log(build: Build, caplog: Any) -> None:
    caplog.set_level("DEBUG")
    driver = build(zfssa_target_user="target", zfssa_target_password="CANARYtarget-1")
    driver.create_volume(volume())
    driver.initialize_connection(volume(), connector(HOST_A))
    driver.get_volume_stats(refresh=True)
    assert "create_volume" in caplog.text
    assert "CANARY" not in caplog.text
