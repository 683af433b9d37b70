"""Pytest plugin that turns skips into failures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = {
    "call": "import pytest\ndef test_a(): pytest.skip('not here')\n",
    "mark": "import pytest\n@pytest.mark.skip(reason='not here')\ndef test_a(): pass\n",
    "import": "import pytest\nno = pytest.importorskip('no_such_module')\ndef test_a(): pass\n",
}


@pytest.mark.parametrize("skip", SKIPS)
@pytest.mark.parametrize("strict", [True, False], ids=["strict", "plain"])
def test_a_skip_is_a_failure(skip: str, strict: bool, tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(SKIPS[skip])
    plugin = ["-p", "no_skips"] if strict else []
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *plugin, "test_one.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
    )
    # 5: no tests were run.
    wanted = {0, 5} if not strict else {1, 2}
    assert done.returncode in wanted, done.stdout
    assert ("nothing is to be missing here" in done.stdout) == strict, done.stdout
