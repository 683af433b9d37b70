"""etcd of one member on free ports of the loopback, with its data in a folder."""

from __future__ import annotations

import base64
import json
import os
import urllib.request
from pathlib import Path
from typing import Any

from processes import Process, free_port, until
from simulator import SOON

_TAKEN = "address already in use"


class Etcd:
    """Process of etcd, separate from any other on the machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "etcd"
        self.folder.mkdir()
        until("an etcd that answers", self._started)

    @property
    def url(self) -> str:
        """Value of zfssa_coordination_url."""
        return f"etcd://127.0.0.1:{self.port}"

    @property
    def tooz_url(self) -> str:
        """Value of Cinder's own backend_url."""
        return f"etcd3+http://127.0.0.1:{self.port}"

    def locks(self, volume: str = "") -> dict[str, int]:
        """Returns the keys of the library's locks, of all LUNs or of one, each with the process
        that has it or waits for it.
        """
        found = self._found("/locks/lun/")
        return {key: json.loads(value)["process"] for key, value in found.items() if volume in key}

    def journals(self) -> list[str]:
        """Returns the keys of the library's journals."""
        return sorted(self._found("/journals/"))

    def _found(self, part: str) -> dict[str, bytes]:
        """Returns the keys of the library that contain a text, with their values."""
        begin = b"zfssa/"
        asked = {"key": _base64(begin), "range_end": _base64(begin[:-1] + b"0")}
        decoded = {
            base64.b64decode(one["key"]).decode(): base64.b64decode(one.get("value", ""))
            for one in self._post("/v3/kv/range", asked).get("kvs", ())
        }
        return {key: value for key, value in decoded.items() if part in key}

    def stop(self) -> None:
        self.process.stop()

    def _started(self) -> bool:
        """Starts the process. Another program may take a port before it does; then it has others."""
        self.port, peers = free_port(), free_port()
        client, peer = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{peers}"
        data = self.folder / str(self.port)
        command = [
            *("etcd", "--name", "one", "--data-dir", str(data)),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
            *("--initial-cluster", f"one={peer}"),
        ]
        environment = {name: one for name, one in os.environ.items() if "ETCD" not in name}
        self.process = Process("etcd", self.folder, command, environment)
        return bool(until("etcd", self._answers_or_lacks_ports)) and self._answers()

    def _answers_or_lacks_ports(self) -> bool:
        if self.process.process.poll() is not None:
            assert _TAKEN in self.process.tail(), self.process.tail()
            return True
        return self._answers()

    def _answers(self) -> bool:
        try:
            return bool(self._post("/v3/maintenance/status", {}).get("leader"))
        except OSError:
            return False

    def _post(self, path: str, body: Any) -> Any:
        address = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(address, json.dumps(body).encode(), SOON) as answer:
            return json.loads(answer.read())


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
