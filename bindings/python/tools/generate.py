#!/usr/bin/env python3
"""Generator of _abi.py, errors.py and operations.py from docs/abi/zfssa.json.

tools/generate.py            writes the files
tools/generate.py --check    fails if one of them is out of date
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

import header as description
from header import (
    Constant,
    Function,
    Header,
    Member,
    Struct,
    Surprise,
    mentioned_truth,
    plain,
    read,
    truth,
)

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = Path(__file__).resolve().parents[1] / "src" / "zfssa"
NOTE = "Generated from docs/abi/zfssa.json by tools/generate.py; do not edit."

SCALARS = {
    "int32_t": "c_int32",
    "uint32_t": "c_uint32",
    "int64_t": "c_int64",
    "uint64_t": "c_uint64",
    "double": "c_double",
    "void*": "c_void_p",
    "const char*": "c_char_p",
    "const char*const*": "POINTER(c_char_p)",
}


# ------------------------------------------------------------------------------------- Prose


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


# --------------------------------------------------------------------------------------- ABI


def ctype(kind: str, header: Header) -> str:
    """The ctypes expression for a C type."""
    if kind in SCALARS:
        return SCALARS[kind]
    if kind in header.aliases:
        return SCALARS[header.aliases[kind]]
    if kind in header.callbacks:
        return "c_void_p"
    bare = kind.removeprefix("const ")
    structs = {one.name for one in header.structs}
    for stars, form in (("*const*", "POINTER(POINTER({}))"), ("**", "{}"), ("*", "POINTER({})")):
        if not bare.endswith(stars):
            continue
        base = bare.removesuffix(stars)
        if base in structs:
            return form.format(base)
        if base in header.opaque:
            return "c_void_p" if stars == "*" else "POINTER(c_void_p)"
        plain = SCALARS.get(header.aliases.get(base, base))
        if plain and stars == "*":
            return f"POINTER({plain})"
    raise Surprise(f"type {kind}")


def abi(header: Header) -> str:
    out = [
        f'"""ctypes declarations of the C ABI.\n\n{NOTE}\n"""',
        "",
        "from __future__ import annotations",
        "",
        "from ctypes import (",
        "    POINTER,",
        "    Structure,",
        "    c_char_p,",
        "    c_double,",
        "    c_int32,",
        "    c_int64,",
        "    c_uint32,",
        "    c_uint64,",
        "    c_void_p,",
        ")",
        "from typing import Any",
        "",
    ]
    out += [f'ZFSSA_VERSION = "{header.version}"']
    out += [f"{one.name} = {one.value}" for one in header.constants]
    for struct in header.structs:
        out += ["", "", f"class {struct.name}(Structure):"]
        out.append("    _fields_ = [")
        for member in struct.members:
            out.append(f'        ("{member.name}", {ctype(member.type, header)}),')
        out.append("    ]")
    out += ["", "", "#: Structures by their C names.", "STRUCTS: dict[str, Any] = {"]
    out += [f'    "{one.name}": {one.name},' for one in header.structs]
    out += [
        "}",
        "",
        "#: Result type and parameter types of each function.",
        "FUNCTIONS: dict[str, Any] = {",
    ]
    for function in header.functions:
        result = "None" if function.result == "void" else ctype(function.result, header)
        taken = [ctype(one.type, header) for one in function.parameters]
        line = f'    "{function.name}": ({result}, [{", ".join(taken)}]),'
        if len(line) > 99:
            out += [f'    "{function.name}": (', f"        {result},", "        ["]
            out += [f"            {one}," for one in taken]
            out += ["        ],", "    ),"]
        else:
            out.append(line)
    return "\n".join([*out, "}", ""])


# ------------------------------------------------------------------------------------ Errors

CLASSES = (
    (0, "CallerError", "Error of the caller, of this host or of the library itself."),
    (
        1,
        "TransportError",
        "Error of the connection: the appliance was not reached, or its response was lost.",
    ),
    (2, "ApplianceError", "Error that the appliance reported."),
    (
        3,
        "DriverError",
        "Error of a storage operation, such as a volume that is busy or does not exist.",
    ),
)


def errors(header: Header) -> str:
    statuses = [one for one in header.constants if one.family == "status"]
    outcomes = [one for one in header.constants if one.family == "outcome"]
    out = [
        f'"""Exceptions: one for each status, with a base class for each class of statuses.\n\n{NOTE}\n"""',
        "",
        "from __future__ import annotations",
        "",
        "from ._error import BY_CLASS, BY_STATUS, Error, Outcome",
        "",
        "__all__ = [",
    ]
    names = ["Error", "Outcome"] + [name for _, name, _ in CLASSES]
    names += [error_class(one.name) for one in statuses if one.value]
    out += [f'    "{name}",' for name in sorted(names)]
    out.append("]")
    for number, name, doc in CLASSES:
        out += ["", "", f"class {name}(Error):", docstring(doc), "", "    __slots__ = ()"]
        out += ["", "", f"BY_CLASS[{number}] = {name}"]
    for one in statuses:
        if not one.value:
            continue
        base = CLASSES[-one.value // 100][1]
        out += [
            "",
            "",
            f"class {error_class(one.name)}({base}):",
            docstring(python_words(one.doc, header)),
        ]
        out += ["", "    __slots__ = ()", f"    number = {one.value}"]
        out += [f'    label = "{one.name.removeprefix("ZFSSA_E_")}"']
        out += ["", "", f"BY_STATUS[{one.value}] = {error_class(one.name)}"]
    expected = {one.name.removeprefix("ZFSSA_OUTCOME_"): one.value for one in outcomes}
    out += ["", "", "# Outcome is written by hand; this check keeps it in step with the header."]
    out += ["assert {one.name: one.value for one in Outcome} == {"]
    out += [f'    "{name}": {value},' for name, value in expected.items()]
    return "\n".join([*out, "}", ""])


# -------------------------------------------------------------------------------- Operations


class Operation:
    """An operation as Python has it: parameters, flags and the class of its result."""

    def __init__(self, header: Header, operation: description.Operation) -> None:
        self.function = header.function(operation.function)
        self.name = operation.name
        self.request = camel(self.name)
        self.arguments = header.struct(operation.arguments)
        self.view_function = operation.accessor
        self.view = header.struct(operation.view) if operation.view else None
        self.fields = [Field(header, operation.function, one) for one in self.arguments.members]
        self.fields = [one for one in self.fields if one.kind != "hidden"]
        self.switches = list(self.find_switches(header))
        #: The operation takes a transfer callback, which an event triggers here. C has a member
        #: for it in the arguments.
        self.transfers = any(one.name == "transfer" for one in self.arguments.members)

    def find_switches(self, header: Header) -> list[tuple[Constant, str]]:
        """Finds the flags, and the condition on the parameters that sets each of them.

        A flag becomes a parameter, unless it says that a list was passed.
        """
        flags = next((one for one in self.arguments.members if one.name == "flags"), None)
        found: list[tuple[Constant, str]] = []
        for name in flags.flags if flags else ():
            constant = next(one for one in header.constants if one.name == name)
            # ZFSSA_AUDIT_FIX_VOLUMES is the parameter fix_volumes.
            words = name.split("_", 2)[2].lower()
            owner = next((one for one in self.fields if one.name == words), None)
            if owner:
                found.append((constant, f"self.{owner.name} is not None"))
            else:
                switch = Field.switch(words, constant.doc, header)
                self.fields.append(switch)
                found.append((constant, f"self.{switch.name}"))
        return found

    @property
    def output(self) -> str:
        if self.view is None:
            return "None"
        if listed(self.view):
            return f"tuple[{listed_class(self.view)}, ...]"
        return view_class(self.view.name)


#: Parameters that are secrets or contain one. repr() leaves them out.
SECRETS = {"password", "location_info"}


class Field:
    """A parameter of an operation."""

    def __init__(self, header: Header, owner: str, member: Member) -> None:
        self.name = member.name
        self.doc = python_words(member.doc, header, member)
        self.kind = "hidden"
        self.type = ""
        self.default: str | None = None
        plain = header.aliases.get(member.type, member.type)
        # Events take the place of callbacks and their contexts, so that no thread of the engine
        # runs Python code.
        if member.role != "value":
            return
        if member.type == "const char*":
            self.kind = "text"
            self.type = "str" if member.required else "str | None"
            if member.null_selects:
                # None would select every object by mistake, so EVERY has to be passed explicitly.
                self.kind, self.type = "one or every", "str | Every"
                self.every = member.null_selects
            elif not member.required:
                self.default = "None"
            self.doc = self.doc.replace("; required", "")
        elif member.type == "const zfssa_pair_t*":
            self.kind, self.type, self.default = "pairs", "Mapping[str, str] | None", "None"
        elif member.type == "const char*const*":
            self.kind, self.type, self.default = "texts", "Sequence[str] | None", "None"
        elif plain in ("uint32_t", "uint64_t", "int32_t", "int64_t"):
            self.bits, self.signed = int(re.sub(r"\D", "", plain)), plain.startswith("int")
            self.kind, self.type = "number", "int"
            if member.boolean == "yes":
                self.kind, self.type, self.default = "truth", "bool", "False"
            elif not (member.name.startswith("size_") and "0" not in member.doc.split()):
                self.default = "0"
        elif member.counted_by and header.struct(base_of(member.type)).role == "element":
            self.record = view_class(base_of(member.type))
            self.kind, self.default = "records", "()"
            self.type = f"Sequence[{self.record}]"
        else:
            raise Surprise(f"{owner}: {member.type} {member.name}")

    @classmethod
    def switch(cls, name: str, doc: str, header: Header) -> Field:
        """The parameter that stands for a flag."""
        field = cls.__new__(cls)
        field.name, field.doc, field.kind = name, python_words(doc, header), "switch"
        field.type, field.default = "bool", "False"
        return field

    def written(self) -> list[str]:
        """The statements that set its member of the argument structure."""
        name = self.name
        if self.kind == "text":
            return [f'arguments.{name} = text(self.{name}, "{name}")']
        if self.kind == "one or every":
            put = f'one_or_every(self.{name}, "{name}", "{self.every}")'
            return [f"arguments.{name} = {put}"]
        if self.kind == "number":
            return [f'arguments.{name} = number(self.{name}, "{name}", {self.bits}, {self.signed})']
        if self.kind == "truth":
            return [f"arguments.{name} = 1 if self.{name} else 0"]
        if self.kind == "records":
            put = f'records(self.{name}, {self.record}, "{name}")'
            return [f"arguments.{name}, arguments.{name}_count = {put}"]
        if self.kind in ("pairs", "texts"):
            return [
                f'arguments.{name}, arguments.{name}_count = {self.kind}(self.{name}, "{name}")'
            ]
        return []


def record_of(struct: Struct, header: Header) -> list[str]:
    name = view_class(struct.name)
    fields = [Field(header, struct.name, one) for one in struct.members]
    fields = [one for one in fields if one.kind != "hidden"]
    out = ["", "", "@dataclass(frozen=True, slots=True)", f"class {name}(Record):"]
    out += [docstring(python_words(struct.doc, header)), ""]
    for one in sorted(fields, key=lambda one: one.default is not None):
        default = "" if one.default is None else f" = field(default={one.default}, kw_only=True)"
        out += [f"    {one.name}: {one.type}{default}", docstring(one.doc)]
    out += ["", f"    struct: ClassVar[Any] = _abi.{struct.name}", ""]
    out += ["    def fill(self, arguments: Any) -> None:"]
    return out + ["        " + line for one in fields for line in one.written()]


def listed(view: Struct) -> Member | None:
    """The list member of a view that consists of one list; None for other views."""
    shown = [one for one in view.members if one.role not in ("size", "count")]
    if len(shown) == 1 and shown[0].type.endswith("_t*const*"):
        return shown[0]
    return None


def base_of(kind: str) -> str:
    return kind.removeprefix("const ").replace("*const*", "").removesuffix("*")


def listed_class(view: Struct) -> str:
    member = listed(view)
    assert member is not None
    return view_class(base_of(member.type))


def family_of(member: Member, header: Header) -> str | None:
    """The class of the enumeration that a member belongs to, such as Recovery."""
    if not member.one_of:
        return None
    name = camel(member.one_of.removeprefix("ZFSSA_").lower())
    taken = any(view_class(one.name) == name for one in header.structs)
    return name + camel(member.name) if taken else name


def enumeration_of(name: str, view: Struct, member: Member, header: Header) -> list[str]:
    prefix = member.one_of
    assert prefix
    out = ["", "", f"class {name}(IntEnum):"]
    where = f"{view_class(view.name)}.{member.name}"
    out += [docstring(f"Values of `{where}`. Later versions of the library may add values."), ""]
    for one in header.constants:
        if one.name.startswith(prefix):
            out += [f"    {one.name.removeprefix(prefix)} = {one.value}"]
            out += [docstring(python_words(one.doc, header))]
    out += ["", "    @classmethod", f"    def _missing_(cls, value: object) -> {name}:"]
    out += ["        unknown = int.__new__(cls, int(str(value)))"]
    out += ['        unknown._name_ = f"UNKNOWN_{value}"', "        unknown._value_ = int(unknown)"]
    return [*out, "        return unknown"]


def shown_member(view: Struct, member: Member, header: Header) -> tuple[str, str] | None:
    """The Python type of a view's member, and the expression that reads it."""
    read = f"view.{member.name}"
    if member.role in ("size", "reserved", "count"):
        return None
    plain = header.aliases.get(member.type, member.type)
    if member.type == "const char*":
        if member.nullable:
            return "str | None", f"maybe({read})"
        return "str", f"string({read})"
    if member.type == "const char*const*":
        return "tuple[str, ...]", f"strings({read}, view.{member.counted_by})"
    if member.type == "double":
        return "float", f"float({read})"
    if member.boolean == "optional":
        return "bool | None", f"None if {read} < 0 else bool({read})"
    if member.boolean:
        return "bool", f"bool({read})"
    family = family_of(member, header)
    if family:
        return family, f"{family}({read})"
    if plain in ("uint32_t", "uint64_t", "int32_t", "int64_t"):
        return "int", f"int({read})"
    base = base_of(member.type)
    if member.type.endswith("_t*const*"):
        many = f"view.{member.counted_by}"
        return (
            f"tuple[{view_class(base)}, ...]",
            f"tuple({reader(base)}({read}[i].contents) for i in range({many}))",
        )
    if base in ("uint32_t", "uint64_t"):
        return "tuple[int, ...]", f"numbers({read}, view.{member.counted_by})"
    if member.type.endswith("*") and base.startswith("zfssa_"):
        there = f"{reader(base)}({read}.contents)"
        if not member.nullable:
            return view_class(base), there
        return f"{view_class(base)} | None", f"{there} if {read} else None"
    raise Surprise(f"{view.name}: {member.type} {member.name}")


def reader(struct: str) -> str:
    return "_" + struct.removeprefix("zfssa_").removesuffix("_t")


def dataclass_of(view: Struct, header: Header) -> list[str]:
    name = view_class(view.name)
    out = ["", "", "@dataclass(frozen=True, slots=True, kw_only=True)", f"class {name}:"]
    out += [docstring(python_words(view.doc, header)), ""]
    body = ["", "", f"def {reader(view.name)}(view: Any) -> {name}:", f"    return {name}("]
    for member in view.members:
        shown = shown_member(view, member, header)
        if shown is None:
            continue
        out.append(
            f"    {member.name}: {shown[0]}" + (" = field(repr=False)" if member.secret else "")
        )
        out.append(docstring(python_words(member.doc, header, member)))
        body.append(f"        {member.name}={shown[1]},")
    return [*out, *body, "    )"]


def views_of(operations: list[Operation], header: Header) -> list[Struct]:
    """The structures of results, in the order of the header."""
    names = {one.view.name for one in operations if one.view and not listed(one.view)}
    todo = [one.view for one in operations if one.view]
    while todo:
        for member in todo.pop().members:
            base = base_of(member.type)
            if base.startswith("zfssa_") and base not in names and base not in header.aliases:
                names.add(base)
                todo.append(header.struct(base))
    return [one for one in header.structs if one.name in names]


def request_of(operation: Operation) -> list[str]:
    out = ["", "", "@dataclass(frozen=True, slots=True)"]
    out += [f"class {operation.request}(Request[{operation.output}]):"]
    out += [docstring(f"Request for {operation.name}()."), ""]
    ordered = [one for one in operation.fields if one.default is None]
    ordered += [one for one in operation.fields if one.default is not None]
    for one in ordered:
        default = "" if one.default is None else f" = field(default={one.default}, kw_only=True)"
        if one.name in SECRETS:
            default = default.replace(")", ", repr=False)")
        out += [f"    {one.name}: {one.type}{default}", docstring(one.doc)]
    if ordered:
        out.append("")
    out += [f'    operation: ClassVar[str] = "{operation.name}"', ""]
    resource = next((one for one in ordered if one.name in ("name", "volume")), None)
    if resource:
        out += ["    @property", "    def resource(self) -> str:"]
        shown = f"self.{resource.name}"
        if "Every" in resource.type:
            shown = f'"" if isinstance({shown}, Every) else {shown}'
        elif "None" in resource.type:
            shown += ' or ""'
        out += [f"        return {shown}", ""]
    struct = operation.arguments.name
    out += ["    def arguments(self) -> Any:"]
    out += [f"        arguments = _abi.{struct}(size=sizeof(_abi.{struct}))"]
    for constant, condition in operation.switches:
        out += [f"        if {condition}:", f"            arguments.flags |= _abi.{constant.name}"]
    for one in operation.fields:
        out += ["        " + line for line in one.written()]
    out += ["        return arguments", ""]
    out += [f"    def output(self, library: Any, result: int) -> {operation.output}:"]
    view = operation.view
    if view is None:
        return [*out, "        return None"]
    out.append(f"        view = library.{operation.view_function}(result).contents")
    member = listed(view)
    if member:
        read = f"{reader(base_of(member.type))}(view.{member.name}[i].contents)"
        return [*out, f"        return tuple({read} for i in range(view.count))"]
    return [*out, f"        return {reader(view.name)}(view)"]


TRANSFER = {
    "sync": "Function that writes the image to the connection that it is passed. Called only if the "
    "image is not in the cache, in a thread of its own. An exception fails the operation.",
    "async": "Coroutine function that writes the image to the connection that it is passed. Called "
    "only if the image is not in the cache, in a task of its own, which is cancelled if the "
    "operation completes first. An exception fails the operation.",
}
PROGRESS = {
    "sync": "Function that is called with the progress of the operation, in a thread that waits for "
    "any operation of this driver.",
    "async": "Function that is called with the progress of the operation, in the event loop.",
}

#: Arguments of every method.
COMMON = [
    (
        "timeout",
        "Seconds for the whole operation, with login and retries. None: the option "
        "zfssa_operation_timeout; `math.inf`: no timeout.",
    ),
    ("operation_id", "Id of the operation in logs, errors and markers. None: a new id."),
]


def method_of(operation: Operation, form: str, header: Header) -> list[str]:
    ordered = [one for one in operation.fields if one.default is None]
    optional = [one for one in operation.fields if one.default is not None]
    taken = ["self"] + [f"{one.name}: {one.type}" for one in ordered] + ["*"]
    taken += [f"{one.name}: {one.type} = {one.default}" for one in optional]
    if operation.transfers:
        kind = "Transfer" if form == "sync" else "AsyncTransfer"
        taken.append(f"transfer: {kind} | None = None")
        taken.append("progress: Callable[[Progress], object] | None = None")
    taken += ["timeout: float | None = None", "operation_id: str | None = None"]
    passed = [one.name for one in ordered] + [f"{one.name}={one.name}" for one in optional]
    prefix, wait = ("async ", "await ") if form == "async" else ("", "")
    out = ["", f"    {prefix}def {operation.name}("]
    out += [f"        {one}," for one in taken]
    out += [f"    ) -> {operation.output}:"]
    documented = [(one.name, one.doc) for one in ordered + optional]
    if operation.transfers:
        documented += [("transfer", TRANSFER[form]), ("progress", PROGRESS[form])]
    documented += COMMON
    out.append(docstring(summary(operation.function, header), "        ", documented))
    line = f"        request = {operation.request}({', '.join(passed)})"
    if len(line) > 99:
        out += [f"        request = {operation.request}("]
        out += [*(f"            {one}," for one in passed), "        )"]
    else:
        out.append(line)
    call = "self.call(request, timeout=timeout, operation_id=operation_id)"
    if not operation.transfers:
        return [*out, f"        return {wait}{call}"]
    passed = ["request", "timeout=timeout", "operation_id=operation_id"]
    passed += ["progress=progress", "transfer=transfer"]
    out.append(f"        return {wait}self.call(")
    return [*out, *(f"            {one}," for one in passed), "        )"]


def operations(header: Header) -> str:
    every = [Operation(header, one) for one in header.operations]
    views = views_of(every, header)
    taken = [one for one in header.structs if one.role == "element"]
    taken = [one for one in taken if one.name != "zfssa_pair_t"]
    families = {
        name: (view, member)
        for view in views
        for member in view.members
        if (name := family_of(member, header))
    }
    names = [*families, *(view_class(one.name) for one in [*views, *taken])]
    names += [one.request for one in every]
    names += ["AsyncTransfer", "Progress", "Transfer"]
    out = [
        f'"""Operations: requests, results and the methods of drivers.\n\n{NOTE}\n"""',
        "",
        "from __future__ import annotations",
        "",
        "from collections.abc import Awaitable, Callable, Mapping, Sequence",
        "from ctypes import sizeof",
        "from dataclasses import dataclass, field",
        *(["from enum import IntEnum"] if families else []),
        "from typing import Any, ClassVar, TypeVar",
        "",
        "from . import _abi",
        "from ._marshal import (",
        "    Every,",
        "    Record,",
        "    maybe,",
        "    number,",
        "    numbers,",
        "    one_or_every,",
        "    pairs,",
        "    records,",
        "    string,",
        "    strings,",
        "    text,",
        "    texts,",
        ")",
        "from ._request import Request",
        "",
        "__all__ = [",
        *(f'    "{name}",' for name in sorted(names)),
        "]",
        "",
        'T = TypeVar("T")',
    ]
    views += [one for one in [header.struct("zfssa_progress_t")] if one not in views]
    for name, (view, member) in families.items():
        out += enumeration_of(name, view, member, header)
    for view in views:
        out += dataclass_of(view, header)
    for struct in taken:
        out += record_of(struct, header)
    for one in every:
        out += request_of(one)
    out += ["", "", "#: Function that writes an image to a LUN, called in a thread of its own."]
    out += ["Transfer = Callable[[Connection], object]"]
    out += ["#: Coroutine function that writes an image to a LUN."]
    out += ["AsyncTransfer = Callable[[Connection], Awaitable[object]]"]
    for form, title in (("sync", "Operations"), ("async", "AsyncOperations")):
        prefix = "async " if form == "async" else ""
        kind = "coroutine" if form == "async" else "method"
        doc = f"Base of drivers: a {kind} for each operation, which returns after its completion."
        out += ["", "", f"class {title}:", docstring(doc), ""]
        out += [
            f"    {prefix}def call(",
            "        self,",
            "        request: Request[T],",
            "        *,",
            "        timeout: float | None = None,",
            "        operation_id: str | None = None,",
            "        progress: Callable[[Progress], object] | None = None,",
            f"        transfer: {'Transfer' if form == 'sync' else 'AsyncTransfer'} | None = None,",
            "    ) -> T:",
            "        raise NotImplementedError",
        ]
        for one in every:
            out += method_of(one, form, header)
    return "\n".join([*out, ""])


def main() -> int:
    header = read(ROOT)
    files = {
        "_abi.py": abi(header),
        "errors.py": errors(header),
        "operations.py": operations(header),
    }
    stale = 0
    for name, wanted in files.items():
        path = PACKAGE / name
        wanted = re.sub(r"[ \t]+\n", "\n", wanted)
        if path.exists() and path.read_text(encoding="utf-8") == wanted:
            continue
        if "--check" in sys.argv:
            print(f"{path.name} is out of date: run tools/generate.py")
            stale += 1
        else:
            path.write_text(wanted, encoding="utf-8")
            print(f"{path.name} written")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
