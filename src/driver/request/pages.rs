//! Pages of lists that the appliance returns only as a whole.
//!
//! The first page reads the list. The pages after it come from that reading, as long as the host
//! asks for the next one within [`UNUSED`]; afterwards the list is read again, and the page begins
//! after its marker there. So the pages of one list cost the appliance one request, and show what
//! it had at one moment.

use std::fmt::Debug;
use std::future::Future;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::digest::sha256;
use crate::error::{Error, Result, Status};
use crate::sync::lock;

/// Time after its last page in which a list is kept.
pub(in crate::driver) const UNUSED: Duration = Duration::from_secs(60);

/// Lists that are kept at a time. The one that was not used for the longest time goes first.
const KEPT: usize = 4;

/// Which part of a list.
#[derive(Clone, Copy, Debug)]
pub(in crate::driver) struct PageRequest<'a> {
    /// Begin after the entry with this marker; empty: at the beginning.
    pub(in crate::driver) marker: &'a str,
    /// Largest number of entries; 0: all.
    pub(in crate::driver) limit: u32,
    /// Entries to skip, from the beginning or the marker.
    pub(in crate::driver) offset: u32,
}

impl PageRequest<'_> {
    /// Asks for the whole list, of which nothing has to be kept.
    pub(in crate::driver) fn is_everything(&self) -> bool {
        self.marker.is_empty() && self.limit == 0 && self.offset == 0
    }
}

/// Part of a list.
pub(in crate::driver) struct Page<T> {
    pub(in crate::driver) entries: Vec<T>,
    /// Marker of the next page; `None` after the last.
    pub(in crate::driver) next_marker: Option<String>,
    /// Number of entries of the whole list.
    pub(in crate::driver) total: usize,
}

/// Place of a marker in a list.
pub(in crate::driver) trait Order {
    /// Index of the first entry after the marker.
    fn after(&self, entries: &[PackedEntry], marker: &str) -> Result<usize>;
}

impl<O: Order> Order for &O {
    fn after(&self, entries: &[PackedEntry], marker: &str) -> Result<usize> {
        (**self).after(entries, marker)
    }
}

/// A list in the order of its markers. An entry that is gone still has its place.
pub(in crate::driver) struct ByMarker;

impl Order for ByMarker {
    fn after(&self, entries: &[PackedEntry], marker: &str) -> Result<usize> {
        Ok(entries.partition_point(|entry| *entry.marker <= *marker))
    }
}

/// An entry of a kept list, as JSON text: a third of the size of the structure.
pub(in crate::driver) struct PackedEntry {
    pub(in crate::driver) marker: Box<str>,
    json: Box<str>,
}

impl PackedEntry {
    pub(in crate::driver) fn new(
        marker: impl Into<Box<str>>,
        entry: &impl Serialize,
    ) -> PackedEntry {
        PackedEntry {
            marker: marker.into(),
            // Fails for maps whose keys are no text, which no entry has.
            json: serde_json::to_string(entry).unwrap_or_default().into(),
        }
    }

    fn unpack<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.json).map_err(|error| {
            Error::new(Status::Internal, "page: an entry was not kept whole").with_cause(error)
        })
    }
}

/// The lists that hosts read page by page.
pub(in crate::driver) struct Pages(Arc<Mutex<Vec<KeptList>>>);

struct KeptList {
    request: [u8; 32],
    entries: Arc<Vec<PackedEntry>>,
    used: Instant,
}

impl KeptList {
    fn is_in_use(&self) -> bool {
        self.used.elapsed() < UNUSED
    }
}

impl Pages {
    pub(in crate::driver) fn new() -> Pages {
        Pages(Arc::default())
    }

    /// A page of the list that `read` returns in order. `request` is everything that decides what
    /// the list holds.
    pub(in crate::driver) async fn page<T: DeserializeOwned>(
        &self,
        request: &(impl Debug + Sync),
        part: PageRequest<'_>,
        order: impl Order,
        read: impl Future<Output = Result<Vec<PackedEntry>>>,
    ) -> Result<Page<T>> {
        let request = sha256([format!("{request:?}").as_bytes()]);
        let kept = match part.marker {
            "" => None,
            marker => self.kept(&request).and_then(|entries| {
                let start = order.after(&entries, marker).ok()?;
                Some((entries, start))
            }),
        };
        let is_kept = kept.is_some();
        let (entries, start): (Arc<Vec<PackedEntry>>, usize) = match kept {
            Some(found) => found,
            None => {
                let entries = read.await?;
                let start = match part.marker {
                    "" => 0,
                    marker => order.after(&entries, marker)?,
                };
                (Arc::new(entries), start)
            }
        };
        let total = entries.len();
        let start = total.min(start.saturating_add(part.offset as usize));
        let end = match part.limit {
            0 => total,
            limit => total.min(start.saturating_add(limit as usize)),
        };
        let page = Page {
            entries: entries[start..end]
                .iter()
                .map(PackedEntry::unpack)
                .collect::<Result<_>>()?,
            next_marker: (start < end && end < total)
                .then(|| entries[end - 1].marker.clone().into()),
            total,
        };
        if page.next_marker.is_none() {
            self.forget(&request);
        } else if !is_kept {
            self.keep(request, entries);
        }
        Ok(page)
    }

    fn kept(&self, request: &[u8; 32]) -> Option<Arc<Vec<PackedEntry>>> {
        let mut lists = lock(&self.0);
        let list = lists
            .iter_mut()
            .find(|list| list.request == *request && list.is_in_use())?;
        list.used = Instant::now();
        Some(list.entries.clone())
    }

    fn forget(&self, request: &[u8; 32]) {
        lock(&self.0).retain(|list| list.request != *request);
    }

    fn keep(&self, request: [u8; 32], entries: Arc<Vec<PackedEntry>>) {
        let mut lists = lock(&self.0);
        lists.retain(|list| list.request != request && list.is_in_use());
        if lists.len() >= KEPT
            && let Some((longest, _)) = lists.iter().enumerate().min_by_key(|(_, list)| list.used)
        {
            lists.swap_remove(longest);
        }
        let unused = drop_unused(Arc::downgrade(&self.0), Arc::downgrade(&entries));
        lists.push(KeptList {
            request,
            entries,
            used: Instant::now(),
        });
        drop(lists);
        tokio::spawn(unused);
    }
}

/// Frees a list, and others, whose host never asked for the rest.
async fn drop_unused(lists: Weak<Mutex<Vec<KeptList>>>, list: Weak<Vec<PackedEntry>>) {
    while list.strong_count() > 0 {
        tokio::time::sleep(UNUSED).await;
        let Some(lists) = lists.upgrade() else {
            return;
        };
        lock(&lists).retain(KeptList::is_in_use);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A list of numbers of two digits, and how often it was read.
    struct Source {
        pages: Pages,
        readings: AtomicUsize,
    }

    impl Source {
        fn new() -> Source {
            Source {
                pages: Pages::new(),
                readings: AtomicUsize::new(0),
            }
        }

        async fn page(&self, list: &str, part: PageRequest<'_>, numbers: &[u32]) -> Page<u32> {
            let read = async {
                self.readings.fetch_add(1, Ordering::Relaxed);
                let pack = |number: &u32| PackedEntry::new(format!("{number:02}"), number);
                Ok(numbers.iter().map(pack).collect())
            };
            let page = self.pages.page(&list, part, ByMarker, read).await;
            page.unwrap()
        }

        async fn after(&self, marker: &str, numbers: &[u32]) -> Page<u32> {
            let part = PageRequest {
                marker,
                limit: 2,
                offset: 0,
            };
            self.page("", part, numbers).await
        }

        fn readings(&self) -> usize {
            self.readings.load(Ordering::Relaxed)
        }

        fn kept(&self) -> usize {
            lock(&self.pages.0).len()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_pages_come_from_one_reading() {
        let source = Source::new();
        let mut marker = String::new();
        let mut all = Vec::new();
        loop {
            // What comes and goes meanwhile is not seen.
            let numbers: &[u32] = match marker.as_str() {
                "" => &[1, 2, 3, 4, 5, 6],
                _ => &[7],
            };
            let page = source.after(&marker, numbers).await;
            assert_eq!(page.total, 6);
            assert!(page.entries.len() <= 2);
            all.extend(page.entries);
            tokio::time::sleep(UNUSED - Duration::from_secs(1)).await;
            let Some(next) = page.next_marker else { break };
            marker = next;
        }
        assert_eq!(all, [1, 2, 3, 4, 5, 6]);
        assert_eq!((source.readings(), source.kept()), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_page_is_read_again_and_begins_after_its_marker() {
        let source = Source::new();
        let first = source.after("", &[1, 2, 3, 4]).await;
        assert_eq!(first.next_marker.as_deref(), Some("02"));
        tokio::time::sleep(UNUSED).await;
        // The entry of the marker is gone.
        let second = source.after("02", &[1, 3, 4, 5, 6]).await;
        assert_eq!(second.entries, [3, 4]);
        assert_eq!(source.readings(), 2);
        let third = source.after("04", &[]).await;
        assert_eq!(third.entries, [5, 6]);
        assert_eq!((third.next_marker, source.readings()), (None, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_without_a_reader_is_freed() {
        let source = Source::new();
        source.after("", &[1, 2, 3]).await;
        let list = Arc::downgrade(&lock(&source.pages.0)[0].entries);
        assert_eq!(list.strong_count(), 1);
        tokio::time::sleep(UNUSED + Duration::from_secs(1)).await;
        assert_eq!((list.strong_count(), source.kept()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn few_lists_are_kept_and_the_longest_unused_one_goes() {
        let source = Source::new();
        let first = PageRequest {
            marker: "",
            limit: 1,
            offset: 0,
        };
        let next = PageRequest {
            marker: "01",
            ..first
        };
        let numbers = [1, 2, 3];
        for list in ["a", "b", "c", "d", "e"] {
            source.page(list, first, &numbers).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert_eq!((source.readings(), source.kept()), (5, KEPT));
        source.page("b", next, &numbers).await;
        assert_eq!(source.readings(), 5);
        source.page("a", next, &numbers).await;
        assert_eq!(source.readings(), 6);
    }

    #[tokio::test]
    async fn a_page_may_skip_and_may_be_beyond_the_end() {
        let source = Source::new();
        let part = |marker, limit, offset| PageRequest {
            marker,
            limit,
            offset,
        };
        let numbers = [1, 2, 3];
        let skipped = source.page("", part("", 1, 1), &numbers).await;
        assert_eq!(
            (skipped.entries, skipped.next_marker.as_deref()),
            (vec![2], Some("02"))
        );
        let rest = source.page("", part("01", 0, 0), &numbers).await;
        assert_eq!((rest.entries, rest.next_marker), (vec![2, 3], None));
        for beyond in [part("99", 1, 0), part("", 1, u32::MAX)] {
            let page = source.page("", beyond, &numbers).await;
            assert_eq!(
                (page.entries, page.next_marker, page.total),
                (vec![], None, 3)
            );
        }
    }
}
