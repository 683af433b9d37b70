//! Backoff: growing pauses between attempts, and random jitter.

use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

/// Pauses that grow by a factor up to the longest.
pub(crate) struct Backoff {
    next: Duration,
    /// Numerator and denominator.
    factor: (u32, u32),
    longest: Duration,
}

impl Backoff {
    /// Each pause is twice the one before.
    pub(crate) fn doubling(first: Duration, longest: Duration) -> Backoff {
        Backoff::growing(first, (2, 1), longest)
    }

    /// Each pause is the one before times a fraction.
    pub(crate) fn growing(first: Duration, factor: (u32, u32), longest: Duration) -> Backoff {
        Backoff {
            next: first,
            factor,
            longest,
        }
    }

    /// The next pause.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.next.min(self.longest);
        let (numerator, denominator) = self.factor;
        self.next = (pause * numerator / denominator).min(self.longest);
        pause
    }
}

/// A random time between nothing and the longest, so that callers who failed together do not
/// come back together.
pub(crate) fn jitter(longest: Duration) -> Duration {
    scale(longest, random())
}

/// The part of a time that `random` is of the largest number.
fn scale(longest: Duration, random: u32) -> Duration {
    longest.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

fn random() -> u32 {
    let mut bytes = [0; 4];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => u32::from_ne_bytes(bytes),
        // Without randomness the whole time is the safe one.
        Err(_) => u32::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(mut backoff: Backoff, count: usize) -> Vec<u128> {
        (0..count).map(|_| backoff.next().as_millis()).collect()
    }

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let [first, longest] = [100, 5_000].map(Duration::from_millis);
        assert_eq!(
            pauses(Backoff::doubling(first, longest), 8),
            [100, 200, 400, 800, 1600, 3200, 5000, 5000]
        );
        assert_eq!(
            pauses(Backoff::growing(first, (3, 2), longest), 3),
            [100, 150, 225]
        );
        assert_eq!(pauses(Backoff::doubling(longest, first), 2), [100, 100]);
    }

    #[test]
    fn jitter_covers_everything_up_to_the_longest() {
        let longest = Duration::from_secs(5);
        assert_eq!(scale(longest, 0), Duration::ZERO);
        assert_eq!(scale(longest, u32::MAX), longest);
        let half = scale(longest, u32::MAX / 2).as_millis();
        assert!((2499..=2500).contains(&half), "{half}");
        assert!(jitter(longest) <= longest);
    }
}
