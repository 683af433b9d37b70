//! Examination of an appliance: its behaviour where no document states it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serde_json::Value;
use zfssa::{Error, Outcome, Status};

use crate::backend::BackendArguments;
use crate::exit::Failure;
use crate::output::{Output, rows};
use crate::run::Runner;
use crate::verify::client::settings;
use crate::verify::iscsi::library::load;
use crate::verify::probes::data::Data;
use crate::verify::scratch::Scratch;
use crate::verify::table::{Kind, ROWS, ShownRow};
use crate::verify::{Examined, Plan, examine, remove};

/// What to examine, and where the results go.
#[derive(Args)]
pub struct Verify {
    /// Writes the report as JSON.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Writes the profile that `zfssa-appliance --profile` loads: the appliance's values of the
    /// simulator's knobs.
    #[arg(long, value_name = "FILE")]
    simulator_profile: Option<PathBuf>,
    /// Also examines the life of sessions, and leaves some idle for at most this time. An
    /// appliance's own lifetime is 900 s.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    session_wait: Option<u64>,
    /// Also examines the refusal of a change by a user without authorizations: the backend profile
    /// of that user, on the same appliance.
    #[arg(long, value_name = "NAME")]
    restricted: Option<String>,
    /// Also examines the data of LUNs: logs in to the backend's target over iSCSI, as initiators
    /// made for this run, and reads and writes LUNs of the scratch project. Needs libiscsi.
    #[arg(long, conflicts_with_all = ["list", "remove"])]
    data: bool,
    /// File of libiscsi, if the system's linker does not find the library.
    #[arg(long, value_name = "FILE", requires = "data")]
    libiscsi: Option<PathBuf>,
    /// Puts the appliance's address, name, serial number and pool into the report.
    #[arg(long)]
    identify: bool,
    /// Lists what is examined, and sends nothing.
    #[arg(long, conflicts_with_all = ["report", "simulator_profile", "remove"])]
    list: bool,
    /// Only removes the scratch project that a killed run left, by the name that the run printed.
    #[arg(long, value_name = "PROJECT", conflicts_with_all = ["report", "simulator_profile"])]
    remove: Option<String>,
}

/// Result of a removal.
#[derive(Serialize)]
struct Removed<'a> {
    removed: &'a str,
}

impl Verify {
    /// Whether only the table is asked for, which needs no backend.
    pub fn lists(&self) -> bool {
        self.list
    }

    pub fn list(&self, output: &Output) -> Result<(), Failure> {
        let all: Vec<ShownRow> = ROWS.iter().map(|row| row.shown()).collect();
        output.show(&all, || {
            rows(
                ["NAME", "SIMULATOR", "PROBE", "VALUE"],
                ROWS.iter().map(|row| {
                    let name = match row.kind {
                        Kind::Knob => format!("{} (knob)", row.name),
                        Kind::Fact => row.name.to_owned(),
                    };
                    let (probe, reading) = match row.is_probed() {
                        true => (row.probe.to_owned(), row.reading.to_owned()),
                        false => ("none".to_owned(), row.probe.to_owned()),
                    };
                    [name, row.default().to_string(), probe, reading]
                }),
                "",
            )
        })
    }

    pub async fn run(self, runner: &Runner) -> Result<(), Failure> {
        let config = runner.driver().config();
        if let Some(name) = &self.remove {
            return remove_left(name, runner).await;
        }
        let scratch = Scratch::new(&config.pool, runner.operation_id())?;
        let name = scratch.name.clone();
        if runner.is_dry_in(&name, "create LUNs, and delete them again,")? {
            return Ok(());
        }
        let restricted = match &self.restricted {
            Some(name) => {
                let driver = BackendArguments::of_profile(name).driver()?;
                Some(settings(driver.config()))
            }
            None => None,
        };
        let data = match self.data {
            true => Data::new(load(self.libiscsi.as_deref())?, config),
            false => None,
        };
        // A file that cannot be written is noticed before the appliance is changed.
        let report_file = self.report.as_deref().map(NewFile::open).transpose()?;
        let profile_file = self.simulator_profile.as_deref();
        let profile_file = profile_file.map(NewFile::open).transpose()?;
        let plan = Plan {
            settings: settings(config),
            late: config.timeouts.late_request,
            session_wait: self.session_wait.map(Duration::from_secs),
            timeout: runner.timeout(),
            restricted,
            data,
            scratch,
        };
        eprintln!("zfssa: scratch project {name} in pool {}", config.pool);
        let said = [
            "cancelled; removing the scratch project",
            "still removing the scratch project; if this process is killed, run `zfssa verify \
             --remove` with its name",
        ];
        let examined = runner
            .run_steps(said, async |cancel, step| examine(plan, cancel, step).await)
            .await?;
        let Examined {
            mut report,
            identity,
            failure,
            changed,
            left,
        } = examined;
        if self.identify {
            report.identity = Some(identity);
        }
        if !failure.as_ref().is_some_and(is_end) {
            if let Some(file) = report_file {
                let report = serde_json::to_value(&report);
                file.write(&report.map_err(|error| Failure::local("the report", error))?)?;
            }
            if let Some(file) = profile_file {
                file.write(&report.profile())?;
            }
            runner.show(&report, || report.text())?;
        }
        finish(failure, changed, left, &name)
    }
}

/// Removes what a killed run left.
async fn remove_left(name: &str, runner: &Runner) -> Result<(), Failure> {
    let config = runner.driver().config();
    let scratch = Scratch::left(&config.pool, name)?;
    if runner.is_dry_in(name, "delete the scratch project and its LUNs")? {
        return Ok(());
    }
    runner.confirm(&format!(
        "Delete project {name} of pool {} with its LUNs, initiator group {name} and its initiators? \
         No run of `zfssa verify` may be using them.",
        config.pool
    ))?;
    let left = remove(&scratch, &settings(config), config.timeouts.late_request).await?;
    finish(None, true, left, name)?;
    runner.show(&Removed { removed: name }, || {
        format!("project {name} does not exist any more")
    })
}

fn is_end(failure: &Failure) -> bool {
    match failure {
        Failure::Operation(error) => matches!(
            error.status(),
            Status::Cancelled | Status::Shutdown | Status::Deadline
        ),
        Failure::Usage(_) | Failure::Local(_) | Failure::Reported(_) => false,
    }
}

/// Result of a run: its failure, if there is one, with the objects that are left.
fn finish(
    failure: Option<Failure>,
    changed: bool,
    left: Vec<String>,
    name: &str,
) -> Result<(), Failure> {
    let remedy = || {
        format!(
            "left: {}; remove it with `zfssa verify --remove {name}`",
            left.join("; left: ")
        )
    };
    match failure {
        None if left.is_empty() => Ok(()),
        None => Err(Failure::Local(remedy())),
        Some(other) if !changed => Err(other),
        Some(Failure::Operation(error)) => {
            let outcome = match left.is_empty() {
                true => Outcome::RolledBack,
                false => Outcome::Partial,
            };
            let error: Error = *error;
            Err(error.with_outcome(outcome).with_left_behind(left).into())
        }
        Some(other) if left.is_empty() => Err(other),
        Some(Failure::Local(text)) => Err(Failure::Local(format!("{text}; {}", remedy()))),
        Some(other) => Err(other),
    }
}

/// A file that is written whole or not at all.
struct NewFile {
    path: PathBuf,
    file: tempfile::NamedTempFile,
}

impl NewFile {
    fn open(path: &Path) -> Result<NewFile, Failure> {
        let directory = path.parent().filter(|parent| *parent != Path::new(""));
        let file = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")));
        Ok(NewFile {
            path: path.to_owned(),
            file: file.map_err(|error| Failure::local(path.display(), error))?,
        })
    }

    fn write(mut self, value: &Value) -> Result<(), Failure> {
        let written = writeln!(self.file, "{value:#}");
        let path = self.path.display();
        written.map_err(|error| Failure::local(&path, error))?;
        let kept = self.file.persist(&self.path);
        kept.map(drop).map_err(|error| Failure::local(&path, error))
    }
}
