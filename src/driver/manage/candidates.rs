//! Manageable LUNs and snapshots, sorted and paged as Cinder asks.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt::Debug;
use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::appliance::{Lun, LunSnapshot};
use crate::config::ManagePolicy;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, budget};
use crate::driver::deferred::mark::Deferred;
use crate::driver::manage::snapshots::owner;
use crate::driver::naming::is_deferred;
use crate::driver::operation::Operation;
use crate::driver::request::pages::{self, PackedEntry, PageRequest};
use crate::driver::size::GIB;
use crate::error::{Error, Result, Status};
use crate::scope::Scope;
use crate::sorting::sort_by;

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
    /// Marker of the next page; `None` after the last.
    pub next_marker: Option<String>,
}

/// A LUN or snapshot that exists.
#[derive(Clone, Debug, Deserialize, Serialize)]
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

impl ManageableEntry {
    fn marker(&self) -> String {
        match self.source_reference.as_str() {
            "" => self.reference.clone(),
            volume => format!("{volume}@{}", self.reference),
        }
    }
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
        let read = async {
            let known = by_name(&self.cinder_volumes);
            let strict = driver.config().manage_policy == ManagePolicy::Strict;
            let entry = |lun: Lun| {
                if Deferred::of(&lun).is_some() {
                    return None;
                }
                let cinder_id = known.get(lun.name.as_str()).copied().unwrap_or_default();
                let reason = reason_of_lun(&lun, cinder_id, strict);
                Some(ManageableEntry {
                    source_reference: String::new(),
                    size_gib: lun.size.div_ceil(GIB),
                    safe_to_manage: reason.is_empty(),
                    reason_not_safe: reason,
                    cinder_id: cinder_id.to_owned(),
                    extra_info: extra(&lun),
                    bytes: lun.size,
                    reference: lun.name,
                })
            };
            let found = driver.luns_of_project_as(scope, entry).await?;
            Ok(found.readable())
        };
        let request = (Self::NAME, &self.cinder_volumes);
        page(driver, &request, &self.page, order, read).await
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
        let request = (Self::NAME, &self.cinder_snapshots);
        page(
            driver,
            &request,
            &self.page,
            order,
            self.read(driver, scope),
        )
        .await
    }
}

impl GetManageableSnapshots {
    async fn read(&self, driver: &Driver, scope: &Scope) -> Result<Vec<ManageableEntry>> {
        let place = driver.place();
        let of_lun = |lun: Lun| Some((lun.name, (lun.size, lun.managed)));
        let of_project = |snapshot: LunSnapshot| {
            let volume = snapshot.is_in(place).then(|| snapshot.lun())??.to_owned();
            let deferred = is_deferred(&volume) || is_deferred(&snapshot.name);
            (!deferred).then_some((volume, snapshot.name, snapshot.creation))
        };
        let (luns, snapshots) = tokio::join!(
            driver.luns_of_project_as(scope, of_lun),
            driver.appliance().all_snapshots_as(scope, of_project),
        );
        let luns: HashMap<String, (u64, Option<bool>)> = luns?.readable().into_iter().collect();
        let known = by_name(&self.cinder_snapshots);
        let entry = |(volume, name, creation): (String, String, String)| {
            let (size, managed) = *luns.get(&volume)?;
            let cinder_id = known.get(name.as_str()).copied().unwrap_or_default();
            let reason = match owner(&name) {
                _ if !cinder_id.is_empty() => "already managed",
                Some(reason) => reason,
                None if managed != Some(true) => "its volume is not managed",
                None => "",
            };
            Some(ManageableEntry {
                source_reference: volume,
                size_gib: size.div_ceil(GIB),
                safe_to_manage: reason.is_empty(),
                reason_not_safe: reason.to_owned(),
                cinder_id: cinder_id.to_owned(),
                extra_info: format!("taken {creation} UTC"),
                bytes: size,
                reference: name,
            })
        };
        Ok(snapshots?
            .readable()
            .into_iter()
            .filter_map(entry)
            .collect())
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

/// Entries in the order that the host asked for, in which a marker has no place of its own.
impl pages::Order for Order {
    fn after(&self, entries: &[PackedEntry], marker: &str) -> Result<usize> {
        let is_marker = |entry: &PackedEntry| {
            let reference = entry.marker.rsplit_once('@').map(|(_, snapshot)| snapshot);
            *entry.marker == *marker || reference == Some(marker)
        };
        let found = entries.iter().position(is_marker).ok_or_else(|| {
            let absent = "there is no such entry: begin again without a marker";
            Error::invalid_argument("marker", marker, absent)
        })?;
        Ok(found + 1)
    }
}

/// The page of a list that `read` returns.
async fn page(
    driver: &Driver,
    request: &(impl Debug + Sync),
    page: &Page,
    order: Order,
    read: impl Future<Output = Result<Vec<ManageableEntry>>>,
) -> Result<Manageable> {
    let part = PageRequest {
        marker: &page.marker,
        limit: page.limit,
        offset: page.offset,
    };
    let request = (request, order.0.clone());
    let sorted = async {
        let mut entries = read.await?;
        sort_by(&mut entries, |a, b| order.compare(a, b));
        Ok::<_, Error>(entries)
    };
    if part.is_everything() {
        let entries = sorted.await?;
        return Ok(Manageable {
            total: entries.len() as u64,
            entries,
            next_marker: None,
        });
    }
    let packed = async {
        let entries = sorted.await?.into_iter();
        Ok(entries
            .map(|entry| PackedEntry::new(entry.marker(), &entry))
            .collect())
    };
    let page = driver.0.pages.page(&request, part, &order, packed).await?;
    Ok(Manageable {
        total: page.total as u64,
        entries: page.entries,
        next_marker: page.next_marker,
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

    async fn part(wanted: &Page) -> Result<pages::Page<ManageableEntry>> {
        let order = Order::of(wanted).unwrap();
        let mut entries = [
            entry("c", "v", 1),
            entry("a", "v", 2),
            entry("b", "w", 2),
            entry("a", "w", 3),
        ];
        entries.sort_by(|a, b| order.compare(a, b));
        let packed = entries.iter();
        let packed = packed.map(|entry| PackedEntry::new(entry.marker(), entry));
        let packed = packed.collect();
        let request = PageRequest {
            marker: &wanted.marker,
            limit: wanted.limit,
            offset: wanted.offset,
        };
        let read = async { Ok(packed) };
        pages::Pages::new().page(&"", request, &order, read).await
    }

    async fn names(wanted: &Page) -> Vec<String> {
        let part = part(wanted).await.unwrap();
        assert_eq!(part.total, 4);
        let named = part.entries.iter();
        named
            .map(|e| format!("{}@{}", e.source_reference, e.reference))
            .collect()
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[tokio::test]
    async fn pages_follow_each_other_without_a_gap() {
        let all = names(&Page::default()).await;
        assert_eq!(all, ["v@a", "w@a", "w@b", "v@c"]);
        let mut paged = Vec::new();
        let mut marker = String::new();
        loop {
            let part = names(&Page {
                marker,
                limit: 1,
                ..Page::default()
            })
            .await;
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
        assert_eq!(names(&offset).await, ["w@b"]);
        let far = Page {
            offset: u32::MAX,
            ..Page::default()
        };
        assert!(names(&far).await.is_empty());
    }

    #[tokio::test]
    async fn keys_and_directions_are_cinders() {
        let by_size = Page {
            sort_keys: words(&["size", "reference"]),
            sort_dirs: words(&["desc", "asc"]),
            ..Page::default()
        };
        assert_eq!(names(&by_size).await, ["w@a", "v@a", "w@b", "v@c"]);
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
        let error = part(&lost).await.err().unwrap();
        assert!(error.message().contains("marker"), "{error}");
    }
}
