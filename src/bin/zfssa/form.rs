//! Values as people read them.

use std::fmt::Display;
use std::time::{SystemTime, UNIX_EPOCH};

use zfssa::timestamp;

const GIB: u64 = 1 << 30;

/// Bytes in GiB, with at most two decimals.
pub fn gib(bytes: u64) -> String {
    if bytes.is_multiple_of(GIB) {
        return format!("{} GiB", bytes / GIB);
    }
    match bytes as f64 / GIB as f64 {
        small if small < 0.01 => "< 0.01 GiB".to_owned(),
        size => format!("{size:.2} GiB"),
    }
}

/// The age of an object by the appliance's time of its creation, such as `3 d`; the time itself if
/// it cannot be read. A clock that is behind the appliance's makes it `0 s`.
pub fn age(created_at: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    match (timestamp::seconds(created_at), now) {
        (Some(created), Ok(now)) => span(now.as_secs().saturating_sub(created)),
        _ => created_at.to_owned(),
    }
}

/// A number of seconds in the largest unit that fits twice.
fn span(seconds: u64) -> String {
    for (unit, length) in [("y", 31_557_600), ("d", 86_400), ("h", 3600), ("min", 60)] {
        if seconds >= 2 * length {
            return format!("{} {unit}", seconds / length);
        }
    }
    format!("{seconds} s")
}

/// Names separated by commas, or a dash for none.
pub fn list<T: Display>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    match names.as_slice() {
        [] => "-".to_owned(),
        names => names.join(", "),
    }
}

pub fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_gib() {
        for (bytes, text) in [
            (0, "0 GiB"),
            (1, "< 0.01 GiB"),
            (3 * GIB / 2, "1.50 GiB"),
            (10 * GIB, "10 GiB"),
        ] {
            assert_eq!(gib(bytes), text);
        }
    }

    #[test]
    fn ages_have_one_unit() {
        for (seconds, text) in [
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (7200, "2 h"),
            (172_800, "2 d"),
            (63_115_200, "2 y"),
        ] {
            assert_eq!(span(seconds), text);
        }
        assert_eq!(age("never"), "never");
    }
}
