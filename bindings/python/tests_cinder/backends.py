"""Two appliances, and a backend of Cinder on each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import initiator
from simulator import PASSWORD, Appliance

#: Replication addresses of the two appliances.
ADDRESSES = ("192.0.2.1", "192.0.2.2")

DRIVER = "zfssa.cinder.ZFSSAISCSIDriver"


def section(appliance: Appliance, name: str, **more: Any) -> dict[str, Any]:
    """Returns a backend section of cinder.conf, as for the former driver."""
    options = appliance.options(volume_driver=DRIVER, volume_backend_name=name, **more)
    if "zfssa_initiator_config" not in more:
        options["zfssa_initiator_config"]["cinder"] = [{"iqn": initiator.NAME}]
    options["zfssa_target_interfaces"] = ",".join(options["zfssa_target_interfaces"])
    return options


def pair_in(folder: Path, *options: str) -> tuple[Appliance, Appliance]:
    """Two appliances that replicate to each other."""
    for name in ("first", "second"):
        (folder / name).mkdir()
    pair = (
        Appliance(folder / "first", *options),
        Appliance(folder / "second", *options, "--nodename", "appliance-b"),
    )
    known_to_each_other(pair)
    return pair


def known_to_each_other(pair: tuple[Appliance, Appliance]) -> None:
    first, second = pair
    first.replicate_to(second, ADDRESSES[1])
    second.replicate_to(first, ADDRESSES[0])


def sections(folder: Path, pair: tuple[Appliance, Appliance]) -> list[dict[str, Any]]:
    """Returns the sections of two backends, each with an account on the other appliance."""
    authorities = folder / "authorities.pem"
    authorities.write_text("".join(one.ca_file.read_text() for one in pair))
    return [
        section(
            one,
            name,
            zfssa_tls_ca_file=str(authorities),
            zfssa_target_portal=one.ready["portal"] or "127.0.0.1:3260",
            zfssa_replication_ip=address,
            zfssa_migration_destinations={
                f"127.0.0.1:{other.port}": {"login": "root", "password": PASSWORD}
            },
        )
        for one, other, name, address in zip(
            pair, pair[::-1], ("first", "second"), ADDRESSES, strict=True
        )
    ]


def with_chap(backend: dict[str, Any]) -> dict[str, Any]:
    """Adds secrets of both sides to a section; no log may contain them."""
    chap = {"iqn": initiator.NAME, "user": "cinder", "password": "CANARYhost-1"}
    groups = {**backend["zfssa_initiator_config"], "cinder": [chap]}
    return {
        **backend,
        "zfssa_initiator_config": groups,
        "zfssa_target_user": "target",
        "zfssa_target_password": "CANARYtarget-1",
    }
