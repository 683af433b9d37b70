"""An iSCSI initiator in user space, in the place of the kernel's.

Cinder copies data through a device that os-brick attaches, for which the kernel must speak iSCSI
and the process be root. Neither is to be had in every place where tests run. So this stands in
for os-brick's connector and for nothing else: with a connection, it logs in with qemu's own
iSCSI initiator and reads the LUN into a file, which is the device; when it disconnects, it writes
back what was changed. Portal, target, LU number and the initiator's name are those that the
driver gave, and the appliance hides a LUN from whoever may not see it.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

from os_brick.initiator import connector
from oslo_concurrency import processutils

#: iSCSI name of the host of cinder-volume.
NAME = "iqn.2004-10.org.example:cinder"

#: Placeholder for the LUN in a command.
LUN = "@LUN@"


def wire_lun(number: int) -> int:
    """LU number as qemu's initiator, libiscsi, puts it into a command unchanged: above 255 it needs
    the bits of flat addressing, 0x4000.
    """
    return number + 0x4000 if number > 255 else number


def _convert(data: dict[str, Any], initiator: str, *words: str) -> None:
    """Runs qemu-img convert; LUN in the words stands for the LUN, as qemu wants it. The secret of
    CHAP goes by way of a file, since every command is logged.
    """
    lun = (
        f"driver=iscsi,transport=tcp,portal={data['target_portal']},target={data['target_iqn']},"
        f"lun={wire_lun(data['target_lun'])},initiator-name={initiator}"
    )
    with tempfile.NamedTemporaryFile("w", prefix="chap-") as secret:
        command = ["qemu-img", "convert"]
        if data.get("auth_method"):
            secret.write(data["auth_password"])
            secret.flush()
            command += ["--object", f"secret,id=chap,file={secret.name}"]
            lun += f",user={data['auth_username']},password-secret=chap"
        processutils.execute(*command, *(lun if word == LUN else word for word in words))


def read(data: dict[str, Any], path: str, initiator: str = NAME) -> None:
    _convert(data, initiator, "--image-opts", LUN, "-O", "raw", path)


class UserSpace:
    """Replacement of an os-brick connector."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self._written: dict[str, int] = {}

    def connect_volume(self, data: dict[str, Any]) -> dict[str, Any]:
        handle, path = tempfile.mkstemp(prefix="lun-")
        os.close(handle)
        read(data, path)
        self._written[path] = os.stat(path).st_mtime_ns
        return {"type": "block", "path": path}

    def check_valid_device(self, path: str, run_as_root: bool = True) -> bool:  # noqa: ARG002
        return os.path.getsize(path) > 0

    def disconnect_volume(
        self,
        data: dict[str, Any],
        device: dict[str, Any],
        force: bool = False,  # noqa: ARG002
        ignore_errors: bool = False,  # noqa: ARG002
    ) -> None:
        path = device["path"]
        if os.stat(path).st_mtime_ns != self._written.pop(path):
            _convert(data, NAME, "-n", "-f", "raw", path, "--target-image-opts", LUN)
        os.unlink(path)


def _properties(_helper: str, ip: str, *_: Any, **__: Any) -> dict[str, Any]:
    return {"initiator": NAME, "host": "cinder", "ip": ip, "multipath": False}


def install() -> None:
    """Replaces os-brick's connector in this process."""
    connector.get_connector_properties = _properties
    connector.InitiatorConnector.factory = staticmethod(lambda *_, **__: UserSpace())
