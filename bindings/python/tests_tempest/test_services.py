"""What may be left after a run: LUNs of volumes that Cinder still has, and logs without secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import services
from services import Services


class FakeCinder:
    """Cinder with two backends and one volume."""

    def __init__(self) -> None:
        self.backends: dict[str, Any] = {"first": {}, "second": {}}

    def get(self, _path: str) -> Any:
        return {"volumes": [{"id": "known"}]}


class FakeAppliance:
    """Appliance with LUNs in one project."""

    def __init__(self, *luns: str) -> None:
        self.luns = luns

    def state(self) -> Any:
        return {"pools": {"pool-0": {"projects": {"cinder": {"luns": dict.fromkeys(self.luns)}}}}}


def after_a_run(folder: Path, *second: str) -> Services:
    found = Services.__new__(Services)
    vars(found).update(
        folder=folder,
        cinder=FakeCinder(),
        appliances=(FakeAppliance("volume-known"), FakeAppliance(*second)),
    )
    return found


def test_a_lun_without_a_volume_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "CLEANUP", 0)
    assert after_a_run(tmp_path).leftovers() == []
    assert after_a_run(tmp_path, "volume-lost").leftovers() == [
        "volume-lost: on second, and no volume of Cinder"
    ]


def test_a_secret_in_a_log_is_a_leak(tmp_path: Path) -> None:
    run = after_a_run(tmp_path)
    (tmp_path / "cinder-api.log").write_text("nothing")
    assert run.leaks() == []
    (tmp_path / "cinder-volume.log").write_text(f"password: {services.SECRET}-1")
    assert run.leaks() == ["cinder-volume.log: contains a secret"]
