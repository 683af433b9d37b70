//! Members of initiator groups and target groups, added to those that a group has.
//!
//! A group's members are replaced all at once and without a condition, so of two who add at the
//! same time one may overwrite the other. Each therefore reads the group just before it writes it,
//! and again after, and adds again if its members were overwritten in between. An overwrite after
//! that read is not noticed; the lock of the group prevents it between processes that share their
//! locks (`src/lock/`), and the check of the setup names a missing initiator.

use crate::appliance::Group;
use crate::driver::backend::Driver;
use crate::driver::setup::notes::Notes;
use crate::error::{Outcome, Result, Status};
use crate::lock::Key;
use crate::scope::Scope;

/// Makes a group with these members, or adds them to the one that was found.
pub(in crate::driver) async fn add_members<G: Group>(
    driver: &Driver,
    scope: &Scope,
    found: Option<G>,
    (lock, name): (fn(String) -> Key, &str),
    members: &[String],
    notes: &mut Notes,
) -> Result<G> {
    match found {
        Some(group) if group.holds_all(members) => return Ok(group),
        Some(_) => {}
        None => match driver.appliance().create_group(scope, name, members).await {
            Ok(made) => {
                notes.made(format!("{} {name}", G::KIND));
                return Ok(made);
            }
            // Another host created it a moment ago, with other members.
            Err(exists) if exists.status() == Status::Exists => {}
            Err(error) => return Err(error),
        },
    }
    // Backends share groups.
    let held = driver.0.locks.lock(scope, lock(name.to_owned())).await?;
    match driver.appliance().add_to_group(scope, name, members).await {
        Ok(done) => {
            if done.changed {
                notes.added(G::KIND, name);
            }
            Ok(done.object)
        }
        // The members were added, but the read after that failed.
        Err(error) if error.outcome() == Outcome::Applied => {
            notes.added(G::KIND, name);
            Err(error)
        }
        Err(error) => {
            driver.keep_in_doubt(held, &error);
            Err(error)
        }
    }
}
