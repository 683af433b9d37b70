"""Options of the Cinder driver, from the table of the library."""

from __future__ import annotations

import os
from typing import Any

from oslo_config import cfg

import zfssa

__all__ = ["SHARED_OPTIONS", "ZFSSA_OPTS", "backend_config", "list_opts"]


def _opt(option: zfssa.Option) -> Any:
    """Converts an option to an option of oslo.config.

    The default is only passed to the sample file. An option that is not set must differ from one
    that is set to its default; the library applies the defaults itself.
    """
    common: dict[str, Any] = {
        "help": option.help if option.unit is None else f"{option.help} In {option.unit}.",
        "secret": option.secret,
    }
    if option.deprecated:
        common |= {
            "deprecated_for_removal": True,
            "deprecated_reason": f"Use {option.deprecated}.",
        }
    default = option.default
    if option.kind == "boolean":
        common["sample_default"] = None if default is None else default.lower() == "true"
        return cfg.BoolOpt(option.name, **common)
    if option.kind == "integer":
        common["sample_default"] = None if default is None else int(default)
        return cfg.IntOpt(option.name, min=option.minimum, max=option.maximum, **common)
    if option.kind == "choice":
        common["choices"] = list(option.choices)
    return cfg.StrOpt(option.name, sample_default=default, **common)


_TABLE = zfssa.options()

#: Option of the Cinder driver alone: a driver of the library serves one pool.
_POOLS = cfg.ListOpt(
    "zfssa_pools",
    help="Storage pools that hold the volumes, separated by commas. The scheduler chooses the pool "
    "of a volume. zfssa_pool need not be set too; if it is, its pool keeps the name that it has "
    "without zfssa_pools, which is the name of the backend.",
)

#: Options of this driver beyond those that Cinder defines for every driver.
ZFSSA_OPTS = [*(_opt(option) for option in _TABLE if option.origin != "cinder"), _POOLS]

#: Names of the options that this driver uses and Cinder defines: those of the library's table, of
#: the scheduler's functions, and of attaching a volume in order to copy an image.
SHARED_OPTIONS = [
    *(option.name for option in _TABLE if option.origin == "cinder"),
    "filter_function",
    "goodness_function",
    "use_multipath_for_image_xfer",
    "enforce_multipath_for_image_xfer",
    "num_volume_device_scan_tries",
    "volume_dd_blocksize",
]


def list_opts() -> list[tuple[str, list[Any]]]:
    """Lists the options for oslo-config-generator."""
    return [("backend_defaults", ZFSSA_OPTS)]


def backend_config(
    configuration: Any, pool: str | None, state_path: str | None, lock_path: str | None
) -> zfssa.Config:
    """Converts the configuration of a Cinder backend to that of the library, for one of its pools.

    Journals and lock files are kept below Cinder's own directories unless the operator sets their
    options, which a configuration of the former driver does not have.
    """
    values: dict[str, Any] = {}
    backend = getattr(configuration, "config_group", None) or "default"
    if state_path:
        values["zfssa_state_dir"] = os.path.join(os.path.abspath(state_path), "zfssa", backend)
    if lock_path:
        values["zfssa_lock_dir"] = os.path.join(os.path.abspath(lock_path), "zfssa")
    for option in _TABLE:
        value = configuration.safe_get(option.name)
        if value is not None and value != "":
            values[option.name] = value
    if pool is not None:
        values["zfssa_pool"] = pool
    return zfssa.Config(values)
