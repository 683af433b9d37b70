//! Commands about the backend as a whole.

use serde::Serialize;
use zfssa::config::{OPTIONS, OptionSpec};
use zfssa::ops::{CheckForSetupError, DoSetup, GetCertificate, GetVolumeStats};

use crate::exit::Failure;
use crate::form::gib;
use crate::output::{Output, properties, rows};
use crate::run::Runner;

/// An option of the table.
#[derive(Serialize)]
struct ShownOption {
    name: &'static str,
    kind: &'static str,
    default: Option<&'static str>,
    required: bool,
    secret: bool,
    allowed: String,
    help: &'static str,
}

impl From<&'static OptionSpec> for ShownOption {
    fn from(option: &'static OptionSpec) -> ShownOption {
        ShownOption {
            name: option.name,
            kind: option.kind.as_str(),
            default: option.default,
            required: option.required,
            secret: option.secret,
            allowed: option.allowed(),
            help: option.help,
        }
    }
}

/// Lists the options whose names contain a text.
pub fn options(name: Option<&str>, output: &Output) -> Result<(), Failure> {
    let wanted = |option: &&OptionSpec| name.is_none_or(|name| option.name.contains(name));
    let found: Vec<ShownOption> = OPTIONS.iter().filter(wanted).map(Into::into).collect();
    if found.is_empty() {
        let name = name.unwrap_or_default();
        return Err(Failure::usage(format!(
            "no option has {name} in its name: `zfssa options` lists all"
        )));
    }
    output.show(&found, || {
        let default = |option: &ShownOption| match (option.default, option.required) {
            (Some(default), _) => default.to_owned(),
            (None, true) => "required".to_owned(),
            (None, false) => "-".to_owned(),
        };
        let found = found.iter();
        rows(
            ["OPTION", "DEFAULT", "VALUES", ""],
            found.map(|one| {
                let (name, help) = (one.name.to_owned(), one.help.to_owned());
                [name, default(one), one.allowed.clone(), help]
            }),
            "",
        )
    })
}

pub async fn certificate(runner: &Runner) -> Result<(), Failure> {
    runner
        .read(GetCertificate {}, |report| {
            format!(
                "{pem}SHA-256 fingerprint: {sha256}\n\
                 Compare it with the one that the appliance's console shows before you put it into \
                 zfssa_tls_pins.",
                pem = report.pem,
                sha256 = report.sha256,
            )
        })
        .await
}

pub async fn setup(runner: &Runner) -> Result<(), Failure> {
    let plan = "create the project, target and groups that are missing";
    runner
        .change(plan, DoSetup {}, |report| {
            let mut lines = vec![properties([
                ("appliance", report.appliance.clone()),
                ("software", report.software_version.clone()),
                ("target", report.target_iqn.clone()),
                ("portals", report.target_portals.join(", ")),
            ])];
            match report.changes.is_empty() {
                true => lines.push("everything was there: nothing was changed".to_owned()),
                false => lines.extend(report.changes.iter().cloned()),
            }
            lines.extend(report.warnings.iter().map(|text| warning(text)));
            lines.join("\n")
        })
        .await
        .map(drop)
}

pub async fn check(runner: &Runner) -> Result<(), Failure> {
    runner
        .read(CheckForSetupError {}, |report| {
            let mut lines = vec!["the backend is ready".to_owned()];
            lines.extend(report.warnings.iter().map(|text| warning(text)));
            lines.join("\n")
        })
        .await
}

fn warning(text: &str) -> String {
    format!("warning: {text}")
}

pub async fn stats(runner: &Runner) -> Result<(), Failure> {
    runner
        .read(GetVolumeStats {}, |stats| {
            properties([
                ("pool", stats.pool_name.clone()),
                ("capacity", gib(stats.total_capacity_bytes)),
                ("free", gib(stats.free_capacity_bytes)),
                ("provisioned", gib(stats.provisioned_capacity_bytes)),
                ("volumes", stats.total_volumes.to_string()),
            ])
        })
        .await
}
