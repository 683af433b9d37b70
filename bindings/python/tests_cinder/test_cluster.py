"""A backend that several hosts of a cluster serve: what the driver says and refuses."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cinder import coordination, exception
from cinder.volume import configuration
from cinder.volume import driver as volume_driver
from conftest import Build
from etcd import Etcd
from oslo_config import cfg
from simulator import ROOT

from zfssa.cinder import ZFSSAISCSIDriver
from zfssa.cinder.options import backend_config

CLUSTER = "fleet@first"
NO_ETCD = "etcd://127.0.0.1:1"


@pytest.mark.parametrize(
    ("options", "supported"),
    [
        ({}, False),
        ({"zfssa_coordination_url": ""}, False),
        ({"zfssa_coordination_url": NO_ETCD}, True),
    ],
    ids=["without", "empty", "with"],
)
def test_active_active_is_supported_with_the_librarys_coordination(
    build: Build, options: dict[str, Any], supported: bool
) -> None:
    driver = build(set_up=False, **options)
    assert driver.SUPPORTS_ACTIVE_ACTIVE is supported
    # Another backend of the same process may have no coordination.
    assert ZFSSAISCSIDriver.SUPPORTS_ACTIVE_ACTIVE is False


def test_the_configuration_in_the_documentation(tmp_path: Path) -> None:
    """The cluster's lines of README.md, added to the backend that it shows before them."""
    page = (ROOT / "bindings" / "python" / "README.md").read_text("utf-8")
    files = []
    for number, block in enumerate(re.findall(r"^```ini\n(.*?)^```", page, re.M | re.S)):
        files += ["--config-file", str(tmp_path / f"{number}.conf")]
        Path(files[-1]).write_text(block)
    assert len(files) == 4
    # Cinder registers this option in the program cinder-volume alone.
    assert re.search("^cluster = [a-z]+$", Path(files[-1]).read_text(), re.M)
    try:
        cfg.CONF(files, project="cinder")
        settings = configuration.Configuration(volume_driver.volume_opts, config_group="zfssa-1")
        driver = ZFSSAISCSIDriver(configuration=settings, host="host-1@zfssa-1")
        assert driver.SUPPORTS_ACTIVE_ACTIVE
        backend_config(settings, None, None, None).validate()
        assert cfg.CONF.coordination.backend_url.startswith("etcd3+http://")
    finally:
        cfg.CONF.reset()


def test_a_backend_whose_etcd_cannot_be_reached_is_not_set_up(build: Build) -> None:
    with pytest.raises(exception.CinderException, match="etcd"):
        build(cluster=CLUSTER, zfssa_coordination_url=NO_ETCD, zfssa_operation_timeout=3)


def test_locks_of_cinder_that_hold_on_one_host_only(
    build: Build, etcd: Etcd, caplog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = build(cluster=CLUSTER, zfssa_coordination_url=etcd.url)
    assert "backend_url" in caplog.text
    caplog.clear()
    monkeypatch.setattr(coordination, "COORDINATOR", SimpleNamespace(started=True))
    cfg.CONF.set_override("backend_url", etcd.tooz_url, group="coordination")
    try:
        driver.do_setup(None)
    finally:
        cfg.CONF.clear_override("backend_url", group="coordination")
    assert "backend_url" not in caplog.text


def test_the_driver_claims_no_replication_in_a_cluster(build: Build) -> None:
    """Cinder takes a method failover_completed of a driver as the support of replication."""
    options = {"zfssa_coordination_url": NO_ETCD}
    driver = build(set_up=False, cluster=CLUSTER, **options)
    assert not driver.supports_replication_feature("a/a")
    with pytest.raises(exception.Invalid, match="clustered replication"):
        build(set_up=False, cluster=CLUSTER, replication_device="backend_id:other", **options)
