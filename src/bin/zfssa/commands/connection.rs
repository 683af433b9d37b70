//! Commands that present a volume to a host, and hide it.

use clap::Args;
use zfssa::ops::{Connection, Detached, InitializeConnection, OneOrEvery, TerminateConnection};

use crate::commands::request::fail_if;
use crate::exit::Failure;
use crate::form::{list, yes_no};
use crate::output::properties;
use crate::run::Runner;

/// A volume and the host that it is presented to.
#[derive(Args)]
pub struct Attach {
    volume: String,
    /// iSCSI name of the host.
    #[arg(long, value_name = "IQN")]
    initiator: String,
    /// Name of the host, for the group that is created if the attachment registers it.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    host_name: String,
    /// Refuses the attachment while the volume is presented to another host.
    #[arg(long)]
    exclusive: bool,
}

impl Attach {
    pub async fn run(self, runner: &Runner) -> Result<(), Failure> {
        let plan = format!("present volume {} to {}", self.volume, self.initiator);
        let request = InitializeConnection {
            volume: self.volume,
            initiator: self.initiator,
            host_name: self.host_name,
            exclusive: self.exclusive,
            ..InitializeConnection::default()
        };
        runner.change(&plan, request, shown).await.map(drop)
    }
}

fn shown(connection: &Connection) -> String {
    let chap = connection.auth.as_ref().map(|auth| &auth.username);
    properties([
        ("target", connection.target_iqn.clone()),
        ("portals", connection.target_portals.join(", ")),
        ("LU number", connection.target_lun.to_string()),
        ("CHAP user", list(chap)),
        ("initiator groups", list(&connection.initiator_groups)),
        ("changed", yes_no(connection.changed).to_owned()),
    ])
}

/// A volume and the host that it is hidden from.
#[derive(Args)]
pub struct Detach {
    volume: String,
    /// iSCSI name of the host.
    #[arg(
        long,
        value_name = "IQN",
        required_unless_present = "all_hosts",
        conflicts_with = "all_hosts"
    )]
    initiator: Option<String>,
    /// Hides the volume from every host.
    #[arg(long)]
    all_hosts: bool,
    /// iSCSI names that still use the volume; without a name: none does. By default they are not
    /// known, and a group with other hosts keeps the volume.
    #[arg(long, value_name = "IQN", num_args = 0.., conflicts_with = "all_hosts")]
    still_attached: Option<Vec<String>>,
}

impl Detach {
    pub async fn run(self, runner: &Runner) -> Result<(), Failure> {
        let volume = self.volume;
        let host = self.initiator.clone();
        let host = host.unwrap_or_else(|| "every host".to_owned());
        let plan = format!("hide volume {volume} from {host}");
        let question = format!("Hide volume {volume} from {host}?");
        let request = TerminateConnection {
            volume: volume.clone(),
            initiator: self.initiator.map_or(OneOrEvery::Every, OneOrEvery::One),
            still_attached: self.still_attached,
        };
        let words = |detached: &Detached| hidden(&volume, &host, detached);
        let detached = match self.all_hosts {
            true => {
                runner
                    .confirmed_change(&plan, &question, request, words)
                    .await
            }
            false => runner.change(&plan, request, words).await,
        };
        fail_if(
            detached?.is_some_and(|detached| detached.still_presented),
            "the volume is still presented to the host",
        )
    }
}

fn hidden(volume: &str, host: &str, detached: &Detached) -> String {
    match (detached.still_presented, detached.changed) {
        (true, _) => format!(
            "volume {volume} is still presented to {host}, through a group that has other hosts: \
             {}",
            list(&detached.initiator_groups)
        ),
        (false, true) => format!("volume {volume} is hidden from {host}"),
        (false, false) => format!("volume {volume} was not presented to {host}"),
    }
}
