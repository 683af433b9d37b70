//! Probe of what several hosts see of a LUN, and of a LUN that is masked.

use serde_json::json;
use zfssa::appliance::MASK_ALL;

use super::{LUN, Place, ends_have, log_in, place, try_log_in, visit, write_ends};
use crate::verify::answer::Trouble;
use crate::verify::examination::Examination;
use crate::verify::iscsi::disk::{Disk, Fault};
use crate::verify::iscsi::host::Host;
use crate::verify::iscsi::session::Reply;

/// Seed of the bytes that one host writes and another one reads.
const SHARED: u8 = 3;

/// Whether a host sees the LUN: listed at its number, with its identifier.
fn sees(disk: &mut Disk<'_>, place: &Place) -> Result<bool, Fault> {
    // A target that shows no LUN at all may refuse the list.
    let numbers = match disk.numbers() {
        Err(Fault::Reply(Reply::Sense(5, _))) => return Ok(false),
        other => other?,
    };
    if !numbers.contains(&place.number) {
        return Ok(false);
    }
    match disk.must_be(place.number, &place.guid) {
        Ok(()) => Ok(true),
        Err(Fault::Foreign | Fault::Reply(_)) => Ok(false),
        Err(end) => Err(end),
    }
}

/// A host outside the group, which is added to the group afterwards.
pub async fn hosts(run: &mut Examination) -> Result<(), Trouble> {
    const LOGIN: &str = "data_other_login";
    const SEES: &str = "data_other_sees";
    let place = place(run)?;
    let seen = "an initiator in no group";
    match try_log_in(run, &place.other).await? {
        Ok(mut host) => {
            let at = place.clone();
            let is_seen = host.run(move |disk| sees(disk, &at)).await;
            host.log_out().await;
            run.findings.observed(LOGIN, "accepted", seen);
            run.findings.observed(SEES, is_seen?, seen);
        }
        Err(end) => {
            run.findings.observed(LOGIN, end.to_string(), seen);
            run.findings.observed(SEES, false, "the login was refused");
        }
    }
    let both = [&place.first.initiator, &place.other.initiator];
    let body = json!({ "initiators": both });
    let changed = run.put(run.scratch.group()?, &body).await?;
    changed.object("group", "PUT group")?;
    let at = place.clone();
    visit(run, &place.first, move |disk| write_ends(disk, &at, SHARED)).await?;
    let at = place.clone();
    let is_shared = visit(run, &place.other, move |disk| ends_have(disk, &at, SHARED)).await?;
    let seen = "the second initiator read after the first one wrote";
    run.findings.observed("data_second_host", is_shared, seen);
    Ok(())
}

/// Masks the LUN while a host is logged in.
pub async fn masking(run: &mut Examination) -> Result<(), Trouble> {
    let place = place(run)?;
    let mut host = log_in(run, &place.first).await?;
    let masked = mask(run, &place, &mut host).await;
    host.log_out().await;
    let seen = "TEST UNIT READY in the session of before";
    run.findings.observed("data_masked_sense", masked?, seen);
    let seen = "a new login of the same initiator";
    match try_log_in(run, &place.first).await? {
        Ok(mut host) => {
            let is_seen = host.run(move |disk| sees(disk, &place)).await;
            host.log_out().await;
            run.findings.observed("data_masked_login", "accepted", seen);
            run.findings.observed("data_masked_sees", is_seen?, seen);
        }
        Err(end) => {
            let value = end.to_string();
            run.findings.observed("data_masked_login", value, seen);
            run.findings.observed("data_masked_sees", false, seen);
        }
    }
    Ok(())
}

async fn mask(run: &Examination, place: &Place, host: &mut Host) -> Result<String, Trouble> {
    let number = place.number;
    // The unit attentions of the login come before those of the change.
    let before = host.run(move |disk| Ok(disk.test(number)?.reply)).await?;
    if before != Reply::Good {
        return Err(Fault::Reply(before).into());
    }
    let body = json!({ "initiatorgroup": MASK_ALL });
    let changed = run.put(run.scratch.lun(LUN)?, &body).await?;
    changed.object("lun", "PUT LUN")?;
    match host.run(move |disk| Ok(disk.test(number)?.reply)).await {
        Ok(reply) => Ok(reply.to_string()),
        // The target may end the session, too.
        Err(Trouble::Unexpected(text)) => Ok(text),
        Err(error) => Err(error),
    }
}
