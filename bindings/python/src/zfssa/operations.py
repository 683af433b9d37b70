"""Every operation: what it takes, what it answers with, its method. Made from docs/abi/zfssa.json by tools/generate.py; not to be edited."""

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
    "DeleteSnapshot",
    "DeleteVolume",
    "Deleted",
    "DeletedPart",
    "Detached",
    "DoSetup",
    "Echo",
    "Echoed",
    "EnsureExport",
    "ExistingSize",
    "ExtendVolume",
    "Finding",
    "FindingKind",
    "GetCertificate",
    "GetManageableSnapshots",
    "GetManageableVolumes",
    "GetVolume",
    "GetVolumeStats",
    "GroupClone",
    "GroupDeleted",
    "GroupMember",
    "InitializeConnection",
    "Known",
    "KnownSnapshot",
    "ListSnapshots",
    "ListVolumes",
    "ManageExisting",
    "ManageExistingGetSize",
    "ManageExistingSnapshot",
    "ManageExistingSnapshotGetSize",
    "Manageable",
    "ManageableEntry",
    "Managed",
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
    "Recovered",
    "RemoveExport",
    "Retype",
    "Retyped",
    "RevertToSnapshot",
    "Settled",
    "SetupReport",
    "Snapshot",
    "TerminateConnection",
    "Transfer",
    "Unmanage",
    "UnmanageSnapshot",
    "Unmanaged",
    "UpdateGroup",
    "UpdateMigratedVolume",
    "UpdateProviderInfo",
    "Volume",
    "VolumeStats",
]

T = TypeVar("T")


class Settled(IntEnum):
    """The values of `settled`. A later library may know more."""

    FINISHED = 0
    """All steps of the operation are done."""
    ROLLED_BACK = 1
    """None of its steps stands."""
    FAILED = 2
    """Neither was possible now; its journal stays, and recovery can be tried again."""
    IN_DOUBT = 3
    """A request that was not answered may still be carried out, for the time of
    zfssa_late_request_timeout. Its journal stays, and recovery after that settles it.
    """

    @classmethod
    def _missing_(cls, value: object) -> Settled:
        unknown = int.__new__(cls, int(str(value)))
        unknown._name_ = f"UNKNOWN_{value}"
        unknown._value_ = int(unknown)
        return unknown


class FindingKind(IntEnum):
    """The values of `kind`. A later library may know more."""

    BUSY = 0
    """A live process works on it."""
    OTHER_BACKEND = 1
    """It belongs to another backend, which recovers it when it is set up."""
    SET_ASIDE = 2
    """It is damaged or no journal, and was renamed."""
    FAILED = 3
    """It could not be read, or renamed."""

    @classmethod
    def _missing_(cls, value: object) -> FindingKind:
        unknown = int.__new__(cls, int(str(value)))
        unknown._name_ = f"UNKNOWN_{value}"
        unknown._value_ = int(unknown)
        return unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Echoed:
    """What was echoed."""

    message: str
    """The message."""


def _echoed(view: Any) -> Echoed:
    return Echoed(
        message=string(view.message),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The certificate that the appliance showed."""

    sha256: str
    """SHA-256 of the certificate, pairs of upper-case hexadecimal digits with colons: the form that
    the option zfssa_tls_pins takes and "openssl x509 -fingerprint -sha256" prints.
    """
    pem: str
    """The certificate in PEM."""


def _certificate(view: Any) -> Certificate:
    return Certificate(
        sha256=string(view.sha256),
        pem=string(view.pem),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a check found that does not stop the backend."""

    warnings: tuple[str, ...]
    """One sentence each."""


def _check_report(view: Any) -> CheckReport:
    return CheckReport(
        warnings=strings(view.warnings, view.warnings_count),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupReport:
    """What the setup found and did."""

    appliance: str
    """The node name of the appliance."""
    software_version: str
    """The version of its software."""
    target_iqn: str
    """The iSCSI name of the target that presents the volumes."""
    target_portals: tuple[str, ...]
    """The portals, address:port."""
    changes: tuple[str, ...]
    """What was made or changed, one sentence each; none when all was ready."""
    warnings: tuple[str, ...]
    """What works and should be looked at, one sentence each."""


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
    """What Cinder's get_volume_stats reports."""

    reserved_percentage: int
    """Percent kept back."""
    thin_provisioning_support: bool
    """1 when new volumes are thin, else 0."""
    thick_provisioning_support: bool
    """1 when new volumes are thick, else 0."""
    multiattach: bool
    """Always 1: hosts are presented side by side."""
    online_extend_support: bool
    """1 when an attached volume may be extended, else 0."""
    qos_support: bool
    """Always 0. Cinder's key is QoS_support."""
    clone_across_pools: bool
    """Always 0: a clone is made in the pool of its source."""
    total_volumes: int
    """How many volumes there are."""
    total_capacity_bytes: int
    """What the project could hold, free and used, in bytes."""
    free_capacity_bytes: int
    """What the project has left, in bytes."""
    provisioned_capacity_bytes: int
    """The sum of the volumes' sizes, in bytes."""
    total_capacity_gb: float
    """`total_capacity_bytes` in GiB."""
    free_capacity_gb: float
    """`free_capacity_bytes` in GiB."""
    provisioned_capacity_gb: float
    """`provisioned_capacity_bytes` in GiB."""
    allocated_capacity_gb: float
    """The same figure, which is what this backend allocated."""
    volume_backend_name: str
    """The option volume_backend_name."""
    vendor_name: str
    """Always Oracle."""
    driver_version: str
    """The version of this library."""
    storage_protocol: str
    """Always iSCSI."""
    pool_name: str
    """The pool that the scheduler sees."""
    max_over_subscription_ratio: str
    """The option of this name: a number, or auto."""
    backend_state: str
    """Always up: when the pool is not served here, the operation fails with PoolNotOwnedError, and a
    host that reports to a scheduler says down.
    """
    location_info: str
    """Six fields for the migration between backends; that of the credentials is empty."""
    zfssa_poolprofile: str
    """The profile of the pool, such as mirror."""
    zfssa_volblocksize: str
    """The default block size, in the words of the option."""
    zfssa_sparse: str
    """The default provisioning: True for thin."""
    zfssa_compression: str
    """The default compression."""
    zfssa_logbias: str
    """The default synchronous write bias."""


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
    """Where a clone came from."""

    project: str
    """The project of the source."""
    volume: str
    """The source volume."""
    snapshot: str
    """The snapshot of the source."""


def _origin(view: Any) -> Origin:
    return Origin(
        project=string(view.project),
        volume=string(view.volume),
        snapshot=string(view.snapshot),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume as the appliance shows it."""

    block_size_bytes: int
    """Bytes in a block."""
    sparse: bool
    """1 when it is thin provisioned, else 0."""
    managed: bool | None
    """The property cinder_managed: 1 or 0; -1 when it is not set."""
    created: bool
    """1 when this very call made it; 0 when an earlier one did, and for look-ups."""
    size_bytes: int
    """Size in bytes."""
    used_bytes: int
    """Bytes of data that the volume holds now, snapshots excluded."""
    name: str
    """The LUN's name."""
    pool: str
    """The pool it is in."""
    project: str
    """The project it is in."""
    guid: str
    """The LUN's globally unique id, 32 hexadecimal digits."""
    compression: str
    """Compression, in the appliance's words."""
    logbias: str
    """What synchronous writes are tuned for: latency or throughput."""
    target_group: str
    """The target group through which it is presented."""
    created_at: str
    """When it was made, UTC, in the appliance's form."""
    initiator_groups: tuple[str, ...]
    """The initiator groups to which it is presented; none when to nobody."""
    origin: Origin | None
    """What it was cloned from; None when it is no clone."""


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
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What became of a volume or snapshot that should be gone."""

    existed: bool
    """1 when it existed before the call, else 0."""


def _deleted(view: Any) -> Deleted:
    return Deleted(
        existed=bool(view.existed),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A snapshot as the appliance shows it."""

    created: bool
    """1 when this very call took it, else 0."""
    clones: int
    """How many clones the appliance counts; the count may lag behind deletions."""
    unique_bytes: int
    """Bytes that this snapshot alone holds."""
    name: str
    """The snapshot's name."""
    volume: str
    """The volume it was taken of."""
    pool: str
    """The pool it is in."""
    project: str
    """The project it is in."""
    created_at: str
    """When it was taken, UTC, in the appliance's form."""


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
class ClonedImage:
    """What became of an image's volume."""

    transferred: bool
    """1 when this very call had the image written, else 0."""
    volume: Volume | None
    """The volume; None where the cache declines and the host should make the volume itself."""
    declined: str
    """Why the cache declines; empty when it did not."""
    cache_entry: str
    """The cache entry that the volume is a clone of; empty when the cache declined."""


def _cloned_image(view: Any) -> ClonedImage:
    return ClonedImage(
        transferred=bool(view.transferred),
        volume=_volume(view.volume.contents) if view.volume else None,
        declined=string(view.declined),
        cache_entry=string(view.cache_entry),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How a host reaches a volume, in the words of Cinder's connection properties."""

    target_discovered: bool
    """Always 0: the host need not discover."""
    target_lun: int
    """The LU number for this host."""
    discard: bool
    """1 when the host may send discards, else 0."""
    changed: bool
    """1 when this very call presented the volume, else 0."""
    driver_volume_type: str
    """Always iscsi."""
    volume_id: str
    """As in the request."""
    target_portal: str
    """The first portal, address:port."""
    target_iqn: str
    """The target's iSCSI name."""
    target_portals: tuple[str, ...]
    """Every portal."""
    target_iqns: tuple[str, ...]
    """The target's name at each portal."""
    target_luns: tuple[int, ...]
    """The LU number at each portal."""
    initiator_groups: tuple[str, ...]
    """The initiator groups through which the host sees the volume."""
    auth_method: str | None
    """CHAP, or None when the target asks for none."""
    auth_username: str | None
    """The CHAP name, or None."""
    auth_password: str | None = field(repr=False)
    """The CHAP secret in the clear, or None. Wiped when the result is freed."""
    target_auth_method: str | None
    """CHAP for the other direction, or None when there is none: what the target proves itself with to
    a host that asks. Given where host and target have accounts of their own.
    """
    target_auth_username: str | None
    """The CHAP name of the target, or None."""
    target_auth_password: str | None = field(repr=False)
    """The CHAP secret of the target in the clear, or None. Wiped when the result is freed."""


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
class Detached:
    """What is left after a host was taken away."""

    still_presented: bool
    """1 when the host still sees the volume, through a group that had to be kept."""
    changed: bool
    """1 when this very call changed anything, else 0."""
    initiator_groups: tuple[str, ...]
    """Every initiator group to which the volume is presented now."""


def _detached(view: Any) -> Detached:
    return Detached(
        still_presented=bool(view.still_presented),
        changed=bool(view.changed),
        initiator_groups=strings(view.initiator_groups, view.initiator_groups_count),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageableEntry:
    """A LUN or snapshot that exists."""

    safe_to_manage: bool
    """1 when it may be managed without harm, else 0."""
    size_gib: int
    """GiB, rounded up; of a snapshot, its volume's size."""
    reference: str
    """Cinder's source-name: the name of the LUN or snapshot."""
    source_reference: str
    """Of a snapshot, the name of its LUN; empty for a LUN."""
    reason_not_safe: str
    """Why it may not be managed; empty when it may."""
    cinder_id: str
    """The id of Cinder's volume or snapshot that this is; empty when it is none."""
    extra_info: str
    """What else an operator wants to know, for people."""


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
class Manageable:
    """A part of what could be managed."""

    total: int
    """How many there are in all."""
    entries: tuple[ManageableEntry, ...]
    """Pointers to the entries, in the order asked for; None when there are none."""


def _manageable(view: Any) -> Manageable:
    return Manageable(
        total=int(view.total),
        entries=tuple(_manageable_entry(view.entries[i].contents) for i in range(view.count)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingSize:
    """How large something is that exists."""

    size_gib: int
    """GiB, rounded up."""
    size_bytes: int
    """Bytes."""


def _existing_size(view: Any) -> ExistingSize:
    return ExistingSize(
        size_gib=int(view.size_gib),
        size_bytes=int(view.size_bytes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """What a LUN was and is."""

    changed: bool
    """1 when this very call changed it, else 0."""
    volume: Volume
    """The volume as it is now."""
    previous_name: str
    """The name that the LUN had."""
    taken_from: tuple[str, ...]
    """The initiator groups that saw it and do not any more."""
    snapshots: tuple[str, ...]
    """The snapshots that keep it from being deleted."""


def _managed(view: Any) -> Managed:
    return Managed(
        changed=bool(view.changed),
        volume=_volume(view.volume.contents),
        previous_name=string(view.previous_name),
        taken_from=strings(view.taken_from, view.taken_from_count),
        snapshots=strings(view.snapshots, view.snapshots_count),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmanaged:
    """What was let go."""

    changed: bool
    """1 when this very call renamed it, else 0."""
    name: str
    """The name that it had."""
    new_name: str
    """The name that it has now."""


def _unmanaged(view: Any) -> Unmanaged:
    return Unmanaged(
        changed=bool(view.changed),
        name=string(view.name),
        new_name=string(view.new_name),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedSnapshot:
    """What a snapshot was and is."""

    changed: bool
    """1 when this very call renamed it, else 0."""
    snapshot: Snapshot
    """The snapshot as it is now."""
    previous_name: str
    """The name that it had."""


def _managed_snapshot(view: Any) -> ManagedSnapshot:
    return ManagedSnapshot(
        changed=bool(view.changed),
        snapshot=_snapshot(view.snapshot.contents),
        previous_name=string(view.previous_name),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Retyped:
    """What became of a retype."""

    in_place: bool
    """1 when the volume is what the type says; 0 when that is not possible in place, and nothing was
    changed.
    """
    reason: str
    """Why not in place; empty when it is."""
    changes: tuple[str, ...]
    """What was changed, one sentence each."""
    volume: Volume
    """The volume as it is now."""


def _retyped(view: Any) -> Retyped:
    return Retyped(
        in_place=bool(view.in_place),
        reason=string(view.reason),
        changes=strings(view.changes, view.changes_count),
        volume=_volume(view.volume.contents),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """What became of a migration."""

    migrated: bool
    """1 when the volume is at the destination now; 0 when the migration was declined."""
    declined: str | None
    """Why it was declined, as a name that never changes, such as no_space; None when it was not. New
    ones may come in any version.
    """
    reason: str
    """The same in one sentence for people; empty when it was not."""
    guid: str
    """The GUID that the volume has at the destination; empty when it is not there."""
    left_behind: tuple[str, ...]
    """What could not be taken away at the source, in words for people. The volume has moved all the
    same, and recover() tries again, where there is a zfssa_state_dir.
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
    """Under which name a migrated volume is found."""

    renamed: bool
    """1 when this very call renamed it, else 0."""
    name: str
    """The name that it has."""
    name_id: str | None
    """Cinder's _name_id; None when the volume has the original name."""


def _migrated_volume(view: Any) -> MigratedVolume:
    return MigratedVolume(
        renamed=bool(view.renamed),
        name=string(view.name),
        name_id=maybe(view.name_id),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderId:
    """Two ids of one object."""

    id: str
    """Cinder's."""
    provider_id: str
    """The appliance's."""


def _provider_id(view: Any) -> ProviderId:
    return ProviderId(
        id=string(view.id),
        provider_id=string(view.provider_id),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderInfo:
    """What exists and what does not."""

    volumes: tuple[ProviderId, ...]
    """Pointers to the volumes that exist; the provider id is the LUN's GUID."""
    snapshots: tuple[ProviderId, ...]
    """Pointers to the snapshots that exist; the provider id is the LUN's GUID, an @ and the name.
    """
    missing_volumes: tuple[str, ...]
    """Cinder's ids of volumes that do not exist."""
    missing_snapshots: tuple[str, ...]
    """Cinder's ids of snapshots that do not exist."""


def _provider_info(view: Any) -> ProviderInfo:
    return ProviderInfo(
        volumes=tuple(_provider_id(view.volumes[i].contents) for i in range(view.volumes_count)),
        snapshots=tuple(_provider_id(view.snapshots[i].contents) for i in range(view.snapshots_count)),
        missing_volumes=strings(view.missing_volumes, view.missing_volumes_count),
        missing_snapshots=strings(view.missing_snapshots, view.missing_snapshots_count),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedPart:
    """What became of one volume or snapshot of a group."""

    deleted: bool
    """1 when it is gone, else 0."""
    existed: bool
    """1 when it existed before the call, else 0."""
    status: int
    """The status of the failure; 0 when it is gone."""
    name: str
    """The volume's name, or volume@snapshot."""
    error: str
    """Why it is not gone; empty when it is."""


def _deleted_part(view: Any) -> DeletedPart:
    return DeletedPart(
        deleted=bool(view.deleted),
        existed=bool(view.existed),
        status=int(view.status),
        name=string(view.name),
        error=string(view.error),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDeleted:
    """What became of each part of a group."""

    all_deleted: bool
    """1 when all are gone, else 0."""
    parts: tuple[DeletedPart, ...]
    """Pointers to the parts, in the order of the request."""


def _group_deleted(view: Any) -> GroupDeleted:
    return GroupDeleted(
        all_deleted=bool(view.all_deleted),
        parts=tuple(_deleted_part(view.parts[i].contents) for i in range(view.count)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """An operation that a dead process left."""

    settled: Settled
    """One of the ZFSSA_SETTLED_ numbers."""
    flow: str
    """The kind of operation."""
    object: str
    """The object that it is about."""
    operation: str
    """The id of the operation."""
    message: str
    """What became of it, in one sentence."""


def _recovered(view: Any) -> Recovered:
    return Recovered(
        settled=Settled(view.settled),
        flow=string(view.flow),
        object=string(view.object),
        operation=string(view.operation),
        message=string(view.message),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A file among the journals that was not acted on."""

    kind: FindingKind
    """One of the ZFSSA_FINDING_ numbers."""
    path: str
    """The file."""
    detail: str
    """The other backend, what is wrong, or the failure; empty where there is nothing to add."""


def _finding(view: Any) -> Finding:
    return Finding(
        kind=FindingKind(view.kind),
        path=string(view.path),
        detail=string(view.detail),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverReport:
    """What was found and done."""

    recovered: tuple[Recovered, ...]
    """Pointers to the operations that were settled, or should have been."""
    findings: tuple[Finding, ...]
    """Pointers to the files among the journals that were not acted on."""


def _recover_report(view: Any) -> RecoverReport:
    return RecoverReport(
        recovered=tuple(_recovered(view.recovered[i].contents) for i in range(view.recovered_count)),
        findings=tuple(_finding(view.findings[i].contents) for i in range(view.findings_count)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFinding:
    """An object without an owner, or an owner without an object."""

    fixable: bool
    """1 when a flag deletes it, else 0."""
    fixed: bool
    """1 when this very call deleted it, else 0."""
    kind: str
    """volume, temporary_snapshot, project_snapshot, snapshot, cache_entry, migration,
    temporary_project, replication_action, replication_package, journal, missing_volume or
    missing_snapshot.
    """
    object: str
    """Its name; a snapshot's is volume@snapshot."""
    detail: str
    """What is known of it, for people."""
    error: str
    """Why it could not be deleted; empty when it was, or was not to be."""


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
    """What an audit found."""

    fixed: int
    """How many were deleted."""
    findings: tuple[AuditFinding, ...]
    """Pointers to what has no owner, or is missing."""
    not_looked_at: tuple[str, ...]
    """What could not be looked at, one sentence each."""


def _audit_report(view: Any) -> AuditReport:
    return AuditReport(
        fixed=int(view.fixed),
        findings=tuple(_audit_finding(view.findings[i].contents) for i in range(view.findings_count)),
        not_looked_at=strings(view.not_looked_at, view.not_looked_at_count),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an operation is."""

    step: str
    """The step that the operation is at, such as transfer. New ones may come in any version."""
    done: int
    """How much of the step is done, in parts of `total`."""
    total: int
    """What `done` will be at the step's end; 0 while that is not known."""


def _progress(view: Any) -> Progress:
    return Progress(
        step=string(view.step),
        done=int(view.done),
        total=int(view.total),
    )


@dataclass(frozen=True, slots=True)
class Known(Record):
    """A volume or snapshot that the host knows."""

    id: str
    """Cinder's id."""
    name: str
    """The name on the appliance."""

    struct: ClassVar[Any] = _abi.zfssa_known_t

    def fill(self, arguments: Any) -> None:
        arguments.id = text(self.id, "id")
        arguments.name = text(self.name, "name")


@dataclass(frozen=True, slots=True)
class KnownSnapshot(Record):
    """A snapshot that the host knows."""

    id: str
    """Cinder's id."""
    name: str
    """The name on the appliance."""
    volume: str
    """The name of its volume on the appliance."""

    struct: ClassVar[Any] = _abi.zfssa_known_snapshot_t

    def fill(self, arguments: Any) -> None:
        arguments.id = text(self.id, "id")
        arguments.name = text(self.name, "name")
        arguments.volume = text(self.volume, "volume")


@dataclass(frozen=True, slots=True)
class GroupMember(Record):
    """A volume of a group, and its snapshot."""

    volume: str
    """The LUN's name."""
    snapshot: str
    """The snapshot's name."""

    struct: ClassVar[Any] = _abi.zfssa_group_member_t

    def fill(self, arguments: Any) -> None:
        arguments.volume = text(self.volume, "volume")
        arguments.snapshot = text(self.snapshot, "snapshot")


@dataclass(frozen=True, slots=True)
class GroupClone(Record):
    """A volume of a new group."""

    name: str
    """The new LUN's name."""
    source_volume: str
    """The source LUN's name."""
    size_gib: int
    """GiB, at least the source's size."""
    snapshot: str | None = field(default=None, kw_only=True)
    """The source's snapshot. None: the source as it is now, at one instant with all others."""
    extra_specs: Mapping[str, str] | None = field(default=None, kw_only=True)
    """The extra specs of the volume type. None: none."""

    struct: ClassVar[Any] = _abi.zfssa_group_clone_t

    def fill(self, arguments: Any) -> None:
        arguments.name = text(self.name, "name")
        arguments.source_volume = text(self.source_volume, "source_volume")
        arguments.snapshot = text(self.snapshot, "snapshot")
        arguments.size_gib = number(self.size_gib, "size_gib", 64, False)
        arguments.extra_specs, arguments.extra_specs_count = pairs(self.extra_specs, "extra_specs")


@dataclass(frozen=True, slots=True)
class Echo(Request[Echoed]):
    """Waits, then answers with what it was given. Touches no appliance: for tests of hosts and
    bindings.
    """

    message: str | None = field(default=None, kw_only=True)
    """Comes back as it is: any UTF-8 of up to ZFSSA_MAX_TEXT bytes. None: empty."""
    delay_ms: int = field(default=0, kw_only=True)
    """How long the operation takes, in milliseconds."""
    fail_with: int = field(default=0, kw_only=True)
    """The status to fail with; 0 to succeed."""

    operation: ClassVar[str] = "echo"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_echo_args_t(size=sizeof(_abi.zfssa_echo_args_t))
        arguments.message = text(self.message, "message")
        arguments.delay_ms = number(self.delay_ms, "delay_ms", 64, False)
        arguments.fail_with = number(self.fail_with, "fail_with", 32, True)
        return arguments

    def output(self, library: Any, result: int) -> Echoed:
        view = library.zfssa_result_echo(result).contents
        return _echoed(view)


@dataclass(frozen=True, slots=True)
class GetCertificate(Request[Certificate]):
    """Fetches the certificate of the appliance without trusting it or logging in, so that an operator
    can compare and pin it.
    """

    operation: ClassVar[str] = "get_certificate"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_get_certificate_args_t(size=sizeof(_abi.zfssa_get_certificate_args_t))
        return arguments

    def output(self, library: Any, result: int) -> Certificate:
        view = library.zfssa_result_certificate(result).contents
        return _certificate(view)


@dataclass(frozen=True, slots=True)
class CheckForSetupError(Request[CheckReport]):
    """Checks everything that an operation will need. The message of SetupIncompleteError lists every
    finding, and so does that of any other error, as far as it could be looked at.

    A portal that this host cannot reach within 3 seconds, and an interface on which the target
    does not listen, are warnings: hosts may reach the target all the same.
    """

    operation: ClassVar[str] = "check_for_setup_error"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_check_for_setup_error_args_t(size=sizeof(_abi.zfssa_check_for_setup_error_args_t))
        return arguments

    def output(self, library: Any, result: int) -> CheckReport:
        view = library.zfssa_result_check_report(result).contents
        return _check_report(view)


@dataclass(frozen=True, slots=True)
class DoSetup(Request[SetupReport]):
    """Makes what the backend needs and does not find: projects, custom properties, initiators,
    initiator groups, the target and its group. What exists is kept and added to, never replaced.

    Nothing is undone when a part fails: the error names what was made or changed by then (outcome
    Outcome.PARTIAL, or Outcome.UNKNOWN where a change is in doubt), and the same call again goes
    on from there. CHAP secrets cannot be read, so each call sets them.
    """

    operation: ClassVar[str] = "do_setup"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_do_setup_args_t(size=sizeof(_abi.zfssa_do_setup_args_t))
        return arguments

    def output(self, library: Any, result: int) -> SetupReport:
        view = library.zfssa_result_setup_report(result).contents
        return _setup_report(view)


@dataclass(frozen=True, slots=True)
class GetVolumeStats(Request[VolumeStats]):
    """Reads the capacity of the backend."""

    operation: ClassVar[str] = "get_volume_stats"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_get_volume_stats_args_t(size=sizeof(_abi.zfssa_get_volume_stats_args_t))
        return arguments

    def output(self, library: Any, result: int) -> VolumeStats:
        view = library.zfssa_result_volume_stats(result).contents
        return _volume_stats(view)


@dataclass(frozen=True, slots=True)
class CreateVolume(Request[Volume]):
    """Creates a volume: a LUN presented to nobody.

    May be repeated: a volume of this name, size and kind is answered with `created` 0; one that
    differs is VolumeExistsError.
    """

    name: str
    """The LUN's name, such as volume-<uuid>."""
    size_gib: int
    """The size in GiB, at least 1."""
    extra_specs: Mapping[str, str] | None = field(default=None, kw_only=True)
    """The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
    scopes are passed over. None: none.
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
class DeleteVolume(Request[Deleted]):
    """Deletes a volume. One that does not exist is deleted already. One with snapshots or clones is
    VolumeBusyError and stays untouched: nothing is left to a cascade. Snapshots that the appliance
    made for itself, by a schedule or for replication, go with the volume. The temporary snapshot
    that a clone came from goes with the clone; where a deletion was cut off between the two and
    journals are not kept, deleting the volume once more deletes the snapshot.
    """

    name: str
    """The LUN's name, such as volume-<uuid>."""

    operation: ClassVar[str] = "delete_volume"

    @property
    def resource(self) -> str:
        return self.name

    def arguments(self) -> Any:
        arguments = _abi.zfssa_delete_volume_args_t(size=sizeof(_abi.zfssa_delete_volume_args_t))
        arguments.name = text(self.name, "name")
        return arguments

    def output(self, library: Any, result: int) -> Deleted:
        view = library.zfssa_result_deleted(result).contents
        return _deleted(view)


@dataclass(frozen=True, slots=True)
class ExtendVolume(Request[Volume]):
    """Grows a volume. One that is as large or larger already is left as it is: volumes never shrink.
    """

    name: str
    """The LUN's name, such as volume-<uuid>."""
    size_gib: int
    """The new size in GiB."""

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
    """Looks one volume up."""

    name: str
    """The LUN's name, such as volume-<uuid>."""

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
class ListVolumes(Request[tuple[Volume, ...]]):
    """Lists the volumes of the backend's project."""

    prefix: str | None = field(default=None, kw_only=True)
    """Only names that begin so; None for all."""

    operation: ClassVar[str] = "list_volumes"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_list_volumes_args_t(size=sizeof(_abi.zfssa_list_volumes_args_t))
        arguments.prefix = text(self.prefix, "prefix")
        return arguments

    def output(self, library: Any, result: int) -> tuple[Volume, ...]:
        view = library.zfssa_result_volumes(result).contents
        return tuple(_volume(view.volumes[i].contents) for i in range(view.count))


@dataclass(frozen=True, slots=True)
class CreateSnapshot(Request[Snapshot]):
    """Takes a snapshot of a volume.

    May be repeated: a snapshot of this name on this volume is answered with `created` 0.
    """

    volume: str
    """The LUN's name."""
    name: str
    """The snapshot's name, such as snapshot-<uuid>."""

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
class DeleteSnapshot(Request[Deleted]):
    """Deletes a snapshot. One that does not exist is deleted already. One with clones is
    SnapshotBusyError and stays untouched.
    """

    volume: str
    """The LUN's name."""
    name: str
    """The snapshot's name, such as snapshot-<uuid>."""

    operation: ClassVar[str] = "delete_snapshot"

    @property
    def resource(self) -> str:
        return self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_delete_snapshot_args_t(size=sizeof(_abi.zfssa_delete_snapshot_args_t))
        arguments.volume = text(self.volume, "volume")
        arguments.name = text(self.name, "name")
        return arguments

    def output(self, library: Any, result: int) -> Deleted:
        view = library.zfssa_result_deleted(result).contents
        return _deleted(view)


@dataclass(frozen=True, slots=True)
class ListSnapshots(Request[tuple[Snapshot, ...]]):
    """Lists the snapshots of one volume, or with one request those of all."""

    volume: str | Every
    """The LUN's name; EVERY: every volume of the backend's project."""

    operation: ClassVar[str] = "list_snapshots"

    @property
    def resource(self) -> str:
        return "" if isinstance(self.volume, Every) else self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_list_snapshots_args_t(size=sizeof(_abi.zfssa_list_snapshots_args_t))
        arguments.volume = one_or_every(self.volume, "volume", "every volume")
        return arguments

    def output(self, library: Any, result: int) -> tuple[Snapshot, ...]:
        view = library.zfssa_result_snapshots(result).contents
        return tuple(_snapshot(view.snapshots[i].contents) for i in range(view.count))


@dataclass(frozen=True, slots=True)
class RevertToSnapshot(Request[Volume]):
    """Sets a volume back to what it was when a snapshot was taken, and keeps its size. What was
    written since is lost. Newer snapshots and their clones stand in the way: they are named and
    stay untouched, RevertBlockedError. One taken in the same second counts as newer. A volume that
    a host sees is VolumeBusyError.
    """

    volume: str
    """The LUN's name."""
    snapshot: str
    """The snapshot's name."""
    size_gib: int
    """The size in GiB that Cinder knows the volume by; 0: the size that it has."""

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
    """Makes a volume from a snapshot, grown to its size where that is larger."""

    name: str
    """The new LUN's name."""
    size_gib: int
    """GiB, at least the size of the snapshot."""
    source_volume: str
    """The volume of the snapshot."""
    snapshot: str
    """The snapshot's name."""
    extra_specs: Mapping[str, str] | None = field(default=None, kw_only=True)
    """The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
    scopes are passed over. None: none. The block size of a clone is its source's and cannot be
    chosen.
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
    """Makes a volume from another volume, by way of a temporary snapshot that lives as long as the
    new volume does.
    """

    name: str
    """The new LUN's name."""
    size_gib: int
    """GiB, at least the size of the source."""
    source_volume: str
    """The source LUN's name."""
    id: str | None = field(default=None, kw_only=True)
    """The new volume's Cinder id, which names the temporary snapshot tmp-snapshot-<id>. None: taken
    from the name, without the prefix volume-.
    """
    extra_specs: Mapping[str, str] | None = field(default=None, kw_only=True)
    """The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
    scopes are passed over. None: none.
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
    """Makes a volume from an image, by way of the cache. The first volume of an image has the image
    written; those after it are clones. That the cache declines is no failure.

    A transfer that fails, is cancelled or runs out of time leaves no cache entry. While the host
    transfers, the operation waits for its word as long as its time limit lets it, so give it one
    that suits the image.
    """

    name: str
    """The new LUN's name."""
    size_gib: int
    """GiB, at least the cache entry's size: the image's, rounded up, and one more where it is a whole
    number of GiB.
    """
    image_id: str
    """The image's id, which names its cache entry."""
    image_updated_at: str
    """When the image was last updated, in whatever form, as long as it is always the same."""
    initiator: str
    """The iSCSI name of the host that writes the image."""
    image_virtual_size: int = field(default=0, kw_only=True)
    """Bytes of the disk that the image holds; not 0."""
    extra_specs: Mapping[str, str] | None = field(default=None, kw_only=True)
    """The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
    scopes are passed over. None: none.
    """
    image_path: str | None = field(default=None, kw_only=True)
    """The image's file, to be written by qemu-img over iSCSI from user space; its absolute path.
    None: the host transfers.
    """
    image_format: str | None = field(default=None, kw_only=True)
    """With `image_path`: raw, qcow2 or vmdk, which is never guessed. None without."""
    qemu_img: str | None = field(default=None, kw_only=True)
    """With `image_path`: the program. None: qemu-img, looked for in PATH."""

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
    """Presents a volume to the host of an initiator, beside the hosts that have it already."""

    volume: str
    """The LUN's name."""
    initiator: str
    """The host's iSCSI name."""
    volume_id: str | None = field(default=None, kw_only=True)
    """Cinder's id of the volume, handed back in the connection; None: the name."""

    operation: ClassVar[str] = "initialize_connection"

    @property
    def resource(self) -> str:
        return self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_initialize_connection_args_t(size=sizeof(_abi.zfssa_initialize_connection_args_t))
        arguments.volume = text(self.volume, "volume")
        arguments.volume_id = text(self.volume_id, "volume_id")
        arguments.initiator = text(self.initiator, "initiator")
        return arguments

    def output(self, library: Any, result: int) -> Connection:
        view = library.zfssa_result_connection(result).contents
        return _connection(view)


@dataclass(frozen=True, slots=True)
class TerminateConnection(Request[Detached]):
    """Takes a volume away from one host, or from all, and from nobody else."""

    volume: str
    """The LUN's name."""
    initiator: str | Every
    """The host's iSCSI name; EVERY: every host."""
    still_attached: Sequence[str] | None = field(default=None, kw_only=True)
    """With the flag ZFSSA_TERMINATE_STILL_ATTACHED: the initiators that still use the volume and must
    keep it; `initiator` too where its host has the volume attached once more. Without: not known;
    then a group that holds other initiators too keeps the volume.
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

    def output(self, library: Any, result: int) -> Detached:
        view = library.zfssa_result_detached(result).contents
        return _detached(view)


@dataclass(frozen=True, slots=True)
class CreateExport(Request[None]):
    """Prepares a volume for attachment. The appliance needs nothing: no request is sent."""

    volume: str
    """The LUN's name."""

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
    """Called by Cinder for each volume in use at its start. No request is sent."""

    volume: str
    """The LUN's name."""

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
    """Undoes create_export(). No request is sent."""

    volume: str
    """The LUN's name."""

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
class GetManageableVolumes(Request[Manageable]):
    """Lists the LUNs of the backend's project and says of each whether it may be managed."""

    marker: str | None = field(default=None, kw_only=True)
    """Begin after the entry with this reference; None: at the beginning. An entry that is not there
    is an error.
    """
    limit: int = field(default=0, kw_only=True)
    """At most so many entries; 0: all."""
    offset: int = field(default=0, kw_only=True)
    """Pass over so many entries, counted from the beginning or the marker."""
    cinder_volumes: Sequence[Known] = field(default=(), kw_only=True)
    """The volumes that Cinder has on this backend."""
    sort_keys: Sequence[str] | None = field(default=None, kw_only=True)
    """reference or size, the most important first; None: reference."""
    sort_dirs: Sequence[str] | None = field(default=None, kw_only=True)
    """asc or desc for each key; where one is missing, the last one given, or asc."""

    operation: ClassVar[str] = "get_manageable_volumes"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_get_manageable_volumes_args_t(size=sizeof(_abi.zfssa_get_manageable_volumes_args_t))
        arguments.marker = text(self.marker, "marker")
        arguments.limit = number(self.limit, "limit", 32, False)
        arguments.offset = number(self.offset, "offset", 32, False)
        arguments.cinder_volumes, arguments.cinder_volumes_count = records(self.cinder_volumes, Known, "cinder_volumes")
        arguments.sort_keys, arguments.sort_keys_count = texts(self.sort_keys, "sort_keys")
        arguments.sort_dirs, arguments.sort_dirs_count = texts(self.sort_dirs, "sort_dirs")
        return arguments

    def output(self, library: Any, result: int) -> Manageable:
        view = library.zfssa_result_manageable(result).contents
        return _manageable(view)


@dataclass(frozen=True, slots=True)
class ManageExistingGetSize(Request[ExistingSize]):
    """Says how large an existing LUN is. Cinder asks before it calls manage_existing()."""

    source_name: str | None = field(default=None, kw_only=True)
    """The LUN's name, Cinder's source-name; None: told by its id."""
    source_guid: str | None = field(default=None, kw_only=True)
    """The LUN's globally unique id, 32 hexadecimal digits; None: told by its name. Where both are
    given, both must fit.
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
class ManageExisting(Request[Managed]):
    """Takes an existing LUN under management: it gets the volume's name and the property
    cinder_managed, and nobody sees it any more, in one change. Refused is a LUN that is managed
    already, one that the option zfssa_manage_policy does not allow, and one that is not what the
    volume type says. Its snapshots are named, since they keep the volume from being deleted.

    May be repeated: a LUN that has the name and is managed is answered with `changed` 0.
    """

    name: str
    """The volume's name, such as volume-<uuid>."""
    source_name: str | None = field(default=None, kw_only=True)
    """The LUN's name, Cinder's source-name; None: told by its id."""
    source_guid: str | None = field(default=None, kw_only=True)
    """The LUN's globally unique id, 32 hexadecimal digits; None: told by its name. Where both are
    given, both must fit.
    """
    extra_specs: Mapping[str, str] | None = field(default=None, kw_only=True)
    """The extra specs of the volume type. What a key zfssa:* says must be so; the defaults of the
    backend do not matter here. None: none.
    """
    keep_presentation: bool = field(default=False, kw_only=True)
    """Leaves the hosts that see the LUN as they are."""

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

    def output(self, library: Any, result: int) -> Managed:
        view = library.zfssa_result_managed(result).contents
        return _managed(view)


@dataclass(frozen=True, slots=True)
class Unmanage(Request[Unmanaged]):
    """Lets a volume go: its LUN stays, is called unmanaged-<name>, and can be managed again."""

    name: str
    """The volume's name."""

    operation: ClassVar[str] = "unmanage"

    @property
    def resource(self) -> str:
        return self.name

    def arguments(self) -> Any:
        arguments = _abi.zfssa_unmanage_args_t(size=sizeof(_abi.zfssa_unmanage_args_t))
        arguments.name = text(self.name, "name")
        return arguments

    def output(self, library: Any, result: int) -> Unmanaged:
        view = library.zfssa_result_unmanaged(result).contents
        return _unmanaged(view)


@dataclass(frozen=True, slots=True)
class GetManageableSnapshots(Request[Manageable]):
    """Lists the snapshots in the backend's project and says of each whether it may be managed. As
    snapshots of two volumes may have one name, the marker may also be <volume>@<snapshot>.
    """

    marker: str | None = field(default=None, kw_only=True)
    """Begin after the entry with this reference; None: at the beginning. An entry that is not there
    is an error.
    """
    limit: int = field(default=0, kw_only=True)
    """At most so many entries; 0: all."""
    offset: int = field(default=0, kw_only=True)
    """Pass over so many entries, counted from the beginning or the marker."""
    cinder_snapshots: Sequence[Known] = field(default=(), kw_only=True)
    """The snapshots that Cinder has on this backend."""
    sort_keys: Sequence[str] | None = field(default=None, kw_only=True)
    """reference or size, the most important first; None: reference."""
    sort_dirs: Sequence[str] | None = field(default=None, kw_only=True)
    """asc or desc for each key; where one is missing, the last one given, or asc."""

    operation: ClassVar[str] = "get_manageable_snapshots"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_get_manageable_snapshots_args_t(size=sizeof(_abi.zfssa_get_manageable_snapshots_args_t))
        arguments.marker = text(self.marker, "marker")
        arguments.limit = number(self.limit, "limit", 32, False)
        arguments.offset = number(self.offset, "offset", 32, False)
        arguments.cinder_snapshots, arguments.cinder_snapshots_count = records(self.cinder_snapshots, Known, "cinder_snapshots")
        arguments.sort_keys, arguments.sort_keys_count = texts(self.sort_keys, "sort_keys")
        arguments.sort_dirs, arguments.sort_dirs_count = texts(self.sort_dirs, "sort_dirs")
        return arguments

    def output(self, library: Any, result: int) -> Manageable:
        view = library.zfssa_result_manageable(result).contents
        return _manageable(view)


@dataclass(frozen=True, slots=True)
class ManageExistingSnapshotGetSize(Request[ExistingSize]):
    """Says how large a volume made from an existing snapshot would be: as large as its volume is now.
    """

    volume: str
    """The LUN's name."""
    source_name: str
    """The name that the snapshot has, Cinder's source-name."""

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
    """Takes a snapshot of a volume under management: it gets the name that Cinder will look for.
    Refused is one whose name says that it belongs to Cinder or to a clone already.

    May be repeated: where the old name is gone and the new one is there, `changed` is 0.
    """

    volume: str
    """The LUN's name."""
    name: str
    """The name that it gets, such as snapshot-<uuid>."""
    source_name: str
    """The name that the snapshot has, Cinder's source-name."""

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
class UnmanageSnapshot(Request[Unmanaged]):
    """Lets a snapshot go: it stays, is called unmanaged-<name>, and can be managed again."""

    volume: str
    """The LUN's name."""
    name: str
    """The snapshot's name."""

    operation: ClassVar[str] = "unmanage_snapshot"

    @property
    def resource(self) -> str:
        return self.volume

    def arguments(self) -> Any:
        arguments = _abi.zfssa_unmanage_snapshot_args_t(size=sizeof(_abi.zfssa_unmanage_snapshot_args_t))
        arguments.volume = text(self.volume, "volume")
        arguments.name = text(self.name, "name")
        return arguments

    def output(self, library: Any, result: int) -> Unmanaged:
        view = library.zfssa_result_unmanaged(result).contents
        return _unmanaged(view)


@dataclass(frozen=True, slots=True)
class Retype(Request[Retyped]):
    """Makes a volume what a new volume of the type would be, as far as that is possible in place:
    compression, write bias and provisioning. The block size cannot be changed: `in_place` is 0
    then, and nothing was changed.
    """

    name: str
    """The LUN's name."""
    extra_specs: Mapping[str, str] | None = field(default=None, kw_only=True)
    """The extra specs of the new volume type. None: none."""

    operation: ClassVar[str] = "retype"

    @property
    def resource(self) -> str:
        return self.name

    def arguments(self) -> Any:
        arguments = _abi.zfssa_retype_args_t(size=sizeof(_abi.zfssa_retype_args_t))
        arguments.name = text(self.name, "name")
        arguments.extra_specs, arguments.extra_specs_count = pairs(self.extra_specs, "extra_specs")
        return arguments

    def output(self, library: Any, result: int) -> Retyped:
        view = library.zfssa_result_retyped(result).contents
        return _retyped(view)


@dataclass(frozen=True, slots=True)
class MigrateVolume(Request[Migration]):
    """Moves a volume to another appliance by replication; under its name it is a volume of the
    backend there. Where that cannot be done it declines, which is a result and not an error: copy
    the bytes then. After an error the volume is where it was, unless the outcome says otherwise.
    It takes the time that the data take, so give a time limit that fits the volume.
    """

    name: str
    """The LUN's name."""
    location_info: str | None = field(default=None, kw_only=True, repr=False)
    """location_info among the capabilities of the destination, as get_volume_stats() or the former
    driver gives it there. None: it has none, which is a reason to decline.
    """
    status: str | None = field(default=None, kw_only=True)
    """Cinder's status of the volume; None: it has none."""
    vendor_name: str | None = field(default=None, kw_only=True)
    """vendor_name among the capabilities of the destination; None: it is known to be right."""
    storage_protocol: str | None = field(default=None, kw_only=True)
    """storage_protocol among them; None: it is known to be right."""
    login: str | None = field(default=None, kw_only=True)
    """The user on the destination; None: the option zfssa_migration_destinations names it. Recovery
    after a crash knows the option alone.
    """
    password: str | None = field(default=None, kw_only=True, repr=False)
    """The user's password; None without a login. It is copied and the copy wiped after use."""

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
    """Gives a volume that was migrated to this backend the name of the volume that it replaces. Where
    that name is taken, the volume keeps its own, and `name_id` says so. May be repeated where the
    GUID is given.
    """

    original_name: str
    """The name of the volume that was migrated."""
    current_name: str
    """The name that the copy on this backend has."""
    current_id: str | None = field(default=None, kw_only=True)
    """Cinder's id of the copy; None: taken from its name."""
    current_guid: str | None = field(default=None, kw_only=True)
    """The GUID of the copy, as its provider id says; None: not known."""

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
    """Says which of the volumes and snapshots that Cinder knows exist, and by which ids the appliance
    knows them.
    """

    volumes: Sequence[Known] = field(default=(), kw_only=True)
    """Volumes on this backend."""
    snapshots: Sequence[KnownSnapshot] = field(default=(), kw_only=True)
    """Snapshots on this backend."""

    operation: ClassVar[str] = "update_provider_info"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_update_provider_info_args_t(size=sizeof(_abi.zfssa_update_provider_info_args_t))
        arguments.volumes, arguments.volumes_count = records(self.volumes, Known, "volumes")
        arguments.snapshots, arguments.snapshots_count = records(self.snapshots, KnownSnapshot, "snapshots")
        return arguments

    def output(self, library: Any, result: int) -> ProviderInfo:
        view = library.zfssa_result_provider_info(result).contents
        return _provider_info(view)


@dataclass(frozen=True, slots=True)
class CreateGroup(Request[None]):
    """Makes a group. The appliance needs nothing: no request is sent."""

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
    """Adds volumes to a group and takes others out. Nothing is changed on the appliance; volumes that
    are added must exist.
    """

    id: str
    """Cinder's id."""
    add_volumes: Sequence[str] | None = field(default=None, kw_only=True)
    """The names of volumes that are added."""
    remove_volumes: Sequence[str] | None = field(default=None, kw_only=True)
    """The names of volumes that are taken out."""

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
class DeleteGroup(Request[GroupDeleted]):
    """Deletes the volumes of a group, clones within it first, and says of each what became of it.
    """

    id: str
    """Cinder's id."""
    volumes: Sequence[str] | None = field(default=None, kw_only=True)
    """The names of its volumes."""

    operation: ClassVar[str] = "delete_group"

    def arguments(self) -> Any:
        arguments = _abi.zfssa_delete_group_args_t(size=sizeof(_abi.zfssa_delete_group_args_t))
        arguments.id = text(self.id, "id")
        arguments.volumes, arguments.volumes_count = texts(self.volumes, "volumes")
        return arguments

    def output(self, library: Any, result: int) -> GroupDeleted:
        view = library.zfssa_result_group_deleted(result).contents
        return _group_deleted(view)


@dataclass(frozen=True, slots=True)
class CreateGroupSnapshot(Request[tuple[Snapshot, ...]]):
    """Takes a snapshot of all volumes of a group at one instant, or none at all. May be repeated
    under one id.
    """

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

    def output(self, library: Any, result: int) -> tuple[Snapshot, ...]:
        view = library.zfssa_result_snapshots(result).contents
        return tuple(_snapshot(view.snapshots[i].contents) for i in range(view.count))


@dataclass(frozen=True, slots=True)
class DeleteGroupSnapshot(Request[GroupDeleted]):
    """Deletes the snapshots of a group, and says of each what became of it."""

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

    def output(self, library: Any, result: int) -> GroupDeleted:
        view = library.zfssa_result_group_deleted(result).contents
        return _group_deleted(view)


@dataclass(frozen=True, slots=True)
class CreateGroupFromSrc(Request[tuple[Volume, ...]]):
    """Makes the volumes of a group from the snapshots of another, or from its volumes at one instant.
    All or none.
    """

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

    def output(self, library: Any, result: int) -> tuple[Volume, ...]:
        view = library.zfssa_result_volumes(result).contents
        return tuple(_volume(view.volumes[i].contents) for i in range(view.count))


@dataclass(frozen=True, slots=True)
class Recover(Request[RecoverReport]):
    """Finishes or rolls back what processes that died left of their operations. do_setup() does it
    too. May be called at any time and again.
    """

    operations: Sequence[str] | None = field(default=None, kw_only=True)
    """Ids of operations whose processes are dead, whose results the host never got, and whose
    journals may be lost: what they made is looked for and taken away. None: none.
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
    """Looks for objects without an owner: volumes, snapshots, cached images, leftovers of migrations,
    journals. Without flags nothing is changed. With them only that is deleted which carries the
    engine's mark and has nothing that depends on it.
    """

    volumes: Sequence[str] | None = field(default=None, kw_only=True)
    """The names of all volumes that the host has on this backend."""
    snapshots: Sequence[str] | None = field(default=None, kw_only=True)
    """The names of all snapshots that the host has on this backend."""
    min_age_s: int = field(default=0, kw_only=True)
    """Seconds; what is younger is passed over. 0: an hour."""
    fix: bool = field(default=False, kw_only=True)
    """Deletes temporary snapshots and cached images that nothing depends on, takes migrations back
    that nobody goes on with, and recovers journals.
    """
    fix_volumes: bool = field(default=False, kw_only=True)
    """Deletes volumes that the host does not know, too. Refused with an empty list of volumes. A
    volume is deleted only if it has been one for min_age_s: since it was made, managed, renamed or
    migrated here. One of which that is not known, such as a volume of the former driver, is
    reported and never deleted.
    """
    any_age: bool = field(default=False, kw_only=True)
    """Passes over nothing, however young."""

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
        return arguments

    def output(self, library: Any, result: int) -> AuditReport:
        view = library.zfssa_result_audit_report(result).contents
        return _audit_report(view)


#: What writes an image onto a LUN: in a thread, or as a coroutine.
Transfer = Callable[[Connection], object]
AsyncTransfer = Callable[[Connection], Awaitable[object]]


class Operations:
    """A method for each operation, which waits until it has completed."""

    def call(
        self,
        request: Request[T],
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
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
    ) -> Echoed:
        """Waits, then answers with what it was given. Touches no appliance: for tests of hosts and
        bindings.

        `message`: Comes back as it is: any UTF-8 of up to ZFSSA_MAX_TEXT bytes. None: empty.

        `delay_ms`: How long the operation takes, in milliseconds.

        `fail_with`: The status to fail with; 0 to succeed.
        """
        request = Echo(message=message, delay_ms=delay_ms, fail_with=fail_with)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def get_certificate(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Certificate:
        """Fetches the certificate of the appliance without trusting it or logging in, so that an
        operator can compare and pin it.
        """
        request = GetCertificate()
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def check_for_setup_error(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> CheckReport:
        """Checks everything that an operation will need. The message of SetupIncompleteError lists
        every finding, and so does that of any other error, as far as it could be looked at.

        A portal that this host cannot reach within 3 seconds, and an interface on which the target
        does not listen, are warnings: hosts may reach the target all the same.
        """
        request = CheckForSetupError()
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def do_setup(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> SetupReport:
        """Makes what the backend needs and does not find: projects, custom properties, initiators,
        initiator groups, the target and its group. What exists is kept and added to, never
        replaced.

        Nothing is undone when a part fails: the error names what was made or changed by then
        (outcome Outcome.PARTIAL, or Outcome.UNKNOWN where a change is in doubt), and the same call
        again goes on from there. CHAP secrets cannot be read, so each call sets them.
        """
        request = DoSetup()
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def get_volume_stats(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> VolumeStats:
        """Reads the capacity of the backend."""
        request = GetVolumeStats()
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def create_volume(
        self,
        name: str,
        size_gib: int,
        *,
        extra_specs: Mapping[str, str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Volume:
        """Creates a volume: a LUN presented to nobody.

        May be repeated: a volume of this name, size and kind is answered with `created` 0; one
        that differs is VolumeExistsError.

        `name`: The LUN's name, such as volume-<uuid>.

        `size_gib`: The size in GiB, at least 1.

        `extra_specs`: The extra specs of the volume type. Keys zfssa:* override the backend's
        defaults; keys of other scopes are passed over. None: none.
        """
        request = CreateVolume(name, size_gib, extra_specs=extra_specs)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def delete_volume(
        self,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Deleted:
        """Deletes a volume. One that does not exist is deleted already. One with snapshots or clones
        is VolumeBusyError and stays untouched: nothing is left to a cascade. Snapshots that the
        appliance made for itself, by a schedule or for replication, go with the volume. The
        temporary snapshot that a clone came from goes with the clone; where a deletion was cut off
        between the two and journals are not kept, deleting the volume once more deletes the
        snapshot.

        `name`: The LUN's name, such as volume-<uuid>.
        """
        request = DeleteVolume(name)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def extend_volume(
        self,
        name: str,
        size_gib: int,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Volume:
        """Grows a volume. One that is as large or larger already is left as it is: volumes never
        shrink.

        `name`: The LUN's name, such as volume-<uuid>.

        `size_gib`: The new size in GiB.
        """
        request = ExtendVolume(name, size_gib)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def get_volume(
        self,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Volume:
        """Looks one volume up.

        `name`: The LUN's name, such as volume-<uuid>.
        """
        request = GetVolume(name)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def list_volumes(
        self,
        *,
        prefix: str | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> tuple[Volume, ...]:
        """Lists the volumes of the backend's project.

        `prefix`: Only names that begin so; None for all.
        """
        request = ListVolumes(prefix=prefix)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def create_snapshot(
        self,
        volume: str,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Snapshot:
        """Takes a snapshot of a volume.

        May be repeated: a snapshot of this name on this volume is answered with `created` 0.

        `volume`: The LUN's name.

        `name`: The snapshot's name, such as snapshot-<uuid>.
        """
        request = CreateSnapshot(volume, name)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def delete_snapshot(
        self,
        volume: str,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Deleted:
        """Deletes a snapshot. One that does not exist is deleted already. One with clones is
        SnapshotBusyError and stays untouched.

        `volume`: The LUN's name.

        `name`: The snapshot's name, such as snapshot-<uuid>.
        """
        request = DeleteSnapshot(volume, name)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def list_snapshots(
        self,
        volume: str | Every,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> tuple[Snapshot, ...]:
        """Lists the snapshots of one volume, or with one request those of all.

        `volume`: The LUN's name; EVERY: every volume of the backend's project.
        """
        request = ListSnapshots(volume)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def revert_to_snapshot(
        self,
        volume: str,
        snapshot: str,
        size_gib: int,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Volume:
        """Sets a volume back to what it was when a snapshot was taken, and keeps its size. What was
        written since is lost. Newer snapshots and their clones stand in the way: they are named
        and stay untouched, RevertBlockedError. One taken in the same second counts as newer. A
        volume that a host sees is VolumeBusyError.

        `volume`: The LUN's name.

        `snapshot`: The snapshot's name.

        `size_gib`: The size in GiB that Cinder knows the volume by; 0: the size that it has.
        """
        request = RevertToSnapshot(volume, snapshot, size_gib)
        return self.call(request, timeout=timeout, operation_id=operation_id)

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
    ) -> Volume:
        """Makes a volume from a snapshot, grown to its size where that is larger.

        `name`: The new LUN's name.

        `size_gib`: GiB, at least the size of the snapshot.

        `source_volume`: The volume of the snapshot.

        `snapshot`: The snapshot's name.

        `extra_specs`: The extra specs of the volume type. Keys zfssa:* override the backend's
        defaults; keys of other scopes are passed over. None: none. The block size of a clone is
        its source's and cannot be chosen.
        """
        request = CreateVolumeFromSnapshot(name, size_gib, source_volume, snapshot, extra_specs=extra_specs)
        return self.call(request, timeout=timeout, operation_id=operation_id)

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
    ) -> Volume:
        """Makes a volume from another volume, by way of a temporary snapshot that lives as long as
        the new volume does.

        `name`: The new LUN's name.

        `size_gib`: GiB, at least the size of the source.

        `source_volume`: The source LUN's name.

        `id`: The new volume's Cinder id, which names the temporary snapshot tmp-snapshot-<id>.
        None: taken from the name, without the prefix volume-.

        `extra_specs`: The extra specs of the volume type. Keys zfssa:* override the backend's
        defaults; keys of other scopes are passed over. None: none.
        """
        request = CreateClonedVolume(name, size_gib, source_volume, id=id, extra_specs=extra_specs)
        return self.call(request, timeout=timeout, operation_id=operation_id)

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
    ) -> ClonedImage:
        """Makes a volume from an image, by way of the cache. The first volume of an image has the
        image written; those after it are clones. That the cache declines is no failure.

        A transfer that fails, is cancelled or runs out of time leaves no cache entry. While the
        host transfers, the operation waits for its word as long as its time limit lets it, so give
        it one that suits the image.

        `name`: The new LUN's name.

        `size_gib`: GiB, at least the cache entry's size: the image's, rounded up, and one more
        where it is a whole number of GiB.

        `image_id`: The image's id, which names its cache entry.

        `image_updated_at`: When the image was last updated, in whatever form, as long as it is
        always the same.

        `initiator`: The iSCSI name of the host that writes the image.

        `image_virtual_size`: Bytes of the disk that the image holds; not 0.

        `extra_specs`: The extra specs of the volume type. Keys zfssa:* override the backend's
        defaults; keys of other scopes are passed over. None: none.

        `image_path`: The image's file, to be written by qemu-img over iSCSI from user space; its
        absolute path. None: the host transfers.

        `image_format`: With `image_path`: raw, qcow2 or vmdk, which is never guessed. None
        without.

        `qemu_img`: With `image_path`: the program. None: qemu-img, looked for in PATH.

        `transfer`: writes the image through the connection that it gets, if it is not there yet;
        it runs in a thread of its own. What it raises fails the operation.

        `progress`: is told how far it is.
        """
        request = CloneImage(name, size_gib, image_id, image_updated_at, initiator, image_virtual_size=image_virtual_size, extra_specs=extra_specs, image_path=image_path, image_format=image_format, qemu_img=qemu_img)
        return self.call(
            request,
            timeout=timeout,
            operation_id=operation_id,
            progress=progress,
            transfer=transfer,
        )

    def initialize_connection(
        self,
        volume: str,
        initiator: str,
        *,
        volume_id: str | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Connection:
        """Presents a volume to the host of an initiator, beside the hosts that have it already.

        `volume`: The LUN's name.

        `initiator`: The host's iSCSI name.

        `volume_id`: Cinder's id of the volume, handed back in the connection; None: the name.
        """
        request = InitializeConnection(volume, initiator, volume_id=volume_id)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def terminate_connection(
        self,
        volume: str,
        initiator: str | Every,
        *,
        still_attached: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Detached:
        """Takes a volume away from one host, or from all, and from nobody else.

        `volume`: The LUN's name.

        `initiator`: The host's iSCSI name; EVERY: every host.

        `still_attached`: With the flag ZFSSA_TERMINATE_STILL_ATTACHED: the initiators that still
        use the volume and must keep it; `initiator` too where its host has the volume attached
        once more. Without: not known; then a group that holds other initiators too keeps the
        volume.
        """
        request = TerminateConnection(volume, initiator, still_attached=still_attached)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def create_export(
        self,
        volume: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> None:
        """Prepares a volume for attachment. The appliance needs nothing: no request is sent.

        `volume`: The LUN's name.
        """
        request = CreateExport(volume)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def ensure_export(
        self,
        volume: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> None:
        """Called by Cinder for each volume in use at its start. No request is sent.

        `volume`: The LUN's name.
        """
        request = EnsureExport(volume)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def remove_export(
        self,
        volume: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> None:
        """Undoes create_export(). No request is sent.

        `volume`: The LUN's name.
        """
        request = RemoveExport(volume)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def get_manageable_volumes(
        self,
        *,
        marker: str | None = None,
        limit: int = 0,
        offset: int = 0,
        cinder_volumes: Sequence[Known] = (),
        sort_keys: Sequence[str] | None = None,
        sort_dirs: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Manageable:
        """Lists the LUNs of the backend's project and says of each whether it may be managed.

        `marker`: Begin after the entry with this reference; None: at the beginning. An entry that
        is not there is an error.

        `limit`: At most so many entries; 0: all.

        `offset`: Pass over so many entries, counted from the beginning or the marker.

        `cinder_volumes`: The volumes that Cinder has on this backend.

        `sort_keys`: reference or size, the most important first; None: reference.

        `sort_dirs`: asc or desc for each key; where one is missing, the last one given, or asc.
        """
        request = GetManageableVolumes(marker=marker, limit=limit, offset=offset, cinder_volumes=cinder_volumes, sort_keys=sort_keys, sort_dirs=sort_dirs)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def manage_existing_get_size(
        self,
        *,
        source_name: str | None = None,
        source_guid: str | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> ExistingSize:
        """Says how large an existing LUN is. Cinder asks before it calls manage_existing().

        `source_name`: The LUN's name, Cinder's source-name; None: told by its id.

        `source_guid`: The LUN's globally unique id, 32 hexadecimal digits; None: told by its name.
        Where both are given, both must fit.
        """
        request = ManageExistingGetSize(source_name=source_name, source_guid=source_guid)
        return self.call(request, timeout=timeout, operation_id=operation_id)

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
    ) -> Managed:
        """Takes an existing LUN under management: it gets the volume's name and the property
        cinder_managed, and nobody sees it any more, in one change. Refused is a LUN that is
        managed already, one that the option zfssa_manage_policy does not allow, and one that is
        not what the volume type says. Its snapshots are named, since they keep the volume from
        being deleted.

        May be repeated: a LUN that has the name and is managed is answered with `changed` 0.

        `name`: The volume's name, such as volume-<uuid>.

        `source_name`: The LUN's name, Cinder's source-name; None: told by its id.

        `source_guid`: The LUN's globally unique id, 32 hexadecimal digits; None: told by its name.
        Where both are given, both must fit.

        `extra_specs`: The extra specs of the volume type. What a key zfssa:* says must be so; the
        defaults of the backend do not matter here. None: none.

        `keep_presentation`: Leaves the hosts that see the LUN as they are.
        """
        request = ManageExisting(name, source_name=source_name, source_guid=source_guid, extra_specs=extra_specs, keep_presentation=keep_presentation)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def unmanage(
        self,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Unmanaged:
        """Lets a volume go: its LUN stays, is called unmanaged-<name>, and can be managed again.

        `name`: The volume's name.
        """
        request = Unmanage(name)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def get_manageable_snapshots(
        self,
        *,
        marker: str | None = None,
        limit: int = 0,
        offset: int = 0,
        cinder_snapshots: Sequence[Known] = (),
        sort_keys: Sequence[str] | None = None,
        sort_dirs: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Manageable:
        """Lists the snapshots in the backend's project and says of each whether it may be managed. As
        snapshots of two volumes may have one name, the marker may also be <volume>@<snapshot>.

        `marker`: Begin after the entry with this reference; None: at the beginning. An entry that
        is not there is an error.

        `limit`: At most so many entries; 0: all.

        `offset`: Pass over so many entries, counted from the beginning or the marker.

        `cinder_snapshots`: The snapshots that Cinder has on this backend.

        `sort_keys`: reference or size, the most important first; None: reference.

        `sort_dirs`: asc or desc for each key; where one is missing, the last one given, or asc.
        """
        request = GetManageableSnapshots(marker=marker, limit=limit, offset=offset, cinder_snapshots=cinder_snapshots, sort_keys=sort_keys, sort_dirs=sort_dirs)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def manage_existing_snapshot_get_size(
        self,
        volume: str,
        source_name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> ExistingSize:
        """Says how large a volume made from an existing snapshot would be: as large as its volume is
        now.

        `volume`: The LUN's name.

        `source_name`: The name that the snapshot has, Cinder's source-name.
        """
        request = ManageExistingSnapshotGetSize(volume, source_name)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def manage_existing_snapshot(
        self,
        volume: str,
        name: str,
        source_name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> ManagedSnapshot:
        """Takes a snapshot of a volume under management: it gets the name that Cinder will look for.
        Refused is one whose name says that it belongs to Cinder or to a clone already.

        May be repeated: where the old name is gone and the new one is there, `changed` is 0.

        `volume`: The LUN's name.

        `name`: The name that it gets, such as snapshot-<uuid>.

        `source_name`: The name that the snapshot has, Cinder's source-name.
        """
        request = ManageExistingSnapshot(volume, name, source_name)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def unmanage_snapshot(
        self,
        volume: str,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Unmanaged:
        """Lets a snapshot go: it stays, is called unmanaged-<name>, and can be managed again.

        `volume`: The LUN's name.

        `name`: The snapshot's name.
        """
        request = UnmanageSnapshot(volume, name)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def retype(
        self,
        name: str,
        *,
        extra_specs: Mapping[str, str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Retyped:
        """Makes a volume what a new volume of the type would be, as far as that is possible in place:
        compression, write bias and provisioning. The block size cannot be changed: `in_place` is 0
        then, and nothing was changed.

        `name`: The LUN's name.

        `extra_specs`: The extra specs of the new volume type. None: none.
        """
        request = Retype(name, extra_specs=extra_specs)
        return self.call(request, timeout=timeout, operation_id=operation_id)

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
    ) -> Migration:
        """Moves a volume to another appliance by replication; under its name it is a volume of the
        backend there. Where that cannot be done it declines, which is a result and not an error:
        copy the bytes then. After an error the volume is where it was, unless the outcome says
        otherwise. It takes the time that the data take, so give a time limit that fits the volume.

        `name`: The LUN's name.

        `location_info`: location_info among the capabilities of the destination, as
        get_volume_stats() or the former driver gives it there. None: it has none, which is a
        reason to decline.

        `status`: Cinder's status of the volume; None: it has none.

        `vendor_name`: vendor_name among the capabilities of the destination; None: it is known to
        be right.

        `storage_protocol`: storage_protocol among them; None: it is known to be right.

        `login`: The user on the destination; None: the option zfssa_migration_destinations names
        it. Recovery after a crash knows the option alone.

        `password`: The user's password; None without a login. It is copied and the copy wiped
        after use.
        """
        request = MigrateVolume(name, location_info=location_info, status=status, vendor_name=vendor_name, storage_protocol=storage_protocol, login=login, password=password)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def update_migrated_volume(
        self,
        original_name: str,
        current_name: str,
        *,
        current_id: str | None = None,
        current_guid: str | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> MigratedVolume:
        """Gives a volume that was migrated to this backend the name of the volume that it replaces.
        Where that name is taken, the volume keeps its own, and `name_id` says so. May be repeated
        where the GUID is given.

        `original_name`: The name of the volume that was migrated.

        `current_name`: The name that the copy on this backend has.

        `current_id`: Cinder's id of the copy; None: taken from its name.

        `current_guid`: The GUID of the copy, as its provider id says; None: not known.
        """
        request = UpdateMigratedVolume(original_name, current_name, current_id=current_id, current_guid=current_guid)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def update_provider_info(
        self,
        *,
        volumes: Sequence[Known] = (),
        snapshots: Sequence[KnownSnapshot] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> ProviderInfo:
        """Says which of the volumes and snapshots that Cinder knows exist, and by which ids the
        appliance knows them.

        `volumes`: Volumes on this backend.

        `snapshots`: Snapshots on this backend.
        """
        request = UpdateProviderInfo(volumes=volumes, snapshots=snapshots)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def create_group(
        self,
        id: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> None:
        """Makes a group. The appliance needs nothing: no request is sent.

        `id`: Cinder's id.
        """
        request = CreateGroup(id)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def update_group(
        self,
        id: str,
        *,
        add_volumes: Sequence[str] | None = None,
        remove_volumes: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> None:
        """Adds volumes to a group and takes others out. Nothing is changed on the appliance; volumes
        that are added must exist.

        `id`: Cinder's id.

        `add_volumes`: The names of volumes that are added.

        `remove_volumes`: The names of volumes that are taken out.
        """
        request = UpdateGroup(id, add_volumes=add_volumes, remove_volumes=remove_volumes)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def delete_group(
        self,
        id: str,
        *,
        volumes: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> GroupDeleted:
        """Deletes the volumes of a group, clones within it first, and says of each what became of it.

        `id`: Cinder's id.

        `volumes`: The names of its volumes.
        """
        request = DeleteGroup(id, volumes=volumes)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def create_group_snapshot(
        self,
        id: str,
        *,
        members: Sequence[GroupMember] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> tuple[Snapshot, ...]:
        """Takes a snapshot of all volumes of a group at one instant, or none at all. May be repeated
        under one id.

        `id`: Cinder's id.

        `members`: The volumes and their snapshots.
        """
        request = CreateGroupSnapshot(id, members=members)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def delete_group_snapshot(
        self,
        id: str,
        *,
        members: Sequence[GroupMember] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> GroupDeleted:
        """Deletes the snapshots of a group, and says of each what became of it.

        `id`: Cinder's id.

        `members`: The volumes and their snapshots.
        """
        request = DeleteGroupSnapshot(id, members=members)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def create_group_from_src(
        self,
        id: str,
        *,
        volumes: Sequence[GroupClone] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> tuple[Volume, ...]:
        """Makes the volumes of a group from the snapshots of another, or from its volumes at one
        instant. All or none.

        `id`: Cinder's id.

        `volumes`: The volumes of the new group.
        """
        request = CreateGroupFromSrc(id, volumes=volumes)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def recover(
        self,
        *,
        operations: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> RecoverReport:
        """Finishes or rolls back what processes that died left of their operations. do_setup() does
        it too. May be called at any time and again.

        `operations`: Ids of operations whose processes are dead, whose results the host never got,
        and whose journals may be lost: what they made is looked for and taken away. None: none.
        """
        request = Recover(operations=operations)
        return self.call(request, timeout=timeout, operation_id=operation_id)

    def audit(
        self,
        *,
        volumes: Sequence[str] | None = None,
        snapshots: Sequence[str] | None = None,
        min_age_s: int = 0,
        fix: bool = False,
        fix_volumes: bool = False,
        any_age: bool = False,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> AuditReport:
        """Looks for objects without an owner: volumes, snapshots, cached images, leftovers of
        migrations, journals. Without flags nothing is changed. With them only that is deleted
        which carries the engine's mark and has nothing that depends on it.

        `volumes`: The names of all volumes that the host has on this backend.

        `snapshots`: The names of all snapshots that the host has on this backend.

        `min_age_s`: Seconds; what is younger is passed over. 0: an hour.

        `fix`: Deletes temporary snapshots and cached images that nothing depends on, takes
        migrations back that nobody goes on with, and recovers journals.

        `fix_volumes`: Deletes volumes that the host does not know, too. Refused with an empty list
        of volumes. A volume is deleted only if it has been one for min_age_s: since it was made,
        managed, renamed or migrated here. One of which that is not known, such as a volume of the
        former driver, is reported and never deleted.

        `any_age`: Passes over nothing, however young.
        """
        request = Audit(volumes=volumes, snapshots=snapshots, min_age_s=min_age_s, fix=fix, fix_volumes=fix_volumes, any_age=any_age)
        return self.call(request, timeout=timeout, operation_id=operation_id)


class AsyncOperations:
    """A method for each operation, which waits until it has completed."""

    async def call(
        self,
        request: Request[T],
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
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
    ) -> Echoed:
        """Waits, then answers with what it was given. Touches no appliance: for tests of hosts and
        bindings.

        `message`: Comes back as it is: any UTF-8 of up to ZFSSA_MAX_TEXT bytes. None: empty.

        `delay_ms`: How long the operation takes, in milliseconds.

        `fail_with`: The status to fail with; 0 to succeed.
        """
        request = Echo(message=message, delay_ms=delay_ms, fail_with=fail_with)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def get_certificate(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Certificate:
        """Fetches the certificate of the appliance without trusting it or logging in, so that an
        operator can compare and pin it.
        """
        request = GetCertificate()
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def check_for_setup_error(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> CheckReport:
        """Checks everything that an operation will need. The message of SetupIncompleteError lists
        every finding, and so does that of any other error, as far as it could be looked at.

        A portal that this host cannot reach within 3 seconds, and an interface on which the target
        does not listen, are warnings: hosts may reach the target all the same.
        """
        request = CheckForSetupError()
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def do_setup(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> SetupReport:
        """Makes what the backend needs and does not find: projects, custom properties, initiators,
        initiator groups, the target and its group. What exists is kept and added to, never
        replaced.

        Nothing is undone when a part fails: the error names what was made or changed by then
        (outcome Outcome.PARTIAL, or Outcome.UNKNOWN where a change is in doubt), and the same call
        again goes on from there. CHAP secrets cannot be read, so each call sets them.
        """
        request = DoSetup()
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def get_volume_stats(
        self,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> VolumeStats:
        """Reads the capacity of the backend."""
        request = GetVolumeStats()
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def create_volume(
        self,
        name: str,
        size_gib: int,
        *,
        extra_specs: Mapping[str, str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Volume:
        """Creates a volume: a LUN presented to nobody.

        May be repeated: a volume of this name, size and kind is answered with `created` 0; one
        that differs is VolumeExistsError.

        `name`: The LUN's name, such as volume-<uuid>.

        `size_gib`: The size in GiB, at least 1.

        `extra_specs`: The extra specs of the volume type. Keys zfssa:* override the backend's
        defaults; keys of other scopes are passed over. None: none.
        """
        request = CreateVolume(name, size_gib, extra_specs=extra_specs)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def delete_volume(
        self,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Deleted:
        """Deletes a volume. One that does not exist is deleted already. One with snapshots or clones
        is VolumeBusyError and stays untouched: nothing is left to a cascade. Snapshots that the
        appliance made for itself, by a schedule or for replication, go with the volume. The
        temporary snapshot that a clone came from goes with the clone; where a deletion was cut off
        between the two and journals are not kept, deleting the volume once more deletes the
        snapshot.

        `name`: The LUN's name, such as volume-<uuid>.
        """
        request = DeleteVolume(name)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def extend_volume(
        self,
        name: str,
        size_gib: int,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Volume:
        """Grows a volume. One that is as large or larger already is left as it is: volumes never
        shrink.

        `name`: The LUN's name, such as volume-<uuid>.

        `size_gib`: The new size in GiB.
        """
        request = ExtendVolume(name, size_gib)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def get_volume(
        self,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Volume:
        """Looks one volume up.

        `name`: The LUN's name, such as volume-<uuid>.
        """
        request = GetVolume(name)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def list_volumes(
        self,
        *,
        prefix: str | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> tuple[Volume, ...]:
        """Lists the volumes of the backend's project.

        `prefix`: Only names that begin so; None for all.
        """
        request = ListVolumes(prefix=prefix)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def create_snapshot(
        self,
        volume: str,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Snapshot:
        """Takes a snapshot of a volume.

        May be repeated: a snapshot of this name on this volume is answered with `created` 0.

        `volume`: The LUN's name.

        `name`: The snapshot's name, such as snapshot-<uuid>.
        """
        request = CreateSnapshot(volume, name)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def delete_snapshot(
        self,
        volume: str,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Deleted:
        """Deletes a snapshot. One that does not exist is deleted already. One with clones is
        SnapshotBusyError and stays untouched.

        `volume`: The LUN's name.

        `name`: The snapshot's name, such as snapshot-<uuid>.
        """
        request = DeleteSnapshot(volume, name)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def list_snapshots(
        self,
        volume: str | Every,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> tuple[Snapshot, ...]:
        """Lists the snapshots of one volume, or with one request those of all.

        `volume`: The LUN's name; EVERY: every volume of the backend's project.
        """
        request = ListSnapshots(volume)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def revert_to_snapshot(
        self,
        volume: str,
        snapshot: str,
        size_gib: int,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Volume:
        """Sets a volume back to what it was when a snapshot was taken, and keeps its size. What was
        written since is lost. Newer snapshots and their clones stand in the way: they are named
        and stay untouched, RevertBlockedError. One taken in the same second counts as newer. A
        volume that a host sees is VolumeBusyError.

        `volume`: The LUN's name.

        `snapshot`: The snapshot's name.

        `size_gib`: The size in GiB that Cinder knows the volume by; 0: the size that it has.
        """
        request = RevertToSnapshot(volume, snapshot, size_gib)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

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
    ) -> Volume:
        """Makes a volume from a snapshot, grown to its size where that is larger.

        `name`: The new LUN's name.

        `size_gib`: GiB, at least the size of the snapshot.

        `source_volume`: The volume of the snapshot.

        `snapshot`: The snapshot's name.

        `extra_specs`: The extra specs of the volume type. Keys zfssa:* override the backend's
        defaults; keys of other scopes are passed over. None: none. The block size of a clone is
        its source's and cannot be chosen.
        """
        request = CreateVolumeFromSnapshot(name, size_gib, source_volume, snapshot, extra_specs=extra_specs)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

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
    ) -> Volume:
        """Makes a volume from another volume, by way of a temporary snapshot that lives as long as
        the new volume does.

        `name`: The new LUN's name.

        `size_gib`: GiB, at least the size of the source.

        `source_volume`: The source LUN's name.

        `id`: The new volume's Cinder id, which names the temporary snapshot tmp-snapshot-<id>.
        None: taken from the name, without the prefix volume-.

        `extra_specs`: The extra specs of the volume type. Keys zfssa:* override the backend's
        defaults; keys of other scopes are passed over. None: none.
        """
        request = CreateClonedVolume(name, size_gib, source_volume, id=id, extra_specs=extra_specs)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

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
    ) -> ClonedImage:
        """Makes a volume from an image, by way of the cache. The first volume of an image has the
        image written; those after it are clones. That the cache declines is no failure.

        A transfer that fails, is cancelled or runs out of time leaves no cache entry. While the
        host transfers, the operation waits for its word as long as its time limit lets it, so give
        it one that suits the image.

        `name`: The new LUN's name.

        `size_gib`: GiB, at least the cache entry's size: the image's, rounded up, and one more
        where it is a whole number of GiB.

        `image_id`: The image's id, which names its cache entry.

        `image_updated_at`: When the image was last updated, in whatever form, as long as it is
        always the same.

        `initiator`: The iSCSI name of the host that writes the image.

        `image_virtual_size`: Bytes of the disk that the image holds; not 0.

        `extra_specs`: The extra specs of the volume type. Keys zfssa:* override the backend's
        defaults; keys of other scopes are passed over. None: none.

        `image_path`: The image's file, to be written by qemu-img over iSCSI from user space; its
        absolute path. None: the host transfers.

        `image_format`: With `image_path`: raw, qcow2 or vmdk, which is never guessed. None
        without.

        `qemu_img`: With `image_path`: the program. None: qemu-img, looked for in PATH.

        `transfer`: a coroutine function that writes the image through the connection that it gets,
        if it is not there yet. What it raises fails the operation; it is cancelled when the
        operation is.

        `progress`: is told how far it is.
        """
        request = CloneImage(name, size_gib, image_id, image_updated_at, initiator, image_virtual_size=image_virtual_size, extra_specs=extra_specs, image_path=image_path, image_format=image_format, qemu_img=qemu_img)
        return await self.call(
            request,
            timeout=timeout,
            operation_id=operation_id,
            progress=progress,
            transfer=transfer,
        )

    async def initialize_connection(
        self,
        volume: str,
        initiator: str,
        *,
        volume_id: str | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Connection:
        """Presents a volume to the host of an initiator, beside the hosts that have it already.

        `volume`: The LUN's name.

        `initiator`: The host's iSCSI name.

        `volume_id`: Cinder's id of the volume, handed back in the connection; None: the name.
        """
        request = InitializeConnection(volume, initiator, volume_id=volume_id)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def terminate_connection(
        self,
        volume: str,
        initiator: str | Every,
        *,
        still_attached: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Detached:
        """Takes a volume away from one host, or from all, and from nobody else.

        `volume`: The LUN's name.

        `initiator`: The host's iSCSI name; EVERY: every host.

        `still_attached`: With the flag ZFSSA_TERMINATE_STILL_ATTACHED: the initiators that still
        use the volume and must keep it; `initiator` too where its host has the volume attached
        once more. Without: not known; then a group that holds other initiators too keeps the
        volume.
        """
        request = TerminateConnection(volume, initiator, still_attached=still_attached)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def create_export(
        self,
        volume: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> None:
        """Prepares a volume for attachment. The appliance needs nothing: no request is sent.

        `volume`: The LUN's name.
        """
        request = CreateExport(volume)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def ensure_export(
        self,
        volume: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> None:
        """Called by Cinder for each volume in use at its start. No request is sent.

        `volume`: The LUN's name.
        """
        request = EnsureExport(volume)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def remove_export(
        self,
        volume: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> None:
        """Undoes create_export(). No request is sent.

        `volume`: The LUN's name.
        """
        request = RemoveExport(volume)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def get_manageable_volumes(
        self,
        *,
        marker: str | None = None,
        limit: int = 0,
        offset: int = 0,
        cinder_volumes: Sequence[Known] = (),
        sort_keys: Sequence[str] | None = None,
        sort_dirs: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Manageable:
        """Lists the LUNs of the backend's project and says of each whether it may be managed.

        `marker`: Begin after the entry with this reference; None: at the beginning. An entry that
        is not there is an error.

        `limit`: At most so many entries; 0: all.

        `offset`: Pass over so many entries, counted from the beginning or the marker.

        `cinder_volumes`: The volumes that Cinder has on this backend.

        `sort_keys`: reference or size, the most important first; None: reference.

        `sort_dirs`: asc or desc for each key; where one is missing, the last one given, or asc.
        """
        request = GetManageableVolumes(marker=marker, limit=limit, offset=offset, cinder_volumes=cinder_volumes, sort_keys=sort_keys, sort_dirs=sort_dirs)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def manage_existing_get_size(
        self,
        *,
        source_name: str | None = None,
        source_guid: str | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> ExistingSize:
        """Says how large an existing LUN is. Cinder asks before it calls manage_existing().

        `source_name`: The LUN's name, Cinder's source-name; None: told by its id.

        `source_guid`: The LUN's globally unique id, 32 hexadecimal digits; None: told by its name.
        Where both are given, both must fit.
        """
        request = ManageExistingGetSize(source_name=source_name, source_guid=source_guid)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

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
    ) -> Managed:
        """Takes an existing LUN under management: it gets the volume's name and the property
        cinder_managed, and nobody sees it any more, in one change. Refused is a LUN that is
        managed already, one that the option zfssa_manage_policy does not allow, and one that is
        not what the volume type says. Its snapshots are named, since they keep the volume from
        being deleted.

        May be repeated: a LUN that has the name and is managed is answered with `changed` 0.

        `name`: The volume's name, such as volume-<uuid>.

        `source_name`: The LUN's name, Cinder's source-name; None: told by its id.

        `source_guid`: The LUN's globally unique id, 32 hexadecimal digits; None: told by its name.
        Where both are given, both must fit.

        `extra_specs`: The extra specs of the volume type. What a key zfssa:* says must be so; the
        defaults of the backend do not matter here. None: none.

        `keep_presentation`: Leaves the hosts that see the LUN as they are.
        """
        request = ManageExisting(name, source_name=source_name, source_guid=source_guid, extra_specs=extra_specs, keep_presentation=keep_presentation)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def unmanage(
        self,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Unmanaged:
        """Lets a volume go: its LUN stays, is called unmanaged-<name>, and can be managed again.

        `name`: The volume's name.
        """
        request = Unmanage(name)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def get_manageable_snapshots(
        self,
        *,
        marker: str | None = None,
        limit: int = 0,
        offset: int = 0,
        cinder_snapshots: Sequence[Known] = (),
        sort_keys: Sequence[str] | None = None,
        sort_dirs: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Manageable:
        """Lists the snapshots in the backend's project and says of each whether it may be managed. As
        snapshots of two volumes may have one name, the marker may also be <volume>@<snapshot>.

        `marker`: Begin after the entry with this reference; None: at the beginning. An entry that
        is not there is an error.

        `limit`: At most so many entries; 0: all.

        `offset`: Pass over so many entries, counted from the beginning or the marker.

        `cinder_snapshots`: The snapshots that Cinder has on this backend.

        `sort_keys`: reference or size, the most important first; None: reference.

        `sort_dirs`: asc or desc for each key; where one is missing, the last one given, or asc.
        """
        request = GetManageableSnapshots(marker=marker, limit=limit, offset=offset, cinder_snapshots=cinder_snapshots, sort_keys=sort_keys, sort_dirs=sort_dirs)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def manage_existing_snapshot_get_size(
        self,
        volume: str,
        source_name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> ExistingSize:
        """Says how large a volume made from an existing snapshot would be: as large as its volume is
        now.

        `volume`: The LUN's name.

        `source_name`: The name that the snapshot has, Cinder's source-name.
        """
        request = ManageExistingSnapshotGetSize(volume, source_name)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def manage_existing_snapshot(
        self,
        volume: str,
        name: str,
        source_name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> ManagedSnapshot:
        """Takes a snapshot of a volume under management: it gets the name that Cinder will look for.
        Refused is one whose name says that it belongs to Cinder or to a clone already.

        May be repeated: where the old name is gone and the new one is there, `changed` is 0.

        `volume`: The LUN's name.

        `name`: The name that it gets, such as snapshot-<uuid>.

        `source_name`: The name that the snapshot has, Cinder's source-name.
        """
        request = ManageExistingSnapshot(volume, name, source_name)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def unmanage_snapshot(
        self,
        volume: str,
        name: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Unmanaged:
        """Lets a snapshot go: it stays, is called unmanaged-<name>, and can be managed again.

        `volume`: The LUN's name.

        `name`: The snapshot's name.
        """
        request = UnmanageSnapshot(volume, name)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def retype(
        self,
        name: str,
        *,
        extra_specs: Mapping[str, str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> Retyped:
        """Makes a volume what a new volume of the type would be, as far as that is possible in place:
        compression, write bias and provisioning. The block size cannot be changed: `in_place` is 0
        then, and nothing was changed.

        `name`: The LUN's name.

        `extra_specs`: The extra specs of the new volume type. None: none.
        """
        request = Retype(name, extra_specs=extra_specs)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

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
    ) -> Migration:
        """Moves a volume to another appliance by replication; under its name it is a volume of the
        backend there. Where that cannot be done it declines, which is a result and not an error:
        copy the bytes then. After an error the volume is where it was, unless the outcome says
        otherwise. It takes the time that the data take, so give a time limit that fits the volume.

        `name`: The LUN's name.

        `location_info`: location_info among the capabilities of the destination, as
        get_volume_stats() or the former driver gives it there. None: it has none, which is a
        reason to decline.

        `status`: Cinder's status of the volume; None: it has none.

        `vendor_name`: vendor_name among the capabilities of the destination; None: it is known to
        be right.

        `storage_protocol`: storage_protocol among them; None: it is known to be right.

        `login`: The user on the destination; None: the option zfssa_migration_destinations names
        it. Recovery after a crash knows the option alone.

        `password`: The user's password; None without a login. It is copied and the copy wiped
        after use.
        """
        request = MigrateVolume(name, location_info=location_info, status=status, vendor_name=vendor_name, storage_protocol=storage_protocol, login=login, password=password)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def update_migrated_volume(
        self,
        original_name: str,
        current_name: str,
        *,
        current_id: str | None = None,
        current_guid: str | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> MigratedVolume:
        """Gives a volume that was migrated to this backend the name of the volume that it replaces.
        Where that name is taken, the volume keeps its own, and `name_id` says so. May be repeated
        where the GUID is given.

        `original_name`: The name of the volume that was migrated.

        `current_name`: The name that the copy on this backend has.

        `current_id`: Cinder's id of the copy; None: taken from its name.

        `current_guid`: The GUID of the copy, as its provider id says; None: not known.
        """
        request = UpdateMigratedVolume(original_name, current_name, current_id=current_id, current_guid=current_guid)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def update_provider_info(
        self,
        *,
        volumes: Sequence[Known] = (),
        snapshots: Sequence[KnownSnapshot] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> ProviderInfo:
        """Says which of the volumes and snapshots that Cinder knows exist, and by which ids the
        appliance knows them.

        `volumes`: Volumes on this backend.

        `snapshots`: Snapshots on this backend.
        """
        request = UpdateProviderInfo(volumes=volumes, snapshots=snapshots)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def create_group(
        self,
        id: str,
        *,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> None:
        """Makes a group. The appliance needs nothing: no request is sent.

        `id`: Cinder's id.
        """
        request = CreateGroup(id)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def update_group(
        self,
        id: str,
        *,
        add_volumes: Sequence[str] | None = None,
        remove_volumes: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> None:
        """Adds volumes to a group and takes others out. Nothing is changed on the appliance; volumes
        that are added must exist.

        `id`: Cinder's id.

        `add_volumes`: The names of volumes that are added.

        `remove_volumes`: The names of volumes that are taken out.
        """
        request = UpdateGroup(id, add_volumes=add_volumes, remove_volumes=remove_volumes)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def delete_group(
        self,
        id: str,
        *,
        volumes: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> GroupDeleted:
        """Deletes the volumes of a group, clones within it first, and says of each what became of it.

        `id`: Cinder's id.

        `volumes`: The names of its volumes.
        """
        request = DeleteGroup(id, volumes=volumes)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def create_group_snapshot(
        self,
        id: str,
        *,
        members: Sequence[GroupMember] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> tuple[Snapshot, ...]:
        """Takes a snapshot of all volumes of a group at one instant, or none at all. May be repeated
        under one id.

        `id`: Cinder's id.

        `members`: The volumes and their snapshots.
        """
        request = CreateGroupSnapshot(id, members=members)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def delete_group_snapshot(
        self,
        id: str,
        *,
        members: Sequence[GroupMember] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> GroupDeleted:
        """Deletes the snapshots of a group, and says of each what became of it.

        `id`: Cinder's id.

        `members`: The volumes and their snapshots.
        """
        request = DeleteGroupSnapshot(id, members=members)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def create_group_from_src(
        self,
        id: str,
        *,
        volumes: Sequence[GroupClone] = (),
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> tuple[Volume, ...]:
        """Makes the volumes of a group from the snapshots of another, or from its volumes at one
        instant. All or none.

        `id`: Cinder's id.

        `volumes`: The volumes of the new group.
        """
        request = CreateGroupFromSrc(id, volumes=volumes)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def recover(
        self,
        *,
        operations: Sequence[str] | None = None,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> RecoverReport:
        """Finishes or rolls back what processes that died left of their operations. do_setup() does
        it too. May be called at any time and again.

        `operations`: Ids of operations whose processes are dead, whose results the host never got,
        and whose journals may be lost: what they made is looked for and taken away. None: none.
        """
        request = Recover(operations=operations)
        return await self.call(request, timeout=timeout, operation_id=operation_id)

    async def audit(
        self,
        *,
        volumes: Sequence[str] | None = None,
        snapshots: Sequence[str] | None = None,
        min_age_s: int = 0,
        fix: bool = False,
        fix_volumes: bool = False,
        any_age: bool = False,
        timeout: float | None = None,
        operation_id: str | None = None,
    ) -> AuditReport:
        """Looks for objects without an owner: volumes, snapshots, cached images, leftovers of
        migrations, journals. Without flags nothing is changed. With them only that is deleted
        which carries the engine's mark and has nothing that depends on it.

        `volumes`: The names of all volumes that the host has on this backend.

        `snapshots`: The names of all snapshots that the host has on this backend.

        `min_age_s`: Seconds; what is younger is passed over. 0: an hour.

        `fix`: Deletes temporary snapshots and cached images that nothing depends on, takes
        migrations back that nobody goes on with, and recovers journals.

        `fix_volumes`: Deletes volumes that the host does not know, too. Refused with an empty list
        of volumes. A volume is deleted only if it has been one for min_age_s: since it was made,
        managed, renamed or migrated here. One of which that is not known, such as a volume of the
        former driver, is reported and never deleted.

        `any_age`: Passes over nothing, however young.
        """
        request = Audit(volumes=volumes, snapshots=snapshots, min_age_s=min_age_s, fix=fix, fix_volumes=fix_volumes, any_age=any_age)
        return await self.call(request, timeout=timeout, operation_id=operation_id)
