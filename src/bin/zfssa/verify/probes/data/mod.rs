//! Probes of the data of a LUN, as hosts see it over iSCSI.
//!
//! `reach` presents a LUN of the run to the run's initiator; the other probes use that LUN. Data of a
//! LUN are read and written only after its identifier was compared with the LUN's `lunguid`.

pub mod accounts;
pub mod bytes;
pub mod reach;
pub mod views;

use zfssa::config::{Chap, Portal};

use crate::verify::answer::Trouble;
use crate::verify::examination::Examination;
use crate::verify::iscsi::disk::{Capacity, Disk, Fault};
use crate::verify::iscsi::host::Host;
use crate::verify::iscsi::library::Functions;
use crate::verify::iscsi::session::Login;

/// The LUN of the probes of this folder.
const LUN: &str = "verify-data";

/// Bytes that one probe writes at a place.
const PIECE: usize = 64 << 10;

/// Way to the data of the backend, and the LUN as soon as a host has found it.
pub struct Data {
    pub functions: Functions,
    /// Portal of the backend's target.
    pub portal: Portal,
    /// Alias of the target, and name of its group.
    pub target_group: String,
    /// CHAP account of the target.
    pub target_chap: Option<Chap>,
    place: Option<Place>,
}

impl Data {
    pub fn new(functions: Functions, config: &zfssa::Config) -> Option<Data> {
        Some(Data {
            functions,
            portal: config.target_portals.first()?.clone(),
            target_group: config.target_group.clone(),
            target_chap: config.target_chap.clone(),
            place: None,
        })
    }
}

/// The LUN on the wire, and the hosts of the run.
#[derive(Clone, Debug)]
struct Place {
    /// The initiator in the run's group.
    first: Login,
    /// The initiator outside it.
    other: Login,
    /// Whether the target asks for CHAP.
    asks_chap: bool,
    /// Target group that the LUNs name, if the backend has one.
    target_group: Option<String>,
    number: u32,
    guid: String,
    capacity: Capacity,
}

/// The LUN, which `reach` has to have found.
fn place(run: &Examination) -> Result<Place, Trouble> {
    let data = run.data.as_ref();
    data.and_then(|data| data.place.clone())
        .ok_or_else(|| Trouble::Unexpected("the LUN was not reached over iSCSI".to_owned()))
}

/// Logs in; a refusal ends the probe.
async fn log_in(run: &Examination, login: &Login) -> Result<Host, Trouble> {
    let host = try_log_in(run, login).await?;
    Ok(host?)
}

/// Logs in; a refusal is a result.
async fn try_log_in(
    run: &Examination,
    login: &Login,
) -> Result<Result<Host, crate::verify::iscsi::session::End>, Trouble> {
    let data = run.data.as_ref();
    let data = data.ok_or_else(|| Trouble::Unexpected("needs --data".to_owned()))?;
    Host::log_in(data.functions, login, &run.client.scope).await
}

/// Logs in, runs some commands, and logs out.
async fn visit<T: Send + 'static>(
    run: &Examination,
    login: &Login,
    work: impl FnOnce(&mut Disk<'_>) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Trouble> {
    let mut host = log_in(run, login).await?;
    let result = host.run(work).await;
    host.log_out().await;
    result
}

/// Bytes that differ from block to block and from seed to seed.
fn pattern(seed: u8) -> Vec<u8> {
    let mix = |at: usize| (at ^ at >> 9).wrapping_mul(31) as u8 ^ seed;
    (0..PIECE).map(mix).collect()
}

/// Writes a piece at the beginning of the LUN, and one at its end.
fn write_ends(disk: &mut Disk<'_>, place: &Place, seed: u8) -> Result<(), Fault> {
    disk.must_be(place.number, &place.guid)?;
    let size = place.capacity.block_size;
    let bytes = pattern(seed);
    disk.write(place.number, 0, &bytes, size)?;
    disk.write(place.number, last_piece(place), &bytes, size)
}

/// Whether both ends have what [`write_ends`] wrote with a seed.
fn ends_have(disk: &mut Disk<'_>, place: &Place, seed: u8) -> Result<bool, Fault> {
    disk.must_be(place.number, &place.guid)?;
    let size = place.capacity.block_size;
    let expected = pattern(seed);
    let count = PIECE as u32 / size;
    for block in [0, last_piece(place)] {
        if disk.read(place.number, block, count, size)? != expected {
            return Ok(false);
        }
    }
    Ok(true)
}

fn last_piece(place: &Place) -> u64 {
    place.capacity.blocks - PIECE as u64 / u64::from(place.capacity.block_size)
}
