"""Reads docs/abi/zfssa.json, the description of the C ABI that is written with the header."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Surprise(Exception):
    """The description holds a form that the generators do not know."""


@dataclass(frozen=True)
class Constant:
    name: str
    value: int
    family: str
    doc: str


@dataclass(frozen=True)
class Member:
    """A member of a structure, or a parameter of a function."""

    name: str
    #: As C spells it, without blanks around the asterisks: const char*const*.
    type: str
    doc: str = ""
    role: str = "value"
    required: bool = False
    nullable: bool = False
    null_selects: str | None = None
    boolean: str | None = None
    one_of: str | None = None
    flags: tuple[str, ...] = ()
    counted_by: str | None = None
    secret: bool = False


@dataclass(frozen=True)
class Struct:
    name: str
    #: "arguments", "view", "element" of an array that the caller fills, or "other".
    role: str
    members: tuple[Member, ...]
    doc: str


@dataclass(frozen=True)
class Function:
    name: str
    result: str
    parameters: tuple[Member, ...]
    doc: str


@dataclass(frozen=True)
class Operation:
    """A function that starts an operation, and what belongs to it."""

    name: str
    function: str
    arguments: str
    accessor: str | None
    view: str | None
    errors: tuple[str, ...]


@dataclass
class Header:
    version: str
    constants: list[Constant] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    opaque: list[str] = field(default_factory=list)
    callbacks: list[str] = field(default_factory=list)
    structs: list[Struct] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)

    def struct(self, name: str) -> Struct:
        return next(one for one in self.structs if one.name == name)

    def function(self, name: str) -> Function:
        return next(one for one in self.functions if one.name == name)


def squeezed(kind: str) -> str:
    return re.sub(r"\s*\*\s*", "*", kind).strip()


def member(raw: dict[str, Any]) -> Member:
    known = {key: raw[key] for key in Member.__dataclass_fields__ if key in raw}
    known |= {"type": squeezed(raw["type"]), "flags": tuple(raw.get("flags", ()))}
    return Member(**known)


def read(root: Path) -> Header:
    """The description in a checkout of the repository."""
    text = (root / "docs" / "abi" / "zfssa.json").read_text(encoding="utf-8")
    raw = json.loads(text)
    header = Header(raw["version"])
    for one in raw["constants"]:
        header.constants.append(Constant(one["name"], one["value"], one["family"], one["doc"]))
    for one in raw["types"]:
        if one["kind"] == "opaque":
            header.opaque.append(one["name"])
        elif one["kind"] == "callback":
            header.callbacks.append(one["name"])
        elif one["kind"] == "number":
            header.aliases[one["name"]] = one["number"]
        else:
            raise Surprise(f"a type of kind {one['kind']}")
    for one in raw["structures"]:
        members = tuple(member(each) for each in one["members"])
        header.structs.append(Struct(one["name"], one["role"], members, one["doc"]))
    for one in raw["functions"]:
        taken = tuple(member(each) for each in one["parameters"])
        header.functions.append(Function(one["name"], squeezed(one["returns"]), taken, one["doc"]))
    for one in raw["operations"]:
        names = ("name", "function", "arguments", "accessor", "view")
        header.operations.append(
            Operation(*(one[name] for name in names), errors=tuple(one["errors"]))
        )
    return header
