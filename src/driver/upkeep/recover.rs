//! Recovering what dead processes left.
//!
//! What can be found, and what cannot:
//!
//! - A flow with a journal is found by its journal and finished or rolled back.
//! - Where the journals are lost, a LUN is found by the id of the operation that made it, if the
//!   caller knows that id ([`Recover::operations`]): the appliance keeps it on the LUN. It is
//!   deleted with the temporary snapshot it came from, unless it is presented to a host or has
//!   snapshots, which only a volume that somebody uses has. A cache entry is deleted unless it has
//!   its snapshot, with which it is complete.
//! - A migration is found by the mark on its volume, at its source. What it made is taken back at
//!   both ends, as long as its copy is no volume yet; a copy that is one is kept, and so is the
//!   source, for people to decide.
//! - What a dead process had sent and may still be carried out is known from its journal alone.
//!   Without it, a migration that is taken back may leave a volume that does not follow the
//!   replication of its project, or an action that sends nothing.
//! - Snapshots carry no mark. A temporary snapshot whose clone was never made cannot be told from
//!   one that is about to get it, so it is left. Making the same clone again takes it anew, and an
//!   audit deletes it.
//! - A deletion that was cut short shows as a clone without protection. Deleting it again ends it.

use serde::Serialize;

use crate::appliance::{Odd, ProjectRef};
use crate::driver::contract::{Changes, Contract, budget};
use crate::driver::image::entry_flow::CacheFlow;
use crate::driver::migrate::destination::MigrationEndpoints;
use crate::driver::migrate::flow::MigrateFlow;
use crate::driver::migrate::marker::{Marker, maker_of};
use crate::driver::volume::clone_flow::CloneFlow;
use crate::driver::volume::delete_flow::DeleteFlow;
use crate::driver::volume::volumes::TEMPORARY_SNAPSHOT;
use crate::driver::{Driver, Operation, journal};
use crate::error::{Error, Outcome, Result, Status};
use crate::flow::{Finding, Flow, Left, LeftOn, Verdict};
use crate::lock::{Key, Mode};
use crate::maker::Maker;
use crate::scope::Scope;

/// Finishes or rolls back what processes that died left of their operations. Runs within
/// `do_setup`, too. It may be called at any time and again.
#[derive(Clone, Debug, Default)]
pub struct Recover {
    /// Ids of operations that the caller began, whose processes are dead, whose results it never
    /// got, and whose journals may be lost: what they made is looked for and taken away.
    pub operations: Vec<String>,
}

/// What was found and done.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RecoverReport {
    /// The operations that were settled, or should have been.
    pub recovered: Vec<Recovered>,
    /// Files among the journals that were not acted on.
    pub findings: Vec<Finding>,
}

/// One operation that a dead process left.
#[derive(Clone, Debug, Serialize)]
pub struct Recovered {
    /// The kind of flow.
    pub flow: String,
    /// The object it is about.
    pub object: String,
    /// The id of the operation.
    pub operation: String,
    /// What became of it.
    pub settled: Settled,
    /// One sentence.
    pub message: String,
}

/// What became of an operation that was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// All its steps are done.
    Finished,
    /// None of its steps stands.
    RolledBack,
    /// Neither was possible now; its journal stays, and recovery can be tried again.
    Failed,
    /// A request that was not answered may still be carried out: UNKNOWN until the time of
    /// `zfssa_late_request_timeout` is over. Its journal stays, and recovery after that settles it.
    InDoubt,
}

impl From<Verdict> for Settled {
    fn from(verdict: Verdict) -> Settled {
        match verdict {
            Verdict::Finished => Settled::Finished,
            Verdict::RolledBack => Settled::RolledBack,
            Verdict::InDoubt { .. } => Settled::InDoubt,
        }
    }
}

/// Fails where a request may still be carried out.
pub(in crate::driver) fn must_be_over(verdict: Verdict) -> Result<()> {
    let Verdict::InDoubt { wait } = verdict else {
        return Ok(());
    };
    Err(Error::new(
        Status::Busy,
        format!(
            "a request that was not answered may still be carried out; call again in {} s",
            wait.as_secs_f64().ceil()
        ),
    )
    .with_outcome(Outcome::Unknown))
}

impl Recovered {
    fn of(flow: &str, object: &str, operation: &str, result: Result<Verdict>) -> Recovered {
        let (settled, message) = match result {
            Ok(Verdict::Finished) => (
                Settled::Finished,
                format!("{flow} of {object} was begun by a process that ended, and is finished"),
            ),
            Ok(Verdict::RolledBack) => (
                Settled::RolledBack,
                format!("{flow} of {object} was begun by a process that ended, and is undone"),
            ),
            Ok(Verdict::InDoubt { wait }) => (
                Settled::InDoubt,
                format!(
                    "{flow} of {object} was begun by a process that ended, and a request of it may \
                     still be carried out: call recover again in {} s",
                    wait.as_secs_f64().ceil()
                ),
            ),
            Err(error) => (
                Settled::Failed,
                format!(
                    "{flow} of {object} was begun by a process that ended, and cannot be settled \
                     now: {error}"
                ),
            ),
        };
        Recovered {
            flow: flow.to_owned(),
            object: object.to_owned(),
            operation: operation.to_owned(),
            settled,
            message,
        }
    }
}

impl Operation for Recover {
    const NAME: &'static str = "recover";
    const CONTRACT: Contract =
        Contract::of(Changes::Several).budgets(&[budget("nothing is left", 0, 0)]);
    type Output = RecoverReport;

    fn resource(&self) -> String {
        String::new()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<RecoverReport> {
        let mut report = driver.recover_all(scope).await?;
        for id in &self.operations {
            driver.recover_unjournalled(scope, id, &mut report).await?;
        }
        Ok(report)
    }
}

impl Driver {
    /// Settles every flow that a dead process left. One that cannot be settled stops no other.
    pub(in crate::driver) async fn recover_all(&self, scope: &Scope) -> Result<RecoverReport> {
        let (left, findings) = self.0.flows.left(scope).await?;
        let mut report = RecoverReport {
            findings,
            ..RecoverReport::default()
        };
        for left in left {
            let flow = left.kind().to_owned();
            let (object, operation) = (left.object().to_owned(), left.operation().to_owned());
            let result = self.recover_left(scope, left).await;
            let recovered = Recovered::of(&flow, &object, &operation, result);
            tracing::info!(?recovered, "recovery");
            report.recovered.push(recovered);
        }
        Ok(report)
    }

    /// Settles one flow under the locks that it ran under.
    pub(in crate::driver) async fn recover_left(
        &self,
        scope: &Scope,
        left: Left,
    ) -> Result<Verdict> {
        match left.kind() {
            <CloneFlow as Flow<Driver>>::KIND => {
                let flow: CloneFlow = left.state()?;
                let _held = self.0.locks.all(scope, flow.keys()).await?;
                self.0
                    .flows
                    .recover::<_, CloneFlow>(self, scope, left)
                    .await
            }
            <DeleteFlow as Flow<Driver>>::KIND => {
                let flow: DeleteFlow = left.state()?;
                let key = Key::Lun(flow.name);
                let _held = self.0.locks.all(scope, [(key, Mode::Alone)]).await?;
                self.0
                    .flows
                    .recover::<_, DeleteFlow>(self, scope, left)
                    .await
            }
            <CacheFlow as Flow<Driver>>::KIND => {
                let flow: CacheFlow = left.state()?;
                let key = Key::Image(flow.image_id);
                let _held = self.0.locks.all(scope, [(key, Mode::Alone)]).await?;
                self.0
                    .flows
                    .recover::<_, CacheFlow>(self, scope, left)
                    .await
            }
            <MigrateFlow as Flow<MigrationEndpoints>>::KIND => {
                // It is large and rare, and every operation that settles what was left holds it.
                Box::pin(self.recover_migration(scope, left, None)).await
            }
            unknown => Err(Error::new(
                Status::Unsupported,
                format!(
                    "{} is of a kind of flow, {unknown}, that this release does not know; update \
                     libzfssa",
                    left.name()
                ),
            )),
        }
    }

    /// Takes back the migration that a volume is marked with, by its journal if there is one.
    pub(in crate::driver) async fn recover_marked(
        &self,
        scope: &Scope,
        name: &str,
    ) -> Result<Verdict> {
        match self.0.flows.left_on(scope, name).await? {
            LeftOn::Nothing => {}
            LeftOn::Flow(left) => return self.recover_left(scope, *left).await,
            LeftOn::Busy => {
                return Err(Error::new(
                    Status::Busy,
                    format!("the migration of {name} is under way in a process that lives"),
                ));
            }
        }
        let _held = self.lock_volume(scope, name).await?;
        let lun = self.volume(scope, name).await?;
        match Marker::of_source(&lun) {
            Some(mark) => self.take_back(scope, &lun, mark, None).await,
            // Somebody else was quicker.
            None => Ok(Verdict::RolledBack),
        }
    }

    /// Takes away what an operation made whose journal is lost.
    async fn recover_unjournalled(
        &self,
        scope: &Scope,
        id: &str,
        report: &mut RecoverReport,
    ) -> Result<()> {
        let (appliance, place) = (self.appliance(), self.place());
        let luns = appliance.luns(scope, place).await?;
        let luns = luns.unless(|odd| is_of_operation(odd, id))?;
        // Whatever the attempt, and whichever release it was.
        let of_id = |maker: &Maker| maker.id() == id;
        for lun in &luns {
            // What has its journal was recovered by it a moment ago.
            let of_volume = |one: &Recovered| one.operation == id && one.object == lun.name;
            if Marker::of_source(lun).is_some_and(|mark| of_id(&mark.maker))
                && !report.recovered.iter().any(of_volume)
            {
                let result = Box::pin(self.recover_marked(scope, &lun.name)).await;
                let recovered = Recovered::of(
                    <MigrateFlow as Flow<MigrationEndpoints>>::KIND,
                    &lun.name,
                    id,
                    result,
                );
                report.recovered.push(recovered);
            }
        }
        for lun in luns {
            let Some(maker) = maker_of(&lun).filter(of_id) else {
                continue;
            };
            let _held = self.lock_volume(scope, &lun.name).await?;
            let snapshots = appliance.snapshots(scope, place, &lun.name).await?;
            if lun.presented_to().next().is_some() || !snapshots.is_empty() {
                continue;
            }
            let scope = scope.acting_for(maker);
            let undone = async {
                self.delete_own_lun(&scope, place, &lun.name).await?;
                if let Some(origin) = &lun.origin
                    && origin.snapshot.starts_with(TEMPORARY_SNAPSHOT)
                {
                    let project = match origin.project.as_str() {
                        "" => place.project,
                        project => project,
                    };
                    let place = ProjectRef { project, ..place };
                    self.delete_unused_snapshot(&scope, place, &origin.share, &origin.snapshot)
                        .await?;
                }
                Ok(Verdict::RolledBack)
            };
            let recovered = Recovered::of("create", &lun.name, id, undone.await);
            report.recovered.push(recovered);
        }
        self.recover_unjournalled_entries(scope, id, report).await
    }

    /// The same for cache entries, which it may have been writing.
    async fn recover_unjournalled_entries(
        &self,
        scope: &Scope,
        id: &str,
        report: &mut RecoverReport,
    ) -> Result<()> {
        if !self.config().local_cache {
            return Ok(());
        }
        let (appliance, place) = (self.appliance(), self.cache_place());
        let luns = match appliance.luns(scope, place).await {
            // Nothing was ever cached.
            Err(error) if error.is_not_found() => return Ok(()),
            luns => luns?.unless(|odd| is_of_operation(odd, id))?,
        };
        for lun in luns {
            let Some(image) = &lun.image_id else { continue };
            let Some(maker) = maker_of(&lun).filter(|maker| maker.id() == id) else {
                continue;
            };
            let _held = self.0.locks.lock(scope, Key::Image(image.clone())).await?;
            if !appliance
                .snapshots(scope, place, &lun.name)
                .await?
                .is_empty()
            {
                continue;
            }
            let scope = scope.acting_for(maker);
            let undone = async {
                if lun.presented_to().next().is_some() {
                    journal::hide(appliance, &scope, place, &lun.name).await?;
                }
                self.delete_own_lun(&scope, place, &lun.name).await?;
                Ok(Verdict::RolledBack)
            };
            let recovered = Recovered::of("create", &lun.name, id, undone.await);
            report.recovered.push(recovered);
        }
        Ok(())
    }
}

/// Whether a LUN that cannot be read bears the mark of an operation, or of its migration.
fn is_of_operation(odd: &Odd, id: &str) -> bool {
    let mark = odd.text("custom:zfssa_operation");
    mark.is_some_and(|mark| {
        let plain = percent_encoding::percent_decode_str(mark).decode_utf8_lossy();
        mark.contains(id) || plain.contains(id)
    })
}
