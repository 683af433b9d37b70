"""Classes of results, and their readers."""

from __future__ import annotations

from header import Header, Member, Struct, Surprise
from prose import docstring, family_of, python_words, view_class


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
