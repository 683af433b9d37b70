//! Probe of LUNs: refusals, names, shapes, protection and shrinking.

use serde_json::{Value, json};
use zfssa::appliance::MASK_ALL;
use zfssa::rest::Method;

use crate::verify::answer::Trouble;
use crate::verify::examination::{Examination, SIZE, first_number};

/// The LUN of the probes of this file.
const LUN: &str = "verify-lun";

/// A masked thin LUN, as it is read.
pub async fn shapes(run: &mut Examination) -> Result<(), Trouble> {
    let lun = run.lun(LUN, &json!({})).await?;
    match first_number(&lun) {
        Some(number) => {
            run.findings
                .observed("masked_number", number, "assignednumber of a masked LUN")
        }
        None => run
            .findings
            .undetermined("masked_number", "a masked LUN has no assignednumber"),
    }
    let is_real = lun["volsize"].is_f64();
    let seen = match is_real {
        true => "volsize has a decimal point",
        false => "volsize has no decimal point",
    };
    run.findings.observed("sizes_are_real", is_real, seen);
    match lun["space_data"].as_f64() {
        Some(written) => {
            let percent = (written * 100.0 / SIZE as f64) as u64;
            let seen = format!("{written} bytes of {SIZE}");
            run.findings.observed("written_percent", percent, seen);
        }
        None => run
            .findings
            .undetermined("written_percent", "a LUN has no space_data"),
    }
    Ok(())
}

/// Refusals of requests that cannot succeed.
pub async fn refusals(run: &mut Examination) -> Result<(), Trouble> {
    let taken = run.post_lun(LUN, &json!({})).await?;
    run.note_refusal("lun_exists", &taken, Method::Post);
    let absent = run.scratch.lun("verify-absent")?;
    let read = run.get(absent.clone()).await?;
    run.note_refusal("lun_absent", &read, Method::Get);
    let deleted = run.delete(absent).await?;
    run.note_refusal("delete_absent", &deleted, Method::Delete);
    let body = json!({ "name": "verify-sizeless", "initiatorgroup": MASK_ALL });
    let sizeless = run.post(run.scratch.luns()?, &body).await?;
    run.note_refusal("size_missing", &sizeless, Method::Post);
    Ok(())
}

/// Names of LUNs.
pub async fn names(run: &mut Examination) -> Result<(), Trouble> {
    let long = |length: usize| format!("verify-{}", "n".repeat(length - "verify-".len()));
    let at = run.post_lun(&long(64), &json!({})).await?;
    let over = run.post_lun(&long(65), &json!({})).await?;
    let seen = format!("64 characters: {at}; 65: {over}");
    match (at.is_success(), over.is_success()) {
        (true, false) => run.findings.observed("name_longest", 64, seen),
        (_, true) => run.findings.observed("name_longest", 65, seen),
        (false, false) => run.findings.undetermined("name_longest", seen),
    }
    let space = run.post_lun("verify-a b", &json!({})).await?;
    run.note_refusal("name_with_space", &space, Method::Post);
    Ok(())
}

/// A list that is read in part.
pub async fn paging(run: &mut Examination) -> Result<(), Trouble> {
    let whole = run.get(run.scratch.luns()?).await?;
    let whole = whole.object("luns", "GET LUNs")?;
    let part = run.get(run.scratch.luns()?.query("limit", "1")).await?;
    let part = part.object("luns", "GET LUNs with limit=1")?;
    let count = |list: &Value| list.as_array().map_or(0, Vec::len);
    let (all, some) = (count(&whole), count(&part));
    let seen = format!("{some} of {all} LUNs");
    match some {
        1 if all > 1 => run.findings.observed("page_limit", true, seen),
        _ if some == all && all > 1 => run.findings.observed("page_limit", false, seen),
        _ => run.findings.undetermined("page_limit", seen),
    }
    Ok(())
}

/// A LUN by the path of filesystems, in whose name space it is.
pub async fn as_filesystem(run: &mut Examination) -> Result<(), Trouble> {
    let path = run.scratch.project()?.fixed("filesystems").name(LUN)?;
    let read = run.get(path.clone()).await?;
    run.note_refusal("filesystem_read", &read, Method::Get);
    let changed = run.put(path, &json!({ "compression": "lzjb" })).await?;
    run.note_refusal("filesystem_change", &changed, Method::Put);
    Ok(())
}

/// A LUN that is protected, and one that is made smaller.
pub async fn busy(run: &mut Examination) -> Result<(), Trouble> {
    const PROTECTED: &str = "verify-protected";
    let made = run.lun(PROTECTED, &json!({ "nodestroy": true })).await?;
    match made["nodestroy"] == true {
        true => {
            let deleted = run.delete(run.scratch.lun(PROTECTED)?).await?;
            run.note_refusal("nodestroy_delete", &deleted, Method::Delete);
        }
        false => run
            .findings
            .undetermined("nodestroy_delete", "the LUN shows no nodestroy"),
    }
    let body = json!({ "volsize": SIZE / 2 });
    let answer = run.put(run.scratch.lun(LUN)?, &body).await?;
    let size = run.read_lun(LUN).await?["volsize"].as_f64();
    let seen = format!("PUT answered {answer}");
    match (answer.is_success(), size) {
        (true, Some(size)) if size < SIZE as f64 => {
            run.findings.observed("refuse_shrink", false, seen);
        }
        (false, Some(size)) if size == SIZE as f64 => {
            run.findings.observed("refuse_shrink", true, seen);
        }
        _ => {
            let seen = format!("{seen}, and the size does not agree");
            run.findings.undetermined("refuse_shrink", seen);
        }
    }
    Ok(())
}
