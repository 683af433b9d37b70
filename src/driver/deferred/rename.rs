//! Renames of a volume or snapshot whose deletion waits for its clones.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::appliance::{Lun, LunChange, LunSnapshot, Presentation, ProjectRef};
use crate::driver::backend::Driver;
use crate::driver::deferred::mark::Deferred;
use crate::driver::migrate::marker::Marker;
use crate::driver::naming::{TRIES, deferred};
use crate::driver::rollback::delete_unused_snapshot;
use crate::error::{Error, Outcome, Result, Status};
use crate::lock::Key;
use crate::scope::Scope;

/// Longest wait for operations on the clones: the appliance takes some 20 s to delete one, and as
/// long for the snapshot that it was made from.
const PATIENCE: Duration = Duration::from_secs(60);

/// Renames a volume to its reserved name, masks it and writes its marker, in one request. Returns
/// the new name; `None` if the volume does not exist any more. Its lock is held.
///
/// # Errors
///
/// `VolumeBusy` for a volume that migrates, and for one that an administrator protected: this driver
/// protects only clones.
pub(in crate::driver) async fn rename_volume(
    driver: &Driver,
    scope: &Scope,
    lun: &Lun,
) -> Result<Option<String>> {
    let (appliance, place) = (driver.appliance(), driver.place());
    if Marker::of_source(lun).is_some() || Marker::of_copy(lun).is_some() {
        let message = format!("volume {} migrates; delete it after that", lun.name);
        return Err(Error::new(Status::VolumeBusy, message));
    }
    if lun.nodestroy && lun.origin.is_none() && !canary!("protected-volume-deferred") {
        return Err(Error::new(
            Status::VolumeBusy,
            format!(
                "volume {} is protected by its property nodestroy, which this driver did not set; \
                 clear it on the appliance to delete the volume",
                lun.name
            ),
        ));
    }
    let guid = lun.said_guid()?;
    let mark = Deferred::now(lun).to_string();
    let mut number = 1;
    loop {
        let name = deferred(&lun.name, guid, number);
        let change = LunChange {
            name: Some(&name),
            initiator_groups: Some(Presentation::masked())
                .filter(|_| !canary!("deferred-volume-presented")),
            operation: Some(&mark),
            ..LunChange::default()
        };
        match appliance.change_lun(scope, place, &lun.name, &change).await {
            Ok(after) => {
                let same = after.is_same(guid);
                let same = same.map_err(|error| error.with_outcome(Outcome::Applied))?;
                let shows = change.shows_in(&after) || canary!("deferred-rename-not-read");
                let same = same || canary!("deferred-rename-of-another");
                if same && shows {
                    return Ok(Some(name));
                }
                if same {
                    return Err(Error::new(
                        Status::StateChanged,
                        format!(
                            "volume {} is called {name} now, and does not show that it is masked \
                             and marked as deleted: look at it on the appliance",
                            lun.name
                        ),
                    )
                    .with_outcome(Outcome::Applied)
                    .with_left_behind([format!("volume {name}, which was {}", lun.name)]));
                }
                // Another LUN got the name between the read and the request. Its GUID is not the
                // marker's, so it is never deleted as a deferred volume.
                return Err(Error::new(
                    Status::StateChanged,
                    format!(
                        "volume {} was another LUN ({guid}) a moment ago; the LUN {} is called \
                         {name} now: rename it on the appliance",
                        lun.name, after.guid
                    ),
                )
                .with_left_behind([format!("volume {name}, which was {}", lun.name)]));
            }
            Err(error) if is_taken(&error) && number < TRIES => {
                let there = match appliance.find_lun(scope, place, &name).await {
                    Ok(there) => there,
                    Err(blind) => return Err(blind.joined_by(error)),
                };
                // Another host deferred it. The LUN that has the former name now is a new one.
                if let Some(lun) = there
                    && lun.is_same(guid)?
                    && !canary!("deferred-volume-renamed-twice")
                {
                    return Ok(None);
                }
                number += 1;
            }
            Err(error) if error.is_not_found() => {
                let moved = |answer: Error| answer.with_status(Status::PoolNotOwned);
                let absence = driver.absence(scope, place, &lun.name, error, moved).await;
                return match absence.status() {
                    Status::VolumeNotFound => Ok(None),
                    _ => Err(absence),
                };
            }
            Err(error) => return Err(error),
        }
    }
}

/// Renames a snapshot to its reserved name. Returns the new name; `None` if the snapshot does not
/// exist any more. The lock of its volume is held.
pub(in crate::driver) async fn rename_snapshot(
    driver: &Driver,
    scope: &Scope,
    place: ProjectRef<'_>,
    volume: &str,
    snapshot: &LunSnapshot,
) -> Result<Option<String>> {
    let appliance = driver.appliance();
    let mut number = 1;
    loop {
        let name = deferred(&snapshot.name, &snapshot.creation, number);
        let renamed = appliance
            .rename_snapshot(scope, place, volume, &snapshot.name, &name)
            .await;
        match renamed {
            Ok(after) if is_same(snapshot, &after) => return Ok(Some(name)),
            Ok(_) => {
                // Another host deleted it and took a new one between the read and the request.
                let back = appliance.rename_snapshot(scope, place, volume, &name, &snapshot.name);
                return Err(replaced(volume, snapshot, &name, back.await.err()));
            }
            Err(error) if is_taken(&error) && number < TRIES => {
                let former = &snapshot.name;
                let found = appliance.find_snapshot_proven(scope, place, volume, former);
                match found.await {
                    Ok(Some(there)) if is_same(snapshot, &there) => number += 1,
                    // Another host deferred it. A snapshot that has the former name now is a new one.
                    Ok(_) => return Ok(None),
                    Err(blind) => return Err(blind.joined_by(error)),
                }
            }
            Err(error) if error.is_not_found() => {
                let look = || appliance.snapshot(scope, place, volume, &snapshot.name);
                return match appliance.proven(scope, place, look).await {
                    Ok(None) => Ok(None),
                    // The answering head did not serve the pool a moment ago.
                    Ok(Some(_)) => Err(error.with_status(Status::PoolNotOwned)),
                    Err(blind) => Err(blind.joined_by(error)),
                };
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether a snapshot is the one that was read before: it has no GUID, and a later one of its name
/// has a later time. An answer without the time does not say that it is another one.
fn is_same(read: &LunSnapshot, now: &LunSnapshot) -> bool {
    let unknown = read.creation.is_empty() || now.creation.is_empty();
    unknown || read.creation == now.creation || canary!("deferred-snapshot-of-another")
}

/// Error of a rename that met another snapshot than the one that was read. `failure`: it could not
/// be renamed back.
fn replaced(volume: &str, read: &LunSnapshot, name: &str, failure: Option<Error>) -> Error {
    let former = &read.name;
    let message = format!(
        "snapshot {former} of volume {volume} was another one a moment ago; call again for the one \
         that exists now"
    );
    let error = Error::new(Status::StateChanged, message).with_outcome(Outcome::None);
    match failure {
        None => error,
        Some(failure) => error
            .with_outcome(Outcome::Applied)
            .joined_by(failure.with_context(format!(
                "the snapshot is called {name} now: rename it to {former} on the appliance"
            ))),
    }
}

/// Whether the new name is taken, and no attempt at this rename is in doubt.
fn is_taken(error: &Error) -> bool {
    error.status() == Status::Exists && error.outcome() == Outcome::Rejected
}

/// Waits of a deferral for the operations on the clones of the renamed object.
///
/// A deletion of a clone that read the origin's former name has the lock of the clone until it
/// ends, so that a check after the wait sees its result. A deletion that begins later reads the
/// new name and deletes the origin itself. A clone may itself be renamed by a deferral before the
/// wait, so the names that the check after it reads are waited for, too.
pub(in crate::driver) struct ClonesInUse {
    /// End of all waits.
    until: Instant,
    /// The clones that were waited for, since the rename.
    outlasted: BTreeSet<String>,
}

impl ClonesInUse {
    /// Waits at most for [`PATIENCE`] from now on. The object was renamed.
    pub(in crate::driver) fn now() -> ClonesInUse {
        ClonesInUse {
            until: Instant::now() + PATIENCE,
            outlasted: BTreeSet::new(),
        }
    }

    /// Waits for the operations on these clones. False if all were waited for before, or if the
    /// time is over: a further check would show nothing new. A deletion holds the lock of a clone
    /// while it waits for that of a deferred volume, so none of a deferred volume may be held here.
    pub(in crate::driver) async fn outlast(
        &mut self,
        driver: &Driver,
        scope: &Scope,
        clones: impl IntoIterator<Item = String>,
    ) -> bool {
        let clones = clones.into_iter();
        let new: Vec<String> = clones
            .filter(|clone| self.outlasted.insert(clone.clone()))
            .collect();
        if new.is_empty() || canary!("deferred-clones-not-outlasted") {
            return false;
        }
        let waits = async {
            for clone in new {
                drop(driver.0.locks.share(scope, Key::Lun(clone)).await?);
            }
            Ok::<_, Error>(())
        };
        let left = self.until.saturating_duration_since(Instant::now());
        let outlasted = matches!(scope.within(left, waits).await, Ok(Ok(())));
        if !outlasted {
            tracing::info!("clones of a deleted object are in use; an audit finds it if it stays");
        }
        outlasted
    }
}

/// Deletes a snapshot that was renamed a moment ago if its clones were deleted meanwhile. A failure
/// is logged: an audit finds what stays.
pub(in crate::driver) async fn delete_snapshot_unless_needed(
    driver: &Driver,
    scope: &Scope,
    place: ProjectRef<'_>,
    (volume, name): (&str, &str),
    clones: Vec<String>,
) {
    let mut in_use = ClonesInUse::now();
    in_use.outlast(driver, scope, clones).await;
    loop {
        match delete_unused_snapshot(driver, scope, place, volume, name).await {
            Ok(unused) => {
                if canary!("deferred-clones-read-once")
                    || !in_use.outlast(driver, scope, unused.clones).await
                {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(volume, snapshot = name, %error, "deferred snapshot not deleted");
                return;
            }
        }
    }
}
