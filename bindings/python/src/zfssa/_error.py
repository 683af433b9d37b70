"""Base class of errors, and outcomes."""

from __future__ import annotations

import enum
from typing import Any

__all__ = ["BY_CLASS", "BY_STATUS", "Error", "Outcome"]


class Outcome(enum.IntEnum):
    """Effect of a failed operation on the appliance."""

    NONE = 0
    """No request that could change the appliance was sent."""
    REJECTED = 1
    """The appliance refused the change and is unchanged."""
    APPLIED = 2
    """The change was made."""
    UNKNOWN = 3
    """A change was sent, its response was lost, and reading back did not show its effect."""
    ROLLED_BACK = 4
    """Steps were made and all of them were rolled back."""
    PARTIAL = 5
    """Some steps that were carried out remain; see `left_behind`."""

    @classmethod
    def of(cls, number: int) -> Outcome:
        """Returns the outcome with a number; UNKNOWN for an unknown number."""
        try:
            return cls(number)
        except ValueError:
            # A later library may have more outcomes: treat them as UNKNOWN.
            return cls.UNKNOWN


class Error(Exception):
    """Base class of all errors of this package.

    Catch a class of errors (`TransportError`, `ApplianceError`, `DriverError`, `CallerError`) or a
    single error (`VolumeBusyError`). `outcome` tells whether the appliance was changed.
    """

    __slots__ = (
        "attempts",
        "causes",
        "fault",
        "http_status",
        "left_behind",
        "message",
        "operation",
        "outcome",
        "resource",
        "retry_after",
        "retryable",
        "status",
        "status_name",
        "text",
    )

    #: Number of the status; 0 for the classes of errors.
    number = 0
    #: Name of the status, such as VOLUME_BUSY; empty for the classes of errors.
    label = ""

    status: int
    """Number of the status; negative and stable."""
    status_name: str
    """Name of the status, such as VOLUME_BUSY."""
    outcome: Outcome
    """Effect of the operation on the appliance."""
    retryable: bool
    """Whether the same call may succeed later without any other change."""
    http_status: int
    """HTTP status of the appliance's response; 0 if there was no response."""
    attempts: int
    """Number of times the failed request was sent."""
    retry_after: float | None
    """Seconds that the appliance asked to wait before a retry; None if it did not ask."""
    message: str
    """Failure and remedy, in one sentence."""
    fault: str | None
    """The appliance's name for the fault, such as ERR_OBJECT_EXISTS."""
    operation: str | None
    """Name of the operation, such as create_volume."""
    resource: str | None
    """Name of the object that the operation was called for."""
    left_behind: tuple[str, ...]
    """Objects that the operation created and could not delete again."""
    causes: tuple[str, ...]
    """Underlying messages, the outermost first; for a ConfigError every problem."""
    text: str
    """The whole error in one line."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.status = facts.pop("status", type(self).number)
        self.status_name = facts.pop("status_name", type(self).label)
        self.outcome = facts.pop("outcome", Outcome.NONE)
        self.retryable = facts.pop("retryable", False)
        self.http_status = facts.pop("http_status", 0)
        self.attempts = facts.pop("attempts", 0)
        self.retry_after = facts.pop("retry_after", None)
        self.fault = facts.pop("fault", None)
        self.operation = facts.pop("operation", None)
        self.resource = facts.pop("resource", None)
        self.left_behind = facts.pop("left_behind", ())
        self.causes = facts.pop("causes", ())
        self.text = facts.pop("text", message)
        if facts:
            raise TypeError(f"unknown attribute of an error: {', '.join(facts)}")

    def __str__(self) -> str:
        return self.text

    def facts(self) -> dict[str, Any]:
        """Returns all attributes but the message, by name, for structured logs."""
        return {name: getattr(self, name) for name in Error.__slots__ if name != "message"}

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.facts())


def _rebuild(kind: type[Error], message: str, facts: dict[str, Any]) -> Error:
    return kind(message, **facts)


#: Exceptions by the number of their status, and by their class, which is -status // 100.
BY_STATUS: dict[int, type[Error]] = {}
BY_CLASS: dict[int, type[Error]] = {}


def kind_of(status: int) -> type[Error]:
    """Returns the exception class for a status, also for an unknown one."""
    return BY_STATUS.get(status) or BY_CLASS.get(-status // 100, Error)
