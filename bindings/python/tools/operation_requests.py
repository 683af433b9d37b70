"""Requests and methods of operations."""

from __future__ import annotations

import re

import header as description
from header import Constant, Header, Member, Struct, Surprise
from operation_results import base_of, listed, listed_class, reader
from prose import camel, docstring, python_words, summary, view_class


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
    (
        "traceparent",
        "Trace context of the caller, as in the header of W3C Trace Context. None: as the "
        "driver's `propagate` says.",
    ),
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
    taken.append("traceparent: str | None = None")
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
    options = ["timeout=timeout", "operation_id=operation_id", "traceparent=traceparent"]
    call = f"self.call(request, {', '.join(options)})"
    if not operation.transfers:
        return [*out, f"        return {wait}{call}"]
    passed = ["request", *options]
    passed += ["progress=progress", "transfer=transfer"]
    out.append(f"        return {wait}self.call(")
    return [*out, *(f"            {one}," for one in passed), "        )"]
