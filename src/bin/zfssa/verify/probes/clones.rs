//! Probe of clones: their origin, their count, and their deletion with the origin.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use zfssa::appliance::MASK_ALL;
use zfssa::rest::Method;

use crate::verify::answer::Trouble;
use crate::verify::examination::Examination;

const ORIGIN: (&str, &str) = ("verify-origin", "verify-snapshot");

/// Longest time for which the count of clones is read.
const LONGEST_LAG: Duration = Duration::from_secs(60);

/// Pause between two reads of the count.
const PAUSE: Duration = Duration::from_millis(100);

pub async fn life(run: &mut Examination) -> Result<(), Trouble> {
    const CLONE: &str = "verify-clone";
    run.lun(ORIGIN.0, &json!({})).await?;
    run.snapshot(ORIGIN.0, ORIGIN.1).await?;
    let masked = json!({ "initiatorgroup": MASK_ALL });
    let clone = run.clone_lun(ORIGIN, CLONE, &masked).await?;
    match &clone["origin"] {
        Value::Object(origin) => {
            let mut members: Vec<&str> = origin.keys().map(String::as_str).collect();
            members.sort_unstable();
            let seen = "origin of a clone";
            run.findings
                .observed("origin_members", json!(members), seen);
        }
        _ => run
            .findings
            .undetermined("origin_members", "a clone has no origin"),
    }
    let again = run.put_clone(ORIGIN, CLONE, &masked).await?;
    run.note_refusal("clone_exists", &again, Method::Put);
    let blocks = json!({ "initiatorgroup": MASK_ALL, "volblocksize": 8192 });
    let refused = run.put_clone(ORIGIN, "verify-blocks", &blocks).await?;
    run.note_refusal("clone_block_size", &refused, Method::Put);
    if refused.is_success() {
        let path = run.scratch.lun("verify-blocks")?;
        run.delete(path).await?;
    }
    count(run, CLONE).await
}

/// Deletes the only clone of the snapshot, and reads the count of clones until it is 0.
async fn count(run: &mut Examination, clone: &str) -> Result<(), Trouble> {
    const NAME: &str = "numclones_lag_ms";
    let before = clones_of(run).await?;
    let sent = Instant::now();
    let deleted = run.delete(run.scratch.lun(clone)?).await?;
    if !deleted.is_success() || before != Some(1) {
        let seen = format!("numclones {before:?}, DELETE answered {deleted}");
        run.findings.undetermined(NAME, seen);
        return Ok(());
    }
    let mut reads = 0;
    loop {
        let count = clones_of(run).await?;
        let elapsed = sent.elapsed().as_millis() as u64 + 1;
        if reads == 0 {
            dependents(run).await?;
        }
        match count {
            Some(0) if reads == 0 => {
                run.findings.observed(NAME, 0, "0 at the first read");
                return Ok(());
            }
            Some(0) => {
                let seen = format!("0 at read {}, at most {elapsed} ms", reads + 1);
                run.findings.observed(NAME, elapsed, seen);
                return Ok(());
            }
            _ if sent.elapsed() > LONGEST_LAG => {
                let seen = format!("not 0 after {elapsed} ms");
                run.findings.undetermined(NAME, seen);
                return Ok(());
            }
            _ => reads += 1,
        }
        run.client.scope.sleep(PAUSE).await?;
    }
}

async fn clones_of(run: &Examination) -> Result<Option<u64>, Trouble> {
    let snapshot = run.read_snapshot(ORIGIN.0, ORIGIN.1).await?;
    Ok(snapshot["numclones"].as_f64().map(|count| count as u64))
}

async fn dependents(run: &mut Examination) -> Result<(), Trouble> {
    let path = run
        .scratch
        .snapshot(ORIGIN.0, ORIGIN.1)?
        .fixed("dependents");
    let listed = run
        .get(path)
        .await?
        .object("dependents", "GET dependents")?;
    let is_listed = listed.as_array().is_some_and(|list| !list.is_empty());
    let seen = match is_listed {
        true => "the deleted clone is listed",
        false => "the deleted clone is not listed",
    };
    run.findings.observed("dependents_lag", is_listed, seen);
    Ok(())
}

/// Deletes a snapshot of the run with a clone of the run.
pub async fn cascade(run: &mut Examination) -> Result<(), Trouble> {
    const CLONE: &str = "verify-dependent";
    let masked = json!({ "initiatorgroup": MASK_ALL });
    run.clone_lun(ORIGIN, CLONE, &masked).await?;
    let path = run.scratch.snapshot(ORIGIN.0, ORIGIN.1)?;
    if !run.has_only_dependent(ORIGIN, CLONE).await? {
        // The deletion could destroy a clone of another program.
        let seen = "the dependents are not the one clone of this run";
        run.findings.undetermined("cascade", seen);
        return Ok(());
    }
    let answer = run.delete(path).await?;
    let clone = run.get(run.scratch.lun(CLONE)?).await?;
    let seen = format!("DELETE answered {answer}, then GET of the clone {clone}");
    let confirm = answer.fault.as_deref() == Some("ERR_CONFIRM_REQUIRED");
    match (answer.is_success(), clone.status) {
        (true, 404) => run.findings.observed("cascade", "silent", seen),
        (false, 200) if confirm => run.findings.observed("cascade", "confirm_required", seen),
        _ => run.findings.undetermined("cascade", seen),
    }
    Ok(())
}
