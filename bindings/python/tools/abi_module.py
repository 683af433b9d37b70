"""The module `_abi.py`: structures and functions for ctypes."""

from __future__ import annotations

from header import Header, Surprise
from prose import NOTE

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
