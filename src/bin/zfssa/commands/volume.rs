//! Commands about volumes.

use clap::Subcommand;
use serde::Serialize;
use zfssa::ops::{
    CreateClonedVolume, CreateVolume, DeleteVolume, ExtendVolume, GetVolume, ListVolumes, Retype,
    RevertToSnapshot, UpdateMigratedVolume, Volume,
};

use crate::commands::connection::{Attach, Detach};
use crate::commands::image::FromImage;
use crate::commands::manage::{Existing, Manage, manage_size, manageable, unmanage};
use crate::commands::request::{ExtraSpecs, OptionalSize, Size, created, fail_if};
use crate::exit::Failure;
use crate::form::{age, gib, list, yes_no};
use crate::output::{properties, rows};
use crate::run::Runner;

#[derive(Subcommand)]
pub enum VolumeCommand {
    /// Lists the volumes of the project.
    Ls {
        /// Only the volumes whose names begin with this.
        prefix: Option<String>,
    },
    /// Shows one volume.
    Show { volume: String },
    /// Creates a volume. Success if it exists with the same size.
    Create {
        volume: String,
        #[command(flatten)]
        size: Size,
        #[command(flatten)]
        specs: ExtraSpecs,
    },
    /// Creates a volume from another one, as it is now.
    Clone {
        source: String,
        volume: String,
        #[command(flatten)]
        size: OptionalSize,
        #[command(flatten)]
        specs: ExtraSpecs,
    },
    /// Creates a volume from an image, through the image cache of the backend.
    FromImage(FromImage),
    /// Deletes volumes with all their data. Success if one does not exist.
    Delete {
        #[arg(required = true)]
        volumes: Vec<String>,
    },
    /// Extends a volume. It never shrinks.
    Extend {
        volume: String,
        #[command(flatten)]
        size: Size,
    },
    /// Reverts a volume to its latest snapshot; data written since is lost.
    Revert { volume: String, snapshot: String },
    /// Changes the properties of a volume to those of another volume type.
    Retype {
        volume: String,
        #[command(flatten)]
        specs: ExtraSpecs,
    },
    /// Presents a volume to a host, and shows the target to log in to.
    Attach(Attach),
    /// Hides a volume from a host.
    Detach(Detach),
    /// Makes a LUN of the project a volume.
    Manage(Manage),
    /// Shows the size in GiB that a LUN would have as a volume.
    ManageSize(Existing),
    /// Releases a volume, which stays as a LUN.
    Unmanage { volume: String },
    /// Lists the LUNs of the project that could become volumes.
    Manageable,
    /// Renames a volume that was migrated by its host to the name of the original.
    Rename { volume: String, name: String },
}

/// Result of a deletion, as JSON shows it.
#[derive(Serialize)]
struct DeletedVolume {
    name: String,
    existed: bool,
}

impl VolumeCommand {
    pub async fn run(self, runner: &Runner) -> Result<(), Failure> {
        match self {
            VolumeCommand::Ls { prefix } => list_volumes(runner, prefix).await,
            VolumeCommand::Show { volume } => runner.read(GetVolume { name: volume }, shown).await,
            VolumeCommand::Create {
                volume,
                size,
                specs,
            } => create(runner, volume, size.gib, specs).await,
            VolumeCommand::Clone {
                source,
                volume,
                size,
                specs,
            } => clone(runner, source, volume, size, specs).await,
            VolumeCommand::FromImage(image) => image.run(runner).await,
            VolumeCommand::Delete { volumes } => delete(runner, volumes).await,
            VolumeCommand::Extend { volume, size } => extend(runner, volume, size.gib).await,
            VolumeCommand::Revert { volume, snapshot } => revert(runner, volume, snapshot).await,
            VolumeCommand::Retype { volume, specs } => retype(runner, volume, specs).await,
            VolumeCommand::Attach(attach) => attach.run(runner).await,
            VolumeCommand::Detach(detach) => detach.run(runner).await,
            VolumeCommand::Manage(manage) => manage.run(runner).await,
            VolumeCommand::ManageSize(existing) => manage_size(runner, existing).await,
            VolumeCommand::Unmanage { volume } => unmanage(runner, volume).await,
            VolumeCommand::Manageable => manageable(runner).await,
            VolumeCommand::Rename { volume, name } => rename(runner, volume, name).await,
        }
    }
}

async fn list_volumes(runner: &Runner, prefix: Option<String>) -> Result<(), Failure> {
    let request = ListVolumes {
        prefix,
        ..ListVolumes::default()
    };
    let row = |volume: &Volume| {
        [
            volume.name.clone(),
            gib(volume.size_bytes),
            gib(volume.used_bytes),
            list(&volume.initiator_groups),
            age(&volume.created_at),
        ]
    };
    let heads = ["NAME", "SIZE", "USED", "PRESENTED TO", "AGE"];
    runner
        .read(request, |found| {
            rows(heads, found.volumes.iter().map(row), "there are no volumes")
        })
        .await
}

/// The properties of a volume for people.
fn shown(volume: &Volume) -> String {
    let origin = volume.origin.as_ref();
    let origin = origin.map(|origin| format!("{}@{}", origin.volume, origin.snapshot));
    let mut lines = vec![
        ("name", volume.name.clone()),
        ("pool", volume.pool.clone()),
        ("project", volume.project.clone()),
        ("size", gib(volume.size_bytes)),
        ("used", gib(volume.used_bytes)),
        ("block size", format!("{} bytes", volume.block_size_bytes)),
        ("thin", yes_no(volume.sparse).to_owned()),
        ("compression", volume.compression.clone()),
        ("logbias", volume.logbias.clone()),
        ("presented to", list(&volume.initiator_groups)),
        ("target group", volume.target_group.clone()),
        ("clone of", list(origin)),
        ("GUID", volume.guid.clone()),
        ("age", age(&volume.created_at)),
    ];
    let more = volume.properties.iter();
    lines.extend(more.map(|one| (one.name.as_str(), one.value.clone())));
    properties(lines)
}

async fn create(
    runner: &Runner,
    name: String,
    size_gib: u64,
    specs: ExtraSpecs,
) -> Result<(), Failure> {
    let plan = format!("create volume {name} of {size_gib} GiB");
    let request = CreateVolume {
        name,
        size_gib,
        extra_specs: specs.pairs,
    };
    runner.change(&plan, request, created).await.map(drop)
}

async fn clone(
    runner: &Runner,
    source_volume: String,
    name: String,
    size: OptionalSize,
    specs: ExtraSpecs,
) -> Result<(), Failure> {
    let size_gib = size.or_of(&source_volume, runner).await?;
    let plan = format!("create volume {name} of {size_gib} GiB from {source_volume}");
    let request = CreateClonedVolume {
        name,
        size_gib,
        source_volume,
        extra_specs: specs.pairs,
        ..CreateClonedVolume::default()
    };
    runner.change(&plan, request, created).await.map(drop)
}

/// Deletes one after the other. After a failure the deletions before it are shown, too.
async fn delete(runner: &Runner, volumes: Vec<String>) -> Result<(), Failure> {
    let names = volumes.join(", ");
    if runner.is_dry(&format!("delete {names}"))? {
        return Ok(());
    }
    runner.confirm(&format!("Delete {names} with all data?"))?;
    let mut deleted = Vec::new();
    let mut failure = None;
    for name in volumes {
        match runner.run(DeleteVolume { name: name.clone() }).await {
            Ok(done) => deleted.push(DeletedVolume {
                name,
                existed: done.existed,
            }),
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    let words = |one: &DeletedVolume| match one.existed {
        true => format!("deleted volume {}", one.name),
        false => format!("volume {} did not exist", one.name),
    };
    if failure.is_none() || !deleted.is_empty() {
        runner.show(&deleted, || {
            let lines: Vec<String> = deleted.iter().map(words).collect();
            lines.join("\n")
        })?;
    }
    failure.map_or(Ok(()), Err)
}

async fn extend(runner: &Runner, name: String, size_gib: u64) -> Result<(), Failure> {
    let plan = format!("extend volume {name} to {size_gib} GiB");
    let words = |volume: &Volume| format!("volume {} has {}", volume.name, gib(volume.size_bytes));
    let request = ExtendVolume { name, size_gib };
    runner.change(&plan, request, words).await.map(drop)
}

async fn revert(runner: &Runner, volume: String, snapshot: String) -> Result<(), Failure> {
    let plan = format!("revert volume {volume} to snapshot {snapshot}");
    let question =
        format!("Revert volume {volume} to snapshot {snapshot}? Data written since is lost.");
    let words = format!("reverted volume {volume} to snapshot {snapshot}");
    let request = RevertToSnapshot {
        volume,
        snapshot,
        ..RevertToSnapshot::default()
    };
    runner
        .confirmed_change(&plan, &question, request, |_| words)
        .await
        .map(drop)
}

async fn retype(runner: &Runner, name: String, specs: ExtraSpecs) -> Result<(), Failure> {
    let plan = format!("change the properties of volume {name}");
    let request = Retype {
        name,
        extra_specs: specs.pairs,
    };
    let retyped = runner
        .change(&plan, request, |retyped| {
            match (retyped.in_place, retyped.changes.is_empty()) {
                (false, _) => format!("nothing was changed: {}", retyped.reason),
                (true, true) => "the volume had these properties: nothing was changed".to_owned(),
                (true, false) => retyped.changes.join("\n"),
            }
        })
        .await?;
    fail_if(
        retyped.is_some_and(|retyped| !retyped.in_place),
        "the volume does not have these properties",
    )
}

async fn rename(runner: &Runner, volume: String, name: String) -> Result<(), Failure> {
    let plan = format!("rename volume {volume} to {name}");
    let request = UpdateMigratedVolume {
        original_name: name,
        current_name: volume.clone(),
        ..UpdateMigratedVolume::default()
    };
    runner
        .change(&plan, request, |renamed| match renamed.renamed {
            true => format!("volume {volume} is {} now", renamed.name),
            false => format!("volume {} was not renamed", renamed.name),
        })
        .await
        .map(drop)
}
