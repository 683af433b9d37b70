//! Commands that make LUNs volumes, and volumes LUNs.

use clap::Args;
use zfssa::ops::{
    ExistingRef, GetManageableVolumes, ManageExisting, ManageExistingGetSize, ManageableEntry,
    Unmanage,
};

use crate::commands::request::ExtraSpecs;
use crate::exit::Failure;
use crate::form::yes_no;
use crate::output::rows;
use crate::run::Runner;

/// A LUN that is no volume yet.
#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct Existing {
    /// Name of the LUN.
    #[arg(long, value_name = "NAME")]
    source_name: Option<String>,
    /// GUID of the LUN. With a name, too, both must be right.
    #[arg(long, value_name = "GUID")]
    source_guid: Option<String>,
}

impl Existing {
    fn shown(&self) -> &str {
        let name = self.source_name.as_deref();
        name.or(self.source_guid.as_deref()).unwrap_or_default()
    }

    fn reference(self) -> ExistingRef {
        ExistingRef {
            source_name: self.source_name.unwrap_or_default(),
            source_guid: self.source_guid.unwrap_or_default(),
        }
    }
}

/// A LUN and the volume that it becomes.
#[derive(Args)]
pub struct Manage {
    /// Name that the volume gets.
    volume: String,
    #[command(flatten)]
    existing: Existing,
    #[command(flatten)]
    specs: ExtraSpecs,
    /// Leaves the LUN presented to the hosts that have it.
    #[arg(long)]
    keep_presentation: bool,
}

impl Manage {
    pub async fn run(self, runner: &Runner) -> Result<(), Failure> {
        let plan = format!("make LUN {} volume {}", self.existing.shown(), self.volume);
        let request = ManageExisting {
            name: self.volume,
            existing: self.existing.reference(),
            extra_specs: self.specs.pairs,
            keep_presentation: self.keep_presentation,
        };
        runner
            .change(&plan, request, |managed| {
                let name = &managed.volume.name;
                match managed.changed {
                    true => format!("LUN {} is volume {name} now", managed.previous_name),
                    false => format!("{name} was a volume: nothing was changed"),
                }
            })
            .await
            .map(drop)
    }
}

pub async fn manage_size(runner: &Runner, existing: Existing) -> Result<(), Failure> {
    let existing = existing.reference();
    runner
        .read(ManageExistingGetSize { existing }, |size| {
            format!("{} GiB", size.size_gib)
        })
        .await
}

pub async fn unmanage(runner: &Runner, name: String) -> Result<(), Failure> {
    let plan = format!("release volume {name}");
    runner
        .change(&plan, Unmanage { name }, |released| {
            format!("volume {} is LUN {} now", released.name, released.new_name)
        })
        .await
        .map(drop)
}

pub async fn manageable(runner: &Runner) -> Result<(), Failure> {
    let row = |one: &ManageableEntry| {
        [
            one.reference.clone(),
            format!("{} GiB", one.size_gib),
            yes_no(one.safe_to_manage).to_owned(),
            one.reason_not_safe.clone(),
        ]
    };
    let heads = ["LUN", "SIZE", "MANAGEABLE", ""];
    runner
        .read(GetManageableVolumes::default(), |found| {
            rows(heads, found.entries.iter().map(row), "there are no LUNs")
        })
        .await
}
