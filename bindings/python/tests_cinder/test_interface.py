"""Conformity with Cinder's interface classes and with the calls of its manager."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import cinder.interface
import pytest
from cinder.interface import (
    volume_driver,
    volume_group_driver,
    volume_manageable_driver,
    volume_snapshot_revert,
    volume_snapshotmanagement_driver,
)
from cinder.scheduler import host_manager
from cinder.volume import driver as base

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
    assert ZFSSAISCSIDriver.get_driver_options() is ZFSSA_OPTS


def test_options_are_those_of_the_library() -> None:
    ours = {opt.name: opt for opt in ZFSSA_OPTS}
    table = {one.name: one for one in zfssa.options()}
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
