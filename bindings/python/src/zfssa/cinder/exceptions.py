"""Conversion of libzfssa errors to Cinder exceptions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from cinder import exception

import zfssa

__all__ = ["cinder_errors"]


@contextlib.contextmanager
def cinder_errors(
    *, volume: Any = None, snapshot: Any = None, existing_ref: Any = None
) -> Iterator[None]:
    """Converts errors of the library to Cinder exceptions for the given objects."""
    try:
        yield
    except zfssa.Error as error:
        raise _as_cinder(error, volume, snapshot, existing_ref) from error


def _as_cinder(error: zfssa.Error, volume: Any, snapshot: Any, existing_ref: Any) -> Exception:
    text = str(error)
    found: Any
    if isinstance(error, zfssa.VolumeBusyError) and volume is not None:
        found = exception.VolumeIsBusy(volume_name=volume["name"])
    elif isinstance(error, zfssa.SnapshotBusyError) and snapshot is not None:
        found = exception.SnapshotIsBusy(snapshot_name=snapshot["name"])
    elif isinstance(error, zfssa.VolumeNotFoundError) and volume is not None:
        found = exception.VolumeNotFound(volume_id=volume["id"])
    elif isinstance(error, zfssa.SnapshotNotFoundError) and snapshot is not None:
        found = exception.SnapshotNotFound(snapshot_id=snapshot["id"])
    elif isinstance(error, zfssa.InvalidConnectorError):
        found = exception.InvalidConnectorException(missing=error.message)
    elif isinstance(error, zfssa.InvalidReferenceError) or (
        existing_ref is not None
        and isinstance(
            error, zfssa.NotFoundError | zfssa.VolumeNotFoundError | zfssa.SnapshotNotFoundError
        )
    ):
        found = exception.ManageExistingInvalidReference(existing_ref=existing_ref, reason=text)
    elif isinstance(error, zfssa.AlreadyManagedError):
        found = exception.ManageExistingAlreadyManaged(volume_ref=existing_ref)
    elif isinstance(error, zfssa.TypeMismatchError):
        found = exception.ManageExistingVolumeTypeMismatch(reason=text)
    elif isinstance(error, zfssa.RevertBlockedError):
        found = exception.InvalidSnapshot(reason=text)
    elif isinstance(error, zfssa.InvalidArgumentError | zfssa.InvalidSizeError):
        found = exception.InvalidInput(reason=text)
    elif isinstance(error, zfssa.ConfigError):
        found = exception.InvalidConfigurationValue(message=text)
    elif isinstance(error, zfssa.SetupIncompleteError):
        found = exception.VolumeDriverException(message=text)
    else:
        found = exception.VolumeBackendAPIException(data=text)
    return found  # type: ignore[no-any-return]
