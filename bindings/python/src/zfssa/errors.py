"""Exceptions: one for each status, with a base class for each class of statuses.

Generated from docs/abi/zfssa.json by tools/generate.py; do not edit.
"""

from __future__ import annotations

from ._error import BY_CLASS, BY_STATUS, Error, Outcome

__all__ = [
    "AbiError",
    "AgainError",
    "AlreadyManagedError",
    "ApplianceError",
    "BusyError",
    "CallerError",
    "CancelledError",
    "ClosedError",
    "ConfigError",
    "ConfirmRequiredError",
    "ConnectError",
    "ConnectionLostError",
    "CoordinationError",
    "DeadlineError",
    "DeniedError",
    "DriverError",
    "Error",
    "ExistsError",
    "FaultError",
    "ForkedError",
    "InternalError",
    "InvalidArgumentError",
    "InvalidConnectorError",
    "InvalidReferenceError",
    "InvalidSizeError",
    "InvalidValueError",
    "LocalIoError",
    "NoSpaceError",
    "NotFoundError",
    "NotOfferedError",
    "Outcome",
    "OverLimitError",
    "PoolNotOwnedError",
    "ProtocolError",
    "RequestTimeoutError",
    "ResolveError",
    "RestUnavailableError",
    "RevertBlockedError",
    "SetupIncompleteError",
    "ShutdownError",
    "SnapshotBusyError",
    "SnapshotExistsError",
    "SnapshotNotFoundError",
    "StaleError",
    "StateChangedError",
    "TimedOutError",
    "TlsError",
    "TlsPinError",
    "TransferError",
    "TransportError",
    "TypeMismatchError",
    "UnauthenticatedError",
    "UnsupportedError",
    "VolumeBusyError",
    "VolumeExistsError",
    "VolumeNotFoundError",
    "WouldDeadlockError",
]


class CallerError(Error):
    """Error of the caller, of this host or of the library itself."""

    __slots__ = ()


BY_CLASS[0] = CallerError


class TransportError(Error):
    """Error of the connection: the appliance was not reached, or its response was lost."""

    __slots__ = ()


BY_CLASS[1] = TransportError


class ApplianceError(Error):
    """Error that the appliance reported."""

    __slots__ = ()


BY_CLASS[2] = ApplianceError


class DriverError(Error):
    """Error of a storage operation, such as a volume that is busy or does not exist."""

    __slots__ = ()


BY_CLASS[3] = DriverError


class InvalidArgumentError(CallerError):
    """An argument is missing, malformed or out of range."""

    __slots__ = ()
    number = -1
    label = "INVALID_ARGUMENT"


BY_STATUS[-1] = InvalidArgumentError


class StaleError(CallerError):
    """The ticket is unknown, already taken, or belongs to a queue or a callback."""

    __slots__ = ()
    number = -2
    label = "STALE"


BY_STATUS[-2] = StaleError


class ForkedError(CallerError):
    """The object was made before fork(); the child process must make its own."""

    __slots__ = ()
    number = -3
    label = "FORKED"


BY_STATUS[-3] = ForkedError


class ClosedError(CallerError):
    """The driver or queue is closed and takes no new operations."""

    __slots__ = ()
    number = -4
    label = "CLOSED"


BY_STATUS[-4] = ClosedError


class AgainError(CallerError):
    """Too many operations are in flight or their results were not taken yet."""

    __slots__ = ()
    number = -5
    label = "AGAIN"


BY_STATUS[-5] = AgainError


class WouldDeadlockError(CallerError):
    """A blocking function was called inside a callback, where it could wait for itself."""

    __slots__ = ()
    number = -6
    label = "WOULD_DEADLOCK"


BY_STATUS[-6] = WouldDeadlockError


class UnsupportedError(CallerError):
    """A flag, reserved member or structure tail is set that this version does not know."""

    __slots__ = ()
    number = -7
    label = "UNSUPPORTED"


BY_STATUS[-7] = UnsupportedError


class AbiError(CallerError):
    """The caller was built for another major version of the ABI."""

    __slots__ = ()
    number = -8
    label = "ABI"


BY_STATUS[-8] = AbiError


class ConfigError(CallerError):
    """The configuration is not valid; the message lists every problem."""

    __slots__ = ()
    number = -9
    label = "CONFIG"


BY_STATUS[-9] = ConfigError


class InternalError(CallerError):
    """A defect in the library; please report it. The process and the driver stay usable."""

    __slots__ = ()
    number = -10
    label = "INTERNAL"


BY_STATUS[-10] = InternalError


class TimedOutError(CallerError):
    """The wait ended before the operation did; the operation goes on."""

    __slots__ = ()
    number = -11
    label = "TIMED_OUT"


BY_STATUS[-11] = TimedOutError


class CancelledError(CallerError):
    """The operation was cancelled at the caller's request."""

    __slots__ = ()
    number = -12
    label = "CANCELLED"


BY_STATUS[-12] = CancelledError


class DeadlineError(CallerError):
    """The operation's deadline passed."""

    __slots__ = ()
    number = -13
    label = "DEADLINE"


BY_STATUS[-13] = DeadlineError


class ShutdownError(CallerError):
    """The driver was closed or freed while the operation was in flight."""

    __slots__ = ()
    number = -14
    label = "SHUTDOWN"


BY_STATUS[-14] = ShutdownError


class LocalIoError(CallerError):
    """A local file, directory or resource could not be used."""

    __slots__ = ()
    number = -15
    label = "LOCAL_IO"


BY_STATUS[-15] = LocalIoError


class ResolveError(TransportError):
    """The appliance's host name could not be resolved."""

    __slots__ = ()
    number = -100
    label = "RESOLVE"


BY_STATUS[-100] = ResolveError


class ConnectError(TransportError):
    """No connection to the appliance could be made."""

    __slots__ = ()
    number = -101
    label = "CONNECT"


BY_STATUS[-101] = ConnectError


class TlsError(TransportError):
    """The appliance's certificate or the TLS handshake was not acceptable."""

    __slots__ = ()
    number = -102
    label = "TLS"


BY_STATUS[-102] = TlsError


class TlsPinError(TransportError):
    """The appliance's certificate matches none of the configured pins."""

    __slots__ = ()
    number = -103
    label = "TLS_PIN"


BY_STATUS[-103] = TlsPinError


class ConnectionLostError(TransportError):
    """The connection broke before the answer arrived."""

    __slots__ = ()
    number = -104
    label = "CONNECTION_LOST"


BY_STATUS[-104] = ConnectionLostError


class RequestTimeoutError(TransportError):
    """The appliance did not answer a request in time."""

    __slots__ = ()
    number = -105
    label = "REQUEST_TIMEOUT"


BY_STATUS[-105] = RequestTimeoutError


class ProtocolError(TransportError):
    """The answer was not what the REST API promises."""

    __slots__ = ()
    number = -106
    label = "PROTOCOL"


BY_STATUS[-106] = ProtocolError


class CoordinationError(TransportError):
    """The coordination service (etcd) could not be used, or this host's locks there may have
    ended.
    """

    __slots__ = ()
    number = -107
    label = "COORDINATION"


BY_STATUS[-107] = CoordinationError


class UnauthenticatedError(ApplianceError):
    """The appliance refused the login."""

    __slots__ = ()
    number = -200
    label = "UNAUTHENTICATED"


BY_STATUS[-200] = UnauthenticatedError


class DeniedError(ApplianceError):
    """The user lacks an authorization, or the object is protected."""

    __slots__ = ()
    number = -201
    label = "DENIED"


BY_STATUS[-201] = DeniedError


class NotFoundError(ApplianceError):
    """The object, or the parent it should be in, does not exist."""

    __slots__ = ()
    number = -202
    label = "NOT_FOUND"


BY_STATUS[-202] = NotFoundError


class ExistsError(ApplianceError):
    """An object of this name exists."""

    __slots__ = ()
    number = -203
    label = "EXISTS"


BY_STATUS[-203] = ExistsError


class BusyError(ApplianceError):
    """The appliance is busy (503) and stayed so for all attempts."""

    __slots__ = ()
    number = -204
    label = "BUSY"


BY_STATUS[-204] = BusyError


class StateChangedError(ApplianceError):
    """The object changed while the appliance worked on the request."""

    __slots__ = ()
    number = -205
    label = "STATE_CHANGED"


BY_STATUS[-205] = StateChangedError


class ConfirmRequiredError(ApplianceError):
    """The appliance wants a confirmation, which is never sent unasked."""

    __slots__ = ()
    number = -206
    label = "CONFIRM_REQUIRED"


BY_STATUS[-206] = ConfirmRequiredError


class OverLimitError(ApplianceError):
    """A limit of the appliance is exceeded."""

    __slots__ = ()
    number = -207
    label = "OVER_LIMIT"


BY_STATUS[-207] = OverLimitError


class InvalidValueError(ApplianceError):
    """The appliance refused a value or a property."""

    __slots__ = ()
    number = -208
    label = "INVALID_VALUE"


BY_STATUS[-208] = InvalidValueError


class NotOfferedError(ApplianceError):
    """The appliance does not implement the request."""

    __slots__ = ()
    number = -209
    label = "NOT_IMPLEMENTED"


BY_STATUS[-209] = NotOfferedError


class RestUnavailableError(ApplianceError):
    """The REST service is disabled, or the appliance's software predates it."""

    __slots__ = ()
    number = -210
    label = "REST_UNAVAILABLE"


BY_STATUS[-210] = RestUnavailableError


class FaultError(ApplianceError):
    """The appliance reported an internal fault."""

    __slots__ = ()
    number = -211
    label = "FAULT"


BY_STATUS[-211] = FaultError


class NoSpaceError(ApplianceError):
    """The pool or project has not enough space."""

    __slots__ = ()
    number = -212
    label = "NO_SPACE"


BY_STATUS[-212] = NoSpaceError


class VolumeNotFoundError(DriverError):
    """The volume does not exist."""

    __slots__ = ()
    number = -300
    label = "VOLUME_NOT_FOUND"


BY_STATUS[-300] = VolumeNotFoundError


class SnapshotNotFoundError(DriverError):
    """The snapshot does not exist."""

    __slots__ = ()
    number = -301
    label = "SNAPSHOT_NOT_FOUND"


BY_STATUS[-301] = SnapshotNotFoundError


class VolumeBusyError(DriverError):
    """The volume has snapshots or clones that depend on it; the message names them."""

    __slots__ = ()
    number = -302
    label = "VOLUME_BUSY"


BY_STATUS[-302] = VolumeBusyError


class SnapshotBusyError(DriverError):
    """The snapshot has clones that depend on it; the message names them."""

    __slots__ = ()
    number = -303
    label = "SNAPSHOT_BUSY"


BY_STATUS[-303] = SnapshotBusyError


class VolumeExistsError(DriverError):
    """A volume of this name exists and differs from what was asked for."""

    __slots__ = ()
    number = -304
    label = "VOLUME_EXISTS"


BY_STATUS[-304] = VolumeExistsError


class SnapshotExistsError(DriverError):
    """A snapshot of this name exists and is not the one asked for."""

    __slots__ = ()
    number = -305
    label = "SNAPSHOT_EXISTS"


BY_STATUS[-305] = SnapshotExistsError


class InvalidSizeError(DriverError):
    """The size is smaller than the volume or its source."""

    __slots__ = ()
    number = -306
    label = "INVALID_SIZE"


BY_STATUS[-306] = InvalidSizeError


class InvalidConnectorError(DriverError):
    """The connector is incomplete, or its initiator belongs to no group."""

    __slots__ = ()
    number = -307
    label = "INVALID_CONNECTOR"


BY_STATUS[-307] = InvalidConnectorError


class SetupIncompleteError(DriverError):
    """The backend is not set up; the message lists every finding."""

    __slots__ = ()
    number = -308
    label = "SETUP_INCOMPLETE"


BY_STATUS[-308] = SetupIncompleteError


class PoolNotOwnedError(DriverError):
    """The pool belongs to the other cluster head, which is alive."""

    __slots__ = ()
    number = -309
    label = "POOL_NOT_OWNED"


BY_STATUS[-309] = PoolNotOwnedError


class AlreadyManagedError(DriverError):
    """The volume or snapshot belongs to Cinder already, here or elsewhere."""

    __slots__ = ()
    number = -310
    label = "ALREADY_MANAGED"


BY_STATUS[-310] = AlreadyManagedError


class InvalidReferenceError(DriverError):
    """The reference names nothing that may be taken under management; the message says why."""

    __slots__ = ()
    number = -311
    label = "INVALID_REFERENCE"


BY_STATUS[-311] = InvalidReferenceError


class TypeMismatchError(DriverError):
    """The volume is not what its volume type asks for; the message lists the differences."""

    __slots__ = ()
    number = -312
    label = "TYPE_MISMATCH"


BY_STATUS[-312] = TypeMismatchError


class RevertBlockedError(DriverError):
    """Newer snapshots or their clones block the revert; the message names them."""

    __slots__ = ()
    number = -313
    label = "REVERT_BLOCKED"


BY_STATUS[-313] = RevertBlockedError


class TransferError(DriverError):
    """The host, or the program that writes images, did not write the image."""

    __slots__ = ()
    number = -320
    label = "TRANSFER"


BY_STATUS[-320] = TransferError


# Outcome is written by hand; this check keeps it in step with the header.
assert {one.name: one.value for one in Outcome} == {
    "NONE": 0,
    "REJECTED": 1,
    "APPLIED": 2,
    "UNKNOWN": 3,
    "ROLLED_BACK": 4,
    "PARTIAL": 5,
}
