"""Between Python's values and C's, with the checks that ctypes leaves out."""

from __future__ import annotations

import enum
import operator
from collections.abc import Mapping, Sequence
from ctypes import c_char_p
from typing import Any, ClassVar, Final

from . import _abi
from .errors import InvalidArgumentError


def text(value: str | None, name: str) -> bytes | None:
    """A text as C takes it. A NUL would cut it short there, so there must be none."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{name} is to be a str, not {type(value).__name__}")
    try:
        encoded = value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidArgumentError(f"{name} is not text that UTF-8 can hold") from error
    if b"\0" in encoded:
        raise InvalidArgumentError(f"{name} holds a NUL character")
    return encoded


class Every(enum.Enum):
    """Every object, where one could be named."""

    EVERY = "every"

    def __repr__(self) -> str:
        return "zfssa.EVERY"


#: Has to be spelled: neither None nor an empty text means every object.
EVERY: Final = Every.EVERY


def one_or_every(value: str | Every, name: str, every: str) -> bytes | None:
    """The name of one object as C takes it; NULL, which means every one, for EVERY."""
    if value is EVERY:
        return None
    if value is None or value == "":
        found = "None" if value is None else "empty"
        raise InvalidArgumentError(f"{name} is {found}; give a name, or zfssa.EVERY for {every}")
    return text(value, name)


def number(value: int, name: str, bits: int, signed: bool) -> int:
    """An integer that fits: ctypes would cut it without a word."""
    value = operator.index(value)
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    if not low <= value <= high:
        raise InvalidArgumentError(f"{name} is {value}; expecting {low} to {high}")
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
        raise TypeError(f"{name} is to be a list of str, not a str")
    array = (c_char_p * len(values))(*(text(value, name) for value in values))
    return array, len(values)


class Record:
    """An element of an array of structures."""

    __slots__ = ()
    struct: ClassVar[Any]

    def fill(self, arguments: Any) -> None:
        """Writes itself into its structure of C."""
        raise NotImplementedError


def records(values: Sequence[Record], kind: type[Record], name: str) -> tuple[Any, int]:
    if not values:
        return None, 0
    array = (kind.struct * len(values))()
    for place, value in zip(array, values, strict=True):
        if not isinstance(value, kind):
            raise TypeError(f"{name} is to hold {kind.__name__}, not {type(value).__name__}")
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
