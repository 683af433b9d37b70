#!/usr/bin/env python3
"""Writes include/zfssa/operations.hpp, the part of zfssa.hpp that follows from zfssa.h.

generate.py            writes the file
generate.py --check    fails when the file is not what would be written
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The reader of zfssa.h that the Python package is made with.
sys.path.insert(0, str(ROOT / "bindings" / "python" / "tools"))

from header import Function, Header, Member, Struct, Surprise, read  # noqa: E402

TARGET = ROOT / "include" / "zfssa" / "operations.hpp"
NUMBERS = {"int32_t", "uint32_t", "int64_t", "uint64_t"}
SHAPE = ["zfssa_driver_t*", None, "const zfssa_call_t*", "zfssa_ticket_t*", "zfssa_error_t**"]

PROLOGUE = """\
/* Every operation: what it takes, what it gives, its method. Part of zfssa.hpp.
 *
 * Made from zfssa.h by bindings/cpp/generate.py; not to be edited. */
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


# ------------------------------------------------------------------------------------- Words


def short(struct: str) -> str:
    return struct.removeprefix("zfssa_").removesuffix("_t")


def view_class(struct: str) -> str:
    return short(struct) + "_view"


def base_of(kind: str) -> str:
    return kind.removeprefix("const ").replace("*const*", "").removesuffix("*")


def cpp_words(text: str) -> str:
    """The header's prose in terms of C++."""
    text = text.replace("More members may follow in later versions.", "")
    text = re.sub(r"\bzfssa_(?:result_)?(\w+)\(\)", r"\1()", text)
    text = text.replace("NULL: every", "zfssa::every: every").replace("NULL", "nullopt")
    return re.sub(r"; required\b(?! with)", "", text).strip()


def comment(text: str, indent: str) -> list[str]:
    text = cpp_words(text)
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


def count_of(view: Struct, member: Member) -> str:
    for one in view.members:
        if one.name == member.name + "_count":
            return one.name
        if one.doc.startswith("Elements of") and f"`{member.name}`" in one.doc:
            return one.name
    if any(one.name == "count" for one in view.members):
        return "count"
    raise Surprise(f"{view.name}: how many are in {member.name}?")


def shown(view: Struct, member: Member, header: Header) -> tuple[str, str] | None:
    """The C++ type of a member of a view, and the expression that reads it."""
    name, at = member.name, f"raw_->{member.name}"
    if name in ("size", "reserved", "count") or name.endswith("_count"):
        return None
    plain = header.aliases.get(member.type, member.type)
    if member.type == "const char*":
        if re.search(r"\bNULL\b", member.doc):
            return "std::optional<std::string_view>", f"detail::shown_if_any({at})"
        return "std::string_view", f"detail::shown({at})"
    if member.type == "const char*const*":
        return "strings", f"strings({at}, raw_->{count_of(view, member)})"
    if plain == "int32_t" and "-1 when it is not set" in member.doc:
        return "std::optional<bool>", f"{at} < 0 ? std::nullopt : std::optional<bool>({at} != 0)"
    if plain == "uint32_t" and re.match(r"(1 (when|if)|Always [01])\b", member.doc):
        return "bool", f"{at} != 0"
    if plain in NUMBERS:
        kind = member.type if member.type in header.aliases else f"std::{plain}"
        return kind, at
    if plain == "double":
        return "double", at
    base = base_of(member.type)
    if member.type.endswith("_t*const*"):
        kind = f"list<{view_class(base)}, const {base} *>"
        return kind, f"{{{at}, raw_->{count_of(view, member)}}}"
    if base in NUMBERS:
        kind = f"list<std::{base}, std::{base}>"
        return kind, f"{{{at}, raw_->{count_of(view, member)}}}"
    if member.type.endswith("*") and base.startswith("zfssa_"):
        if not re.search(r"\bNULL\b", member.doc):
            return view_class(base), f"{view_class(base)}({at})"
        kind = f"std::optional<{view_class(base)}>"
        return kind, f"{at} != nullptr ? {kind}({at}) : std::nullopt"
    raise Surprise(f"{view.name}: {member.type} {name}")


def view_of(view: Struct, function: str | None, header: Header) -> list[str]:
    name = view_class(view.name)
    out = ["", *comment(view.doc, ""), f"class {name} {{", "public:"]
    out += [f"    explicit {name}(const {view.name} *raw) : raw_(raw) {{}}"]
    if function:
        out += [f"    static {name} of(const zfssa_result_t *result)", "    {"]
        out += [f"        return {name}({function}(result));", "    }"]
    for member in view.members:
        one = shown(view, member, header)
        if one is not None:
            out += ["", *comment(member.doc, "    ")]
            line = f"    {one[0]} {member.name}() const {{ return {one[1]}; }}"
            if len(line) > 100:
                out += [f"    {one[0]} {member.name}() const", "    {", f"        return {one[1]};"]
                out += ["    }"]
            else:
                out += [line]
    out += ["", "    /** The structure of zfssa.h. */"]
    out += [f"    const {view.name} *raw() const noexcept {{ return raw_; }}"]
    return [*out, "", "private:", f"    const {view.name} *raw_;", "};"]


# ----------------------------------------------------------------------------------- Requests


class Field:
    """A member of a request: its type, its beginning, and how it gets into the C structure."""

    def __init__(self, owner: Struct, member: Member, header: Header) -> None:
        self.name, self.doc = member.name, member.doc
        self.kind, self.start, self.put = "", " = {}", ""
        name, plain = member.name, header.aliases.get(member.type, member.type)
        if name in ("size", "flags") or name.startswith("reserved") or name.endswith("_count"):
            return
        if member.type == "const char*":
            if re.search(r"\brequired\b(?! with)", member.doc):
                self.kind = "std::string"
            elif "NULL: every" in member.doc:
                # Nobody should mean every one by leaving it out.
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
        elif plain in NUMBERS and re.match(r"1 (when|if|to)\b", member.doc):
            self.kind, self.start, self.put = "bool", " = false", f"c.{name} = {name} ? 1 : 0;"
        elif plain in NUMBERS:
            self.kind = member.type if member.type in header.aliases else f"std::{plain}"
            self.start, self.put = " = 0", f"c.{name} = {name};"
        elif member.type.endswith("_t*") and is_record(header.struct(base_of(member.type))):
            self.kind = f"std::vector<{short(base_of(member.type))}>"
            record = base_of(member.type)
            self.put = f"c.{name} =\n            memory.records<{record}>({name}, c.{name}_count);"
        elif member.type in header.callbacks or member.type == "void*":
            # Functions of the host are C++'s too, as they are.
            self.kind, self.start = member.type, " = nullptr"
            self.put = f"c.{name} = {name};"
        else:
            raise Surprise(f"{owner.name}: {member.type} {name}")


def is_record(struct: Struct) -> bool:
    """Whether it is an element of an array that a caller gives: it does not tell its size."""
    return struct.members[0].name != "size"


def request_of(struct: Struct, name: str, doc: str, header: Header) -> list[str]:
    fields = [Field(struct, one, header) for one in struct.members]
    fields = [one for one in fields if one.kind]
    flags: list[str] = []
    told = next((one.doc for one in struct.members if one.name == "flags"), "")
    named = re.findall(r"\bZFSSA_[A-Z_]+\b", told)
    if named and "and the others" in told:
        family = "_".join(named[0].split("_")[:2]) + "_"
        named = [one.name for one in header.constants if one.name.startswith(family)]
    for constant in named:
        words = constant.split("_", 2)[2].lower()
        given = next((one for one in fields if one.name == words), None)
        if given:
            # The list counts only if it is given, be it empty.
            given.kind = f"std::optional<{given.kind}>"
            given.put = f"if ({words})\n            {given.put.replace(f'({words},', f'(*{words},')}"
            flags += [f"if ({words})", f"    c.flags |= {constant};"]
        else:
            switch = Field.__new__(Field)
            doc_of = next(one.doc for one in header.constants if one.name == constant)
            switch.name, switch.doc, switch.put = words, doc_of, ""
            switch.kind, switch.start = "bool", " = false"
            fields.append(switch)
            flags += [f"if ({words})", f"    c.flags |= {constant};"]
    out = ["", *comment(doc, ""), f"struct {name} {{"]
    for one in fields:
        out += [*comment(one.doc, "    "), f"    {one.kind} {one.name}{one.start};"]
    body = [*flags, *(line for one in fields if one.put for line in [one.put])]
    memory = "memory" if any("memory." in line for line in body) else ""
    c = "c" if body else ""
    out += ["", "    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */"]
    out += [f"    void fill({struct.name} &{c}, detail::arguments &{memory}) const", "    {"]
    out += [f"        {line}" for line in body]
    return [*out, "    }", "};"]


# --------------------------------------------------------------------------------- Operations


class Operation:
    def __init__(self, function: Function, header: Header) -> None:
        self.function, self.name = function, function.name.removeprefix("zfssa_")
        self.arguments = header.struct(f"{function.name}_args_t")
        found = re.search(r"Result: (?:(zfssa_result_\w+)\(\)|none but its JSON)", function.doc)
        if not found:
            raise Surprise(f"{function.name} does not say what its result is")
        self.view_function: str | None = found[1]
        self.view: Struct | None = None
        if found[1]:
            view = next(one for one in header.functions if one.name == found[1])
            self.view = header.struct(base_of(view.result))

    def method(self, empty: bool) -> list[str]:
        request, view = f"{self.name}_request", view_class(self.view.name) if self.view else "nothing"
        kept = [one for one in self.function.doc.split("\n\n") if not one.startswith("Does not")]
        out = ["", *comment("\n\n".join(kept), "    ")]
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
        """An overload, since GCC 12 destroys a braced default argument of a co_await twice."""
        line = f"{first}{taken})"
        head = [line] if len(line) <= 100 else [first, f"        {taken})"]
        return [*head, "    {", f"        return {self.name}({passed}, call_options());", "    }"]


def generated(header: Header) -> str:
    every = [
        Operation(one, header)
        for one in header.functions
        if len(one.parameters) == 5
        and all(want in (None, have.type) for want, have in zip(SHAPE, one.parameters, strict=True))
    ]
    functions = {one.view.name: one.view_function for one in every if one.view}
    views, todo = set(functions), [one.view for one in every if one.view]
    while todo:
        for member in todo.pop().members:
            base = base_of(member.type)
            if base.startswith("zfssa_") and base not in views and base not in header.aliases:
                views.add(base)
                todo.append(header.struct(base))
    given = {base_of(one.type) for operation in every for one in operation.arguments.members}
    given.discard("zfssa_pair_t")
    out = [PROLOGUE, "// What operations give."]
    for struct in header.structs:
        if struct.name in views:
            out += view_of(struct, functions.get(struct.name), header)
    out += ["", "// What operations take."]
    for struct in header.structs:
        if struct.name in given and is_record(struct):
            out += request_of(struct, short(struct.name), struct.doc, header)
    requests = {}
    for one in every:
        doc = f"What {one.name}() takes."
        requests[one.name] = request_of(one.arguments, f"{one.name}_request", doc, header)
        out += requests[one.name]
    out += ["", "namespace detail {", ""]
    out += ["/** The operations of a driver. Each is submitted at once, and none blocks. */"]
    out += ["template <typename Driver> class operations {", "public:"]
    for one in every:
        lines = requests[one.name]
        # Where nothing is required, nothing need be said.
        free = not any(re.match(r"    (std::string|one_or_every) \w+", line) for line in lines)
        out += one.method(free)
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
    wanted = generated(read(ROOT / "include" / "zfssa.h"))
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == wanted:
        return 0
    if "--check" in sys.argv:
        print(f"{TARGET.name} is not what zfssa.h asks for; run bindings/cpp/generate.py")
        return 1
    TARGET.write_text(wanted, encoding="utf-8")
    print(f"{TARGET.name} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
