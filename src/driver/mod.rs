//! The operations of the driver, in the words of Cinder.
//!
//! One file holds one capability: the request types, their outputs, and the work. Every
//! operation may be called again safely after any failure: it finds what an earlier call made.

mod age;
mod attach;
mod contract;
mod echo;
mod group;
mod image;
mod journal;
mod manage;
mod migrate;
mod naming;
mod one_or_every;
mod operation;
mod rollback;
mod setup;
mod stats;
mod together;
mod ttl_cache;
mod upkeep;
mod volume;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::Instrument;

pub use attach::connections::{Connection, ConnectionAuth, InitializeConnection};
pub use attach::detach::{Detached, TerminateConnection};
pub use attach::exports::{CreateExport, EnsureExport, Nothing, RemoveExport};
pub use contract::{Changes, Contract, Description, Lock, RequestBudget};
pub use echo::{Echo, Echoed};
pub use group::groups::{
    CreateGroup, CreateGroupFromSrc, CreateGroupSnapshot, DeleteGroup, DeleteGroupSnapshot,
    DeletedPart, GroupClone, GroupDeleted, GroupMember, UpdateGroup,
};
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
pub use migrate::operation::{MigrateVolume, Migration};
pub use migrate::preflight::Decline;
pub use one_or_every::OneOrEvery;
pub use operation::{Call, Operation, Timeout};
pub use setup::check::{CheckForSetupError, CheckReport};
pub use setup::operation::{CertificateReport, DoSetup, GetCertificate, SetupReport};
pub use stats::{GetVolumeStats, VolumeStats};
pub use upkeep::audit::{Audit, AuditFinding, AuditReport};
pub use upkeep::recover::{Recover, RecoverReport, Recovered, Settled};
pub use volume::clones::{CreateClonedVolume, CreateVolumeFromSnapshot};
pub use volume::retype::{Retype, Retyped};
pub use volume::revert::RevertToSnapshot;
pub use volume::snapshots::{CreateSnapshot, DeleteSnapshot, ListSnapshots, Snapshot, Snapshots};
pub use volume::volumes::{
    CreateVolume, DeleteVolume, Deleted, ExtendVolume, GetVolume, ListVolumes, Origin, Volume,
    Volumes,
};

use crate::appliance::{Appliance, Lun, ProjectRef};
use crate::config::Config;
use crate::driver::attach::initiator_index::{InitiatorIndex, TargetAddress};
use crate::driver::ttl_cache::TtlCache;
use crate::error::{Error, Outcome, Result, Status};
use crate::flow::Flows;
use crate::local::{Local, is_name};
use crate::lock::{Held, Key, Locks};
pub use crate::progress::{Progress, ProgressStep};
use crate::rest::Rest;
use crate::scope::Scope;

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
];

/// Bytes in a GiB, the unit of Cinder's sizes.
const GIB: u64 = 1 << 30;

/// How long what was read of initiator groups and of the target is believed. The groups are read
/// again at once when an attachment shows that they changed; of the target nothing shows it.
const BELIEF: Duration = Duration::from_secs(30);

/// One backend: an appliance, a pool and a project. Cheap to clone; clones are the same backend.
///
/// Its operations must run inside a tokio runtime with time and I/O enabled.
#[derive(Clone)]
pub struct Driver(Arc<Inner>);

struct Inner {
    config: Config,
    local: Local,
    appliance: Appliance,
    locks: Locks,
    flows: Flows,
    groups: TtlCache<InitiatorIndex>,
    target: TtlCache<TargetAddress>,
    shutdown: CancellationToken,
}

impl Driver {
    /// Prepares the backend, and starts the threads that it needs for journals and names. Nothing
    /// is sent to the appliance.
    ///
    /// # Errors
    ///
    /// `Config` and `Tls` by what the options name, `LocalIo` when a thread cannot be started.
    pub fn new(config: Config) -> Result<Driver> {
        Driver::on(config, Local::default())
    }

    /// The same, with threads that other backends use, too.
    pub fn on(config: Config, local: Local) -> Result<Driver> {
        hold_threads(&config, &local)?;
        let rest = Rest::on((&config).into(), local.clone())?;
        let late = config.timeouts.late_request;
        Ok(Driver(Arc::new(Inner {
            locks: journal::locks(&config),
            flows: journal::journals(&config, &local),
            config,
            local,
            appliance: Appliance::new(rest, late),
            groups: TtlCache::new(BELIEF),
            target: TtlCache::new(BELIEF),
            shutdown: CancellationToken::new(),
        })))
    }

    /// The configuration it was made with.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The appliance behind it.
    pub fn appliance(&self) -> &Appliance {
        &self.0.appliance
    }

    /// The bounds of one call, by what the caller said and the configuration.
    pub fn scope(&self, call: Call) -> Scope {
        let timeouts = &self.0.config.timeouts;
        let timeout = match call.timeout {
            Timeout::Configured => Some(timeouts.operation),
            Timeout::Unlimited => None,
            Timeout::After(time) => Some(time),
        };
        let id = call
            .operation_id
            .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        Scope::new(
            id,
            timeout,
            timeouts.undo,
            call.cancel,
            self.0.shutdown.clone(),
        )
        .telling(call.progress)
    }

    /// Runs an operation in a scope made by [`Driver::scope`].
    pub async fn run<O: Operation>(&self, operation: O, scope: &Scope) -> Result<O::Output> {
        let resource = operation.resource();
        let span = tracing::info_span!(
            target: "zfssa",
            "operation",
            name = O::NAME,
            resource = resource.as_str(),
            id = scope.id(),
        );
        async {
            let result = match scope.stopped() {
                Some(stop) => Err(stop.error(Outcome::None)),
                None => operation.run(self, scope).await,
            };
            match &result {
                Ok(_) => tracing::info!(requests = scope.requests(), "done"),
                Err(error) => {
                    // What is declared is what the hosts are told to expect.
                    debug_assert!(
                        O::CONTRACT.may_fail_with(error.status()),
                        "{} does not declare {error:?}",
                        O::NAME
                    );
                    tracing::warn!(requests = scope.requests(), ?error, "failed");
                }
            }
            result
        }
        .instrument(span)
        .await
        .map_err(|error| error.in_operation(O::NAME, resource))
    }

    /// Runs an operation with the configured bounds.
    pub async fn call<O: Operation>(&self, operation: O) -> Result<O::Output> {
        self.run(operation, &self.scope(Call::default())).await
    }

    /// Stops every operation in flight (their undoing goes on) and refuses new ones.
    pub fn shut_down(&self) {
        self.0.shutdown.cancel();
    }

    /// Ends the session on the appliance, as far as that is possible within `time`.
    pub async fn log_out(&self, time: Duration) {
        let token = CancellationToken::new;
        let scope = Scope::new("log-out", Some(time), time, token(), token());
        self.appliance().rest().log_out(&scope).await;
    }

    /// The project of the volumes.
    fn place(&self) -> ProjectRef<'_> {
        ProjectRef {
            pool: &self.0.config.pool,
            project: &self.0.config.project,
        }
    }

    /// Keeps a lock as long as a request in doubt may still be carried out, where an error is one:
    /// who gets the lock next must not be overwritten by it.
    fn keep_in_doubt(&self, held: Held, error: &Error) {
        if error.outcome() == Outcome::Unknown {
            held.keep_for(self.appliance().late_time());
        }
    }

    async fn lock_volume(&self, scope: &Scope, name: &str) -> Result<Held> {
        self.0.locks.lock(scope, Key::Lun(name.to_owned())).await
    }

    /// A volume by name; `None` only where its absence is proven.
    async fn find_volume(&self, scope: &Scope, name: &str) -> Result<Option<Lun>> {
        let place = self.place();
        self.appliance().find_lun_proven(scope, place, name).await
    }

    /// What a 404 for something of a volume means, in the end: that the volume does not exist,
    /// that the head did not serve it at that moment, or what `otherwise` makes of the answer.
    async fn absence(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        volume: &str,
        answer: Error,
        otherwise: impl FnOnce(Error) -> Error,
    ) -> Error {
        match self.appliance().find_lun_proven(scope, place, volume).await {
            Ok(None) => self.no_such_volume(volume).joined_by(answer),
            Ok(Some(_)) => otherwise(answer),
            Err(unproven) => unproven.joined_by(answer),
        }
    }

    /// The error of a volume that is not there.
    fn no_such_volume(&self, name: &str) -> Error {
        Error::new(
            Status::VolumeNotFound,
            format!(
                "volume {name} does not exist in project {} of pool {}",
                self.0.config.project, self.0.config.pool
            ),
        )
        .with_outcome(Outcome::None)
    }
}

/// Starts the threads that a backend's operations are going to need, so that none of them fails
/// in the middle for want of one.
fn hold_threads(config: &Config, local: &Local) -> Result<()> {
    if config.state_dir.is_some() {
        local.hold_files()?;
    }
    let destinations = &config.migration_destinations;
    let appliances = destinations.iter().map(|listed| &listed.appliance);
    let mut hosts = appliances
        .chain([&config.appliance])
        .map(|endpoint| &endpoint.host)
        .chain(config.target_portals.iter().map(|portal| &portal.host));
    if hosts.any(|host| is_name(host)) {
        local.hold_names()?;
    }
    Ok(())
}

/// A volume's size in bytes, from Cinder's GiB.
fn bytes_of_gib(size_gib: u64) -> Result<u64> {
    match size_gib.checked_mul(GIB) {
        Some(bytes) if size_gib > 0 => Ok(bytes),
        _ => Err(Error::invalid_argument(
            "size_gib",
            size_gib,
            "use a whole number of GiB, at least 1",
        )),
    }
}
