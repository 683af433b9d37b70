//! Probe of snapshots and rollbacks.

use serde_json::{Value, json};
use zfssa::rest::{Method, Request};

use crate::verify::answer::Trouble;
use crate::verify::examination::Examination;

const LUN: &str = "verify-rollback";

pub async fn life(run: &mut Examination) -> Result<(), Trouble> {
    run.lun(LUN, &json!({})).await?;
    let older = run.snapshot(LUN, "verify-older").await?;
    match &older["type"] {
        Value::Null => {
            run.findings.observed("snapshot_type", false, "no type");
            let seen = "a snapshot has no type";
            run.findings.undetermined("snapshot_type_text", seen);
        }
        kind => {
            let seen = "type of a snapshot that a request took";
            run.findings.observed("snapshot_type", true, seen);
            run.findings
                .observed("snapshot_type_text", kind.clone(), seen);
        }
    }
    let body = json!({ "name": "verify-older" });
    let again = run.post(run.scratch.snapshots(LUN)?, &body).await?;
    run.note_refusal("snapshot_exists", &again, Method::Post);
    run.snapshot(LUN, "verify-newer").await?;
    let path = run.scratch.snapshot(LUN, "verify-older")?.fixed("rollback");
    let answer = run.client.ask(&Request::put_empty(path)).await?;
    let newer = run.get(run.scratch.snapshot(LUN, "verify-newer")?).await?;
    let seen = format!("PUT answered {answer}, then GET of the newer {newer}");
    let value = match (answer.is_success(), newer.status) {
        (true, 404) => "destroyed".to_owned(),
        (true, _) => "kept".to_owned(),
        (false, _) => answer.to_string(),
    };
    run.findings.observed("rollback_newer", value, seen);
    Ok(())
}
