//! Audit of the backend, and the deletion of its findings.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use zfssa::ops::{self, AuditFinding, AuditReport};

use crate::commands::request::fail_if;
use crate::exit::Failure;
use crate::form::list;
use crate::output::rows;
use crate::run::Runner;

/// Kinds of findings that compare the appliance with the host's own list.
const OF_HOST: [&str; 4] = ["volume", "snapshot", "missing_volume", "missing_snapshot"];

/// Finds objects without an owner, and deletes them if asked to.
#[derive(Args)]
pub struct Audit {
    /// File with the names of all volumes that the host has on this backend, one a line. With it,
    /// other volumes are findings, and so are missing ones.
    #[arg(long, value_name = "FILE")]
    volumes: Option<PathBuf>,
    /// File with the names of all snapshots of the host, one a line. With it, other snapshots are
    /// findings, and so are missing ones.
    #[arg(long, value_name = "FILE")]
    snapshots: Option<PathBuf>,
    /// Deletes the findings that can be deleted, after a question for each kind.
    #[arg(long)]
    fix: bool,
    /// Deletes the volumes that --volumes does not name, too, after a question.
    #[arg(long, requires_all = ["fix", "volumes"])]
    fix_volumes: bool,
    /// Skips objects that are younger than this many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    min_age: u64,
}

impl Audit {
    pub async fn run(self, runner: &Runner) -> Result<(), Failure> {
        let audit = ops::Audit {
            volumes: names(self.volumes.as_ref())?,
            snapshots: names(self.snapshots.as_ref())?,
            min_age: Some(Duration::from_secs(self.min_age)),
            ..ops::Audit::default()
        };
        let mut report = runner.run(audit.clone()).await?;
        self.without_unknown_lists(&mut report);
        let fixable = self.fixable(&report);
        if !self.fix || fixable.is_empty() {
            return runner.show(&report, || found(&report));
        }
        if runner.is_dry(&format!("delete {}", described(&fixable)))? {
            return Ok(());
        }
        let accepted = accepted(runner, &fixable)?;
        if accepted.is_empty() {
            return Err(Failure::Local("nothing was changed".to_owned()));
        }
        let mut fixed = runner
            .run(ops::Audit {
                fix: true,
                fix_volumes: self.fix_volumes,
                // Findings that turned up since were not shown.
                only: Some(accepted),
                ..audit
            })
            .await?;
        self.without_unknown_lists(&mut fixed);
        runner.show(&fixed, || found(&fixed))?;
        let failed = fixed.findings.iter().any(|one| !one.error.is_empty());
        fail_if(failed, "not everything could be deleted")
    }

    /// Without the host's list, every volume or snapshot would be one that the host does not know.
    fn without_unknown_lists(&self, report: &mut AuditReport) {
        report
            .findings
            .retain(|finding| match finding.kind.as_ref() {
                "snapshot" | "missing_snapshot" => self.snapshots.is_some(),
                kind => self.volumes.is_some() || !OF_HOST.contains(&kind),
            });
    }

    /// The findings that this call may delete.
    fn fixable<'a>(&self, report: &'a AuditReport) -> Vec<&'a AuditFinding> {
        let may = |finding: &&AuditFinding| {
            finding.fixable && (self.fix_volumes || !OF_HOST.contains(&finding.kind.as_ref()))
        };
        report.findings.iter().filter(may).collect()
    }
}

/// Asks for each kind of findings, and returns the accepted findings by their markers.
fn accepted(runner: &Runner, fixable: &[&AuditFinding]) -> Result<Vec<String>, Failure> {
    let mut accepted = Vec::new();
    // The report is in the order of the kinds.
    for of_kind in fixable.chunk_by(|one, next| one.kind == next.kind) {
        let data = match of_kind.first() {
            Some(one) if one.kind == "volume" => " with all data",
            _ => "",
        };
        if runner.asks(&format!("Delete {}{data}?", described(of_kind)))? {
            accepted.extend(of_kind.iter().map(|finding| finding.marker()));
        }
    }
    Ok(accepted)
}

fn described(findings: &[&AuditFinding]) -> String {
    list(
        findings
            .iter()
            .map(|one| format!("{} {}", one.kind, one.object)),
    )
}

fn found(report: &AuditReport) -> String {
    let state = |finding: &AuditFinding| match (finding.fixed, finding.fixable) {
        (true, _) => "deleted".to_owned(),
        (false, _) if !finding.error.is_empty() => finding.error.clone(),
        (false, true) if finding.kind == "volume" => "--fix-volumes deletes it".to_owned(),
        (false, true) => "--fix deletes it".to_owned(),
        (false, false) => "for you to judge".to_owned(),
    };
    let row = |finding: &AuditFinding| {
        [
            finding.kind.to_string(),
            finding.object.clone(),
            finding.detail.clone(),
            state(finding),
        ]
    };
    let heads = ["KIND", "OBJECT", "DETAIL", ""];
    let found = report.findings.iter().map(row);
    let mut text = rows(heads, found, "nothing was found");
    for unread in &report.not_looked_at {
        text += &format!("\nnot readable: {unread}");
    }
    text
}

fn names(file: Option<&PathBuf>) -> Result<Vec<String>, Failure> {
    let Some(file) = file else {
        return Ok(Vec::new());
    };
    let text =
        std::fs::read_to_string(file).map_err(|error| Failure::local(file.display(), error))?;
    let names = text.lines().map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(str::to_owned).collect();
    if names.is_empty() {
        return Err(Failure::usage(format!(
            "{}: names nothing: write one name a line",
            file.display()
        )));
    }
    Ok(names)
}
