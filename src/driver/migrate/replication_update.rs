//! Progress of a replication update, polled until its end.
//!
//! Between the answer to `sendupdate` and the beginning of the update the action still looks idle,
//! and `last_result` is that of the update before until this one has ended. So an update has ended
//! when the action is idle and its `last_try` has moved on. For a moment it may be so without a
//! result: then the update is about to begin, or its result is about to appear.

use std::time::Duration;

use tokio::time::Instant;

use crate::appliance::{Action, Appliance};
use crate::backoff::Backoff;
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// First and longest wait between two polls.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Time within which a requested update has to begin, or its result has to appear.
const BEGINS_WITHIN: Duration = Duration::from_secs(120);

/// Number of failed polls in a row before the operation fails. The update itself continues.
const BLIND: u32 = 5;

/// State of an idle action.
pub(in crate::driver) const IDLE: &str = "idle";

/// Waits until the update that was requested after `before` has succeeded, and reports its
/// progress. Only the scope limits the time, which depends on the size of the volume.
pub(in crate::driver) async fn follow(
    appliance: &Appliance,
    scope: &Scope,
    before: &Action,
) -> Result<()> {
    // Begin of the wait for the update to begin, or for its result.
    let mut since = Some(Instant::now());
    let mut blind = 0;
    let mut waits = Backoff::growing(SHORTEST, (3, 2), LONGEST);
    loop {
        match appliance.find_replication_action(scope, &before.id).await {
            Ok(None) => {
                return Err(Error::new(
                    Status::StateChanged,
                    format!(
                        "replication action {} was deleted by another process",
                        before.id
                    ),
                )
                .with_outcome(Outcome::Applied));
            }
            Ok(Some(now)) => {
                blind = 0;
                let idle = now.state == IDLE;
                if idle && now.last_try != before.last_try && !now.is_unsure() {
                    return judge(&now);
                }
                since = match idle {
                    true => since.or_else(|| Some(Instant::now())),
                    false => None,
                };
                if !idle && now.estimated_size > 0 {
                    scope.progress().advance(now.bytes_sent, now.estimated_size);
                }
            }
            Err(error) if error.retryable() && scope.stopped().is_none() && blind < BLIND => {
                blind += 1;
                tracing::warn!(%error, "replication update not readable now");
            }
            Err(error) => return Err(error),
        }
        if since.is_some_and(|since| since.elapsed() > BEGINS_WITHIN) {
            return Err(Error::new(
                Status::Fault,
                format!(
                    "the appliance accepted an update of replication action {} and did not begin \
                     it, or did not say how it ended, within {} s",
                    before.id,
                    BEGINS_WITHIN.as_secs()
                ),
            )
            .with_outcome(Outcome::Applied));
        }
        scope.sleep(waits.next()).await?;
    }
}

fn judge(ended: &Action) -> Result<()> {
    if ended.last_result == "success" {
        return Ok(());
    }
    Err(Error::new(
        Status::Fault,
        format!(
            "the update of replication action {} failed: {}",
            ended.id, ended.last_result
        ),
    )
    .with_outcome(Outcome::Applied))
}

/// Cancels the update of an action, and waits until it has ended.
pub(in crate::driver) async fn quiet(appliance: &Appliance, scope: &Scope, id: &str) -> Result<()> {
    let mut waits = Backoff::growing(SHORTEST, (3, 2), LONGEST);
    while let Some(action) = appliance.find_replication_action(scope, id).await? {
        if action.state == IDLE {
            return Ok(());
        }
        appliance.cancel_update(scope, id).await?;
        let after = appliance.find_replication_action(scope, id).await?;
        if after.is_none_or(|action| action.state == IDLE) {
            return Ok(());
        }
        scope.sleep(waits.next()).await?;
    }
    Ok(())
}
