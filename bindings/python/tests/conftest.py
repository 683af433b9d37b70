"""Fixtures: a simulated appliance, and drivers for it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulator import Appliance, nowhere

import zfssa


@pytest.fixture(scope="session")
def simulator() -> Iterator[Appliance]:
    with tempfile.TemporaryDirectory() as folder:
        appliance = Appliance(Path(folder))
        yield appliance
        appliance.stop()


@pytest.fixture
def appliance(simulator: Appliance) -> Appliance:
    """An appliance in its initial state."""
    simulator.reset()
    return simulator


@pytest.fixture
def driver(appliance: Appliance) -> Iterator[zfssa.Driver]:
    """A driver whose appliance is set up."""
    with zfssa.Driver(appliance.options()) as driver:
        driver.do_setup()
        yield driver


@pytest.fixture
def lone() -> Iterator[zfssa.Driver]:
    """A driver without an appliance, for operations that send no request."""
    with zfssa.Driver(nowhere()) as driver:
        yield driver
        driver.close(cancel=True)
