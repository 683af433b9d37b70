"""Wheel in an empty virtual environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from simulator import nowhere

HERE = Path(__file__).resolve().parents[1]


def test_the_wheel_works_in_an_empty_environment(tmp_path: Path) -> None:
    environment = {**os.environ, "ZFSSA_BUNDLE": os.environ["ZFSSA_LIBRARY"]}
    environment["PYTHON"] = sys.executable
    built = subprocess.run(
        [HERE / "build_wheel.sh", tmp_path / "wheels"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    wheel = Path(built.stdout.strip())
    assert re.fullmatch(r"zfssa-[\d.]+-py3-none-manylinux_2_\d+_\w+\.whl", wheel.name)
    names = zipfile.ZipFile(wheel).namelist()
    assert "zfssa/py.typed" in names
    assert "zfssa/_lib/libzfssa.so.1" in names
    assert "zfssa/cinder/__init__.py" in names

    subprocess.run([sys.executable, "-m", "venv", tmp_path / "empty"], check=True)
    python = tmp_path / "empty" / "bin" / "python"
    # Without the environment of this process and without a package index.
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ZFSSA", "PYTHON", "LD_"))}
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-index", wheel], check=True, env=clean
    )
    script = f"""
import zfssa
with zfssa.Driver({nowhere()!r}) as driver:
    print(zfssa.version(), zfssa._library.candidates()[0], driver.echo(message="hello").message)
"""
    done = subprocess.run(
        [python, "-c", script], cwd=tmp_path, env=clean, check=True, capture_output=True, text=True
    )
    version, library, said = done.stdout.split()
    assert version == wheel.name.split("-")[1]
    assert library.startswith(str(tmp_path / "empty"))
    assert said == "hello"
