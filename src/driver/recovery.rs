//! Recovery of flows that dead processes left, from their journals.

use serde::Serialize;

use crate::driver::backend::Driver;
use crate::driver::image::entry_flow::CacheFlow;
use crate::driver::migrate::destination::MigrationEndpoints;
use crate::driver::migrate::flow::MigrateFlow;
use crate::driver::migrate::marker::Marker;
use crate::driver::migrate::recovery::{recover_migration, roll_back_marked};
use crate::driver::volume::clone_flow::CloneFlow;
use crate::driver::volume::delete_flow::DeleteFlow;
use crate::error::{Error, Outcome, Result, Status};
use crate::flow::{Finding, Flow, Left, LeftOn, Verdict};
use crate::lock::{Key, Mode};
use crate::scope::Scope;

/// What was found and done.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct RecoverReport {
    /// The operations that were settled, or should have been.
    pub recovered: Vec<Recovered>,
    /// Files among the journals that were not acted on.
    pub findings: Vec<Finding>,
}

/// One operation that a dead process left.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Recovered {
    /// The kind of flow.
    pub flow: String,
    /// The object it is about.
    pub object: String,
    /// The id of the operation.
    pub operation: String,
    /// Its result.
    pub settled: Settled,
    /// One sentence.
    pub message: String,
}

/// Result of the recovery of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// All its steps are complete.
    Finished,
    /// All its steps are rolled back.
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
pub(super) fn must_be_over(verdict: Verdict) -> Result<()> {
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
    pub(super) fn of(
        flow: &str,
        object: &str,
        operation: &str,
        result: Result<Verdict>,
    ) -> Recovered {
        let (settled, message) = match result {
            Ok(Verdict::Finished) => (
                Settled::Finished,
                format!("{flow} of {object} was begun by a process that ended, and is finished"),
            ),
            Ok(Verdict::RolledBack) => (
                Settled::RolledBack,
                format!("{flow} of {object} was begun by a process that ended, and is rolled back"),
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

/// Settles every flow that a dead process left. One that cannot be settled stops no other.
pub(super) async fn recover_all(driver: &Driver, scope: &Scope) -> Result<RecoverReport> {
    let (left, findings) = driver.0.flows.left(scope).await?;
    let mut report = RecoverReport {
        findings,
        ..RecoverReport::default()
    };
    for left in left {
        let flow = left.kind().to_owned();
        let (object, operation) = (left.object().to_owned(), left.operation().to_owned());
        let result = recover_left(driver, scope, left).await;
        let recovered = Recovered::of(&flow, &object, &operation, result);
        tracing::info!(?recovered, "recovery");
        report.recovered.push(recovered);
    }
    Ok(report)
}

/// Settles one flow under the locks that it ran under.
pub(super) async fn recover_left(driver: &Driver, scope: &Scope, left: Left) -> Result<Verdict> {
    match left.kind() {
        <CloneFlow as Flow<Driver>>::KIND => {
            let flow: CloneFlow = left.state()?;
            let _held = driver.0.locks.all(scope, flow.keys()).await?;
            driver
                .0
                .flows
                .recover::<_, CloneFlow>(driver, scope, left)
                .await
        }
        <DeleteFlow as Flow<Driver>>::KIND => {
            let flow: DeleteFlow = left.state()?;
            let key = Key::Lun(flow.name);
            let _held = driver.0.locks.all(scope, [(key, Mode::Alone)]).await?;
            driver
                .0
                .flows
                .recover::<_, DeleteFlow>(driver, scope, left)
                .await
        }
        <CacheFlow as Flow<Driver>>::KIND => {
            let flow: CacheFlow = left.state()?;
            let key = Key::Image(flow.image_id);
            let _held = driver.0.locks.all(scope, [(key, Mode::Alone)]).await?;
            driver
                .0
                .flows
                .recover::<_, CacheFlow>(driver, scope, left)
                .await
        }
        <MigrateFlow as Flow<MigrationEndpoints>>::KIND => {
            // Boxed because it is large and rare, and part of the future of every operation that
            // recovers.
            Box::pin(recover_migration(driver, scope, left, None)).await
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

/// Rolls back the migration whose marker a volume has, by its journal if there is one.
pub(super) async fn recover_marked(driver: &Driver, scope: &Scope, name: &str) -> Result<Verdict> {
    match driver.0.flows.left_on(scope, name).await? {
        LeftOn::Nothing => {}
        LeftOn::Flow(left) => return recover_left(driver, scope, *left).await,
        LeftOn::Busy => {
            return Err(Error::new(
                Status::Busy,
                format!("the migration of {name} is under way in a process that lives"),
            ));
        }
    }
    let _held = driver.lock_volume(scope, name).await?;
    let lun = driver.volume(scope, name).await?;
    match Marker::of_source(&lun) {
        Some(mark) => roll_back_marked(driver, scope, &lun, mark, None).await,
        // Another process was quicker.
        None => Ok(Verdict::RolledBack),
    }
}
