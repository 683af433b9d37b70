//! Points in time in a journal, for waits that survive a restart.
//!
//! A date would not do: clocks are set, by an operator or after a boot with a wrong clock, and a
//! wait that ends too early costs data. So a moment counts from the boot of the host. It is void
//! after the next boot: then the wait begins again.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A moment in the time of one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Moment {
    /// Boot id of the host; empty if the system has none.
    boot: String,
    /// Milliseconds since the boot; by the clock if the system has no boot id.
    at: u64,
}

impl Moment {
    /// Now. Reads two files of the kernel, which are in memory.
    pub(super) fn now() -> Moment {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id");
        let uptime = fs::read_to_string("/proc/uptime");
        match (boot, uptime.ok().as_deref().and_then(milliseconds)) {
            (Ok(boot), Some(at)) => Moment {
                boot: boot.trim().to_owned(),
                at,
            },
            _ => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH);
                let at = since.map_or(0, |since| since.as_millis());
                Moment {
                    boot: String::new(),
                    at: u64::try_from(at).unwrap_or(u64::MAX),
                }
            }
        }
    }

    /// Time from this moment to a later one; `None` if they cannot be compared.
    pub(super) fn until(&self, later: &Moment) -> Option<Duration> {
        let same = self.boot == later.boot;
        let time = later.at.checked_sub(self.at).filter(|_| same);
        time.map(Duration::from_millis)
    }
}

/// Reads the first number of `/proc/uptime`: seconds with two digits behind the point.
fn milliseconds(uptime: &str) -> Option<u64> {
    let (seconds, rest) = uptime.split_once('.')?;
    let hundredths: u64 = rest.get(..2)?.parse().ok()?;
    let seconds: u64 = seconds.parse().ok()?;
    seconds.checked_mul(1000)?.checked_add(hundredths * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(boot: &str, at: u64) -> Moment {
        Moment {
            boot: boot.to_owned(),
            at,
        }
    }

    #[test]
    fn moments_of_one_start_are_compared() {
        let earlier = moment("a", 1_000);
        assert_eq!(
            earlier.until(&moment("a", 3_500)),
            Some(Duration::from_millis(2_500))
        );
        assert_eq!(earlier.until(&moment("b", 3_500)), None);
        assert_eq!(earlier.until(&moment("a", 999)), None);
        assert!(Moment::now().until(&Moment::now()).is_some());
    }

    #[test]
    fn the_time_since_the_start_is_read() {
        assert_eq!(milliseconds("350735.47 234388.90\n"), Some(350_735_470));
        for text in ["", "350735", "x.12", "1.x", "1.2"] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }
}
