"""Two appliances, a Cinder with a backend on each, and drivers without a Cinder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import initiator
import pytest
from cinder import objects
from cinder.volume import configuration
from cinder.volume import driver as volume_driver
from image_service import Glance
from oslo_config import cfg
from simulator import Appliance
from stack import Cinder

from zfssa.cinder import ZFSSAISCSIDriver

objects.register_all()

DRIVER = "zfssa.cinder.ZFSSAISCSIDriver"


def section(appliance: Appliance, name: str, **more: Any) -> dict[str, Any]:
    """A backend's section of cinder.conf, as an operator of the former driver has it."""
    options = appliance.options(volume_driver=DRIVER, volume_backend_name=name, **more)
    groups = {**options["zfssa_initiator_config"], "cinder": [{"iqn": initiator.NAME}]}
    options["zfssa_initiator_config"] = more.get("zfssa_initiator_config", groups)
    options["zfssa_target_interfaces"] = ",".join(options["zfssa_target_interfaces"])
    return options


@pytest.fixture(scope="session")
def appliances() -> Iterator[tuple[Appliance, Appliance]]:
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        pair = Appliance(Path(first)), Appliance(Path(second), "--nodename", "appliance-b")
        yield pair
        for one in pair:
            one.stop()


@pytest.fixture
def appliance(appliances: tuple[Appliance, Appliance]) -> Appliance:
    for one in appliances:
        one.reset()
    return appliances[0]


@pytest.fixture
def with_bytes(tmp_path: Path) -> Iterator[tuple[Appliance, Appliance]]:
    """Two appliances with bytes behind their LUNs, which replicate to each other."""
    common = ("--data-plane", "--data-plane-dir", str(tmp_path / "bytes"))
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second, tmp_path / "bytes"):
        folder.mkdir()
    pair = Appliance(first, *common), Appliance(second, *common, "--nodename", "appliance-b")
    yield pair
    for one in pair:
        one.stop()


@pytest.fixture
def glance(tmp_path: Path) -> Iterator[Glance]:
    folder = tmp_path / "images"
    folder.mkdir()
    service = Glance(folder)
    yield service
    service.stop()


@pytest.fixture(params=["eventlet", "threads"])
def cinder(
    request: pytest.FixtureRequest,
    with_bytes: tuple[Appliance, Appliance],
    glance: Glance,
    tmp_path: Path,
) -> Iterator[Cinder]:
    """Cinder's programs, in each of the two ways in which they run."""
    backends = {
        name: section(one, name, zfssa_target_portal=one.ready["portal"])
        for name, one in zip(("first", "second"), with_bytes, strict=True)
    }
    cinder = Cinder(
        tmp_path,
        backends,
        eventlet=request.param == "eventlet",
        glance_api_servers=glance.url,
    )
    yield cinder
    cinder.stop()


Build = Callable[..., Any]


@pytest.fixture
def build(appliance: Appliance, tmp_path: Path) -> Iterator[Build]:
    """Makes a driver from a section of a cinder.conf, as cinder-volume would."""
    made: list[Any] = []

    def one(*, set_up: bool = True, **more: Any) -> Any:
        values = {k: v for k, v in section(appliance, "first", **more).items() if v is not None}
        conf = tmp_path / "cinder.conf"
        lines = [f"{key} = {value}" for key, value in values.items()]
        state = f"state_path = {tmp_path / 'state'}"
        conf.write_text("\n".join(["[DEFAULT]", state, "[first]", *lines, ""]))
        cfg.CONF(["--config-file", str(conf)], project="cinder")
        settings = configuration.Configuration(volume_driver.volume_opts, config_group="first")
        driver = ZFSSAISCSIDriver(configuration=settings, host="tests@first")
        made.append(driver)
        if set_up:
            driver.do_setup(None)
            driver.check_for_setup_error()
        return driver

    yield one
    for driver in made:
        if driver._driver is not None:
            driver._driver.close(cancel=True)
    cfg.CONF.reset()


@pytest.fixture
def driver(build: Build) -> Any:
    """A driver that was set up."""
    return build()
