"""Every operation of the library, with both drivers."""

from __future__ import annotations

import asyncio
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from simulator import HOST_A, HOST_B, PASSWORD, ROOT, Appliance

import zfssa
from zfssa.operations import AsyncOperations, Operations

GIB = 1 << 30


def of_the_header() -> set[str]:
    """The operations of the library, by the description of its ABI."""
    sys.path.insert(0, str(ROOT / "bindings" / "python" / "tools"))
    import header

    return {one.name for one in header.read(ROOT).operations}


class Calls:
    """Calls the methods of either driver by their names."""

    def __init__(self, driver: Any, run: Callable[[Any], Any]) -> None:
        self._driver = driver
        self._run = run
        self.made: set[str] = set()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            found = self._run(getattr(self._driver, name)(*arguments, **more))
            self.made.add(name)
            return found

        return call


def test_every_operation_of_the_header_has_a_method() -> None:
    names = of_the_header()
    assert len(names) > 40
    for kind in (Operations, AsyncOperations):
        methods = {name for name in vars(kind) if not name.startswith("_")}
        assert methods - {"call"} == names


@pytest.mark.parametrize("kind", ["waits", "asyncio"])
def test_every_operation_is_called(appliance: Appliance, kind: str, tmp_path: Any) -> None:
    options = appliance.options(zfssa_state_dir=str(tmp_path))
    # API tokens need a newer release of the appliance.
    appliance.admin("POST", "/options", {"release": "OS8.8"})
    token_file = tmp_path / "token"
    if kind == "waits":
        with zfssa.Driver(options) as driver:
            calls = Calls(driver, lambda found: found)
            life(calls, lambda _: None, token_file)
    else:
        loop = asyncio.new_event_loop()
        coroutines = zfssa.AsyncDriver(options)
        calls = Calls(coroutines, loop.run_until_complete)

        async def transfer(_: zfssa.Connection) -> None:
            await asyncio.sleep(0)

        life(calls, transfer, token_file)
        assert loop.run_until_complete(coroutines.close())
        loop.close()
    assert of_the_header() - calls.made == set()
    assert appliance.luns("cinder") == {}


def life(on: Calls, transfer: Any, token_file: Path) -> None:
    assert on.echo(message="größe").message == "größe"
    token = on.create_api_token("host-1", lifetime_s=3600, token_file=str(token_file))
    assert token.name.startswith("host-1-")
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    report = on.do_setup()
    assert report.target_iqn.startswith("iqn.")
    assert on.check_for_setup_error().warnings is not None
    certificate = on.get_certificate()
    assert certificate.pem.startswith("-----BEGIN")
    assert on.recover(operations=["an operation of nobody"]).recovered == ()
    volumes(on)
    connections(on, report.target_iqn)
    management(on)
    changes(on)
    groups(on)
    image = on.clone_image(
        "volume-8",
        1,
        "an-image",
        "2026-01-01",
        HOST_A,
        image_virtual_size=1 << 20,
        transfer=transfer,
    )
    assert (image.transferred, image.cache_entry) == (True, "os-cache-vol-an-image")
    on.delete_volume("volume-8")
    names = ["volume-1", "volume-2", "volume-3"]
    found = on.audit(volumes=names, snapshots=["snapshot-1"], min_age_s=1)
    assert all(one.kind and one.object for one in found.findings)
    for name in names[:0:-1]:
        assert on.delete_volume(name).existed
    assert on.delete_snapshot("volume-1", "snapshot-1").existed
    assert on.delete_volume("volume-1").existed


def volumes(on: Calls) -> None:
    volume = on.create_volume("volume-1", 2, extra_specs={"zfssa:compression": "lzjb"})
    assert (volume.compression, volume.size_bytes, volume.created) == ("lzjb", 2 * GIB, True)
    assert on.extend_volume("volume-1", 3).size_bytes == 3 * GIB
    assert on.get_volume("volume-1").guid == volume.guid
    assert on.create_snapshot("volume-1", "snapshot-1").created
    assert [one.name for one in on.list_snapshots("volume-1").snapshots] == ["snapshot-1"]
    clone = on.create_volume_from_snapshot("volume-2", 4, "volume-1", "snapshot-1")
    assert clone.origin.snapshot == "snapshot-1"
    assert on.create_cloned_volume("volume-3", 3, "volume-1").origin.volume == "volume-1"
    assert [one.name for one in on.list_volumes().volumes] == ["volume-1", "volume-2", "volume-3"]
    stats = on.get_volume_stats()
    assert (stats.total_volumes, stats.storage_protocol) == (3, "iSCSI")


def connections(on: Calls, target: str) -> None:
    assert on.create_export("volume-1") is None
    assert on.ensure_export("volume-1") is None
    connection = on.initialize_connection("volume-1", HOST_A, volume_id="1")
    assert (connection.target_iqn, connection.volume_id) == (target, "1")
    on.initialize_connection("volume-1", HOST_B)
    gone = on.terminate_connection("volume-1", HOST_A)
    assert gone.initiator_groups == ("host-b",)
    # An empty list means that no attachment remains; None, that the attachments are unknown.
    gone = on.terminate_connection("volume-1", HOST_B, still_attached=[])
    assert gone.initiator_groups == ()
    assert on.remove_export("volume-1") is None


def management(on: Calls) -> None:
    let = on.unmanage_snapshot("volume-1", "snapshot-1")
    assert (let.changed, let.name) == (True, "snapshot-1")
    found = on.get_manageable_snapshots(sort_keys=["reference"], sort_dirs=["asc"])
    assert "volume-1" in {one.source_reference for one in found.entries}
    assert on.manage_existing_snapshot_get_size("volume-1", let.new_name).size_gib == 3
    back = on.manage_existing_snapshot("volume-1", "snapshot-1", let.new_name)
    assert back.snapshot.name == "snapshot-1"
    let = on.unmanage("volume-3")
    assert on.manage_existing_get_size(source_name=let.new_name).size_bytes == 3 * GIB
    known = [zfssa.KnownVolume("id-1", "volume-1"), zfssa.KnownVolume("id-2", "volume-2")]
    entries = {
        one.reference: one for one in on.get_manageable_volumes(cinder_volumes=known).entries
    }
    assert entries["volume-2"].cinder_id == "id-2"
    assert entries[let.new_name].safe_to_manage
    taken = on.manage_existing("volume-3", source_name=let.new_name)
    assert taken.volume.name == "volume-3"


def changes(on: Calls) -> None:
    retyped = on.retype("volume-2", extra_specs={"zfssa:logbias": "throughput"})
    assert (retyped.in_place, retyped.volume.logbias) == (True, "throughput")
    on.create_snapshot("volume-3", "snapshot-3")
    assert on.revert_to_snapshot("volume-3", "snapshot-3", 3).name == "volume-3"
    on.delete_snapshot("volume-3", "snapshot-3")
    info = on.update_provider_info(
        volumes=[zfssa.KnownVolume("1", "volume-1"), zfssa.KnownVolume("9", "volume-9")]
    )
    assert ([one.id for one in info.volumes], info.missing_volumes) == (["1"], ("9",))
    on.create_volume("volume-5", 1)
    assert on.update_migrated_volume("volume-4", "volume-5").renamed
    declined = on.migrate_volume("volume-1", location_info="x", login="root", password=PASSWORD)
    assert not declined.migrated
    assert PASSWORD not in declined.reason


def groups(on: Calls) -> None:
    assert on.create_group("group-1") is None
    assert on.update_group("group-1", add_volumes=["volume-1", "volume-4"]) is None
    members = [zfssa.GroupMember(name, "taken") for name in ("volume-1", "volume-4")]
    together = on.create_group_snapshot("gs-1", members=members)
    assert [one.name for one in together.snapshots] == ["taken", "taken"]
    copies = [
        zfssa.GroupClone("volume-6", "volume-1", 3, snapshot="taken"),
        zfssa.GroupClone("volume-7", "volume-4", 2, snapshot="taken"),
    ]
    made = on.create_group_from_src("group-2", volumes=copies)
    assert [one.size_bytes for one in made.volumes] == [3 * GIB, 2 * GIB]
    busy = on.delete_group_snapshot("gs-1", members=members)
    assert {one.status for one in busy.parts} == {zfssa.SnapshotBusyError.number}
    assert on.delete_group("group-2", volumes=["volume-6", "volume-7"]).all_deleted
    assert on.delete_group_snapshot("gs-1", members=members).all_deleted
    on.delete_volume("volume-4")
