//! Locks without poisoning, and waits with a time limit.

use std::sync::{Condvar, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
pub(in crate::ffi) use crate::sync::lock;

/// Time limit of a blocking function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ffi) enum WaitLimit {
    /// Do not wait.
    None,
    /// Wait until then.
    Until(Instant),
    /// Wait without a limit.
    Unlimited,
}

impl WaitLimit {
    /// Reads a `timeout_ms` of a blocking function: -1 for no limit, 0 to not wait.
    pub(in crate::ffi) fn from_ms(timeout_ms: i64) -> Result<WaitLimit> {
        match timeout_ms {
            -1 => Ok(WaitLimit::Unlimited),
            0 => Ok(WaitLimit::None),
            1.. => Ok(Instant::now()
                .checked_add(Duration::from_millis(timeout_ms.unsigned_abs()))
                .map_or(WaitLimit::Unlimited, WaitLimit::Until)),
            _ => Err(Error::invalid_argument(
                "timeout_ms",
                timeout_ms,
                "give milliseconds, 0 to only look, or -1 to wait without a limit",
            )),
        }
    }

    /// Waits for the condition's next signal. False when the time is over.
    pub(in crate::ffi) fn wait<'a, T>(
        self,
        condition: &Condvar,
        guard: MutexGuard<'a, T>,
    ) -> (MutexGuard<'a, T>, bool) {
        match self {
            WaitLimit::None => (guard, false),
            WaitLimit::Unlimited => {
                let guard = condition
                    .wait(guard)
                    .unwrap_or_else(PoisonError::into_inner);
                (guard, true)
            }
            WaitLimit::Until(end) => {
                let left = end.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return (guard, false);
                }
                let (guard, _) = condition
                    .wait_timeout(guard, left)
                    .unwrap_or_else(PoisonError::into_inner);
                // The next iteration checks the time, after another read of the condition.
                (guard, true)
            }
        }
    }
}
