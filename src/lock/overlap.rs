//! Registry of overlapping calls of this process about one object.
//!
//! Two detachments of one host that begin together each list the other as still attached. They run
//! one after the other, so the second has to know that the first is complete.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::lock::Name;
use crate::sync;

/// An object, and the part of it that the calls are about.
type Matter = (Name, String);

/// Calls by their subject.
#[derive(Default)]
pub(super) struct Overlaps(Mutex<HashMap<Matter, Calls>>);

#[derive(Default)]
struct Calls {
    /// Counts begins and ends.
    clock: u64,
    /// The call's number, and the id of its operation.
    under_way: Vec<(u64, String)>,
    /// The time at which a call ended, and the id of its operation. Kept while another call is
    /// under way.
    ended: Vec<(u64, String)>,
}

impl Overlaps {
    pub(super) fn begin(self: Arc<Self>, matter: Matter, id: &str) -> Overlap {
        let began = {
            let mut all = self.all();
            let calls = all.entry(matter.clone()).or_default();
            calls.clock += 1;
            calls.under_way.push((calls.clock, id.to_owned()));
            calls.clock
        };
        Overlap {
            overlaps: self,
            matter,
            id: id.to_owned(),
            began,
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Matter, Calls>> {
        sync::lock(&self.0)
    }
}

/// A call under way, until it is dropped. Calls with the same id are repetitions of one call: they
/// do not count for each other, and count once for others.
pub struct Overlap {
    overlaps: Arc<Overlaps>,
    matter: Matter,
    id: String,
    began: u64,
}

impl Overlap {
    /// Number of other calls under way.
    pub fn others(&self) -> usize {
        self.count(|calls| &calls.under_way, 0)
    }

    /// Number of other calls that succeeded since this call began.
    pub fn ended(&self) -> usize {
        self.count(|calls| &calls.ended, self.began)
    }

    fn count(&self, list: impl Fn(&Calls) -> &Vec<(u64, String)>, since: u64) -> usize {
        let all = self.overlaps.all();
        let list = all.get(&self.matter).map(list);
        let others = list
            .into_iter()
            .flatten()
            .filter(|(at, id)| *at > since && *id != self.id);
        others.map(|(_, id)| id).collect::<HashSet<_>>().len()
    }

    /// Records that this call succeeded.
    pub fn end(self) {
        let mut all = self.overlaps.all();
        if let Some(calls) = all.get_mut(&self.matter) {
            calls.clock += 1;
            calls.ended.push((calls.clock, self.id.clone()));
        }
    }
}

impl Drop for Overlap {
    fn drop(&mut self) {
        let mut all = self.overlaps.all();
        let over = all.get_mut(&self.matter).is_none_or(|calls| {
            calls.under_way.retain(|(began, _)| *began != self.began);
            calls.under_way.is_empty()
        });
        if over {
            all.remove(&self.matter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::{Key, Space};

    fn begin(overlaps: &Arc<Overlaps>, host: &str, id: &str) -> Overlap {
        let name = Space::default().name(&Key::Lun("v".to_owned()));
        overlaps.clone().begin((name, host.to_owned()), id)
    }

    #[test]
    fn those_that_overlap_know_of_each_other() {
        let overlaps = Arc::new(Overlaps::default());
        let first = begin(&overlaps, "a", "1");
        let second = begin(&overlaps, "a", "2");
        let elsewhere = begin(&overlaps, "b", "3");
        assert_eq!((first.others(), first.ended()), (1, 0));
        assert_eq!((elsewhere.others(), elsewhere.ended()), (0, 0));
        first.end();
        assert_eq!((second.others(), second.ended()), (0, 1));
        // The caller of a call that began after an end can know of that end.
        let third = begin(&overlaps, "a", "4");
        assert_eq!((third.others(), third.ended()), (1, 0));
        // A call that was dropped did nothing.
        drop(second);
        assert_eq!((third.others(), third.ended()), (0, 0));
        drop((third, elsewhere));
        assert!(overlaps.all().is_empty());
    }

    #[test]
    fn one_that_is_made_again_is_one() {
        let overlaps = Arc::new(Overlaps::default());
        let first = begin(&overlaps, "a", "1");
        let again = begin(&overlaps, "a", "1");
        let other = begin(&overlaps, "a", "2");
        assert_eq!((again.others(), other.others()), (1, 1));
        first.end();
        assert_eq!((again.ended(), other.ended()), (0, 1));
        again.end();
        assert_eq!((other.others(), other.ended()), (0, 1));
    }
}
