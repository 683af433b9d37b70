//! Journalled flows of an operation, and recovery of those left on its objects.

use crate::driver::backend::Driver;
use crate::driver::recovery;
use crate::error::{Error, Result, Status};
use crate::flow::{Begun, Flow, Left, LeftOn, Verdict};
use crate::lock::Held;
use crate::scope::Scope;

/// Runs a flow under its journal. Its locks are held, and [`settle_left`] was called
/// before they were taken.
pub(super) async fn run<F: Flow<Driver>>(driver: &Driver, scope: &Scope, flow: F) -> Result<F> {
    run_in(driver, driver, scope, flow).await
}

/// The same for a flow whose steps also work on another backend.
pub(super) async fn run_in<W, F>(driver: &Driver, world: &W, scope: &Scope, flow: F) -> Result<F>
where
    W: Sync,
    F: Flow<W>,
{
    match driver.0.flows.begin(scope, &flow).await? {
        Begun::Ready(journal) => driver.0.flows.run(world, scope, flow, journal).await,
        Begun::Left(left) => Err(Error::new(
            Status::Busy,
            format!(
                "{} was left on {} just now; call again",
                left.kind(),
                left.object()
            ),
        )),
    }
}

/// Locks a volume after recovering the flow that a dead process left on it. Fails with the status
/// busy if a live process that does not share the locks has a journal on it.
pub(super) async fn lock_settled(driver: &Driver, scope: &Scope, name: &str) -> Result<Held> {
    let settled = settle_left(driver, scope, name).await?;
    let held = driver.lock_volume(scope, name).await?;
    if !settled && !matches!(driver.0.flows.left_on(scope, name).await?, LeftOn::Nothing) {
        return Err(Error::new(
            Status::Busy,
            format!("another operation on volume {name} is under way in another process"),
        ));
    }
    Ok(held)
}

/// Recovers the flow that a dead process left on an object, before a new operation on it. False if
/// a live process holds the journal: the caller has to wait for its locks.
pub(super) async fn settle_left(driver: &Driver, scope: &Scope, object: &str) -> Result<bool> {
    match driver.0.flows.left_on(scope, object).await? {
        LeftOn::Nothing => Ok(true),
        LeftOn::Busy => Ok(false),
        LeftOn::Flow(left) => {
            // Boxed because it is large and rare, and part of the future of every operation on a
            // volume.
            Box::pin(settle(driver, scope, *left)).await?;
            Ok(true)
        }
    }
}

/// Recovers it.
pub(super) async fn settle(driver: &Driver, scope: &Scope, left: Left) -> Result<()> {
    let what = format!("{} of {}", left.kind(), left.name());
    let object = left.object().to_owned();
    let recovered = recovery::recover_left(driver, scope, left).await;
    settled(driver, scope, &what, &object, recovered).await
}

/// Result of a recovery before a new operation. A journal in doubt is renamed: its late effects are
/// found by the journal and by the marker.
pub(super) async fn settled(
    driver: &Driver,
    scope: &Scope,
    what: &str,
    object: &str,
    recovered: Result<Verdict>,
) -> Result<()> {
    match recovered {
        Ok(verdict) => {
            if matches!(verdict, Verdict::InDoubt { .. }) {
                driver.0.flows.step_aside(scope, object).await?;
            }
            tracing::info!(what, ?verdict, "an earlier operation was settled first");
            Ok(())
        }
        Err(error) => Err(error.with_context(format!("an earlier {what} could not be settled"))),
    }
}
