"""Fixtures: two appliances, Cinder services with a backend on each, and drivers alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from backends import pair_in, section, sections, with_chap
from cinder import objects
from cinder.volume import configuration
from cinder.volume import driver as volume_driver
from etcd import Etcd
from image_service import Glance
from oslo_config import cfg
from simulator import Appliance
from stack import Cinder

from zfssa.cinder import ZFSSAISCSIDriver

objects.register_all()


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
def etcd(tmp_path: Path) -> Iterator[Etcd]:
    one = Etcd(tmp_path)
    yield one
    one.stop()


@pytest.fixture
def with_bytes(tmp_path: Path) -> Iterator[tuple[Appliance, Appliance]]:
    """Two appliances that store the data of LUNs and replicate to each other."""
    (tmp_path / "bytes").mkdir()
    # LU numbers above 255 have another form on the wire.
    pair = pair_in(
        tmp_path,
        *("--data-plane", "--data-plane-dir", str(tmp_path / "bytes")),
        *("--knobs", '{"first_lu_number": 300}'),
    )
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


@pytest.fixture(params=["eventlet", "threads", "without eventlet"])
def cinder(
    request: pytest.FixtureRequest,
    with_bytes: tuple[Appliance, Appliance],
    glance: Glance,
    tmp_path: Path,
) -> Iterator[Cinder]:
    """Cinder services, on eventlet, on native threads, and on these with no eventlet to import."""
    cinder = Cinder(
        tmp_path,
        {one["volume_backend_name"]: with_chap(one) for one in sections(tmp_path, with_bytes)},
        eventlet=request.param == "eventlet",
        without_eventlet=request.param == "without eventlet",
        glance_api_servers=glance.url,
    )
    yield cinder
    cinder.stop()


Build = Callable[..., Any]


@pytest.fixture
def build(appliance: Appliance, tmp_path: Path) -> Iterator[Build]:
    """Creates a driver from a section of cinder.conf, as cinder-volume does."""
    made: list[Any] = []
    written: dict[str, dict[str, Any]] = {}

    def one(
        *,
        set_up: bool = True,
        whole: dict[str, Any] | None = None,
        cluster: str | None = None,
        **more: Any,
    ) -> Any:
        values = whole or section(appliance, "first", **more)
        name = values["volume_backend_name"]
        written[name] = {k: v for k, v in values.items() if v is not None}
        conf = tmp_path / "cinder.conf"
        lines = ["[DEFAULT]", f"state_path = {tmp_path / 'state'}"]
        for group, options in written.items():
            lines += [f"[{group}]", *(f"{key} = {value}" for key, value in options.items()), ""]
        conf.write_text("\n".join(lines))
        cfg.CONF(["--config-file", str(conf)], project="cinder")
        settings = configuration.Configuration(volume_driver.volume_opts, config_group=name)
        driver = ZFSSAISCSIDriver(
            configuration=settings, host=f"tests@{name}", cluster_name=cluster
        )
        made.append(driver)
        if set_up:
            driver.do_setup(None)
            driver.check_for_setup_error()
        return driver

    yield one
    for driver in made:
        if driver._opened is not None:
            driver._opened.close()
    cfg.CONF.reset()


@pytest.fixture
def driver(build: Build) -> Any:
    """A driver whose appliance is set up."""
    return build()
