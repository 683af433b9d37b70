"""The cycle of the benchmark through the Python package: `cycle.py CONFIG.toml CALLERS CYCLES`."""

from __future__ import annotations

import sys

from measure import Names, Step, measure

import zfssa

HOST = "iqn.2004-10.org.example:host-a"


def steps(driver: zfssa.Driver) -> list[Step]:
    def clone(names: Names) -> object:
        return driver.create_volume_from_snapshot(names.clone, 1, names.volume, names.snapshot)

    return [
        lambda names: driver.create_volume(names.volume, 1),
        lambda names: driver.create_snapshot(names.volume, names.snapshot),
        clone,
        lambda names: driver.initialize_connection(names.clone, HOST),
        lambda names: driver.terminate_connection(names.clone, HOST),
        lambda names: driver.delete_volume(names.clone),
        lambda names: driver.delete_snapshot(names.volume, names.snapshot),
        lambda names: driver.delete_volume(names.volume),
    ]


if __name__ == "__main__":
    config, callers, cycles = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with zfssa.Driver(zfssa.Config.from_toml(config)) as driver:
        driver.do_setup()
        measure([steps(driver)] * callers, cycles)
