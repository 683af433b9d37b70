"""Migration by replication, with the calls of Cinder's manager."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from backends import known_to_each_other, sections
from cinder import exception
from conftest import Build
from samples import GIB, guid, volume
from simulator import Appliance

Pair = tuple[Appliance, Appliance]


@pytest.fixture
def pair(appliance: Appliance, appliances: Pair) -> Pair:  # noqa: ARG001
    """Two appliances in their initial state that are replication targets of each other."""
    known_to_each_other(appliances)
    return appliances


@pytest.fixture
def drivers(build: Build, pair: Pair, tmp_path: Path) -> list[Any]:
    return [build(whole=one) for one in sections(tmp_path, pair)]


@pytest.fixture
def there(drivers: list[Any]) -> dict[str, Any]:
    """Returns the destination in the form in which the scheduler passes it."""
    stats = drivers[1].get_volume_stats(refresh=True)
    # The scheduler replaces the protocol by a list of all its names.
    capabilities = {**stats, **stats["pools"][0], "storage_protocol": ["iSCSI", "iscsi"]}
    return {"host": "tests@second#second", "cluster_name": None, "capabilities": capabilities}


def test_a_volume_moves(drivers: list[Any], there: Any, pair: Pair) -> None:
    before = [one.state() for one in pair]
    one = volume(size=3)
    drivers[0].create_volume(one)
    moved = drivers[0].migrate_volume(None, one, there)
    # In the order that the manager expects, not that of the interface's docstring.
    assert moved == (True, {"provider_id": guid(pair[1], one)})
    assert pair[0].state() == before[0]
    assert pair[1].luns("cinder")[one["name"]]["volsize"] == 3 * GIB
    drivers[1].extend_volume(one, 4)
    drivers[1].delete_volume(one)
    assert [one.state() for one in pair] == before


@pytest.mark.parametrize(
    "changed",
    [
        {"vendor_name": "Another"},
        {"storage_protocol": ["FC", "fibre_channel", "fc"]},
        {"location_info": None},
        {"location_info": "x"},
    ],
    ids=["vendor", "protocol", "no location", "bad location"],
)
def test_what_the_appliances_cannot_do_is_left_to_cinder(
    drivers: list[Any], there: Any, pair: Pair, changed: dict[str, Any]
) -> None:
    one = volume()
    drivers[0].create_volume(one)
    before = [one.state() for one in pair]
    there["capabilities"] |= changed
    assert drivers[0].migrate_volume(None, one, there) == (False, None)
    assert [one.state() for one in pair] == before


def test_a_volume_with_a_status_of_its_own(drivers: list[Any], there: Any, pair: Pair) -> None:
    one = volume(status="in-use")
    drivers[0].create_volume(one)
    assert drivers[0].migrate_volume(None, one, there) == (False, None)
    assert one["name"] in pair[0].luns("cinder")


#: Each step of a migration with a fault, as in the tests of the former driver.
STEPS = {
    "uninherit": {"method": "PUT", "path": "/replication$", "on": 0},
    "create_action": {"method": "POST", "path": "/replication/actions$", "on": 0},
    "send_update": {"method": "PUT", "path": "/sendupdate$", "on": 0},
    "sever": {"method": "PUT", "path": "/sever$", "on": 1},
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails(drivers: list[Any], there: Any, pair: Pair, step: str) -> None:
    one = volume()
    drivers[0].create_volume(one)
    before = [one.state() for one in pair]
    fault = dict(STEPS[step])
    on = pair[fault.pop("on")]
    sent = len(on.trace())
    refusal = {"status": {"status": 400, "name": "ERR_INVALID_ARG"}}
    on.fault(**fault, kind=refusal, times=None)
    with pytest.raises(exception.VolumeBackendAPIException):
        drivers[0].migrate_volume(None, one, there)
    assert [one for one in on.trace()[sent:] if one["status"] == 400]
    on.admin("DELETE", "/faults")
    assert [one.state() for one in pair] == before
    assert drivers[0].migrate_volume(None, one, there)[0] is True
