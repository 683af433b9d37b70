"""The options of one backend, and what options there are."""

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
    """What an option is."""

    name: str
    kind: str
    """How the text is read: text, secret, integer, boolean, choice, list, path, …"""
    default: str | None
    help: str
    unit: str | None
    deprecated: str | None
    """What to use in its place."""
    since: str
    choices: tuple[str, ...]
    required: bool
    secret: bool
    minimum: int | None
    maximum: int | None
    origin: str
    """cinder: every driver of Cinder has it; reference: Cinder's former driver had it; library."""


_ORIGINS = {
    _abi.ZFSSA_ORIGIN_CINDER: "cinder",
    _abi.ZFSSA_ORIGIN_REFERENCE: "reference",
    _abi.ZFSSA_ORIGIN_LIBRARY: "library",
}


def options() -> tuple[Option, ...]:
    """Every option of a backend, from the library's own table."""
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

    Values may come from several sources, and a later one overrides an earlier one. Whatever is
    wrong with them is told by `validate()`, and when a driver is made, all at once.
    """

    def __init__(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        self._owned = _fork.Owned(lib.zfssa_config_free)
        self._handle = self._owned.slot
        call(lib.zfssa_config_new, byref(self._handle))
        for name, value in {**(values or {}), **more}.items():
            self.set(name, value)

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str], section: str | None = None) -> Config:
        """The options of a TOML file, from its top level or from the table `section`."""
        return cls()._load(lib.zfssa_config_load_toml, os.fspath(path), section)

    @classmethod
    def from_cinder_conf(cls, path: str | os.PathLike[str], section: str) -> Config:
        """The options of a section of a cinder.conf, read as Cinder reads it."""
        return cls()._load(lib.zfssa_config_load_cinder_conf, os.fspath(path), section)

    @classmethod
    def from_toml_text(cls, toml: str, section: str | None = None) -> Config:
        """As `from_toml`, from a text."""
        return cls()._load(lib.zfssa_config_parse_toml, toml, section)

    def _load(self, function: Any, first: str, section: str | None) -> Config:
        call(function, self._handle, text(first, "path"), text(section, "section"))
        return self

    def set(self, name: str, value: Any) -> None:
        """Sets one option. None forgets what was set, so that the default holds.

        True and False, numbers, lists and dictionaries are written as the option's text.
        """
        call(
            lib.zfssa_config_set, self._handle, text(name, "name"), text(_option_text(value), name)
        )

    def validate(self) -> None:
        """Raises ConfigError with every problem in `causes`. Asks neither network nor files."""
        call(lib.zfssa_config_validate, self._handle)

    def __repr__(self) -> str:
        # Values never come out again.
        return "<zfssa.Config>"

    def __reduce__(self) -> Any:
        raise TypeError("a Config cannot be pickled: values never come out of it")


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
