"""The driver in a Cinder that runs on native threads and has no eventlet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from backends import section
from simulator import Appliance

HERE = Path(__file__).parent
PROGRAM = HERE / "programs" / "life-without-eventlet"


@pytest.fixture
def told(appliance: Appliance, tmp_path: Path) -> Any:
    """What the program says after the life of a volume in a process without eventlet."""
    backend = section(appliance, "first")
    lines = ["[DEFAULT]", f"state_path = {tmp_path / 'state'}", "[first]"]
    lines += [f"{key} = {value}" for key, value in backend.items()]
    conf = tmp_path / "cinder.conf"
    conf.write_text("\n".join(lines))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(PROGRAM), str(conf)],
        env={
            **os.environ,
            "OS_CINDER_DISABLE_EVENTLET_PATCHING": "1",
            "PYTHONPATH": os.pathsep.join([str(HERE), os.environ["PYTHONPATH"]]),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_volumes_life_where_eventlet_cannot_be_imported(told: Any, appliance: Appliance) -> None:
    assert told["import eventlet"] == "ModuleNotFoundError"
    assert told["steps"] == [
        "create_volume",
        "extend_volume",
        "create_snapshot",
        "create_volume_from_snapshot",
        "create_cloned_volume",
        "initialize_connection",
        "terminate_connection",
        "get_volume_stats",
        "delete",
    ]
    assert told["modules of eventlet"] == []
    assert appliance.luns("cinder") == {}
