"""An OpenStack service that is a WSGI application, served by Waitress in a process of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from processes import Process, free_port, listens, until
from stack import SITE

PROGRAM = Path(__file__).parent / "serve_wsgi.py"


class WsgiService:
    """Process with the application of a module, on a free port of loopback."""

    def __init__(self, name: str, module: str, folder: Path) -> None:
        self.name = name
        self.module = module
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.folder = folder / name
        self.folder.mkdir()
        self.env = {
            **os.environ,
            "PYTHONPATH": SITE,
            "PYTHONWARNINGS": "ignore",
            "TMPDIR": str(folder),
        }

    def start(self) -> None:
        command = [sys.executable, str(PROGRAM), self.module, str(self.port)]
        self.process = Process(self.name, self.folder.parent, command, self.env)
        try:
            until(self.name, lambda: self.process.alive() and listens(self.port))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        self.process.stop()
