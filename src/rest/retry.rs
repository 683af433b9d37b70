//! Retries: waits between attempts, and the retry budget that all requests share.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::metrics::counters::{Counters, add};
use crate::backoff::{Backoff, jitter};
use crate::error::{Error, Status};
use crate::scope::Scope;

/// The first wait is up to this long, the next up to twice as long, and so on.
const FIRST: Duration = Duration::from_millis(100);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(5);
/// Longest `Retry-After` that is waited for here; a longer one is returned to the caller.
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

/// The waits between the attempts at one request.
pub(super) struct Waits(Backoff);

impl Waits {
    pub(super) fn new() -> Waits {
        Waits(Backoff::doubling(FIRST, LONGEST))
    }

    /// The next wait: anything between nothing and the ceiling ("full jitter"), so that callers
    /// who failed together do not come back together. At least what the appliance asked for.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let wait = jitter(self.0.next());
        let asked = asked.filter(|_| !canary!("retry-after-ignored"));
        asked.map_or(wait, |asked| asked + wait.min(FIRST))
    }
}

/// How many repetitions all requests to one appliance may make together.
///
/// Every call puts a little in, every repetition takes more out. Single faults are always repeated;
/// when everything fails, repetitions are at most a fifth of the load. A request that was refused
/// as busy costs the appliance little and costs less here: the concurrency limit holds it back, and
/// half of the load may be repeated for it.
pub(super) struct Budget(AtomicI64);

impl Budget {
    const DEPOSIT: i64 = 1;
    const COST: i64 = 5;
    const COST_BUSY: i64 = 2;
    const FULL: i64 = 100 * Budget::COST;

    pub(super) fn new() -> Budget {
        Budget(AtomicI64::new(Budget::FULL))
    }

    pub(super) fn deposit(&self) {
        // Slightly over the top by a race is harmless, so no loop is needed.
        if self.0.load(Ordering::Relaxed) < Budget::FULL {
            self.0.fetch_add(Budget::DEPOSIT, Ordering::Relaxed);
        }
    }

    pub(super) fn withdraw(&self, busy: bool) -> bool {
        let cost = if busy {
            Budget::COST_BUSY
        } else {
            Budget::COST
        };
        let enough = |left: i64| (left >= cost).then(|| left - cost);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, enough)
            .is_ok()
            || canary!("budget-of-repetitions-ignored")
    }
}

/// How requests to one appliance are repeated.
pub(super) struct Retries {
    budget: Budget,
    /// How many times a request is sent at most; at least 1.
    pub(super) max_attempts: u32,
    counters: Arc<Counters>,
}

impl Retries {
    pub(super) fn new(max_attempts: u32, counters: Arc<Counters>) -> Retries {
        Retries {
            budget: Budget::new(),
            max_attempts: max_attempts.max(1),
            counters,
        }
    }

    /// A call begins.
    pub(super) fn deposit(&self) {
        self.budget.deposit();
    }

    /// Whether one more repetition is within the budget; counts and reports it.
    pub(super) fn allow(
        &self,
        scope: &Scope,
        label: &dyn Display,
        attempt: u32,
        error: &Error,
        wait: Duration,
    ) -> bool {
        if !self.budget.withdraw(error.status() == Status::Busy) {
            tracing::warn!(
                target: "zfssa::rest",
                id = scope.id(),
                request = %label,
                attempt,
                %error,
                "retry budget exhausted; request not repeated"
            );
            return false;
        }
        add(&self.counters.retries);
        tracing::warn!(
            target: "zfssa::rest",
            id = scope.id(),
            request = %label,
            attempt,
            %error,
            wait = wait.as_millis() as u64,
            "repeated"
        );
        true
    }
}

/// The seconds of a `Retry-After` header. Its other form, a date, depends on two clocks and is
/// not used.
pub(super) fn retry_after(value: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?.trim();
    text.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_appliance_asked_for_is_the_least() {
        for _ in 0..100 {
            let wait = Waits::new().next(Some(Duration::from_secs(7)));
            assert!((7000..=7100).contains(&wait.as_millis()), "{wait:?}");
            assert!(Waits::new().next(None) <= FIRST);
        }
    }

    /// How many repetitions of a thousand calls there are when the budget is used up.
    fn repeated(busy: bool) -> usize {
        let budget = Budget::new();
        while budget.withdraw(busy) {}
        let mut repeated = 0;
        for _ in 0..1000 {
            budget.deposit();
            repeated += usize::from(budget.withdraw(busy));
        }
        repeated
    }

    #[test]
    fn the_budget_lets_a_part_through_when_everything_fails() {
        assert_eq!(repeated(false), 200);
        assert_eq!(repeated(true), 500);
    }

    #[test]
    fn the_budget_does_not_grow_without_bound() {
        let budget = Budget::new();
        for _ in 0..10_000 {
            budget.deposit();
        }
        let mut burst = 0;
        while budget.withdraw(false) {
            burst += 1;
        }
        assert_eq!(burst, 100);
    }

    #[test]
    fn retry_after_is_read_in_seconds() {
        assert_eq!(retry_after(b" 3 "), Some(Duration::from_secs(3)));
        for unusable in ["", "-1", "soon", "Sun, 06 Nov 1994 08:49:37 GMT", "1.5"] {
            assert_eq!(retry_after(unusable.as_bytes()), None);
        }
    }
}
