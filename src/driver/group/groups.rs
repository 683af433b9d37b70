//! Generic volume groups.
//!
//! A group does not exist on the appliance: its volumes stay in the backend's project under their
//! names, so that every other operation finds them, and the host passes the members with each call.
//! `snapshots.rs` has the snapshots of groups, and `consistent_snapshot.rs` explains how one is taken.

use serde::Serialize;

use futures_util::future::join_all;

use crate::driver::attach::exports::Nothing;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::group::consistent_snapshot::{Member, snapshot_together};
use crate::driver::naming::{id_of, refuse_deferred, temporary_snapshot};
use crate::driver::operation::Operation;
use crate::driver::rollback::{RollbackStep, roll_back};
use crate::driver::size::bytes_of_gib;
use crate::driver::volume::clone_flow::CloneFlow;
use crate::driver::volume::delete::{OfGroup, delete_in_group, delete_volume};
use crate::driver::volume::delete_flow::Deleted;
use crate::driver::volume::lookup::Volumes;
use crate::error::{Error, Result, Status};
use crate::lock::{Held, Key, Mode};
use crate::scope::Scope;

/// Creates a group. No request is sent.
#[derive(Clone, Debug, Default)]
pub struct CreateGroup {
    /// Cinder's id of the group.
    pub id: String,
}

/// Adds volumes to a group and removes others. Nothing is changed on the appliance; added volumes
/// must exist.
#[derive(Clone, Debug, Default)]
pub struct UpdateGroup {
    /// Cinder's id of the group.
    pub id: String,
    /// The names of volumes that are added.
    pub add_volumes: Vec<String>,
    /// The names of removed volumes.
    pub remove_volumes: Vec<String>,
}

/// Deletes a group's volumes, each as [`DeleteVolume`] does; clones of others in the group first.
/// Reports the result of each.
///
/// [`DeleteVolume`]: crate::driver::DeleteVolume
#[derive(Clone, Debug, Default)]
pub struct DeleteGroup {
    /// Cinder's id of the group.
    pub id: String,
    /// The names of its volumes.
    pub volumes: Vec<String>,
}

/// A volume of a new group.
#[derive(Clone, Debug, Default)]
pub struct GroupClone {
    /// The new LUN's name.
    pub name: String,
    /// GiB, at least the source's size.
    pub size_gib: u64,
    /// The source LUN's name.
    pub source_volume: String,
    /// The source's snapshot. Empty: the present state of the source, consistent with all other
    /// sources without a snapshot.
    pub snapshot: String,
    /// The volume type's extra specs; see [`crate::driver::CreateVolume`].
    pub extra_specs: Vec<(String, String)>,
}

/// Creates the volumes of a group from the snapshots or the volumes of another group. All or none.
#[derive(Clone, Debug, Default)]
pub struct CreateGroupFromSrc {
    /// Cinder's id of the new group.
    pub id: String,
    /// Its volumes.
    pub volumes: Vec<GroupClone>,
}

/// Results for the parts of a group.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct GroupDeleted {
    /// In the order of the request.
    pub parts: Vec<DeletedPart>,
    /// Whether all are gone.
    pub all_deleted: bool,
}

/// Result for one volume or snapshot of a group.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct DeletedPart {
    /// The volume's name, or `<volume>@<snapshot>`.
    pub name: String,
    /// Whether it is gone.
    pub deleted: bool,
    /// Whether it existed before the call.
    pub existed: bool,
    /// The status of the failure, as its number; 0 when it is gone.
    pub status: i32,
    /// Reason that it is not gone; empty if it is.
    pub error: String,
}

impl GroupDeleted {
    pub(super) fn of(names: Vec<String>, results: Vec<Result<Deleted>>) -> GroupDeleted {
        let part = |(name, result): (String, Result<Deleted>)| match result {
            Ok(deleted) => DeletedPart {
                name,
                deleted: true,
                existed: deleted.existed,
                status: 0,
                error: String::new(),
            },
            Err(error) => DeletedPart {
                name,
                deleted: false,
                existed: true,
                status: error.status().code(),
                error: error.to_string(),
            },
        };
        let parts: Vec<DeletedPart> = names.into_iter().zip(results).map(part).collect();
        GroupDeleted {
            all_deleted: parts.iter().all(|part| part.deleted),
            parts,
        }
    }
}

/// Locks volumes against deletion, in the global order of locks.
pub(super) async fn keep_volumes<'a>(
    driver: &Driver,
    scope: &Scope,
    names: impl Iterator<Item = &'a String>,
) -> Result<Vec<Held>> {
    let keys = names.map(|name| (Key::Lun(name.clone()), Mode::Shared));
    driver.0.locks.all(scope, keys).await
}

impl Operation for CreateGroup {
    const NAME: &'static str = "create_group";
    const CONTRACT: Contract = Contract::of(Changes::Nothing).budgets(&[budget("", 0, 0)]);
    type Output = Nothing;

    fn resource(&self) -> String {
        self.id.clone()
    }

    async fn run(self, _driver: &Driver, _scope: &Scope) -> Result<Nothing> {
        Ok(Nothing {})
    }
}

impl Operation for UpdateGroup {
    const NAME: &'static str = "update_group";
    const CONTRACT: Contract = Contract::of(Changes::Nothing)
        .errors(&[Status::VolumeNotFound, Status::PoolNotOwned])
        .budgets(&[budget("", 1, 1)]);
    type Output = Nothing;

    fn resource(&self) -> String {
        self.id.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Nothing> {
        if !self.add_volumes.is_empty() {
            let luns = driver.luns_of_project(scope).await?;
            for name in &self.add_volumes {
                refuse_deferred(name)?;
                if !luns.has(name)? {
                    return Err(driver.no_such_volume(name));
                }
            }
        }
        Ok(Nothing {})
    }
}

impl Operation for DeleteGroup {
    const NAME: &'static str = "delete_group";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .locks(&[
            Lock::volume("each volume"),
            Lock::volume("each clone of a volume that is deferred")
                .shared()
                .released_at_once(),
            Lock::volume("each deferred volume that may have lost its last clone"),
        ])
        .journalled("the deletion of clones")
        .budgets(&[budget("4 clones of each kind", 40, 4)])
        .depth_reason("the volumes are deleted side by side, each as deep as `delete_volume`");
    type Output = GroupDeleted;

    fn resource(&self) -> String {
        self.id.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<GroupDeleted> {
        // What waits only for volumes of the same group is not deferred.
        let delete = async |name: &String| delete_in_group(driver, scope, name).await;
        let first = join_all(self.volumes.iter().map(&delete)).await;
        let (mut results, mut deferrable): (Vec<_>, Vec<_>) =
            first.into_iter().map(result_and_deferral).unzip();
        // A volume is busy as long as another one of the group is its clone.
        loop {
            let busy: Vec<usize> = (0..results.len())
                .filter(|at| results.get(*at).is_some_and(is_busy))
                .collect();
            let again = busy.iter().filter_map(|at| self.volumes.get(*at));
            let again = join_all(again.map(&delete)).await;
            let again: Vec<_> = again.into_iter().map(result_and_deferral).collect();
            let progress = again.iter().any(|(result, _)| result.is_ok());
            for (at, (result, defers)) in busy.into_iter().zip(again) {
                if let (Some(slot), Some(flag)) = (results.get_mut(at), deferrable.get_mut(at)) {
                    replace(slot, result);
                    *flag = defers;
                }
            }
            if !progress {
                break;
            }
        }
        let left = self.volumes.iter().zip(&mut results).zip(deferrable);
        for ((name, slot), _) in left.filter(|(_, defers)| *defers) {
            replace(slot, delete_volume(driver, scope, name).await);
        }
        Ok(GroupDeleted::of(self.volumes, results))
    }
}

/// The result of an attempt, and whether its volume could be deferred.
fn result_and_deferral(attempt: Result<OfGroup>) -> (Result<Deleted>, bool) {
    match attempt {
        Ok(OfGroup::Deleted(deleted)) => (Ok(deleted), false),
        Ok(OfGroup::Busy { error, deferrable }) => (Err(error), deferrable),
        Err(error) => (Err(error), false),
    }
}

fn is_busy(result: &Result<Deleted>) -> bool {
    matches!(result, Err(error) if error.status() == Status::VolumeBusy)
}

/// Replaces the result of an attempt by that of the next one, whose error does not improve that of
/// the first.
fn replace(slot: &mut Result<Deleted>, result: Result<Deleted>) {
    let before = std::mem::replace(slot, result);
    if let (Err(error), Err(before)) = (slot, before)
        && before.outcome().worse(error.outcome()) != error.outcome()
    {
        *error = error.clone().joined_by(before);
    }
}

/// The id becomes part of a name.
pub(super) fn check_id(id: &str) -> Result<()> {
    if id.is_empty() {
        return Err(Error::invalid_argument("id", "empty", "it is required"));
    }
    Ok(())
}

impl Operation for CreateGroupFromSrc {
    const NAME: &'static str = "create_group_from_src";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .errors(&[
            Status::VolumeNotFound,
            Status::SnapshotNotFound,
            Status::VolumeExists,
            Status::SnapshotExists,
            Status::InvalidSize,
            Status::TypeMismatch,
            Status::VolumeBusy,
            Status::PoolNotOwned,
        ])
        .locks(&[
            Lock::volume("each new volume"),
            Lock::volume("each source").shared(),
        ])
        .journalled("the making of each clone")
        .budgets(&[budget("4 snapshots", 4, 1), budget("4 volumes", 10, 4)])
        .depth_reason(
            "clones need the snapshots of their sources, which are taken at one instant as \
             `create_group_snapshot` takes them",
        );
    type Output = Volumes;

    fn resource(&self) -> String {
        self.id.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Volumes> {
        check_id(&self.id)?;
        // The requests are checked before anything is created.
        let mut flows = Vec::new();
        for volume in self.volumes {
            let temporary = volume.snapshot.is_empty();
            let snapshot = if temporary {
                temporary_snapshot(id_of(&volume.name))
            } else {
                volume.snapshot
            };
            let flow = CloneFlow {
                name: volume.name,
                size: bytes_of_gib(volume.size_gib)?,
                source_project: driver.place().project.to_owned(),
                source: volume.source_volume,
                snapshot,
                extra_specs: volume.extra_specs,
                ..CloneFlow::default()
            };
            flow.check_source(driver, scope).await?;
            flows.push((flow, temporary));
        }
        let members: Vec<Member> = flows
            .iter()
            .filter(|(_, temporary)| *temporary)
            .map(|(flow, _)| Member {
                volume: flow.source.clone(),
                snapshot: flow.snapshot.clone(),
            })
            .collect();
        let mut steps = Vec::new();
        if !members.is_empty() {
            let volumes = members.iter().map(|member| &member.volume);
            let kept = keep_volumes(driver, scope, volumes).await?;
            let taken = snapshot_together(driver, scope, &self.id, &members, &mut steps).await;
            // Each clone locks its source itself.
            drop(kept);
            if let Err(error) = taken {
                return Err(roll_back(driver, scope, &steps, error).await);
            }
        }
        let clones = flows.into_iter().map(|(flow, _)| async move {
            let name = flow.name.clone();
            (name, flow.make(driver, scope).await)
        });
        let (mut volumes, mut failed) = (Vec::new(), None::<Error>);
        for (name, made) in join_all(clones).await {
            match made {
                Ok(volume) => {
                    if volume.created {
                        steps.push(RollbackStep::Lun { name });
                    }
                    volumes.push(volume);
                }
                // The leftovers of each failure count, not only those of the first.
                Err(error) => {
                    failed = Some(match failed {
                        Some(first) => first.joined_by(error),
                        None => error,
                    });
                }
            }
        }
        match failed {
            None => Ok(volumes.into()),
            Some(error) => Err(roll_back(driver, scope, &steps, error).await),
        }
    }
}
