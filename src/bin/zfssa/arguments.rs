//! Command line of `zfssa`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::backend::BackendArguments;
use crate::commands::audit::Audit;
use crate::commands::cinder::CinderCommand;
use crate::commands::group::GroupCommand;
use crate::commands::migrate::Migrate;
use crate::commands::record::Record;
use crate::commands::recover::Recover;
use crate::commands::snapshot::SnapshotCommand;
use crate::commands::token::TokenCommand;
use crate::commands::verify::Verify;
use crate::commands::volume::VolumeCommand;
use crate::commands::watch::Watch;
use crate::init::Init;
use crate::output::{Output, OutputFormat};
use crate::run::CallArguments;

const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   a file or the terminal failed, the answer to a question was no, or the operation could not
      do what was asked for and changed nothing
  2   the command line or the configuration is wrong; nothing was sent
  CO  two digits for a failed operation. C is the class of the error: 1 caller and library,
      2 transport, 3 appliance, 4 the volume's or snapshot's state. O is what became of the
      appliance: 0 unchanged, 1 refused and unchanged, 2 changed, 3 not known, 4 rolled back,
      5 partly changed (the error names what is left).

A command may be repeated after any of them.";

/// Drives an Oracle ZFS Storage Appliance: volumes, snapshots, connections and their upkeep.
#[derive(Parser)]
#[command(name = "zfssa", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Arguments {
    #[command(flatten)]
    pub backend: BackendArguments,
    /// Format of the result on standard output.
    #[arg(long, value_enum, default_value_t, global = true)]
    output: OutputFormat,
    /// Shows each request on standard error, without secrets.
    #[arg(long, short, global = true)]
    pub verbose: bool,
    #[command(flatten)]
    pub call: CallArguments,
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    pub fn output(&self) -> Output {
        Output::new(self.output)
    }
}

#[derive(Subcommand)]
pub enum Command {
    /// Asks for a backend's options, pins the appliance's certificate and writes the profile.
    Init(Init),
    /// Fetches the appliance's certificate without trusting it, to compare its fingerprint.
    Certificate,
    /// Lists the options of a backend.
    Options {
        /// Only the options whose names contain this.
        name: Option<String>,
    },
    /// Creates what the backend lacks: project, target and groups.
    Setup,
    /// Checks the backend, and changes nothing.
    Check,
    /// Capacity of the backend.
    Stats,
    /// Volumes: the LUNs of the project.
    Volume {
        #[command(subcommand)]
        command: VolumeCommand,
    },
    /// Snapshots of volumes.
    Snapshot {
        #[command(subcommand)]
        command: SnapshotCommand,
    },
    /// Several volumes at once.
    Group {
        #[command(subcommand)]
        command: GroupCommand,
    },
    /// Moves a volume to another backend by replication.
    Migrate(Migrate),
    /// Finds objects without an owner, and deletes them if asked to.
    Audit(Audit),
    /// Finishes or rolls back what interrupted processes left.
    Recover(Recover),
    /// Examines the appliance in a scratch project, which is removed at the end, and reports how it
    /// behaves where Oracle's guides are silent.
    Verify(Verify),
    /// Records the requests of a host to the appliance with their answers, secrets masked, as a
    /// trace that `zfssa-appliance --replay` answers from.
    Record(Record),
    /// Sums up the log of a host as it grows: operations, requests, retries and errors.
    Watch(Watch),
    /// Persistent API tokens, for a backend without a password.
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Calls of a Cinder driver that change nothing on the appliance, to try a backend out.
    Cinder {
        #[command(subcommand)]
        command: CinderCommand,
    },
    /// Prints a completion script.
    Completion {
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Writes the manual pages.
    Man {
        /// An existing directory.
        directory: PathBuf,
    },
}
