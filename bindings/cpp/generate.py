#!/usr/bin/env python3
"""Generator of include/zfssa/operations.hpp from docs/abi/zfssa.json.

generate.py            writes the file
generate.py --check    fails if the file is out of date
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The reader of zfssa.json is the one of the Python package.
sys.path.insert(0, str(ROOT / "bindings" / "python" / "tools"))

import header as description  # noqa: E402
from header import (  # noqa: E402
    Header,
    Member,
    Struct,
    Surprise,
    mentioned_truth,
    plain,
    read,
    truth,
)

TARGET = ROOT / "include" / "zfssa" / "operations.hpp"
NUMBERS = {"int32_t", "uint32_t", "int64_t", "uint64_t"}

PROLOGUE = """\
/* Operations: requests, views of results, and the methods of zfssa::driver. Part of zfssa.hpp.
 *
 * Generated from docs/abi/zfssa.json by bindings/cpp/generate.py; do not edit. */
#ifndef ZFSSA_OPERATIONS_HPP
#define ZFSSA_OPERATIONS_HPP

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.hpp"
#include "future.hpp"
#include "result.hpp"

namespace zfssa {
"""


# ------------------------------------------------------------------------------------- Prose


def short(struct: str) -> str:
    return struct.removeprefix("zfssa_").removesuffix("_t")


def view_class(struct: str) -> str:
    return short(struct) + "_view"


def base_of(kind: str) -> str:
    return kind.removeprefix("const ").replace("*const*", "").removesuffix("*")


def cpp_words(text: str, header: Header, member: Member | None = None) -> str:
    """The header's prose, of a member or of a function, in terms of C++."""
    text = plain(header, text)
    if member and member.role == "callback":
        # It stays a C function, which calls C functions.
        return text.replace("NULL", "nullptr")
    if member and member.boolean:
        text = truth(text, "true", "false")
        text = text.replace(": 1 or 0; -1 when", "; std::nullopt when")
    if member and member.counted_by:
        # A container, which is empty where C has no array.
        text = text.replace("; NULL when there are none", "").replace(" NULL: none.", "")
        if not member.doc.startswith("With ZFSSA_"):
            # Without a flag that says that it was passed, it is not optional.
            text = text.replace(". NULL", ". Empty").replace("NULL", "empty")
    text = mentioned_truth(text, "false")
    text = re.sub(r"One of the (ZFSSA_\w+_) numbers", r"One of the \1 constants", text)
    text = re.sub(r"\bzfssa_(?:result_)?(\w+)\(\)", r"\1()", text)
    text = text.replace("NULL: every", "zfssa::every: every").replace("NULL", "std::nullopt")
    return re.sub(r"; required\b(?! with)", "", text).strip()


def comment(text: str, indent: str) -> list[str]:
    """A Doxygen comment of these paragraphs."""
    line = f"{indent}/** {text} */"
    if "\n\n" not in text and len(line) <= 100:
        return [line]
    out = [f"{indent}/**"]
    for number, paragraph in enumerate(text.split("\n\n")):
        out += [f"{indent} *"] if number else []
        out += textwrap.wrap(
            paragraph, 100, initial_indent=f"{indent} * ", subsequent_indent=f"{indent} * "
        )
    return [*out, f"{indent} */"]


# -------------------------------------------------------------------------------------- Views


def shown(view: Struct, member: Member, header: Header) -> tuple[str, str] | None:
    """The C++ type of a view's member, and the expression that reads it."""
    name, at = member.name, f"raw_->{member.name}"
    if member.role in ("size", "reserved", "count"):
        return None
    plain = header.aliases.get(member.type, member.type)
    if member.type == "const char*":
        if member.nullable:
            return "std::optional<std::string_view>", f"detail::shown_if_any({at})"
        return "std::string_view", f"detail::shown({at})"
    if member.type == "const char*const*":
        return "strings", f"strings({at}, raw_->{member.counted_by})"
    if member.boolean == "optional":
        return "std::optional<bool>", f"{at} < 0 ? std::nullopt : std::optional<bool>({at} != 0)"
    if member.boolean:
        return "bool", f"{at} != 0"
    if plain in NUMBERS:
        kind = member.type if member.type in header.aliases else f"std::{plain}"
        return kind, at
    if plain == "double":
        return "double", at
    base = base_of(member.type)
    if member.type.endswith("_t*const*"):
        kind = f"list<{view_class(base)}, const {base} *>"
        return kind, f"{{{at}, raw_->{member.counted_by}}}"
    if base in NUMBERS:
        kind = f"list<std::{base}, std::{base}>"
        return kind, f"{{{at}, raw_->{member.counted_by}}}"
    if member.type.endswith("*") and base.startswith("zfssa_"):
        if not member.nullable:
            return view_class(base), f"{view_class(base)}({at})"
        kind = f"std::optional<{view_class(base)}>"
        return kind, f"{at} != nullptr ? {kind}({at}) : std::nullopt"
    raise Surprise(f"{view.name}: {member.type} {name}")


def view_of(view: Struct, function: str | None, header: Header) -> list[str]:
    name = view_class(view.name)
    out = ["", *comment(cpp_words(view.doc, header), ""), f"class {name} {{", "public:"]
    out += [f"    explicit {name}(const {view.name} *raw) : raw_(raw) {{}}"]
    if function:
        out += [f"    static {name} of(const zfssa_result_t *result)", "    {"]
        out += [f"        return {name}({function}(result));", "    }"]
    for member in view.members:
        one = shown(view, member, header)
        if one is not None:
            out += ["", *comment(cpp_words(member.doc, header, member), "    ")]
            line = f"    {one[0]} {member.name}() const {{ return {one[1]}; }}"
            if len(line) > 100:
                out += [f"    {one[0]} {member.name}() const", "    {", f"        return {one[1]};"]
                out += ["    }"]
            else:
                out += [line]
    out += ["", "    /** The C structure that this view reads. */"]
    out += [f"    const {view.name} *raw() const noexcept {{ return raw_; }}"]
    return [*out, "", "private:", f"    const {view.name} *raw_;", "};"]


# ----------------------------------------------------------------------------------- Requests


class Field:
    """A member of a request: its type, its initializer, and the statement that copies it to C."""

    def __init__(self, owner: Struct, member: Member, header: Header) -> None:
        self.name, self.doc = member.name, cpp_words(member.doc, header, member)
        self.kind, self.start, self.put = "", " = {}", ""
        name, plain = member.name, header.aliases.get(member.type, member.type)
        if member.role not in ("value", "callback"):
            return
        if member.type == "const char*":
            if member.required:
                self.kind = "std::string"
            elif member.null_selects:
                # A member left out would select every object by mistake, so it has no default.
                self.kind, self.start = "one_or_every", ""
            else:
                self.kind = "std::optional<std::string>"
            self.put = f"c.{name} = memory.text({name});"
        elif member.type == "const zfssa_pair_t*":
            self.kind = "std::map<std::string, std::string>"
            self.put = f"c.{name} = memory.pairs({name}, c.{name}_count);"
        elif member.type == "const char*const*":
            self.kind = "std::vector<std::string>"
            self.put = f"c.{name} = memory.texts({name}, c.{name}_count);"
        elif member.boolean == "yes":
            self.kind, self.start, self.put = "bool", " = false", f"c.{name} = {name} ? 1 : 0;"
        elif plain in NUMBERS:
            self.kind = member.type if member.type in header.aliases else f"std::{plain}"
            self.start, self.put = " = 0", f"c.{name} = {name};"
        elif member.counted_by and header.struct(base_of(member.type)).role == "element":
            self.kind = f"std::vector<{short(base_of(member.type))}>"
            record = base_of(member.type)
            self.put = f"c.{name} =\n            memory.records<{record}>({name}, c.{name}_count);"
        elif member.type in header.callbacks or member.type == "void*":
            # Callbacks are C function pointers in C++ as well.
            self.kind, self.start = member.type, " = nullptr"
            self.put = f"c.{name} = {name};"
        else:
            raise Surprise(f"{owner.name}: {member.type} {name}")


def request_of(struct: Struct, name: str, doc: str, header: Header) -> list[str]:
    fields = [Field(struct, one, header) for one in struct.members]
    fields = [one for one in fields if one.kind]
    flags: list[str] = []
    for constant in (flag for one in struct.members for flag in one.flags):
        words = constant.split("_", 2)[2].lower()
        given = next((one for one in fields if one.name == words), None)
        if given:
            # The flag says that the list was passed, which may be empty.
            given.kind = f"std::optional<{given.kind}>"
            given.put = f"if ({words})\n            {given.put.replace(f'({words},', f'(*{words},')}"
            flags += [f"if ({words})", f"    c.flags |= {constant};"]
        else:
            switch = Field.__new__(Field)
            doc_of = next(one.doc for one in header.constants if one.name == constant)
            switch.name, switch.doc, switch.put = words, cpp_words(doc_of, header), ""
            switch.kind, switch.start = "bool", " = false"
            fields.append(switch)
            flags += [f"if ({words})", f"    c.flags |= {constant};"]
    out = ["", *comment(doc, ""), f"struct {name} {{"]
    for one in fields:
        out += [*comment(one.doc, "    "), f"    {one.kind} {one.name}{one.start};"]
    body = [*flags, *(line for one in fields if one.put for line in [one.put])]
    memory = "memory" if any("memory." in line for line in body) else ""
    c = "c" if body else ""
    out += ["", "    /** Fills the C structure. `memory` owns its strings and arrays. */"]
    out += [f"    void fill({struct.name} &{c}, detail::arguments &{memory}) const", "    {"]
    out += [f"        {line}" for line in body]
    return [*out, "    }", "};"]


# --------------------------------------------------------------------------------- Operations


class Operation:
    def __init__(self, operation: description.Operation, header: Header) -> None:
        self.function, self.name = header.function(operation.function), operation.name
        self.arguments = header.struct(operation.arguments)
        self.view_function = operation.accessor
        self.view = header.struct(operation.view) if operation.view else None

    def method(self, empty: bool, header: Header) -> list[str]:
        """The method of the driver with its overloads; one has no request if `empty`."""
        request, view = f"{self.name}_request", view_class(self.view.name) if self.view else "nothing"
        kept = [one for one in self.function.doc.split("\n\n") if not one.startswith("Does not")]
        out = ["", *comment(cpp_words("\n\n".join(kept), header), "    ")]
        first = f"    future<{view}> {self.name}("
        taken = f"const {request} &request"
        if len(first) + len(taken) < 100:
            out += [f"{first}{taken},", f"{' ' * len(first)}const call_options &options)"]
        else:
            out += [first, f"        {taken},", "        const call_options &options)"]
        out += ["    {", f"        return run<{view}>({self.function.name}, request, options);"]
        out += ["    }", *self.short_form(first, taken, "request")]
        if empty:
            out += self.short_form(first, "", f"{request}()")
        return out

    def short_form(self, first: str, taken: str, passed: str) -> list[str]:
        """An overload in place of default arguments, which GCC 12 destroys twice in a co_await."""
        line = f"{first}{taken})"
        head = [line] if len(line) <= 100 else [first, f"        {taken})"]
        return [*head, "    {", f"        return {self.name}({passed}, call_options());", "    }"]


def generated(header: Header) -> str:
    every = [Operation(one, header) for one in header.operations]
    functions = {one.view.name: one.view_function for one in every if one.view}
    views, todo = set(functions), [one.view for one in every if one.view]
    while todo:
        for member in todo.pop().members:
            base = base_of(member.type)
            if base.startswith("zfssa_") and base not in views and base not in header.aliases:
                views.add(base)
                todo.append(header.struct(base))
    out = [PROLOGUE, "// Views of results."]
    for struct in header.structs:
        if struct.name in views:
            out += view_of(struct, functions.get(struct.name), header)
    out += ["", "// Requests."]
    for struct in header.structs:
        if struct.role == "element" and struct.name != "zfssa_pair_t":
            out += request_of(struct, short(struct.name), cpp_words(struct.doc, header), header)
    requests = {}
    for one in every:
        doc = f"Request for {one.name}()."
        requests[one.name] = request_of(one.arguments, f"{one.name}_request", doc, header)
        out += requests[one.name]
    out += ["", "namespace detail {", ""]
    out += ["/** Base of zfssa::driver: a method for each operation, which submits it and does not block. */"]
    out += ["template <typename Driver> class operations {", "public:"]
    for one in every:
        lines = requests[one.name]
        # The request may be left out if it has no required member.
        free = not any(re.match(r"    (std::string|one_or_every) \w+", line) for line in lines)
        out += one.method(free, header)
    out += [
        "",
        "protected:",
        "    operations() = default;",
        "",
        "private:",
        "    template <typename View, typename Arguments, typename Request>",
        "    future<View> run(zfssa_status_t (*function)(zfssa_driver_t *, const Arguments *,",
        "                                                const zfssa_call_t *, zfssa_ticket_t *,",
        "                                                zfssa_error_t **),",
        "                     const Request &request, const call_options &options)",
        "    {",
        "        arguments memory;",
        "        Arguments filled = cleared<Arguments>();",
        "        request.fill(filled, memory);",
        "        return static_cast<Driver *>(this)->template submit<View>(function, filled,",
        "                                                                  options);",
        "    }",
        "};",
        "",
        "} // namespace detail",
        "",
        "} // namespace zfssa",
        "",
        "#endif",
        "",
    ]
    return re.sub(r"[ \t]+\n", "\n", "\n".join(out))


def main() -> int:
    wanted = generated(read(ROOT))
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == wanted:
        return 0
    if "--check" in sys.argv:
        print(f"{TARGET.name} is out of date: run bindings/cpp/generate.py")
        return 1
    TARGET.write_text(wanted, encoding="utf-8")
    print(f"{TARGET.name} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
