//! Histogram of durations: of requests, and of waits for locks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the buckets, in microseconds: 5 ms to 60 s. The appliance answers a read in some
/// 10 ms and takes up to 20 s for a creation.
pub const BOUNDS_US: [u64; 13] = [
    5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000, 30_000_000, 60_000_000,
];

/// How often a reader repeats a read that met a duration half recorded.
const READS: u32 = 100;

/// Durations, counted by buckets. Recording takes no lock.
#[derive(Default)]
pub(crate) struct Histogram {
    /// Durations whose recording began.
    begun: AtomicU64,
    sum_us: AtomicU64,
    /// One for each bound, and one above the last.
    buckets: [AtomicU64; BOUNDS_US.len() + 1],
}

/// Durations as they were at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    /// Number of durations.
    pub count: u64,
    /// Their sum in microseconds.
    pub sum_us: u64,
    /// Number of durations of at most each of [`BOUNDS_US`].
    pub at_most: [u64; BOUNDS_US.len()],
}

impl Histogram {
    pub(crate) fn record(&self, duration: Duration) {
        let us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS_US.partition_point(|bound| *bound < us);
        // In this order: see `read`.
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.sum_us.fetch_add(us, Ordering::SeqCst);
        self.buckets[bucket].fetch_add(1, Ordering::SeqCst);
    }

    /// Reads the durations as they are at one moment. A recording that stays interrupted for longer
    /// than the reads take may be missing in the buckets while the sum has it.
    pub(crate) fn read(&self) -> Durations {
        for _ in 0..READS {
            let (found, is_whole) = self.read_once();
            if is_whole {
                return found;
            }
            std::thread::yield_now();
        }
        self.read_once().0
    }

    /// Reads all numbers, and whether they are of one moment: if no more durations were begun by
    /// the end of the read than the buckets hold, none was recorded in between.
    fn read_once(&self) -> (Durations, bool) {
        let buckets = self.buckets.each_ref();
        let buckets = buckets.map(|bucket| bucket.load(Ordering::SeqCst));
        let mut found = Durations::default();
        for (at_most, bucket) in found.at_most.iter_mut().zip(buckets) {
            found.count += bucket;
            *at_most = found.count;
        }
        found.count = buckets.iter().sum();
        found.sum_us = self.sum_us.load(Ordering::SeqCst);
        let begun = self.begun.load(Ordering::SeqCst);
        (found, begun == found.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn a_bound_belongs_to_its_bucket_and_buckets_add_up() {
        let histogram = Histogram::default();
        for us in [0, 5_000, 5_001, 60_000_000, 60_000_001] {
            histogram.record(Duration::from_micros(us));
        }
        let found = histogram.read();
        assert_eq!((found.count, found.sum_us), (5, 120_010_002));
        assert_eq!(found.at_most[..2], [2, 3]);
        assert_eq!(found.at_most[BOUNDS_US.len() - 1], 4);
        assert!(found.at_most.is_sorted());
    }

    /// Every duration is the same, so a sum that belongs to another count shows.
    #[test]
    fn a_read_between_two_writers_is_of_one_moment() {
        const US: u64 = 7;
        const EACH: u64 = 200_000;
        let histogram = Histogram::default();
        let ended = AtomicBool::new(false);
        std::thread::scope(|threads| {
            let write = || (0..EACH).for_each(|_| histogram.record(Duration::from_micros(US)));
            let writers = [threads.spawn(write), threads.spawn(write)];
            let reader = threads.spawn(|| {
                while !ended.load(Ordering::SeqCst) {
                    let (found, is_whole) = histogram.read_once();
                    assert!(!is_whole || found.sum_us == found.count * US, "{found:?}");
                }
            });
            writers.into_iter().for_each(|one| one.join().unwrap());
            ended.store(true, Ordering::SeqCst);
            reader.join().unwrap();
        });
        let found = histogram.read();
        assert_eq!((found.count, found.sum_us), (2 * EACH, 2 * EACH * US));
    }

    #[test]
    fn a_recording_that_was_interrupted_does_not_stop_a_reader() {
        let histogram = Histogram::default();
        histogram.record(Duration::from_micros(7));
        histogram.begun.fetch_add(1, Ordering::SeqCst);
        assert!(!histogram.read_once().1);
        assert_eq!(histogram.read().count, 1);
    }
}
