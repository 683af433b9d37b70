//! Adaptive concurrency limit: how many requests may be under way, and in which order.
//!
//! The limit begins at the number of connections. It falls when the appliance answers 503, or when
//! its answers take clearly longer than the same kind of request took recently; it rises again step
//! by step while it is used to the full and answers are quick. Answers to requests that were sent
//! before the last fall do not count.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::sync::lock;

/// The limit shrinks for slowness at most this often, since one slow answer follows another.
const PAUSE: Duration = Duration::from_millis(250);
/// Latencies this close to the shortest are noise.
const NOISE: Duration = Duration::from_millis(50);
/// Answers that take this many times the shortest are a queue inside the appliance.
const SLOW: f64 = 3.0;
/// How long the shortest latency is remembered, at least; at most twice as long.
const WINDOW: Duration = Duration::from_secs(60);
/// Kinds of requests whose latency is followed. There are some forty.
const KINDS: usize = 256;

/// Issues permits in the order of the requests for them.
pub(in crate::rest) struct ConcurrencyLimit {
    permits: Arc<Semaphore>,
    state: Mutex<LimitState>,
    waiting: AtomicUsize,
    /// Woken when a request begins to wait, and when a permit comes back.
    changed: Notify,
}

/// What the requests of a process want of an appliance now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Requests under way.
    pub used: usize,
    /// Requests that wait.
    pub waiting: usize,
    /// How often the limit fell so far, since the appliance was busy or slow.
    pub falls: u64,
}

impl Demand {
    /// Connections that the requests could use: those under way and those that wait, at most `most`.
    pub fn connections(&self, most: usize) -> usize {
        (self.used + self.waiting).min(most)
    }
}

/// Counts a request that waits.
struct Wait<'a>(&'a ConcurrencyLimit);

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The right to have one request under way.
pub(in crate::rest) struct RequestPermit {
    limit: Arc<ConcurrencyLimit>,
    permit: Option<OwnedSemaphorePermit>,
}

struct LimitState {
    most: usize,
    /// What the hosts of the backend leave to this process; without coordination, as many as it
    /// likes.
    share: usize,
    falls: u64,
    /// What may be under way; the fraction is progress towards the next step.
    limit: f64,
    /// The permits that exist, handed out or not. Larger than the limit while it shrinks.
    issued: usize,
    /// How much slower than the shortest answers are lately.
    slowness: f64,
    shrunk: Option<Instant>,
    shortest: HashMap<u64, Shortest>,
}

/// The shortest latency of one kind of request in this window and the one before.
struct Shortest {
    since: Instant,
    now: Duration,
    before: Duration,
}

impl ConcurrencyLimit {
    pub(in crate::rest) fn new(most: usize) -> Arc<ConcurrencyLimit> {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        Arc::new(ConcurrencyLimit {
            permits: Arc::new(Semaphore::new(most)),
            state: Mutex::new(LimitState {
                most,
                share: usize::MAX,
                falls: 0,
                limit: most as f64,
                issued: most,
                slowness: 1.0,
                shrunk: None,
                shortest: HashMap::new(),
            }),
            waiting: AtomicUsize::new(0),
            changed: Notify::new(),
        })
    }

    /// Sets what the hosts of the backend leave to this process; 0 lets no request begin.
    pub(in crate::rest) fn set_share(&self, share: usize) {
        let mut state = self.state();
        state.share = share;
        self.settle(&mut state);
    }

    /// What the hosts of the backend leave to this process; `None` if they share nothing.
    pub(in crate::rest) fn share(&self) -> Option<usize> {
        let share = self.state().share;
        (share != usize::MAX).then_some(share)
    }

    /// What the requests want now.
    pub(in crate::rest) fn demand(&self) -> Demand {
        let state = self.state();
        let free = self.permits.available_permits();
        Demand {
            used: state.issued.saturating_sub(free),
            waiting: self.waiting.load(Ordering::Acquire),
            falls: state.falls,
        }
    }

    /// Waits until the demand may have changed.
    pub(in crate::rest) async fn demand_changed(&self) {
        self.changed.notified().await;
    }

    /// Waits for a permit, first come first served.
    pub(in crate::rest) async fn acquire(self: &Arc<ConcurrencyLimit>) -> RequestPermit {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        let _waiting = Wait(self);
        self.changed.notify_one();
        // The semaphore is never closed; were it, a permit that counts for nothing is the
        // harmless answer.
        let permit = self.permits.clone().acquire_owned().await.ok();
        RequestPermit {
            limit: self.clone(),
            permit,
        }
    }

    /// A permit, if one is free and no other request waits for it.
    pub(in crate::rest) fn try_acquire(self: &Arc<ConcurrencyLimit>) -> Option<RequestPermit> {
        let permit = self.permits.clone().try_acquire_owned().ok()?;
        Some(RequestPermit {
            limit: self.clone(),
            permit: Some(permit),
        })
    }

    /// Records a 503 to a request sent at this time.
    pub(in crate::rest) fn busy(&self, sent: Instant) {
        let mut state = self.state();
        if state.shrunk.is_none_or(|at| sent > at) {
            state.shrink(0.5, Instant::now());
        }
        self.settle(&mut state);
    }

    /// A read of this kind was answered.
    pub(in crate::rest) fn answered(&self, kind: u64, latency: Duration) {
        let mut state = self.state();
        let used = state
            .issued
            .saturating_sub(self.permits.available_permits());
        let full = used >= state.whole();
        state.sample(kind, latency, full, Instant::now());
        self.settle(&mut state);
    }

    /// The present limit, and how many permits are handed out.
    pub(in crate::rest) fn load(&self) -> (usize, usize) {
        let state = self.state();
        let used = state
            .issued
            .saturating_sub(self.permits.available_permits());
        (state.whole(), used)
    }

    /// Brings the number of permits to the limit, as far as they are not handed out.
    fn settle(&self, state: &mut LimitState) {
        let limit = state.whole();
        if state.issued > limit {
            state.issued -= self.permits.forget_permits(state.issued - limit);
        } else if state.issued < limit {
            self.permits.add_permits(limit - state.issued);
            state.issued = limit;
        }
    }

    fn state(&self) -> MutexGuard<'_, LimitState> {
        lock(&self.state)
    }
}

impl Drop for RequestPermit {
    fn drop(&mut self) {
        let mut state = self.limit.state();
        if state.issued > state.whole() {
            // One too many exists since the limit fell: this one.
            if let Some(permit) = self.permit.take() {
                permit.forget();
                state.issued -= 1;
            }
        }
        if state.share != usize::MAX {
            self.limit.changed.notify_one();
        }
    }
}

impl LimitState {
    fn whole(&self) -> usize {
        (self.limit as usize).clamp(1, self.most).min(self.share)
    }

    fn shrink(&mut self, factor: f64, now: Instant) {
        self.shrunk = Some(now);
        self.falls += 1;
        self.limit = (self.limit * factor).max(1.0);
        self.slowness = 1.0;
    }

    fn sample(&mut self, kind: u64, latency: Duration, full: bool, now: Instant) {
        if self.shortest.len() >= KINDS && !self.shortest.contains_key(&kind) {
            return;
        }
        let shortest = self.shortest.entry(kind).or_insert(Shortest {
            since: now,
            now: latency,
            before: latency,
        });
        let base = shortest.note(latency, now);
        let ratio = if latency <= base + NOISE {
            1.0
        } else {
            latency.as_secs_f64() / base.as_secs_f64().max(1e-6)
        };
        // One slow answer is chance; a row of them is not.
        self.slowness += 0.2 * (ratio.min(10.0) - self.slowness);
        if self.slowness > SLOW {
            if self.shrunk.is_none_or(|at| now - at >= PAUSE) {
                self.shrink(0.8, now);
            }
        } else if full && self.slowness < 1.5 && self.limit < self.most as f64 {
            self.limit = (self.limit + 1.0 / self.limit).min(self.most as f64);
        }
    }
}

impl Shortest {
    /// Records a latency and returns the shortest known.
    fn note(&mut self, latency: Duration, now: Instant) -> Duration {
        if now - self.since > WINDOW {
            self.before = self.now;
            self.now = latency;
            self.since = now;
        }
        self.now = self.now.min(latency);
        self.now.min(self.before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(100);

    /// The next moment.
    async fn later() -> Instant {
        tokio::time::advance(Duration::from_millis(1)).await;
        Instant::now()
    }

    #[tokio::test(start_paused = true)]
    async fn busy_halves_the_limit_once_for_all_that_were_sent_before() {
        let limit = ConcurrencyLimit::new(16);
        let sent = later().await;
        later().await;
        for _ in 0..10 {
            limit.busy(sent);
        }
        assert_eq!(limit.load(), (8, 0));
        limit.busy(later().await);
        assert_eq!(limit.load(), (4, 0));
        for _ in 0..10 {
            limit.busy(later().await);
        }
        assert_eq!(limit.load(), (1, 0), "never under 1");
        let _one = limit.acquire().await;
    }

    #[tokio::test(start_paused = true)]
    async fn permits_handed_out_when_the_limit_falls_are_not_given_back() {
        let limit = ConcurrencyLimit::new(4);
        let permits = [
            limit.acquire().await,
            limit.acquire().await,
            limit.acquire().await,
            limit.acquire().await,
        ];
        limit.busy(later().await);
        assert_eq!(limit.load(), (2, 4));
        drop(permits);
        assert_eq!(limit.load(), (2, 0));
        assert_eq!(limit.permits.available_permits(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn quick_answers_raise_a_limit_that_is_used_to_the_full() {
        let limit = ConcurrencyLimit::new(16);
        limit.busy(later().await);
        for _ in 0..100 {
            limit.answered(1, QUICK);
        }
        assert_eq!(limit.load().0, 8, "no request waits for more");
        let mut permits = Vec::new();
        while let Some(permit) = limit.try_acquire() {
            permits.push(permit);
        }
        for _ in 0..8 {
            limit.answered(1, QUICK);
        }
        assert_eq!(limit.load(), (8, 8));
        limit.answered(1, QUICK);
        assert_eq!(limit.load(), (9, 8));
        for _ in 0..1000 {
            limit.answered(1, QUICK);
            permits.extend(limit.try_acquire());
        }
        assert_eq!(limit.load(), (16, 16));
        drop(permits);
        assert_eq!(limit.permits.available_permits(), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn answers_that_grow_slow_lower_the_limit_and_one_alone_does_not() {
        let limit = ConcurrencyLimit::new(16);
        limit.answered(1, QUICK);
        limit.answered(1, 10 * QUICK);
        assert_eq!(limit.load().0, 16);
        for _ in 0..10 {
            limit.answered(1, 10 * QUICK);
        }
        assert_eq!(limit.load().0, 12);
        // Another kind of request has always taken that long.
        let limit = ConcurrencyLimit::new(16);
        for _ in 0..20 {
            limit.answered(1, QUICK);
            limit.answered(2, 100 * QUICK);
        }
        assert_eq!(limit.load().0, 16);
    }

    #[tokio::test(start_paused = true)]
    async fn an_appliance_that_became_slower_is_accepted_as_it_is() {
        let limit = ConcurrencyLimit::new(16);
        limit.answered(1, QUICK);
        for _ in 0..3 {
            tokio::time::advance(WINDOW + PAUSE).await;
            limit.answered(1, 10 * QUICK);
        }
        let mut permits = Vec::new();
        for _ in 0..1000 {
            tokio::time::advance(PAUSE / 100).await;
            limit.answered(1, 10 * QUICK);
            permits.extend(limit.try_acquire());
        }
        assert_eq!(limit.load().0, 16);
    }

    #[tokio::test(start_paused = true)]
    async fn waiters_are_served_in_order() {
        let limit = ConcurrencyLimit::new(1);
        let first = limit.acquire().await;
        let (order, mut served) = tokio::sync::mpsc::unbounded_channel();
        for number in 0..5 {
            let (limit, order) = (limit.clone(), order.clone());
            tokio::spawn(async move {
                let _permit = limit.acquire().await;
                let _ = order.send(number);
            });
            tokio::task::yield_now().await;
        }
        drop((first, order));
        let mut seen = Vec::new();
        while let Some(number) = served.recv().await {
            seen.push(number);
        }
        assert_eq!(seen, [0, 1, 2, 3, 4]);
    }
}
