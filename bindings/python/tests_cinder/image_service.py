"""Image service with the part of the Glance API that Cinder uses."""

from __future__ import annotations

import hashlib
import json
import subprocess
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

MIB = 1 << 20


_NAMES = [
    "id",
    "name",
    "disk_format",
    "container_format",
    "status",
    "visibility",
    "protected",
    "min_disk",
    "min_ram",
    "tags",
    "created_at",
    "updated_at",
    "size",
    "virtual_size",
    "checksum",
    "owner",
]


class Glance(ThreadingHTTPServer):
    """Serves version 2 of the API on loopback."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Requests)
        self.folder = folder
        self.images: dict[str, dict[str, Any]] = {}
        #: Ids of the fetched images, in order.
        self.fetched: list[str] = []
        self._thread = threading.Thread(target=self.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def stop(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def path(self, identity: str) -> Path:
        return self.folder / f"{identity}.image"

    def qcow2(self, size_mib: int, *patterns: tuple[int, int], **more: Any) -> str:
        """Adds an image of a size, with bytes that each fill the MiB at an offset in MiB."""
        identity = str(uuid.uuid4())
        path = str(self.path(identity))
        create = ["qemu-img", "create", "-q", "-f", "qcow2", path, f"{size_mib}M"]
        subprocess.run(create, check=True)
        writes = [("-c", f"write -q -P {byte} {offset}M 1M") for byte, offset in patterns]
        flat = [word for pair in writes for word in pair]
        subprocess.run(["qemu-io", "-f", "qcow2", *flat, path], check=True)
        self.add(identity, disk_format="qcow2", **more)
        return identity

    def raw(self, data: bytes) -> str:
        """Adds a raw image."""
        identity = str(uuid.uuid4())
        self.path(identity).write_bytes(data)
        self.add(identity, disk_format="raw")
        return identity

    def add(self, identity: str, **more: Any) -> dict[str, Any]:
        self.images[identity] = {
            "id": identity,
            "name": identity,
            "container_format": "bare",
            "status": "queued",
            "visibility": "public",
            "protected": False,
            "min_disk": 0,
            "min_ram": 0,
            "tags": [],
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            **more,
        }
        if self.path(identity).exists():
            self.filled(identity)
        # What is said here is said of the image, whatever it is.
        self.images[identity] |= more
        return self.images[identity]

    def filled(self, identity: str) -> None:
        data = self.path(identity).read_bytes()
        self.images[identity] |= {
            "status": "active",
            "size": len(data),
            "virtual_size": self._virtual_size(identity),
            "checksum": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        }

    def _virtual_size(self, identity: str) -> int:
        """As Glance learns it of every image that it gets."""
        ask = ["qemu-img", "info", "--output=json", "-f", self.images[identity]["disk_format"]]
        said = subprocess.run([*ask, self.path(identity)], check=True, capture_output=True)
        size: int = json.loads(said.stdout)["virtual-size"]
        return size


class _Requests(BaseHTTPRequestHandler):
    server: Glance
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        match self.path.split("?")[0].strip("/").split("/"):
            case ["versions"]:
                self._answer(200, {"versions": [{"id": "v2.17", "status": "CURRENT"}]})
            case ["v2", "images", identity, "locations"] if identity in self.server.images:
                self._answer(200, [])
            case ["v2", "schemas", "image"]:
                # What is not named here is taken as a property that a user gave the image.
                self._answer(200, {"name": "image", "properties": {name: {} for name in _NAMES}})
            case ["v2", "images", identity] if identity in self.server.images:
                self._answer(200, self.server.images[identity])
            case ["v2", "images", identity, "file"] if identity in self.server.images:
                self.server.fetched.append(identity)
                self._answer(200, self.server.path(identity).read_bytes())
            case _:
                self._answer(404, {})

    def do_POST(self) -> None:
        made = json.loads(self._body())
        identity = made.pop("id", None) or str(uuid.uuid4())
        self._answer(201, self.server.add(identity, **made))

    def do_PUT(self) -> None:
        identity = self.path.split("/")[3]
        self.server.path(identity).write_bytes(self._body())
        self.server.filled(identity)
        self._answer(204, b"")

    def do_PATCH(self) -> None:
        identity = self.path.split("/")[3]
        for change in json.loads(self._body()):
            self.server.images[identity][change["path"].strip("/")] = change.get("value")
        self._answer(200, self.server.images[identity])

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def _answer(self, status: int, body: Any) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass
