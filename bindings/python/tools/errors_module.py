"""The module `errors.py`: an exception for each status."""

from __future__ import annotations

from header import Header
from prose import NOTE, docstring, error_class, python_words

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
