//! Examination of an appliance by requests in a scratch project.
//!
//! The table of facts is in `table.rs`, the probes by subject in `probes`. A probe that fails leaves
//! its facts without a value, and the next one runs. The scratch objects are removed in any case.

mod answer;
pub mod client;
mod examination;
pub mod iscsi;
pub mod probes;
pub mod report;
pub mod scratch;
pub mod table;

use std::pin::Pin;
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use zfssa::Error;
use zfssa::rest::Settings;

use crate::exit::Failure;
use crate::run::LOG_OUT;
use answer::Trouble;
use client::Client;
use examination::Examination;
use probes::{
    access, clones, data, lineage, presentation, properties, service, session_life, snapshots,
    space, volumes,
};
use report::{Findings, Identity, Report};
use scratch::Scratch;

/// A run to be made.
pub struct Plan {
    pub settings: Settings,
    /// Longest time after which a request without an answer may still be carried out.
    pub late: Duration,
    pub session_wait: Option<Duration>,
    pub timeout: Option<Duration>,
    pub restricted: Option<Settings>,
    pub data: Option<data::Data>,
    pub scratch: Scratch,
}

/// A run that ended.
pub struct Examined {
    pub report: Report,
    pub identity: Identity,
    /// Reason that it ended early.
    pub failure: Option<Failure>,
    /// Whether it may have changed the appliance.
    pub changed: bool,
    /// Objects of the run that could not be removed.
    pub left: Vec<String>,
}

/// Examines an appliance. `step` shows the progress.
///
/// # Errors
///
/// Those before the first request. Later ones are in the result.
pub async fn examine(
    plan: Plan,
    cancel: CancellationToken,
    step: &dyn Fn(&str, usize, usize),
) -> Result<Examined, Failure> {
    let client = Client::new(&plan.settings, plan.timeout, cancel)?;
    let identity = Identity {
        address: plan.settings.host.clone(),
        name: String::new(),
        serial_number: String::new(),
        pool: plan.scratch.pool.clone(),
    };
    let mut run = Examination {
        client,
        settings: plan.settings,
        scratch: plan.scratch,
        findings: Findings::default(),
        session_wait: plan.session_wait,
        restricted: plan.restricted,
        data: plan.data,
    };
    let mut version = Value::Null;
    let ended = probe_all(&mut run, &mut version, step).await;
    let removal = run.client.for_removal();
    let left = run.scratch.remove(&removal, plan.late).await;
    log_out(&removal).await;
    let text = |key: &str| version[key].as_str().map(str::to_owned);
    let identity = Identity {
        name: text("nodename").unwrap_or_default(),
        serial_number: text("asn").unwrap_or_default(),
        ..identity
    };
    let findings = run.findings.complete("the run ended before it");
    Ok(Examined {
        report: Report::new(text("version"), findings, left.len()),
        identity,
        failure: ended.err(),
        changed: run.scratch.may_exist(),
        left,
    })
}

/// Removes the scratch objects of an earlier run, and returns the names of those that are left.
pub async fn remove(
    scratch: &Scratch,
    settings: &Settings,
    late: Duration,
) -> Result<Vec<String>, Error> {
    let client = Client::new(settings, None, CancellationToken::new())?;
    let left = scratch.remove(&client, late).await;
    log_out(&client).await;
    Ok(left)
}

async fn log_out(client: &Client) {
    let log_out = client.rest.log_out(&client.scope);
    // The session ends by itself, too.
    let _ = tokio::time::timeout(LOG_OUT, log_out).await;
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Trouble>> + 'a>>;

/// A probe, and the rows of the table that it finds values for.
struct Probe {
    name: &'static str,
    rows: &'static [&'static str],
    run: fn(&mut Examination) -> Running<'_>,
}

macro_rules! probe {
    ($probe:path, [$($row:literal),*]) => {
        Probe {
            name: stringify!($probe),
            rows: &[$($row),*],
            run: |run| Box::pin($probe(run)),
        }
    };
}

/// The probes in their order: some use the LUNs of earlier ones, and the quota of `space::lack`
/// would limit others.
const PROBES: &[Probe] = &[
    probe!(service::form, ["chunked", "legacy_fault_bodies"]),
    probe!(access::dead_session, ["expired_status"]),
    probe!(access::cap, ["session_cap"]),
    probe!(service::authorization, ["unauthorized_status"]),
    probe!(space::pool, ["pool_status"]),
    probe!(presentation::targets, ["target_state"]),
    probe!(
        volumes::shapes,
        ["masked_number", "sizes_are_real", "written_percent"]
    ),
    probe!(
        volumes::refusals,
        ["lun_exists", "lun_absent", "delete_absent", "size_missing"]
    ),
    probe!(volumes::names, ["name_longest", "name_with_space"]),
    probe!(
        presentation::initiator_groups,
        [
            "default_group_listed",
            "mask_group_listed",
            "group_of_unknown_initiator",
            "group_exists"
        ]
    ),
    probe!(
        presentation::presented,
        ["first_lu_number", "number_always_list", "release"]
    ),
    probe!(
        presentation::clones,
        [
            "clone_inherits_initiatorgroup",
            "clone_ignores_presentation"
        ]
    ),
    probe!(
        data::reach::reach,
        [
            "data_login",
            "data_number",
            "data_identifier",
            "data_serial",
            "data_capacity",
            "data_block_size",
            "data_physical_block_size",
            "data_thin"
        ]
    ),
    probe!(
        data::bytes::written,
        ["data_unwritten_zero", "data_read_back"]
    ),
    probe!(
        data::bytes::moments,
        ["data_clone", "data_origin_of_clone", "data_rolled_back"]
    ),
    probe!(
        data::accounts::chap,
        ["data_chap_missing", "data_chap_wrong", "data_chap_target"]
    ),
    probe!(
        data::views::hosts,
        ["data_other_login", "data_other_sees", "data_second_host"]
    ),
    probe!(data::bytes::growth, ["data_grown", "data_grown_sense"]),
    probe!(
        data::views::masking,
        ["data_masked_sense", "data_masked_login", "data_masked_sees"]
    ),
    probe!(presentation::group_in_use, ["groups_in_use_stay"]),
    probe!(
        properties::changes,
        ["lacks", "passes_over", "property_unknown", "value_invalid"]
    ),
    probe!(
        snapshots::life,
        [
            "snapshot_type",
            "snapshot_type_text",
            "snapshot_exists",
            "rollback_newer"
        ]
    ),
    probe!(
        clones::life,
        [
            "origin_members",
            "clone_exists",
            "clone_block_size",
            "numclones_lag_ms",
            "dependents_lag"
        ]
    ),
    probe!(clones::cascade, ["cascade"]),
    probe!(
        lineage::values,
        [
            "size_as_text",
            "time_form",
            "custom_unknown",
            "unset_inherits"
        ]
    ),
    probe!(
        lineage::renames,
        [
            "snapshot_rename",
            "clone_size",
            "lun_rename",
            "origin_follows_rename"
        ]
    ),
    probe!(
        lineage::deletions,
        [
            "delete_with_snapshot",
            "delete_snapshot_of_guarded",
            "delete_lun_of_guarded",
            "delete_lun_of_clone"
        ]
    ),
    probe!(volumes::paging, ["page_limit"]),
    probe!(
        volumes::as_filesystem,
        ["filesystem_read", "filesystem_change"]
    ),
    probe!(volumes::busy, ["nodestroy_delete", "refuse_shrink"]),
    probe!(space::flat_actions, ["flat_actions"]),
    probe!(space::lack, ["no_space_status", "no_space_name"]),
    probe!(
        session_life::life,
        ["session_ttl_ms", "session_ttl_absolute"]
    ),
];

async fn probe_all(
    run: &mut Examination,
    version: &mut Value,
    step: &dyn Fn(&str, usize, usize),
) -> Result<(), Failure> {
    *version = service::reach(run).await?;
    let before = space::now();
    let project = run.scratch.create_project(&run.client).await?;
    space::clock(run, &project, before, space::now());
    for (done, probe) in PROBES.iter().enumerate() {
        step(probe.name, done, PROBES.len());
        if run.data.is_none() && probe.rows.iter().all(|row| row.starts_with(table::OF_DATA)) {
            let reason = "needs --data, which reads and writes over iSCSI";
            for row in probe.rows {
                run.findings.not_probed(row, reason);
            }
            continue;
        }
        let result = (probe.run)(run).await;
        conclude(run, result, probe.rows)?;
    }
    Ok(())
}

/// Notes the reason for the rows without a value. A run that was cancelled ends.
fn conclude(
    run: &mut Examination,
    result: Result<(), Trouble>,
    names: &[&str],
) -> Result<(), Failure> {
    let trouble = match result {
        Ok(()) => return Ok(()),
        Err(trouble) => trouble,
    };
    for name in names {
        run.findings.undetermined(name, trouble.to_string());
    }
    match trouble {
        Trouble::Engine(error) if Trouble::is_end_of(&error) => Err(Failure::Operation(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use table::ROWS;

    /// Rows that the first requests of a run find values for.
    const BEFORE: &[&str] = &["rest_present", "rest_enabled", "clock_behind_s"];

    #[test]
    fn each_row_has_one_probe_or_a_reason() {
        for row in ROWS {
            let probes = PROBES.iter().filter(|probe| probe.rows.contains(&row.name));
            let before = BEFORE.contains(&row.name);
            let expected = usize::from(row.is_probed() && !before);
            assert_eq!(probes.count(), expected, "{}", row.name);
        }
        for name in PROBES.iter().flat_map(|probe| probe.rows).chain(BEFORE) {
            assert!(table::find(name).is_some(), "{name} is not in the table");
        }
    }
}
