//! Persistent API tokens.

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use zfssa::ops::CreateApiToken;
use zfssa::secret::Secret;

use crate::exit::Failure;
use crate::form::list;
use crate::run::Runner;

/// Seconds of a day.
const DAY: u64 = 86_400;

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Creates a token, writes it into a file for zfssa_token_file, and revokes the tokens of the
    /// same name. The token is shown nowhere.
    Create {
        /// Name of the token on the appliance; each token file needs a name of its own.
        name: String,
        /// The file; by default that of zfssa_token_file.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// How long the token is valid.
        #[arg(
            long,
            value_name = "DAYS",
            default_value_t = 365,
            value_parser = clap::value_parser!(u64).range(1..=3650)
        )]
        days: u64,
        /// Leaves the former tokens of the name valid.
        #[arg(long)]
        keep_former: bool,
    },
}

impl TokenCommand {
    /// `password` is empty for a backend that has one.
    pub async fn run(self, runner: &Runner, password: Secret) -> Result<(), Failure> {
        let TokenCommand::Create {
            name,
            file,
            days,
            keep_former,
        } = self;
        let token_file = match file {
            Some(file) => std::path::absolute(&file)
                .map_err(|error| Failure::local(file.display(), error))?
                .to_string_lossy()
                .into_owned(),
            None => String::new(),
        };
        let plan = format!("create API token {name} and revoke the others of this name");
        let request = CreateApiToken {
            name,
            lifetime: Duration::from_secs(days * DAY),
            token_file,
            password,
            keep_former,
        };
        runner
            .change(&plan, request, |token| {
                format!(
                    "token {} is in {}, valid until {}; revoked: {}",
                    token.name,
                    token.token_file,
                    token.expiration,
                    list(&token.revoked)
                )
            })
            .await
            .map(drop)
    }
}
