//! Marker of a deleted volume that waits for its clones: its GUID, its former name and the time.
//!
//! It is the value of the property `custom:zfssa_operation`, in place of the marker of the attempt
//! that created the volume: no attempt rolls a deleted volume back.

use std::fmt;

use crate::appliance::Lun;
use crate::driver::age::now;
use crate::maker::{parts, read_parts};

/// First part of the marker.
const DELETED: &str = "deleted";

/// A deleted volume that waits for its clones, by its marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::driver) struct Deferred {
    /// Its GUID. Another LUN with this marker is not the deleted volume.
    guid: String,
    /// The name that it had.
    pub(in crate::driver) name: String,
    /// Time of the deletion, in seconds since 1970 by the clock of the host that deleted it.
    pub(in crate::driver) since: u64,
}

impl Deferred {
    /// Marker of a volume that is deleted now.
    pub(in crate::driver) fn now(lun: &Lun) -> Deferred {
        Deferred {
            guid: lun.guid.clone(),
            name: lun.name.clone(),
            since: now(),
        }
    }

    /// The marker of a LUN that is a deleted volume.
    pub(in crate::driver) fn of(lun: &Lun) -> Option<Deferred> {
        Deferred::of_parts(&lun.guid, lun.operation.as_deref())
    }

    /// The same by the two properties of a LUN that decide.
    pub(in crate::driver) fn of_parts(guid: &str, operation: Option<&str>) -> Option<Deferred> {
        let mark = Deferred::read(operation?)?;
        let own = mark.guid.eq_ignore_ascii_case(guid) || canary!("deferred-marker-of-another");
        own.then_some(mark)
    }

    /// Parses a marker, of whatever LUN.
    pub(in crate::driver) fn read(text: &str) -> Option<Deferred> {
        let parts: [String; 4] = read_parts(text)?.try_into().ok()?;
        let [word, guid, name, since] = parts;
        let known = word == DELETED && !guid.is_empty();
        let since = since.parse().ok().filter(|_| known)?;
        Some(Deferred { guid, name, since })
    }
}

impl fmt::Display for Deferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.since.to_string();
        f.write_str(&parts([DELETED, &self.guid, &self.name, &since]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::maker::Maker;

    #[test]
    fn a_mark_is_that_of_its_lun_alone() {
        let mark = Deferred {
            guid: "600144F0C0FFEE01".to_owned(),
            name: "a volume/50%".to_owned(),
            since: 1_772_600_767,
        };
        let text = mark.to_string();
        assert!(
            text.is_ascii() && !text.contains([' ', '\'', '"']),
            "{text}"
        );
        assert_eq!(Deferred::read(&text), Some(mark.clone()));
        let of = |guid| Deferred::of_parts(guid, Some(&text));
        assert_eq!(of("600144f0c0ffee01"), Some(mark));
        assert_eq!(of("600144F0C0FFEE02"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn no_other_mark_is_one() {
        let maker = Maker::new("deleted");
        for text in [
            "",
            "deleted",
            maker.mark(),
            "deleted/guid/name",
            "deleted/guid/name/yesterday",
            "deleted//name/1",
            "deleted/guid/name/1/more",
            "migrated/guid/name/1",
        ] {
            assert_eq!(Deferred::read(text), None, "{text}");
        }
    }
}
