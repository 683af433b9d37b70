//! Several hosts on one appliance, each a process of its own: their locks in etcd, and what
//! becomes of them when a host, a member of etcd or a connection fails.

mod attach;
mod bench;
mod deaths;
mod etcd;
mod etcd_away;
mod pace;
mod set_up;
mod without;

use std::sync::Mutex;

/// Not a test of its own: the process of a host.
#[test]
fn child() {
    support::fleet::child();
}

/// Each test has the machine for itself: leases run while processes wait for each other.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> std::sync::MutexGuard<'static, ()> {
    TURN.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
