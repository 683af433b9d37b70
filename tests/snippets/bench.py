"""Scratch folder of one code block, with an appliance of its own and the files that pages name."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import simulator
import zfssa
from pages import ROOT, Failed

#: Paths and addresses on the pages, and what a block gets in their place. FOLDER is the scratch
#: folder, which is also the working directory.
PLACES = {
    "/etc/cinder/cinder.conf": "FOLDER/cinder.conf",
    "/etc/zfssa/token": "FOLDER/token",
    "/var/lib/agent": "FOLDER/state",
    "/tmp/ca.pem": "FOLDER/other-ca.pem",
    "target/debug/zfssa-appliance": "zfssa-appliance",
    "https://localhost:40123": "$APPLIANCE_URL",
    "127.0.0.1:8215": "127.0.0.1:0",
    "--san-api-port 8215": "--san-api-port $APPLIANCE_PORT",
    "FINGERPRINT": "$APPLIANCE_FINGERPRINT",
    "$PWD/target/debug:": "",
}
BINDING_OF_GO = "github.com/libzfssa/libzfssa/bindings/go"
#: A block that runs longer than this hangs.
SECONDS = 120


class Bench:
    """Appliance, scratch folder and environment of one block."""

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="zfssa-snippet-")
        self.above = Path(self._temporary.name)
        self.folder = self.above / "work"
        self.folder.mkdir()
        # A checkout beside the program, as the pages name it.
        (self.above / "libzfssa").symlink_to(ROOT)
        self.appliance = simulator.Appliance(self.above)
        # Compression lz4 and tokens need the newest release.
        self.appliance.admin("POST", "/options", {"release": "OS8.8"})
        self.options = self.appliance.options(zfssa_state_dir=str(self.folder / "state"))
        self._write_configurations()
        with zfssa.Driver(zfssa.Config(self.options)) as driver:
            driver.do_setup()

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.appliance.stop()
        self._temporary.cleanup()

    def _write_configurations(self) -> None:
        toml, section = [], ["[zfssa]"]
        for name, value in self.options.items():
            text = value if isinstance(value, str) else json.dumps(value)
            toml.append(
                f"{name} = '{text}'" if isinstance(value, dict) else f"{name} = {json.dumps(value)}"
            )
            section.append(f"{name} = {','.join(value) if isinstance(value, list) else text}")
        profiles = self.folder / ".config" / "zfssa"
        profiles.mkdir(parents=True)
        for path, lines in (
            (self.folder / "backend.toml", toml),
            (profiles / "default.toml", toml),
            (self.folder / "cinder.conf", section),
        ):
            path.touch(mode=0o600)
            path.write_text("".join(f"{line}\n" for line in lines), "utf-8")

    def placed(self, text: str) -> str:
        """Returns the text of a block with the paths and addresses of this bench."""
        for place, instead in PLACES.items():
            text = text.replace(place, instead.replace("FOLDER", str(self.folder)))
        return text

    def environment(self) -> dict[str, str]:
        programs = Path(os.environ["ZFSSA_APPLIANCE"]).parent
        return {
            **os.environ,
            "HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder / ".config"),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "APPLIANCE_PASSWORD": simulator.PASSWORD,
            "NO_COLOR": "1",
            # Found by the HOME that this replaces.
            "GOPATH": os.environ.get("GOPATH") or str(Path.home() / "go"),
            "GOCACHE": os.environ.get("GOCACHE") or str(Path.home() / ".cache" / "go-build"),
            "CARGO_HOME": os.environ.get("CARGO_HOME") or str(Path.home() / ".cargo"),
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME") or str(Path.home() / ".rustup"),
        }

    def execute(self, command: list[str | Path], **more: Any) -> str:
        """Runs a program in the folder and returns all that it prints. Fails if it does."""
        environment: Mapping[str, str] = {**self.environment(), **more.pop("environment", {})}
        try:
            done = subprocess.run(
                command,
                cwd=more.pop("folder", self.folder),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired as late:
            raise Failed(f"did not end within {SECONDS} s\n{late.stdout or ''}") from None
        if done.returncode != 0:
            raise Failed(f"exit code {done.returncode}\n{done.stdout}")
        if simulator.PASSWORD in done.stdout:
            raise Failed("prints the password")
        return done.stdout

    def volumes(self) -> list[str]:
        """Returns the names of the volumes in the project."""
        return sorted(self.appliance.luns("cinder"))

    def program_of_go(self, source: str) -> None:
        """Writes a module with this program, which takes the package from the checkout."""
        (self.folder / "main.go").write_text(source, "utf-8")
        (self.folder / "go.mod").write_text(
            f"module page\n\ngo 1.24\n\nrequire {BINDING_OF_GO} v0.0.0\n"
            f"replace {BINDING_OF_GO} => ../libzfssa/bindings/go\n"
        )
