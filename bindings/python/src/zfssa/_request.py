"""Base class of the requests of all operations."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Request(Generic[T_co]):
    """Request of an operation, for `Driver.call()` and `Driver.submit()`."""

    __slots__ = ()

    operation: ClassVar[str]
    """Name of the operation, such as create_volume."""

    @property
    def resource(self) -> str:
        """Name of the object that the operation is called for; empty if there is none."""
        return ""

    def arguments(self) -> Any:
        """Returns the C argument structure."""
        raise NotImplementedError

    def output(self, library: Any, result: int) -> T_co:
        """Returns the output from the result of a successful operation."""
        raise NotImplementedError
