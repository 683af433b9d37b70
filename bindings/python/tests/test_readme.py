"""Snippets of the README, run unchanged."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from simulator import SOON, Appliance

import zfssa

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_there_are_snippets() -> None:
    assert len(SNIPPETS) == 3


@pytest.mark.parametrize("snippet", SNIPPETS, ids=["sync", "submit", "asyncio"])
def test_a_snippet_does_what_it_says(snippet: str, appliance: Appliance, tmp_path: Path) -> None:
    # lz4 needs a newer release of the appliance.
    appliance.admin("POST", "/options", {"release": "OS8.8"})

    toml = []
    for name, value in appliance.options().items():
        written = json.dumps(value) if not isinstance(value, dict) else f"'{json.dumps(value)}'"
        toml.append(f"{name} = {written}")
    (tmp_path / "backend.toml").write_text("\n".join(toml))
    done = subprocess.run(
        [sys.executable, "-c", snippet], cwd=tmp_path, capture_output=True, text=True, timeout=SOON
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
    assert appliance.luns("cinder") == {}


def test_the_section_of_cinder_is_valid(tmp_path: Path) -> None:

    (section,) = re.findall(r"```ini\n(.*?)```", README, re.DOTALL)
    conf = tmp_path / "cinder.conf"
    conf.write_text(section)
    zfssa.Config.from_cinder_conf(conf, "zfssa-1").validate()
