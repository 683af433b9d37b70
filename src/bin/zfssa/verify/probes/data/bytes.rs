//! Probe of the bytes of LUNs: read back, kept by snapshots, and after a LUN grew.

use serde_json::{Value, json};

use super::{LUN, PIECE, Place, ends_have, log_in, place, visit, write_ends};
use crate::verify::answer::Trouble;
use crate::verify::examination::{Examination, SIZE, first_number, groups_of};

const SNAPSHOT: &str = "verify-moment";
const CLONE: &str = "verify-data-clone";

/// Seeds of the bytes that are written.
const FIRST: u8 = 1;
const SECOND: u8 = 2;

/// Reads blocks that were never written, writes, and reads in another session.
pub async fn written(run: &mut Examination) -> Result<(), Trouble> {
    let place = place(run)?;
    let at = place.clone();
    let is_zero = visit(run, &place.first, move |disk| {
        disk.must_be(at.number, &at.guid)?;
        let size = at.capacity.block_size;
        let middle = at.capacity.blocks / 2;
        let read = disk.read(at.number, middle, PIECE as u32 / size, size)?;
        write_ends(disk, &at, FIRST)?;
        Ok(read.iter().all(|byte| *byte == 0))
    })
    .await?;
    let seen = "64 KiB in the middle of a new LUN";
    run.findings.observed("data_unwritten_zero", is_zero, seen);
    let at = place.clone();
    let is_same = visit(run, &place.first, move |disk| ends_have(disk, &at, FIRST)).await?;
    let seen = "64 KiB at each end, in another session";
    run.findings.observed("data_read_back", is_same, seen);
    Ok(())
}

/// Takes a snapshot between two writes, reads its clone, and rolls the LUN back.
pub async fn moments(run: &mut Examination) -> Result<(), Trouble> {
    let place = place(run)?;
    let at = place.clone();
    visit(run, &place.first, move |disk| write_ends(disk, &at, FIRST)).await?;
    run.snapshot(LUN, SNAPSHOT).await?;
    let at = place.clone();
    visit(run, &place.first, move |disk| write_ends(disk, &at, SECOND)).await?;
    let clone = clone_place(run, &place).await?;
    let login = place.first.clone();
    let (of_clone, of_lun) = visit(run, &login, move |disk| {
        Ok((
            ends_have(disk, &clone, FIRST)?,
            ends_have(disk, &place, SECOND)?,
        ))
    })
    .await?;
    let seen = "both were read after the second write";
    run.findings.observed("data_clone", of_clone, seen);
    run.findings.observed("data_origin_of_clone", of_lun, seen);
    roll_back(run).await
}

/// A clone of the snapshot, presented to the run's group.
async fn clone_place(run: &Examination, place: &Place) -> Result<Place, Trouble> {
    let mut shown = json!({ "initiatorgroup": run.scratch.name });
    if let Some(group) = &place.target_group {
        shown["targetgroup"] = json!(group);
    }
    let mut clone = run.clone_lun((LUN, SNAPSHOT), CLONE, &shown).await?;
    let is_shown = |clone: &Value| groups_of(clone) == [run.scratch.name.as_str()];
    if !is_shown(&clone) {
        let changed = run.put(run.scratch.lun(CLONE)?, &shown).await?;
        changed.object("lun", "PUT LUN")?;
        clone = run.read_lun(CLONE).await?;
    }
    let number = first_number(&clone).and_then(|number| u32::try_from(number).ok());
    match (number, clone["lunguid"].as_str()) {
        (Some(number), Some(guid)) if is_shown(&clone) => Ok(Place {
            number,
            guid: guid.to_owned(),
            ..place.clone()
        }),
        _ => Err(Trouble::Unexpected(
            "the clone cannot be presented".to_owned(),
        )),
    }
}

/// Rolls the LUN back to the snapshot, whose clone stays.
async fn roll_back(run: &mut Examination) -> Result<(), Trouble> {
    const NAME: &str = "data_rolled_back";
    let place = place(run)?;
    let path = run.scratch.snapshot(LUN, SNAPSHOT)?.fixed("rollback");
    let answer = run.put(path, &json!({})).await?;
    let seen = format!("PUT rollback answered {answer}");
    if !answer.is_success() {
        run.findings.observed(NAME, answer.to_string(), seen);
        return Ok(());
    }
    let login = place.first.clone();
    let (old, new) = visit(run, &login, move |disk| {
        Ok((
            ends_have(disk, &place, FIRST)?,
            ends_have(disk, &place, SECOND)?,
        ))
    })
    .await?;
    match (old, new) {
        (true, _) => run
            .findings
            .observed(NAME, "the bytes of the snapshot", seen),
        (_, true) => run.findings.observed(NAME, "the newer bytes", seen),
        _ => run.findings.undetermined(NAME, "the bytes are neither"),
    }
    Ok(())
}

/// Makes the LUN larger while a host is logged in.
pub async fn growth(run: &mut Examination) -> Result<(), Trouble> {
    let place = place(run)?;
    let mut host = log_in(run, &place.first).await?;
    let grown = grow(run, &place, &mut host).await;
    host.log_out().await;
    let (bytes, attention) = grown?;
    let seen = format!("{bytes} bytes in the session of before");
    run.findings.observed("data_grown", bytes == 2 * SIZE, seen);
    let seen = "the first answer after that";
    run.findings.observed("data_grown_sense", attention, seen);
    Ok(())
}

async fn grow(
    run: &Examination,
    place: &Place,
    host: &mut crate::verify::iscsi::host::Host,
) -> Result<(u64, String), Trouble> {
    let number = place.number;
    // The unit attentions of the login come before those of the change.
    host.run(move |disk| disk.capacity(number)).await?;
    let changed = run
        .put(run.scratch.lun(LUN)?, &json!({ "volsize": 2 * SIZE }))
        .await?;
    changed.object("lun", "PUT LUN")?;
    let (capacity, attention) = host.run(move |disk| disk.capacity(number)).await?;
    let bytes = capacity.blocks * u64::from(capacity.block_size);
    let attention = attention.map_or_else(|| "good".to_owned(), |reply| reply.to_string());
    Ok((bytes, attention))
}
