//! Coordination of the hosts of a backend through etcd.
//!
//! Each driver has one lease, which it renews. Its locks are keys under that lease, so they end some
//! time after the host dies ([`Lease`]). The appliance knows nothing of leases: a request that was
//! sent under a lock may be carried out until [`Timeouts::longest_request`] is over. So a change is
//! sent only while the lease lasts longer than that, by the clock of this host ([`Fence`]): no other
//! host can have the lock before the appliance is done with the request.
//!
//! What remains is a process that stops between that check and the write of the request to its
//! connection, a few microseconds later, and continues after the end of its lease.
//!
//! [`Timeouts::longest_request`]: crate::config::Timeouts::longest_request
//! [`Fence`]: crate::scope::Fence

mod claim;
mod clock;
pub mod etcd;
mod host;
mod journals;
mod lease;
mod locks;
mod pace;
#[cfg(test)]
mod tests;

pub use host::{Coordination, MemberHealth};
pub use journals::EtcdJournals;
pub use lease::Lease;
pub use locks::EtcdLocks;
pub use pace::share_connections;
