//! Probe of what depends on a LUN: renames, sizes, and deletions that a clone must stop.

use serde_json::{Value, json};
use zfssa::appliance::MASK_ALL;
use zfssa::rest::{Method, Path};

use crate::verify::answer::Trouble;
use crate::verify::examination::{Examination, SIZE};

const SNAPSHOT: &str = "verify-snapshot";

/// A LUN of a size as text, a time, and a property that is unset.
pub async fn values(run: &mut Examination) -> Result<(), Trouble> {
    const LUN: &str = "verify-values";
    let lun = run.lun(LUN, &json!({ "volsize": "64m" })).await;
    let (is_read, seen) = match &lun {
        Ok(lun) => (
            lun["volsize"].as_f64() == Some(SIZE as f64),
            "read".to_owned(),
        ),
        Err(Trouble::Unexpected(seen)) => (false, seen.clone()),
        Err(Trouble::Engine(_)) => return lun.map(drop),
    };
    run.findings.observed("size_as_text", is_read, seen);
    let lun = match lun {
        Ok(lun) => lun,
        Err(_) => run.lun(LUN, &json!({})).await?,
    };
    match lun["creation"].as_str() {
        Some(time) => {
            let digit = |c: char| if c.is_ascii_digit() { '9' } else { c };
            let form: String = time.chars().take(40).map(digit).collect();
            run.findings
                .observed("time_form", form, "creation of a LUN, each digit as 9");
        }
        None => run
            .findings
            .undetermined("time_form", "creation is no text"),
    }
    let path = run.scratch.lun(LUN)?;
    let unknown = json!({ "custom:zfssaverifynone": "a" });
    let custom = run.put(path.clone(), &unknown).await?;
    run.note_refusal("custom_unknown", &custom, Method::Put);
    let local = json!({ "compression": "gzip" });
    run.put(path.clone(), &local)
        .await?
        .object("lun", "PUT LUN")?;
    let answer = run.put(path, &json!({ "unset": ["compression"] })).await?;
    let source = run.read_lun(LUN).await?["source"]["compression"].take();
    let seen = format!("PUT answered {answer}; the source is {source}");
    let is_inherited = answer.is_success() && source != "local";
    run.findings.observed("unset_inherits", is_inherited, seen);
    Ok(())
}

/// A LUN with a snapshot and a clone, which it is renamed and grown with.
pub async fn renames(run: &mut Examination) -> Result<(), Trouble> {
    const LUN: &str = "verify-former";
    const NEW: &str = "verify-renamed";
    const CLONE: &str = "verify-follower";
    run.lun(LUN, &json!({})).await?;
    run.snapshot(LUN, SNAPSHOT).await?;
    let path = run.scratch.snapshot(LUN, SNAPSHOT)?;
    let answer = run.put(path, &json!({ "name": "verify-second" })).await?;
    run.note_refusal("snapshot_rename", &answer, Method::Put);
    let snapshot = match answer.is_success() {
        true => "verify-second",
        false => SNAPSHOT,
    };
    let grown = json!({ "volsize": 2 * SIZE });
    let grown = run.put(run.scratch.lun(LUN)?, &grown).await?;
    grown.object("lun", "PUT LUN")?;
    let masked = json!({ "initiatorgroup": MASK_ALL });
    let clone = run.clone_lun((LUN, snapshot), CLONE, &masked).await?;
    let size = clone["volsize"].as_f64().unwrap_or_default();
    let seen = format!("{size} bytes; the snapshot {SIZE}, the LUN {}", 2 * SIZE);
    match size {
        size if size == SIZE as f64 => run.findings.observed("clone_size", "snapshot", seen),
        size if size == (2 * SIZE) as f64 => run.findings.observed("clone_size", "LUN", seen),
        _ => run.findings.undetermined("clone_size", seen),
    }
    let answer = run
        .put(run.scratch.lun(LUN)?, &json!({ "name": NEW }))
        .await?;
    run.note_refusal("lun_rename", &answer, Method::Put);
    if !answer.is_success() {
        let seen = "the LUN was not renamed";
        run.findings.undetermined("origin_follows_rename", seen);
        return Ok(());
    }
    let origin = run.read_lun(CLONE).await?["origin"]["share"].take();
    let follows = origin == NEW;
    let seen = match follows {
        true => "origin of a clone has the new name",
        false => "origin of a clone has not the new name",
    };
    run.findings
        .observed("origin_follows_rename", follows, seen);
    Ok(())
}

/// Deletions of a LUN with a snapshot, and of a snapshot and a LUN with a clone. All are of this
/// run; a LUN with a dependent of another program is not deleted.
pub async fn deletions(run: &mut Examination) -> Result<(), Trouble> {
    const PLAIN: &str = "verify-with-snapshot";
    const LUN: &str = "verify-with-clone";
    const CLONE: &str = "verify-kept";
    run.lun(PLAIN, &json!({})).await?;
    run.snapshot(PLAIN, SNAPSHOT).await?;
    let answer = run.delete(run.scratch.lun(PLAIN)?).await?;
    run.note_refusal("delete_with_snapshot", &answer, Method::Delete);
    run.lun(LUN, &json!({})).await?;
    run.snapshot(LUN, SNAPSHOT).await?;
    let guarded = json!({ "initiatorgroup": MASK_ALL, "nodestroy": true });
    run.clone_lun((LUN, SNAPSHOT), CLONE, &guarded).await?;
    // A clone that ignores `nodestroy` of its creation has it from a change.
    let clone = run.scratch.lun(CLONE)?;
    set_nodestroy(run, &clone, true).await?;
    for (name, is_lun, is_guarded) in [
        ("delete_snapshot_of_guarded", false, true),
        ("delete_lun_of_guarded", true, true),
        ("delete_lun_of_clone", true, false),
    ] {
        if !is_guarded {
            set_nodestroy(run, &clone, false).await?;
        }
        if !run.has_only_dependent((LUN, SNAPSHOT), CLONE).await? {
            let seen = "the dependents are not the one clone of this run";
            run.findings.undetermined(name, seen);
            return Ok(());
        }
        let path = match is_lun {
            true => run.scratch.lun(LUN)?,
            false => run.scratch.snapshot(LUN, SNAPSHOT)?,
        };
        let answer = run.delete(path).await?;
        let left = run.get(clone.clone()).await?;
        let seen = format!("DELETE answered {answer}, then GET of the clone {left}");
        let value = match left.status {
            404 => Value::from("the clone is deleted"),
            _ => Value::from(answer.to_string()),
        };
        run.findings.observed(name, value, seen);
        if answer.is_success() {
            return Ok(());
        }
    }
    Ok(())
}

async fn set_nodestroy(run: &Examination, lun: &Path, value: bool) -> Result<(), Trouble> {
    let change = json!({ "nodestroy": value });
    let answer = run.put(lun.clone(), &change).await?;
    answer.object("lun", "PUT LUN").map(drop)
}
