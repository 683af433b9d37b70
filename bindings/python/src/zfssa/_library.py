"""Loader of libzfssa, with an ABI check.

The first of these is loaded: the file named by the environment variable ZFSSA_LIBRARY, the library
bundled in the wheel, libzfssa.so.1 in the library search path.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any

from . import _abi, _error, _fork
from ._marshal import maybe, string, strings

SONAME = "libzfssa.so.1"


def candidates() -> list[str]:
    """Returns the name of the library to load, as the only element."""
    named = os.environ.get("ZFSSA_LIBRARY")
    if named:
        return [named]
    bundled = Path(__file__).with_name("_lib") / SONAME
    return [str(bundled)] if bundled.exists() else [SONAME]


def load() -> ctypes.CDLL:
    """Loads the library and sets the types of its functions. Raises ImportError."""
    name = candidates()[0]
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise ImportError(
            f"{error}: install libzfssa, or set the environment variable ZFSSA_LIBRARY"
        ) from error
    try:
        version = library.zfssa_abi_version
    except AttributeError as error:
        raise ImportError(f"{name} is not libzfssa: {error}") from error
    version.restype, version.argtypes = _abi.FUNCTIONS["zfssa_abi_version"]
    major, minor = version() >> 16, version() & 0xFFFF
    if major != _abi.ZFSSA_ABI_MAJOR or minor < _abi.ZFSSA_ABI_MINOR:
        raise ImportError(
            f"{name} has ABI {major}.{minor}: ABI {_abi.ZFSSA_ABI_MAJOR}.{_abi.ZFSSA_ABI_MINOR} "
            "or a later minor version is needed"
        )
    for function, (result, arguments) in _abi.FUNCTIONS.items():
        try:
            bound = getattr(library, function)
        except AttributeError as error:
            raise ImportError(f"{name} is older than this package: {error}") from error
        bound.restype, bound.argtypes = result, arguments
    return library


lib: Any = load()


def error_of(pointer: int | None) -> _error.Error:
    """Converts a C error to an exception. Does not free the C error."""
    view = lib.zfssa_error_info(pointer)
    if not view:
        return _error.Error("the library reported an error without details")
    info = view.contents
    return _error.kind_of(info.status)(
        string(info.message),
        status=info.status,
        status_name=string(lib.zfssa_status_name(info.status)),
        outcome=_error.Outcome.of(info.outcome),
        retryable=bool(info.retryable),
        http_status=info.http_status,
        attempts=info.attempts,
        retry_after=None if info.retry_after_ms < 0 else info.retry_after_ms / 1000,
        fault=maybe(info.fault),
        operation=maybe(info.operation),
        resource=maybe(info.resource),
        left_behind=strings(info.left_behind, info.left_behind_count),
        causes=strings(info.causes, info.causes_count),
        text=string(info.text),
    )


def check(status: int, error: _fork.Owned) -> None:
    """Raises the error of a failed call."""
    if status == _abi.ZFSSA_OK:
        return
    if not error.slot:
        raise _error.kind_of(status)("the library gave no message", status=status)
    raise error_of(error.handle)


def new_error() -> _fork.Owned:
    """Creates an output parameter for an error."""
    return _fork.Owned(lib.zfssa_error_free)


def call(function: Any, *arguments: Any) -> None:
    """Calls a C function whose last parameter is an error output. Raises the error."""
    error = new_error()
    try:
        check(function(*arguments, ctypes.byref(error.slot)), error)
    finally:
        # Free explicitly: a traceback keeps its frames alive, and with them the C error.
        error.free()


def version() -> str:
    """Returns the version of the loaded library."""
    return string(lib.zfssa_version())


def objects_alive() -> int:
    """Returns the number of C objects not freed yet, for leak tests.

    It is 0 when every driver is closed and collected.
    """
    return int(lib.zfssa_objects_alive())
