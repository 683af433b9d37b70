"""Prose of Python from the descriptions of C: names, docstrings, line breaks."""

from __future__ import annotations

import re
import textwrap

from header import Function, Header, Member, mentioned_truth, plain, truth

NOTE = "Generated from docs/abi/zfssa.json by tools/generate.py; do not edit."


def wrapped(text: str, indent: str, width: int = 99) -> str:
    return "\n\n".join(
        textwrap.fill(one, width, initial_indent=indent, subsequent_indent=indent)
        for one in text.split("\n\n")
    )


def docstring(
    text: str, indent: str = "    ", arguments: list[tuple[str, str]] | None = None
) -> str:
    """A docstring of these paragraphs, and a section on the arguments."""
    text = text.replace("\\", "\\\\")
    if "\n\n" not in text and not arguments and len(indent) + len(text) + 6 <= 99:
        return f'{indent}"""{text}"""'
    # The quotation marks need room on the first line.
    body = wrapped("..." + text if text else "", indent).lstrip()[3:]
    lines = []
    for name, doc in arguments or []:
        first, later = f"{indent}    ", f"{indent}        "
        lines.append(
            textwrap.fill(f"{name}: {doc}", 99, initial_indent=first, subsequent_indent=later)
        )
    section = f"\n\n{indent}Args:\n" + "\n".join(lines) if lines else ""
    return f'{indent}"""{body}{section}\n{indent}"""'


def summarized(text: str) -> str:
    """Paragraphs, of which the first is the first sentence alone."""
    first, *rest = text.split("\n\n")
    sentence = re.match(r"(.+?\.) (?=[A-Z`])(.+)", first)
    return "\n\n".join([sentence[1], sentence[2], *rest]) if sentence else text


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def error_class(constant: str) -> str:
    if constant == "ZFSSA_E_NOT_IMPLEMENTED":
        # Python has a NotImplementedError of its own.
        return "NotOfferedError"
    return camel(constant.removeprefix("ZFSSA_E_").lower()) + "Error"


def view_class(struct: str) -> str:
    return camel(struct.removeprefix("zfssa_").removesuffix("_t"))


def python_words(text: str, header: Header, member: Member | None = None) -> str:
    """The header's prose, of a member or of a function, in terms of Python."""
    text = plain(header, text)
    if member and member.boolean:
        text = truth(text, "True", "False")
        text = text.replace(": 1 or 0; -1 when", "; None when")
    if member and member.counted_by:
        # A sequence, which is empty where C has no array.
        text = text.replace("; NULL when there are none", "").replace(" NULL: none.", "")
    # Python copies what the result holds.
    text = mentioned_truth(text, "False").replace(" Wiped when the result is freed.", "")
    text = re.sub(r"\bZFSSA_E_[A-Z_]+\b", lambda found: error_class(found[0]), text)
    text = re.sub(r"\bzfssa_(?:result_)?(\w+)\(\)", r"\1()", text)
    text = re.sub(r"\bZFSSA_OUTCOME_([A-Z_]+)\b", r"Outcome.\1", text)
    if member and member.one_of:
        family = f"One of the values of `{family_of(member, header)}`"
        text = re.sub(r"One of the ZFSSA_\w+_ numbers", family, text)
    return text.replace("NULL: every", "EVERY: every").replace("NULL", "None")


def summary(function: Function, header: Header) -> str:
    """A function's documentation without what concerns C alone."""
    kept = [one for one in function.doc.split("\n\n") if not one.startswith("Does not block")]
    return summarized(python_words("\n\n".join(kept), header))


def family_of(member: Member, header: Header) -> str | None:
    """The class of the enumeration that a member belongs to, such as Recovery."""
    if not member.one_of:
        return None
    name = camel(member.one_of.removeprefix("ZFSSA_").lower())
    taken = any(view_class(one.name) == name for one in header.structs)
    return name + camel(member.name) if taken else name
