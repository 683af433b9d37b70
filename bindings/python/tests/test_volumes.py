"""Operations on volumes and snapshots of the simulated appliance."""

from __future__ import annotations

import dataclasses
import inspect
import math
import pickle
from typing import Any

import pytest
from simulator import HOST_A, HOST_B, PASSWORD, Appliance, nowhere

import zfssa

GIB = 1 << 30


def test_a_volumes_whole_life_leaves_the_appliance_as_it_was(
    appliance: Appliance, driver: zfssa.Driver
) -> None:
    warnings = driver.check_for_setup_error().warnings
    assert all("portal" in warning for warning in warnings)
    before = appliance.state()

    volume = driver.create_volume("volume-1", 1, extra_specs={"zfssa:compression": "gzip"})
    assert (volume.name, volume.size_bytes, volume.created) == ("volume-1", GIB, True)
    assert (volume.compression, volume.sparse, volume.managed) == ("gzip", True, True)
    assert volume.initiator_groups == ()
    assert volume.origin is None
    assert driver.create_volume("volume-1", 1, extra_specs={"zfssa:compression": "gzip"}) == (
        dataclasses.replace(volume, created=False)
    )

    assert driver.extend_volume("volume-1", 2).size_bytes == 2 * GIB
    assert driver.create_snapshot("volume-1", "snapshot-1").created
    clone = driver.create_volume_from_snapshot("volume-2", 3, "volume-1", "snapshot-1")
    assert clone.origin == zfssa.Origin(project="cinder", volume="volume-1", snapshot="snapshot-1")
    assert clone.size_bytes == 3 * GIB
    copy = driver.create_cloned_volume("volume-3", 2, "volume-1")
    assert copy.origin is not None
    assert [one.name for one in driver.list_volumes().volumes] == [
        "volume-1",
        "volume-2",
        "volume-3",
    ]
    assert [one.name for one in driver.list_volumes(prefix="volume-2").volumes] == ["volume-2"]
    assert [one.name for one in driver.list_snapshots("volume-1").snapshots] == [
        "snapshot-1",
        "tmp-snapshot-3",
    ]

    connection = driver.initialize_connection("volume-1", HOST_A, volume_id="1")
    assert connection.driver_volume_type == "iscsi"
    assert connection.target_portals == ("127.0.0.1:3260",)
    assert connection.target_luns == (connection.target_lun,)
    assert (connection.changed, connection.target_discovered) == (True, False)
    assert (connection.auth_method, connection.auth_password) == (None, None)
    driver.initialize_connection("volume-1", HOST_B)
    assert driver.get_volume("volume-1").initiator_groups == ("host-a", "host-b")
    gone = driver.terminate_connection("volume-1", HOST_A, still_attached=[HOST_B])
    assert (gone.changed, gone.still_presented, gone.initiator_groups) == (True, False, ("host-b",))
    assert driver.terminate_connection("volume-1", zfssa.EVERY).initiator_groups == ()

    stats = driver.get_volume_stats()
    assert (stats.total_volumes, stats.provisioned_capacity_gb) == (3, 7.0)
    assert stats.storage_protocol == "iSCSI"

    for name in ("volume-3", "volume-2"):
        assert driver.delete_volume(name).existed
    assert driver.delete_snapshot("volume-1", "snapshot-1").existed
    assert driver.delete_volume("volume-1").existed
    assert not driver.delete_volume("volume-1").existed
    assert appliance.state() == before


def test_an_error_is_of_its_class_and_says_all_that_is_known(driver: zfssa.Driver) -> None:
    driver.create_volume("volume-1", 1)
    driver.create_snapshot("volume-1", "snapshot-1")
    with pytest.raises(zfssa.VolumeBusyError) as caught:
        driver.delete_volume("volume-1")
    error = caught.value
    assert isinstance(error, zfssa.DriverError)
    assert isinstance(error, zfssa.Error)
    assert (error.status, error.status_name) == (-302, "VOLUME_BUSY")
    assert error.outcome in (zfssa.Outcome.NONE, zfssa.Outcome.REJECTED)
    assert (error.operation, error.resource) == ("delete_volume", "volume-1")
    assert (error.retryable, error.left_behind) == (False, ())
    assert "snapshot-1" in error.message
    assert error.message in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.facts(), str(again)) == (type(error), error.facts(), str(error))


def test_an_answer_that_is_lost_is_settled_by_reading_back(
    appliance: Appliance, driver: zfssa.Driver
) -> None:
    appliance.fault(method="POST", path="/luns$", kind="reply_lost", when="after_commit")
    assert driver.create_volume("volume-1", 1).created


def test_what_the_appliance_refuses_keeps_its_fault(
    appliance: Appliance, driver: zfssa.Driver
) -> None:
    kind = {"status": {"status": 413, "name": "ERR_OVER_LIMIT"}}
    appliance.fault(method="POST", path="/luns$", kind=kind)
    with pytest.raises(zfssa.OverLimitError) as caught:
        driver.create_volume("volume-1", 1)
    error = caught.value
    assert isinstance(error, zfssa.ApplianceError)
    assert (error.http_status, error.fault) == (413, "ERR_OVER_LIMIT")
    assert error.outcome is zfssa.Outcome.REJECTED


def test_arguments_that_c_would_cut_are_refused(lone: zfssa.Driver) -> None:
    for name in ("volume\0", "\ud800"):
        with pytest.raises(zfssa.InvalidArgumentError):
            lone.get_volume(name)
    for size in (-1, 1 << 64):
        with pytest.raises(zfssa.InvalidArgumentError):
            lone.create_volume("volume-1", size)
    with pytest.raises(TypeError):
        lone.create_volume("volume-1", 1.5)  # type: ignore[arg-type]
    with pytest.raises(zfssa.InvalidArgumentError):
        lone.get_volume(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        lone.terminate_connection("v", HOST_A, still_attached=HOST_B)
    for timeout in (0, -1, math.nan):
        with pytest.raises(zfssa.InvalidArgumentError):
            lone.echo(timeout=timeout)


def test_a_deadline_is_the_whole_operations(appliance: Appliance) -> None:
    with zfssa.Driver(appliance.options()) as driver:
        appliance.fault(method="GET", kind={"hang": {}}, times=None)
        with pytest.raises(zfssa.DeadlineError) as caught:
            driver.get_volume_stats(timeout=0.2)
        assert caught.value.outcome is zfssa.Outcome.NONE
        appliance.admin("DELETE", "/faults")
        appliance.admin("POST", "/release")


def test_every_status_has_an_exception() -> None:
    kinds = {
        kind.number: kind
        for _, kind in inspect.getmembers(zfssa.errors, inspect.isclass)
        if issubclass(kind, zfssa.Error) and kind.number
    }
    statuses = {
        value for name, value in vars(zfssa.operations._abi).items() if name.startswith("ZFSSA_E_")
    }
    assert set(kinds) == statuses
    with zfssa.Driver(nowhere()) as driver:
        for number, kind in kinds.items():
            with pytest.raises(kind) as caught:
                driver.echo(fail_with=number)
            assert type(caught.value) is kind


def test_a_status_of_a_later_library_is_told_by_its_class() -> None:
    from zfssa._error import Outcome, kind_of

    assert kind_of(-399) is zfssa.DriverError
    assert kind_of(-199) is zfssa.TransportError
    assert kind_of(-9999) is zfssa.Error
    assert Outcome.of(77) is Outcome.UNKNOWN


def test_secrets_do_not_show(appliance: Appliance) -> None:
    secret = "CANARYtarget-1"
    config = zfssa.Config(
        appliance.options(zfssa_target_user="target", zfssa_target_password=secret)
    )
    assert PASSWORD not in repr(config)
    with zfssa.Driver(config) as driver:
        driver.do_setup()
        driver.create_volume("volume-1", 1)
        connection = driver.initialize_connection("volume-1", HOST_A)
        assert connection.auth_password == secret
        assert secret not in repr(connection)
        request = zfssa.MigrateVolume(
            "volume-1", location_info=f"host:{secret}", login="root", password=secret
        )
        assert secret not in repr(request)
        found = driver.call(request)
        assert not found.migrated
        assert found.declined
        assert secret not in found.reason


def test_the_option_table_is_the_librarys() -> None:
    options = {one.name: one for one in zfssa.options()}
    assert options["san_password"].secret
    assert options["san_ip"].required
    assert options["san_api_port"].maximum == 65535
    assert options["zfssa_lun_logbias"].choices == ("latency", "throughput")
    assert options["zfssa_pool"].origin == "reference"


def test_every_problem_of_a_configuration_is_told() -> None:
    with pytest.raises(zfssa.ConfigError) as caught:
        zfssa.Config(san_ip="a", zfssa_lun_logbias="x").validate()
    assert len(caught.value.causes) >= 4
    with pytest.raises(zfssa.ConfigError, match="no_such_option"):
        zfssa.Config(nowhere(), no_such_option=1).validate()


def test_every_host_and_every_volume_have_to_be_asked_for(
    driver: zfssa.Driver, appliance: Appliance
) -> None:
    driver.create_volume("volume-1", 1)
    driver.create_snapshot("volume-1", "snapshot-1")
    driver.initialize_connection("volume-1", HOST_A)
    driver.initialize_connection("volume-1", HOST_B)
    before = appliance.state()
    nothing: Any
    for nothing in (None, ""):
        with pytest.raises(
            zfssa.InvalidArgumentError, match=r"initiator .* zfssa\.EVERY for every"
        ):
            driver.terminate_connection("volume-1", nothing)
        with pytest.raises(zfssa.InvalidArgumentError, match=r"volume .* zfssa\.EVERY for every"):
            driver.list_snapshots(nothing)
    # None may select every object, an empty string never does.
    for refused in (
        lambda: driver.list_volumes(prefix=""),
        lambda: driver.get_manageable_volumes(marker=""),
    ):
        with pytest.raises(zfssa.InvalidArgumentError, match="is empty"):
            refused()
    with pytest.raises(TypeError):
        driver.terminate_connection("volume-1")  # type: ignore[call-arg]
    assert appliance.state() == before
    assert [one.name for one in driver.list_snapshots(zfssa.EVERY).snapshots] == ["snapshot-1"]
    assert driver.terminate_connection("volume-1", zfssa.EVERY).initiator_groups == ()


def test_an_operation_may_be_waited_for_more_than_once(lone: zfssa.Driver) -> None:
    operation = lone.submit(zfssa.Echo(message="hello"))
    assert operation.wait()
    assert operation.done
    assert operation.result().message == operation.result().message == "hello"
    operation.cancel()
    slow = lone.submit(zfssa.Echo(delay_ms=3_600_000))
    with pytest.raises(zfssa.TimedOutError):
        slow.result(timeout=0.01)
    assert not slow.done
    slow.cancel()
    with pytest.raises(zfssa.CancelledError):
        slow.result()


def test_a_closed_driver_says_so() -> None:
    driver = zfssa.Driver(nowhere())
    slow = driver.submit(zfssa.Echo(delay_ms=3_600_000))
    assert not driver.close(timeout=0.05)
    assert driver.close(cancel=True)
    with pytest.raises((zfssa.ShutdownError, zfssa.CancelledError)):
        slow.result()
    with pytest.raises(zfssa.ClosedError):
        driver.echo()
    assert driver.close()


def test_iterators_hold_a_page_at_a_time(driver: zfssa.Driver) -> None:
    names = [f"volume-{n}" for n in range(5)]
    for name in names:
        driver.create_volume(name, 1)
        driver.create_snapshot(name, f"snapshot-of-{name}")

    page = driver.list_volumes(limit=2)
    assert [one.name for one in page.volumes] == names[:2]
    page = driver.list_volumes(marker=page.next_marker)
    assert ([one.name for one in page.volumes], page.next_marker) == (names[2:], None)

    assert [one.name for one in driver.iter_volumes(page_size=2)] == names
    assert [one.name for one in driver.iter_volumes(prefix="volume-3")] == ["volume-3"]
    snapshots = driver.iter_snapshots(zfssa.EVERY, page_size=2)
    assert sorted(one.volume for one in snapshots) == names
    volumes = driver.iter_manageable_volumes(sort_dirs=["desc"], page_size=2)
    assert [one.reference for one in volumes] == names[::-1]
    entries = driver.iter_manageable_snapshots(page_size=2)
    assert sorted(one.source_reference for one in entries) == names
    assert next(driver.iter_volumes()).name == names[0]
    with pytest.raises(zfssa.VolumeNotFoundError):
        next(driver.iter_snapshots("volume-x"))
