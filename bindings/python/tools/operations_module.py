"""The module `operations.py`: requests, results, and the methods of both drivers."""

from __future__ import annotations

from header import Header, Struct
from operation_requests import Operation, method_of, record_of, request_of
from operation_results import base_of, dataclass_of, enumeration_of, listed
from prose import NOTE, docstring, family_of, view_class


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
            "        traceparent: str | None = None,",
            "        progress: Callable[[Progress], object] | None = None,",
            f"        transfer: {'Transfer' if form == 'sync' else 'AsyncTransfer'} | None = None,",
            "    ) -> T:",
            "        raise NotImplementedError",
        ]
        for one in every:
            out += method_of(one, form, header)
    return "\n".join([*out, ""])
