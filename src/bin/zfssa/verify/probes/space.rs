//! Probe of space: the state of the pool, the clock, and the refusal for lack of space.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use zfssa::rest::{Path, Service};
use zfssa::timestamp;

use crate::verify::answer::Trouble;
use crate::verify::examination::Examination;

const GIB: u64 = 1 << 30;

/// Seconds since 1970 by the clock of this host.
pub fn now() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs_f64()
}

/// The appliance's clock by the time that it wrote on an object, which was created between two
/// times of this host.
pub fn clock(run: &mut Examination, created: &Value, before: f64, after: f64) {
    const NAME: &str = "clock_behind_s";
    let text = created["creation"].as_str().unwrap_or_default();
    let Some(created) = timestamp::seconds(text) else {
        run.findings.undetermined(NAME, "creation cannot be read");
        return;
    };
    // The appliance cuts its time to whole seconds.
    let created = created as f64;
    let (least, most) = (before - created - 1.0, after - created);
    let seen = format!("between {least:.1} s and {most:.1} s behind");
    let value = match least > 0.0 {
        true => (before - created).floor() as u64,
        false => 0,
    };
    run.findings.observed(NAME, value, seen);
}

pub async fn pool(run: &mut Examination) -> Result<(), Trouble> {
    let pool = Path::new(Service::Storage)
        .fixed("pools")
        .name(&run.scratch.pool)?;
    let pool = run.get(pool).await?.object("pool", "GET pool")?;
    match &pool["status"] {
        Value::String(status) => {
            run.findings
                .observed("pool_status", status.clone(), "status of the pool");
        }
        _ => run
            .findings
            .undetermined("pool_status", "the pool has no status"),
    }
    Ok(())
}

/// Creates a LUN that the quota of the scratch project has no room for.
pub async fn lack(run: &mut Examination) -> Result<(), Trouble> {
    const LUN: &str = "verify-large";
    let project = run.scratch.project()?;
    let quota = run.put(project.clone(), &json!({ "quota": GIB })).await?;
    quota.object("project", "PUT quota")?;
    let large = json!({ "volsize": 2 * GIB, "sparse": false });
    let answer = run.post_lun(LUN, &large).await?;
    let seen = format!("POST answered {answer}");
    if answer.is_success() {
        let seen = format!("{seen}: the quota was ignored");
        run.findings.undetermined("no_space_status", seen.clone());
        run.findings.undetermined("no_space_name", seen);
        run.delete(run.scratch.lun(LUN)?).await?;
        return Ok(());
    }
    run.findings
        .observed("no_space_status", answer.status, seen.clone());
    match answer.fault {
        Some(fault) => run.findings.observed("no_space_name", fault, seen),
        None => run.findings.undetermined("no_space_name", seen),
    }
    Ok(())
}

/// Creates a replication action that cannot exist.
pub async fn flat_actions(run: &mut Examination) -> Result<(), Trouble> {
    let path = Path::new(Service::Storage).fixed("replication/actions");
    let body = json!({
        "pool": run.scratch.pool,
        "project": run.scratch.name,
        "target": run.scratch.name,
        "target_pool": run.scratch.name,
    });
    let answer = run.post(path.clone(), &body).await?;
    let seen = format!("POST answered {answer}");
    match answer.status {
        404 | 405 | 501 => run.findings.observed("flat_actions", false, seen),
        400 | 409 => run.findings.observed("flat_actions", true, seen),
        _ => run.findings.undetermined("flat_actions", seen),
    }
    if let Some(id) = answer.body["action"]["id"].as_str() {
        run.delete(path.name(id)?).await?;
    }
    Ok(())
}
