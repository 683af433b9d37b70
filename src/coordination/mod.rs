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

#[cfg(not(feature = "etcd"))]
mod absent;
#[cfg(feature = "etcd")]
mod claim;
#[cfg(feature = "etcd")]
mod clock;
#[cfg_attr(
    not(feature = "etcd"),
    allow(dead_code, reason = "without etcd nothing is counted")
)]
mod counters;
#[cfg(feature = "etcd")]
pub mod etcd;
#[cfg(feature = "etcd")]
mod host;
#[cfg(feature = "etcd")]
mod journals;
#[cfg(feature = "etcd")]
mod lease;
#[cfg(feature = "etcd")]
mod locks;
#[cfg(feature = "etcd")]
mod pace;
#[cfg(all(test, feature = "etcd"))]
mod tests;

#[cfg(not(feature = "etcd"))]
pub use absent::{Coordination, EtcdJournals, EtcdLocks, share_connections};
pub use counters::CoordinationMetrics;
#[cfg(feature = "etcd")]
pub use host::{Coordination, MemberHealth};
#[cfg(feature = "etcd")]
pub use journals::EtcdJournals;
#[cfg(feature = "etcd")]
pub use lease::Lease;
#[cfg(feature = "etcd")]
pub use locks::EtcdLocks;
#[cfg(feature = "etcd")]
pub use pace::share_connections;
