"""Tempest in a workspace: its configuration, a run, and the results."""

from __future__ import annotations

import io
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import subunit
import testtools
from keystone_service import ADMIN, DOMAIN, PASSWORD, REGION, Keystone
from outcomes import FAILED, PASSED, SKIPPED, Result
from stack import BIN

#: Begin of the names of all tests of the volume API.
ALL = r"^tempest\.api\.volume\."
#: Patience with one volume, in seconds.
TIMEOUT = 240

_OUTCOMES = {"success": PASSED, "fail": FAILED, "skip": SKIPPED}


class Suite:
    """A workspace of Tempest, and the tests that patterns select."""

    def __init__(
        self, folder: Path, keystone: Keystone, backends: list[str], kind: str, image: str
    ) -> None:
        self.folder = folder / "tempest"
        self.env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "ZFSSA"))
        }
        self.env |= {"HOME": str(folder), "PATH": f"{BIN}:{os.environ['PATH']}"}
        self._tempest("init", str(self.folder), cwd=folder)
        conf = self.folder / "etc" / "tempest.conf"
        conf.write_text(_configuration(self.folder, keystone, backends, kind, image))

    def tests(self, patterns: list[str]) -> list[str]:
        """Returns the names of the tests that match any pattern; all without a pattern."""
        listed = self._tempest("run", "--list-tests", "--regex", _regex(patterns))
        return sorted(_name(line) for line in listed.splitlines() if line.startswith("tempest."))

    def run(self, patterns: list[str], workers: int, selected: list[str]) -> dict[str, Result]:
        """Runs the selected tests, prints their progress, and returns the results by name."""
        command = [BIN / "tempest", "run", "--concurrency", str(workers)]
        command += ["--regex", _regex(patterns)]
        # The status only tells whether every test passed.
        subprocess.run(command, cwd=self.folder, env=self.env)
        last = subprocess.run(
            [BIN / "stestr", "last", "--subunit"],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
        )
        return _results(last.stdout, selected)

    def _tempest(self, *words: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            [BIN / "tempest", *words],
            cwd=cwd or self.folder,
            env=self.env,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"tempest {words[0]}: {done.stdout}{done.stderr}"
        return done.stdout


def _regex(patterns: list[str]) -> str:
    return f"{ALL}.*({'|'.join(patterns)})" if patterns else ALL


def _name(identity: str) -> str:
    """Returns the name of a test without its attributes, such as `[id-…,smoke]`."""
    return identity.split("[", 1)[0]


def _results(stream: bytes, selected: list[str]) -> dict[str, Result]:
    """Reads the results of a run from its subunit stream."""
    found: dict[str, Result] = {}

    def collect(test: dict[str, Any]) -> None:
        texts = [
            content.as_text()
            for name, content in test["details"].items()
            if name in ("reason", "traceback")
        ]
        outcome = _OUTCOMES.get(test["status"], FAILED)
        found[_name(test["id"])] = Result(outcome, "\n".join(texts))

    whole = testtools.StreamToDict(collect)
    whole.startTestRun()
    subunit.ByteStreamToStreamResult(io.BytesIO(stream)).run(whole)
    whole.stopTestRun()
    return of_classes(found, selected)


def of_classes(results: dict[str, Result], selected: list[str]) -> dict[str, Result]:
    """Gives each test without a result that of its class's `setUpClass`, the only one it has."""
    found = {}
    for name, result in results.items():
        if setup := re.fullmatch(r"setUpClass \((.+)\)", name):
            for test in selected:
                if test.startswith(f"{setup[1]}."):
                    found[test] = result
    return found | {name: one for name, one in results.items() if "setUpClass" not in name}


def _configuration(
    folder: Path, keystone: Keystone, backends: list[str], kind: str, image: str
) -> str:
    sections: dict[str, dict[str, Any]] = {
        "DEFAULT": {"debug": True, "log_file": "tempest.log"},
        "oslo_concurrency": {"lock_path": folder / "locks"},
        "auth": {
            "use_dynamic_credentials": True,
            "create_isolated_networks": False,
            "admin_username": ADMIN,
            "admin_password": PASSWORD,
            "admin_project_name": ADMIN,
            "admin_domain_name": DOMAIN,
        },
        "identity": {
            "uri_v3": keystone.url,
            "auth_version": "v3",
            "region": REGION,
            "v3_endpoint_type": "public",
        },
        "service_available": {
            "cinder": True,
            "glance": True,
            **dict.fromkeys(("nova", "swift", "horizon"), False),
            # There is none. Without it Tempest skips every test of a class of which one test has a
            # server. The others only ask it for the security groups of a project that they delete.
            "neutron": True,
        },
        "compute": {"image_ref": image},
        "volume": {
            "storage_protocol": "iSCSI",
            "vendor_name": "Oracle",
            "backend_names": ",".join(backends),
            "volume_type": kind,
            "volume_size": 1,
            "build_timeout": TIMEOUT,
            "build_interval": 1,
            "backup_driver": "posix",
            # Uploads of a volume without data are small.
            "disk_format": "qcow2",
            "min_microversion": "3.0",
            "max_microversion": "latest",
            "manage_volume_ref": "source-name,unmanaged-volume-%s",
            "manage_snapshot_ref": "source-name,unmanaged-snapshot-%s",
        },
        "volume-feature-enabled": dict.fromkeys(
            ("multi_backend", "backup", "snapshot", "clone", "manage_volume", "manage_snapshot"),
            True,
        ),
    }
    lines = []
    for section, values in sections.items():
        lines += [f"[{section}]", *(f"{key} = {value}" for key, value in values.items()), ""]
    return "\n".join(lines)
