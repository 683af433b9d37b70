"""Volumes from images, by way of the cache on the appliance; the bytes go to files here, and to
real LUNs in test_life.py.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cinder import context as cinder_context
from cinder import exception
from cinder.image import glance as cinder_glance
from cinder.volume import volume_types
from conftest import Build
from image_service import Glance
from initiator import NAME
from os_brick import exception as brick_exception
from os_brick.initiator import connector
from oslo_config import cfg
from samples import GIB, lun, volume
from simulator import POOL, Appliance
from stack import BIN, PROGRAMS

CACHE = "os-cinder-cache"
LUNS = f"/api/storage/v1/pools/{POOL}/projects/{CACHE}/luns"
REFUSAL = {"status": {"status": 400, "name": "ERR_INVALID_ARG"}}


class Host:
    """Replacement of os-brick: a file in place of each attached device."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.properties = {"initiator": NAME, "host": "cinder", "multipath": False}
        #: The requested connections, and the file of the last device.
        self.connected: list[dict[str, Any]] = []
        self.last = folder / "none"
        #: The attached devices.
        self.attached: set[str] = set()
        self.usable = True
        self.flushes = True

    def connect_volume(self, data: dict[str, Any]) -> dict[str, Any]:
        self.last = self.folder / f"device-{len(self.connected)}"
        self.last.write_bytes(b"")
        self.connected.append(data)
        self.attached.add(str(self.last))
        return {"type": "block", "path": str(self.last)}

    def check_valid_device(self, path: str, run_as_root: bool = True) -> bool:  # noqa: ARG002
        return self.usable and path in self.attached

    def disconnect_volume(
        self, data: Any, device: Any, force: bool = False, ignore_errors: bool = False
    ) -> None:
        assert data == self.connected[-1]
        assert force
        self.attached.remove(device["path"])
        if not self.flushes and not ignore_errors:
            raise brick_exception.VolumeDeviceNotFound(device=device["path"])


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    folder = tmp_path / "devices"
    folder.mkdir()
    one = Host(folder)
    monkeypatch.setattr(connector, "get_connector_properties", lambda *_, **__: one.properties)
    factory = staticmethod(lambda *_, **__: one)
    monkeypatch.setattr(connector.InitiatorConnector, "factory", factory)
    monkeypatch.setenv("PATH", f"{PROGRAMS}:{BIN}:{os.environ['PATH']}")
    return one


class Cloud:
    """Creates a volume from an image as Cinder's manager does."""

    def __init__(self, driver: Any, glance: Glance) -> None:
        self.driver = driver
        self.glance = glance
        self.context = cinder_context.RequestContext("user", "project", is_admin=True)

    def clone(self, one: Any, image: str, **changed: Any) -> tuple[Any, bool]:
        service = cinder_glance.GlanceImageService()
        meta = {**service.show(self.context, image), **changed}
        found: tuple[Any, bool] = self.driver.clone_image(self.context, one, None, meta, service)
        return found


@pytest.fixture
def cloud(driver: Any, glance: Glance, host: Host) -> Iterator[Cloud]:  # noqa: ARG001
    service = {"glance_api_servers": [glance.url], "auth_strategy": "noauth"}
    for name, value in service.items():
        cfg.CONF.set_override(name, value)
    yield Cloud(driver, glance)
    for name in service:
        cfg.CONF.clear_override(name)


def entries(appliance: Appliance) -> dict[str, Any]:
    return appliance.luns(CACHE)


def same(glance: Glance, image: str, device: Path) -> bool:
    """Whether a device contains exactly the data of an image."""
    compare = ["qemu-img", "compare", "-q", "-f", "qcow2", "-F", "raw"]
    return subprocess.run([*compare, glance.path(image), device]).returncode == 0


def test_an_image_is_written_once(cloud: Cloud, appliance: Appliance, host: Host) -> None:
    before = appliance.state()
    image = cloud.glance.qcow2(700, (0x5A, 0), (0xC3, 699))
    first, second = volume(1, 1), volume(2, 3)
    update, cloned = cloud.clone(first, image)
    assert (list(update), cloned) == (["provider_id"], True)
    assert same(cloud.glance, image, host.last)
    (data,) = host.connected
    assert (data["target_portal"], data["encrypted"]) == ("127.0.0.1:3260", False)
    assert isinstance(data["target_lun"], int)
    assert host.attached == set()
    assert cloud.clone(second, image)[1] is True
    assert cloud.glance.fetched == [image]
    assert len(host.connected) == 1

    (name,) = entries(appliance)
    assert name == f"os-cache-vol-{image}"
    entry = entries(appliance)[name]
    assert (entry["volsize"], [one["name"] for one in entry["snapshots"]]) == (
        GIB,
        [f"image-{image}"],
    )
    # In the format of the former driver, whose cache entries are still used.
    assert entry["custom"]["image_id"] == image
    assert entry["custom"]["updated_at"] == "2026-01-01T00:00:00+00:00"
    for one in (first, second):
        assert lun(appliance, one)["volsize"] == one["size"] * GIB
        assert lun(appliance, one)["origin"]["share"] == name

    # No temporary file of the image is left on this host.
    assert list(Path(cfg.CONF.image_conversion_dir).iterdir()) == []
    cloud.driver.delete_volume(first)
    assert list(entries(appliance)) == [name]
    cloud.driver.delete_volume(second)
    assert appliance.state() == before


def test_the_type_of_a_volume_is_kept(
    cloud: Cloud, appliance: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = {"zfssa:compression": "gzip", "other:key": "x"}
    monkeypatch.setattr(volume_types, "get_volume_type_extra_specs", lambda _: dict(specs))
    monkeypatch.setattr(volume_types, "get_volume_type_qos_specs", lambda _: {"qos_specs": None})
    one = volume(volume_type_id="a-type")
    assert cloud.clone(one, cloud.glance.qcow2(1))[1] is True
    assert lun(appliance, one)["properties"]["compression"] == "gzip"
    specs["zfssa:compression"] = "best"
    with pytest.raises(exception.InvalidInput):
        cloud.clone(volume(2, volume_type_id="a-type"), cloud.glance.qcow2(1))
    assert len(entries(appliance)) == 1


@pytest.mark.parametrize(
    "changed",
    [{"virtual_size": 1 << 30}, {"updated_at": None}, {"virtual_size": None, "size": 0}],
    ids=["too large", "no version", "no size"],
)
def test_an_image_that_goes_cinders_own_way(
    cloud: Cloud, appliance: Appliance, changed: dict[str, Any]
) -> None:
    before = appliance.state()
    # No size in the metadata, because its container format is not bare.
    image = cloud.glance.qcow2(1, container_format="compressed")
    assert cloud.clone(volume(), image, **changed) == (None, False)
    assert appliance.state() == before


def test_without_a_cache_or_an_initiator_nothing_is_asked(
    build: Build, cloud: Cloud, appliance: Appliance, host: Host
) -> None:
    before, image = appliance.state(), cloud.glance.qcow2(1, virtual_size=None)
    cloud.driver = build(zfssa_enable_local_cache="False")
    sent = len(appliance.trace())
    assert cloud.clone(volume(), image) == (None, False)
    assert (len(appliance.trace()), cloud.glance.fetched) == (sent, [])
    host.properties.pop("initiator")
    cloud.driver = build()
    sent = len(appliance.trace())
    assert cloud.clone(volume(), image, virtual_size=1) == (None, False)
    assert (len(appliance.trace()), appliance.state()) == (sent, before)


def test_an_image_that_does_not_tell_its_size(cloud: Cloud, host: Host) -> None:
    """The image is fetched once for its size and its transfer, and not again."""
    image = cloud.glance.qcow2(2, (0x11, 1), virtual_size=None)
    assert cloud.clone(volume(1), image)[1] is True
    assert cloud.glance.fetched == [image]
    assert same(cloud.glance, image, host.last)
    assert cloud.clone(volume(2), image)[1] is True
    assert cloud.glance.fetched == [image]
    # The file size is the virtual size only for a raw image.
    raw = cloud.glance.raw(b"\x77" * 512)
    assert cloud.clone(volume(3), raw, virtual_size=None)[1] is True
    assert cloud.glance.fetched == [image, raw]


# --------------------------------------------------- What the former driver asked of entries


def spoilt(cloud: Cloud, appliance: Appliance, image: str) -> str:
    """Creates a cache entry without clones, as after a failure of the first clone."""
    appliance.fault(method="PUT", path="/clone$", kind=REFUSAL)
    assert cloud.clone(volume(9), image) == (None, False)
    (name,) = entries(appliance)
    return name


def test_a_clone_that_fails_is_left_to_cinder(
    cloud: Cloud, appliance: Appliance, caplog: pytest.LogCaptureFixture
) -> None:
    image = cloud.glance.qcow2(1)
    name = spoilt(cloud, appliance, image)
    assert "ERR_INVALID_ARG" in caplog.text
    assert volume(9)["name"] not in appliance.luns("cinder")
    # The cache entry remains for the next volume.
    assert cloud.clone(volume(), image)[1] is True
    assert cloud.glance.fetched == [image]
    assert list(entries(appliance)) == [name]


def test_an_entry_without_its_snapshot_is_made_anew(cloud: Cloud, appliance: Appliance) -> None:
    """An unfinished entry is deleted once no transfer can still be writing it."""
    image = cloud.glance.qcow2(1)
    appliance.admin("POST", "/options", {"clock_behind_s": 25 * 3600})
    name = spoilt(cloud, appliance, image)
    appliance.admin("POST", "/options", {"clock_behind_s": 0})
    appliance.rest("DELETE", f"{LUNS}/{name}/snapshots/image-{image}")
    assert cloud.clone(volume(), image)[1] is True
    assert cloud.glance.fetched == [image, image]
    assert [one["name"] for one in entries(appliance)[name]["snapshots"]] == [f"image-{image}"]


def test_an_entry_that_another_host_may_be_writing_is_left_alone(
    cloud: Cloud, appliance: Appliance
) -> None:
    image = cloud.glance.qcow2(1)
    name = spoilt(cloud, appliance, image)
    appliance.rest("DELETE", f"{LUNS}/{name}/snapshots/image-{image}")
    theirs = entries(appliance)[name]
    assert cloud.clone(volume(), image)[1] is True
    assert entries(appliance)[name] == theirs
    (other,) = set(entries(appliance)) - {name}
    assert lun(appliance, volume())["origin"]["share"] == other


def test_an_image_that_changed_and_is_not_in_use(cloud: Cloud, appliance: Appliance) -> None:
    image = cloud.glance.qcow2(1)
    name = spoilt(cloud, appliance, image)
    cloud.glance.images[image]["updated_at"] = "2026-02-02T00:00:00Z"
    assert cloud.clone(volume(), image)[1] is True
    assert cloud.glance.fetched == [image, image]
    assert list(entries(appliance)) == [name]
    assert entries(appliance)[name]["custom"]["updated_at"] == "2026-02-02T00:00:00+00:00"


def test_an_image_that_changed_and_is_in_use(cloud: Cloud, appliance: Appliance) -> None:
    """The former driver did not use the cache while volumes of the old image existed."""
    image = cloud.glance.qcow2(1)
    before = appliance.state()
    assert cloud.clone(volume(1), image)[1] is True
    cloud.glance.images[image]["updated_at"] = "2026-02-02T00:00:00Z"
    for number in (2, 3):
        assert cloud.clone(volume(number), image)[1] is True
    assert cloud.glance.fetched == [image, image]
    old, new = sorted(entries(appliance), key=len)
    assert new.startswith(f"{old}-")
    origins = [lun(appliance, volume(number))["origin"]["share"] for number in (1, 2, 3)]
    assert origins == [old, new, new]
    for number in (1, 2, 3):
        cloud.driver.delete_volume(volume(number))
    assert appliance.state() == before


# ------------------------------------------------------------------------------- Failures


def fails(cloud: Cloud, appliance: Appliance, image: str, kind: type[Exception]) -> None:
    """A transfer fails: Cinder receives its own exception, and no cache entry remains."""
    before = appliance.state()
    with pytest.raises(kind):
        cloud.clone(volume(), image)
    assert appliance.state() == before
    assert list(Path(cfg.CONF.image_conversion_dir).iterdir()) == []


def test_a_download_that_fails_leaves_no_entry(cloud: Cloud, appliance: Appliance) -> None:
    image = cloud.glance.qcow2(1)
    cloud.glance.path(image).rename(cloud.glance.path("hidden"))
    fails(cloud, appliance, image, exception.CinderException)
    cloud.glance.path("hidden").rename(cloud.glance.path(image))
    assert cloud.clone(volume(), image)[1] is True


def test_an_image_that_is_no_image_leaves_no_entry(cloud: Cloud, appliance: Appliance) -> None:
    image = cloud.glance.qcow2(1)
    cloud.glance.path(image).write_bytes(b"QFI\xfb and no more")
    cloud.glance.images[image]["checksum"] = None
    fails(cloud, appliance, image, exception.ImageUnacceptable)


def test_an_image_that_is_larger_than_it_says(cloud: Cloud, appliance: Appliance) -> None:
    image = cloud.glance.qcow2(1025, virtual_size=1 << 20)
    fails(cloud, appliance, image, exception.ImageUnacceptable)


def test_a_host_without_room_leaves_no_entry(
    cloud: Cloud, appliance: Appliance, host: Host
) -> None:
    image = cloud.glance.qcow2(1, size=1 << 62)
    fails(cloud, appliance, image, exception.ImageTooBig)
    assert cloud.glance.fetched == []
    assert host.connected == []


def test_a_device_that_is_of_no_use_is_let_go(
    cloud: Cloud, appliance: Appliance, host: Host
) -> None:
    host.usable = False
    fails(cloud, appliance, cloud.glance.qcow2(1), exception.DeviceUnavailable)
    assert len(host.connected) == 1
    assert host.attached == set()


def test_what_was_not_flushed_was_not_written(
    cloud: Cloud, appliance: Appliance, host: Host
) -> None:
    host.flushes = False
    fails(cloud, appliance, cloud.glance.qcow2(1), exception.ImageCopyFailure)
    assert host.attached == set()


def test_a_signature_that_is_wrong_leaves_no_entry(
    cloud: Cloud, appliance: Appliance, host: Host
) -> None:
    """It is looked at as in Cinder's own way; this one is not even whole."""
    image = cloud.glance.qcow2(1, img_signature="x")
    fails(cloud, appliance, image, exception.InvalidSignatureImage)
    assert host.connected == []


def test_a_host_in_no_group_is_told(
    build: Build, cloud: Cloud, appliance: Appliance, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.driver = build(zfssa_initiator_config={"other": [{"iqn": f"{NAME}-other"}]})
    appliance.rest("DELETE", "/api/san/v1/iscsi/initiator-groups/cinder")
    before = appliance.state()
    assert cloud.clone(volume(), cloud.glance.qcow2(1)) == (None, False)
    assert NAME in caplog.text
    assert appliance.state() == before


def test_what_is_not_known_to_be_undone_is_an_error(cloud: Cloud, appliance: Appliance) -> None:
    image = cloud.glance.qcow2(1)
    appliance.fault(method="PUT", path="/clone$", kind=REFUSAL, times=None)
    appliance.fault(method="DELETE", kind=REFUSAL, times=None)
    appliance.fault(method="PUT", path=f"/{volume()['name']}$", kind=REFUSAL, times=None)
    assert cloud.clone(volume(1, 1), image) == (None, False)
    appliance.admin("DELETE", "/faults")
    # The clone is created, but can be neither extended nor deleted.
    appliance.fault(method="PUT", path=f"/{volume()['name']}$", kind=REFUSAL, times=None)
    appliance.fault(method="DELETE", kind=REFUSAL, times=None)
    with pytest.raises(exception.VolumeBackendAPIException, match="left"):
        cloud.clone(volume(1, 2), image)
    assert volume()["name"] in appliance.luns("cinder")
