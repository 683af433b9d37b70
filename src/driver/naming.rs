//! Names of volumes, snapshots and cache entries, and the names that unmanaged ones get.
//!
//! The prefixes are those of the former driver, so that each of the two manages what the other
//! made.

use std::collections::HashSet;

use crate::error::{Error, Result};

/// The longest name of a share or snapshot, in bytes.
pub(super) const LONGEST: usize = 64;

/// Number of attempts to find a free name when others take it first.
pub(super) const TRIES: usize = 4;

/// Prefix of Cinder's volumes.
const VOLUME: &str = "volume-";

/// Prefix of Cinder's snapshots.
pub(super) const CINDER_SNAPSHOT: &str = "snapshot-";

/// Prefix of the snapshots that clones of volumes are made from.
pub(super) const TEMPORARY_SNAPSHOT: &str = "tmp-snapshot-";

/// Prefix of the LUNs in the image cache.
pub(super) const CACHE_ENTRY: &str = "os-cache-vol-";

/// Prefix of the snapshots that volumes are cloned from in the image cache.
pub(super) const IMAGE_SNAPSHOT: &str = "image-";

/// Prefix of volumes and snapshots that left management.
const UNMANAGED: &str = "unmanaged-";

/// Prefix of volumes and snapshots that were deleted and wait for the deletion of their clones.
const DEFERRED: &str = "deleted-";

/// Cinder's id of a volume, from its name.
pub(super) fn id_of(volume: &str) -> &str {
    volume.strip_prefix(VOLUME).unwrap_or(volume)
}

/// The snapshot that a clone with this Cinder id is made from.
pub(super) fn temporary_snapshot(id: &str) -> String {
    format!("{TEMPORARY_SNAPSHOT}{id}")
}

/// The LUN that holds an image in the cache.
pub(super) fn cache_entry(image: &str) -> String {
    format!("{CACHE_ENTRY}{image}")
}

/// The snapshot of a cache entry that volumes are cloned from.
pub(super) fn image_snapshot(image: &str) -> String {
    format!("{IMAGE_SNAPSHOT}{image}")
}

/// Number of hexadecimal digits of the hash that replaces the cut part.
const DIGITS: usize = 10;

/// Name of `name` when it leaves management: number 1 is the first choice, and the next ones are
/// used if that is taken.
///
/// A name that would be too long is cut, and a hash of the whole name keeps it apart from others
/// that begin alike.
pub(super) fn unmanaged(name: &str, number: usize) -> String {
    let suffix = if number > 1 {
        format!("-{number}")
    } else {
        String::new()
    };
    let whole = format!("{UNMANAGED}{name}{suffix}");
    if whole.len() <= LONGEST {
        return whole;
    }
    let hash = crate::digest::short_hex([name.as_bytes()], DIGITS);
    let kept = cut(name, LONGEST - UNMANAGED.len() - 1 - DIGITS - suffix.len());
    format!("{UNMANAGED}{kept}-{hash}{suffix}")
}

/// The beginning of a name, at most so many bytes.
fn cut(name: &str, room: usize) -> &str {
    let mut room = room.min(name.len());
    while !name.is_char_boundary(room) {
        room -= 1;
    }
    name.get(..room).unwrap_or_default()
}

/// Name of a deleted object that waits for its clones: `deleted-<10 digits>-<its name>`. The digits
/// follow from `identity`, which no later object of this name shares, so that a rename that is
/// carried out late finds the name taken and changes no later object. Number 1 is the first choice,
/// and the next ones are used if that is taken.
///
/// The names of Cinder's volumes and snapshots fit completely; a longer one is cut.
pub(super) fn deferred(name: &str, identity: &str, number: usize) -> String {
    let number = number.to_string();
    let parts = [name, "\0", identity, "\0", &number].map(str::as_bytes);
    let head = format!("{DEFERRED}{}-", crate::digest::short_hex(parts, DIGITS));
    let kept = cut(name, LONGEST - head.len());
    head + kept
}

/// Whether a name has the complete form of [`deferred`]. No operation takes such a name from its
/// caller.
pub(super) fn is_deferred(name: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let parts = name
        .strip_prefix(DEFERRED)
        .and_then(|rest| rest.split_at_checked(DIGITS));
    parts.is_some_and(|(digits, rest)| digits.bytes().all(is_digit) && rest.starts_with('-'))
}

/// The name that an object had before its deletion was deferred, or else the name itself. A name
/// that was too long is still cut.
pub(super) fn undeferred(name: &str) -> &str {
    let former = name.get(DEFERRED.len() + DIGITS + 1..);
    former.filter(|_| is_deferred(name)).unwrap_or(name)
}

/// Fails for a name of the form of [`deferred`].
pub(super) fn refuse_deferred(name: &str) -> Result<()> {
    if !is_deferred(name) || canary!("deferred-name-accepted") {
        return Ok(());
    }
    let remedy = "names of this form belong to deleted volumes and snapshots that wait for the \
                  deletion of their clones; give another name";
    Err(Error::invalid_argument("the name", name, remedy))
}

/// The taken and free names for a volume that leaves management.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Family {
    /// The last one that is taken.
    pub(super) last: Option<String>,
    /// The first one that is free.
    pub(super) free: String,
}

impl Family {
    /// Finds the taken and free names for `name` among the existing names.
    pub(super) fn among<'a>(name: &str, taken: impl Iterator<Item = &'a str>) -> Family {
        let taken: HashSet<&str> = taken.collect();
        let (mut last, mut free) = (None, None);
        for number in 1..=taken.len() + 1 {
            let member = unmanaged(name, number);
            if taken.contains(member.as_str()) {
                last = Some(member);
            } else {
                free.get_or_insert(member);
            }
        }
        // Of n + 1 names, n taken names leave one.
        let free = free.unwrap_or_else(|| unmanaged(name, taken.len() + 2));
        Family { last, free }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_within_the_limit_and_apart() {
        assert_eq!(unmanaged("volume-1", 1), "unmanaged-volume-1");
        assert_eq!(unmanaged("volume-1", 2), "unmanaged-volume-1-2");
        let (a, b) = (
            format!("{}a", "x".repeat(60)),
            format!("{}b", "x".repeat(60)),
        );
        for number in [1, 2, 10, 12_345] {
            let (a, b) = (unmanaged(&a, number), unmanaged(&b, number));
            assert_eq!((a.len(), b.len()), (LONGEST, LONGEST));
            assert_ne!(a, b);
        }
        assert_ne!(unmanaged(&a, 1), unmanaged(&a, 2));
        let wide = "ü".repeat(32);
        assert!(unmanaged(&wide, 1).len() <= LONGEST);
        let fits = "x".repeat(LONGEST - UNMANAGED.len());
        assert_eq!(unmanaged(&fits, 1), format!("{UNMANAGED}{fits}"));
    }

    #[test]
    fn a_deferred_name_is_recognised_fits_and_keeps_the_name_of_cinder() {
        let id = "0b7ac3d0-8c3f-4f1e-9d2f-7a1c5e3b9f10";
        for name in [format!("volume-{id}"), format!("snapshot-{id}")] {
            let deferred = deferred(&name, "600144F0", 1);
            assert!(deferred.len() <= LONGEST && is_deferred(&deferred));
            assert_eq!(undeferred(&deferred), name);
            assert_eq!(undeferred(&name), name);
        }
        let wide = deferred(&"ü".repeat(40), "600144F0", 1);
        assert!(wide.len() <= LONGEST && is_deferred(&wide));
        let one = deferred("v", "600144F0", 1);
        assert_eq!(one, deferred("v", "600144F0", 1));
        for other in [
            deferred("v", "600144F0", 2),
            deferred("v", "600144F1", 1),
            deferred("w", "600144F0", 1),
        ] {
            assert_ne!(one, other);
        }
        for other in [
            "deleted-",
            "deleted-v",
            "deleted-0123456789",
            "deleted-012345678-v",
            "deleted-0123456789v",
            "deleted-012345678X-v",
            "deleted-012345678ü-v",
            "volume-deleted-0123456789-v",
        ] {
            assert!(!is_deferred(other), "{other}");
        }
    }

    #[test]
    fn the_first_free_name_is_taken_also_in_a_gap() {
        let among = |names: &[&str]| Family::among("v", names.iter().copied());
        assert_eq!(among(&["v", "w"]).free, "unmanaged-v");
        assert_eq!(among(&["v"]).last, None);
        let family = among(&["unmanaged-v", "unmanaged-v-3", "x"]);
        assert_eq!(family.free, "unmanaged-v-2");
        assert_eq!(family.last.as_deref(), Some("unmanaged-v-3"));
    }
}
