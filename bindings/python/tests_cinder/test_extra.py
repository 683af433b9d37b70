"""Wheel with the extra `cinder`, in a virtual environment of its own."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from zfssa.cinder import ZFSSA_OPTS

#: Virtual environment created by test_cinder.sh with `pip install 'zfssa-*.whl[cinder]'`.
EXTRA = os.environ.get("ZFSSA_CINDER_EXTRA")


def run(folder: Path, *command: str) -> str:
    """Returns the output of a program of that environment."""
    if not EXTRA:
        pytest.skip("ZFSSA_CINDER_EXTRA names no environment")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ZFSSA", "PYTHON", "LD_"))}
    done = subprocess.run(
        [Path(EXTRA) / "bin" / command[0], *command[1:]],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_driver_is_there_with_its_library(tmp_path: Path) -> None:
    script = (
        "import warnings; warnings.simplefilter('ignore'); import zfssa;"
        "from cinder import objects; objects.register_all();"
        "from oslo_utils import importutils;"
        "print(importutils.import_class('zfssa.cinder.ZFSSAISCSIDriver').VERSION);"
        "print(zfssa._library.candidates()[0])"
    )
    version, library = run(tmp_path, "python", "-c", script).split()
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert Path(library).is_relative_to(Path(EXTRA or ""))


def test_the_sample_of_the_options(tmp_path: Path) -> None:
    sample = run(tmp_path, "oslo-config-generator", "--namespace", "zfssa.cinder")
    assert re.findall(r"^\[(.*)\]$", sample, re.MULTILINE) == ["DEFAULT", "backend_defaults"]
    shown = re.findall(r"^#(\w+) = ?(.*)$", sample, re.MULTILINE)
    assert sorted(name for name, _ in shown) == sorted(one.name for one in ZFSSA_OPTS)
    values = dict(shown)
    assert values["zfssa_cache_project"] == "os-cinder-cache"
    assert values["zfssa_lun_sparse"] == "false"
    assert "\n# Project that holds cached images." in sample
