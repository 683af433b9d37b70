"""What every operation's request can do."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Request(Generic[T_co]):
    """What an operation is asked for. `Driver.call()` and `Driver.submit()` take it."""

    __slots__ = ()

    operation: ClassVar[str]
    """The operation's name, such as create_volume."""

    @property
    def resource(self) -> str:
        """The object that it is about; empty when there is none."""
        return ""

    def arguments(self) -> Any:
        """The argument structure of C."""
        raise NotImplementedError

    def output(self, library: Any, result: int) -> T_co:
        """The operation's output, from a result that is a success."""
        raise NotImplementedError
