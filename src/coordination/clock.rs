//! Clock of the leases.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Time since the host was booted, with the time in which it was suspended. It cannot be set, and
/// a lease at etcd ends while a host sleeps.
pub(super) fn now() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}
