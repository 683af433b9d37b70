//! Commands about several volumes at once.

use clap::Subcommand;
use zfssa::ops::{
    CreateGroupFromSrc, CreateGroupSnapshot, DeleteGroup, DeleteGroupSnapshot, DeletedPart,
    GroupClone, GroupDeleted, GroupMember,
};

use crate::commands::request::{created, fail_if, key_value, size_gib};
use crate::commands::snapshot::taken;
use crate::exit::Failure;
use crate::form::list;
use crate::output::rows;
use crate::run::Runner;

#[derive(Subcommand)]
pub enum GroupCommand {
    /// Takes snapshots of several volumes at one instant, each called SNAPSHOT.
    Snapshot {
        snapshot: String,
        #[arg(required = true)]
        volumes: Vec<String>,
    },
    /// Deletes the snapshot SNAPSHOT of several volumes.
    DeleteSnapshot {
        snapshot: String,
        #[arg(required = true)]
        volumes: Vec<String>,
    },
    /// Creates volumes from several others, all as they are at one instant, or as their snapshots.
    Clone {
        /// The sources, each with the volume to create from it.
        #[arg(required = true, value_name = "SOURCE=VOLUME", value_parser = key_value)]
        pairs: Vec<(String, String)>,
        /// Name of the sources' snapshots; by default the volumes' present state.
        #[arg(
            long,
            value_name = "NAME",
            default_value = "",
            hide_default_value = true
        )]
        snapshot: String,
    },
    /// Deletes several volumes with all their data, clones first.
    Delete {
        #[arg(required = true)]
        volumes: Vec<String>,
    },
}

impl GroupCommand {
    pub async fn run(self, runner: &Runner) -> Result<(), Failure> {
        match self {
            GroupCommand::Snapshot { snapshot, volumes } => {
                snapshot_together(runner, snapshot, volumes).await
            }
            GroupCommand::DeleteSnapshot { snapshot, volumes } => {
                delete_snapshots(runner, snapshot, volumes).await
            }
            GroupCommand::Clone { pairs, snapshot } => clone(runner, pairs, &snapshot).await,
            GroupCommand::Delete { volumes } => delete(runner, volumes).await,
        }
    }
}

fn members(snapshot: &str, volumes: Vec<String>) -> Vec<GroupMember> {
    let member = |volume| GroupMember {
        volume,
        snapshot: snapshot.to_owned(),
    };
    volumes.into_iter().map(member).collect()
}

async fn snapshot_together(
    runner: &Runner,
    snapshot: String,
    volumes: Vec<String>,
) -> Result<(), Failure> {
    let plan = format!("take snapshot {snapshot} of {}", list(&volumes));
    let request = CreateGroupSnapshot {
        id: snapshot.clone(),
        members: members(&snapshot, volumes),
    };
    runner
        .change(&plan, request, |made| {
            let lines: Vec<String> = made.snapshots.iter().map(taken).collect();
            lines.join("\n")
        })
        .await
        .map(drop)
}

async fn delete_snapshots(
    runner: &Runner,
    snapshot: String,
    volumes: Vec<String>,
) -> Result<(), Failure> {
    let object = format!("snapshot {snapshot} of {}", list(&volumes));
    let (plan, question) = (format!("delete {object}"), format!("Delete {object}?"));
    let request = DeleteGroupSnapshot {
        id: snapshot.clone(),
        members: members(&snapshot, volumes),
    };
    let deleted = runner.confirmed_change(&plan, &question, request, results);
    unless_all_deleted(deleted.await?)
}

async fn clone(
    runner: &Runner,
    pairs: Vec<(String, String)>,
    snapshot: &str,
) -> Result<(), Failure> {
    let names: Vec<String> = pairs.iter().map(|(_, volume)| volume.clone()).collect();
    let plan = format!("create {}", list(&names));
    let mut volumes = Vec::new();
    for (source_volume, name) in pairs {
        volumes.push(GroupClone {
            name,
            size_gib: size_gib(&source_volume, runner).await?,
            source_volume,
            snapshot: snapshot.to_owned(),
            ..GroupClone::default()
        });
    }
    // The id names the temporary snapshot of the sources.
    let id = names.first().cloned().unwrap_or_default();
    runner
        .change(&plan, CreateGroupFromSrc { id, volumes }, |made| {
            let lines: Vec<String> = made.volumes.iter().map(created).collect();
            lines.join("\n")
        })
        .await
        .map(drop)
}

async fn delete(runner: &Runner, volumes: Vec<String>) -> Result<(), Failure> {
    let names = list(&volumes);
    let plan = format!("delete {names}");
    let question = format!("Delete {names} with all data?");
    let id = volumes.first().cloned().unwrap_or_default();
    let request = DeleteGroup { id, volumes };
    let deleted = runner.confirmed_change(&plan, &question, request, results);
    unless_all_deleted(deleted.await?)
}

fn results(deleted: &GroupDeleted) -> String {
    let row = |part: &DeletedPart| {
        let result = match (part.deleted, part.existed) {
            (true, true) => "deleted".to_owned(),
            (true, false) => "did not exist".to_owned(),
            (false, _) => part.error.clone(),
        };
        [part.name.clone(), result]
    };
    rows(["NAME", "RESULT"], deleted.parts.iter().map(row), "")
}

fn unless_all_deleted(deleted: Option<GroupDeleted>) -> Result<(), Failure> {
    fail_if(
        deleted.is_some_and(|deleted| !deleted.all_deleted),
        "not everything was deleted",
    )
}
