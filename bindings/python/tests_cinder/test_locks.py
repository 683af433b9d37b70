"""Cinder's coordination locks, and operations that need none."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cinder import context as cinder_context
from cinder import coordination, exception
from cinder.volume import manager
from conftest import Build
from os_brick.initiator import connector as os_brick_connector
from oslo_config import cfg
from samples import attached, connector, snapshot, volume
from simulator import HOST_A, HOST_B, Appliance

SHARED = "etcd3+http://127.0.0.1:2379"


class Coordinator:
    """Coordinator that records the requests to the appliance during each lock."""

    def __init__(self, appliance: Appliance, *, started: bool = True) -> None:
        self.appliance = appliance
        self.started = started
        self.locks: list[tuple[str, int]] = []

    @contextlib.contextmanager
    def get_lock(self, name: str) -> Iterator[None]:
        before = len(self.appliance.trace())
        try:
            yield
        finally:
            self.locks.append((name, len(self.appliance.trace()) - before))


Watch = Callable[..., Coordinator]


@pytest.fixture
def driver(build: Build, request: pytest.FixtureRequest) -> Any:
    """A driver. With a test that uses etcd, the library's own locks are there."""
    if "etcd" not in request.fixturenames:
        return build()
    return build(zfssa_coordination_url=request.getfixturevalue("etcd").url)


@pytest.fixture
def watch(appliance: Appliance, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    def one(url: str, **how: Any) -> Coordinator:
        coordinator = Coordinator(appliance, **how)
        monkeypatch.setattr(coordination, "COORDINATOR", coordinator)
        cfg.CONF.set_override("backend_url", url, group="coordination")
        return coordinator

    yield one
    cfg.CONF.clear_override("backend_url", group="coordination")


def attach(driver: Any) -> None:
    driver.initialize_connection(volume(), connector(HOST_A))


def detach(driver: Any) -> None:
    driver.initialize_connection(volume(), connector(HOST_B))
    driver.terminate_connection(volume(), connector(HOST_B))


def detach_all(driver: Any) -> None:
    driver.terminate_connection(volume(volume_attachment=attached(HOST_A)), None)


def from_image(driver: Any) -> None:
    meta = {"id": "an-image", "updated_at": "2026-01-01", "virtual_size": 1 << 20}
    context = cinder_context.RequestContext("user", "project")
    # The volume does not exist; the request that finds out must be sent under the lock.
    with pytest.raises(exception.ImageCopyFailure):
        driver.clone_image(context, volume(2), None, meta, None)


NAME = f"zfssa-{volume()['name']}"
OPERATIONS: dict[str, tuple[Callable[[Any], None], list[str]]] = {
    "attach": (attach, [NAME]),
    "detach": (detach, [NAME, NAME]),
    "detach all": (detach_all, [NAME]),
    "from an image": (from_image, ["zfssa-image-an-image"]),
}


@pytest.fixture
def work(
    request: pytest.FixtureRequest, driver: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], list[str]]:
    properties = {"initiator": HOST_A}
    monkeypatch.setattr(os_brick_connector, "get_connector_properties", lambda *_: properties)
    driver.create_volume(volume())
    run, names = OPERATIONS[request.param]

    def one() -> list[str]:
        run(driver)
        return names

    return one


@pytest.mark.parametrize("work", OPERATIONS, indirect=True)
def test_a_lock_that_other_hosts_see(
    work: Callable[[], list[str]], watch: Watch, appliance: Appliance
) -> None:
    coordinator = watch(SHARED)
    sent = len(appliance.trace())
    names = work()
    assert [name for name, _ in coordinator.locks] == names
    # All requests to the appliance are sent under the lock.
    assert sum(asked for _, asked in coordinator.locks) == len(appliance.trace()) - sent > 0


@pytest.mark.parametrize("work", OPERATIONS, indirect=True)
@pytest.mark.parametrize(
    ("url", "started"),
    [("file://$state_path", True), ("file:///var/lib/cinder", True), (SHARED, False)],
    ids=["file", "path", "not started"],
)
def test_no_lock_that_nobody_else_would_see(
    work: Callable[[], list[str]], watch: Watch, url: str, started: bool
) -> None:
    coordinator = watch(url, started=started)
    work()
    assert coordinator.locks == []


@pytest.mark.usefixtures("etcd")
@pytest.mark.parametrize("work", OPERATIONS, indirect=True)
def test_no_second_lock_beside_that_of_the_library(
    work: Callable[[], list[str]], watch: Watch
) -> None:
    coordinator = watch(SHARED)
    work()
    assert coordinator.locks == []


def test_what_needs_no_lock_of_its_own(driver: Any, watch: Watch) -> None:
    coordinator = watch(SHARED)
    one = volume()
    driver.create_volume(one)
    driver.create_snapshot(snapshot(one))
    driver.extend_volume(one, 2)
    driver.create_volume_from_snapshot(volume(2, 2), snapshot(one))
    driver.delete_volume(volume(2))
    driver.delete_snapshot(snapshot(one))
    driver.delete_volume(one)
    assert coordinator.locks == []


def test_cinder_has_the_locks_that_this_rests_on() -> None:
    """Cinder prevents the deletion of a volume while it is cloned, on every host."""
    source = inspect.getsource(manager.VolumeManager)
    for lock in ("{volume.id}-delete_volume", "{snapshot.id}-delete_snapshot"):
        assert f"@coordination.synchronized('{lock}')" in source
    assert "get_lock(locked_action)" in inspect.getsource(manager.VolumeManager.create_volume)
