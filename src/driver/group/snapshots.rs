//! Snapshots of generic volume groups: taken consistently, and deleted.

use futures_util::future::join_all;

use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::group::consistent_snapshot::{Member, delete_left_snapshot, snapshot_together};
use crate::driver::group::groups::{GroupDeleted, check_id, keep_volumes};
use crate::driver::naming::refuse_deferred;
use crate::driver::operation::Operation;
use crate::driver::rollback::roll_back;
use crate::driver::volume::delete_flow::Deleted;
use crate::driver::volume::snapshots::{DeleteSnapshot, Snapshot, Snapshots};
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// A volume and its snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupMember {
    /// The LUN's name.
    pub volume: String,
    /// The snapshot's name, such as `snapshot-<uuid>`.
    pub snapshot: String,
}

/// Takes a consistent snapshot of all volumes of a group, or none.
///
/// Idempotent under one id: if every volume has its snapshot, these are returned. An interrupted
/// call is continued with the snapshot that it took.
#[derive(Clone, Debug, Default)]
pub struct CreateGroupSnapshot {
    /// Cinder's id of the group snapshot.
    pub id: String,
    /// The volumes and the names of their snapshots.
    pub members: Vec<GroupMember>,
}

/// Deletes the snapshots of a group, each as [`DeleteSnapshot`] does. Reports the result of each.
///
/// The temporary snapshot of the project that an interrupted [`CreateGroupSnapshot`] with this id
/// left is deleted, too, also without members.
#[derive(Clone, Debug, Default)]
pub struct DeleteGroupSnapshot {
    /// Cinder's id of the group snapshot.
    pub id: String,
    /// The volumes and their snapshots.
    pub members: Vec<GroupMember>,
}

impl Operation for CreateGroupSnapshot {
    const NAME: &'static str = "create_group_snapshot";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .errors(&[
            Status::VolumeNotFound,
            Status::SnapshotExists,
            Status::PoolNotOwned,
        ])
        .locks(&[Lock::volume("each volume").shared()])
        .budgets(&[budget("4 volumes", 6, 3)])
        .depth_reason(
            "the members get their names when the snapshot of the project exists, and what is \
             left of it goes when they have them",
        );
    type Output = Snapshots;

    fn resource(&self) -> String {
        self.id.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Snapshots> {
        check_id(&self.id)?;
        if self.members.is_empty() {
            return Ok(Vec::new().into());
        }
        let members: Vec<Member> = self
            .members
            .into_iter()
            .map(|GroupMember { volume, snapshot }| Member { volume, snapshot })
            .collect();
        for member in &members {
            refuse_deferred(&member.volume)?;
            refuse_deferred(&member.snapshot)?;
        }
        let volumes = members.iter().map(|member| &member.volume);
        let _kept = keep_volumes(driver, scope, volumes).await?;
        let mut steps = Vec::new();
        let taken = snapshot_together(driver, scope, &self.id, &members, &mut steps);
        match taken.await {
            Ok(snapshots) => {
                let shown = members.iter().zip(snapshots);
                let shown = shown.map(|(member, (snapshot, mine))| {
                    Snapshot::of(driver, &member.volume, snapshot, mine)
                });
                Ok(shown.collect::<Vec<_>>().into())
            }
            Err(error) => Err(roll_back(driver, scope, &steps, error).await),
        }
    }
}

impl Operation for DeleteGroupSnapshot {
    const NAME: &'static str = "delete_group_snapshot";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .locks(&[
            Lock::volume("each volume"),
            Lock::volume("each clone of a snapshot that is deferred")
                .shared()
                .released_at_once(),
        ])
        .budgets(&[budget("4 volumes", 11, 3)])
        .depth_reason(
            "the snapshots are deleted side by side, each as deep as `delete_snapshot`; the \
             absence of a temporary snapshot of the project is proven by a read of the project \
             between two of the snapshot",
        );
    type Output = GroupDeleted;

    fn resource(&self) -> String {
        self.id.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<GroupDeleted> {
        let delete = async |member: &GroupMember| {
            let delete = DeleteSnapshot {
                volume: member.volume.clone(),
                name: member.snapshot.clone(),
            };
            delete.run(driver, scope).await
        };
        let (results, left) = tokio::join!(join_all(self.members.iter().map(&delete)), async {
            match self.id.is_empty() {
                true => Ok(()),
                false => delete_left_snapshot(driver, scope, &self.id).await,
            }
        });
        if let Err(error) = left {
            return Err(with_members(error, results));
        }
        let name = |member: &GroupMember| format!("{}@{}", member.volume, member.snapshot);
        Ok(GroupDeleted::of(
            self.members.iter().map(name).collect(),
            results,
        ))
    }
}

/// Error for the temporary snapshot of the project, with the results of the members.
fn with_members(error: Error, results: Vec<Result<Deleted>>) -> Error {
    let changed = results
        .iter()
        .any(|result| matches!(result, Ok(deleted) if deleted.existed));
    let failed = results.into_iter().filter_map(Result::err);
    let error = failed.fold(error, Error::joined_by);
    let members = match (changed, error.left_behind()) {
        (false, _) => Outcome::None,
        (true, []) => Outcome::Applied,
        (true, _) => Outcome::Partial,
    };
    let outcome = error.outcome().worse(members);
    error.with_outcome(outcome)
}
