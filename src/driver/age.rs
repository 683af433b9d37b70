//! Times of the appliance, and ages computed from them.

pub(super) use crate::timestamp::now;
use crate::timestamp::seconds;

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
    fn a_time_of_the_appliance_is_some_seconds_ago() {
        assert!(seconds_since("20000101T00:00:00").unwrap() > 800_000_000);
        assert_eq!(seconds_since("99990101T00:00:00"), Some(0));
        assert_eq!(seconds_since("<unknown>"), None);
    }
}
