"""Backend configuration, and the list of options."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from ctypes import byref
from dataclasses import dataclass
from typing import Any

from . import _abi, _fork
from ._library import call, lib
from ._marshal import maybe, string, strings, text

__all__ = ["Config", "Option", "options"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Description of a configuration option."""

    name: str
    kind: str
    """Type of the value: text, secret, integer, boolean, choice, list, path, …"""
    default: str | None
    help: str
    unit: str | None
    deprecated: str | None
    """Replacement of a deprecated option; None if it is not deprecated."""
    since: str
    choices: tuple[str, ...]
    required: bool
    secret: bool
    minimum: int | None
    maximum: int | None
    origin: str
    """cinder (of every Cinder driver), reference (of the former Cinder driver), or library."""


_ORIGINS = {
    _abi.ZFSSA_ORIGIN_CINDER: "cinder",
    _abi.ZFSSA_ORIGIN_REFERENCE: "reference",
    _abi.ZFSSA_ORIGIN_LIBRARY: "library",
}


def options() -> tuple[Option, ...]:
    """Returns every option of a backend, from the table of the library."""
    return tuple(_option(lib.zfssa_option_at(i).contents) for i in range(lib.zfssa_option_count()))


def _option(view: Any) -> Option:
    bounded = view.flags & _abi.ZFSSA_OPTION_BOUNDED
    return Option(
        name=string(view.name),
        kind=string(view.kind),
        default=maybe(view.default_value),
        help=string(view.help),
        unit=maybe(view.unit),
        deprecated=maybe(view.deprecated),
        since=string(view.since),
        choices=strings(view.choices, view.choices_count),
        required=bool(view.flags & _abi.ZFSSA_OPTION_REQUIRED),
        secret=bool(view.flags & _abi.ZFSSA_OPTION_SECRET),
        minimum=view.min if bounded else None,
        maximum=view.max if bounded else None,
        origin=_ORIGINS.get(view.origin, "library"),
    )


class Config:
    """The options of one backend: an appliance, a pool and a project.

    Values may come from several sources; a later one overrides an earlier one. `validate()` and the
    creation of a driver raise ConfigError with all problems at once.
    """

    def __init__(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        self._owned = _fork.Owned(lib.zfssa_config_free)
        self._handle = self._owned.slot
        call(lib.zfssa_config_new, byref(self._handle))
        for name, value in {**(values or {}), **more}.items():
            self.set(name, value)

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str], section: str | None = None) -> Config:
        """Loads a TOML file: its top level, or the table `section`."""
        return cls()._load(lib.zfssa_config_load_toml, os.fspath(path), section)

    @classmethod
    def from_cinder_conf(cls, path: str | os.PathLike[str], section: str) -> Config:
        """Loads a section of a cinder.conf, parsed by the rules of Cinder."""
        return cls()._load(lib.zfssa_config_load_cinder_conf, os.fspath(path), section)

    @classmethod
    def from_toml_text(cls, toml: str, section: str | None = None) -> Config:
        """Parses TOML text; otherwise as `from_toml()`."""
        return cls()._load(lib.zfssa_config_parse_toml, toml, section)

    def _load(self, function: Any, first: str, section: str | None) -> Config:
        call(function, self._handle, text(first, "path"), text(section, "section"))
        return self

    def set(self, name: str, value: Any) -> None:
        """Sets an option. None removes its value, so that the default applies.

        Booleans, numbers, lists and dictionaries are converted to the text form of the option.
        """
        call(
            lib.zfssa_config_set, self._handle, text(name, "name"), text(_option_text(value), name)
        )

    def validate(self) -> None:
        """Raises ConfigError with every problem in `causes`. Uses neither the network nor files."""
        call(lib.zfssa_config_validate, self._handle)

    def __repr__(self) -> str:
        # Values may be secret and cannot be read back.
        return "<zfssa.Config>"

    def __reduce__(self) -> Any:
        raise TypeError("a Config cannot be pickled: its values cannot be read back")


def _option_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return json.dumps(value)
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value)
