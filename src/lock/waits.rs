//! Waits for locks, counted for metrics.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::time::Instant;

use crate::metrics::{Durations, Histogram};

/// Counters of the waits for the locks of one backend. Changed without a lock.
#[derive(Default)]
pub(super) struct WaitCounters {
    durations: Histogram,
    contended: AtomicU64,
}

/// Waits for locks as they were at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LockWaits {
    /// Durations from the request for a lock to its possession, or to the end of the wait without
    /// it. One for each lock, whether it was free or not.
    pub durations: Durations,
    /// Locks that another operation, process or host held, or waited for, when they were asked for.
    pub contended: u64,
}

/// A wait for one lock: in the queue of this process and beyond. It is recorded with its drop.
pub struct Wait<'a> {
    counters: &'a WaitCounters,
    begun: Instant,
    contended: AtomicBool,
}

impl WaitCounters {
    /// Begins a wait.
    pub(super) fn begin(&self) -> Wait<'_> {
        Wait {
            counters: self,
            begun: Instant::now(),
            contended: AtomicBool::new(false),
        }
    }

    pub(super) fn read(&self) -> LockWaits {
        LockWaits {
            durations: self.durations.read(),
            contended: self.contended.load(Ordering::Relaxed),
        }
    }
}

impl Wait<'_> {
    /// Counts the lock as contended: another operation, process or host has it, or is in front in
    /// the queue. Counts once for each wait and before its end, so that a long wait shows early.
    pub fn contended(&self) {
        if !self.contended.swap(true, Ordering::Relaxed) {
            self.counters.contended.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.counters.durations.record(self.begun.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use crate::lock::{FileLocks, Key, Locks, Shared, Space};
    use crate::scope::Scope;
    use std::sync::Arc;
    use std::time::Duration;
    use tokio_util::sync::CancellationToken;

    const LONG: Duration = Duration::from_secs(60);

    fn scope(time: Option<Duration>) -> Scope {
        let token = CancellationToken::new;
        Scope::new("test", time, Duration::ZERO, token(), token())
    }

    /// Locks as another process would see them.
    fn locks(beyond: Vec<Box<dyn Shared>>) -> Locks {
        Locks::of_one_process(Space::default(), beyond)
    }

    fn lun() -> Key {
        Key::Lun("volume-1".to_owned())
    }

    fn counts(locks: &Locks) -> (u64, u64) {
        let waits = locks.waits();
        (waits.durations.count, waits.contended)
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_in_the_queue_is_measured_and_a_free_lock_is_not_contended() {
        let locks = Arc::new(locks(Vec::new()));
        let held = locks.share(&scope(None), lun()).await.unwrap();
        drop(locks.share(&scope(None), lun()).await.unwrap());
        assert_eq!(counts(&locks), (2, 0));
        assert_eq!(locks.waits().durations.sum_us, 0);
        held.keep_for(Duration::from_secs(20));
        drop(locks.lock(&scope(None), lun()).await.unwrap());
        let waits = locks.waits();
        assert_eq!((waits.durations.count, waits.contended), (3, 1));
        assert_eq!(waits.durations.sum_us / 1_000_000, 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_ends_without_the_lock_is_measured() {
        let locks = locks(Vec::new());
        let _held = locks.lock(&scope(None), lun()).await.unwrap();
        let soon = scope(Some(Duration::from_secs(7)));
        locks.share(&soon, lun()).await.unwrap_err();
        assert_eq!(counts(&locks), (2, 1));
        assert_eq!(locks.waits().durations.sum_us / 1_000_000, 7);
    }

    #[tokio::test]
    async fn a_lock_file_of_another_process_is_contended() {
        let directory = tempfile::tempdir().unwrap();
        let files = || vec![Box::new(FileLocks::new(directory.path().to_owned())) as Box<_>];
        let (one, other) = (locks(files()), Arc::new(locks(files())));
        let held = one.lock(&scope(None), lun()).await.unwrap();
        assert_eq!(counts(&one), (1, 0));
        let waiter = tokio::spawn({
            let other = other.clone();
            async move { other.lock(&scope(None), lun()).await.map(drop) }
        });
        let counted = async {
            while other.waits().contended == 0 {
                tokio::task::yield_now().await;
            }
        };
        // A wait that is not counted fails the test instead of keeping it for ever.
        tokio::time::timeout(LONG, counted).await.unwrap();
        // The wait goes on.
        assert_eq!(counts(&other), (0, 1));
        drop(held);
        waiter.await.unwrap().unwrap();
        assert_eq!(counts(&other), (1, 1));
    }
}
