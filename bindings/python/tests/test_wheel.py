"""Wheel in an empty virtual environment, as README.md says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from simulator import nowhere

HERE = Path(__file__).resolve().parents[1]


# Without the environment of this process.
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("ZFSSA", "PYTHON", "LD_"))}


def build(folder: Path, **variables: str) -> Path:
    bundle = {"ZFSSA_BUNDLE": os.environ["ZFSSA_LIBRARY"], "PYTHON": sys.executable}
    built = subprocess.run(
        [HERE / "build_wheel.sh", folder],
        env={**CLEAN, **bundle, **variables},
        check=True,
        capture_output=True,
        text=True,
    )
    return Path(built.stdout.strip())


def install(wheel: Path, environment: Path) -> None:
    """Installs a wheel into an empty virtual environment, without a package index."""
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    subprocess.run(
        [environment / "bin" / "pip", "install", "--quiet", "--no-index", wheel],
        check=True,
        env=CLEAN,
    )


def test_the_wheel_works_in_an_empty_environment(tmp_path: Path) -> None:
    wheel = build(tmp_path / "wheels")
    assert re.fullmatch(r"zfssa-[\d.]+-py3-none-manylinux_2_\d+_\w+\.whl", wheel.name)
    names = zipfile.ZipFile(wheel).namelist()
    assert "zfssa/py.typed" in names
    assert "zfssa/_lib/libzfssa.so.1" in names
    assert "zfssa/cinder/__init__.py" in names

    install(wheel, tmp_path / "empty")
    python = tmp_path / "empty" / "bin" / "python"
    script = f"""
import zfssa
with zfssa.Driver({nowhere()!r}) as driver:
    print(zfssa.version(), zfssa._library.candidates()[0], driver.echo(message="hello").message)
"""
    done = subprocess.run(
        [python, "-c", script], cwd=tmp_path, env=CLEAN, check=True, capture_output=True, text=True
    )
    version, library, said = done.stdout.split()
    assert version == wheel.name.split("-")[1]
    assert library.startswith(str(tmp_path / "empty"))
    assert said == "hello"

    # Without the command, its name says where to get it.
    told = subprocess.run([tmp_path / "empty" / "bin" / "zfssa"], capture_output=True, text=True)
    assert told.returncode == 1
    assert "has no command" in told.stderr


def test_the_command_of_the_wheel_is_the_program_itself(tmp_path: Path) -> None:
    # Any program that needs the C library alone: /bin/true stands for the command.
    wheel = build(tmp_path / "wheels", ZFSSA_COMMAND=str(shutil.which("true")))
    install(wheel, tmp_path / "empty")
    command = tmp_path / "empty" / "bin" / "zfssa"
    assert command.read_bytes()[:4] == b"\x7fELF"
    assert subprocess.run([command]).returncode == 0


def test_no_wheel_has_programs_for_two_machines(tmp_path: Path) -> None:
    # The header of the same program, with the number of the other machine.
    program = bytearray(Path(str(shutil.which("true"))).read_bytes())
    program[18] = {0x3E: 0xB7, 0xB7: 0x3E}[program[18]]
    foreign = tmp_path / "foreign"
    foreign.write_bytes(program)
    tag = subprocess.run(
        [HERE / "platform_tag.sh", os.environ["ZFSSA_LIBRARY"], foreign],
        capture_output=True,
        text=True,
    )
    assert tag.returncode == 1
    assert "another file for" in tag.stderr
