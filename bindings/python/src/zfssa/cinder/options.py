"""The driver's options, from the library's own table."""

from __future__ import annotations

import os
from typing import Any

from oslo_config import cfg

import zfssa

__all__ = ["ZFSSA_OPTS", "backend_config", "list_opts"]


def _opt(option: zfssa.Option) -> Any:
    """An option as oslo.config has them.

    oslo gets no default, only the sample file does: an option that nobody has set must be told
    apart from one set to its default, and the library knows the defaults itself.
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

#: What this driver adds to the options that Cinder has for every driver.
ZFSSA_OPTS = [_opt(option) for option in _TABLE if option.origin != "cinder"]


def list_opts() -> list[tuple[str, list[Any]]]:
    """For oslo-config-generator."""
    return [("backend_defaults", ZFSSA_OPTS)]


def backend_config(configuration: Any, state_path: str | None, lock_path: str | None) -> Any:
    """The library's configuration of a backend, from Cinder's.

    Journals and lock files, which a drop-in has no options for yet, go below Cinder's own
    folders unless the operator says where.
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
    return zfssa.Config(values)
