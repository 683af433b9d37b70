//! Manageable LUNs and snapshots, sorted and paged as Cinder asks.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde::Serialize;

use crate::appliance::{Lun, LunSnapshot};
use crate::config::ManagePolicy;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, budget};
use crate::driver::manage::snapshots::owner;
use crate::driver::operation::Operation;
use crate::driver::size::GIB;
use crate::error::{Error, Result, Status};
use crate::scope::Scope;

/// A volume or snapshot that the host knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownObject {
    /// Cinder's id.
    pub id: String,
    /// The name on the appliance.
    pub name: String,
}

/// Page and order of a list.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Begin after the entry with this reference; empty: at the beginning. A missing entry is an
    /// error.
    pub marker: String,
    /// Largest number of entries; 0: all.
    pub limit: u32,
    /// Number of entries to skip, from the beginning or the marker.
    pub offset: u32,
    /// `reference` or `size`, the most important first; empty: `reference`.
    pub sort_keys: Vec<String>,
    /// `asc` or `desc` for each key; a missing one is the last one given, or `asc`.
    pub sort_dirs: Vec<String>,
}

/// Lists the LUNs of the backend's project, each with whether it may be managed.
#[derive(Clone, Debug, Default)]
pub struct GetManageableVolumes {
    /// The volumes that Cinder has on this backend.
    pub cinder_volumes: Vec<KnownObject>,
    /// Which part.
    pub page: Page,
}

/// Lists the snapshots of the backend's project, each with whether it may be managed.
#[derive(Clone, Debug, Default)]
pub struct GetManageableSnapshots {
    /// The snapshots that Cinder has on this backend.
    pub cinder_snapshots: Vec<KnownObject>,
    /// Which part. As snapshots of two volumes may have one name, the marker may also be
    /// `<volume>@<snapshot>`.
    pub page: Page,
}

/// A page of manageable objects.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Manageable {
    /// The entries, in the order asked for.
    pub entries: Vec<ManageableEntry>,
    /// Total number.
    pub total: u64,
}

/// A LUN or snapshot that exists.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ManageableEntry {
    /// Cinder's `source-name`: the LUN's or snapshot's name.
    pub reference: String,
    /// Of a snapshot: its LUN's name. Empty for a LUN.
    pub source_reference: String,
    /// GiB, rounded up. Of a snapshot: its LUN's size.
    pub size_gib: u64,
    /// Whether it may be managed without harm.
    pub safe_to_manage: bool,
    /// Reason that it may not; empty if it may.
    pub reason_not_safe: String,
    /// The id of Cinder's volume or snapshot that this is; empty when it is none.
    pub cinder_id: String,
    /// Further details for operators, as text.
    pub extra_info: String,
    /// Bytes, which sort more finely.
    #[serde(skip)]
    bytes: u64,
}

impl Operation for GetManageableVolumes {
    const NAME: &'static str = "get_manageable_volumes";
    const CONTRACT: Contract = Contract::of(Changes::Nothing)
        .errors(&[Status::PoolNotOwned])
        .budgets(&[budget("", 1, 1)]);
    type Output = Manageable;

    fn resource(&self) -> String {
        String::new()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Manageable> {
        let order = Order::of(&self.page)?;
        let luns = driver.luns_of_project(scope).await?.readable();
        let known = by_name(&self.cinder_volumes);
        let strict = driver.config().manage_policy == ManagePolicy::Strict;
        let entries = luns.iter().map(|lun| {
            let cinder_id = known.get(lun.name.as_str()).copied().unwrap_or_default();
            let reason = reason_of_lun(lun, cinder_id, strict);
            ManageableEntry {
                reference: lun.name.clone(),
                source_reference: String::new(),
                size_gib: lun.size.div_ceil(GIB),
                safe_to_manage: reason.is_empty(),
                reason_not_safe: reason,
                cinder_id: cinder_id.to_owned(),
                extra_info: extra(lun),
                bytes: lun.size,
            }
        });
        page(entries.collect(), &self.page, &order)
    }
}

/// Reason that a LUN should not be managed; empty if it may be.
fn reason_of_lun(lun: &Lun, cinder_id: &str, strict: bool) -> String {
    if !cinder_id.is_empty() {
        return "already managed".to_owned();
    }
    match lun.managed {
        Some(true) => return "managed by another host".to_owned(),
        None if strict => {
            return "custom:cinder_managed is not set, and zfssa_manage_policy is strict"
                .to_owned();
        }
        _ => {}
    }
    let groups = lun.presentation();
    if groups.is_masked() {
        String::new()
    } else {
        format!("in use: presented to {groups}")
    }
}

fn extra(lun: &Lun) -> String {
    let mut text = format!("guid {}, {}", lun.guid, lun.provisioning());
    if let Some(origin) = &lun.origin {
        text.push_str(&format!(", clone of {}@{}", origin.share, origin.snapshot));
    }
    text
}

impl Operation for GetManageableSnapshots {
    const NAME: &'static str = "get_manageable_snapshots";
    const CONTRACT: Contract = Contract::of(Changes::Nothing)
        .errors(&[Status::PoolNotOwned])
        .budgets(&[budget("", 2, 1)]);
    type Output = Manageable;

    fn resource(&self) -> String {
        String::new()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Manageable> {
        let order = Order::of(&self.page)?;
        let (luns, snapshots) = tokio::join!(
            driver.luns_of_project(scope),
            driver.appliance().all_snapshots(scope),
        );
        let luns = luns?.readable();
        let luns: HashMap<&str, &Lun> = luns.iter().map(|lun| (lun.name.as_str(), lun)).collect();
        let known = by_name(&self.cinder_snapshots);
        let place = driver.place();
        let entry = |snapshot: &LunSnapshot| {
            let lun = luns.get(snapshot.lun()?)?;
            let cinder_id = known
                .get(snapshot.name.as_str())
                .copied()
                .unwrap_or_default();
            let reason = match owner(&snapshot.name) {
                _ if !cinder_id.is_empty() => "already managed",
                Some(reason) => reason,
                None if lun.managed != Some(true) => "its volume is not managed",
                None => "",
            };
            Some(ManageableEntry {
                reference: snapshot.name.clone(),
                source_reference: lun.name.clone(),
                size_gib: lun.size.div_ceil(GIB),
                safe_to_manage: reason.is_empty(),
                reason_not_safe: reason.to_owned(),
                cinder_id: cinder_id.to_owned(),
                extra_info: format!("taken {} UTC", snapshot.creation),
                bytes: lun.size,
            })
        };
        let entries = snapshots?
            .readable()
            .iter()
            .filter(|snapshot| snapshot.is_in(place))
            .filter_map(entry)
            .collect();
        page(entries, &self.page, &order)
    }
}

fn by_name(known: &[KnownObject]) -> HashMap<&str, &str> {
    let pairs = known.iter().map(|k| (k.name.as_str(), k.id.as_str()));
    pairs.collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SortKey {
    Reference,
    Size,
}

/// The keys of an order, each with whether it descends.
struct Order(Vec<(SortKey, bool)>);

impl Order {
    fn of(page: &Page) -> Result<Order> {
        let mut keys = Vec::new();
        for name in &page.sort_keys {
            keys.push(match name.trim() {
                "reference" => SortKey::Reference,
                "size" => SortKey::Size,
                other => {
                    let allowed = "sort by `reference` or `size`";
                    return Err(Error::invalid_argument("sort_keys", other, allowed));
                }
            });
        }
        let mut dirs = Vec::new();
        for name in &page.sort_dirs {
            dirs.push(match name.trim() {
                "asc" => false,
                "desc" => true,
                other => {
                    let allowed = "use `asc` or `desc`";
                    return Err(Error::invalid_argument("sort_dirs", other, allowed));
                }
            });
        }
        if keys.is_empty() {
            keys.push(SortKey::Reference);
        }
        let last = dirs.last().copied().unwrap_or(false);
        let dirs = dirs.into_iter().chain(std::iter::repeat(last));
        Ok(Order(keys.into_iter().zip(dirs).collect()))
    }

    fn compare(&self, a: &ManageableEntry, b: &ManageableEntry) -> Ordering {
        for (key, descending) in &self.0 {
            let order = match key {
                SortKey::Reference => a.reference.cmp(&b.reference),
                SortKey::Size => a.bytes.cmp(&b.bytes),
            };
            let order = if *descending { order.reverse() } else { order };
            if order.is_ne() {
                return order;
            }
        }
        // The same entries come in the same order in every call, or pages would lose some.
        (&a.reference, &a.source_reference).cmp(&(&b.reference, &b.source_reference))
    }
}

fn page(mut entries: Vec<ManageableEntry>, page: &Page, order: &Order) -> Result<Manageable> {
    let total = entries.len() as u64;
    entries.sort_by(|a, b| order.compare(a, b));
    let mut start = 0;
    if !page.marker.is_empty() {
        let is_marker = |entry: &ManageableEntry| {
            entry.reference == page.marker
                || page.marker.split_once('@')
                    == Some((entry.source_reference.as_str(), entry.reference.as_str()))
        };
        start = 1 + entries.iter().position(is_marker).ok_or_else(|| {
            Error::new(
                Status::InvalidArgument,
                format!("marker is {}: there is no such entry", page.marker),
            )
        })?;
    }
    let start = start.saturating_add(page.offset as usize);
    let limit = match page.limit {
        0 => usize::MAX,
        limit => limit as usize,
    };
    Ok(Manageable {
        entries: entries.into_iter().skip(start).take(limit).collect(),
        total,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(reference: &str, source: &str, bytes: u64) -> ManageableEntry {
        ManageableEntry {
            reference: reference.to_owned(),
            source_reference: source.to_owned(),
            size_gib: bytes.div_ceil(GIB),
            safe_to_manage: true,
            reason_not_safe: String::new(),
            cinder_id: String::new(),
            extra_info: String::new(),
            bytes,
        }
    }

    fn names(wanted: &Page) -> Vec<String> {
        let entries = vec![
            entry("c", "v", 1),
            entry("a", "v", 2),
            entry("b", "w", 2),
            entry("a", "w", 3),
        ];
        let part = page(entries, wanted, &Order::of(wanted).unwrap()).unwrap();
        assert_eq!(part.total, 4);
        let named = part.entries.iter();
        named
            .map(|e| format!("{}@{}", e.source_reference, e.reference))
            .collect()
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn pages_follow_each_other_without_a_gap() {
        let all = names(&Page::default());
        assert_eq!(all, ["v@a", "w@a", "w@b", "v@c"]);
        let mut paged = Vec::new();
        let mut marker = String::new();
        loop {
            let part = names(&Page {
                marker,
                limit: 1,
                ..Page::default()
            });
            let Some(last) = part.last() else { break };
            marker = last.clone();
            paged.extend(part);
        }
        assert_eq!(paged, all);
        let offset = Page {
            marker: "v@a".to_owned(),
            offset: 1,
            limit: 1,
            ..Page::default()
        };
        assert_eq!(names(&offset), ["w@b"]);
        let far = Page {
            offset: u32::MAX,
            ..Page::default()
        };
        assert!(names(&far).is_empty());
    }

    #[test]
    fn keys_and_directions_are_cinders() {
        let by_size = Page {
            sort_keys: words(&["size", "reference"]),
            sort_dirs: words(&["desc", "asc"]),
            ..Page::default()
        };
        assert_eq!(names(&by_size), ["w@a", "v@a", "w@b", "v@c"]);
        for bad in [
            Page {
                sort_keys: words(&["color"]),
                ..Page::default()
            },
            Page {
                sort_dirs: words(&["down"]),
                ..Page::default()
            },
        ] {
            let error = Order::of(&bad).err().unwrap();
            assert_eq!(error.status(), Status::InvalidArgument);
        }
        let lost = Page {
            marker: "x".to_owned(),
            ..Page::default()
        };
        let error = page(Vec::new(), &lost, &Order(Vec::new())).unwrap_err();
        assert!(error.message().contains("marker"), "{error}");
    }
}
