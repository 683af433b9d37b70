//! One backend: an appliance, a pool and a project.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::appliance::{Appliance, List, Lun, ProjectRef};
use crate::config::{Config, Credentials};
use crate::coordination::{Coordination, share_connections};
use crate::driver::attach::initiator_index::InitiatorGroupCache;
use crate::driver::attach::target::TargetCache;
use crate::driver::local_state;
use crate::driver::metrics::counters::OperationCounters;
use crate::driver::metrics::snapshot::Metrics;
use crate::driver::request::pages::Pages;
use crate::error::{Error, Outcome, Result, Status};
use crate::flow::Flows;
use crate::local::{Local, is_name};
use crate::lock::{Held, Key, Locks, Mode};
use crate::rest::Rest;
use crate::scope::Scope;
use crate::sync;

/// One backend: an appliance, a pool and a project. Cheap to clone; clones are the same backend.
///
/// Its operations must run inside a tokio runtime with time and I/O enabled.
#[derive(Clone)]
pub struct Driver(pub(super) Arc<Inner>);

pub(super) struct Inner {
    config: Config,
    pub(super) local: Local,
    appliance: Appliance,
    pub(super) coordination: Option<Coordination>,
    pub(super) locks: Locks,
    pub(super) flows: Flows,
    pub(super) initiator_groups: InitiatorGroupCache,
    pub(super) target: TargetCache,
    pub(super) pages: Pages,
    pub(super) shutdown: CancellationToken,
    /// The task that shares connections with other hosts, until the first operation spawns it.
    pace: Mutex<Option<BoxFuture<'static, ()>>>,
    pub(super) operations: OperationCounters,
}

impl Driver {
    /// Prepares the backend, and starts the threads that it needs for files and names. Nothing
    /// is sent to the appliance.
    ///
    /// # Errors
    ///
    /// `Config` and `Tls` by what the options name, `LocalIo` when a thread cannot be started.
    pub fn new(config: Config) -> Result<Driver> {
        Driver::on(config, Local::default())
    }

    /// The same, with threads shared with other backends.
    pub fn on(config: Config, local: Local) -> Result<Driver> {
        hold_threads(&config, &local)?;
        let rest = Rest::on((&config).into(), local.clone(), Arc::default())?;
        let late = config.timeouts.late_request;
        let longest = config.timeouts.longest_request();
        let coordination = match &config.coordination {
            Some(coordination) => Some(Coordination::new(coordination, longest, &local)?),
            None => None,
        };
        let shutdown = CancellationToken::new();
        let total = config
            .coordination
            .as_ref()
            .and_then(|it| it.max_connections_total);
        let pace = coordination
            .as_ref()
            .zip(total)
            .map(|(coordination, total)| {
                let most = config.limits.max_connections;
                share_connections(coordination, rest.clone(), most, total, shutdown.clone())
            });
        Ok(Driver(Arc::new(Inner {
            locks: local_state::locks(&config, coordination.as_ref()),
            flows: local_state::journals(&config, coordination.as_ref(), &local),
            coordination,
            config,
            local,
            appliance: Appliance::new(rest, late),
            initiator_groups: InitiatorGroupCache::new(),
            target: TargetCache::new(),
            pages: Pages::new(),
            shutdown,
            pace: Mutex::new(pace),
            operations: OperationCounters::default(),
        })))
    }

    /// Configuration of the backend.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Appliance of the backend.
    pub fn appliance(&self) -> &Appliance {
        &self.0.appliance
    }

    /// Takes a snapshot of the metrics. Sends no request and does not wait.
    pub fn metrics(&self) -> Metrics {
        let most = self.0.config.limits.max_connections;
        Metrics {
            lock_waits: self.0.locks.waits(),
            coordination: self.0.coordination.as_ref().map(Coordination::metrics),
            ..self.0.operations.snapshot(self.appliance().rest(), most)
        }
    }

    /// Spawns what works in the background, with the first operation: a driver is made without a
    /// runtime.
    pub(super) fn start_background(&self) {
        if let Some(pace) = sync::lock(&self.0.pace).take() {
            tokio::spawn(pace);
        }
    }

    /// Stops every operation in flight, while their rollback continues, and refuses new ones.
    pub fn shut_down(&self) {
        self.0.shutdown.cancel();
    }

    /// Ends the session on the appliance, and this driver's lease in etcd if it holds no lock, as far
    /// as that is possible within `time`.
    pub async fn log_out(&self, time: Duration) {
        let coordination = async {
            if let Some(coordination) = &self.0.coordination {
                coordination.close(time).await;
            }
        };
        tokio::join!(self.appliance().log_out(time), coordination);
    }

    /// The project of the volumes.
    pub(super) fn place(&self) -> ProjectRef<'_> {
        ProjectRef {
            pool: &self.0.config.pool,
            project: &self.0.config.project,
        }
    }

    /// Keeps a lock after an error in doubt until the request can no longer be carried out, so that
    /// it does not overwrite the next holder's change.
    pub(super) fn keep_in_doubt(&self, held: Held, error: &Error) {
        if error.outcome() == Outcome::Unknown {
            held.keep_for(self.appliance().late_time());
        }
    }

    pub(super) async fn lock_volume(&self, scope: &Scope, name: &str) -> Result<Held> {
        self.0.locks.lock(scope, Key::Lun(name.to_owned())).await
    }

    /// Locks several volumes, in the global order of locks.
    pub(super) async fn lock_volumes(&self, scope: &Scope, names: &[&str]) -> Result<Vec<Held>> {
        let names = names.iter().filter(|name| !name.is_empty());
        let keys = names.map(|name| (Key::Lun((*name).to_owned()), Mode::Alone));
        self.0.locks.all(scope, keys).await
    }

    /// A volume by name; `None` only if its absence is proven.
    pub(super) async fn find_volume(&self, scope: &Scope, name: &str) -> Result<Option<Lun>> {
        let place = self.place();
        self.appliance().find_lun_proven(scope, place, name).await
    }

    /// A volume by name.
    ///
    /// # Errors
    ///
    /// `VolumeNotFound`, only where the project is served here.
    pub(super) async fn volume(&self, scope: &Scope, name: &str) -> Result<Lun> {
        self.volume_in(scope, self.place(), name).await
    }

    /// The same, in another project of the pool.
    pub(super) async fn volume_in(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
    ) -> Result<Lun> {
        let found = self.appliance().find_lun_proven(scope, place, name).await?;
        found.ok_or_else(|| self.no_such_volume(name))
    }

    /// All LUNs of the backend's project, which must be served here.
    pub(super) async fn luns_of_project(&self, scope: &Scope) -> Result<List<Lun>> {
        self.luns_of_project_as(scope, Some).await
    }

    /// What `keep` makes of each of them.
    pub(super) async fn luns_of_project_as<U: Send>(
        &self,
        scope: &Scope,
        keep: impl FnMut(Lun) -> Option<U> + Send,
    ) -> Result<List<U>> {
        match self.appliance().luns_as(scope, self.place(), keep).await {
            Err(error) if error.is_not_found() => {
                let served = self.appliance().must_serve(scope, self.place()).await;
                Err(served.err().unwrap_or(error))
            }
            other => other,
        }
    }

    /// Meaning of a 404 for a part of a volume: the volume does not exist, the head did not serve
    /// it at that moment, or the result of `otherwise`.
    pub(super) async fn absence(
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

    /// Error of a volume that does not exist.
    pub(super) fn no_such_volume(&self, name: &str) -> Error {
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

/// Starts the threads that a backend's operations need, so that none fails halfway because a thread
/// cannot be started.
fn hold_threads(config: &Config, local: &Local) -> Result<()> {
    let has_files =
        config.state_dir.is_some() || matches!(config.credentials, Credentials::TokenFile(_));
    if has_files {
        local.hold_files()?;
    }
    let destinations = &config.migration_destinations;
    let appliances = destinations.iter().map(|listed| &listed.appliance);
    let coordination = config.coordination.iter().flat_map(|it| &it.endpoints);
    let mut hosts = appliances
        .chain([&config.appliance])
        .map(|endpoint| &endpoint.host)
        .chain(config.target_portals.iter().map(|portal| &portal.host))
        .chain(coordination.map(|member| &member.host));
    if hosts.any(|host| is_name(host)) {
        local.hold_names()?;
    }
    Ok(())
}
