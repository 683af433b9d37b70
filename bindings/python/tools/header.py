"""Reads docs/abi/zfssa.json, the description of the C ABI that is written with the header."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Surprise(Exception):
    """A form in the description that the generators do not know."""


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
    #: C type without spaces around the asterisks, such as const char*const*.
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
    #: "arguments", "view", "element" (of an array that the caller passes) or "other".
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
    """An operation: the function that submits it, its arguments and the view of its result."""

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


def plain(header: Header, text: str) -> str:
    """Prose of the header without the terms of C that no binding has: flags and limits by name."""
    flags = {flag for struct in header.structs for one in struct.members for flag in one.flags}
    for constant in header.constants:
        if constant.name in flags:
            # Bindings have a parameter in place of the flag.
            shown = f"`{constant.name.split('_', 2)[2].lower()}`"
        elif constant.family == "max":
            shown = f"{constant.value:,}"
        else:
            continue
        text = re.sub(rf"\b{constant.name}\b", shown, text)
    text = re.sub(r"^With `\w+`: (\w)", lambda found: found[1].upper(), text)
    text = text.replace("Without the flag: ", "NULL: ")
    text = text.replace("Pointers to the ", "The ")
    return text.replace("More members may follow in later versions.", "").strip()


def truth(text: str, true: str, false: str) -> str:
    """The documentation of a boolean member, with a language's words for 1 and 0."""
    text = re.sub(r"^1(?= when | if | where )", true.capitalize(), text)
    text = re.sub(r"; 0(?= when )", f"; {false}", text).replace(", else 0", "")
    return text.replace("Always 1", f"Always {true}").replace("Always 0", f"Always {false}")


def mentioned_truth(text: str, false: str) -> str:
    """Prose that mentions a boolean of a result, such as "`created` 0"."""
    return re.sub(r"(`(?:created|changed|in_place)` (?:is )?)0\b", rf"\1{false}", text)


def squeezed(kind: str) -> str:
    return re.sub(r"\s*\*\s*", "*", kind).strip()


def member(raw: dict[str, Any]) -> Member:
    known = {key: raw[key] for key in Member.__dataclass_fields__ if key in raw}
    known |= {"type": squeezed(raw["type"]), "flags": tuple(raw.get("flags", ()))}
    return Member(**known)


def read(root: Path) -> Header:
    """Reads the description in a checkout of the repository."""
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
