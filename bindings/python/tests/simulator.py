"""Simulated appliance in a process of its own, and configurations for its drivers."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "CANARY-password-6d1f"
POOL = "pool-0"
HOST_A = "iqn.2004-10.org.example:host-a"
HOST_B = "iqn.2004-10.org.example:host-b"
#: Timeout of waits in tests, in seconds.
SOON = 60

#: Attributes that differ between runs or are irrelevant to a comparison.
VOLATILE = {"lunguid", "creation", "id", "asn", "canonical_name"}


def program() -> str:
    named = os.environ.get("ZFSSA_APPLIANCE")
    built = ROOT / "target" / "debug" / "zfssa-appliance"
    found = named or (str(built) if built.exists() else shutil.which("zfssa-appliance"))
    if not found:
        raise SystemExit("build the simulator: cargo build -p zfssa-appliance")
    return found


class Appliance:
    """Process of the simulated appliance."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.ca_file = folder / "ca.pem"
        password = folder / "password"
        password.write_text(PASSWORD)
        self.process = subprocess.Popen(
            [
                program(),
                *("--ca-file", str(self.ca_file)),
                *("--password-file", str(password)),
                "--exit-with-parent",
                *options,
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.port: int = self.ready["port"]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(SOON)
        if self.process.stdout:
            self.process.stdout.close()

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.ready["admin"] + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=SOON) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def state(self) -> Any:
        """Returns all objects, without attributes that differ between runs."""
        return _stripped(self.admin("GET", "/state"))

    def luns(self, project: str, pool: str = POOL) -> dict[str, Any]:
        luns: dict[str, Any] = self.state()["pools"][pool]["projects"][project]["luns"]
        return luns

    def trace(self) -> list[dict[str, Any]]:
        trace: list[dict[str, Any]] = self.admin("GET", "/trace")
        return trace

    def fault(self, **fault: Any) -> None:
        self.admin("POST", "/faults", fault)

    def latency(self, **latency: Any) -> None:
        self.admin("POST", "/latency", latency)

    def reset(self) -> None:
        self.admin("DELETE", "/faults")
        self.admin("POST", "/release")
        self.admin("POST", "/reset")
        self.admin("POST", "/latency", {})
        self.admin("POST", "/trace/clear")

    def rest(self, method: str, path: str, body: Any = None) -> bytes:
        """Sends a request to the REST API of the appliance as its administrator."""
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "X-Auth-User": "root",
                "X-Auth-Key": PASSWORD,
                "Content-Type": "application/json",
            },
            method=method,
        )
        trust = ssl.create_default_context(cafile=str(self.ca_file))
        with urllib.request.urlopen(request, timeout=SOON, context=trust) as answer:
            text: bytes = answer.read()
        return text

    def replicate_to(self, other: Appliance, address: str) -> None:
        """Adds another appliance as a replication target, by its replication address."""
        self.admin("POST", "/peers", {"hostname": address, "admin": other.ready["admin"]})
        target = {"hostname": address, "root_password": PASSWORD, "label": address}
        self.rest("POST", "/api/storage/v1/replication/targets", target)

    def options(self, **more: Any) -> dict[str, Any]:
        """Returns the configuration of a backend on this appliance."""
        return {
            "san_ip": "127.0.0.1",
            "san_api_port": self.port,
            "san_login": "root",
            "san_password": PASSWORD,
            "zfssa_pool": POOL,
            "zfssa_project": "cinder",
            "zfssa_target_portal": "127.0.0.1:3260",
            "zfssa_target_interfaces": ["ixgbe0"],
            "zfssa_initiator_config": {
                "host-a": [{"iqn": HOST_A}],
                "host-b": [{"iqn": HOST_B}],
            },
            "zfssa_tls_mode": "ca",
            "zfssa_tls_ca_file": str(self.ca_file),
            "zfssa_lun_sparse": True,
            # Shorter than for a real appliance.
            "zfssa_late_request_timeout": 1,
            **more,
        }


def _stripped(value: Any) -> Any:
    target = "iqn.1986-03.com.sun:02:"
    if isinstance(value, dict):
        kept = {}
        for number, (name, one) in enumerate(value.items()):
            if name not in VOLATILE:
                kept[f"target {number}" if name.startswith(target) else name] = _stripped(one)
        return kept
    if isinstance(value, list):
        return [_stripped(one) for one in value]
    return target if isinstance(value, str) and value.startswith(target) else value


def nowhere() -> dict[str, Any]:
    """Returns a valid configuration for an appliance that does not exist."""
    return {
        "san_ip": "127.0.0.1",
        "san_api_port": 1,
        "san_password": PASSWORD,
        "zfssa_pool": POOL,
        "zfssa_project": "cinder",
        "zfssa_target_portal": "127.0.0.1:3260",
        "zfssa_target_interfaces": ["ixgbe0"],
        "zfssa_initiator_config": {"host-a": [{"iqn": HOST_A}]},
    }
