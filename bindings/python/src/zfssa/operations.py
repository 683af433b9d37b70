"""Operations: requests, results and the methods of drivers.

Generated from docs/abi/zfssa.json by tools/generate.py; do not edit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from ctypes import sizeof
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, ClassVar, TypeVar

from . import _abi
from ._marshal import (
    Every,
    Record,
    maybe,
    number,
    numbers,
    one_or_every,
    pairs,
    records,
    string,
    strings,
    text,
    texts,
)
from ._request import Request

__all__ = [
    "ApiToken",
    "AsyncTransfer",
    "Audit",
    "AuditFinding",
    "AuditReport",
    "Certificate",
    "CheckForSetupError",
    "CheckReport",
    "CloneImage",
    "ClonedImage",
    "Connection",
    "CreateApiToken",
    "CreateClonedVolume",
    "CreateExport",
    "CreateGroup",
    "CreateGroupFromSrc",
    "CreateGroupSnapshot",
    "CreateSnapshot",
    "CreateVolume",
    "CreateVolumeFromSnapshot",
    "DeleteGroup",
    "DeleteGroupSnapshot",
    "DeleteReport",
    "DeleteSnapshot",
    "DeleteVolume",
    "DeletedPart",
    "DetachReport",
    "DoSetup",
    "Echo",
    "EchoReply",
    "EnsureExport",
    "ExistingSize",
    "ExtendVolume",
    "GetCertificate",
    "GetManageableSnapshots",
    "GetManageableVolumes",
    "GetVolume",
    "GetVolumeStats",
    "GroupClone",
    "GroupDeleteReport",
    "GroupMember",
    "InitializeConnection",
    "JournalFinding",
    "JournalFindingKind",
    "KnownSnapshot",
    "KnownVolume",
    "ListSnapshots",
    "ListVolumes",
    "ManageExisting",
    "ManageExistingGetSize",
    "ManageExistingSnapshot",
    "ManageExistingSnapshotGetSize",
    "ManageReport",
    "ManageableEntry",
    "ManageableList",
    "ManagedSnapshot",
    "MigrateVolume",
    "MigratedVolume",
    "Migration",
    "Origin",
    "Progress",
    "ProviderId",
    "ProviderInfo",
    "Recover",
    "RecoverReport",
    "RecoveredFlow",
    "Recovery",
    "RemoveExport",
    "Retype",
    "RetypeReport",
    "RevertToSnapshot",
    "SetupReport",
    "Snapshot",
    "Snapshots",
    "TerminateConnection",
    "Transfer",
    "Unmanage",
    "UnmanageReport",
    "UnmanageSnapshot",
    "UpdateGroup",
    "UpdateMigratedVolume",
    "UpdateProviderInfo",
    "Volume",
    "VolumeProperty",
    "VolumeStats",
    "Volumes",
]

T = TypeVar("T")


class Recovery(IntEnum):
    """Values of `RecoveredFlow.settled`. Later versions of the library may add values."""

    FINISHED = 0
    """The operation was completed."""
    ROLLED_BACK = 1
    """The operation was rolled back."""
    FAILED = 2
    """Neither was possible now. The journal stays, and recovery can be repeated."""
    IN_DOUBT = 3
    """A request without response may still be carried out, for the time of
    zfssa_late_request_timeout. The journal stays; repeat the recovery after that time.
    """

    @classmethod
    def _missing_(cls, value: object) -> Recovery:
        unknown = int.__new__(cls, int(str(value)))
        unknown._name_ = f"UNKNOWN_{value}"
        unknown._value_ = int(unknown)
        return unknown


class JournalFindingKind(IntEnum):
    """Values of `JournalFinding.kind`. Later versions of the library may add values."""

    BUSY = 0
    """A live process uses the journal."""
    OTHER_BACKEND = 1
    """The journal belongs to another backend, whose setup recovers it."""
    SET_ASIDE = 2
    """The file is damaged or no journal, and was renamed."""
    FAILED = 3
    """The file could not be read or renamed."""

    @classmethod
    def _missing_(cls, value: object) -> JournalFindingKind:
        unknown = int.__new__(cls, int(str(value)))
        unknown._name_ = f"UNKNOWN_{value}"
        unknown._value_ = int(unknown)
        return unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoReply:
    """The reply to an echo."""

    message: str
    """The message."""


def _echo_reply(view: Any) -> EchoReply:
    return EchoReply(
        message=string(view.message),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The certificate that the appliance presented."""

    sha256: str
    """SHA-256 fingerprint, in the form of the option zfssa_tls_pins and of "openssl x509
    -fingerprint -sha256": pairs of upper-case hexadecimal digits with colons.
    """
    pem: str
    """Certificate in PEM."""


def _certificate(view: Any) -> Certificate:
    return Certificate(
        sha256=string(view.sha256),
        pem=string(view.pem),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The report of a check."""

    warnings: tuple[str, ...]
    """Findings that do not stop the backend, one sentence each."""


def _check_report(view: Any) -> CheckReport:
    return CheckReport(
        warnings=strings(view.warnings, view.warnings_count),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupReport:
    """The report of a setup."""

    appliance: str
    """Node name of the appliance."""
    software_version: str
    """Version of its software."""
    target_iqn: str
    """IQN of the target that presents the volumes."""
    target_portals: tuple[str, ...]
    """Portals, as address:port."""
    changes: tuple[str, ...]
    """Objects created or changed, one sentence each; none if all were ready."""
    warnings: tuple[str, ...]
    """Findings that need attention, one sentence each."""


def _setup_report(view: Any) -> SetupReport:
    return SetupReport(
        appliance=string(view.appliance),
        software_version=string(view.software_version),
        target_iqn=string(view.target_iqn),
        target_portals=strings(view.target_portals, view.target_portals_count),
        changes=strings(view.changes, view.changes_count),
        warnings=strings(view.warnings, view.warnings_count),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeStats:
    """The reply to Cinder's get_volume_stats: capacity and capabilities of the backend."""

    reserved_percentage: int
    """Reserved capacity in percent."""
    thin_provisioning_support: bool
    """True when new volumes are thin."""
    thick_provisioning_support: bool
    """True when new volumes are thick."""
    multiattach: bool
    """Always True: a volume may be presented to several hosts."""
    online_extend_support: bool
    """True when an attached volume may be extended."""
    qos_support: bool
    """True if the appliance's project shows limits of bandwidth (as of OS8.8). Cinder's key is
    QoS_support.
    """
    clone_across_pools: bool
    """Always False: a clone is made in the pool of its source."""
    total_volumes: int
    """Number of volumes."""
    total_capacity_bytes: int
    """Capacity of the project, free and used, in bytes."""
    free_capacity_bytes: int
    """Free capacity of the project in bytes."""
    provisioned_capacity_bytes: int
    """Sum of the volume sizes in bytes."""
    total_capacity_gb: float
    """`total_capacity_bytes` in GiB."""
    free_capacity_gb: float
    """`free_capacity_bytes` in GiB."""
    provisioned_capacity_gb: float
    """`provisioned_capacity_bytes` in GiB."""
    allocated_capacity_gb: float
    """Same as `provisioned_capacity_gb`, for Cinder."""
    volume_backend_name: str
    """Option volume_backend_name."""
    vendor_name: str
    """Always Oracle."""
    driver_version: str
    """Version of this library."""
    storage_protocol: str
    """Always iSCSI."""
    pool_name: str
    """Pool name for the scheduler."""
    max_over_subscription_ratio: str
    """Option max_over_subscription_ratio: a number, or auto."""
    backend_state: str
    """Always up. If the other cluster head owns the pool, the operation fails with
    PoolNotOwnedError, and the host should report down.
    """
    location_info: str
    """Six fields for migration between backends; the field for credentials is empty."""
    zfssa_poolprofile: str
    """Profile of the pool, such as mirror."""
    zfssa_volblocksize: str
    """Default block size, as in the option zfssa_lun_volblocksize."""
    zfssa_sparse: str
    """Default provisioning: True for thin."""
    zfssa_compression: str
    """Default compression."""
    zfssa_logbias: str
    """Default synchronous write bias."""


def _volume_stats(view: Any) -> VolumeStats:
    return VolumeStats(
        reserved_percentage=int(view.reserved_percentage),
        thin_provisioning_support=bool(view.thin_provisioning_support),
        thick_provisioning_support=bool(view.thick_provisioning_support),
        multiattach=bool(view.multiattach),
        online_extend_support=bool(view.online_extend_support),
        qos_support=bool(view.qos_support),
        clone_across_pools=bool(view.clone_across_pools),
        total_volumes=int(view.total_volumes),
        total_capacity_bytes=int(view.total_capacity_bytes),
        free_capacity_bytes=int(view.free_capacity_bytes),
        provisioned_capacity_bytes=int(view.provisioned_capacity_bytes),
        total_capacity_gb=float(view.total_capacity_gb),
        free_capacity_gb=float(view.free_capacity_gb),
        provisioned_capacity_gb=float(view.provisioned_capacity_gb),
        allocated_capacity_gb=float(view.allocated_capacity_gb),
        volume_backend_name=string(view.volume_backend_name),
        vendor_name=string(view.vendor_name),
        driver_version=string(view.driver_version),
        storage_protocol=string(view.storage_protocol),
        pool_name=string(view.pool_name),
        max_over_subscription_ratio=string(view.max_over_subscription_ratio),
        backend_state=string(view.backend_state),
        location_info=string(view.location_info),
        zfssa_poolprofile=string(view.zfssa_poolprofile),
        zfssa_volblocksize=string(view.zfssa_volblocksize),
        zfssa_sparse=string(view.zfssa_sparse),
        zfssa_compression=string(view.zfssa_compression),
        zfssa_logbias=string(view.zfssa_logbias),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The origin of a clone."""

    project: str
    """Project of the source."""
    volume: str
    """Source volume."""
    snapshot: str
    """Snapshot of the source."""


def _origin(view: Any) -> Origin:
    return Origin(
        project=string(view.project),
        volume=string(view.volume),
        snapshot=string(view.snapshot),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeProperty:
    """A property of a volume."""

    name: str
    """The appliance's name, such as encryption or writelimit, or delete_with_clones for a volume
    whose type sets it.
    """
    value: str
    """The value as text: a word, true or false, a count, or bytes per second (0 without a limit).
    """


def _volume_property(view: Any) -> VolumeProperty:
    return VolumeProperty(
        name=string(view.name),
        value=string(view.value),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume: a LUN in the backend's project."""

    block_size_bytes: int
    """Block size in bytes."""
    sparse: bool
    """True when the volume is thin provisioned."""
    managed: bool | None
    """The property cinder_managed; None when it is not set."""
    created: bool
    """True when this call created it; False when an earlier call did, and for look-ups."""
    size_bytes: int
    """Size in bytes."""
    used_bytes: int
    """Bytes of data in the volume, without snapshots."""
    name: str
    """Name of the LUN."""
    pool: str
    """Pool."""
    project: str
    """Project."""
    guid: str
    """GUID of the LUN, 32 hexadecimal digits."""
    compression: str
    """Compression, as the appliance names it."""
    logbias: str
    """Synchronous write bias: latency or throughput."""
    target_group: str
    """Target group through which the LUN is presented."""
    created_at: str
    """Time of creation, UTC, in the appliance's format."""
    initiator_groups: tuple[str, ...]
    """Initiator groups to which the LUN is presented; may be none."""
    origin: Origin | None
    """Origin of a clone; None for other volumes."""
    properties: tuple[VolumeProperty, ...]
    """Encryption, caches, copies and limits, as far as the appliance shows them; None when it
    shows none.
    """


def _volume(view: Any) -> Volume:
    return Volume(
        block_size_bytes=int(view.block_size_bytes),
        sparse=bool(view.sparse),
        managed=None if view.managed < 0 else bool(view.managed),
        created=bool(view.created),
        size_bytes=int(view.size_bytes),
        used_bytes=int(view.used_bytes),
        name=string(view.name),
        pool=string(view.pool),
        project=string(view.project),
        guid=string(view.guid),
        compression=string(view.compression),
        logbias=string(view.logbias),
        target_group=string(view.target_group),
        created_at=string(view.created_at),
        initiator_groups=strings(view.initiator_groups, view.initiator_groups_count),
        origin=_origin(view.origin.contents) if view.origin else None,
        properties=tuple(_volume_property(view.properties[i].contents) for i in range(view.properties_count)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteReport:
    """The report of a deletion."""

    existed: bool
    """True when it existed before the call."""


def _delete_report(view: Any) -> DeleteReport:
    return DeleteReport(
        existed=bool(view.existed),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Volumes:
    """The volumes of the project."""

    volumes: tuple[Volume, ...]
    """The volumes, ordered by name."""
    next_marker: str | None
    """`marker` of the next page; None after the last."""


def _volumes(view: Any) -> Volumes:
    return Volumes(
        volumes=tuple(_volume(view.volumes[i].contents) for i in range(view.count)),
        next_marker=maybe(view.next_marker),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A snapshot of a volume."""

    created: bool
    """True when this call created it."""
    clones: int
    """Number of clones; the appliance may count a deleted clone for a while."""
    unique_bytes: int
    """Bytes that only this snapshot holds."""
    name: str
    """Name of the snapshot."""
    volume: str
    """Volume of the snapshot."""
    pool: str
    """Pool."""
    project: str
    """Project."""
    created_at: str
    """Time of creation, UTC, in the appliance's format."""


def _snapshot(view: Any) -> Snapshot:
    return Snapshot(
        created=bool(view.created),
        clones=int(view.clones),
        unique_bytes=int(view.unique_bytes),
        name=string(view.name),
        volume=string(view.volume),
        pool=string(view.pool),
        project=string(view.project),
        created_at=string(view.created_at),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshots:
    """The snapshots of a volume or of the project."""

    snapshots: tuple[Snapshot, ...]
    """The snapshots, oldest first."""
    next_marker: str | None
    """`marker` of the next page; None after the last."""


def _snapshots(view: Any) -> Snapshots:
    return Snapshots(
        snapshots=tuple(_snapshot(view.snapshots[i].contents) for i in range(view.count)),
        next_marker=maybe(view.next_marker),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClonedImage:
    """The report of a volume from an image."""

    transferred: bool
    """True when the image was written during this call."""
    volume: Volume | None
    """The volume; None when the cache declined and the host should create the volume itself."""
    declined: str
    """Reason why the cache declined; empty when it did not."""
    cache_entry: str
    """Cache entry from which the volume was cloned; empty when the cache declined."""


def _cloned_image(view: Any) -> ClonedImage:
    return ClonedImage(
        transferred=bool(view.transferred),
        volume=_volume(view.volume.contents) if view.volume else None,
        declined=string(view.declined),
        cache_entry=string(view.cache_entry),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """The connection of a host to a volume, as Cinder's connection properties."""

    target_discovered: bool
    """Always False: no discovery is needed."""
    target_lun: int
    """LU number for this host."""
    discard: bool
    """True when the host may send discards."""
    changed: bool
    """True when this call presented the volume."""
    driver_volume_type: str
    """Always iscsi."""
    volume_id: str
    """Volume id of the request."""
    target_portal: str
    """First portal, as address:port."""
    target_iqn: str
    """IQN of the target."""
    target_portals: tuple[str, ...]
    """All portals."""
    target_iqns: tuple[str, ...]
    """IQN of the target at each portal."""
    target_luns: tuple[int, ...]
    """LU number at each portal."""
    initiator_groups: tuple[str, ...]
    """Initiator groups through which the volume is presented to the host."""
    auth_method: str | None
    """CHAP, or None without authentication."""
    auth_username: str | None
    """CHAP name, or None."""
    auth_password: str | None = field(repr=False)
    """CHAP secret in clear text, or None."""
    target_auth_method: str | None
    """CHAP for authentication of the target by the host, or None. Set if both host and target have
    CHAP accounts.
    """
    target_auth_username: str | None
    """CHAP name of the target, or None."""
    target_auth_password: str | None = field(repr=False)
    """CHAP secret of the target in clear text, or None."""


def _connection(view: Any) -> Connection:
    return Connection(
        target_discovered=bool(view.target_discovered),
        target_lun=int(view.target_lun),
        discard=bool(view.discard),
        changed=bool(view.changed),
        driver_volume_type=string(view.driver_volume_type),
        volume_id=string(view.volume_id),
        target_portal=string(view.target_portal),
        target_iqn=string(view.target_iqn),
        target_portals=strings(view.target_portals, view.paths_count),
        target_iqns=strings(view.target_iqns, view.paths_count),
        target_luns=numbers(view.target_luns, view.paths_count),
        initiator_groups=strings(view.initiator_groups, view.initiator_groups_count),
        auth_method=maybe(view.auth_method),
        auth_username=maybe(view.auth_username),
        auth_password=maybe(view.auth_password),
        target_auth_method=maybe(view.target_auth_method),
        target_auth_username=maybe(view.target_auth_username),
        target_auth_password=maybe(view.target_auth_password),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachReport:
    """The report of a terminated connection."""

    still_presented: bool
    """True when the volume is still presented to the host, through a group that had to be kept."""
    changed: bool
    """True when this call changed anything."""
    initiator_groups: tuple[str, ...]
    """Initiator groups to which the volume is presented now."""


def _detach_report(view: Any) -> DetachReport:
    return DetachReport(
        still_presented=bool(view.still_presented),
        changed=bool(view.changed),
        initiator_groups=strings(view.initiator_groups, view.initiator_groups_count),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageableEntry:
    """An existing LUN or snapshot."""

    safe_to_manage: bool
    """True when it may be managed safely."""
    size_gib: int
    """Size in GiB, rounded up; for a snapshot, that of its volume."""
    reference: str
    """Cinder's source-name: name of the LUN or snapshot."""
    source_reference: str
    """For a snapshot, name of its LUN; empty for a LUN."""
    reason_not_safe: str
    """Reason why it may not be managed; empty when it may."""
    cinder_id: str
    """Cinder's id of this volume or snapshot; empty when Cinder does not know it."""
    extra_info: str
    """Further information for operators, as text."""


def _manageable_entry(view: Any) -> ManageableEntry:
    return ManageableEntry(
        safe_to_manage=bool(view.safe_to_manage),
        size_gib=int(view.size_gib),
        reference=string(view.reference),
        source_reference=string(view.source_reference),
        reason_not_safe=string(view.reason_not_safe),
        cinder_id=string(view.cinder_id),
        extra_info=string(view.extra_info),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageableList:
    """The list of LUNs or snapshots that could be managed, or a part of it."""

    total: int
    """Total number of entries."""
    entries: tuple[ManageableEntry, ...]
    """The entries, in the requested order."""
    next_marker: str | None
    """`marker` of the next page; None after the last."""


def _manageable_list(view: Any) -> ManageableList:
    return ManageableList(
        total=int(view.total),
        entries=tuple(_manageable_entry(view.entries[i].contents) for i in range(view.count)),
        next_marker=maybe(view.next_marker),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingSize:
    """The size of an existing LUN or snapshot."""

    size_gib: int
    """Size in GiB, rounded up."""
    size_bytes: int
    """Size in bytes."""


def _existing_size(view: Any) -> ExistingSize:
    return ExistingSize(
        size_gib=int(view.size_gib),
        size_bytes=int(view.size_bytes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageReport:
    """The report of a LUN taken under management."""

    changed: bool
    """True when this call changed it."""
    volume: Volume
    """Volume as it is now."""
    previous_name: str
    """Previous name of the LUN."""
    taken_from: tuple[str, ...]
    """Initiator groups that lost access to the LUN."""
    snapshots: tuple[str, ...]
    """Snapshots, which prevent the volume from being deleted."""


def _manage_report(view: Any) -> ManageReport:
    return ManageReport(
        changed=bool(view.changed),
        volume=_volume(view.volume.contents),
        previous_name=string(view.previous_name),
        taken_from=strings(view.taken_from, view.taken_from_count),
        snapshots=strings(view.snapshots, view.snapshots_count),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmanageReport:
    """The report of a volume or snapshot released from management."""

    changed: bool
    """True when this call renamed it."""
    name: str
    """Previous name."""
    new_name: str
    """New name."""


def _unmanage_report(view: Any) -> UnmanageReport:
    return UnmanageReport(
        changed=bool(view.changed),
        name=string(view.name),
        new_name=string(view.new_name),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedSnapshot:
    """The report of a snapshot taken under management."""

    changed: bool
    """True when this call renamed it."""
    snapshot: Snapshot
    """Snapshot as it is now."""
    previous_name: str
    """Previous name."""


def _managed_snapshot(view: Any) -> ManagedSnapshot:
    return ManagedSnapshot(
        changed=bool(view.changed),
        snapshot=_snapshot(view.snapshot.contents),
        previous_name=string(view.previous_name),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RetypeReport:
    """The report of a retype."""

    in_place: bool
    """True when the volume matches the type now; False when that is impossible in place, and
    nothing was changed.
    """
    reason: str
    """Reason why it is impossible in place; empty otherwise."""
    changes: tuple[str, ...]
    """Changes, one sentence each."""
    volume: Volume
    """Volume as it is now."""


def _retype_report(view: Any) -> RetypeReport:
    return RetypeReport(
        in_place=bool(view.in_place),
        reason=string(view.reason),
        changes=strings(view.changes, view.changes_count),
        volume=_volume(view.volume.contents),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """The report of a migration."""

    migrated: bool
    """True when the volume is at the destination; False when the migration was declined."""
    declined: str | None
    """Reason for declining, as a stable name such as no_space; None when migrated. Any version may
    add reasons.
    """
    reason: str
    """The reason in one sentence; empty when migrated."""
    guid: str
    """GUID of the volume at the destination; empty when declined."""
    left_behind: tuple[str, ...]
    """Objects that could not be deleted at the source, as text. The volume has moved nevertheless;
    with a zfssa_state_dir, recover() deletes them later.
    """


def _migration(view: Any) -> Migration:
    return Migration(
        migrated=bool(view.migrated),
        declined=maybe(view.declined),
        reason=string(view.reason),
        guid=string(view.guid),
        left_behind=strings(view.left_behind, view.left_behind_count),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MigratedVolume:
    """The name of a migrated volume."""

    renamed: bool
    """True when this call renamed it."""
    name: str
    """Current name."""
    name_id: str | None
    """Cinder's _name_id; None when the volume has its original name."""


def _migrated_volume(view: Any) -> MigratedVolume:
    return MigratedVolume(
        renamed=bool(view.renamed),
        name=string(view.name),
        name_id=maybe(view.name_id),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderId:
    """The pair of Cinder's id and the provider id of an object."""

    id: str
    """Cinder's id."""
    provider_id: str
    """Id on the appliance."""


def _provider_id(view: Any) -> ProviderId:
    return ProviderId(
        id=string(view.id),
        provider_id=string(view.provider_id),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderInfo:
    """The report on which objects exist, with their provider ids."""

    volumes: tuple[ProviderId, ...]
    """The existing volumes; the provider id is the GUID of the LUN."""
    snapshots: tuple[ProviderId, ...]
    """The existing snapshots; the provider id is <GUID of the LUN>@<name>."""
    missing_volumes: tuple[str, ...]
    """Cinder's ids of missing volumes."""
    missing_snapshots: tuple[str, ...]
    """Cinder's ids of missing snapshots."""


def _provider_info(view: Any) -> ProviderInfo:
    return ProviderInfo(
        volumes=tuple(_provider_id(view.volumes[i].contents) for i in range(view.volumes_count)),
        snapshots=tuple(_provider_id(view.snapshots[i].contents) for i in range(view.snapshots_count)),
        missing_volumes=strings(view.missing_volumes, view.missing_volumes_count),
        missing_snapshots=strings(view.missing_snapshots, view.missing_snapshots_count),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedPart:
    """The report of the deletion of one volume or snapshot of a group."""

    deleted: bool
    """True when it was deleted."""
    existed: bool
    """True when it existed before the call."""
    status: int
    """Status of the failure; 0 when it was deleted."""
    name: str
    """Name of the volume, or volume@snapshot."""
    error: str
    """Reason of the failure; empty when it was deleted."""


def _deleted_part(view: Any) -> DeletedPart:
    return DeletedPart(
        deleted=bool(view.deleted),
        existed=bool(view.existed),
        status=int(view.status),
        name=string(view.name),
        error=string(view.error),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDeleteReport:
    """The report of the deletion of a group."""

    all_deleted: bool
    """True when all were deleted."""
    parts: tuple[DeletedPart, ...]
    """The parts, in the order of the request."""


def _group_delete_report(view: Any) -> GroupDeleteReport:
    return GroupDeleteReport(
        all_deleted=bool(view.all_deleted),
        parts=tuple(_deleted_part(view.parts[i].contents) for i in range(view.count)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveredFlow:
    """An interrupted operation of a dead process."""

    settled: Recovery
    """One of the values of `Recovery`."""
    flow: str
    """Kind of operation."""
    object: str
    """Object of the operation."""
    operation: str
    """Id of the operation."""
    message: str
    """Outcome, in one sentence."""


def _recovered_flow(view: Any) -> RecoveredFlow:
    return RecoveredFlow(
        settled=Recovery(view.settled),
        flow=string(view.flow),
        object=string(view.object),
        operation=string(view.operation),
        message=string(view.message),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFinding:
    """A file in the journal directory that was not recovered."""

    kind: JournalFindingKind
    """One of the values of `JournalFindingKind`."""
    path: str
    """Path of the file, or `etcd:` and the key."""
    detail: str
    """Name of the other backend, host and process that work on it, damage or failure; may be
    empty.
    """


def _journal_finding(view: Any) -> JournalFinding:
    return JournalFinding(
        kind=JournalFindingKind(view.kind),
        path=string(view.path),
        detail=string(view.detail),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverReport:
    """The report of a recovery."""

    recovered: tuple[RecoveredFlow, ...]
    """The interrupted operations."""
    findings: tuple[JournalFinding, ...]
    """The files that were not recovered."""


def _recover_report(view: Any) -> RecoverReport:
    return RecoverReport(
        recovered=tuple(_recovered_flow(view.recovered[i].contents) for i in range(view.recovered_count)),
        findings=tuple(_journal_finding(view.findings[i].contents) for i in range(view.findings_count)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFinding:
    """An object without owner, or a missing object."""

    fixable: bool
    """True when a flag would delete it."""
    fixed: bool
    """True when this call deleted it."""
    kind: str
    """Kind: volume, temporary_snapshot, project_snapshot, snapshot, cache_entry, deferred,
    migration, temporary_project, replication_action, replication_package, journal, missing_volume
    or missing_snapshot.
    """
    object: str
    """Name; for a snapshot, volume@snapshot."""
    detail: str
    """Details for operators, as text."""
    error: str
    """Reason why the deletion failed; empty otherwise."""


def _audit_finding(view: Any) -> AuditFinding:
    return AuditFinding(
        fixable=bool(view.fixable),
        fixed=bool(view.fixed),
        kind=string(view.kind),
        object=string(view.object),
        detail=string(view.detail),
        error=string(view.error),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The report of an audit."""

    fixed: int
    """Number of deleted objects among the findings."""
    findings: tuple[AuditFinding, ...]
    """The objects without owner and the missing objects, ordered by kind and name."""
    not_looked_at: tuple[str, ...]
    """Objects that could not be examined, one sentence each. On the first page."""
    next_marker: str | None
    """`marker` of the next page; None after the last."""


def _audit_report(view: Any) -> AuditReport:
    return AuditReport(
        fixed=int(view.fixed),
        findings=tuple(_audit_finding(view.findings[i].contents) for i in range(view.findings_count)),
        not_looked_at=strings(view.not_looked_at, view.not_looked_at_count),
        next_marker=maybe(view.next_marker),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A persistent API token that was created. Its value is in the file only."""

    id: str
    """Its id on the appliance, a UUID."""
    name: str
    """Its name on the appliance, with the suffix of the library."""
    expiration: str
    """When it expires, as the appliance says it, such as 2020-04-30T03:20:31Z; empty if it does
    not.
    """
    token_file: str
    """Path of the file that holds it."""
    revoked: tuple[str, ...]
    """Names of the former tokens that were revoked."""


def _api_token(view: Any) -> ApiToken:
    return ApiToken(
        id=string(view.id),
        name=string(view.name),
        expiration=string(view.expiration),
        token_file=string(view.token_file),
        revoked=strings(view.revoked, view.revoked_count),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of an operation."""

    step: str
    """Current step, such as transfer. Any version may add steps."""
    done: int
    """Completed part of the step, out of `total`."""
    total: int
    """Value of `done` at the end of the step; 0 while unknown."""


def _progress(view: Any) -> Progress:
    return Progress(
        step=string(view.step),
        done=int(view.done),
        total=int(view.total),
    )


@dataclass(frozen=True, slots=True)
class KnownVolume(Record):
    """A volume or snapshot that Cinder knows."""

    id: str
    """Cinder's id."""
    name: str
    """Name on the appliance."""

    struct: ClassVar[Any] = _abi.zfssa_known_volume_t

    def fill(self, arguments: Any) -> None:
        arguments.id = text(self.id, "id")
        arguments.name = text(self.name, "name")


@dataclass(frozen=True, slots=True)
class KnownSnapshot(Record):
    """A snapshot that Cinder knows."""

    id: str
    """Cinder's id."""
    name: str
    """Name on the appliance."""
    volume: str
    """Name of its volume on the appliance."""

    struct: ClassVar[Any] = _abi.zfssa_known_snapshot_t

    def fill(self, arguments: Any) -> None:
        arguments.id = text(self.id, "id")
        arguments.name = text(self.name, "name")
        arguments.volume = text(self.volume, "volume")


@dataclass(frozen=True, slots=True)
class GroupMember(Record):
    """A volume of a group, and its snapshot."""

    volume: str
    """Name of the LUN."""
    snapshot: str
    """Name of the snapshot."""

    struct: ClassVar[Any] = _abi.zfssa_group_member_t

    def fill(self, arguments: Any) -> None:
        arguments.volume = text(self.volume, "volume")
        arguments.snapshot = text(self.snapshot, "snapshot")


@dataclass(frozen=True, slots=True)
class GroupClone(Record):
    """A volume of a new group."""

    name: str
    """Name of the new LUN."""
    source_volume: str
    """Name of the source LUN."""
    size_gib: int
    """Size in GiB, at least that of the source."""
    snapshot: str | None = field(default=None, kw_only=True)
    """Snapshot of the source. None: the current state of the source, at one instant for all
    sources.
    """
    extra_specs: Mapping[str, str] | None = field(default=None, kw_only=True)
    """Extra specs of the volume type."""

    struct: ClassVar[Any] = _abi.zfssa_group_clone_t

    def fill(self, arguments: Any) -> None:
        arguments.name = text(self.name, "name")
        arguments.source_volume = text(self.source_volume, "source_volume")
        arguments.snapshot = text(self.snapshot, "snapshot")
        arguments.size_gib = number(self.size_gib, "size_gib", 64, False)
        arguments.extra_specs, arguments.extra_specs_count = pairs(self.extra_specs, "extra_specs")


@dataclass(frozen=True, slots=True)
class Echo(Request[EchoReply]):
    """Request for echo()."""

    message: str | None = field(default=None, kw_only=True)
    """Returned unchanged: UTF-8 of up to 1,048,576 bytes. None: an empty text."""
    delay_ms: int = field(default=0, kw_only=True)
    """Duration of the operation, in milliseconds."""
    fail_with: int = field(default=0, kw_only=True)
    """Status to fail with; 0 to succeed."""

    operation: ClassVar[str] = "echo"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_echo_args_t(size=sizeof(_abi.zfssa_echo_args_t))
        arguments.message = text(self.message, "message")
        arguments.delay_ms = number(self.delay_ms, "delay_ms", 64, False)
        arguments.fail_with = number(self.fail_with, "fail_with", 32, True)
        return arguments

    def output(self, library: Any, result: int) -> EchoReply:
        view = library.zfssa_result_echo(result).contents
        return _echo_reply(view)


@dataclass(frozen=True, slots=True)
class GetCertificate(Request[Certificate]):
    """Request for get_certificate()."""

    operation: ClassVar[str] = "get_certificate"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_get_certificate_args_t(size=sizeof(_abi.zfssa_get_certificate_args_t))
        return arguments

    def output(self, library: Any, result: int) -> Certificate:
        view = library.zfssa_result_certificate(result).contents
        return _certificate(view)


@dataclass(frozen=True, slots=True)
class CheckForSetupError(Request[CheckReport]):
    """Request for check_for_setup_error()."""

    operation: ClassVar[str] = "check_for_setup_error"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_check_for_setup_error_args_t(size=sizeof(_abi.zfssa_check_for_setup_error_args_t))
        return arguments

    def output(self, library: Any, result: int) -> CheckReport:
        view = library.zfssa_result_check_report(result).contents
        return _check_report(view)


@dataclass(frozen=True, slots=True)
class DoSetup(Request[SetupReport]):
    """Request for do_setup()."""

    operation: ClassVar[str] = "do_setup"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_do_setup_args_t(size=sizeof(_abi.zfssa_do_setup_args_t))
        return arguments

    def output(self, library: Any, result: int) -> SetupReport:
        view = library.zfssa_result_setup_report(result).contents
        return _setup_report(view)


@dataclass(frozen=True, slots=True)
class GetVolumeStats(Request[VolumeStats]):
    """Request for get_volume_stats()."""

    operation: ClassVar[str] = "get_volume_stats"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_get_volume_stats_args_t(size=sizeof(_abi.zfssa_get_volume_stats_args_t))
        return arguments

    def output(self, library: Any, result: int) -> VolumeStats:
        view = library.zfssa_result_volume_stats(result).contents
        return _volume_stats(view)


@dataclass(frozen=True, slots=True)
class CreateVolume(Request[Volume]):
    """Request for create_volume()."""

    name: str
    """Name of the LUN, such as volume-<uuid>."""
    size_gib: int
    """Size in GiB, at least 1."""
    extra_specs: Mapping[str, str] | None = field(default=None, kw_only=True)
    """Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
    scopes are ignored.
    """

    operation: ClassVar[str] = "create_volume"

    @property
    def resource(self) -> str:
        return self.name

    def arguments(self) -> Any:
        arguments = _abi.zfssa_create_volume_args_t(size=sizeof(_abi.zfssa_create_volume_args_t))
        arguments.name = text(self.name, "name")
        arguments.size_gib = number(self.size_gib, "size_gib", 64, False)
        arguments.extra_specs, arguments.extra_specs_count = pairs(self.extra_specs, "extra_specs")
        return arguments

    def output(self, library: Any, result: int) -> Volume:
        view = library.zfssa_result_volume(result).contents
        return _volume(view)


@dataclass(frozen=True, slots=True)
class DeleteVolume(Request[DeleteReport]):
    """Request for delete_volume()."""

    name: str
    """Name of the LUN, such as volume-<uuid>."""

    operation: ClassVar[str] = "delete_volume"

    @property
    def resource(self) -> str:
        return self.name

    def arguments(self) -> Any:
        arguments = _abi.zfssa_delete_volume_args_t(size=sizeof(_abi.zfssa_delete_volume_args_t))
        arguments.name = text(self.name, "name")
        return arguments

    def output(self, library: Any, result: int) -> DeleteReport:
        view = library.zfssa_result_delete_report(result).contents
        return _delete_report(view)


@dataclass(frozen=True, slots=True)
class ExtendVolume(Request[Volume]):
    """Request for extend_volume()."""

    name: str
    """Name of the LUN, such as volume-<uuid>."""
    size_gib: int
    """New size in GiB, at least 1."""

    operation: ClassVar[str] = "extend_volume"

    @property
    def resource(self) -> str:
        return self.name

    def arguments(self) -> Any:
        arguments = _abi.zfssa_extend_volume_args_t(size=sizeof(_abi.zfssa_extend_volume_args_t))
        arguments.name = text(self.name, "name")
        arguments.size_gib = number(self.size_gib, "size_gib", 64, False)
        return arguments

    def output(self, library: Any, result: int) -> Volume:
        view = library.zfssa_result_volume(result).contents
        return _volume(view)


@dataclass(frozen=True, slots=True)
class GetVolume(Request[Volume]):
    """Request for get_volume()."""

    name: str
    """Name of the LUN, such as volume-<uuid>."""

    operation: ClassVar[str] = "get_volume"

    @property
    def resource(self) -> str:
        return self.name

    def arguments(self) -> Any:
        arguments = _abi.zfssa_get_volume_args_t(size=sizeof(_abi.zfssa_get_volume_args_t))
        arguments.name = text(self.name, "name")
        return arguments

    def output(self, library: Any, result: int) -> Volume:
        view = library.zfssa_result_volume(result).contents
        return _volume(view)


@dataclass(frozen=True, slots=True)
class ListVolumes(Request[Volumes]):
    """Request for list_volumes()."""

    prefix: str | None = field(default=None, kw_only=True)
    """Prefix of the names to list; None: all volumes."""
    marker: str | None = field(default=None, kw_only=True)
    """`next_marker` of the page before; None: from the beginning."""
    limit: int = field(default=0, kw_only=True)
    """Maximum number of volumes; 0: no limit."""

    operation: ClassVar[str] = "list_volumes"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_list_volumes_args_t(size=sizeof(_abi.zfssa_list_volumes_args_t))
        arguments.prefix = text(self.prefix, "prefix")
        arguments.marker = text(self.marker, "marker")
        arguments.limit = number(self.limit, "limit", 32, False)
        return arguments

    def output(self, library: Any, result: int) -> Volumes:
        view = library.zfssa_result_volumes(result).contents
        return _volumes(view)


@dataclass(frozen=True, slots=True)
class CreateSnapshot(Request[Snapshot]):
    """Request for create_snapshot()."""

    volume: str
    """Name of the LUN."""
    name: str
    """Name of the snapshot, such as snapshot-<uuid>."""

    operation: ClassVar[str] = "create_snapshot"

    @property
    def resource(self) -> str:
        return self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_create_snapshot_args_t(size=sizeof(_abi.zfssa_create_snapshot_args_t))
        arguments.volume = text(self.volume, "volume")
        arguments.name = text(self.name, "name")
        return arguments

    def output(self, library: Any, result: int) -> Snapshot:
        view = library.zfssa_result_snapshot(result).contents
        return _snapshot(view)


@dataclass(frozen=True, slots=True)
class DeleteSnapshot(Request[DeleteReport]):
    """Request for delete_snapshot()."""

    volume: str
    """Name of the LUN."""
    name: str
    """Name of the snapshot, such as snapshot-<uuid>."""

    operation: ClassVar[str] = "delete_snapshot"

    @property
    def resource(self) -> str:
        return self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_delete_snapshot_args_t(size=sizeof(_abi.zfssa_delete_snapshot_args_t))
        arguments.volume = text(self.volume, "volume")
        arguments.name = text(self.name, "name")
        return arguments

    def output(self, library: Any, result: int) -> DeleteReport:
        view = library.zfssa_result_delete_report(result).contents
        return _delete_report(view)


@dataclass(frozen=True, slots=True)
class ListSnapshots(Request[Snapshots]):
    """Request for list_snapshots()."""

    volume: str | Every
    """Name of the LUN; EVERY: every volume of the backend's project."""
    marker: str | None = field(default=None, kw_only=True)
    """`next_marker` of the page before; None: from the beginning."""
    limit: int = field(default=0, kw_only=True)
    """Maximum number of snapshots; 0: no limit."""

    operation: ClassVar[str] = "list_snapshots"

    @property
    def resource(self) -> str:
        return "" if isinstance(self.volume, Every) else self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_list_snapshots_args_t(size=sizeof(_abi.zfssa_list_snapshots_args_t))
        arguments.volume = one_or_every(self.volume, "volume", "every volume")
        arguments.marker = text(self.marker, "marker")
        arguments.limit = number(self.limit, "limit", 32, False)
        return arguments

    def output(self, library: Any, result: int) -> Snapshots:
        view = library.zfssa_result_snapshots(result).contents
        return _snapshots(view)


@dataclass(frozen=True, slots=True)
class RevertToSnapshot(Request[Volume]):
    """Request for revert_to_snapshot()."""

    volume: str
    """Name of the LUN."""
    snapshot: str
    """Name of the snapshot."""
    size_gib: int
    """Size of the volume in Cinder, in GiB; 0: its current size."""

    operation: ClassVar[str] = "revert_to_snapshot"

    @property
    def resource(self) -> str:
        return self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_revert_to_snapshot_args_t(size=sizeof(_abi.zfssa_revert_to_snapshot_args_t))
        arguments.volume = text(self.volume, "volume")
        arguments.snapshot = text(self.snapshot, "snapshot")
        arguments.size_gib = number(self.size_gib, "size_gib", 64, False)
        return arguments

    def output(self, library: Any, result: int) -> Volume:
        view = library.zfssa_result_volume(result).contents
        return _volume(view)


@dataclass(frozen=True, slots=True)
class CreateVolumeFromSnapshot(Request[Volume]):
    """Request for create_volume_from_snapshot()."""

    name: str
    """Name of the new LUN."""
    size_gib: int
    """Size in GiB, at least that of the snapshot."""
    source_volume: str
    """Volume of the snapshot."""
    snapshot: str
    """Name of the snapshot."""
    extra_specs: Mapping[str, str] | None = field(default=None, kw_only=True)
    """Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
    scopes are ignored. A clone always has the block size of its source.
    """

    operation: ClassVar[str] = "create_volume_from_snapshot"

    @property
    def resource(self) -> str:
        return self.name

    def arguments(self) -> Any:
        arguments = _abi.zfssa_create_volume_from_snapshot_args_t(size=sizeof(_abi.zfssa_create_volume_from_snapshot_args_t))
        arguments.name = text(self.name, "name")
        arguments.size_gib = number(self.size_gib, "size_gib", 64, False)
        arguments.source_volume = text(self.source_volume, "source_volume")
        arguments.snapshot = text(self.snapshot, "snapshot")
        arguments.extra_specs, arguments.extra_specs_count = pairs(self.extra_specs, "extra_specs")
        return arguments

    def output(self, library: Any, result: int) -> Volume:
        view = library.zfssa_result_volume(result).contents
        return _volume(view)


@dataclass(frozen=True, slots=True)
class CreateClonedVolume(Request[Volume]):
    """Request for create_cloned_volume()."""

    name: str
    """Name of the new LUN."""
    size_gib: int
    """Size in GiB, at least that of the source."""
    source_volume: str
    """Name of the source LUN."""
    id: str | None = field(default=None, kw_only=True)
    """Cinder's id of the new volume, for the temporary snapshot tmp-snapshot-<id>. None: the name
    without the prefix volume-.
    """
    extra_specs: Mapping[str, str] | None = field(default=None, kw_only=True)
    """Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
    scopes are ignored. Block size and encryption are those of the source: another block size is
    ignored, and another encryption refused with TypeMismatchError.
    """

    operation: ClassVar[str] = "create_cloned_volume"

    @property
    def resource(self) -> str:
        return self.name

    def arguments(self) -> Any:
        arguments = _abi.zfssa_create_cloned_volume_args_t(size=sizeof(_abi.zfssa_create_cloned_volume_args_t))
        arguments.name = text(self.name, "name")
        arguments.id = text(self.id, "id")
        arguments.size_gib = number(self.size_gib, "size_gib", 64, False)
        arguments.source_volume = text(self.source_volume, "source_volume")
        arguments.extra_specs, arguments.extra_specs_count = pairs(self.extra_specs, "extra_specs")
        return arguments

    def output(self, library: Any, result: int) -> Volume:
        view = library.zfssa_result_volume(result).contents
        return _volume(view)


@dataclass(frozen=True, slots=True)
class CloneImage(Request[ClonedImage]):
    """Request for clone_image()."""

    name: str
    """Name of the new LUN."""
    size_gib: int
    """Size in GiB, at least that of the cache entry: the image's size, rounded up to GiB, plus one
    if it is a whole number of GiB.
    """
    image_id: str
    """Id of the image, which names its cache entry."""
    image_updated_at: str
    """Time of the image's last update, in any format that is always the same."""
    initiator: str
    """IQN of the host that writes the image."""
    image_virtual_size: int = field(default=0, kw_only=True)
    """Virtual size of the image in bytes; not 0."""
    extra_specs: Mapping[str, str] | None = field(default=None, kw_only=True)
    """Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
    scopes are ignored.
    """
    image_path: str | None = field(default=None, kw_only=True)
    """Absolute path of the image file, which qemu-img writes over iSCSI from user space. None: the
    host writes the image.
    """
    image_format: str | None = field(default=None, kw_only=True)
    """Format of the file at `image_path`: raw, qcow2 or vmdk. None without a file."""
    qemu_img: str | None = field(default=None, kw_only=True)
    """Program for `image_path`. None: qemu-img, from PATH."""

    operation: ClassVar[str] = "clone_image"

    @property
    def resource(self) -> str:
        return self.name

    def arguments(self) -> Any:
        arguments = _abi.zfssa_clone_image_args_t(size=sizeof(_abi.zfssa_clone_image_args_t))
        arguments.name = text(self.name, "name")
        arguments.size_gib = number(self.size_gib, "size_gib", 64, False)
        arguments.image_id = text(self.image_id, "image_id")
        arguments.image_updated_at = text(self.image_updated_at, "image_updated_at")
        arguments.image_virtual_size = number(self.image_virtual_size, "image_virtual_size", 64, False)
        arguments.initiator = text(self.initiator, "initiator")
        arguments.extra_specs, arguments.extra_specs_count = pairs(self.extra_specs, "extra_specs")
        arguments.image_path = text(self.image_path, "image_path")
        arguments.image_format = text(self.image_format, "image_format")
        arguments.qemu_img = text(self.qemu_img, "qemu_img")
        return arguments

    def output(self, library: Any, result: int) -> ClonedImage:
        view = library.zfssa_result_cloned_image(result).contents
        return _cloned_image(view)


@dataclass(frozen=True, slots=True)
class InitializeConnection(Request[Connection]):
    """Request for initialize_connection()."""

    volume: str
    """Name of the LUN."""
    initiator: str
    """IQN of the host."""
    volume_id: str | None = field(default=None, kw_only=True)
    """Cinder's id of the volume, returned in the connection; None: the name."""
    host_name: str | None = field(default=None, kw_only=True)
    """Name of the host; None: not known. With the option zfssa_register_hosts, the initiator group
    that this call makes for a host in no group is called by it.
    """
    exclusive: bool = field(default=False, kw_only=True)
    """Refuses to attach a volume that is presented to an initiator group which the host is not in,
    with VolumeBusyError.
    """

    operation: ClassVar[str] = "initialize_connection"

    @property
    def resource(self) -> str:
        return self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_initialize_connection_args_t(size=sizeof(_abi.zfssa_initialize_connection_args_t))
        if self.exclusive:
            arguments.flags |= _abi.ZFSSA_INITIALIZE_EXCLUSIVE
        arguments.volume = text(self.volume, "volume")
        arguments.volume_id = text(self.volume_id, "volume_id")
        arguments.initiator = text(self.initiator, "initiator")
        arguments.host_name = text(self.host_name, "host_name")
        return arguments

    def output(self, library: Any, result: int) -> Connection:
        view = library.zfssa_result_connection(result).contents
        return _connection(view)


@dataclass(frozen=True, slots=True)
class TerminateConnection(Request[DetachReport]):
    """Request for terminate_connection()."""

    volume: str
    """Name of the LUN."""
    initiator: str | Every
    """IQN of the host; EVERY: every host."""
    still_attached: Sequence[str] | None = field(default=None, kw_only=True)
    """The initiators that still use the volume and must keep it, including `initiator` if its host
    has another attachment of the volume. None: a group that also has other initiators keeps the
    volume.
    """

    operation: ClassVar[str] = "terminate_connection"

    @property
    def resource(self) -> str:
        return self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_terminate_connection_args_t(size=sizeof(_abi.zfssa_terminate_connection_args_t))
        if self.still_attached is not None:
            arguments.flags |= _abi.ZFSSA_TERMINATE_STILL_ATTACHED
        arguments.volume = text(self.volume, "volume")
        arguments.initiator = one_or_every(self.initiator, "initiator", "every host")
        arguments.still_attached, arguments.still_attached_count = texts(self.still_attached, "still_attached")
        return arguments

    def output(self, library: Any, result: int) -> DetachReport:
        view = library.zfssa_result_detach_report(result).contents
        return _detach_report(view)


@dataclass(frozen=True, slots=True)
class CreateExport(Request[None]):
    """Request for create_export()."""

    volume: str
    """Name of the LUN."""

    operation: ClassVar[str] = "create_export"

    @property
    def resource(self) -> str:
        return self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_create_export_args_t(size=sizeof(_abi.zfssa_create_export_args_t))
        arguments.volume = text(self.volume, "volume")
        return arguments

    def output(self, library: Any, result: int) -> None:
        return None


@dataclass(frozen=True, slots=True)
class EnsureExport(Request[None]):
    """Request for ensure_export()."""

    volume: str
    """Name of the LUN."""

    operation: ClassVar[str] = "ensure_export"

    @property
    def resource(self) -> str:
        return self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_ensure_export_args_t(size=sizeof(_abi.zfssa_ensure_export_args_t))
        arguments.volume = text(self.volume, "volume")
        return arguments

    def output(self, library: Any, result: int) -> None:
        return None


@dataclass(frozen=True, slots=True)
class RemoveExport(Request[None]):
    """Request for remove_export()."""

    volume: str
    """Name of the LUN."""

    operation: ClassVar[str] = "remove_export"

    @property
    def resource(self) -> str:
        return self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_remove_export_args_t(size=sizeof(_abi.zfssa_remove_export_args_t))
        arguments.volume = text(self.volume, "volume")
        return arguments

    def output(self, library: Any, result: int) -> None:
        return None


@dataclass(frozen=True, slots=True)
class GetManageableVolumes(Request[ManageableList]):
    """Request for get_manageable_volumes()."""

    marker: str | None = field(default=None, kw_only=True)
    """Reference of the entry before the first one returned; None: from the beginning. Fails if
    there is no such entry.
    """
    limit: int = field(default=0, kw_only=True)
    """Maximum number of entries; 0: no limit."""
    offset: int = field(default=0, kw_only=True)
    """Number of entries to skip, from the beginning or from the marker."""
    cinder_volumes: Sequence[KnownVolume] = field(default=(), kw_only=True)
    """Cinder's volumes on this backend."""
    sort_keys: Sequence[str] | None = field(default=None, kw_only=True)
    """Sort keys, reference or size, most important first; None: reference."""
    sort_dirs: Sequence[str] | None = field(default=None, kw_only=True)
    """Sort directions, asc or desc, for each key; a missing one is the last one given, or asc."""

    operation: ClassVar[str] = "get_manageable_volumes"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_get_manageable_volumes_args_t(size=sizeof(_abi.zfssa_get_manageable_volumes_args_t))
        arguments.marker = text(self.marker, "marker")
        arguments.limit = number(self.limit, "limit", 32, False)
        arguments.offset = number(self.offset, "offset", 32, False)
        arguments.cinder_volumes, arguments.cinder_volumes_count = records(self.cinder_volumes, KnownVolume, "cinder_volumes")
        arguments.sort_keys, arguments.sort_keys_count = texts(self.sort_keys, "sort_keys")
        arguments.sort_dirs, arguments.sort_dirs_count = texts(self.sort_dirs, "sort_dirs")
        return arguments

    def output(self, library: Any, result: int) -> ManageableList:
        view = library.zfssa_result_manageable_list(result).contents
        return _manageable_list(view)


@dataclass(frozen=True, slots=True)
class ManageExistingGetSize(Request[ExistingSize]):
    """Request for manage_existing_get_size()."""

    source_name: str | None = field(default=None, kw_only=True)
    """Name of the LUN, Cinder's source-name; None: identified by GUID."""
    source_guid: str | None = field(default=None, kw_only=True)
    """GUID of the LUN, 32 hexadecimal digits; None: identified by name. If both are set, both must
    match.
    """

    operation: ClassVar[str] = "manage_existing_get_size"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_manage_existing_get_size_args_t(size=sizeof(_abi.zfssa_manage_existing_get_size_args_t))
        arguments.source_name = text(self.source_name, "source_name")
        arguments.source_guid = text(self.source_guid, "source_guid")
        return arguments

    def output(self, library: Any, result: int) -> ExistingSize:
        view = library.zfssa_result_existing_size(result).contents
        return _existing_size(view)


@dataclass(frozen=True, slots=True)
class ManageExisting(Request[ManageReport]):
    """Request for manage_existing()."""

    name: str
    """Name of the volume, such as volume-<uuid>."""
    source_name: str | None = field(default=None, kw_only=True)
    """Name of the LUN, Cinder's source-name; None: identified by GUID."""
    source_guid: str | None = field(default=None, kw_only=True)
    """GUID of the LUN, 32 hexadecimal digits; None: identified by name. If both are set, both must
    match.
    """
    extra_specs: Mapping[str, str] | None = field(default=None, kw_only=True)
    """Extra specs of the volume type. The LUN must match every key zfssa:*; the backend's defaults
    are not applied.
    """
    keep_presentation: bool = field(default=False, kw_only=True)
    """Keep the presentation of the LUN to hosts."""

    operation: ClassVar[str] = "manage_existing"

    @property
    def resource(self) -> str:
        return self.name

    def arguments(self) -> Any:
        arguments = _abi.zfssa_manage_existing_args_t(size=sizeof(_abi.zfssa_manage_existing_args_t))
        if self.keep_presentation:
            arguments.flags |= _abi.ZFSSA_MANAGE_KEEP_PRESENTATION
        arguments.name = text(self.name, "name")
        arguments.source_name = text(self.source_name, "source_name")
        arguments.source_guid = text(self.source_guid, "source_guid")
        arguments.extra_specs, arguments.extra_specs_count = pairs(self.extra_specs, "extra_specs")
        return arguments

    def output(self, library: Any, result: int) -> ManageReport:
        view = library.zfssa_result_manage_report(result).contents
        return _manage_report(view)


@dataclass(frozen=True, slots=True)
class Unmanage(Request[UnmanageReport]):
    """Request for unmanage()."""

    name: str
    """Name of the volume."""

    operation: ClassVar[str] = "unmanage"

    @property
    def resource(self) -> str:
        return self.name

    def arguments(self) -> Any:
        arguments = _abi.zfssa_unmanage_args_t(size=sizeof(_abi.zfssa_unmanage_args_t))
        arguments.name = text(self.name, "name")
        return arguments

    def output(self, library: Any, result: int) -> UnmanageReport:
        view = library.zfssa_result_unmanage_report(result).contents
        return _unmanage_report(view)


@dataclass(frozen=True, slots=True)
class GetManageableSnapshots(Request[ManageableList]):
    """Request for get_manageable_snapshots()."""

    marker: str | None = field(default=None, kw_only=True)
    """Reference of the entry before the first one returned; None: from the beginning. Fails if
    there is no such entry.
    """
    limit: int = field(default=0, kw_only=True)
    """Maximum number of entries; 0: no limit."""
    offset: int = field(default=0, kw_only=True)
    """Number of entries to skip, from the beginning or from the marker."""
    cinder_snapshots: Sequence[KnownVolume] = field(default=(), kw_only=True)
    """Cinder's snapshots on this backend."""
    sort_keys: Sequence[str] | None = field(default=None, kw_only=True)
    """Sort keys, reference or size, most important first; None: reference."""
    sort_dirs: Sequence[str] | None = field(default=None, kw_only=True)
    """Sort directions, asc or desc, for each key; a missing one is the last one given, or asc."""

    operation: ClassVar[str] = "get_manageable_snapshots"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_get_manageable_snapshots_args_t(size=sizeof(_abi.zfssa_get_manageable_snapshots_args_t))
        arguments.marker = text(self.marker, "marker")
        arguments.limit = number(self.limit, "limit", 32, False)
        arguments.offset = number(self.offset, "offset", 32, False)
        arguments.cinder_snapshots, arguments.cinder_snapshots_count = records(self.cinder_snapshots, KnownVolume, "cinder_snapshots")
        arguments.sort_keys, arguments.sort_keys_count = texts(self.sort_keys, "sort_keys")
        arguments.sort_dirs, arguments.sort_dirs_count = texts(self.sort_dirs, "sort_dirs")
        return arguments

    def output(self, library: Any, result: int) -> ManageableList:
        view = library.zfssa_result_manageable_list(result).contents
        return _manageable_list(view)


@dataclass(frozen=True, slots=True)
class ManageExistingSnapshotGetSize(Request[ExistingSize]):
    """Request for manage_existing_snapshot_get_size()."""

    volume: str
    """Name of the LUN."""
    source_name: str
    """Current name of the snapshot, Cinder's source-name."""

    operation: ClassVar[str] = "manage_existing_snapshot_get_size"

    @property
    def resource(self) -> str:
        return self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_manage_existing_snapshot_get_size_args_t(size=sizeof(_abi.zfssa_manage_existing_snapshot_get_size_args_t))
        arguments.volume = text(self.volume, "volume")
        arguments.source_name = text(self.source_name, "source_name")
        return arguments

    def output(self, library: Any, result: int) -> ExistingSize:
        view = library.zfssa_result_existing_size(result).contents
        return _existing_size(view)


@dataclass(frozen=True, slots=True)
class ManageExistingSnapshot(Request[ManagedSnapshot]):
    """Request for manage_existing_snapshot()."""

    volume: str
    """Name of the LUN."""
    name: str
    """New name, such as snapshot-<uuid>."""
    source_name: str
    """Current name of the snapshot, Cinder's source-name."""

    operation: ClassVar[str] = "manage_existing_snapshot"

    @property
    def resource(self) -> str:
        return self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_manage_existing_snapshot_args_t(size=sizeof(_abi.zfssa_manage_existing_snapshot_args_t))
        arguments.volume = text(self.volume, "volume")
        arguments.name = text(self.name, "name")
        arguments.source_name = text(self.source_name, "source_name")
        return arguments

    def output(self, library: Any, result: int) -> ManagedSnapshot:
        view = library.zfssa_result_managed_snapshot(result).contents
        return _managed_snapshot(view)


@dataclass(frozen=True, slots=True)
class UnmanageSnapshot(Request[UnmanageReport]):
    """Request for unmanage_snapshot()."""

    volume: str
    """Name of the LUN."""
    name: str
    """Name of the snapshot."""

    operation: ClassVar[str] = "unmanage_snapshot"

    @property
    def resource(self) -> str:
        return self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_unmanage_snapshot_args_t(size=sizeof(_abi.zfssa_unmanage_snapshot_args_t))
        arguments.volume = text(self.volume, "volume")
        arguments.name = text(self.name, "name")
        return arguments

    def output(self, library: Any, result: int) -> UnmanageReport:
        view = library.zfssa_result_unmanage_report(result).contents
        return _unmanage_report(view)


@dataclass(frozen=True, slots=True)
class Retype(Request[RetypeReport]):
    """Request for retype()."""

    name: str
    """Name of the LUN."""
    extra_specs: Mapping[str, str] | None = field(default=None, kw_only=True)
    """Extra specs of the new volume type."""

    operation: ClassVar[str] = "retype"

    @property
    def resource(self) -> str:
        return self.name

    def arguments(self) -> Any:
        arguments = _abi.zfssa_retype_args_t(size=sizeof(_abi.zfssa_retype_args_t))
        arguments.name = text(self.name, "name")
        arguments.extra_specs, arguments.extra_specs_count = pairs(self.extra_specs, "extra_specs")
        return arguments

    def output(self, library: Any, result: int) -> RetypeReport:
        view = library.zfssa_result_retype_report(result).contents
        return _retype_report(view)


@dataclass(frozen=True, slots=True)
class MigrateVolume(Request[Migration]):
    """Request for migrate_volume()."""

    name: str
    """Name of the LUN."""
    location_info: str | None = field(default=None, kw_only=True, repr=False)
    """location_info of the destination's capabilities, from get_volume_stats() or the former
    driver. None: the migration is declined.
    """
    status: str | None = field(default=None, kw_only=True)
    """Cinder's status of the volume; None: not checked."""
    vendor_name: str | None = field(default=None, kw_only=True)
    """vendor_name of the destination's capabilities; None: not checked."""
    storage_protocol: str | None = field(default=None, kw_only=True)
    """storage_protocol of the destination's capabilities; None: not checked."""
    login: str | None = field(default=None, kw_only=True)
    """User on the destination; None: from the option zfssa_migration_destinations. Recovery after
    a crash uses only the option.
    """
    password: str | None = field(default=None, kw_only=True, repr=False)
    """Password of the user; None without a login. The library wipes its copy after use."""

    operation: ClassVar[str] = "migrate_volume"

    @property
    def resource(self) -> str:
        return self.name

    def arguments(self) -> Any:
        arguments = _abi.zfssa_migrate_volume_args_t(size=sizeof(_abi.zfssa_migrate_volume_args_t))
        arguments.name = text(self.name, "name")
        arguments.location_info = text(self.location_info, "location_info")
        arguments.status = text(self.status, "status")
        arguments.vendor_name = text(self.vendor_name, "vendor_name")
        arguments.storage_protocol = text(self.storage_protocol, "storage_protocol")
        arguments.login = text(self.login, "login")
        arguments.password = text(self.password, "password")
        return arguments

    def output(self, library: Any, result: int) -> Migration:
        view = library.zfssa_result_migration(result).contents
        return _migration(view)


@dataclass(frozen=True, slots=True)
class UpdateMigratedVolume(Request[MigratedVolume]):
    """Request for update_migrated_volume()."""

    original_name: str
    """Name of the volume that was migrated."""
    current_name: str
    """Name of the copy on this backend."""
    current_id: str | None = field(default=None, kw_only=True)
    """Cinder's id of the copy; None: taken from its name."""
    current_guid: str | None = field(default=None, kw_only=True)
    """GUID of the copy, from its provider id; None: unknown."""

    operation: ClassVar[str] = "update_migrated_volume"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_update_migrated_volume_args_t(size=sizeof(_abi.zfssa_update_migrated_volume_args_t))
        arguments.original_name = text(self.original_name, "original_name")
        arguments.current_name = text(self.current_name, "current_name")
        arguments.current_id = text(self.current_id, "current_id")
        arguments.current_guid = text(self.current_guid, "current_guid")
        return arguments

    def output(self, library: Any, result: int) -> MigratedVolume:
        view = library.zfssa_result_migrated_volume(result).contents
        return _migrated_volume(view)


@dataclass(frozen=True, slots=True)
class UpdateProviderInfo(Request[ProviderInfo]):
    """Request for update_provider_info()."""

    volumes: Sequence[KnownVolume] = field(default=(), kw_only=True)
    """Cinder's volumes on this backend."""
    snapshots: Sequence[KnownSnapshot] = field(default=(), kw_only=True)
    """Cinder's snapshots on this backend."""

    operation: ClassVar[str] = "update_provider_info"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_update_provider_info_args_t(size=sizeof(_abi.zfssa_update_provider_info_args_t))
        arguments.volumes, arguments.volumes_count = records(self.volumes, KnownVolume, "volumes")
        arguments.snapshots, arguments.snapshots_count = records(self.snapshots, KnownSnapshot, "snapshots")
        return arguments

    def output(self, library: Any, result: int) -> ProviderInfo:
        view = library.zfssa_result_provider_info(result).contents
        return _provider_info(view)


@dataclass(frozen=True, slots=True)
class CreateGroup(Request[None]):
    """Request for create_group()."""

    id: str
    """Cinder's id."""

    operation: ClassVar[str] = "create_group"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_create_group_args_t(size=sizeof(_abi.zfssa_create_group_args_t))
        arguments.id = text(self.id, "id")
        return arguments

    def output(self, library: Any, result: int) -> None:
        return None


@dataclass(frozen=True, slots=True)
class UpdateGroup(Request[None]):
    """Request for update_group()."""

    id: str
    """Cinder's id."""
    add_volumes: Sequence[str] | None = field(default=None, kw_only=True)
    """Names of the volumes to add."""
    remove_volumes: Sequence[str] | None = field(default=None, kw_only=True)
    """Names of the volumes to remove."""

    operation: ClassVar[str] = "update_group"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_update_group_args_t(size=sizeof(_abi.zfssa_update_group_args_t))
        arguments.id = text(self.id, "id")
        arguments.add_volumes, arguments.add_volumes_count = texts(self.add_volumes, "add_volumes")
        arguments.remove_volumes, arguments.remove_volumes_count = texts(self.remove_volumes, "remove_volumes")
        return arguments

    def output(self, library: Any, result: int) -> None:
        return None


@dataclass(frozen=True, slots=True)
class DeleteGroup(Request[GroupDeleteReport]):
    """Request for delete_group()."""

    id: str
    """Cinder's id."""
    volumes: Sequence[str] | None = field(default=None, kw_only=True)
    """Names of its volumes."""

    operation: ClassVar[str] = "delete_group"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_delete_group_args_t(size=sizeof(_abi.zfssa_delete_group_args_t))
        arguments.id = text(self.id, "id")
        arguments.volumes, arguments.volumes_count = texts(self.volumes, "volumes")
        return arguments

    def output(self, library: Any, result: int) -> GroupDeleteReport:
        view = library.zfssa_result_group_delete_report(result).contents
        return _group_delete_report(view)


@dataclass(frozen=True, slots=True)
class CreateGroupSnapshot(Request[Snapshots]):
    """Request for create_group_snapshot()."""

    id: str
    """Cinder's id."""
    members: Sequence[GroupMember] = field(default=(), kw_only=True)
    """The volumes and their snapshots."""

    operation: ClassVar[str] = "create_group_snapshot"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_create_group_snapshot_args_t(size=sizeof(_abi.zfssa_create_group_snapshot_args_t))
        arguments.id = text(self.id, "id")
        arguments.members, arguments.members_count = records(self.members, GroupMember, "members")
        return arguments

    def output(self, library: Any, result: int) -> Snapshots:
        view = library.zfssa_result_snapshots(result).contents
        return _snapshots(view)


@dataclass(frozen=True, slots=True)
class DeleteGroupSnapshot(Request[GroupDeleteReport]):
    """Request for delete_group_snapshot()."""

    id: str
    """Cinder's id."""
    members: Sequence[GroupMember] = field(default=(), kw_only=True)
    """The volumes and their snapshots."""

    operation: ClassVar[str] = "delete_group_snapshot"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_delete_group_snapshot_args_t(size=sizeof(_abi.zfssa_delete_group_snapshot_args_t))
        arguments.id = text(self.id, "id")
        arguments.members, arguments.members_count = records(self.members, GroupMember, "members")
        return arguments

    def output(self, library: Any, result: int) -> GroupDeleteReport:
        view = library.zfssa_result_group_delete_report(result).contents
        return _group_delete_report(view)


@dataclass(frozen=True, slots=True)
class CreateGroupFromSrc(Request[Volumes]):
    """Request for create_group_from_src()."""

    id: str
    """Cinder's id."""
    volumes: Sequence[GroupClone] = field(default=(), kw_only=True)
    """The volumes of the new group."""

    operation: ClassVar[str] = "create_group_from_src"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_create_group_from_src_args_t(size=sizeof(_abi.zfssa_create_group_from_src_args_t))
        arguments.id = text(self.id, "id")
        arguments.volumes, arguments.volumes_count = records(self.volumes, GroupClone, "volumes")
        return arguments

    def output(self, library: Any, result: int) -> Volumes:
        view = library.zfssa_result_volumes(result).contents
        return _volumes(view)


@dataclass(frozen=True, slots=True)
class Recover(Request[RecoverReport]):
    """Request for recover()."""

    operations: Sequence[str] | None = field(default=None, kw_only=True)
    """Ids of operations whose processes died before their results were received and whose journals
    may be lost: the objects that they created are searched for and deleted.
    """

    operation: ClassVar[str] = "recover"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_recover_args_t(size=sizeof(_abi.zfssa_recover_args_t))
        arguments.operations, arguments.operations_count = texts(self.operations, "operations")
        return arguments

    def output(self, library: Any, result: int) -> RecoverReport:
        view = library.zfssa_result_recover_report(result).contents
        return _recover_report(view)


@dataclass(frozen=True, slots=True)
class Audit(Request[AuditReport]):
    """Request for audit()."""

    volumes: Sequence[str] | None = field(default=None, kw_only=True)
    """Names of the volumes that the host's own database has on this backend; pass all of them. The
    audit reports a volume that is not in the list with the kind volume, and a name in the list
    that the appliance does not have with the kind missing_volume. With an empty list it reports
    every volume.
    """
    snapshots: Sequence[str] | None = field(default=None, kw_only=True)
    """Names of the snapshots that the host's own database has on this backend, without the names
    of their volumes; pass all of them. The kinds are snapshot and missing_snapshot. With an empty
    list the audit reports every snapshot made for Cinder.
    """
    min_age_s: int = field(default=0, kw_only=True)
    """Minimum age, in seconds; younger objects are skipped. 0: one hour."""
    marker: str | None = field(default=None, kw_only=True)
    """`next_marker` of the page before; None: from the beginning."""
    limit: int = field(default=0, kw_only=True)
    """Maximum number of findings; 0: no limit. The audit itself is always complete."""
    fix: bool = field(default=False, kw_only=True)
    """Delete temporary snapshots and cached images without dependents, roll back abandoned
    migrations, and recover journals.
    """
    fix_volumes: bool = field(default=False, kw_only=True)
    """Also delete volumes that are not in the list `volumes`. Refused with an empty list. A volume
    is deleted only if at least `min_age_s` passed since it was created, managed, renamed or
    migrated here. A volume of unknown age, such as one of the former driver, is reported and never
    deleted.
    """
    any_age: bool = field(default=False, kw_only=True)
    """Ignore `min_age_s`."""

    operation: ClassVar[str] = "audit"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_audit_args_t(size=sizeof(_abi.zfssa_audit_args_t))
        if self.fix:
            arguments.flags |= _abi.ZFSSA_AUDIT_FIX
        if self.fix_volumes:
            arguments.flags |= _abi.ZFSSA_AUDIT_FIX_VOLUMES
        if self.any_age:
            arguments.flags |= _abi.ZFSSA_AUDIT_ANY_AGE
        arguments.volumes, arguments.volumes_count = texts(self.volumes, "volumes")
        arguments.snapshots, arguments.snapshots_count = texts(self.snapshots, "snapshots")
        arguments.min_age_s = number(self.min_age_s, "min_age_s", 64, False)
        arguments.marker = text(self.marker, "marker")
        arguments.limit = number(self.limit, "limit", 32, False)
        return arguments

    def output(self, library: Any, result: int) -> AuditReport:
        view = library.zfssa_result_audit_report(result).contents
        return _audit_report(view)


@dataclass(frozen=True, slots=True)
class CreateApiToken(Request[ApiToken]):
    """Request for create_api_token()."""

    name: str
    """Name of the token, 1 to 48 characters: letters, digits, _ and -. The library adds "-" and
    eight hexadecimal digits. Use another name for each token file: a call revokes the other tokens
    of its name.
    """
    lifetime_s: int = field(default=0, kw_only=True)
    """How long the token is valid, 60 to 315360000 seconds; required. The limit of the appliance
    is not documented.
    """
    token_file: str | None = field(default=None, kw_only=True)
    """Absolute path of the file for the token; None: that of the option zfssa_token_file."""
    password: str | None = field(default=None, kw_only=True, repr=False)
    """Password of the user san_login; None: the option san_password. The appliance makes a token
    for a user name and password only, so a backend with zfssa_token_file must give it. The library
    wipes its copy after use.
    """
    keep_former: bool = field(default=False, kw_only=True)
    """Keep the former tokens of the name valid until they expire, or until the next call without
    this flag.
    """

    operation: ClassVar[str] = "create_api_token"

    @property
    def resource(self) -> str:
        return self.name

    def arguments(self) -> Any:
        arguments = _abi.zfssa_create_api_token_args_t(size=sizeof(_abi.zfssa_create_api_token_args_t))
        if self.keep_former:
            arguments.flags |= _abi.ZFSSA_TOKEN_KEEP_FORMER
        arguments.name = text(self.name, "name")
        arguments.lifetime_s = number(self.lifetime_s, "lifetime_s", 64, False)
        arguments.token_file = text(self.token_file, "token_file")
        arguments.password = text(self.password, "password")
        return arguments

    def output(self, library: Any, result: int) -> ApiToken:
        view = library.zfssa_result_api_token(result).contents
        return _api_token(view)


#: Function that writes an image to a LUN, called in a thread of its own.
Transfer = Callable[[Connection], object]
#: Coroutine function that writes an image to a LUN.
AsyncTransfer = Callable[[Connection], Awaitable[object]]


class Operations:
    """Base of drivers: a method for each operation, which returns after its completion."""

    def call(
        self,
        request: Request[T],
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
        progress: Callable[[Progress], object] | None = None,
        transfer: Transfer | None = None,
    ) -> T:
        raise NotImplementedError

    def echo(
        self,
        *,
        message: str | None = None,
        delay_ms: int = 0,
        fail_with: int = 0,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> EchoReply:
        """Waits, then returns its message.

        Does not access the appliance; for tests of hosts and bindings.

        Args:
            message: Returned unchanged: UTF-8 of up to 1,048,576 bytes. None: an empty text.
            delay_ms: Duration of the operation, in milliseconds.
            fail_with: Status to fail with; 0 to succeed.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = Echo(message=message, delay_ms=delay_ms, fail_with=fail_with)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def get_certificate(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Certificate:
        """Fetches the certificate of the appliance without trusting it and without a login, so
        that an operator can compare and pin it.

        Args:
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = GetCertificate()
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def check_for_setup_error(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> CheckReport:
        """Checks everything that operations need.

        The message of SetupIncompleteError lists every finding, and so does that of any other
        error as far as the check came.

        A portal that this host cannot reach within 3 seconds, and an interface on which the target
        does not listen, are only warnings: other hosts may reach the target.

        Args:
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CheckForSetupError()
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def do_setup(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> SetupReport:
        """Creates the missing objects of the backend: projects, custom properties, initiators,
        initiator groups, the target and its group.

        Existing objects are extended, never replaced.

        A failure is not rolled back: the error names the objects created or changed so far
        (Outcome.PARTIAL, or Outcome.UNKNOWN if a change is in doubt), and a repeated call
        continues from there. CHAP secrets cannot be read back, so each call sets them.

        Args:
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = DoSetup()
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def get_volume_stats(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> VolumeStats:
        """Returns the capacity and the capabilities of the backend.

        Args:
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = GetVolumeStats()
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def create_volume(
        self,
        name: str,
        size_gib: int,
        *,
        extra_specs: Mapping[str, str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volume:
        """Creates a volume: a LUN that is presented to no host.

        May be repeated: an existing volume of this name, size and type is returned with `created`
        False. An existing volume that differs fails with VolumeExistsError.

        Args:
            name: Name of the LUN, such as volume-<uuid>.
            size_gib: Size in GiB, at least 1.
            extra_specs: Extra specs of the volume type. Keys zfssa:* override the backend's
                defaults; keys of other scopes are ignored.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateVolume(name, size_gib, extra_specs=extra_specs)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def delete_volume(
        self,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> DeleteReport:
        """Deletes a volume.

        Succeeds if the volume does not exist. A volume with snapshots or clones is not changed and
        fails with VolumeBusyError: deletion never cascades. Snapshots that the appliance took for
        a schedule or for replication are deleted with the volume, and so is the temporary snapshot
        from which a clone was created; if a deletion was interrupted between the two and journals
        are not kept, repeat the call.

        With the extra spec zfssa:delete_with_clones of its type set to defer, or without that spec
        the option zfssa_delete_with_clones, a volume with clones and without snapshots of the host
        is deleted for the host at once: it is in no list and presented to no host, and its name is
        free. On the appliance it has a reserved name and is deleted with its last clone, by the
        call that deletes that one. A failure there does not fail that call: audit() finds the
        volume. If a call for the last clone was interrupted and journals are not kept, repeat it;
        that deletes every deferred object that no clone needs. A volume that migrates fails with
        VolumeBusyError.

        Args:
            name: Name of the LUN, such as volume-<uuid>.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = DeleteVolume(name)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def extend_volume(
        self,
        name: str,
        size_gib: int,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volume:
        """Extends a volume.

        A volume of this size or larger is not changed: volumes never shrink.

        Args:
            name: Name of the LUN, such as volume-<uuid>.
            size_gib: New size in GiB, at least 1.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = ExtendVolume(name, size_gib)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def get_volume(
        self,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volume:
        """Returns one volume.

        Args:
            name: Name of the LUN, such as volume-<uuid>.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = GetVolume(name)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def list_volumes(
        self,
        *,
        prefix: str | None = None,
        marker: str | None = None,
        limit: int = 0,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volumes:
        """Lists the volumes of the backend's project, ordered by name.

        With `limit`, the list comes in pages. The appliance has no pages: the first call reads its
        list, and a page that is requested within 60 s after the one before comes from there. A
        later one is read again and begins after the marker.

        Args:
            prefix: Prefix of the names to list; None: all volumes.
            marker: `next_marker` of the page before; None: from the beginning.
            limit: Maximum number of volumes; 0: no limit.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = ListVolumes(prefix=prefix, marker=marker, limit=limit)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def create_snapshot(
        self,
        volume: str,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Snapshot:
        """Creates a snapshot of a volume.

        May be repeated: an existing snapshot of this name is returned with `created` False.

        Args:
            volume: Name of the LUN.
            name: Name of the snapshot, such as snapshot-<uuid>.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateSnapshot(volume, name)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def delete_snapshot(
        self,
        volume: str,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> DeleteReport:
        """Deletes a snapshot.

        Succeeds if the snapshot does not exist. A snapshot with clones is not changed and fails
        with SnapshotBusyError.

        With the extra spec zfssa:delete_with_clones of its volume's type set to defer, or without
        that spec the option zfssa_delete_with_clones, a snapshot with clones is deleted for the
        host at once: it is in no list, its name is free, and its volume may be deleted. On the
        appliance it has a reserved name and is deleted with its last clone, by the call that
        deletes that one.

        Args:
            volume: Name of the LUN.
            name: Name of the snapshot, such as snapshot-<uuid>.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = DeleteSnapshot(volume, name)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def list_snapshots(
        self,
        volume: str | Every,
        *,
        marker: str | None = None,
        limit: int = 0,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Snapshots:
        """Lists the snapshots of one volume, or of all volumes in one request.

        Args:
            volume: Name of the LUN; EVERY: every volume of the backend's project.
            marker: `next_marker` of the page before; None: from the beginning.
            limit: Maximum number of snapshots; 0: no limit.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = ListSnapshots(volume, marker=marker, limit=limit)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def revert_to_snapshot(
        self,
        volume: str,
        snapshot: str,
        size_gib: int,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volume:
        """Reverts a volume to a snapshot, and keeps its size.

        Data written since the snapshot is lost. Newer snapshots, or clones of them, prevent it:
        the call fails with RevertBlockedError, which names them, and changes nothing. A snapshot
        of the same second counts as newer. A volume that is presented to a host fails with
        VolumeBusyError.

        Args:
            volume: Name of the LUN.
            snapshot: Name of the snapshot.
            size_gib: Size of the volume in Cinder, in GiB; 0: its current size.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = RevertToSnapshot(volume, snapshot, size_gib)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def create_volume_from_snapshot(
        self,
        name: str,
        size_gib: int,
        source_volume: str,
        snapshot: str,
        *,
        extra_specs: Mapping[str, str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volume:
        """Creates a volume from a snapshot, and extends it if its size is larger.

        Args:
            name: Name of the new LUN.
            size_gib: Size in GiB, at least that of the snapshot.
            source_volume: Volume of the snapshot.
            snapshot: Name of the snapshot.
            extra_specs: Extra specs of the volume type. Keys zfssa:* override the backend's
                defaults; keys of other scopes are ignored. A clone always has the block size of
                its source.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateVolumeFromSnapshot(
            name,
            size_gib,
            source_volume,
            snapshot,
            extra_specs=extra_specs,
        )
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def create_cloned_volume(
        self,
        name: str,
        size_gib: int,
        source_volume: str,
        *,
        id: str | None = None,
        extra_specs: Mapping[str, str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volume:
        """Creates a volume from another volume through a temporary snapshot, which is deleted with
        the new volume.

        Args:
            name: Name of the new LUN.
            size_gib: Size in GiB, at least that of the source.
            source_volume: Name of the source LUN.
            id: Cinder's id of the new volume, for the temporary snapshot tmp-snapshot-<id>. None:
                the name without the prefix volume-.
            extra_specs: Extra specs of the volume type. Keys zfssa:* override the backend's
                defaults; keys of other scopes are ignored. Block size and encryption are those of
                the source: another block size is ignored, and another encryption refused with
                TypeMismatchError.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateClonedVolume(name, size_gib, source_volume, id=id, extra_specs=extra_specs)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def clone_image(
        self,
        name: str,
        size_gib: int,
        image_id: str,
        image_updated_at: str,
        initiator: str,
        *,
        image_virtual_size: int = 0,
        extra_specs: Mapping[str, str] | None = None,
        image_path: str | None = None,
        image_format: str | None = None,
        qemu_img: str | None = None,
        transfer: Transfer | None = None,
        progress: Callable[[Progress], object] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ClonedImage:
        """Creates a volume from an image through the image cache.

        The first volume of an image needs the image to be written; further volumes are clones. It
        is no failure if the cache declines.

        A transfer that fails, is cancelled or times out leaves no cache entry. The operation waits
        for the transfer until its deadline, so choose a timeout that suits the image.

        Args:
            name: Name of the new LUN.
            size_gib: Size in GiB, at least that of the cache entry: the image's size, rounded up
                to GiB, plus one if it is a whole number of GiB.
            image_id: Id of the image, which names its cache entry.
            image_updated_at: Time of the image's last update, in any format that is always the
                same.
            initiator: IQN of the host that writes the image.
            image_virtual_size: Virtual size of the image in bytes; not 0.
            extra_specs: Extra specs of the volume type. Keys zfssa:* override the backend's
                defaults; keys of other scopes are ignored.
            image_path: Absolute path of the image file, which qemu-img writes over iSCSI from user
                space. None: the host writes the image.
            image_format: Format of the file at `image_path`: raw, qcow2 or vmdk. None without a
                file.
            qemu_img: Program for `image_path`. None: qemu-img, from PATH.
            transfer: Function that writes the image to the connection that it is passed. Called
                only if the image is not in the cache, in a thread of its own. An exception fails
                the operation.
            progress: Function that is called with the progress of the operation, in a thread that
                waits for any operation of this driver.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CloneImage(
            name,
            size_gib,
            image_id,
            image_updated_at,
            initiator,
            image_virtual_size=image_virtual_size,
            extra_specs=extra_specs,
            image_path=image_path,
            image_format=image_format,
            qemu_img=qemu_img,
        )
        return self.call(
            request,
            timeout=timeout,
            operation_id=operation_id,
            traceparent=traceparent,
            progress=progress,
            transfer=transfer,
        )

    def initialize_connection(
        self,
        volume: str,
        initiator: str,
        *,
        volume_id: str | None = None,
        host_name: str | None = None,
        exclusive: bool = False,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Connection:
        """Presents a volume to the host of an initiator.

        Hosts that have it already keep it. With the option zfssa_register_hosts, a host that is in
        no initiator group gets one of its own first.

        Args:
            volume: Name of the LUN.
            initiator: IQN of the host.
            volume_id: Cinder's id of the volume, returned in the connection; None: the name.
            host_name: Name of the host; None: not known. With the option zfssa_register_hosts, the
                initiator group that this call makes for a host in no group is called by it.
            exclusive: Refuses to attach a volume that is presented to an initiator group which the
                host is not in, with VolumeBusyError.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = InitializeConnection(
            volume,
            initiator,
            volume_id=volume_id,
            host_name=host_name,
            exclusive=exclusive,
        )
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def terminate_connection(
        self,
        volume: str,
        initiator: str | Every,
        *,
        still_attached: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> DetachReport:
        """Removes the presentation of a volume to one host, or to all.

        Other hosts keep it. With the option zfssa_unregister_hosts, a registered host that loses
        its last volume loses its initiator and its initiator group; a failure of that is logged,
        and no error of this call.

        Args:
            volume: Name of the LUN.
            initiator: IQN of the host; EVERY: every host.
            still_attached: The initiators that still use the volume and must keep it, including
                `initiator` if its host has another attachment of the volume. None: a group that
                also has other initiators keeps the volume.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = TerminateConnection(volume, initiator, still_attached=still_attached)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def create_export(
        self,
        volume: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Prepares a volume for attachment.

        The appliance needs no preparation: no request is sent.

        Args:
            volume: Name of the LUN.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateExport(volume)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def ensure_export(
        self,
        volume: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Restores the export of a volume in use, which Cinder asks for at its start.

        No request is sent.

        Args:
            volume: Name of the LUN.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = EnsureExport(volume)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def remove_export(
        self,
        volume: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Reverses create_export().

        No request is sent.

        Args:
            volume: Name of the LUN.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = RemoveExport(volume)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def get_manageable_volumes(
        self,
        *,
        marker: str | None = None,
        limit: int = 0,
        offset: int = 0,
        cinder_volumes: Sequence[KnownVolume] = (),
        sort_keys: Sequence[str] | None = None,
        sort_dirs: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ManageableList:
        """Lists the LUNs of the backend's project, and whether each may be managed.

        Args:
            marker: Reference of the entry before the first one returned; None: from the beginning.
                Fails if there is no such entry.
            limit: Maximum number of entries; 0: no limit.
            offset: Number of entries to skip, from the beginning or from the marker.
            cinder_volumes: Cinder's volumes on this backend.
            sort_keys: Sort keys, reference or size, most important first; None: reference.
            sort_dirs: Sort directions, asc or desc, for each key; a missing one is the last one
                given, or asc.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = GetManageableVolumes(
            marker=marker,
            limit=limit,
            offset=offset,
            cinder_volumes=cinder_volumes,
            sort_keys=sort_keys,
            sort_dirs=sort_dirs,
        )
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def manage_existing_get_size(
        self,
        *,
        source_name: str | None = None,
        source_guid: str | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ExistingSize:
        """Returns the size of an existing LUN.

        Cinder calls it before manage_existing().

        Args:
            source_name: Name of the LUN, Cinder's source-name; None: identified by GUID.
            source_guid: GUID of the LUN, 32 hexadecimal digits; None: identified by name. If both
                are set, both must match.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = ManageExistingGetSize(source_name=source_name, source_guid=source_guid)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def manage_existing(
        self,
        name: str,
        *,
        source_name: str | None = None,
        source_guid: str | None = None,
        extra_specs: Mapping[str, str] | None = None,
        keep_presentation: bool = False,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ManageReport:
        """Takes an existing LUN under management: one change renames it, sets the property
        cinder_managed and removes its presentation to hosts.

        Refuses a LUN that is managed already, that the option zfssa_manage_policy does not allow,
        or that does not match the volume type. The report names its snapshots, which prevent the
        volume from being deleted.

        May be repeated: a managed LUN of this name is returned with `changed` False.

        Args:
            name: Name of the volume, such as volume-<uuid>.
            source_name: Name of the LUN, Cinder's source-name; None: identified by GUID.
            source_guid: GUID of the LUN, 32 hexadecimal digits; None: identified by name. If both
                are set, both must match.
            extra_specs: Extra specs of the volume type. The LUN must match every key zfssa:*; the
                backend's defaults are not applied.
            keep_presentation: Keep the presentation of the LUN to hosts.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = ManageExisting(
            name,
            source_name=source_name,
            source_guid=source_guid,
            extra_specs=extra_specs,
            keep_presentation=keep_presentation,
        )
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def unmanage(
        self,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> UnmanageReport:
        """Releases a volume from management: its LUN is renamed to unmanaged-<name> and can be
        managed again.

        Args:
            name: Name of the volume.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = Unmanage(name)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def get_manageable_snapshots(
        self,
        *,
        marker: str | None = None,
        limit: int = 0,
        offset: int = 0,
        cinder_snapshots: Sequence[KnownVolume] = (),
        sort_keys: Sequence[str] | None = None,
        sort_dirs: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ManageableList:
        """Lists the snapshots in the backend's project, and whether each may be managed.

        Because snapshots of two volumes may have one name, the marker may also be
        <volume>@<snapshot>.

        Args:
            marker: Reference of the entry before the first one returned; None: from the beginning.
                Fails if there is no such entry.
            limit: Maximum number of entries; 0: no limit.
            offset: Number of entries to skip, from the beginning or from the marker.
            cinder_snapshots: Cinder's snapshots on this backend.
            sort_keys: Sort keys, reference or size, most important first; None: reference.
            sort_dirs: Sort directions, asc or desc, for each key; a missing one is the last one
                given, or asc.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = GetManageableSnapshots(
            marker=marker,
            limit=limit,
            offset=offset,
            cinder_snapshots=cinder_snapshots,
            sort_keys=sort_keys,
            sort_dirs=sort_dirs,
        )
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def manage_existing_snapshot_get_size(
        self,
        volume: str,
        source_name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ExistingSize:
        """Returns the size of a volume created from an existing snapshot: the current size of the
        snapshot's volume.

        Args:
            volume: Name of the LUN.
            source_name: Current name of the snapshot, Cinder's source-name.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = ManageExistingSnapshotGetSize(volume, source_name)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def manage_existing_snapshot(
        self,
        volume: str,
        name: str,
        source_name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ManagedSnapshot:
        """Takes a snapshot of a volume under management: renames it to the name that Cinder uses.

        Refuses a snapshot whose name belongs to Cinder or to a clone already.

        May be repeated: if only the new name exists, `changed` is False.

        Args:
            volume: Name of the LUN.
            name: New name, such as snapshot-<uuid>.
            source_name: Current name of the snapshot, Cinder's source-name.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = ManageExistingSnapshot(volume, name, source_name)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def unmanage_snapshot(
        self,
        volume: str,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> UnmanageReport:
        """Releases a snapshot from management: it is renamed to unmanaged-<name> and can be
        managed again.

        Args:
            volume: Name of the LUN.
            name: Name of the snapshot.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = UnmanageSnapshot(volume, name)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def retype(
        self,
        name: str,
        *,
        extra_specs: Mapping[str, str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> RetypeReport:
        """Changes a volume to match a volume type, as far as that is possible in place: all
        properties but block size and encryption.

        Compression, deduplication and copies apply to data written from then on. A type with
        another block size or encryption: `in_place` is False, and nothing was changed.

        Properties of zfssa_volume_t::properties that neither the type nor the backend sets are
        inherited from the project again, and limits end; the write cache stays as it is.

        Args:
            name: Name of the LUN.
            extra_specs: Extra specs of the new volume type.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = Retype(name, extra_specs=extra_specs)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def migrate_volume(
        self,
        name: str,
        *,
        location_info: str | None = None,
        status: str | None = None,
        vendor_name: str | None = None,
        storage_protocol: str | None = None,
        login: str | None = None,
        password: str | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Migration:
        """Migrates a volume to another appliance by replication; it keeps its name there.

        Declines if that is impossible, which is a result and not an error: copy the data then.
        After an error the volume is at its source, unless the outcome says otherwise. Choose a
        timeout that suits the amount of data.

        Args:
            name: Name of the LUN.
            location_info: location_info of the destination's capabilities, from get_volume_stats()
                or the former driver. None: the migration is declined.
            status: Cinder's status of the volume; None: not checked.
            vendor_name: vendor_name of the destination's capabilities; None: not checked.
            storage_protocol: storage_protocol of the destination's capabilities; None: not
                checked.
            login: User on the destination; None: from the option zfssa_migration_destinations.
                Recovery after a crash uses only the option.
            password: Password of the user; None without a login. The library wipes its copy after
                use.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = MigrateVolume(
            name,
            location_info=location_info,
            status=status,
            vendor_name=vendor_name,
            storage_protocol=storage_protocol,
            login=login,
            password=password,
        )
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def update_migrated_volume(
        self,
        original_name: str,
        current_name: str,
        *,
        current_id: str | None = None,
        current_guid: str | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> MigratedVolume:
        """Renames a volume that was migrated to this backend to the name of the volume that it
        replaces.

        If that name is taken, the volume keeps its name, and `name_id` is set. May be repeated if
        the GUID is set.

        Args:
            original_name: Name of the volume that was migrated.
            current_name: Name of the copy on this backend.
            current_id: Cinder's id of the copy; None: taken from its name.
            current_guid: GUID of the copy, from its provider id; None: unknown.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = UpdateMigratedVolume(
            original_name,
            current_name,
            current_id=current_id,
            current_guid=current_guid,
        )
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def update_provider_info(
        self,
        *,
        volumes: Sequence[KnownVolume] = (),
        snapshots: Sequence[KnownSnapshot] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ProviderInfo:
        """Returns which of Cinder's volumes and snapshots exist, and their ids on the appliance.

        Args:
            volumes: Cinder's volumes on this backend.
            snapshots: Cinder's snapshots on this backend.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = UpdateProviderInfo(volumes=volumes, snapshots=snapshots)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def create_group(
        self,
        id: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Creates a group.

        The appliance has no groups of volumes: no request is sent.

        Args:
            id: Cinder's id.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateGroup(id)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def update_group(
        self,
        id: str,
        *,
        add_volumes: Sequence[str] | None = None,
        remove_volumes: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Adds volumes to a group and removes volumes from it.

        Changes nothing on the appliance; added volumes must exist.

        Args:
            id: Cinder's id.
            add_volumes: Names of the volumes to add.
            remove_volumes: Names of the volumes to remove.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = UpdateGroup(id, add_volumes=add_volumes, remove_volumes=remove_volumes)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def delete_group(
        self,
        id: str,
        *,
        volumes: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> GroupDeleteReport:
        """Deletes the volumes of a group, clones first, and reports on each.

        The deletion of a volume is deferred, by the policy of delete_volume(), only if volumes
        outside the group are clones of it.

        Args:
            id: Cinder's id.
            volumes: Names of its volumes.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = DeleteGroup(id, volumes=volumes)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def create_group_snapshot(
        self,
        id: str,
        *,
        members: Sequence[GroupMember] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Snapshots:
        """Creates snapshots of all volumes of a group at one instant: all of them or none.

        May be repeated with the same id.

        Args:
            id: Cinder's id.
            members: The volumes and their snapshots.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateGroupSnapshot(id, members=members)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def delete_group_snapshot(
        self,
        id: str,
        *,
        members: Sequence[GroupMember] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> GroupDeleteReport:
        """Deletes the snapshots of a group, and reports on each.

        Also deletes the temporary snapshot of the project that an interrupted
        create_group_snapshot() with this id left; no member needs to exist for that.

        Args:
            id: Cinder's id.
            members: The volumes and their snapshots.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = DeleteGroupSnapshot(id, members=members)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def create_group_from_src(
        self,
        id: str,
        *,
        volumes: Sequence[GroupClone] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volumes:
        """Creates the volumes of a group from the snapshots of another, or from its volumes at one
        instant: all of them or none.

        Args:
            id: Cinder's id.
            volumes: The volumes of the new group.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateGroupFromSrc(id, volumes=volumes)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def recover(
        self,
        *,
        operations: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> RecoverReport:
        """Completes or rolls back the interrupted operations of dead processes, as do_setup()
        does.

        May be called at any time and repeated.

        Args:
            operations: Ids of operations whose processes died before their results were received
                and whose journals may be lost: the objects that they created are searched for and
                deleted.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = Recover(operations=operations)
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def audit(
        self,
        *,
        volumes: Sequence[str] | None = None,
        snapshots: Sequence[str] | None = None,
        min_age_s: int = 0,
        marker: str | None = None,
        limit: int = 0,
        fix: bool = False,
        fix_volumes: bool = False,
        any_age: bool = False,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> AuditReport:
        """Finds objects without an owner: volumes, snapshots, cached images, remains of
        migrations, journals.

        Changes nothing without `fix` or `fix_volumes`. With them, only objects that carry the
        engine's marker and have no dependents are deleted.

        Args:
            volumes: Names of the volumes that the host's own database has on this backend; pass
                all of them. The audit reports a volume that is not in the list with the kind
                volume, and a name in the list that the appliance does not have with the kind
                missing_volume. With an empty list it reports every volume.
            snapshots: Names of the snapshots that the host's own database has on this backend,
                without the names of their volumes; pass all of them. The kinds are snapshot and
                missing_snapshot. With an empty list the audit reports every snapshot made for
                Cinder.
            min_age_s: Minimum age, in seconds; younger objects are skipped. 0: one hour.
            marker: `next_marker` of the page before; None: from the beginning.
            limit: Maximum number of findings; 0: no limit. The audit itself is always complete.
            fix: Delete temporary snapshots and cached images without dependents, roll back
                abandoned migrations, and recover journals.
            fix_volumes: Also delete volumes that are not in the list `volumes`. Refused with an
                empty list. A volume is deleted only if at least `min_age_s` passed since it was
                created, managed, renamed or migrated here. A volume of unknown age, such as one of
                the former driver, is reported and never deleted.
            any_age: Ignore `min_age_s`.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = Audit(
            volumes=volumes,
            snapshots=snapshots,
            min_age_s=min_age_s,
            marker=marker,
            limit=limit,
            fix=fix,
            fix_volumes=fix_volumes,
            any_age=any_age,
        )
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    def create_api_token(
        self,
        name: str,
        *,
        lifetime_s: int = 0,
        token_file: str | None = None,
        password: str | None = None,
        keep_former: bool = False,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ApiToken:
        """Creates a persistent API token of the user san_login, writes it into a file for the
        option zfssa_token_file, and revokes the former tokens of the same name.

        Needs REST API v2 (OS8.8).

        The token is first written to a file next to the token file (with ".new" at its end) and
        proven to work. Then it replaces the token file at once, with mode 0600, or with owner and
        group of the former file. A reader, or a crash, sees the former token or the new one.

        Up to that point a failure revokes the new token (Outcome.ROLLED_BACK), and the former ones
        stay valid. Outcome.PARTIAL: the token file was replaced, and the error names the tokens
        that may still be valid. AgainError: another call is replacing the same file. After a lost
        answer the library asks for another token; one that was made without an answer has no
        holder, and this or the next call revokes it.

        Args:
            name: Name of the token, 1 to 48 characters: letters, digits, _ and -. The library adds
                "-" and eight hexadecimal digits. Use another name for each token file: a call
                revokes the other tokens of its name.
            lifetime_s: How long the token is valid, 60 to 315360000 seconds; required. The limit
                of the appliance is not documented.
            token_file: Absolute path of the file for the token; None: that of the option
                zfssa_token_file.
            password: Password of the user san_login; None: the option san_password. The appliance
                makes a token for a user name and password only, so a backend with zfssa_token_file
                must give it. The library wipes its copy after use.
            keep_former: Keep the former tokens of the name valid until they expire, or until the
                next call without this flag.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateApiToken(
            name,
            lifetime_s=lifetime_s,
            token_file=token_file,
            password=password,
            keep_former=keep_former,
        )
        return self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)


class AsyncOperations:
    """Base of drivers: a coroutine for each operation, which returns after its completion."""

    async def call(
        self,
        request: Request[T],
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
        progress: Callable[[Progress], object] | None = None,
        transfer: AsyncTransfer | None = None,
    ) -> T:
        raise NotImplementedError

    async def echo(
        self,
        *,
        message: str | None = None,
        delay_ms: int = 0,
        fail_with: int = 0,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> EchoReply:
        """Waits, then returns its message.

        Does not access the appliance; for tests of hosts and bindings.

        Args:
            message: Returned unchanged: UTF-8 of up to 1,048,576 bytes. None: an empty text.
            delay_ms: Duration of the operation, in milliseconds.
            fail_with: Status to fail with; 0 to succeed.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = Echo(message=message, delay_ms=delay_ms, fail_with=fail_with)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def get_certificate(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Certificate:
        """Fetches the certificate of the appliance without trusting it and without a login, so
        that an operator can compare and pin it.

        Args:
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = GetCertificate()
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def check_for_setup_error(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> CheckReport:
        """Checks everything that operations need.

        The message of SetupIncompleteError lists every finding, and so does that of any other
        error as far as the check came.

        A portal that this host cannot reach within 3 seconds, and an interface on which the target
        does not listen, are only warnings: other hosts may reach the target.

        Args:
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CheckForSetupError()
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def do_setup(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> SetupReport:
        """Creates the missing objects of the backend: projects, custom properties, initiators,
        initiator groups, the target and its group.

        Existing objects are extended, never replaced.

        A failure is not rolled back: the error names the objects created or changed so far
        (Outcome.PARTIAL, or Outcome.UNKNOWN if a change is in doubt), and a repeated call
        continues from there. CHAP secrets cannot be read back, so each call sets them.

        Args:
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = DoSetup()
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def get_volume_stats(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> VolumeStats:
        """Returns the capacity and the capabilities of the backend.

        Args:
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = GetVolumeStats()
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def create_volume(
        self,
        name: str,
        size_gib: int,
        *,
        extra_specs: Mapping[str, str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volume:
        """Creates a volume: a LUN that is presented to no host.

        May be repeated: an existing volume of this name, size and type is returned with `created`
        False. An existing volume that differs fails with VolumeExistsError.

        Args:
            name: Name of the LUN, such as volume-<uuid>.
            size_gib: Size in GiB, at least 1.
            extra_specs: Extra specs of the volume type. Keys zfssa:* override the backend's
                defaults; keys of other scopes are ignored.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateVolume(name, size_gib, extra_specs=extra_specs)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def delete_volume(
        self,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> DeleteReport:
        """Deletes a volume.

        Succeeds if the volume does not exist. A volume with snapshots or clones is not changed and
        fails with VolumeBusyError: deletion never cascades. Snapshots that the appliance took for
        a schedule or for replication are deleted with the volume, and so is the temporary snapshot
        from which a clone was created; if a deletion was interrupted between the two and journals
        are not kept, repeat the call.

        With the extra spec zfssa:delete_with_clones of its type set to defer, or without that spec
        the option zfssa_delete_with_clones, a volume with clones and without snapshots of the host
        is deleted for the host at once: it is in no list and presented to no host, and its name is
        free. On the appliance it has a reserved name and is deleted with its last clone, by the
        call that deletes that one. A failure there does not fail that call: audit() finds the
        volume. If a call for the last clone was interrupted and journals are not kept, repeat it;
        that deletes every deferred object that no clone needs. A volume that migrates fails with
        VolumeBusyError.

        Args:
            name: Name of the LUN, such as volume-<uuid>.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = DeleteVolume(name)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def extend_volume(
        self,
        name: str,
        size_gib: int,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volume:
        """Extends a volume.

        A volume of this size or larger is not changed: volumes never shrink.

        Args:
            name: Name of the LUN, such as volume-<uuid>.
            size_gib: New size in GiB, at least 1.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = ExtendVolume(name, size_gib)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def get_volume(
        self,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volume:
        """Returns one volume.

        Args:
            name: Name of the LUN, such as volume-<uuid>.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = GetVolume(name)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def list_volumes(
        self,
        *,
        prefix: str | None = None,
        marker: str | None = None,
        limit: int = 0,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volumes:
        """Lists the volumes of the backend's project, ordered by name.

        With `limit`, the list comes in pages. The appliance has no pages: the first call reads its
        list, and a page that is requested within 60 s after the one before comes from there. A
        later one is read again and begins after the marker.

        Args:
            prefix: Prefix of the names to list; None: all volumes.
            marker: `next_marker` of the page before; None: from the beginning.
            limit: Maximum number of volumes; 0: no limit.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = ListVolumes(prefix=prefix, marker=marker, limit=limit)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def create_snapshot(
        self,
        volume: str,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Snapshot:
        """Creates a snapshot of a volume.

        May be repeated: an existing snapshot of this name is returned with `created` False.

        Args:
            volume: Name of the LUN.
            name: Name of the snapshot, such as snapshot-<uuid>.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateSnapshot(volume, name)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def delete_snapshot(
        self,
        volume: str,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> DeleteReport:
        """Deletes a snapshot.

        Succeeds if the snapshot does not exist. A snapshot with clones is not changed and fails
        with SnapshotBusyError.

        With the extra spec zfssa:delete_with_clones of its volume's type set to defer, or without
        that spec the option zfssa_delete_with_clones, a snapshot with clones is deleted for the
        host at once: it is in no list, its name is free, and its volume may be deleted. On the
        appliance it has a reserved name and is deleted with its last clone, by the call that
        deletes that one.

        Args:
            volume: Name of the LUN.
            name: Name of the snapshot, such as snapshot-<uuid>.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = DeleteSnapshot(volume, name)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def list_snapshots(
        self,
        volume: str | Every,
        *,
        marker: str | None = None,
        limit: int = 0,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Snapshots:
        """Lists the snapshots of one volume, or of all volumes in one request.

        Args:
            volume: Name of the LUN; EVERY: every volume of the backend's project.
            marker: `next_marker` of the page before; None: from the beginning.
            limit: Maximum number of snapshots; 0: no limit.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = ListSnapshots(volume, marker=marker, limit=limit)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def revert_to_snapshot(
        self,
        volume: str,
        snapshot: str,
        size_gib: int,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volume:
        """Reverts a volume to a snapshot, and keeps its size.

        Data written since the snapshot is lost. Newer snapshots, or clones of them, prevent it:
        the call fails with RevertBlockedError, which names them, and changes nothing. A snapshot
        of the same second counts as newer. A volume that is presented to a host fails with
        VolumeBusyError.

        Args:
            volume: Name of the LUN.
            snapshot: Name of the snapshot.
            size_gib: Size of the volume in Cinder, in GiB; 0: its current size.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = RevertToSnapshot(volume, snapshot, size_gib)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def create_volume_from_snapshot(
        self,
        name: str,
        size_gib: int,
        source_volume: str,
        snapshot: str,
        *,
        extra_specs: Mapping[str, str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volume:
        """Creates a volume from a snapshot, and extends it if its size is larger.

        Args:
            name: Name of the new LUN.
            size_gib: Size in GiB, at least that of the snapshot.
            source_volume: Volume of the snapshot.
            snapshot: Name of the snapshot.
            extra_specs: Extra specs of the volume type. Keys zfssa:* override the backend's
                defaults; keys of other scopes are ignored. A clone always has the block size of
                its source.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateVolumeFromSnapshot(
            name,
            size_gib,
            source_volume,
            snapshot,
            extra_specs=extra_specs,
        )
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def create_cloned_volume(
        self,
        name: str,
        size_gib: int,
        source_volume: str,
        *,
        id: str | None = None,
        extra_specs: Mapping[str, str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volume:
        """Creates a volume from another volume through a temporary snapshot, which is deleted with
        the new volume.

        Args:
            name: Name of the new LUN.
            size_gib: Size in GiB, at least that of the source.
            source_volume: Name of the source LUN.
            id: Cinder's id of the new volume, for the temporary snapshot tmp-snapshot-<id>. None:
                the name without the prefix volume-.
            extra_specs: Extra specs of the volume type. Keys zfssa:* override the backend's
                defaults; keys of other scopes are ignored. Block size and encryption are those of
                the source: another block size is ignored, and another encryption refused with
                TypeMismatchError.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateClonedVolume(name, size_gib, source_volume, id=id, extra_specs=extra_specs)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def clone_image(
        self,
        name: str,
        size_gib: int,
        image_id: str,
        image_updated_at: str,
        initiator: str,
        *,
        image_virtual_size: int = 0,
        extra_specs: Mapping[str, str] | None = None,
        image_path: str | None = None,
        image_format: str | None = None,
        qemu_img: str | None = None,
        transfer: AsyncTransfer | None = None,
        progress: Callable[[Progress], object] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ClonedImage:
        """Creates a volume from an image through the image cache.

        The first volume of an image needs the image to be written; further volumes are clones. It
        is no failure if the cache declines.

        A transfer that fails, is cancelled or times out leaves no cache entry. The operation waits
        for the transfer until its deadline, so choose a timeout that suits the image.

        Args:
            name: Name of the new LUN.
            size_gib: Size in GiB, at least that of the cache entry: the image's size, rounded up
                to GiB, plus one if it is a whole number of GiB.
            image_id: Id of the image, which names its cache entry.
            image_updated_at: Time of the image's last update, in any format that is always the
                same.
            initiator: IQN of the host that writes the image.
            image_virtual_size: Virtual size of the image in bytes; not 0.
            extra_specs: Extra specs of the volume type. Keys zfssa:* override the backend's
                defaults; keys of other scopes are ignored.
            image_path: Absolute path of the image file, which qemu-img writes over iSCSI from user
                space. None: the host writes the image.
            image_format: Format of the file at `image_path`: raw, qcow2 or vmdk. None without a
                file.
            qemu_img: Program for `image_path`. None: qemu-img, from PATH.
            transfer: Coroutine function that writes the image to the connection that it is passed.
                Called only if the image is not in the cache, in a task of its own, which is
                cancelled if the operation completes first. An exception fails the operation.
            progress: Function that is called with the progress of the operation, in the event
                loop.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CloneImage(
            name,
            size_gib,
            image_id,
            image_updated_at,
            initiator,
            image_virtual_size=image_virtual_size,
            extra_specs=extra_specs,
            image_path=image_path,
            image_format=image_format,
            qemu_img=qemu_img,
        )
        return await self.call(
            request,
            timeout=timeout,
            operation_id=operation_id,
            traceparent=traceparent,
            progress=progress,
            transfer=transfer,
        )

    async def initialize_connection(
        self,
        volume: str,
        initiator: str,
        *,
        volume_id: str | None = None,
        host_name: str | None = None,
        exclusive: bool = False,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Connection:
        """Presents a volume to the host of an initiator.

        Hosts that have it already keep it. With the option zfssa_register_hosts, a host that is in
        no initiator group gets one of its own first.

        Args:
            volume: Name of the LUN.
            initiator: IQN of the host.
            volume_id: Cinder's id of the volume, returned in the connection; None: the name.
            host_name: Name of the host; None: not known. With the option zfssa_register_hosts, the
                initiator group that this call makes for a host in no group is called by it.
            exclusive: Refuses to attach a volume that is presented to an initiator group which the
                host is not in, with VolumeBusyError.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = InitializeConnection(
            volume,
            initiator,
            volume_id=volume_id,
            host_name=host_name,
            exclusive=exclusive,
        )
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def terminate_connection(
        self,
        volume: str,
        initiator: str | Every,
        *,
        still_attached: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> DetachReport:
        """Removes the presentation of a volume to one host, or to all.

        Other hosts keep it. With the option zfssa_unregister_hosts, a registered host that loses
        its last volume loses its initiator and its initiator group; a failure of that is logged,
        and no error of this call.

        Args:
            volume: Name of the LUN.
            initiator: IQN of the host; EVERY: every host.
            still_attached: The initiators that still use the volume and must keep it, including
                `initiator` if its host has another attachment of the volume. None: a group that
                also has other initiators keeps the volume.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = TerminateConnection(volume, initiator, still_attached=still_attached)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def create_export(
        self,
        volume: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Prepares a volume for attachment.

        The appliance needs no preparation: no request is sent.

        Args:
            volume: Name of the LUN.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateExport(volume)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def ensure_export(
        self,
        volume: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Restores the export of a volume in use, which Cinder asks for at its start.

        No request is sent.

        Args:
            volume: Name of the LUN.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = EnsureExport(volume)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def remove_export(
        self,
        volume: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Reverses create_export().

        No request is sent.

        Args:
            volume: Name of the LUN.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = RemoveExport(volume)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def get_manageable_volumes(
        self,
        *,
        marker: str | None = None,
        limit: int = 0,
        offset: int = 0,
        cinder_volumes: Sequence[KnownVolume] = (),
        sort_keys: Sequence[str] | None = None,
        sort_dirs: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ManageableList:
        """Lists the LUNs of the backend's project, and whether each may be managed.

        Args:
            marker: Reference of the entry before the first one returned; None: from the beginning.
                Fails if there is no such entry.
            limit: Maximum number of entries; 0: no limit.
            offset: Number of entries to skip, from the beginning or from the marker.
            cinder_volumes: Cinder's volumes on this backend.
            sort_keys: Sort keys, reference or size, most important first; None: reference.
            sort_dirs: Sort directions, asc or desc, for each key; a missing one is the last one
                given, or asc.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = GetManageableVolumes(
            marker=marker,
            limit=limit,
            offset=offset,
            cinder_volumes=cinder_volumes,
            sort_keys=sort_keys,
            sort_dirs=sort_dirs,
        )
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def manage_existing_get_size(
        self,
        *,
        source_name: str | None = None,
        source_guid: str | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ExistingSize:
        """Returns the size of an existing LUN.

        Cinder calls it before manage_existing().

        Args:
            source_name: Name of the LUN, Cinder's source-name; None: identified by GUID.
            source_guid: GUID of the LUN, 32 hexadecimal digits; None: identified by name. If both
                are set, both must match.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = ManageExistingGetSize(source_name=source_name, source_guid=source_guid)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def manage_existing(
        self,
        name: str,
        *,
        source_name: str | None = None,
        source_guid: str | None = None,
        extra_specs: Mapping[str, str] | None = None,
        keep_presentation: bool = False,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ManageReport:
        """Takes an existing LUN under management: one change renames it, sets the property
        cinder_managed and removes its presentation to hosts.

        Refuses a LUN that is managed already, that the option zfssa_manage_policy does not allow,
        or that does not match the volume type. The report names its snapshots, which prevent the
        volume from being deleted.

        May be repeated: a managed LUN of this name is returned with `changed` False.

        Args:
            name: Name of the volume, such as volume-<uuid>.
            source_name: Name of the LUN, Cinder's source-name; None: identified by GUID.
            source_guid: GUID of the LUN, 32 hexadecimal digits; None: identified by name. If both
                are set, both must match.
            extra_specs: Extra specs of the volume type. The LUN must match every key zfssa:*; the
                backend's defaults are not applied.
            keep_presentation: Keep the presentation of the LUN to hosts.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = ManageExisting(
            name,
            source_name=source_name,
            source_guid=source_guid,
            extra_specs=extra_specs,
            keep_presentation=keep_presentation,
        )
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def unmanage(
        self,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> UnmanageReport:
        """Releases a volume from management: its LUN is renamed to unmanaged-<name> and can be
        managed again.

        Args:
            name: Name of the volume.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = Unmanage(name)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def get_manageable_snapshots(
        self,
        *,
        marker: str | None = None,
        limit: int = 0,
        offset: int = 0,
        cinder_snapshots: Sequence[KnownVolume] = (),
        sort_keys: Sequence[str] | None = None,
        sort_dirs: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ManageableList:
        """Lists the snapshots in the backend's project, and whether each may be managed.

        Because snapshots of two volumes may have one name, the marker may also be
        <volume>@<snapshot>.

        Args:
            marker: Reference of the entry before the first one returned; None: from the beginning.
                Fails if there is no such entry.
            limit: Maximum number of entries; 0: no limit.
            offset: Number of entries to skip, from the beginning or from the marker.
            cinder_snapshots: Cinder's snapshots on this backend.
            sort_keys: Sort keys, reference or size, most important first; None: reference.
            sort_dirs: Sort directions, asc or desc, for each key; a missing one is the last one
                given, or asc.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = GetManageableSnapshots(
            marker=marker,
            limit=limit,
            offset=offset,
            cinder_snapshots=cinder_snapshots,
            sort_keys=sort_keys,
            sort_dirs=sort_dirs,
        )
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def manage_existing_snapshot_get_size(
        self,
        volume: str,
        source_name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ExistingSize:
        """Returns the size of a volume created from an existing snapshot: the current size of the
        snapshot's volume.

        Args:
            volume: Name of the LUN.
            source_name: Current name of the snapshot, Cinder's source-name.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = ManageExistingSnapshotGetSize(volume, source_name)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def manage_existing_snapshot(
        self,
        volume: str,
        name: str,
        source_name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ManagedSnapshot:
        """Takes a snapshot of a volume under management: renames it to the name that Cinder uses.

        Refuses a snapshot whose name belongs to Cinder or to a clone already.

        May be repeated: if only the new name exists, `changed` is False.

        Args:
            volume: Name of the LUN.
            name: New name, such as snapshot-<uuid>.
            source_name: Current name of the snapshot, Cinder's source-name.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = ManageExistingSnapshot(volume, name, source_name)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def unmanage_snapshot(
        self,
        volume: str,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> UnmanageReport:
        """Releases a snapshot from management: it is renamed to unmanaged-<name> and can be
        managed again.

        Args:
            volume: Name of the LUN.
            name: Name of the snapshot.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = UnmanageSnapshot(volume, name)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def retype(
        self,
        name: str,
        *,
        extra_specs: Mapping[str, str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> RetypeReport:
        """Changes a volume to match a volume type, as far as that is possible in place: all
        properties but block size and encryption.

        Compression, deduplication and copies apply to data written from then on. A type with
        another block size or encryption: `in_place` is False, and nothing was changed.

        Properties of zfssa_volume_t::properties that neither the type nor the backend sets are
        inherited from the project again, and limits end; the write cache stays as it is.

        Args:
            name: Name of the LUN.
            extra_specs: Extra specs of the new volume type.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = Retype(name, extra_specs=extra_specs)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def migrate_volume(
        self,
        name: str,
        *,
        location_info: str | None = None,
        status: str | None = None,
        vendor_name: str | None = None,
        storage_protocol: str | None = None,
        login: str | None = None,
        password: str | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Migration:
        """Migrates a volume to another appliance by replication; it keeps its name there.

        Declines if that is impossible, which is a result and not an error: copy the data then.
        After an error the volume is at its source, unless the outcome says otherwise. Choose a
        timeout that suits the amount of data.

        Args:
            name: Name of the LUN.
            location_info: location_info of the destination's capabilities, from get_volume_stats()
                or the former driver. None: the migration is declined.
            status: Cinder's status of the volume; None: not checked.
            vendor_name: vendor_name of the destination's capabilities; None: not checked.
            storage_protocol: storage_protocol of the destination's capabilities; None: not
                checked.
            login: User on the destination; None: from the option zfssa_migration_destinations.
                Recovery after a crash uses only the option.
            password: Password of the user; None without a login. The library wipes its copy after
                use.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = MigrateVolume(
            name,
            location_info=location_info,
            status=status,
            vendor_name=vendor_name,
            storage_protocol=storage_protocol,
            login=login,
            password=password,
        )
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def update_migrated_volume(
        self,
        original_name: str,
        current_name: str,
        *,
        current_id: str | None = None,
        current_guid: str | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> MigratedVolume:
        """Renames a volume that was migrated to this backend to the name of the volume that it
        replaces.

        If that name is taken, the volume keeps its name, and `name_id` is set. May be repeated if
        the GUID is set.

        Args:
            original_name: Name of the volume that was migrated.
            current_name: Name of the copy on this backend.
            current_id: Cinder's id of the copy; None: taken from its name.
            current_guid: GUID of the copy, from its provider id; None: unknown.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = UpdateMigratedVolume(
            original_name,
            current_name,
            current_id=current_id,
            current_guid=current_guid,
        )
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def update_provider_info(
        self,
        *,
        volumes: Sequence[KnownVolume] = (),
        snapshots: Sequence[KnownSnapshot] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ProviderInfo:
        """Returns which of Cinder's volumes and snapshots exist, and their ids on the appliance.

        Args:
            volumes: Cinder's volumes on this backend.
            snapshots: Cinder's snapshots on this backend.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = UpdateProviderInfo(volumes=volumes, snapshots=snapshots)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def create_group(
        self,
        id: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Creates a group.

        The appliance has no groups of volumes: no request is sent.

        Args:
            id: Cinder's id.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateGroup(id)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def update_group(
        self,
        id: str,
        *,
        add_volumes: Sequence[str] | None = None,
        remove_volumes: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Adds volumes to a group and removes volumes from it.

        Changes nothing on the appliance; added volumes must exist.

        Args:
            id: Cinder's id.
            add_volumes: Names of the volumes to add.
            remove_volumes: Names of the volumes to remove.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = UpdateGroup(id, add_volumes=add_volumes, remove_volumes=remove_volumes)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def delete_group(
        self,
        id: str,
        *,
        volumes: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> GroupDeleteReport:
        """Deletes the volumes of a group, clones first, and reports on each.

        The deletion of a volume is deferred, by the policy of delete_volume(), only if volumes
        outside the group are clones of it.

        Args:
            id: Cinder's id.
            volumes: Names of its volumes.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = DeleteGroup(id, volumes=volumes)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def create_group_snapshot(
        self,
        id: str,
        *,
        members: Sequence[GroupMember] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Snapshots:
        """Creates snapshots of all volumes of a group at one instant: all of them or none.

        May be repeated with the same id.

        Args:
            id: Cinder's id.
            members: The volumes and their snapshots.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateGroupSnapshot(id, members=members)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def delete_group_snapshot(
        self,
        id: str,
        *,
        members: Sequence[GroupMember] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> GroupDeleteReport:
        """Deletes the snapshots of a group, and reports on each.

        Also deletes the temporary snapshot of the project that an interrupted
        create_group_snapshot() with this id left; no member needs to exist for that.

        Args:
            id: Cinder's id.
            members: The volumes and their snapshots.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = DeleteGroupSnapshot(id, members=members)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def create_group_from_src(
        self,
        id: str,
        *,
        volumes: Sequence[GroupClone] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> Volumes:
        """Creates the volumes of a group from the snapshots of another, or from its volumes at one
        instant: all of them or none.

        Args:
            id: Cinder's id.
            volumes: The volumes of the new group.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateGroupFromSrc(id, volumes=volumes)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def recover(
        self,
        *,
        operations: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> RecoverReport:
        """Completes or rolls back the interrupted operations of dead processes, as do_setup()
        does.

        May be called at any time and repeated.

        Args:
            operations: Ids of operations whose processes died before their results were received
                and whose journals may be lost: the objects that they created are searched for and
                deleted.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = Recover(operations=operations)
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def audit(
        self,
        *,
        volumes: Sequence[str] | None = None,
        snapshots: Sequence[str] | None = None,
        min_age_s: int = 0,
        marker: str | None = None,
        limit: int = 0,
        fix: bool = False,
        fix_volumes: bool = False,
        any_age: bool = False,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> AuditReport:
        """Finds objects without an owner: volumes, snapshots, cached images, remains of
        migrations, journals.

        Changes nothing without `fix` or `fix_volumes`. With them, only objects that carry the
        engine's marker and have no dependents are deleted.

        Args:
            volumes: Names of the volumes that the host's own database has on this backend; pass
                all of them. The audit reports a volume that is not in the list with the kind
                volume, and a name in the list that the appliance does not have with the kind
                missing_volume. With an empty list it reports every volume.
            snapshots: Names of the snapshots that the host's own database has on this backend,
                without the names of their volumes; pass all of them. The kinds are snapshot and
                missing_snapshot. With an empty list the audit reports every snapshot made for
                Cinder.
            min_age_s: Minimum age, in seconds; younger objects are skipped. 0: one hour.
            marker: `next_marker` of the page before; None: from the beginning.
            limit: Maximum number of findings; 0: no limit. The audit itself is always complete.
            fix: Delete temporary snapshots and cached images without dependents, roll back
                abandoned migrations, and recover journals.
            fix_volumes: Also delete volumes that are not in the list `volumes`. Refused with an
                empty list. A volume is deleted only if at least `min_age_s` passed since it was
                created, managed, renamed or migrated here. A volume of unknown age, such as one of
                the former driver, is reported and never deleted.
            any_age: Ignore `min_age_s`.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = Audit(
            volumes=volumes,
            snapshots=snapshots,
            min_age_s=min_age_s,
            marker=marker,
            limit=limit,
            fix=fix,
            fix_volumes=fix_volumes,
            any_age=any_age,
        )
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)

    async def create_api_token(
        self,
        name: str,
        *,
        lifetime_s: int = 0,
        token_file: str | None = None,
        password: str | None = None,
        keep_former: bool = False,
        timeout: float | None = None,
        operation_id: str | None = None,
        traceparent: str | None = None,
    ) -> ApiToken:
        """Creates a persistent API token of the user san_login, writes it into a file for the
        option zfssa_token_file, and revokes the former tokens of the same name.

        Needs REST API v2 (OS8.8).

        The token is first written to a file next to the token file (with ".new" at its end) and
        proven to work. Then it replaces the token file at once, with mode 0600, or with owner and
        group of the former file. A reader, or a crash, sees the former token or the new one.

        Up to that point a failure revokes the new token (Outcome.ROLLED_BACK), and the former ones
        stay valid. Outcome.PARTIAL: the token file was replaced, and the error names the tokens
        that may still be valid. AgainError: another call is replacing the same file. After a lost
        answer the library asks for another token; one that was made without an answer has no
        holder, and this or the next call revokes it.

        Args:
            name: Name of the token, 1 to 48 characters: letters, digits, _ and -. The library adds
                "-" and eight hexadecimal digits. Use another name for each token file: a call
                revokes the other tokens of its name.
            lifetime_s: How long the token is valid, 60 to 315360000 seconds; required. The limit
                of the appliance is not documented.
            token_file: Absolute path of the file for the token; None: that of the option
                zfssa_token_file.
            password: Password of the user san_login; None: the option san_password. The appliance
                makes a token for a user name and password only, so a backend with zfssa_token_file
                must give it. The library wipes its copy after use.
            keep_former: Keep the former tokens of the name valid until they expire, or until the
                next call without this flag.
            timeout: Seconds for the whole operation, with login and retries. None: the option
                zfssa_operation_timeout; `math.inf`: no timeout.
            operation_id: Id of the operation in logs, errors and markers. None: a new id.
            traceparent: Trace context of the caller, as in the header of W3C Trace Context. None:
                as the driver's `propagate` says.
        """
        request = CreateApiToken(
            name,
            lifetime_s=lifetime_s,
            token_file=token_file,
            password=password,
            keep_former=keep_former,
        )
        return await self.call(request, timeout=timeout, operation_id=operation_id, traceparent=traceparent)
