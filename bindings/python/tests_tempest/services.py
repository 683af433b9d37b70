"""Services that Tempest tests: Keystone, Glance, and Cinder with two simulated appliances."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from backends import pair_in, sections, with_chap
from glance_service import GlanceService
from keystone_service import Keystone
from processes import until
from stack import Cinder

#: Every secret of these services contains this word.
SECRET = "CANARY"
#: Name of the volume type, whose volumes may be on either appliance.
TYPE = "zfssa"
#: Size of the image from which volumes are created, in MiB.
IMAGE_SIZE = 64
#: Patience with deletions that no test waits for, in seconds.
CLEANUP = 60


class Services:
    """The services, with one volume type and one public image. They end with the context."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with ExitStack() as stack:
            self.keystone = Keystone(folder)
            stack.callback(self.keystone.stop)
            glance = GlanceService(folder, self.keystone)
            stack.callback(glance.stop)
            (folder / "bytes").mkdir()
            self.appliances = pair_in(
                folder, "--data-plane", "--data-plane-dir", str(folder / "bytes")
            )
            for one in self.appliances:
                stack.callback(one.stop)
            self.keystone.add_user("cinder")
            self.cinder = Cinder(folder, **self._cinder(glance))
            stack.callback(self.cinder.stop)
            self.image = glance.add_image(IMAGE_SIZE)
            self._add_type()
            self._add_endpoints()
            self._stack = stack.pop_all()

    def __enter__(self) -> Services:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def backends(self) -> list[str]:
        """Names of the backends."""
        return list(self.cinder.backends)

    def leftovers(self) -> list[str]:
        """Returns a line for each LUN that no volume of Cinder accounts for."""
        found: list[str] = []

        def settled() -> bool:
            volumes = self.cinder.get("/volumes/detail?all_tenants=1")["volumes"]
            known = {f"volume-{one['id']}" for one in volumes}
            found[:] = [
                f"{name}: on {backend}, and no volume of Cinder"
                for backend, appliance in zip(self.backends, self.appliances, strict=True)
                for pool in appliance.state()["pools"].values()
                for project in pool["projects"].values()
                for name in project["luns"]
                if name not in known
            ]
            return not found

        try:
            until("the deletion of every volume", settled, CLEANUP)
        except AssertionError:
            return found
        return []

    def logs(self) -> list[Path]:
        return sorted(self.folder.glob("*.log"))

    def leaks(self) -> list[str]:
        """Returns a line for each log with a secret, without the secret."""
        return [
            f"{log.name}: contains a secret"
            for log in self.logs()
            if SECRET in log.read_text(errors="replace")
        ]

    def _cinder(self, glance: GlanceService) -> dict[str, Any]:
        written = sections(self.folder, self.appliances)
        # Tempest deletes volumes and snapshots before their clones.
        clones = {"zfssa_delete_with_clones": "defer"}
        return {
            "backends": {one["volume_backend_name"]: with_chap(one) | clones for one in written},
            "eventlet": False,
            "identity": self.keystone,
            "backup": True,
            "glance_api_servers": glance.address,
            "backup_driver": "cinder.backup.drivers.posix.PosixBackupDriver",
            "backup_posix_path": self.folder / "backups",
            # No test waits for these; each is work for the database.
            "report_interval": 10,
            "periodic_interval": 10,
            "backend_stats_polling_interval": 10,
        }

    def _add_type(self) -> None:
        kind = {"name": TYPE, "extra_specs": {"vendor_name": "Oracle"}}
        self.cinder.post("/types", {"volume_type": kind})

    def _add_endpoints(self) -> None:
        url = f"http://127.0.0.1:{self.cinder.port}/v3/$(project_id)s"
        self.keystone.add_endpoint("cinder", "block-storage", url)
        # Tempest takes its 404 for the answer of a Neutron without the security group in question.
        self.keystone.add_endpoint("neutron", "network", self.keystone.address)
