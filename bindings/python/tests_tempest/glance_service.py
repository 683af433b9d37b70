"""Glance on loopback, with images in files."""

from __future__ import annotations

import subprocess
from pathlib import Path

from glanceclient import Client
from keystone_service import Keystone
from stack import BIN
from wsgi_service import WsgiService


class GlanceService(WsgiService):
    """Process of Glance."""

    def __init__(self, folder: Path, keystone: Keystone) -> None:
        super().__init__("glance", "glance.wsgi.api", folder)
        for name in ("images", "staging", "tasks"):
            (self.folder / name).mkdir()
        self.keystone = keystone
        keystone.add_user("glance")
        keystone.add_endpoint("glance", "image", self.address)
        conf = self.folder / "glance-api.conf"
        conf.write_text(self._configuration(keystone))
        self.env["OS_GLANCE_CONFIG_DIR"] = str(self.folder)
        sync = [BIN / "glance-manage", "--config-file", conf, "db_sync"]
        subprocess.run(sync, env=self.env, check=True, capture_output=True)
        self.start()

    def add_image(self, size_mib: int) -> str:
        """Adds a public qcow2 image of a size, and returns its id."""
        path = self.folder / "image.qcow2"
        create = ["qemu-img", "create", "-q", "-f", "qcow2", path, f"{size_mib}M"]
        subprocess.run(create, check=True)
        client = Client("2", session=self.keystone.session, endpoint_override=self.address)
        form = {"disk_format": "qcow2", "container_format": "bare", "visibility": "public"}
        identity: str = client.images.create(name="image", **form).id
        with path.open("rb") as data:
            client.images.upload(identity, data)
        return identity

    def _configuration(self, keystone: Keystone) -> str:
        checks = keystone.checks_tokens("glance")["keystone_authtoken"]
        return "\n".join(
            [
                "[DEFAULT]",
                "enabled_backends = files:file",
                "enabled_import_methods = [glance-direct]",
                f"worker_self_reference_url = {self.address}",
                "[glance_store]",
                "default_backend = files",
                "[files]",
                f"filesystem_store_datadir = {self.folder / 'images'}",
                "[os_glance_staging_store]",
                f"filesystem_store_datadir = {self.folder / 'staging'}",
                "[os_glance_tasks_store]",
                f"filesystem_store_datadir = {self.folder / 'tasks'}",
                "[database]",
                f"connection = sqlite:///{self.folder / 'glance.sqlite'}?timeout=60",
                "[paste_deploy]",
                f"config_file = {BIN.parent / 'etc' / 'glance' / 'glance-api-paste.ini'}",
                "flavor = keystone",
                "[oslo_concurrency]",
                f"lock_path = {self.folder / 'locks'}",
                "[keystone_authtoken]",
                *(f"{name} = {value}" for name, value in checks.items()),
                "",
            ]
        )
