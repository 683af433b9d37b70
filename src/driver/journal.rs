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

/// The same for a flow whose steps work on more than this backend.
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
                "{} was left on {} a moment ago; call again",
                left.kind(),
                left.object()
            ),
        )),
    }
}

/// Locks a volume, once what a dead process left on it is recovered. Fails with the status busy
/// where a live process that does not share the locks works on it under a journal.
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

/// Recovers what a dead process left on an object, before anything new is done to it. False
/// where a live process works on it: its locks have to be waited for.
pub(super) async fn settle_left(driver: &Driver, scope: &Scope, object: &str) -> Result<bool> {
    match driver.0.flows.left_on(scope, object).await? {
        LeftOn::Nothing => Ok(true),
        LeftOn::Busy => Ok(false),
        LeftOn::Flow(left) => {
            // It is large and rare, and every operation on a volume holds it.
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

/// What recovering something before anything else came to. What is in doubt makes room: what
/// it may still make is found by its journal and its mark.
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
