"""Keystone on loopback, with the accounts of the other services."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from keystoneauth1.identity import v3
from keystoneauth1.session import Session
from keystoneclient.v3.client import Client
from stack import BIN
from wsgi_service import WsgiService

REGION = "RegionOne"
DOMAIN = "Default"
ADMIN = "admin"
#: Passwords of the administrator and of the services.
PASSWORD = "CANARY-keystone-3f8a"


class Keystone(WsgiService):
    """Process of Keystone, which is a `stack.Identity` of Cinder."""

    strategy = "keystone"

    def __init__(self, folder: Path) -> None:
        super().__init__("keystone", "keystone.wsgi.api", folder)
        self.url = f"{self.address}/v3"
        self.conf = self.folder / "keystone.conf"
        self.conf.write_text(self._configuration())
        self.env["OS_KEYSTONE_CONFIG_FILES"] = str(self.conf)
        owner = ("--keystone-user", str(os.getuid()), "--keystone-group", str(os.getgid()))
        self._manage("db_sync")
        self._manage("fernet_setup", *owner)
        self._manage("credential_setup", *owner)
        self._manage(
            "bootstrap",
            *("--bootstrap-password", PASSWORD),
            *("--bootstrap-region-id", REGION),
            *("--bootstrap-public-url", self.url),
        )
        self.start()
        try:
            self.session = Session(v3.Password(self.url, **self.account(ADMIN, ADMIN)))
            self.client = Client(session=self.session, endpoint_override=self.url)
            self.project: str = self.session.get_project_id()
            self.services = self.client.projects.create("service", "default")
        except BaseException:
            self.stop()
            raise

    def account(self, user: str, project: str) -> dict[str, str]:
        """Returns the credentials of the administrator or of a service."""
        return {
            "username": user,
            "password": PASSWORD,
            "user_domain_name": DOMAIN,
            "project_name": project,
            "project_domain_name": DOMAIN,
        }

    def add_endpoint(self, name: str, kind: str, url: str) -> None:
        """Adds a service to the catalogue."""
        service = self.client.services.create(name, kind)
        self.client.endpoints.create(service, url, "public", REGION)

    def add_user(self, name: str) -> None:
        """Adds the user as which a service of this name checks tokens."""
        user = self.client.users.create(name, domain="default", password=PASSWORD)
        role = self.client.roles.find(name="service")
        self.client.roles.grant(role, user=user, project=self.services)

    def checks_tokens(self, name: str) -> dict[str, dict[str, Any]]:
        """Returns the section with which a service checks tokens."""
        how = {"auth_type": "password", "auth_url": self.url, "interface": "public"}
        return {"keystone_authtoken": how | self.account(name, "service")}

    def sections(self) -> dict[str, dict[str, Any]]:
        return self.checks_tokens("cinder")

    def token(self) -> str:
        token: str = self.session.get_token()
        return token

    def _manage(self, *words: str) -> None:
        command = [BIN / "keystone-manage", "--config-file", self.conf, *words]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True)
        # Without the command, which may contain the password.
        assert done.returncode == 0, f"keystone-manage {words[0]}: {done.stderr}"

    def _configuration(self) -> str:
        return "\n".join(
            [
                "[database]",
                f"connection = sqlite:///{self.folder / 'keystone.sqlite'}?timeout=60",
                # Most requests ask for the roles of the same users.
                "[cache]",
                "backend = oslo_cache.dict",
                "[fernet_tokens]",
                f"key_repository = {self.folder / 'fernet'}",
                "[credential]",
                f"key_repository = {self.folder / 'credential'}",
                "[identity]",
                # The least that bcrypt takes: each class of Tempest makes users of its own.
                "password_hash_rounds = 4",
                "",
            ]
        )
