//! Operations of the driver, with Cinder's names.
//!
//! A folder holds one subject, and a file of it one operation or one part of its work. Every
//! operation may be called again safely after any failure: it finds what an earlier call made.

mod age;
mod api_token;
mod attach;
mod backend;
mod contract;
mod deferred;
mod echo;
mod group;
mod image;
mod journal;
mod local_state;
mod manage;
mod metrics;
mod migrate;
mod naming;
mod operation;
mod recovery;
mod request;
mod rollback;
mod setup;
mod size;
mod stats;
mod ttl_cache;
mod upkeep;
mod volume;

pub use crate::progress::{Progress, ProgressStep};
pub use api_token::create::{CreateApiToken, CreatedApiToken};
pub use attach::connection::{Connection, ConnectionAuth};
pub use attach::connections::InitializeConnection;
pub use attach::detach::{Detached, TerminateConnection};
pub use attach::exports::{CreateExport, EnsureExport, Nothing, RemoveExport};
pub use backend::Driver;
pub use contract::{Changes, Contract, Lock, RequestBudget};
pub use echo::{Echo, Echoed};
pub use group::groups::{
    CreateGroup, CreateGroupFromSrc, DeleteGroup, DeletedPart, GroupClone, GroupDeleted,
    UpdateGroup,
};
pub use group::snapshots::{CreateGroupSnapshot, DeleteGroupSnapshot, GroupMember};
pub use image::clone_image::{CloneImage, ClonedImage};
pub use image::qemu_img::QemuImg;
pub use image::transfer::{HostTransfer, ImageTransfer, TransferReply, Transferring};
pub use manage::adopt::{
    ExistingRef, ExistingSize, ManageExisting, ManageExistingGetSize, Managed,
};
pub use manage::candidates::{
    GetManageableSnapshots, GetManageableVolumes, KnownObject, Manageable, ManageableEntry, Page,
};
pub use manage::provider_info::{
    KnownSnapshot, MigratedVolume, ProviderId, ProviderInfo, UpdateMigratedVolume,
    UpdateProviderInfo,
};
pub use manage::release::{Unmanage, Unmanaged};
pub use manage::snapshots::{
    ManageExistingSnapshot, ManageExistingSnapshotGetSize, ManagedSnapshot, UnmanageSnapshot,
};
pub use metrics::snapshot::{Metrics, RESULTS};
pub use metrics::table::{METRICS, Metric, MetricKind};
pub use migrate::operation::Migration;
pub use migrate::preflight::Decline;
pub use migrate::request::MigrateVolume;
pub use operation::{Call, Description, Operation, Timeout};
pub use recovery::{RecoverReport, Recovered, Settled};
pub use request::one_or_every::OneOrEvery;
pub use setup::check::{CheckForSetupError, CheckReport};
pub use setup::operation::{CertificateReport, DoSetup, GetCertificate, SetupReport};
pub use stats::{GetVolumeStats, VolumeStats};
pub use upkeep::audit::{Audit, AuditReport};
pub use upkeep::audit_finding::AuditFinding;
pub use upkeep::recover::Recover;
pub use volume::clone::{CreateClonedVolume, CreateVolumeFromSnapshot};
pub use volume::create::CreateVolume;
pub use volume::delete::DeleteVolume;
pub use volume::delete_flow::Deleted;
pub use volume::extend::ExtendVolume;
pub use volume::lookup::{GetVolume, ListVolumes, Origin, Volume, VolumeProperty, Volumes};
pub use volume::retype::{Retype, Retyped};
pub use volume::revert::RevertToSnapshot;
pub use volume::snapshots::{CreateSnapshot, DeleteSnapshot, ListSnapshots, Snapshot, Snapshots};

/// Every operation.
pub const OPERATIONS: &[Description] = &[
    Description::of::<Echo>(),
    Description::of::<DoSetup>(),
    Description::of::<CheckForSetupError>(),
    Description::of::<GetCertificate>(),
    Description::of::<GetVolumeStats>(),
    Description::of::<CreateVolume>(),
    Description::of::<DeleteVolume>(),
    Description::of::<ExtendVolume>(),
    Description::of::<GetVolume>(),
    Description::of::<ListVolumes>(),
    Description::of::<CreateSnapshot>(),
    Description::of::<DeleteSnapshot>(),
    Description::of::<ListSnapshots>(),
    Description::of::<CreateVolumeFromSnapshot>(),
    Description::of::<CreateClonedVolume>(),
    Description::of::<CloneImage>(),
    Description::of::<InitializeConnection>(),
    Description::of::<TerminateConnection>(),
    Description::of::<CreateExport>(),
    Description::of::<EnsureExport>(),
    Description::of::<RemoveExport>(),
    Description::of::<ManageExisting>(),
    Description::of::<ManageExistingGetSize>(),
    Description::of::<Unmanage>(),
    Description::of::<GetManageableVolumes>(),
    Description::of::<GetManageableSnapshots>(),
    Description::of::<ManageExistingSnapshot>(),
    Description::of::<ManageExistingSnapshotGetSize>(),
    Description::of::<UnmanageSnapshot>(),
    Description::of::<UpdateProviderInfo>(),
    Description::of::<UpdateMigratedVolume>(),
    Description::of::<Retype>(),
    Description::of::<RevertToSnapshot>(),
    Description::of::<CreateGroup>(),
    Description::of::<UpdateGroup>(),
    Description::of::<DeleteGroup>(),
    Description::of::<CreateGroupSnapshot>(),
    Description::of::<DeleteGroupSnapshot>(),
    Description::of::<CreateGroupFromSrc>(),
    Description::of::<Audit>(),
    Description::of::<Recover>(),
    Description::of::<MigrateVolume>(),
    Description::of::<CreateApiToken>(),
];
