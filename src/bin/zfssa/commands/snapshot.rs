//! Commands about snapshots.

use clap::Subcommand;
use zfssa::ops::{
    CreateSnapshot, CreateVolumeFromSnapshot, DeleteSnapshot, GetManageableSnapshots,
    ListSnapshots, ManageExistingSnapshot, ManageExistingSnapshotGetSize, ManageableEntry,
    OneOrEvery, Snapshot, UnmanageSnapshot,
};

use crate::commands::request::{ExtraSpecs, OptionalSize, created};
use crate::exit::Failure;
use crate::form::{age, gib, yes_no};
use crate::output::rows;
use crate::run::Runner;

#[derive(Subcommand)]
pub enum SnapshotCommand {
    /// Lists the snapshots of a volume, or of all volumes.
    Ls { volume: Option<String> },
    /// Takes a snapshot.
    Create { volume: String, snapshot: String },
    /// Deletes a snapshot. Success if it does not exist.
    Delete { volume: String, snapshot: String },
    /// Creates a volume from a snapshot.
    Clone {
        source: String,
        snapshot: String,
        volume: String,
        #[command(flatten)]
        size: OptionalSize,
        #[command(flatten)]
        specs: ExtraSpecs,
    },
    /// Renames a snapshot that another program took to the name of a managed one.
    Manage {
        volume: String,
        /// Name that the snapshot has.
        source_name: String,
        /// Name that it gets.
        snapshot: String,
    },
    /// Shows the size in GiB of a volume from a snapshot that another program took.
    ManageSize { volume: String, source_name: String },
    /// Releases a snapshot, which stays.
    Unmanage { volume: String, snapshot: String },
    /// Lists the snapshots that could be managed.
    Manageable,
}

impl SnapshotCommand {
    pub async fn run(self, runner: &Runner) -> Result<(), Failure> {
        match self {
            SnapshotCommand::Ls { volume } => list_snapshots(runner, volume).await,
            SnapshotCommand::Create { volume, snapshot } => create(runner, volume, snapshot).await,
            SnapshotCommand::Delete { volume, snapshot } => delete(runner, volume, snapshot).await,
            SnapshotCommand::Clone {
                source,
                snapshot,
                volume,
                size,
                specs,
            } => {
                let clone = CreateVolumeFromSnapshot {
                    name: volume,
                    size_gib: size.or_of(&source, runner).await?,
                    source_volume: source,
                    snapshot,
                    extra_specs: specs.pairs,
                };
                clone_snapshot(runner, clone).await
            }
            SnapshotCommand::Manage {
                volume,
                source_name,
                snapshot,
            } => manage(runner, volume, source_name, snapshot).await,
            SnapshotCommand::ManageSize {
                volume,
                source_name,
            } => {
                let request = ManageExistingSnapshotGetSize {
                    volume,
                    source_name,
                };
                let words = |size: &zfssa::ops::ExistingSize| format!("{} GiB", size.size_gib);
                runner.read(request, words).await
            }
            SnapshotCommand::Unmanage { volume, snapshot } => {
                unmanage(runner, volume, snapshot).await
            }
            SnapshotCommand::Manageable => manageable(runner).await,
        }
    }
}

async fn list_snapshots(runner: &Runner, volume: Option<String>) -> Result<(), Failure> {
    let request = ListSnapshots {
        volume: volume.map_or(OneOrEvery::Every, OneOrEvery::One),
        ..ListSnapshots::default()
    };
    let row = |snapshot: &Snapshot| {
        [
            snapshot.volume.clone(),
            snapshot.name.clone(),
            snapshot.clones.to_string(),
            gib(snapshot.unique_bytes),
            age(&snapshot.created_at),
        ]
    };
    let heads = ["VOLUME", "SNAPSHOT", "CLONES", "UNIQUE", "AGE"];
    runner
        .read(request, |found| {
            let found = found.snapshots.iter().map(row);
            rows(heads, found, "there are no snapshots")
        })
        .await
}

async fn create(runner: &Runner, volume: String, name: String) -> Result<(), Failure> {
    let plan = format!("take snapshot {name} of volume {volume}");
    runner
        .change(&plan, CreateSnapshot { volume, name }, taken)
        .await
        .map(drop)
}

/// Result of an operation that takes a snapshot, as text.
pub fn taken(snapshot: &Snapshot) -> String {
    let (name, volume) = (&snapshot.name, &snapshot.volume);
    match snapshot.created {
        true => format!("took snapshot {name} of volume {volume}"),
        false => format!("snapshot {name} of volume {volume} was there: nothing was changed"),
    }
}

async fn delete(runner: &Runner, volume: String, name: String) -> Result<(), Failure> {
    let object = format!("snapshot {name} of volume {volume}");
    let (plan, question) = (format!("delete {object}"), format!("Delete {object}?"));
    let request = DeleteSnapshot { volume, name };
    runner
        .confirmed_change(&plan, &question, request, |deleted| match deleted.existed {
            true => format!("deleted {object}"),
            false => format!("{object} did not exist"),
        })
        .await
        .map(drop)
}

async fn clone_snapshot(runner: &Runner, clone: CreateVolumeFromSnapshot) -> Result<(), Failure> {
    let (name, size) = (&clone.name, clone.size_gib);
    let (source, snapshot) = (&clone.source_volume, &clone.snapshot);
    let plan = format!("create volume {name} of {size} GiB from {source}@{snapshot}");
    runner.change(&plan, clone, created).await.map(drop)
}

async fn manage(
    runner: &Runner,
    volume: String,
    source_name: String,
    name: String,
) -> Result<(), Failure> {
    let plan = format!("rename snapshot {source_name} of volume {volume} to {name}");
    let request = ManageExistingSnapshot {
        volume,
        name,
        source_name,
    };
    runner
        .change(&plan, request, |managed| {
            let (was, is) = (&managed.previous_name, &managed.snapshot.name);
            match managed.changed {
                true => format!("snapshot {was} is {is} now"),
                false => format!("snapshot {is} was there: nothing was changed"),
            }
        })
        .await
        .map(drop)
}

async fn unmanage(runner: &Runner, volume: String, name: String) -> Result<(), Failure> {
    let plan = format!("release snapshot {name} of volume {volume}");
    runner
        .change(&plan, UnmanageSnapshot { volume, name }, |released| {
            format!("snapshot {} is {} now", released.name, released.new_name)
        })
        .await
        .map(drop)
}

async fn manageable(runner: &Runner) -> Result<(), Failure> {
    let row = |one: &ManageableEntry| {
        [
            one.source_reference.clone(),
            one.reference.clone(),
            format!("{} GiB", one.size_gib),
            yes_no(one.safe_to_manage).to_owned(),
            one.reason_not_safe.clone(),
        ]
    };
    let heads = ["VOLUME", "SNAPSHOT", "SIZE", "MANAGEABLE", ""];
    runner
        .read(GetManageableSnapshots::default(), |found| {
            let found = found.entries.iter().map(row);
            rows(heads, found, "there are no snapshots")
        })
        .await
}
