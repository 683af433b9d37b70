"""Finds and loads libzfssa, and asks whether it fits.

The first of these is taken: the file that the environment variable ZFSSA_LIBRARY names, the one
bundled in the wheel, and libzfssa.so.1 as the system finds it.
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
    named = os.environ.get("ZFSSA_LIBRARY")
    if named:
        return [named]
    bundled = Path(__file__).with_name("_lib") / SONAME
    return [str(bundled)] if bundled.exists() else [SONAME]


def load() -> ctypes.CDLL:
    name = candidates()[0]
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise ImportError(
            f"{error}; install libzfssa, or name it in the environment variable ZFSSA_LIBRARY"
        ) from error
    try:
        version = library.zfssa_abi_version
    except AttributeError as error:
        raise ImportError(f"{name} is no libzfssa: {error}") from error
    version.restype, version.argtypes = _abi.FUNCTIONS["zfssa_abi_version"]
    major, minor = version() >> 16, version() & 0xFFFF
    if major != _abi.ZFSSA_ABI_MAJOR or minor < _abi.ZFSSA_ABI_MINOR:
        raise ImportError(
            f"{name} has ABI {major}.{minor}, and this package needs "
            f"{_abi.ZFSSA_ABI_MAJOR}.{_abi.ZFSSA_ABI_MINOR} or a later minor version"
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
    """An error of the library as an exception. The library's own is left alone."""
    view = lib.zfssa_error_info(pointer)
    if not view:
        return _error.Error("the library reported an error without facts")
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
    """Raises what a call reported, if it failed."""
    if status == _abi.ZFSSA_OK:
        return
    if not error.slot:
        raise _error.kind_of(status)("the library gave no message", status=status)
    raise error_of(error.handle)


def new_error() -> _fork.Owned:
    """Where a call may put its error."""
    return _fork.Owned(lib.zfssa_error_free)


def call(function: Any, *arguments: Any) -> None:
    """Calls a function whose last parameter is an error."""
    error = new_error()
    try:
        check(function(*arguments, ctypes.byref(error.slot)), error)
    finally:
        # A traceback keeps the frames that it went through, and so what they own.
        error.free()


def version() -> str:
    """The version of the loaded library."""
    return string(lib.zfssa_version())


def objects_alive() -> int:
    """How many objects of the library this process holds: 0 when all was closed and collected."""
    return int(lib.zfssa_objects_alive())
