//! Probe of the way to a LUN: target, login, LU number, identifier and capacity.

use std::net::SocketAddr;

use serde_json::{Value, json};
use zfssa::Outcome;
use zfssa::config::{Chap, Portal};
use zfssa::local::Local;
use zfssa::rest::{Path, Service};
use zfssa::scope::Ended;
use zfssa::secret::Secret;

use super::{LUN, PIECE, Place, try_log_in};
use crate::verify::answer::Trouble;
use crate::verify::examination::{Examination, SIZE, first_number};
use crate::verify::iscsi::disk::{Capacity, Disk, Fault, has_guid};
use crate::verify::iscsi::session::{LIMIT, Login};
use crate::verify::probes::presentation::need_group;

/// Most LU numbers whose LUN is identified.
const NUMBERS: usize = 256;

fn unexpected(text: &str) -> Trouble {
    Trouble::Unexpected(text.to_owned())
}

/// Presents a LUN to the run's initiator, logs in, and finds the LUN.
pub async fn reach(run: &mut Examination) -> Result<(), Trouble> {
    need_group(run)?;
    let (mut place, lun) = prepare(run).await?;
    let assigned = first_number(&lun).and_then(|number| u32::try_from(number).ok());
    let assigned = assigned.ok_or_else(|| unexpected("the LUN has no assignednumber"))?;
    let mut host = match try_log_in(run, &place.first).await? {
        Ok(host) => host,
        Err(end) => {
            let seen = "the login of the run's initiator";
            run.findings.observed("data_login", end.to_string(), seen);
            return Err(end.into());
        }
    };
    let seen = "the login of the run's initiator";
    run.findings.observed("data_login", "accepted", seen);
    let guid = place.guid.clone();
    let seen = host.run(move |disk| look(disk, assigned, &guid)).await;
    host.log_out().await;
    let seen = seen?;
    note_identity(run, assigned, &seen);
    let (Some(number), Some((capacity, serial))) = (seen.number, seen.lun) else {
        let text = "no LUN has the lunguid as its identifier; no data were touched";
        return Err(unexpected(text));
    };
    note_capacity(run, &capacity, serial.eq_ignore_ascii_case(&place.guid));
    let is_usable = capacity.block_size != 0
        && (PIECE as u64).is_multiple_of(u64::from(capacity.block_size))
        && capacity.blocks * u64::from(capacity.block_size) >= 2 * PIECE as u64;
    if !is_usable {
        return Err(unexpected(
            "the capacity is too small, or the block too large",
        ));
    }
    place.number = number;
    place.capacity = capacity;
    if let Some(data) = &mut run.data {
        data.place = Some(place);
    }
    Ok(())
}

/// What a host finds at a target.
struct Seen {
    /// Number of listed LUNs.
    listed: usize,
    /// Whether `assignednumber` is listed.
    is_listed: bool,
    /// Whether there is a LUN with an identifier at `assignednumber`.
    is_identified: bool,
    /// The number of the LUN with the `lunguid`.
    number: Option<u32>,
    /// Its capacity and serial number.
    lun: Option<(Capacity, String)>,
}

fn look(disk: &mut Disk<'_>, assigned: u32, guid: &str) -> Result<Seen, Fault> {
    let mut numbers = disk.numbers()?;
    let mut seen = Seen {
        listed: numbers.len(),
        is_listed: numbers.contains(&assigned),
        is_identified: false,
        number: None,
        lun: None,
    };
    numbers.sort_by_key(|number| *number != assigned);
    for number in numbers.into_iter().take(NUMBERS) {
        let identifiers = disk.identifiers(number)?;
        seen.is_identified |= number == assigned && !identifiers.is_empty();
        if has_guid(&identifiers, guid) {
            let serial = disk.page(number, 0x80)?;
            let serial = String::from_utf8_lossy(&serial).trim().to_owned();
            seen.number = Some(number);
            seen.lun = Some((disk.capacity(number)?.0, serial));
            break;
        }
    }
    Ok(seen)
}

fn note_identity(run: &mut Examination, assigned: u32, seen: &Seen) {
    let findings = &mut run.findings;
    let listed = format!("{} LUNs are listed", seen.listed);
    match seen.number {
        Some(number) => {
            let is_same = number == assigned;
            findings.observed("data_number", is_same, listed);
            findings.observed("data_identifier", true, "page 0x83 has the lunguid");
        }
        None if seen.is_identified => {
            let text = "the LUN at assignednumber has another NAA identifier";
            findings.observed("data_identifier", false, text);
        }
        None if !seen.is_listed => {
            let text = format!("{listed}, and assignednumber is not among them");
            findings.observed("data_number", false, text);
        }
        None => findings.observed("data_identifier", false, "page 0x83 has no NAA identifier"),
    }
}

fn note_capacity(run: &mut Examination, capacity: &Capacity, has_serial: bool) {
    let bytes = capacity.blocks * u64::from(capacity.block_size);
    let seen = format!(
        "{} blocks of {} bytes",
        capacity.blocks, capacity.block_size
    );
    let findings = &mut run.findings;
    findings.observed("data_capacity", bytes == SIZE, seen);
    let seen = "READ CAPACITY (16)";
    findings.observed("data_block_size", capacity.block_size, seen);
    findings.observed("data_physical_block_size", capacity.physical, seen);
    findings.observed("data_thin", capacity.is_thin, seen);
    findings.observed("data_serial", has_serial, "page 0x80");
}

/// Creates the LUN, and registers initiators where the target or the group needs that.
async fn prepare(run: &mut Examination) -> Result<(Place, Value), Trouble> {
    let Some(data) = &run.data else {
        return Err(unexpected("needs --data"));
    };
    let (alias, portal) = (data.target_group.clone(), data.portal.clone());
    let target_chap = data.target_chap.clone();
    let target = target(run, &alias).await?;
    let portal = address(run, &portal).await?;
    let asks_chap = target["auth"] == "chap";
    let proof =
        target_chap.filter(|account| asks_chap && target["targetchapuser"] == *account.user);
    let login = |initiator: String| Login {
        account: asks_chap.then(|| account_of(&initiator)),
        initiator,
        target: target["iqn"].as_str().unwrap_or_default().to_owned(),
        portal,
        target_account: proof.clone(),
    };
    let [first, other] = run.scratch.initiator_names().map(login);
    register(run, [&first, &other], asks_chap).await?;
    let path = Path::new(Service::San).fixed("iscsi/target-groups");
    let group = run.get(path.name(&alias)?).await?;
    let target_group = group.is_success().then_some(alias);
    let mut further = json!({ "initiatorgroup": run.scratch.name });
    if let Some(group) = &target_group {
        further["targetgroup"] = json!(group);
    }
    let lun = run.lun(LUN, &further).await?;
    let guid = lun["lunguid"].as_str();
    let guid = guid.ok_or_else(|| unexpected("the LUN has no lunguid"))?;
    let place = Place {
        first,
        other,
        asks_chap,
        target_group,
        number: 0,
        guid: guid.to_owned(),
        capacity: Capacity {
            blocks: 0,
            block_size: 0,
            physical: 0,
            is_thin: false,
        },
    };
    Ok((place, lun))
}

/// The backend's target.
async fn target(run: &Examination, alias: &str) -> Result<Value, Trouble> {
    let targets = Path::new(Service::San).fixed("iscsi/targets");
    let targets = run.get(targets).await?.object("targets", "GET targets")?;
    let mut targets = targets.as_array().into_iter().flatten();
    targets
        .find(|target| target["alias"] == alias && target["iqn"].is_string())
        .cloned()
        .ok_or_else(|| unexpected("the backend's target does not exist: run `zfssa setup`"))
}

/// Address of the portal.
async fn address(run: &Examination, portal: &Portal) -> Result<SocketAddr, Trouble> {
    let local = Local::default();
    local.hold_names()?;
    let found = local.addresses(&portal.host, portal.port);
    let found = match run.client.scope.within(LIMIT, found).await {
        Ok(found) => found?,
        Err(Ended::Stop(stop)) => return Err(stop.error(Outcome::None).into()),
        Err(Ended::Elapsed) => Vec::new(),
    };
    let first = found.first().copied();
    first.ok_or_else(|| unexpected("the name of the portal has no address"))
}

/// A new account for an initiator.
fn account_of(initiator: &str) -> Chap {
    let random = uuid::Uuid::new_v4().simple().to_string();
    Chap {
        user: initiator.rsplit(':').next().unwrap_or_default().to_owned(),
        secret: Secret::new(random.get(..16).unwrap_or_default()),
    }
}

/// Registers both initiators if the target asks for their accounts, or if the group took none
/// without that; then puts the first one into the group.
async fn register(
    run: &mut Examination,
    logins: [&Login; 2],
    asks_chap: bool,
) -> Result<(), Trouble> {
    let group = run.get(run.scratch.group()?).await?;
    let group = group.object("group", "GET group")?;
    let [first, _] = logins;
    let mut members = group["initiators"].as_array().into_iter().flatten();
    let is_member = members.any(|member| *member == *first.initiator);
    if !asks_chap && is_member {
        return Ok(());
    }
    for login in logins {
        let account = login.account.as_ref();
        let made = run.scratch.register(&run.client, &login.initiator, account);
        made.await?.object("initiator", "POST initiator")?;
    }
    if !is_member {
        let body = json!({ "initiators": [first.initiator] });
        let changed = run.put(run.scratch.group()?, &body).await?;
        changed.object("group", "PUT group")?;
    }
    Ok(())
}
