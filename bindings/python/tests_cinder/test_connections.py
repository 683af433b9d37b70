"""Connections, with the calls of Cinder's manager."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cinder import exception
from conftest import Build
from samples import NOBODY, attached, connector, groups, lun, volume
from simulator import HOST_A, HOST_B, Appliance


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
    """Cinder attaches the volume to its own host, to which an instance has it attached."""
    one = volume(volume_attachment=attached(HOST_A), status="uploading")
    driver.create_volume(one)
    driver.initialize_connection(one, connector(HOST_A))
    assert driver.terminate_connection(one, connector(HOST_A)) is True
    assert groups(appliance, one) == {"host-a"}


def test_hosts_that_share_a_group(build: Build, appliance: Appliance) -> None:
    """Other members of the group that still use the volume keep access."""
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
    # Attachments without an initiator: no host is detached.
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


@pytest.mark.parametrize(
    "nobody", [{}, {"initiator": ""}, {"initiator": None}, {"initiator": " "}, {"host": "x"}]
)
def test_a_connector_without_an_initiator_cuts_nobody_off(
    driver: Any, appliance: Appliance, nobody: dict[str, Any]
) -> None:
    one = volume(volume_attachment=attached(HOST_A, HOST_B))
    driver.create_volume(one)
    driver.initialize_connection(one, connector(HOST_A))
    driver.initialize_connection(one, connector(HOST_B))
    before = appliance.state()
    for force in (False, True):
        with pytest.raises(exception.InvalidConnectorException, match="initiator"):
            driver.terminate_connection(one, nobody, force=force)
    with pytest.raises(exception.InvalidConnectorException, match="initiator"):
        driver.initialize_connection(one, nobody)
    assert appliance.state() == before


def test_an_attachment_without_an_initiator_is_of_an_unknown_host(
    build: Build, appliance: Appliance
) -> None:
    together = {"both": [{"iqn": HOST_A}, {"iqn": HOST_B}]}
    driver = build(zfssa_initiator_config=together)
    one = volume()
    driver.create_volume(one)
    driver.initialize_connection(one, connector(HOST_A))
    one["volume_attachment"] = attached(HOST_A, HOST_B)
    one["volume_attachment"][1]["connector"]["initiator"] = ""
    driver.terminate_connection(one, connector(HOST_A))
    assert groups(appliance, one) == {"both"}


NEW_HOST = "iqn.2004-10.org.example:new-host"


def test_a_new_host_attaches_without_a_restart(build: Build, appliance: Appliance) -> None:
    driver = build(
        zfssa_register_hosts="True",
        zfssa_initiator_user="hosts",
        zfssa_initiator_password="CANARY secret",
    )
    one = volume()
    driver.create_volume(one)
    data = driver.initialize_connection(one, connector(NEW_HOST))["data"]
    (group,) = groups(appliance, one)
    assert group.startswith("zfssa-host-new-host-")
    assert (data["auth_username"], data["auth_password"]) == ("hosts", "CANARY secret")
    state = appliance.admin("GET", "/state")
    assert state["initiator_groups"][group] == [NEW_HOST]
    assert state["initiators"][NEW_HOST]["chapuser"] == "hosts"
    # It stays known when its last volume is detached, and a connector need not name the host.
    assert driver.terminate_connection(one, connector(NEW_HOST)) is False
    assert groups(appliance, one) == set()
    driver.initialize_connection(one, {"initiator": NEW_HOST})
    assert groups(appliance, one) == {group}


def test_two_new_hosts_attach_at_once(build: Build, appliance: Appliance) -> None:
    driver = build(zfssa_register_hosts="True")
    one = volume()
    driver.create_volume(one)
    hosts = [connector(f"{NEW_HOST}-{number}") for number in range(2)]
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda host: driver.initialize_connection(one, host), hosts))
    assert len(found) == len(groups(appliance, one)) == 2


def test_the_last_detachment_of_a_host(build: Build, appliance: Appliance) -> None:
    driver = build(zfssa_register_hosts="True", zfssa_unregister_hosts="True")
    one, two = volume(1), volume(2)
    for each in (one, two):
        driver.create_volume(each)
        driver.initialize_connection(each, connector(NEW_HOST))
    driver.terminate_connection(one, connector(NEW_HOST))
    assert NEW_HOST in appliance.admin("GET", "/state")["initiators"]
    driver.terminate_connection(two, connector(NEW_HOST))
    state = appliance.admin("GET", "/state")
    assert NEW_HOST not in state["initiators"]
    assert not any(name.startswith("zfssa-host-") for name in state["initiator_groups"])


def test_a_host_in_no_group(driver: Any) -> None:
    one = volume()
    driver.create_volume(one)
    stranger = connector("iqn.1-0.org.deb:01:d7")
    with pytest.raises(exception.InvalidConnectorException, match=r"iqn\.1-0\.org\.deb:01:d7"):
        driver.initialize_connection(one, stranger)
    with pytest.raises(exception.InvalidConnectorException):
        driver.initialize_connection(one, {"host": "x"})


def test_exports_ask_the_appliance_nothing(driver: Any, appliance: Appliance) -> None:
    """At its start Cinder calls ensure_export for each volume in use."""
    sent = len(appliance.trace())
    for _ in range(100):
        assert driver.ensure_export(None, volume()) is None
        assert driver.create_export(None, volume(), connector(HOST_A)) is None
        assert driver.remove_export(None, volume()) is None
    assert len(appliance.trace()) == sent
