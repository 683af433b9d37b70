"""What all errors of this package have in common."""

from __future__ import annotations

import enum
from typing import Any

__all__ = ["BY_CLASS", "BY_STATUS", "Error", "Outcome"]


class Outcome(enum.IntEnum):
    """Whether a failed operation changed the appliance."""

    NONE = 0
    """Nothing that could change the appliance was sent."""
    REJECTED = 1
    """The appliance refused and is as it was before."""
    APPLIED = 2
    """The change was made."""
    UNKNOWN = 3
    """A change was sent, its answer was lost, and reading back could not settle it."""
    ROLLED_BACK = 4
    """Steps were made and all of them were rolled back."""
    PARTIAL = 5
    """Steps were made and some stand; see `left_behind`."""

    @classmethod
    def of(cls, number: int) -> Outcome:
        try:
            return cls(number)
        except ValueError:
            # A later library may know more: treat what is not known as not settled.
            return cls.UNKNOWN


class Error(Exception):
    """The base of every error of this package.

    Catch a class of errors (`TransportError`, `ApplianceError`, `DriverError`, `CallerError`) or
    one error (`VolumeBusyError`), and ask `outcome` what became of the appliance.
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

    #: The number of the status that the class stands for; 0 for the classes of errors.
    number = 0
    #: Its name, such as VOLUME_BUSY; empty for the classes of errors.
    label = ""

    status: int
    """The number of the status; negative and stable."""
    status_name: str
    """Its name, such as VOLUME_BUSY."""
    outcome: Outcome
    """Whether the appliance was changed."""
    retryable: bool
    """Whether the same call may succeed later without anybody changing anything."""
    http_status: int
    """The HTTP status of the appliance's answer; 0 when there was none."""
    attempts: int
    """How often the request that failed was sent."""
    retry_after: float | None
    """How long the appliance asked to wait, in seconds."""
    message: str
    """What went wrong and what to do, in one sentence."""
    fault: str | None
    """The appliance's own name of the fault, such as ERR_OBJECT_EXISTS."""
    operation: str | None
    """The operation, such as create_volume."""
    resource: str | None
    """The object that the operation was about."""
    left_behind: tuple[str, ...]
    """Objects that the call made, could not undo, and left."""
    causes: tuple[str, ...]
    """Underlying messages, outermost first; for a ConfigError every problem."""
    text: str
    """Everything in one line."""

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
            raise TypeError(f"no such fact about an error: {', '.join(facts)}")

    def __str__(self) -> str:
        return self.text

    def facts(self) -> dict[str, Any]:
        """Everything but the message, by name: for structured logs."""
        return {name: getattr(self, name) for name in Error.__slots__ if name != "message"}

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.facts())


def _rebuild(kind: type[Error], message: str, facts: dict[str, Any]) -> Error:
    return kind(message, **facts)


#: The exception of a status, by its number, and that of a class, by the status' hundreds.
BY_STATUS: dict[int, type[Error]] = {}
BY_CLASS: dict[int, type[Error]] = {}


def kind_of(status: int) -> type[Error]:
    """The exception for a status, also for one that only a later library knows."""
    return BY_STATUS.get(status) or BY_CLASS.get(-status // 100, Error)
