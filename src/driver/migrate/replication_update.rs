//! Following a replication update until it has ended.
//!
//! Between the answer to `sendupdate` and the beginning of the update the action still looks
//! idle, and `last_result` is that of the update before until this one has ended. So an update
//! has ended when the action is idle and its `last_try` has moved on. For a moment it may be so and
//! have no result: then it is about to begin, or to say how it ended.

use std::time::Duration;

use tokio::time::Instant;

use crate::appliance::{Action, Appliance};
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// The first wait between two looks, and the longest.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// How long an update that was asked for may take to begin, or to say how it ended.
const BEGINS_WITHIN: Duration = Duration::from_secs(120);

/// How many looks in a row may fail before the update is given up. It goes on without being
/// looked at.
const BLIND: u32 = 5;

/// What the action of an idle appliance says.
pub(in crate::driver) const IDLE: &str = "idle";

/// Waits until the update that was asked for after `before` was seen has ended well, and tells
/// how far it is. Bounded by the scope alone: a volume takes the time that it takes.
pub(in crate::driver) async fn follow(
    appliance: &Appliance,
    scope: &Scope,
    before: &Action,
) -> Result<()> {
    // Since when it is waited for the update to begin, or for its result.
    let mut since = Some(Instant::now());
    let mut blind = 0;
    let mut wait = SHORTEST;
    loop {
        match appliance.find_replication_action(scope, &before.id).await {
            Ok(None) => {
                return Err(Error::new(
                    Status::StateChanged,
                    format!(
                        "replication action {} was deleted by somebody else",
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
                tracing::warn!(%error, "the update cannot be looked at now");
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
        scope.sleep(wait).await?;
        wait = (wait * 3 / 2).min(LONGEST);
    }
}

fn judge(ended: &Action) -> Result<()> {
    if ended.last_result == "success" {
        return Ok(());
    }
    Err(Error::new(
        Status::Fault,
        format!(
            "the update of replication action {} ended with: {}",
            ended.id, ended.last_result
        ),
    )
    .with_outcome(Outcome::Applied))
}

/// Ends whatever an action sends, and waits until it has ended.
pub(in crate::driver) async fn quiet(appliance: &Appliance, scope: &Scope, id: &str) -> Result<()> {
    let mut wait = SHORTEST;
    while let Some(action) = appliance.find_replication_action(scope, id).await? {
        if action.state == IDLE {
            return Ok(());
        }
        appliance.cancel_update(scope, id).await?;
        let after = appliance.find_replication_action(scope, id).await?;
        if after.is_none_or(|action| action.state == IDLE) {
            return Ok(());
        }
        scope.sleep(wait).await?;
        wait = (wait * 3 / 2).min(LONGEST);
    }
    Ok(())
}
