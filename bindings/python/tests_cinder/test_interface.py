"""Conformity with Cinder's interface classes and with the calls of its manager."""

from __future__ import annotations

import ast
import contextlib
import inspect
from pathlib import Path
from typing import Any

import cinder.interface
import pytest
from cinder import context as cinder_context
from cinder import exception
from cinder.interface import (
    util,
    volume_driver,
    volume_group_driver,
    volume_manageable_driver,
    volume_snapshot_revert,
    volume_snapshotmanagement_driver,
)
from cinder.scheduler import host_manager
from cinder.scheduler.filters.capabilities_filter import CapabilitiesFilter
from cinder.volume import driver as base
from conftest import Build
from os_brick.initiator import connector as os_brick_connector
from oslo_config import cfg
from oslo_utils import timeutils
from samples import connector, lun, volume
from simulator import HOST_A, Appliance

import zfssa
from zfssa.cinder import ZFSSA_OPTS, ZFSSAISCSIDriver, list_opts

#: All interface classes of this Cinder release.
INTERFACES = [
    one
    for module in (
        volume_driver,
        volume_group_driver,
        volume_manageable_driver,
        volume_snapshot_revert,
        volume_snapshotmanagement_driver,
    )
    for _, one in inspect.getmembers(module, inspect.isclass)
    if one.__module__ == module.__name__
]

#: Methods that this driver implements. Cinder's base classes implement all others.
OWN = {
    "do_setup",
    "check_for_setup_error",
    "_update_volume_stats",
    "create_volume",
    "delete_volume",
    "extend_volume",
    "create_snapshot",
    "delete_snapshot",
    "create_volume_from_snapshot",
    "create_cloned_volume",
    "clone_image",
    "initialize_connection",
    "terminate_connection",
    "create_export",
    "remove_export",
    "ensure_export",
    "manage_existing",
    "manage_existing_get_size",
    "unmanage",
    "get_manageable_volumes",
    "manage_existing_snapshot",
    "manage_existing_snapshot_get_size",
    "unmanage_snapshot",
    "get_manageable_snapshots",
    "revert_to_snapshot",
    "retype",
    "update_migrated_volume",
    "update_provider_info",
    "migrate_volume",
    "create_group",
    "update_group",
    "delete_group",
    "create_group_snapshot",
    "delete_group_snapshot",
    "create_group_from_src",
}


def methods() -> list[tuple[type, str]]:
    """Every method of every interface class. Cinder's own check finds none of them, since it
    looks for bound methods on classes.
    """
    return [
        (one, name)
        for one in INTERFACES
        for name, _ in inspect.getmembers(one, inspect.isfunction)
        # What Cinder reads as an attribute is no method, though the interface has it as one. What
        # neither this driver nor a base class of Cinder has is an interface that it does not offer.
        if not name.startswith("_") and not _is_property(name) and hasattr(ZFSSAISCSIDriver, name)
    ]


def _is_property(name: str) -> bool:
    return isinstance(inspect.getattr_static(ZFSSAISCSIDriver, name, None), property)


def test_there_is_something_to_compare() -> None:
    assert len(methods()) > 30


@pytest.mark.parametrize(("one", "name"), methods(), ids=lambda one: getattr(one, "__name__", one))
def test_a_method_of_the_interface_can_be_called_as_it_says(one: type, name: str) -> None:
    ours = getattr(ZFSSAISCSIDriver, name)
    wanted = inspect.signature(getattr(one, name)).parameters.values()
    required = [
        p.name for p in wanted if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    inspect.signature(ours).bind(*required)
    # Names of parameters are equal too, except where those of Cinder's base class differ.
    theirs = inspect.signature(getattr(base.VolumeDriver, name, ours)).parameters
    for parameter in required:
        if parameter in theirs:
            assert parameter in inspect.signature(ours).parameters


def calls() -> list[tuple[str, str, ast.Call]]:
    """Yields each call of the driver in the source of Cinder."""
    found = []
    root = Path(inspect.getfile(base)).parent
    for path in (root / "manager.py", *(root / "flows").rglob("*.py"), root / "driver.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Attribute)
                and node.func.value.attr == "driver"
                and not any(isinstance(one, ast.Starred) for one in node.args)
                and all(one.arg for one in node.keywords)
            ):
                found.append((path.name, node.func.attr, node))
    return found


def test_every_call_of_cinder_fits() -> None:
    seen = set()
    for where, name, node in calls():
        ours = getattr(ZFSSAISCSIDriver, name, None)
        if ours is None or not callable(ours):
            continue
        if isinstance(inspect.getattr_static(ZFSSAISCSIDriver, name), property):
            continue
        bound = inspect.isfunction(inspect.getattr_static(ZFSSAISCSIDriver, name))
        arguments: list[Any] = [None] * (len(node.args) + bound)
        keywords = {one.arg: None for one in node.keywords if one.arg}
        try:
            inspect.signature(ours).bind(*arguments, **keywords)
        except TypeError as error:
            raise AssertionError(f"{where}:{node.lineno}: {name}: {error}") from error
        seen.add(name)
    missing = {name for name in OWN if not name.startswith("_")} - seen
    assert not missing, f"Cinder does not call {missing}"


def test_what_the_engine_does_is_not_inherited() -> None:
    ours = {
        name
        for one in ZFSSAISCSIDriver.__mro__
        if one.__module__.startswith("zfssa.")
        for name in vars(one)
    }
    assert set() == OWN - ours
    # And what would pretend: a backup that does nothing, as the former driver had it.
    assert not ours & {"backup_volume", "restore_backup"}


def test_what_the_driver_says_of_itself() -> None:
    assert zfssa.__version__ == ZFSSAISCSIDriver.VERSION
    assert ZFSSAISCSIDriver.SUPPORTED is True
    assert ZFSSAISCSIDriver.SUPPORTS_ACTIVE_ACTIVE is False
    assert ZFSSAISCSIDriver in cinder.interface._volume_register


def test_the_driver_in_cinders_list_of_drivers() -> None:
    """What Cinder's documentation and its check of compliance read."""
    found = util.DriverInfo(ZFSSAISCSIDriver)
    assert issubclass(found.cls, volume_driver.VolumeDriverCore)
    assert found.ci_wiki_name == "Oracle_ZFSSA_CI"
    assert (found.version, found.supported) == (zfssa.__version__, True)
    assert found.class_fqn == "zfssa.cinder.driver.ZFSSAISCSIDriver"
    assert found.desc
    names = [option.name for option in found.driver_options]
    assert len(set(names)) == len(names)
    # All of the library, also those that Cinder defines for every driver.
    assert {option.name for option in zfssa.options()} <= set(names)
    # Each is one that an operator may set in the section of a backend.
    registered = cfg.CONF.backend_defaults._group._opts
    for option in found.driver_options:
        assert registered[option.name]["opt"] == option


class Recorder:
    """Configuration of a backend that records which options are read."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.read: set[str] = set()

    def safe_get(self, name: str) -> Any:
        self.read.add(name)
        return self.real.safe_get(name)

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(self.real, name)


#: What is read of the configuration and is not an option.
NO_OPTIONS = {"config_group"}


def test_every_option_that_is_read_is_listed(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = build(set_up=False)
    recorder = driver.configuration = Recorder(driver.configuration)
    properties = {"initiator": HOST_A}
    monkeypatch.setattr(os_brick_connector, "get_connector_properties", lambda *_: properties)
    driver.do_setup(None)
    driver.check_for_setup_error()
    driver.create_volume(volume())
    driver.initialize_connection(volume(), connector(HOST_A))
    driver.get_volume_stats(refresh=True)
    driver._init_vendor_properties()
    meta = {"id": "an-image", "updated_at": "2026-01-01", "virtual_size": 1 << 20}
    context = cinder_context.RequestContext("user", "project")
    with pytest.raises(exception.ImageCopyFailure):
        # The download of the image fails, since there is no image service.
        driver.clone_image(context, volume(2), None, meta, None)
    assert len(recorder.read) > 40
    listed = {option.name for option in driver.get_driver_options()}
    assert recorder.read - NO_OPTIONS <= listed
    # Read when the LUN of an image is attached and written.
    assert {"num_volume_device_scan_tries", "volume_dd_blocksize"} <= listed


def test_options_are_those_of_the_library() -> None:
    ours = {opt.name: opt for opt in ZFSSA_OPTS}
    table = {one.name: one for one in zfssa.options()}
    # A driver of the library serves one pool; that of Cinder has one for each of its pools.
    assert ours.pop("zfssa_pools").default is None
    assert set(ours) == {name for name, one in table.items() if one.origin != "cinder"}
    for name, opt in ours.items():
        assert opt.default is None
        assert opt.secret == (table[name].secret or name == "zfssa_initiator_config")
    assert ours["zfssa_lun_sparse"].sample_default is False
    assert list_opts() == [("backend_defaults", ZFSSA_OPTS)]


def test_statistics_have_what_the_scheduler_requires(driver: ZFSSAISCSIDriver) -> None:
    stats = driver.get_volume_stats(refresh=True)
    required = host_manager.HostManager.REQUIRED_KEYS
    (pool,) = stats["pools"]
    assert required <= set(pool)
    assert pool["pool_name"] == stats["volume_backend_name"] == driver.get_pool(None)
    assert required <= set(driver._unreachable_stats()["pools"][0])
    for key in ("total_capacity_gb", "free_capacity_gb", "provisioned_capacity_gb"):
        assert isinstance(stats[key], float)


@pytest.mark.parametrize("reached", [True, False], ids=["reached", "not reached yet"])
@pytest.mark.parametrize("allowed", [True, False], ids=["allowed", "not allowed"])
def test_the_scheduler_knows_whether_an_attached_volume_may_grow(
    build: Build, appliance: Appliance, allowed: bool, reached: bool
) -> None:
    """Cinder extends an attached volume unless online_extend_support is False."""
    driver = build(set_up=reached, zfssa_online_extend=allowed)
    if not reached:
        appliance.fault(kind="reset", times=None)
        with pytest.raises(exception.CinderException):
            driver.do_setup(None)
    (pool,) = driver.get_volume_stats(refresh=True)["pools"]
    assert pool["backend_state"] == ("up" if reached else "down")
    # As the scheduler sees it; only the value False counts, and a missing one as True.
    state = host_manager.PoolState("tests@first", None, {}, pool["pool_name"])
    state.update_from_volume_capability({**pool, "timestamp": timeutils.utcnow()})
    extend = {"operation": "extend_volume", "volume_properties": {"attach_status": "attached"}}
    assert CapabilitiesFilter().backend_passes(state, {"request_spec": extend}) is allowed
    if reached:
        one = volume()
        driver.create_volume(one)
        driver.initialize_connection(one, connector(HOST_A))
        with contextlib.nullcontext() if allowed else pytest.raises(exception.CinderException):
            driver.extend_volume(one, 2)
        assert lun(appliance, one)["volsize"] == (2 if allowed else 1) << 30


#: Capabilities of a pool that volume types and group types may ask for.
CAPABILITIES = {
    "thin_provisioning_support": True,
    "thick_provisioning_support": False,
    "multiattach": True,
    "online_extend_support": False,
    "QoS_support": False,
    "replication_enabled": False,
    "consistent_group_snapshot_enabled": True,
}


def test_capabilities(build: Build, appliance: Appliance) -> None:
    driver = build()
    (pool,) = driver.get_volume_stats(refresh=True)["pools"]
    assert {name: pool[name] for name in CAPABILITIES} == CAPABILITIES
    thick = build(zfssa_lun_sparse=False)
    (pool,) = thick.get_volume_stats(refresh=True)["pools"]
    provisioning = (pool["thin_provisioning_support"], pool["thick_provisioning_support"])
    assert provisioning == (False, True)
    # A backend that cannot be reached offers the same, and no space.
    appliance.fault(kind="reset", times=None)
    unreachable = build(set_up=False)
    with pytest.raises(exception.CinderException):
        unreachable.do_setup(None)
    (pool,) = unreachable.get_volume_stats(refresh=True)["pools"]
    assert {name: pool[name] for name in CAPABILITIES} == CAPABILITIES
    assert (pool["total_capacity_gb"], pool["free_capacity_gb"]) == (0, 0)
