"""Reads include/zfssa.h, whose shape is regular because it is generated.

Not a C parser: it knows the few forms that the header uses and refuses anything else, so that a
new form is noticed where it matters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path


class Surprise(Exception):
    """The header holds a form that this parser does not know."""


@dataclass(frozen=True)
class Constant:
    name: str
    value: int | str
    doc: str


@dataclass(frozen=True)
class Member:
    """A member of a structure, or a parameter of a function."""

    name: str
    type: str
    doc: str = ""


@dataclass(frozen=True)
class Struct:
    name: str
    members: tuple[Member, ...]
    doc: str


@dataclass(frozen=True)
class Function:
    name: str
    result: str
    parameters: tuple[Member, ...]
    doc: str


@dataclass
class Header:
    constants: list[Constant] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    opaque: list[str] = field(default_factory=list)
    callbacks: list[str] = field(default_factory=list)
    structs: list[Struct] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)

    def struct(self, name: str) -> Struct:
        return next(one for one in self.structs if one.name == name)


COMMENT = re.compile(r"/\*\*?(.*?)\*/", re.DOTALL)
IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"


def comment_text(raw: str) -> str:
    """The words of a comment: paragraphs apart by an empty line, each on one line."""
    lines = [re.sub(r"^\s*\*? ?", "", line).rstrip() for line in raw.strip().split("\n")]
    paragraphs = "\n".join(lines).split("\n\n")
    return "\n\n".join(" ".join(one.split()) for one in paragraphs).strip()


def declarator(text: str) -> Member:
    """`const char *name` as a type and a name."""
    text = " ".join(text.split())
    found = re.fullmatch(rf"(.*?)({IDENTIFIER})", text)
    if not found:
        raise Surprise(f"declaration: {text}")
    kind = re.sub(r"\s*\*\s*", "*", found[1]).strip()
    return Member(found[2], kind)


def struct_members(body: str) -> tuple[Member, ...]:
    members = []
    position = 0
    pattern = re.compile(r"\s*/\*\*(.*?)\*/\s*([^;{}()]+);", re.DOTALL)
    while body[position:].strip():
        found = pattern.match(body, position)
        if not found:
            raise Surprise(f"member: {body[position : position + 80]!r}")
        plain = declarator(found[2])
        members.append(Member(plain.name, plain.type, comment_text(found[1])))
        position = found.end()
    return tuple(members)


def parameters(text: str) -> tuple[Member, ...]:
    if text.strip() == "void":
        return ()
    return tuple(declarator(one) for one in text.split(","))


FORMS = {
    # Decoration of the file as a whole.
    "skipped": re.compile(
        r"#ifndef ZFSSA_H\b|#define ZFSSA_H\b|#include <stdint\.h>|#ifdef __cplusplus"
        r'|extern "C" \{|#endif|\}(?=\s*#endif)'
    ),
    "comment": re.compile(r"/\*(\*?)(.*?)\*/", re.DOTALL),
    "constant": re.compile(rf'#define ({IDENTIFIER}) (\(?-?\w+\)?|"[^"]*")(?=\n)'),
    "table": re.compile(r"struct zfssa_vtable_t \{.*?\n\};", re.DOTALL),
    "struct": re.compile(rf"typedef struct ({IDENTIFIER}) \{{(.*?)\n\}} \1;", re.DOTALL),
    "opaque": re.compile(rf"typedef struct ({IDENTIFIER}) \1;"),
    "callback": re.compile(rf"typedef (\w+) \(\*({IDENTIFIER})\)\((.*?)\);", re.DOTALL),
    "alias": re.compile(rf"typedef (\w+) ({IDENTIFIER});"),
    "function": re.compile(rf"((?:const )?\w+ \**)({IDENTIFIER})\(([^()]*)\);", re.DOTALL),
}


def parse(text: str) -> Header:
    header = Header()
    doc = ""
    position = 0
    while True:
        blank = re.compile(r"\s*").match(text, position)
        position = blank.end() if blank else position
        if position >= len(text):
            return header
        tried = ((form, pattern.match(text, position)) for form, pattern in FORMS.items())
        form, found = next((one for one in tried if one[1]), ("", None))
        if not found:
            raise Surprise(text[position : position + 120])
        position = found.end()
        if form == "comment":
            doc = comment_text(found[2]) if found[1] else ""
            continue
        if form == "constant":
            raw = found[2].strip("()")
            value = raw[1:-1] if raw.startswith('"') else int(raw, 0)
            header.constants.append(Constant(found[1], value, doc))
        elif form == "struct":
            header.structs.append(Struct(found[1], struct_members(found[2]), doc))
        elif form == "opaque":
            header.opaque.append(found[1])
        elif form == "callback":
            header.callbacks.append(found[2])
        elif form == "alias":
            header.aliases[found[2]] = found[1]
        elif form == "function":
            kind = re.sub(r"\s*\*\s*", "*", found[1]).strip()
            header.functions.append(Function(found[2], kind, parameters(found[3]), doc))
        doc = ""


def read(path: Path) -> Header:
    return parse(path.read_text(encoding="utf-8"))
