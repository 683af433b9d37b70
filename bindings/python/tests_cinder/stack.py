"""A Cinder of one's own: RabbitMQ, cinder-volume, cinder-scheduler and cinder-api on loopback.

Real programs, each a process of its own, as an operator starts them, with SQLite below. Only
os-brick's connector is another; see initiator.py. Everything lies in one folder and ends with the
test.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Protocol

from processes import PATIENCE, Process, free_port, listens, until

BIN = Path(sys.executable).parent
HERE = Path(__file__).parent
SITE = str(HERE / "site")
#: Directory of programs that replace Cinder's own.
PROGRAMS = HERE / "programs"
#: Host of the only cinder-volume.
HOST = "tests"


_COMPLAINT = re.compile(r"\S+ \S+ \d+ (ERROR|CRITICAL) ")


class RabbitMQ(Process):
    """RabbitMQ broker on free ports, separate from any other on the machine."""

    def __init__(self, folder: Path) -> None:
        home = folder / "rabbitmq"
        home.mkdir()
        self.port, mapper = free_port(), free_port()
        env = {
            **os.environ,
            "HOME": str(home),
            "RABBITMQ_NODENAME": f"zfssa{self.port}@localhost",
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_PID_FILE": str(home / "pid"),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(mapper),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +S 1:1",
        }
        self.mapper_env = env
        super().__init__("rabbitmq", folder, ["/usr/lib/rabbitmq/bin/rabbitmq-server"], env)

    def stop(self) -> None:
        super().stop()
        # The port mapper does not end with the broker.
        subprocess.run(["epmd", "-kill"], env=self.mapper_env, capture_output=True)


class Identity(Protocol):
    """Authentication of Cinder, and an administrator."""

    #: Value of `auth_strategy`.
    strategy: str
    #: Id of the administrator's project.
    project: str

    def token(self) -> str:
        """Returns a token of the administrator."""

    def sections(self) -> dict[str, dict[str, Any]]:
        """Returns the sections of cinder.conf with which Cinder checks tokens."""


class NoAuth:
    """Without Keystone: every caller is an administrator, of the project in its token."""

    strategy = "noauth"
    project = "9a2b5a0fe3af6d1495788825f229dc89"

    def token(self) -> str:
        return f"admin:{self.project}"

    def sections(self) -> dict[str, dict[str, Any]]:
        return {}


class Answer:
    """Error response of the API."""

    def __init__(self, status: int, body: Any) -> None:
        self.status = status
        self.body = body


class Cinder:
    """Cinder services, and a client of their API."""

    def __init__(
        self,
        folder: Path,
        backends: dict[str, dict[str, Any]],
        *,
        eventlet: bool = True,
        without_eventlet: bool = False,
        identity: Identity | None = None,
        backup: bool = False,
        hosts: tuple[str, ...] = (HOST,),
        more_sections: dict[str, dict[str, Any]] | None = None,
        **options: Any,
    ) -> None:
        self.folder = folder
        self.identity = identity or NoAuth()
        self.hosts = hosts
        self.more_sections = more_sections or {}
        self.services = ["cinder-scheduler", "cinder-volume", "cinder-api"]
        if backup:
            self.services.insert(0, "cinder-backup")
        self.backends = backends
        self.processes: list[Process] = []
        self.microversion = "3.71"
        self.env = {
            **os.environ,
            "OS_CINDER_DISABLE_EVENTLET_PATCHING": "0" if eventlet else "1",
            "PYTHONWARNINGS": "ignore",
            "PYTHONPATH": os.pathsep.join(
                filter(None, [SITE, str(HERE), os.environ.get("PYTHONPATH")])
            ),
            "TMPDIR": str(folder),
            "PATH": f"{PROGRAMS}:{BIN}:{os.environ['PATH']}",
        }
        if without_eventlet:
            # Only read by programs/cinder-volume; the other services import eventlet.
            self.env["ZFSSA_WITHOUT_EVENTLET"] = "1"
        try:
            self._start(options)
        except BaseException:
            self.stop()
            raise

    def _start(self, options: dict[str, Any]) -> None:
        broker = RabbitMQ(self.folder)
        self.processes.append(broker)
        self.port = free_port()
        self.conf = self.folder / "cinder.conf"
        self.conf.write_text(self._configuration(broker.port, options))
        subprocess.run(
            [BIN / "cinder-manage", "--config-file", self.conf, "db", "sync"],
            env=self.env,
            check=True,
            capture_output=True,
        )
        until("the broker", lambda: broker.alive() and listens(broker.port))
        for name in self.services:
            if name == "cinder-volume":
                for host in self.hosts:
                    self.start_volume(host)
            else:
                self.start(name)
        until("the API", lambda: self.processes[-1].alive() and listens(self.port))
        for backend in self.backends:
            until(f"backend {backend}", lambda backend=backend: self.is_up(backend))

    def start_volume(self, host: str, **backend: Any) -> Process:
        """Starts cinder-volume. Each host but the usual one has its own directories; `backend` has
        options of every backend that differ on this host.
        """
        if host == HOST:
            return self.start("cinder-volume")
        here = self.folder / host
        (here / "state").mkdir(parents=True, exist_ok=True)
        conf = self.folder / f"{host}.conf"
        sections = {
            "DEFAULT": {"host": host, "state_path": here / "state"},
            "oslo_concurrency": {"lock_path": here / "locks"},
            **dict.fromkeys(self.backends, backend),
        }
        conf.write_text(_text(sections))
        return self.start("cinder-volume", f"cinder-volume-{host}", conf)

    def start(self, name: str, log: str | None = None, *confs: Path) -> Process:
        program = PROGRAMS / name
        command = [sys.executable, str(program)] if program.exists() else [str(BIN / name)]
        for conf in (self.conf, *confs):
            command += ["--config-file", str(conf)]
        env = dict(self.env)
        if name == "cinder-api":
            # Cinder's own web server only supports eventlet.
            env["OS_CINDER_DISABLE_EVENTLET_PATCHING"] = "0"
        process = Process(log or name, self.folder, command, env)
        self.processes.append(process)
        return process

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.stop()

    def _configuration(self, broker: int, options: dict[str, Any]) -> str:
        common = {
            "transport_url": f"rabbit://guest:guest@127.0.0.1:{broker}/",
            "auth_strategy": self.identity.strategy,
            "osapi_volume_listen": "127.0.0.1",
            "osapi_volume_listen_port": self.port,
            "osapi_volume_workers": 1,
            "api_paste_config": BIN.parent / "etc" / "cinder" / "api-paste.ini",
            "resource_query_filters_file": BIN.parent / "etc" / "cinder" / "resource_filters.json",
            "state_path": self.folder / "state",
            "my_ip": "127.0.0.1",
            "host": HOST,
            "enabled_backends": ",".join(self.backends),
            "default_volume_type": "zfssa",
            "backend_stats_polling_interval": 3,
            "report_interval": 2,
            "periodic_interval": 2,
            **dict.fromkeys(("quota_volumes", "quota_snapshots", "quota_gigabytes"), -1),
            "periodic_fuzzy_delay": 0,
            "migration_create_volume_timeout_secs": PATIENCE,
            "rootwrap_config": BIN.parent / "etc" / "cinder" / "rootwrap.conf",
            "debug": True,
            **options,
        }
        database = f"sqlite:///{self.folder / 'cinder.sqlite'}?timeout=60"
        sections: dict[str, dict[str, Any]] = {
            "DEFAULT": common,
            "database": {"connection": database},
            "oslo_concurrency": {"lock_path": self.folder / "locks"},
            **self.identity.sections(),
            **self.more_sections,
            **self.backends,
        }
        (self.folder / "state").mkdir(exist_ok=True)
        return _text(sections)

    # -------------------------------------------------------------------------------- API

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """Sends a request to the API as an administrator."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v3/{self.identity.project}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "X-Auth-Token": self.identity.token(),
                "Content-Type": "application/json",
                "OpenStack-API-Version": f"volume {self.microversion}",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                text, status = answer.read(), answer.status
        except urllib.error.HTTPError as error:
            text, status = error.read(), error.code
        return Answer(status, json.loads(text) if text else None)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status == 200, (path, answer.status, answer.body)
        return answer.body

    def post(self, path: str, body: Any) -> Any:
        answer = self.ask("POST", path, body)
        assert answer.status in (200, 202, 204), (path, answer.status, answer.body)
        return answer.body

    def put(self, path: str, body: Any) -> Any:
        answer = self.ask("PUT", path, body)
        assert answer.status in (200, 202, 204), (path, answer.status, answer.body)
        return answer.body

    def delete(self, path: str) -> None:
        answer = self.ask("DELETE", path)
        assert answer.status in (200, 202, 204), (path, answer.status, answer.body)

    def is_up(self, backend: str) -> bool:
        for process in self.processes:
            process.alive()
        answer = self.ask("GET", "/scheduler-stats/get_pools?detail=True")
        pools = answer.body.get("pools", []) if answer.status == 200 else []
        return any(
            f"@{backend}#" in pool["name"]
            and pool["capabilities"].get("backend_state") == "up"
            and pool["capabilities"].get("free_capacity_gb")
            for pool in pools
        )

    def settled(self, kind: str, identity: str, wanted: str) -> Any:
        """Waits for the status of an object and returns it; `error` matches every error status."""

        def look() -> Any:
            answer = self.ask("GET", f"/{kind}s/{identity}")
            if wanted == "deleted":
                return answer.status == 404 or _bad(kind, answer)
            found = answer.body[kind]
            return (found["status"] == wanted and found) or _bad(kind, answer)

        def _bad(kind: str, answer: Answer) -> None:
            status = answer.body[kind]["status"] if answer.status == 200 else ""
            if status.startswith("error") and status != wanted:
                raise AssertionError(f"{kind} {identity} is {status}:\n{self.problems()}")

        return until(f"{kind} {identity} {wanted}", look)

    def problems(self) -> str:
        """Returns the warnings and errors in the logs of the services."""
        lines = []
        for process in self.processes:
            text = process.log.read_text(errors="replace").splitlines()
            lines += [line for line in text if _COMPLAINT.match(line)][-40:]
        return "\n".join(lines)


def _text(sections: dict[str, dict[str, Any]]) -> str:
    lines = []
    for section, values in sections.items():
        lines += [f"[{section}]", *(f"{key} = {value}" for key, value in values.items()), ""]
    return "\n".join(lines)
