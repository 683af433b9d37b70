"""Conversion between Python and C values, with the checks that ctypes omits."""

from __future__ import annotations

import enum
import operator
from collections.abc import Mapping, Sequence
from ctypes import c_char_p
from typing import Any, ClassVar, Final

from . import _abi
from .errors import InvalidArgumentError


def text(value: str | None, name: str) -> bytes | None:
    """Converts a string to UTF-8. Refuses a NUL character, at which C would truncate it."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    try:
        encoded = value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidArgumentError(f"{name} cannot be encoded in UTF-8") from error
    if b"\0" in encoded:
        raise InvalidArgumentError(f"{name} contains a NUL character")
    return encoded


class Every(enum.Enum):
    """Type of EVERY."""

    EVERY = "every"

    def __repr__(self) -> str:
        return "zfssa.EVERY"


#: Selects every object in place of a named one. Neither None nor an empty string does.
EVERY: Final = Every.EVERY


def one_or_every(value: str | Every, name: str, every: str) -> bytes | None:
    """Converts the name of one object; EVERY becomes NULL, which selects every object."""
    if value is EVERY:
        return None
    if value is None or value == "":
        found = "None" if value is None else "empty"
        raise InvalidArgumentError(f"{name} is {found}: pass a name, or zfssa.EVERY for {every}")
    return text(value, name)


def number(value: int, name: str, bits: int, signed: bool) -> int:
    """Checks the range of an integer, which ctypes would truncate silently."""
    value = operator.index(value)
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    if not low <= value <= high:
        raise InvalidArgumentError(f"{name} is {value}: expecting {low} to {high}")
    return value


def pairs(values: Mapping[str, str] | None, name: str) -> tuple[Any, int]:
    if not values:
        return None, 0
    array = (_abi.zfssa_pair_t * len(values))()
    for place, (key, value) in zip(array, values.items(), strict=True):
        place.key, place.value = text(key, name), text(value, f"{name}[{key!r}]")
    return array, len(values)


def texts(values: Sequence[str] | None, name: str) -> tuple[Any, int]:
    if not values:
        return None, 0
    if isinstance(values, str):
        raise TypeError(f"{name} must be a list of str, not a str")
    array = (c_char_p * len(values))(*(text(value, name) for value in values))
    return array, len(values)


class Record:
    """Element of an array of C structures."""

    __slots__ = ()
    struct: ClassVar[Any]

    def fill(self, arguments: Any) -> None:
        """Writes the values to its C structure."""
        raise NotImplementedError


def records(values: Sequence[Record], kind: type[Record], name: str) -> tuple[Any, int]:
    if not values:
        return None, 0
    array = (kind.struct * len(values))()
    for place, value in zip(array, values, strict=True):
        if not isinstance(value, kind):
            raise TypeError(f"{name} must contain {kind.__name__}, not {type(value).__name__}")
        value.fill(place)
    return array, len(values)


def string(value: bytes | None) -> str:
    return "" if value is None else value.decode("utf-8", "replace")


def maybe(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")


def strings(array: Any, count: int) -> tuple[str, ...]:
    return tuple(string(array[i]) for i in range(count))


def numbers(array: Any, count: int) -> tuple[int, ...]:
    return tuple(int(array[i]) for i in range(count))
