//! Times of the appliance, and ages computed from them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970 by this host's clock. A clock before 1970 makes every object look young,
/// which keeps it.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

/// The value of `zfssa_since` for a LUN that becomes a volume now.
pub(super) fn since_now() -> String {
    now().to_string()
}

/// Seconds that a LUN has been a volume by its `zfssa_since`; 0 for the future. `None` if the
/// property is missing: the former driver created it, or it is not a volume of this library.
pub(super) fn seconds_as_volume(since: Option<&str>) -> Option<u64> {
    Some(now().saturating_sub(since?.parse().ok()?))
}

/// Seconds within which a LUN has become a volume just now.
pub(super) const A_MOMENT: u64 = 60;

/// Seconds between a time that the appliance printed and now; 0 for the future. `None` when it
/// is not a time.
pub(super) fn seconds_since(time: &str) -> Option<u64> {
    Some(now().saturating_sub(seconds(time)?))
}

/// Seconds since 1970 of `20170618T16:58:27` (version 1 of the REST API) or
/// `2017-06-18?16:58:27…` (version 2), both UTC.
fn seconds(time: &str) -> Option<u64> {
    let digits: Vec<u64> = time
        .chars()
        .filter(char::is_ascii_digit)
        .take(14)
        .filter_map(|c| c.to_digit(10).map(u64::from))
        .collect();
    if digits.len() < 14 || !time.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| {
        let part = digits.get(from..to).unwrap_or_default();
        part.iter().fold(0, |number, digit| number * 10 + digit)
    };
    let (year, month, day) = (number(0, 4), number(4, 6), number(6, 8));
    let (hour, minute, second) = (number(8, 10), number(10, 12), number(12, 14));
    let valid = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 61;
    if !valid {
        return None;
    }
    // The calendar is counted from 1 March, so that leap days come last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let since_1970 = days.checked_sub(719_468)?;
    Some(since_1970 * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_a_volume_is_that_of_its_property() {
        assert_eq!(seconds_as_volume(Some(&since_now())), Some(0));
        assert!(seconds_as_volume(Some("1000000000")).unwrap() > 700_000_000);
        assert_eq!(seconds_as_volume(Some("99999999999")), Some(0));
        for unknown in [
            None,
            Some(""),
            Some("n/a"),
            Some("-1"),
            Some("20260304T05:06:07"),
        ] {
            assert_eq!(seconds_as_volume(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn both_versions_of_a_time_are_read() {
        for (time, expected) in [
            ("19700101T00:00:00", 0),
            ("20000229T00:00:00", 951_782_400),
            ("2026-03-04T05:06:07Z", 1_772_600_767),
            ("2026-03-04 05:06:07.000", 1_772_600_767),
            ("21000228T23:59:59", 4_107_542_399),
        ] {
            assert_eq!(seconds(time), Some(expected), "{time}");
        }
        for bad in [
            "",
            "<unknown>",
            "20261301T00:00:00",
            "2026-03-04",
            "T20260304050607",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
        assert!(seconds_since("20000101T00:00:00").unwrap() > 800_000_000);
        assert_eq!(seconds_since("99990101T00:00:00"), Some(0));
    }
}
