//! Migration of a volume to the backend of another profile.

use clap::Args;
use zfssa::Driver;
use zfssa::ops::{GetVolumeStats, MigrateVolume};
use zfssa::secret::Secret;

use crate::backend::BackendArguments;
use crate::commands::request::fail_if;
use crate::exit::Failure;
use crate::run::{LOG_OUT, Runner};

/// A volume and its destination.
#[derive(Args)]
pub struct Migrate {
    volume: String,
    /// Profile of the destination, with its password. For `zfssa recover` after a crash, the
    /// destination must be in zfssa_migration_destinations, too.
    #[arg(long, value_name = "NAME")]
    to: String,
}

impl Migrate {
    pub async fn run(self, runner: &Runner) -> Result<(), Failure> {
        let destination = BackendArguments::of_profile(&self.to).driver()?;
        let stats = destination.call(GetVolumeStats {}).await;
        destination.log_out(LOG_OUT).await;
        let location_info = Secret::new(stats?.location_info);
        let (login, password) = account(runner.driver(), &destination);
        let (volume, to) = (self.volume, self.to);
        let plan = format!("move volume {volume} to backend {to}");
        let request = MigrateVolume {
            name: volume.clone(),
            location_info,
            login,
            password,
            ..MigrateVolume::default()
        };
        let moved = runner
            .change(&plan, request, |moved| {
                let mut lines = vec![match moved.migrated {
                    true => format!("volume {volume} is at {to} now, with GUID {}", moved.guid),
                    false => format!("volume {volume} was not moved: {}", moved.reason),
                }];
                lines.extend(moved.left_behind.iter().map(|left| format!("left: {left}")));
                lines.join("\n")
            })
            .await?;
        fail_if(
            moved.is_some_and(|moved| !moved.migrated),
            "the volume was not moved",
        )
    }
}

/// User and password for the destination; empty where the backend itself knows an account there,
/// because it is the same appliance or is in `zfssa_migration_destinations`, and where the profile
/// has a token, with which no other program can log in.
fn account(source: &Driver, destination: &Driver) -> (String, Secret) {
    let (from, to) = (source.config(), destination.config());
    let mut listed = from.migration_destinations.iter();
    let is_known = from.appliance.host == to.appliance.host || { listed }
        .any(|known| known.appliance.host == to.appliance.host);
    match to.credentials.password() {
        Some(password) if !is_known => (to.login.clone(), password.clone()),
        _ => (String::new(), Secret::default()),
    }
}
