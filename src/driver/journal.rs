//! What the driver's flows share: their journals, and the pieces of undoing.

use crate::appliance::{Appliance, Lun, LunChange, Presentation, ProjectRef};
use crate::config::{Config, LockDir};
use crate::driver::Driver;
use crate::driver::age::since_now;
use crate::driver::migrate::marker::maker_of;
use crate::error::{Error, Outcome, Result, Status};
use crate::flow::{Backend, Begun, Flow, Flows, Left, LeftOn, Verdict};
use crate::local::Local;
use crate::lock::{FileLocks, Held, Locks, Space, usual_directory};
use crate::scope::Scope;

/// The journals of a backend.
pub(super) fn journals(config: &Config, local: &Local) -> Flows {
    let backend = Backend {
        appliance: config.appliance.to_string(),
        pool: config.pool.clone(),
        project: config.project.clone(),
    };
    let late = config.timeouts.late_request;
    Flows::new(config.state_dir.clone(), backend, late, local.clone())
}

/// The locks of a backend.
pub(super) fn locks(config: &Config) -> Locks {
    let place = |project: &str| format!("{}/{project}", config.pool);
    // The same text in every process of the backend, whatever else they are configured with.
    let space = Space {
        appliance: config.appliance.to_string().to_ascii_lowercase(),
        volumes: place(&config.project),
        images: place(&config.cache_project),
    };
    let directory = match &config.lock_dir {
        LockDir::Nowhere => None,
        LockDir::At(directory) => Some(directory.clone()),
        LockDir::Usual => usual_directory()
            .map_err(|why| tracing::warn!("{}", no_usual_directory(&why)))
            .ok(),
    };
    let files = directory.map(|directory| Box::new(FileLocks::new(directory)) as _);
    Locks::new(space, files)
}

/// What is said where lock files should be and cannot be.
pub(super) fn no_usual_directory(why: &str) -> String {
    format!(
        "no directory for lock files can be used ({why}), so locks hold inside this process alone; \
         set zfssa_lock_dir"
    )
}

impl Driver {
    /// Runs a flow under its journal. Its locks are held, and [`Driver::settle_left`] was called
    /// before they were taken.
    pub(super) async fn run_flow<F: Flow<Driver>>(&self, scope: &Scope, flow: F) -> Result<F> {
        self.run_flow_in(self, scope, flow).await
    }

    /// The same for a flow whose steps work on more than this backend.
    pub(super) async fn run_flow_in<W, F>(&self, world: &W, scope: &Scope, flow: F) -> Result<F>
    where
        W: Sync,
        F: Flow<W>,
    {
        match self.0.flows.begin(scope, &flow).await? {
            Begun::Ready(journal) => self.0.flows.run(world, scope, flow, journal).await,
            Begun::Left(left) => Err(Error::new(
                Status::Busy,
                format!(
                    "{} was left on {} a moment ago; call again",
                    left.kind(),
                    left.object()
                ),
            )),
        }
    }

    /// Locks a volume, once what a dead process left on it is recovered. Fails with the status busy
    /// where a live process that does not share the locks works on it under a journal.
    pub(super) async fn lock_settled(&self, scope: &Scope, name: &str) -> Result<Held> {
        let settled = self.settle_left(scope, name).await?;
        let held = self.lock_volume(scope, name).await?;
        if !settled && !matches!(self.0.flows.left_on(scope, name).await?, LeftOn::Nothing) {
            return Err(Error::new(
                Status::Busy,
                format!("another operation on volume {name} is under way in another process"),
            ));
        }
        Ok(held)
    }

    /// Recovers what a dead process left on an object, before anything new is done to it. False
    /// where a live process works on it: its locks have to be waited for.
    pub(super) async fn settle_left(&self, scope: &Scope, object: &str) -> Result<bool> {
        match self.0.flows.left_on(scope, object).await? {
            LeftOn::Nothing => Ok(true),
            LeftOn::Busy => Ok(false),
            LeftOn::Flow(left) => {
                // It is large and rare, and every operation on a volume holds it.
                Box::pin(self.settle(scope, *left)).await?;
                Ok(true)
            }
        }
    }

    /// Recovers it.
    pub(super) async fn settle(&self, scope: &Scope, left: Left) -> Result<()> {
        let what = format!("{} of {}", left.kind(), left.name());
        let object = left.object().to_owned();
        let recovered = self.recover_left(scope, left).await;
        self.settled(scope, &what, &object, recovered).await
    }

    /// What recovering something before anything else came to. What is in doubt makes room: what
    /// it may still make is found by its journal and its mark.
    pub(super) async fn settled(
        &self,
        scope: &Scope,
        what: &str,
        object: &str,
        recovered: Result<Verdict>,
    ) -> Result<()> {
        match recovered {
            Ok(verdict) => {
                if matches!(verdict, Verdict::InDoubt { .. }) {
                    self.0.flows.step_aside(scope, object).await?;
                }
                tracing::info!(what, ?verdict, "an earlier operation was settled first");
                Ok(())
            }
            Err(error) => {
                Err(error.with_context(format!("an earlier {what} could not be settled")))
            }
        }
    }

    /// Marks a LUN that an earlier attempt made as made by this one: were the earlier one taken back
    /// later, it must leave the LUN alone. What no attempt would take back is left as it is.
    pub(super) async fn adopt(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: Lun,
    ) -> Result<Lun> {
        if maker_of(&lun).is_none_or(|maker| maker == *scope.maker()) {
            return Ok(lun);
        }
        let since = since_now();
        let change = LunChange {
            operation: Some(scope.maker().mark()),
            since: Some(&since),
            ..LunChange::default()
        };
        let adopted = self
            .appliance()
            .change_lun(scope, place, &lun.name, &change)
            .await?;
        let same = adopted.is_same(&lun.guid);
        let same = same.map_err(|error| error.with_outcome(Outcome::Applied))?;
        if same && change.shows_in(&adopted) {
            return Ok(adopted);
        }
        Err(Error::new(
            Status::StateChanged,
            format!("volume {} was replaced while it was looked at", lun.name),
        )
        .with_outcome(Outcome::Applied))
    }

    /// Deletes a LUN if the scope's attempt made it. A LUN that was presented meanwhile, or that has
    /// a snapshot which would keep a volume from being deleted, is in use: it is kept, and its
    /// deletion has failed.
    pub(super) async fn delete_own_lun(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
    ) -> Result<()> {
        let appliance = self.appliance();
        let Some(lun) = appliance.find_lun_to_delete(scope, place, name).await? else {
            return Ok(());
        };
        if !scope.maker().wrote(lun.operation.as_deref()) {
            return Ok(());
        }
        let hosts: Vec<&str> = lun.presented_to().collect();
        if !hosts.is_empty() && !canary!("undone-although-presented") {
            return Err(Error::new(
                Status::VolumeBusy,
                format!("volume {name} is presented to {} already", hosts.join(", ")),
            ));
        }
        let snapshots = appliance.snapshots(scope, place, name).await?;
        let blockers = self.blockers(scope, place, name, snapshots).await?;
        if let Some(blocker) = blockers.first()
            && !canary!("undone-with-its-snapshots")
        {
            return Err(Error::new(
                Status::VolumeBusy,
                format!("volume {name} has {blocker} already"),
            ));
        }
        if lun.nodestroy {
            protect(appliance, scope, place, name, false).await?;
        }
        appliance.delete_lun(scope, place, name).await?;
        Ok(())
    }

    /// Deletes a temporary snapshot, unless something was cloned from it.
    pub(super) async fn delete_unused_snapshot(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        volume: &str,
        name: &str,
    ) -> Result<()> {
        let appliance = self.appliance();
        let found = appliance.find_snapshot_to_delete(scope, place, volume, name);
        if found.await?.is_none() {
            return Ok(());
        }
        let look = || appliance.dependents(scope, place, volume, name);
        let clones = appliance.proven(scope, place, look).await?;
        if clones.is_some_and(|clones| clones.is_empty()) {
            appliance
                .delete_snapshot(scope, place, volume, name)
                .await?;
        }
        Ok(())
    }
}

/// Sets or takes away what keeps a LUN from being destroyed.
pub(super) async fn protect(
    appliance: &Appliance,
    scope: &Scope,
    place: ProjectRef<'_>,
    name: &str,
    protection: bool,
) -> Result<()> {
    let change = LunChange {
        nodestroy: Some(protection),
        ..LunChange::default()
    };
    appliance.change_lun(scope, place, name, &change).await?;
    Ok(())
}

/// Takes a LUN away from every host. Answers with the LUN that it is then.
pub(super) async fn hide(
    appliance: &Appliance,
    scope: &Scope,
    place: ProjectRef<'_>,
    name: &str,
) -> Result<Lun> {
    let change = LunChange {
        initiator_groups: Some(Presentation::masked()),
        ..LunChange::default()
    };
    appliance.change_lun(scope, place, name, &change).await
}
