//! UTC timestamps: those that the appliance prints, and those in journals.

use std::time::{SystemTime, UNIX_EPOCH};

use time::{Date, Month, OffsetDateTime, Time};

/// Seconds since 1970 by this host's clock. A clock before 1970 makes every object look young,
/// which keeps it.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

/// Seconds since 1970 of `20170618T16:58:27` (version 1 of the REST API) or
/// `2017-06-18?16:58:27…` (version 2), both UTC. `None` for anything else and before 1970.
pub fn seconds(time: &str) -> Option<u64> {
    let digits = time.chars().filter_map(|c| c.to_digit(10)).take(14);
    let digits: Vec<u32> = digits.collect();
    if digits.len() < 14 || !time.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| {
        let part = digits.get(from..to).unwrap_or_default();
        part.iter().fold(0, |number, digit| number * 10 + digit)
    };
    let part = |from: usize| u8::try_from(number(from, from + 2)).ok();
    let month = Month::try_from(part(4)?).ok()?;
    let year = i32::try_from(number(0, 4)).ok()?;
    let date = Date::from_calendar_date(year, month, part(6)?).ok()?;
    // The appliance prints a leap second as 60, which is no second of this calendar.
    let second = part(12).filter(|second| *second <= 60)?.min(59);
    let time = Time::from_hms(part(8)?, part(10)?, second).ok()?;
    let moment = date.with_time(time).assume_utc();
    u64::try_from(moment.unix_timestamp()).ok()
}

/// Seconds since 1970 as `2026-03-04T05:06:07Z`.
pub fn text(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, time) = (moment.date(), moment.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
            "20260230T00:00:00",
            "19691231T23:59:59",
            "2026-03-04",
            "T20260304050607",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(text(0), "1970-01-01T00:00:00Z");
        assert_eq!(text(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(text(1_772_600_767), "2026-03-04T05:06:07Z");
        assert_eq!(text(4_107_542_399), "2100-02-28T23:59:59Z");
        assert_eq!(text(4_107_542_400), "2100-03-01T00:00:00Z");
    }
}
