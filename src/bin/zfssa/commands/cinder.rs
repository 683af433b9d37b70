//! Calls of a Cinder driver that change nothing on the appliance.

use std::time::Duration;

use clap::Subcommand;
use zfssa::ops::{
    CreateExport, CreateGroup, Echo, EnsureExport, KnownObject, ProviderId, RemoveExport,
    UpdateGroup, UpdateProviderInfo,
};

use crate::commands::request::key_value;
use crate::exit::Failure;
use crate::form::list;
use crate::output::rows;
use crate::run::Runner;

/// Result of a call that sends no request.
const NOTHING: &str = "nothing had to be done";

#[derive(Subcommand)]
pub enum CinderCommand {
    /// Waits, then prints the message. Does not access the appliance.
    Echo {
        message: String,
        /// How long to wait, in milliseconds.
        #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
        delay: u64,
    },
    /// Prepares a volume for attachment, for which the appliance needs nothing.
    CreateExport { volume: String },
    /// Checks the export of a volume, for which the appliance needs nothing.
    EnsureExport { volume: String },
    /// Removes the export of a volume, for which the appliance needs nothing.
    RemoveExport { volume: String },
    /// Creates a group, of which the appliance keeps nothing.
    CreateGroup { id: String },
    /// Checks that the volumes exist which a group gets.
    UpdateGroup {
        id: String,
        /// A volume that is added; may be repeated.
        #[arg(long = "add", value_name = "VOLUME")]
        add: Vec<String>,
        /// A volume that is removed; may be repeated.
        #[arg(long = "remove", value_name = "VOLUME")]
        remove: Vec<String>,
    },
    /// Shows which volumes exist, and their ids on the appliance.
    ProviderInfo {
        /// Cinder's id and the name on the appliance.
        #[arg(required = true, value_name = "ID=VOLUME", value_parser = key_value)]
        volumes: Vec<(String, String)>,
    },
}

impl CinderCommand {
    pub async fn run(self, runner: &Runner) -> Result<(), Failure> {
        let nothing = || NOTHING.to_owned();
        match self {
            CinderCommand::Echo { message, delay } => {
                let echo = Echo {
                    message,
                    delay: Duration::from_millis(delay),
                    ..Echo::default()
                };
                runner.read(echo, |echoed| echoed.message.clone()).await
            }
            CinderCommand::CreateExport { volume } => {
                runner.read(CreateExport { volume }, |_| nothing()).await
            }
            CinderCommand::EnsureExport { volume } => {
                runner.read(EnsureExport { volume }, |_| nothing()).await
            }
            CinderCommand::RemoveExport { volume } => {
                runner.read(RemoveExport { volume }, |_| nothing()).await
            }
            CinderCommand::CreateGroup { id } => {
                runner.read(CreateGroup { id }, |_| nothing()).await
            }
            CinderCommand::UpdateGroup { id, add, remove } => {
                let update = UpdateGroup {
                    id,
                    add_volumes: add,
                    remove_volumes: remove,
                };
                runner.read(update, |_| nothing()).await
            }
            CinderCommand::ProviderInfo { volumes } => provider_info(runner, volumes).await,
        }
    }
}

async fn provider_info(runner: &Runner, volumes: Vec<(String, String)>) -> Result<(), Failure> {
    let known = |(id, name)| KnownObject { id, name };
    let request = UpdateProviderInfo {
        volumes: volumes.into_iter().map(known).collect(),
        ..UpdateProviderInfo::default()
    };
    let row = |one: &ProviderId| [one.id.clone(), one.provider_id.clone()];
    runner
        .read(request, |info| {
            let there = info.volumes.iter().map(row);
            let there = rows(["ID", "PROVIDER ID"], there, "no volume exists");
            format!("{there}\nmissing: {}", list(&info.missing_volumes))
        })
        .await
}
