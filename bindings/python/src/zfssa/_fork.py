"""What a forked child inherits is dead, and says so.

The engine's threads do not survive a fork, and locks may be held for ever by threads that are
gone. So whatever was made before the fork is marked before any code of the child runs, and using
it raises ForkedError before a lock or the library is touched. The child makes its own.
"""

from __future__ import annotations

import os
import weakref
from typing import Any

from .errors import ForkedError

_generation = 0


def _in_child() -> None:
    global _generation
    _generation += 1


os.register_at_fork(after_in_child=_in_child)


class Mortal:
    """Something that does not outlive a fork."""

    _born: int

    def __new__(cls, *_arguments: Any, **_more: Any) -> Any:
        self = super().__new__(cls)
        self._born = _generation
        return self

    def _alive(self) -> None:
        if self._born != _generation:
            raise ForkedError(
                f"this {type(self).__name__} was made before a fork; make a new one in the child"
            )

    def __reduce__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be pickled; make one where it is used")


def free(function: Any, handle: int | None) -> None:
    """Frees an object of the library: never blocks, and in a forked child leaves it alone."""
    if handle:
        function(handle)


def when_collected(owner: object, function: Any, handle: int | None) -> Any:
    """Frees the object when its owner is collected, but not because the interpreter ends: daemon
    threads still run then, and may be waiting at the very queue. The process ends well with
    objects that were never freed.
    """
    finalizer = weakref.finalize(owner, free, function, handle)
    finalizer.atexit = False
    return finalizer
