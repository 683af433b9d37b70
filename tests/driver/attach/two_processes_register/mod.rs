//! Two processes of one host attach volumes to hosts that are in no group, and detach them: each
//! host is registered once, and stays registered while it has a volume.

mod at_once;
mod come_and_go;

use support::HOST_C;
use zfssa::appliance::{InitiatorGroup, MASK_ALL};
use zfssa::driver::{Call, Driver, InitializeConnection};
use zfssa_appliance::Exchange;

use super::hosts::{
    attach, bench_with, detach, group_of, groups, initiators, registering, unregistering,
};
use super::two_processes::{both_end_well, in_child};

/// New hosts that both processes attach to, each to a volume of its own.
const HOSTS: usize = 20;
/// How often the host C gets and loses the volume of a process.
const ROUNDS: usize = 20;

fn host(number: usize) -> String {
    format!("iqn.2004-10.org.example:new-host-{number}")
}

/// The volume of a process.
fn own(part: usize) -> String {
    format!("volume-{}", part + 1)
}
