"""Fork safety, and ownership of C objects.

The threads of the engine do not survive a fork, and locks may stay held by threads that no longer
exist. Therefore using an object that was created before a fork raises ForkedError in the child,
before it takes a lock or calls the library. The child must create its own objects.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import weakref
from collections.abc import Iterator
from ctypes import c_void_p
from typing import Any

from .errors import ForkedError

_generation = 0


def _in_child() -> None:
    global _generation
    _generation += 1


os.register_at_fork(after_in_child=_in_child)


class ForkChecked:
    """Base class of objects that must not be used after a fork."""

    _created_in: int

    def __new__(cls, *_arguments: Any, **_more: Any) -> Any:
        self = super().__new__(cls)
        self._created_in = _generation
        return self

    def _check_fork(self) -> None:
        if self._created_in != _generation:
            raise ForkedError(
                f"this {type(self).__name__} was created before a fork: "
                "create a new one in the child"
            )

    def __reduce__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be pickled: create one where it is used")


class Owned:
    """Owner of a C object. Frees it once: by `free()` or when the owner is collected.

    `slot` is the output parameter for the handle, so the C object has an owner before it exists. A
    signal handler can raise between any two Python instructions, also in a finalizer, where Python
    ignores the exception. Therefore freeing runs no Python bytecode: it is the only step of an
    iterator that is composed of C functions.

    Nothing is freed at the exit of the interpreter, because daemon threads may still wait for a
    queue; the process may exit with objects that were never freed. Freeing never blocks, and in a
    forked child the library does not touch inherited objects.
    """

    __slots__ = ("__weakref__", "_freeing", "slot")

    def __init__(self, function: Any) -> None:
        self.slot = c_void_p()
        self._freeing = map(function, (self.slot,))
        when_collected(self, self._freeing)

    @property
    def handle(self) -> int | None:
        """The C pointer; None before the object is created."""
        return self.slot.value

    def free(self) -> None:
        """Frees the C object without blocking. A second call does nothing."""
        next(self._freeing, None)


#: Weak references to the owners. A weak reference calls its callback only if it still exists.
_watched: dict[int, Any] = {}
_keys = itertools.count()
atexit.register(_watched.clear)


def when_collected(owner: object, freeing: Iterator[Any]) -> None:
    """Calls next(freeing) when the owner is collected, except at the exit of the interpreter."""
    key = next(_keys)
    steps = zip(map(_watched.pop, (key,)), freeing, strict=False)
    # The callback receives the reference, which serves as the default value of next().
    _watched[key] = weakref.ref(owner, functools.partial(next, steps))
