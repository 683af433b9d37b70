"""Scratch folder of one code block, with an appliance of its own and the files that pages name."""

from __future__ import annotations

import json
import os
import re
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
#: CHAP secret of the attached host.
SECRET = "CANARYchap4c1d"
#: What the variable D of the simulator's page stands for in the next block.
IMAGE_OPTIONS = (
    "driver=iscsi,transport=tcp,portal=127.0.0.1:PORT,target=TARGET,lun=NUMBER,"
    "initiator-name=INITIATOR"
)
#: A block that runs longer than this hangs.
SECONDS = 120


class Bench:
    """Appliance, scratch folder and environment of one block."""

    def __init__(self, attached: str | None = None) -> None:
        """`attached`: a LUN with bytes behind it is attached, with CHAP or without."""
        self._temporary = tempfile.TemporaryDirectory(prefix="zfssa-snippet-")
        self.above = Path(self._temporary.name)
        self.folder = self.above / "work"
        self.folder.mkdir()
        # A checkout beside the program, as the pages name it.
        (self.above / "libzfssa").symlink_to(ROOT)
        self.words: dict[str, str] = {}
        data_plane = [] if attached is None else ["--data-plane"]
        self.appliance = simulator.Appliance(self.above, *data_plane)
        # Compression lz4 and tokens need the newest release.
        self.appliance.admin("POST", "/options", {"release": "OS8.8"})
        self.options = self.appliance.options(zfssa_state_dir=str(self.folder / "state"))
        if attached is not None:
            host = {"iqn": simulator.HOST_A}
            if attached == "CHAP":
                host |= {"user": "host", "password": SECRET}
            self.options["zfssa_target_portal"] = self.appliance.ready["portal"]
            self.options["zfssa_initiator_config"] = {"host-a": [host]}
        self._write_configurations()
        with zfssa.Driver(zfssa.Config(self.options)) as driver:
            driver.do_setup()
            if attached is not None:
                self._attach(driver)

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

    def _attach(self, driver: zfssa.Driver) -> None:
        """Attaches a LUN, and notes the values of the words that stand for it on the page."""
        driver.create_volume("volume-1", 1)
        connection = driver.initialize_connection("volume-1", simulator.HOST_A)
        (self.folder / "image").write_bytes(os.urandom(1 << 20))
        (self.folder / "secret").write_text(SECRET, "utf-8")
        self.words = {
            "PORT": connection.target_portals[0].rpartition(":")[2],
            "TARGET": connection.target_iqn,
            "NUMBER": str(connection.target_lun),
            "INITIATOR": simulator.HOST_A,
            "IMAGE": "image",
            "SECRET-FILE": "secret",
            "NAME": "host",
        }

    def placed(self, text: str) -> str:
        """Returns the text of a block with the paths and addresses of this bench."""
        for place, instead in PLACES.items():
            text = text.replace(place, instead.replace("FOLDER", str(self.folder)))
        for word, value in self.words.items():
            text = re.sub(rf"\b{word}\b", value, text)
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
            "D": self.placed(IMAGE_OPTIONS),
            # Found by the HOME that this replaces.
            "GOPATH": os.environ.get("GOPATH") or str(Path.home() / "go"),
            "GOCACHE": os.environ.get("GOCACHE") or str(Path.home() / ".cache" / "go-build"),
            "CARGO_HOME": os.environ.get("CARGO_HOME") or str(Path.home() / ".cargo"),
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME") or str(Path.home() / ".rustup"),
        }

    def execute(self, command: list[str | Path], **more: Any) -> str:
        """Runs a program in the folder and returns all that it prints. Fails if it does, and with
        `without_errors` also if it prints to standard error.
        """
        without_errors = more.pop("without_errors", False)
        environment: Mapping[str, str] = {**self.environment(), **more.pop("environment", {})}
        try:
            done = subprocess.run(
                command,
                cwd=more.pop("folder", self.folder),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if without_errors else subprocess.STDOUT,
                text=True,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired as late:
            raise Failed(f"did not end within {SECONDS} s\n{late.stdout or ''}") from None
        if done.returncode != 0 or done.stderr:
            raise Failed(f"exit code {done.returncode}\n{done.stdout}{done.stderr or ''}")
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
