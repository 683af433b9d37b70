//! Bringing groups to hold their members, beside those that they hold.
//!
//! A group's members are replaced all at once and without a condition, so of two who add at the
//! same time one may overwrite the other. Each therefore reads the group just before it writes
//! it, and again after: who was overwritten sees it and adds again. That fails only where
//! somebody takes longer from reading to writing than another to write and read again; the lock
//! of the group keeps those apart who share a lock directory.

use std::time::Duration;

use crate::appliance::Group;
use crate::driver::Driver;
use crate::driver::reconcile::Notes;
use crate::error::{Error, Outcome, Result, Status};
use crate::lock::Key;
use crate::scope::Scope;

/// How often members are written that others overwrite, or whose writing failed.
const ROUNDS: u32 = 8;

/// The wait after a write that failed.
const PAUSE: Duration = Duration::from_millis(200);

impl Driver {
    /// Makes a group with these members, or adds them to the one that was found.
    pub(super) async fn reconcile_group<G: Group>(
        &self,
        scope: &Scope,
        found: Option<G>,
        (lock, name): (fn(String) -> Key, &str),
        members: &[String],
        notes: &mut Notes,
    ) -> Result<G> {
        match found {
            Some(group) if group.holds_all(members) => return Ok(group),
            Some(_) => {}
            None => match self.appliance().create_group(scope, name, members).await {
                Ok(made) => {
                    notes.made(format!("{} {name}", G::WHAT));
                    return Ok(made);
                }
                // Somebody else made it a moment ago, with members of its own.
                Err(exists) if exists.status() == Status::Exists => {}
                Err(error) => return Err(error),
            },
        }
        // Backends share groups.
        let _held = self.0.locks.lock(scope, lock(name.to_owned())).await?;
        self.add_to_group(scope, name, members, notes).await
    }

    async fn add_to_group<G: Group>(
        &self,
        scope: &Scope,
        name: &str,
        members: &[String],
        notes: &mut Notes,
    ) -> Result<G> {
        let mut failed: Option<Error> = None;
        for round in 0..=ROUNDS {
            let group: G = match self.appliance().find_group(scope, name).await {
                Ok(Some(group)) => group,
                Ok(None) => return Err(after(vanished::<G>(name), failed)),
                Err(error) => return Err(after(error, failed)),
            };
            let mut union = group.members().to_vec();
            union.extend(members.iter().filter(|iqn| !group.holds(iqn)).cloned());
            if union.len() == group.members().len() {
                if failed.is_some() {
                    notes.added(G::WHAT, name);
                }
                return Ok(group);
            }
            if round == ROUNDS {
                break;
            }
            match self.appliance().set_group::<G>(scope, name, &union).await {
                Ok(_) => notes.added(G::WHAT, name),
                Err(error) if error.retryable() => {
                    let stopped = scope.sleep(PAUSE).await.err();
                    let error = after(error, failed);
                    if let Some(stopped) = stopped {
                        return Err(error.with_cause(stopped));
                    }
                    failed = Some(error);
                }
                Err(error) => return Err(after(error, failed)),
            }
        }
        Err(failed.unwrap_or_else(|| lost::<G>(name)))
    }
}

/// An error, and what it leaves of the doubts before it.
fn after(error: Error, earlier: Option<Error>) -> Error {
    match earlier {
        Some(earlier) if earlier.outcome() == Outcome::Unknown => {
            error.with_outcome(Outcome::Unknown).with_cause(earlier)
        }
        _ => error,
    }
}

fn lost<G: Group>(name: &str) -> Error {
    let what = G::WHAT;
    Error::new(
        Status::StateChanged,
        format!(
            "{what} {name} loses what is added to it; somebody else writes it at the same time; \
             run do_setup again"
        ),
    )
    .with_outcome(Outcome::Unknown)
}

fn vanished<G: Group>(name: &str) -> Error {
    let what = G::WHAT;
    Error::new(
        Status::StateChanged,
        format!("{what} {name} was there a moment ago and is not; run do_setup again"),
    )
}
