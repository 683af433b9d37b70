"""What a forked child inherits is dead, and says so.

The engine's threads do not survive a fork, and locks may be held for ever by threads that are
gone. So whatever was made before the fork is marked before any code of the child runs, and using
it raises ForkedError before a lock or the library is touched. The child makes its own.
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
    """Something that does not outlive a fork."""

    _created_in: int

    def __new__(cls, *_arguments: Any, **_more: Any) -> Any:
        self = super().__new__(cls)
        self._created_in = _generation
        return self

    def _check_fork(self) -> None:
        if self._created_in != _generation:
            raise ForkedError(
                f"this {type(self).__name__} was made before a fork; make a new one in the child"
            )

    def __reduce__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be pickled; make one where it is used")


class Owned:
    """An object of the library, freed once: by `free()`, or when this is collected.

    `slot` is where the library writes the handle, so that it has an owner before it exists. An
    exception of a signal handler can arise between any two instructions of Python, also within a
    finalizer, where Python drops it. So what frees is put together from C functions alone: an
    iterator that frees at its only step.

    Nothing is freed because the interpreter ends: daemon threads still run then, and may be
    waiting at the very queue. The process ends well with objects that were never freed. Freeing
    never blocks, and the library leaves alone what a forked child inherited.
    """

    __slots__ = ("__weakref__", "_freeing", "slot")

    def __init__(self, function: Any) -> None:
        self.slot = c_void_p()
        self._freeing = map(function, (self.slot,))
        when_collected(self, self._freeing)

    @property
    def handle(self) -> int | None:
        return self.slot.value

    def free(self) -> None:
        next(self._freeing, None)


#: References to what is to be freed, which must outlive it.
_watched: dict[int, Any] = {}
_keys = itertools.count()
atexit.register(_watched.clear)


def when_collected(owner: object, freeing: Iterator[Any]) -> None:
    """Takes the next step of this iterator when its owner is collected, unless the interpreter
    ends.
    """
    key = next(_keys)
    steps = zip(map(_watched.pop, (key,)), freeing, strict=False)
    # The reference, which the callback is given, is what next() returns when nothing is left.
    _watched[key] = weakref.ref(owner, functools.partial(next, steps))
