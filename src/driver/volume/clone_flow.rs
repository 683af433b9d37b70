//! Flow that creates a volume from a snapshot: take the snapshot, clone it, grow the clone.

use serde::{Deserialize, Serialize};

use crate::appliance::{Lun, LunChange, NewClone, Presentation, ProjectRef};
use crate::config::DeleteWithClones;
use crate::driver::age::since_now;
use crate::driver::backend::Driver;
use crate::driver::deferred::rename::{delete_snapshot_unless_needed, rename_snapshot};
use crate::driver::naming::is_deferred;
use crate::driver::rollback::{delete_own_lun, delete_unused_snapshot};
use crate::driver::volume::create::adopt;
use crate::driver::volume::extend::grow;
use crate::driver::volume::properties::{
    CloneProperties, RefusedProperties, must_show, must_show_policy,
};
use crate::error::{Error, Outcome, Result, Status};
use crate::flow::{Effect, Flow};
use crate::lock::{Key, Mode};
use crate::scope::Scope;

/// The requested clone and its progress.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::driver) struct CloneFlow {
    /// The new LUN.
    pub(in crate::driver) name: String,
    /// Bytes.
    pub(in crate::driver) size: u64,
    /// Where the source is.
    pub(in crate::driver) source_project: String,
    /// The LUN that it is made from.
    pub(in crate::driver) source: String,
    /// Its snapshot.
    pub(in crate::driver) snapshot: String,
    /// The snapshot is made for this clone and lives as long.
    pub(in crate::driver) temporary: bool,
    /// The volume type's extra specs.
    pub(in crate::driver) extra_specs: Vec<(String, String)>,
    /// The size of the clone as it was made; nothing before.
    #[serde(default)]
    pub(in crate::driver) made_with: Option<u64>,
    /// The clone as it was last seen.
    #[serde(skip)]
    pub(in crate::driver) lun: Option<Lun>,
    /// Whether this operation made the clone.
    #[serde(skip)]
    pub(in crate::driver) own: bool,
}

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::driver) enum CloneStep {
    TakeSnapshot,
    MakeClone,
    Grow,
}

impl CloneFlow {
    /// Whether a LUN is a clone of the wanted snapshot.
    fn is_origin_of(&self, lun: &Lun) -> bool {
        lun.origin
            .as_ref()
            .is_some_and(|origin| origin.share == self.source && origin.snapshot == self.snapshot)
    }

    /// The locks under which it runs.
    pub(in crate::driver) fn keys(&self) -> [(Key, Mode); 2] {
        [
            (Key::Lun(self.name.clone()), Mode::Alone),
            (Key::Lun(self.source.clone()), Mode::Shared),
        ]
    }

    pub(in crate::driver) fn source_place<'a>(&'a self, driver: &'a Driver) -> ProjectRef<'a> {
        ProjectRef {
            project: &self.source_project,
            ..driver.place()
        }
    }

    fn saw(&mut self, scope: &Scope, lun: Lun) {
        self.own = lun.is_made_by(scope.maker());
        self.made_with = Some(lun.size);
        self.lun = Some(lun);
    }

    fn other_volume(&self, exists: Error) -> Error {
        exists
            .with_status(Status::VolumeExists)
            .with_context(format!(
                "a volume {} exists and is not a clone of {}@{}",
                self.name, self.source, self.snapshot
            ))
    }

    /// Refuses a size below the clone's. The outcome says whether the clone is this flow's.
    fn fits(&self, lun: &Lun, outcome: Outcome) -> Result<()> {
        if lun.size <= self.size {
            return Ok(());
        }
        Err(Error::new(
            Status::InvalidSize,
            format!(
                "volume {} was to have {} bytes, and its source {}@{} has {}; ask for at least \
                 as much",
                self.name, self.size, self.source, self.snapshot, lun.size
            ),
        )
        .with_outcome(outcome))
    }

    /// Takes the temporary snapshot of a clone, or finds the clone that an earlier call made from
    /// it. A snapshot that an earlier call left without a clone is taken again: the source may have
    /// changed since.
    async fn take_snapshot(&mut self, driver: &Driver, scope: &Scope) -> Result<Effect> {
        let (appliance, place) = (driver.appliance(), self.source_place(driver));
        let take = || appliance.create_snapshot(scope, place, &self.source, &self.snapshot);
        let exists = match take().await {
            Ok(_) => return Ok(Effect::Made),
            Err(error) if error.status() == Status::Exists => error,
            Err(error) if error.is_not_found() => {
                return Err(driver
                    .absence(scope, place, &self.source, error, |answer| answer)
                    .await);
            }
            Err(error) => return Err(error),
        };
        let there = appliance.find_lun(scope, driver.place(), &self.name).await;
        let there = match there {
            Ok(there) => there,
            Err(blind) => return Err(blind.joined_by(exists)),
        };
        if let Some(lun) = there {
            if !self.is_origin_of(&lun) {
                return Err(self.other_volume(exists));
            }
            return match self.adopt(driver, scope, lun).await {
                Ok(()) => Ok(Effect::Found),
                Err(error) => Err(error.joined_by(exists)),
            };
        }
        let dependents = appliance.dependents(scope, place, &self.source, &self.snapshot);
        let dependents = match dependents.await {
            Ok(dependents) => dependents,
            Err(blind) => return Err(blind.joined_by(exists)),
        };
        let deferred = |name: Option<&str>| name.is_some_and(is_deferred);
        if dependents.is_empty() {
            let deleted = appliance.delete_snapshot(scope, place, &self.source, &self.snapshot);
            if let Err(error) = deleted.await {
                return Err(error.joined_by(exists));
            }
        } else if dependents.names_or_none().all(deferred) {
            // It was taken for a volume of the same name that is deleted and waits for its clones.
            let clones = dependents.names().map(str::to_owned).collect();
            if let Err(error) = self.free_snapshot_name(driver, scope, clones).await {
                return Err(error.joined_by(exists));
            }
        } else if let Some(clone) = dependents.described().next() {
            return Err(exists
                .with_status(Status::SnapshotExists)
                .with_context(format!(
                    "snapshot {} of volume {} is the origin of another volume, {clone}",
                    self.snapshot, self.source
                )));
        }
        let taken = take().await;
        taken
            .map(|_| Effect::Made)
            .map_err(|error| error.joined_by(exists))
    }

    /// Renames the snapshot of deleted volumes, so that it is deleted with them. A deletion of one
    /// that read the former name ends before the name is used again.
    async fn free_snapshot_name(
        &self,
        driver: &Driver,
        scope: &Scope,
        clones: Vec<String>,
    ) -> Result<()> {
        let place = self.source_place(driver);
        let appliance = driver.appliance();
        let found = appliance.find_snapshot(scope, place, &self.source, &self.snapshot);
        let Some(snapshot) = found.await? else {
            return Ok(());
        };
        let renamed = rename_snapshot(driver, scope, place, &self.source, &snapshot).await?;
        if let Some(name) = renamed.filter(|_| !canary!("freed-snapshot-not-outlasted")) {
            let snapshot = (self.source.as_str(), name.as_str());
            delete_snapshot_unless_needed(driver, scope, place, snapshot, clones).await;
        }
        Ok(())
    }

    async fn make_clone(&mut self, driver: &Driver, scope: &Scope) -> Result<Effect> {
        let kind = CloneProperties::of(driver, &self.extra_specs)?;
        let (place, config) = (driver.place(), driver.config());
        let since = since_now();
        let clone = NewClone {
            share: &self.name,
            project: place.project,
            sparse: kind.all.sparse,
            compression: kind.all.compression.as_str(),
            logbias: kind.all.logbias.as_str(),
            nodestroy: !canary!("clone-without-nodestroy"),
            target_group: &config.target_group,
            initiator_groups: Presentation::masked(),
            managed: true,
            operation: scope.maker().mark(),
            since: &since,
            delete_with_clones: kind.all.delete_with_clones.map(DeleteWithClones::as_str),
            optional: &kind.set,
        };
        let source = self.source_place(driver);
        let made = driver
            .appliance()
            .clone_snapshot(scope, source, &self.source, &self.snapshot, &clone)
            .await;
        match made {
            Ok(lun) => {
                self.fits(&lun, Outcome::Applied)?;
                if !canary!("clone-property-not-read") {
                    must_show(driver, scope, &lun, &kind.shown()).await?;
                }
                must_show_policy(&lun, kind.all.delete_with_clones)?;
                let lun = self.withdrawn(driver, scope, lun).await?;
                self.saw(scope, lun);
                self.own = true;
                Ok(Effect::Made)
            }
            Err(error) if error.status() == Status::Exists => {
                let lun = match driver.appliance().lun(scope, place, &self.name).await {
                    Ok(lun) => lun,
                    // The clone is gone again, or cannot be read.
                    Err(blind) => {
                        return Err(error.with_status(Status::StateChanged).joined_by(blind));
                    }
                };
                if !self.is_origin_of(&lun) || lun.managed != Some(true) {
                    return Err(self.other_volume(error));
                }
                match self.adopt(driver, scope, lun).await {
                    Ok(()) => Ok(Effect::Found),
                    Err(failure) => Err(failure.joined_by(error)),
                }
            }
            Err(error) if error.is_not_found() => {
                let (lun, snapshot) = (self.source.as_str(), self.snapshot.as_str());
                let found = driver
                    .appliance()
                    .find_snapshot_proven(scope, source, lun, snapshot);
                Err(match found.await {
                    // The answering head did not serve the pool a moment ago.
                    Ok(Some(_)) => error.with_status(Status::PoolNotOwned),
                    Ok(None) => {
                        let absent = |answer: Error| {
                            answer
                                .with_status(Status::SnapshotNotFound)
                                .with_context(format!("volume {lun} has no snapshot {snapshot}"))
                        };
                        driver.absence(scope, source, lun, error, absent).await
                    }
                    Err(blind) => blind.joined_by(error),
                })
            }
            Err(error) => Err(match RefusedProperties::of(&kind.set, &error) {
                Some(refused) => refused.explain(driver, scope, error).await,
                None => error,
            }),
        }
    }

    /// Makes sure that the clone is masked and protected. If the appliance ignores these members of
    /// the request, the clone inherits its source's presentation, and the source's host could
    /// access it. An answer that shows this is not a success.
    async fn withdrawn(&self, driver: &Driver, scope: &Scope, lun: Lun) -> Result<Lun> {
        let is_right = |lun: &Lun| lun.presentation().is_masked() && lun.nodestroy;
        if is_right(&lun) {
            return Ok(lun);
        }
        let hosts = lun.presentation();
        let wrong = format!(
            "the clone {} was made {}{}",
            self.name,
            match hosts.is_masked() {
                true => String::new(),
                false => format!("presented to {hosts}, "),
            },
            match lun.nodestroy {
                true => "protected (nodestroy)",
                false => "without its protection (nodestroy)",
            },
        );
        tracing::warn!("{wrong}; it is masked and protected now");
        let change = LunChange {
            initiator_groups: Some(Presentation::masked()),
            nodestroy: Some(true),
            ..LunChange::default()
        };
        let (appliance, place) = (driver.appliance(), driver.place());
        match appliance
            .change_lun(scope, place, &self.name, &change)
            .await
        {
            Ok(after) if after.guid == lun.guid && is_right(&after) => Ok(after),
            Ok(_) => Err(Error::new(
                Status::StateChanged,
                format!("{wrong}, and a change of that does not show; look at it on the appliance"),
            )
            .with_outcome(Outcome::Applied)),
            Err(error) => {
                // The clone exists, whether or not the change was made.
                let outcome = error.outcome().worse(Outcome::Applied);
                Err(error
                    .with_context(format!("{wrong}, and that could not be changed"))
                    .with_outcome(outcome))
            }
        }
    }

    /// An earlier call made the clone.
    async fn adopt(&mut self, driver: &Driver, scope: &Scope, lun: Lun) -> Result<()> {
        self.fits(&lun, Outcome::None)?;
        let kind = CloneProperties::of(driver, &self.extra_specs)?;
        let shown = must_show(driver, scope, &lun, &kind.shown()).await;
        let shown = shown.and_then(|()| must_show_policy(&lun, kind.all.delete_with_clones));
        if let Err(error) = shown {
            // An earlier call made the clone, and perhaps with other properties.
            let error = error.with_status(Status::VolumeExists);
            return Err(error.with_outcome(Outcome::None));
        }
        self.saw(scope, lun);
        if let Some(lun) = self.lun.take() {
            let adopted = Box::pin(adopt(driver, scope, driver.place(), lun));
            self.lun = Some(adopted.await?);
        }
        Ok(())
    }
}

impl Flow<Driver> for CloneFlow {
    type Step = CloneStep;
    const KIND: &'static str = "clone";

    fn object(&self) -> &str {
        &self.name
    }

    fn steps(&self) -> Vec<CloneStep> {
        vec![
            CloneStep::TakeSnapshot,
            CloneStep::MakeClone,
            CloneStep::Grow,
        ]
    }

    fn needed(&self, step: CloneStep) -> bool {
        match step {
            CloneStep::TakeSnapshot => self.temporary,
            CloneStep::MakeClone => self.made_with.is_none(),
            CloneStep::Grow => self.made_with.is_some_and(|size| size < self.size),
        }
    }

    fn goes_with_rollback(&self, step: CloneStep) -> bool {
        // The clone that was to grow is deleted.
        step == CloneStep::Grow && self.own
    }

    fn left_behind(&self, step: CloneStep) -> String {
        match step {
            CloneStep::TakeSnapshot => format!("snapshot {}@{}", self.source, self.snapshot),
            CloneStep::MakeClone | CloneStep::Grow => format!("volume {}", self.name),
        }
    }

    async fn run(&mut self, driver: &Driver, scope: &Scope, step: CloneStep) -> Result<Effect> {
        match step {
            CloneStep::TakeSnapshot => self.take_snapshot(driver, scope).await,
            CloneStep::MakeClone => self.make_clone(driver, scope).await,
            CloneStep::Grow => {
                self.lun = Some(grow(driver, scope, &self.name, self.size).await?);
                Ok(Effect::Made)
            }
        }
    }

    async fn verify(&mut self, driver: &Driver, scope: &Scope, step: CloneStep) -> Result<bool> {
        let appliance = driver.appliance();
        if step == CloneStep::TakeSnapshot {
            let place = self.source_place(driver);
            let found = appliance.find_snapshot(scope, place, &self.source, &self.snapshot);
            return Ok(found.await?.is_some());
        }
        let lun = appliance
            .find_lun(scope, driver.place(), &self.name)
            .await?;
        let own = |lun: &Lun| lun.is_made_by(scope.maker());
        let Some(lun) = lun.filter(|lun| own(lun) && self.is_origin_of(lun)) else {
            return Ok(false);
        };
        // A clone that is presented by now was attached since its creation: it is not masked.
        let done = step == CloneStep::MakeClone || lun.size >= self.size;
        self.saw(scope, lun);
        Ok(done)
    }

    async fn roll_back(&mut self, driver: &Driver, scope: &Scope, step: CloneStep) -> Result<()> {
        match step {
            CloneStep::TakeSnapshot => {
                let place = self.source_place(driver);
                let (source, snapshot) = (&self.source, &self.snapshot);
                let deleted = delete_unused_snapshot(driver, scope, place, source, snapshot);
                deleted.await.map(drop)
            }
            CloneStep::MakeClone => delete_own_lun(driver, scope, driver.place(), &self.name).await,
            // The rollback deletes the clone; a clone of an earlier call may keep its new size.
            CloneStep::Grow => Ok(()),
        }
    }
}
