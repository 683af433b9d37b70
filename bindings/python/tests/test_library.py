"""Loading of the library, and errors of unusable libraries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from simulator import SOON, nowhere

from zfssa import _abi, _library

SOURCE = Path(_library.__file__).parents[1]
#: Path of the library under test.
LIBRARY = Path(_library.lib._name).resolve()

SAY = f"import zfssa; print(zfssa.Driver({nowhere()!r}).echo(message='loaded').message)"


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a process with the source of the package and only these variables."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ZFSSA", "PYTHON", "LD_"))}
    return subprocess.run(
        [sys.executable, "-c", SAY],
        env={**clean, "PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        timeout=SOON,
    )


def refused(**environment: str) -> str:
    """Returns the last line of the ImportError."""
    done = run(**environment)
    assert done.returncode == 1, done.stdout
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: "), done.stderr
    return last


def test_the_system_has_the_last_word(tmp_path: Path) -> None:
    """Without the variable and without a bundled library, the SONAME is loaded."""
    (tmp_path / "libzfssa.so.1").symlink_to(LIBRARY)
    done = run(LD_LIBRARY_PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "loaded\n"), done.stderr
    # The variable takes precedence, without a fallback.
    last = refused(LD_LIBRARY_PATH=str(tmp_path), ZFSSA_LIBRARY="/nowhere/libzfssa.so.1")
    assert "/nowhere/libzfssa.so.1" in last


def test_a_library_that_is_not_there() -> None:
    last = refused(ZFSSA_LIBRARY="/nowhere/libzfssa.so.1")
    assert "install libzfssa" in last
    assert "environment variable ZFSSA_LIBRARY" in last


def test_a_library_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "libzfssa.so.1").write_text("not a library\n")
    last = refused(LD_LIBRARY_PATH=str(tmp_path))
    assert "libzfssa.so.1" in last
    assert "environment variable ZFSSA_LIBRARY" in last


@pytest.mark.parametrize(
    ("major", "minor", "said"),
    [
        (_abi.ZFSSA_ABI_MAJOR + 1, _abi.ZFSSA_ABI_MINOR, "has ABI"),
        (_abi.ZFSSA_ABI_MAJOR - 1, 99, "has ABI"),
        (_abi.ZFSSA_ABI_MAJOR, _abi.ZFSSA_ABI_MINOR + 1, "is older than this package"),
    ],
    ids=["later major", "earlier major", "functions missing"],
)
def test_a_library_of_another_abi(tmp_path: Path, major: int, minor: int, said: str) -> None:
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler here")
    source, library = tmp_path / "other.c", tmp_path / "libother.so"
    number = (major << 16) | minor
    source.write_text(f"unsigned zfssa_abi_version(void) {{ return {number}u; }}\n")
    subprocess.run([compiler, "-shared", "-fPIC", source, "-o", library], check=True)
    last = refused(ZFSSA_LIBRARY=str(library))
    assert f"{library} {said}" in last
    if said == "has ABI":
        assert f"{said} {major}.{minor}: ABI " in last


def test_something_that_has_no_abi(tmp_path: Path) -> None:
    """Any other library is refused with an ImportError too."""
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler here")
    source, library = tmp_path / "other.c", tmp_path / "libother.so"
    source.write_text("int other(void) { return 0; }\n")
    subprocess.run([compiler, "-shared", "-fPIC", source, "-o", library], check=True)
    assert f"{library} is not libzfssa" in refused(ZFSSA_LIBRARY=str(library))
