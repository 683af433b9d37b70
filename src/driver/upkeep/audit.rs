//! Audit: objects without an owner, and owners without an object.
//!
//! The host passes the volumes and snapshots that it knows; all other objects that the engine could
//! have created are orphans. Deletion has to be requested, and covers only objects that carry the
//! engine's marker and have no dependents: a managed LUN with the property `zfssa_operation`, and a
//! snapshot called `tmp-snapshot-…` without clones. An abandoned migration is rolled back by its
//! marker, and a deferred deletion that waits for nothing is finished. All other findings are only
//! reported.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde::Serialize;

use crate::appliance::{Action, Lun, LunSnapshot};
use crate::driver::age::{seconds_as_volume, seconds_since};
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::deferred::mark::Deferred;
use crate::driver::image::cache::ImageCache;
use crate::driver::migrate::marker::Marker;
use crate::driver::migrate::replication_update::IDLE;
use crate::driver::naming::{CACHE_ENTRY, CINDER_SNAPSHOT, TEMPORARY_SNAPSHOT};
use crate::driver::operation::Operation;
use crate::driver::request::pages::{ByMarker, PackedEntry, PageRequest};
use crate::driver::upkeep::audit_deferred::deferred_deletions;
use crate::driver::upkeep::audit_finding::{AuditFinding, finding};
use crate::driver::upkeep::audit_repair::{find_journals, remove_orphan};
use crate::driver::upkeep::audit_scan::AuditScan;
use crate::error::{Error, Result, Status};
use crate::scope::Scope;
use crate::sorting::sort_by_cached_text;

/// Younger objects may belong to an operation under way.
const MIN_AGE: Duration = Duration::from_secs(3_600);

/// Searches for objects without an owner, and on request deletes the ones that may be deleted.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// The names of all volumes that the host has on this backend.
    pub volumes: Vec<String>,
    /// The names of all snapshots that the host has on this backend.
    pub snapshots: Vec<String>,
    /// Deletes temporary snapshots and cached images without dependents, finishes deferred
    /// deletions that wait for nothing, rolls back abandoned migrations, and recovers interrupted
    /// flows. Without it nothing is changed.
    pub fix: bool,
    /// Deletes volumes that the host does not know, too. Apart from `fix`, because a list that
    /// is not complete would cost data; with an empty list it is refused. A volume is deleted only
    /// if it has been one for `min_age`: since it was made, managed, renamed or migrated here, by
    /// its property `zfssa_since`. One without that property is reported.
    pub fix_volumes: bool,
    /// Younger objects are skipped, since an operation may be at work on them: the host made its
    /// list a while ago. `None`: an hour. Ages are measured with this host's clock against the
    /// appliance's clock, and for `zfssa_since` against the clock of the host that created the
    /// volume: use more than the clocks may differ.
    pub min_age: Option<Duration>,
    /// Of the findings that `fix` and `fix_volumes` would delete, only these, by their
    /// [`AuditFinding::marker`], so that nothing is deleted that a person has not seen. `None`: all.
    pub only: Option<Vec<String>>,
    /// Begin after this marker, the [`AuditReport::next_marker`] of the page before; empty: at
    /// the beginning.
    pub marker: String,
    /// Largest number of findings in the report; 0: all. The audit itself is always whole.
    pub limit: u32,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct AuditReport {
    /// Objects without an owner, and missing objects, in the order of kind and name.
    pub findings: Vec<AuditFinding>,
    /// How many of these findings were deleted.
    pub fixed: u32,
    /// Objects that could not be read, one sentence each. On the first page.
    pub not_looked_at: Vec<String>,
    /// Marker of the next page; `None` after the last.
    pub next_marker: Option<String>,
}

impl Operation for Audit {
    const NAME: &'static str = "audit";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .errors(&[Status::PoolNotOwned])
        .locks(&[
            Lock::volume("each volume that is repaired, deleted or recovered"),
            Lock::volume("the source of a clone that is recovered").shared(),
            Lock::image("the image of a cache entry that is deleted or recovered"),
            Lock::image("the image of a cache entry that loses its last clone").shared(),
        ])
        .journalled("the deletion of a clone; a recovered journal stays until it is settled")
        .budgets(&[budget("", 6, 1)]);
    type Output = AuditReport;

    fn resource(&self) -> String {
        String::new()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<AuditReport> {
        if self.fix_volumes && self.volumes.is_empty() {
            return Err(Error::new(
                Status::InvalidArgument,
                "volumes is empty: fix_volumes would delete every volume of the backend; give \
                 the complete list",
            ));
        }
        let part = PageRequest {
            marker: &self.marker,
            limit: self.limit,
            offset: 0,
        };
        let mut not_looked_at = Vec::new();
        let found = self.findings(driver, scope, &mut not_looked_at);
        let (findings, next_marker) = if part.is_everything() {
            (found.await?, None)
        } else {
            let flags = (self.fix, self.fix_volumes, self.min_age, &self.only);
            let request = (Self::NAME, &self.volumes, &self.snapshots, flags);
            let packed = async {
                let found = found.await?;
                let pack = |one: &AuditFinding| PackedEntry::new(one.marker(), one);
                Ok(found.iter().map(pack).collect())
            };
            let pages = &driver.0.pages;
            let page = pages.page(&request, part, ByMarker, packed).await?;
            (page.entries, page.next_marker)
        };
        if !self.marker.is_empty() {
            not_looked_at.clear();
        }
        Ok(AuditReport {
            fixed: findings.iter().filter(|f| f.fixed).count() as u32,
            findings,
            not_looked_at,
            next_marker,
        })
    }
}

impl Audit {
    /// Everything that the audit finds, in order, after the repairs.
    async fn findings(
        &self,
        driver: &Driver,
        scope: &Scope,
        not_looked_at: &mut Vec<String>,
    ) -> Result<Vec<AuditFinding>> {
        let mut seen = AuditScan::run(driver, scope).await?;
        let mut findings = Vec::new();
        self.volumes_without_owner(&seen, &mut findings);
        deferred_deletions(driver.place(), &seen, &mut findings);
        self.snapshots_without_owner(driver, &seen, &mut findings);
        self.cache_entries(driver, &seen, &mut findings);
        self.migrations(driver, scope, &seen, &mut findings).await?;
        self.leftovers_of_migrations(driver, &seen, &mut findings);
        find_journals(driver, scope, &mut findings, &mut seen.not_looked_at).await;
        for finding in &mut findings {
            let wanted = if finding.kind == "volume" {
                self.fix_volumes
            } else {
                self.fix
            };
            let chosen = |only: &Vec<String>| only.contains(&finding.marker());
            if !finding.fixable || !wanted || !self.only.as_ref().is_none_or(chosen) {
                continue;
            }
            if let Some(stop) = scope.stopped() {
                finding.error = format!("not tried: {}", stop.error(crate::error::Outcome::None));
                continue;
            }
            match remove_orphan(driver, scope, finding, |lun| self.may_delete(lun)).await {
                Ok(()) => finding.fixed = true,
                Err(error) => finding.error = error.to_string(),
            }
        }
        sort_by_cached_text(&mut findings, AuditFinding::marker);
        *not_looked_at = seen.not_looked_at;
        Ok(findings)
    }

    fn is_old(&self, creation: &str) -> bool {
        let min_age = self.min_age.unwrap_or(MIN_AGE);
        // An object without a readable date counts as young: it is kept.
        min_age.is_zero() || seconds_since(creation).is_some_and(|age| age >= min_age.as_secs())
    }

    /// Fails unless a LUN has been a volume for longer than what the host's list may be old, and
    /// nothing says that it is used or about to be.
    pub(in crate::driver) fn may_delete(&self, lun: &Lun) -> Result<()> {
        let min_age = self.min_age.unwrap_or(MIN_AGE).as_secs();
        let hosts = lun.presentation();
        let reason = match seconds_as_volume(lun.since.as_deref()) {
            _ if lun.operation.is_none() => "not made by this library".to_owned(),
            _ if Marker::of_copy(lun).is_some() => "arriving by a migration".to_owned(),
            _ if Marker::of_source(lun).is_some() => "leaving by a migration".to_owned(),
            _ if !hosts.is_masked() => format!("presented to {hosts}"),
            None => "it is not known since when it has been a volume".to_owned(),
            Some(age) if age < min_age => format!("a volume for {age} s, not for {min_age} s"),
            Some(_) => return Ok(()),
        };
        Err(Error::new(Status::VolumeBusy, reason))
    }

    fn volumes_without_owner(&self, seen: &AuditScan, findings: &mut Vec<AuditFinding>) {
        let known: HashSet<&str> = self.volumes.iter().map(String::as_str).collect();
        let there: HashSet<&str> = seen.luns.iter().map(|lun| lun.name.as_str()).collect();
        for lun in &seen.luns {
            let kept = known.contains(lun.name.as_str()) || Deferred::of(lun).is_some();
            if lun.managed != Some(true) || kept {
                continue;
            }
            if !self.is_old(&lun.creation) {
                continue;
            }
            let mut detail = format!("{} bytes, made {} UTC", lun.size, lun.creation);
            let kept = self.may_delete(lun).err();
            if let Some(kept) = &kept {
                detail.push_str(&format!(", {}", kept.message()));
            }
            findings.push(AuditFinding {
                fixable: kept.is_none(),
                ..finding("volume", &lun.name, detail)
            });
        }
        // One that cannot be read is there.
        let may_be = |name: &str| seen.odd_luns.iter().any(|odd| odd.may_be_called(name));
        let missing = self.volumes.iter();
        let missing = missing.filter(|v| !there.contains(v.as_str()) && !may_be(v));
        findings.extend(missing.map(|name| {
            let detail = "the host knows it and the appliance does not have it".to_owned();
            finding("missing_volume", name, detail)
        }));
    }

    fn snapshots_without_owner(
        &self,
        driver: &Driver,
        seen: &AuditScan,
        findings: &mut Vec<AuditFinding>,
    ) {
        let place = driver.place();
        let here = seen.snapshots.iter();
        let here: Vec<&LunSnapshot> = here.filter(|snapshot| snapshot.is_in(place)).collect();
        let odd_here = |name: &str| {
            let mut odd = seen.odd_snapshots.iter();
            odd.any(|odd| odd.may_be_called(name) && odd.may_be_in(place))
        };
        // Those of a whole project; each has one of the same name on every LUN.
        let of_project = here.iter().filter(|s| s.is_of_project());
        let mut of_project: HashSet<&str> = of_project.map(|s| s.name.as_str()).collect();
        of_project.retain(|name| name.starts_with(TEMPORARY_SNAPSHOT));
        // Snapshots of a deleted volume are deleted with it.
        let managed: HashSet<&str> = seen
            .luns
            .iter()
            .filter(|lun| lun.managed == Some(true) && Deferred::of(lun).is_none())
            .map(|lun| lun.name.as_str())
            .collect();
        let known: HashSet<&str> = self.snapshots.iter().map(String::as_str).collect();
        for snapshot in &here {
            if !self.is_old(&snapshot.creation) {
                continue;
            }
            let name = snapshot.name.as_str();
            let taken = format!("taken {} UTC", snapshot.creation);
            let Some(volume) = snapshot.lun() else {
                if of_project.contains(name) {
                    let mut orphan = finding("project_snapshot", name, taken);
                    let mut of_name = here.iter().filter(|other| other.name == name);
                    let unused = of_name.all(|other| other.clones.unwrap_or(0) == 0);
                    orphan.fixable = unused && !odd_here(name);
                    findings.push(orphan);
                }
                continue;
            };
            let object = format!("{volume}@{name}");
            if !managed.contains(volume) || of_project.contains(name) {
                continue;
            }
            if name.starts_with(TEMPORARY_SNAPSHOT) {
                // Its clones are looked for before it is deleted.
                if snapshot.clones.unwrap_or(0) == 0 {
                    let mut orphan = finding("temporary_snapshot", object, taken);
                    orphan.fixable = true;
                    findings.push(orphan);
                }
            } else if name.starts_with(CINDER_SNAPSHOT) && !known.contains(name) {
                let detail = format!("{taken}; snapshots carry no mark, so it is only reported");
                findings.push(finding("snapshot", object, detail));
            }
        }
        let there: HashSet<&str> = here.iter().map(|s| s.name.as_str()).collect();
        let missing = self.snapshots.iter();
        let missing = missing.filter(|name| !there.contains(name.as_str()) && !odd_here(name));
        findings.extend(missing.map(|name| {
            let detail = "the host knows it and the appliance does not have it".to_owned();
            finding("missing_snapshot", name, detail)
        }));
    }

    fn cache_entries(&self, driver: &Driver, seen: &AuditScan, findings: &mut Vec<AuditFinding>) {
        let place = ImageCache(driver).place();
        let mut of_lun: HashMap<&str, (u64, u64)> = HashMap::new();
        for snapshot in seen.snapshots.iter().filter(|one| one.is_in(place)) {
            let (count, clones) = of_lun
                .entry(snapshot.lun().unwrap_or_default())
                .or_default();
            *count += 1;
            *clones += snapshot.clones.unwrap_or(0);
        }
        for lun in seen
            .cached
            .iter()
            .filter(|l| l.name.starts_with(CACHE_ENTRY))
        {
            let (count, clones) = of_lun.get(lun.name.as_str()).copied().unwrap_or_default();
            let odd = seen.odd_snapshots.iter();
            let mut odd = odd.filter(|odd| odd.may_be_in(place) && odd.may_be("share", &lun.name));
            if clones > 0 || odd.next().is_some() || !self.is_old(&lun.creation) {
                continue;
            }
            let what = if count == 0 {
                "a broken entry without a snapshot"
            } else {
                "no volume is a clone of it"
            };
            let hosts = lun.presentation();
            let mut what = what.to_owned();
            if !hosts.is_masked() {
                // Its image may still be written.
                what.push_str(&format!(", presented to {hosts}"));
            }
            let mut orphan = finding("cache_entry", &lun.name, what);
            orphan.fixable = hosts.is_masked() && lun.operation.is_some();
            findings.push(orphan);
        }
    }

    /// Volumes with the mark of a migration. The journals tell of it where there is one.
    async fn migrations(
        &self,
        driver: &Driver,
        scope: &Scope,
        seen: &AuditScan,
        findings: &mut Vec<AuditFinding>,
    ) -> Result<()> {
        let min_age = self.min_age.unwrap_or(MIN_AGE);
        for lun in &seen.luns {
            let Some(mark) = Marker::of_source(lun) else {
                continue;
            };
            if mark.age() < min_age.as_secs()
                || driver.0.flows.has_journal(scope, &lun.name).await?
            {
                continue;
            }
            let mut actions = seen.actions.iter();
            let action = actions.find(|action| action.sends(driver.place(), &lun.name));
            let place = driver.place();
            let mut odd = seen.odd_actions.iter();
            let unread = odd.any(|odd| Action::may_send(odd, place, &lun.name));
            let sending = action.is_some_and(|action| action.state != IDLE);
            let detail = format!(
                "to {}, pool {}, project {}; operation {}{}",
                mark.host,
                mark.pool,
                mark.project,
                mark.maker.id(),
                match action {
                    Some(action) => format!("; its action is {}", action.state),
                    None => String::new(),
                }
            );
            findings.push(AuditFinding {
                fixable: !sending && !unread,
                ..finding("migration", &lun.name, detail)
            });
        }
        Ok(())
    }

    fn leftovers_of_migrations(
        &self,
        driver: &Driver,
        seen: &AuditScan,
        findings: &mut Vec<AuditFinding>,
    ) {
        let place = driver.place();
        // A severed package arrives in a project that is called like the action: a UUID.
        for (project, inside) in &seen.arrivals {
            if project.name != place.project && self.is_old(&project.creation) {
                let detail = match inside.as_slice() {
                    [] => "empty; called like a replication action, as the projects in which \
                           migrated volumes arrive"
                        .to_owned(),
                    some => format!(
                        "called like a replication action, as the projects in which migrated \
                         volumes arrive; holds {}",
                        some.join(", ")
                    ),
                };
                // The name alone says nothing of whose it is: others call projects by UUIDs, too.
                // Those of this library go with the migration at its source.
                findings.push(finding("temporary_project", &project.name, detail));
            }
        }
        let marked: Vec<String> = seen
            .luns
            .iter()
            .filter_map(Marker::of_source)
            .filter_map(|mark| mark.action)
            .collect();
        for action in &seen.actions {
            if action.pool == place.pool
                && action.project == place.project
                && !action.share.is_empty()
                && !marked.contains(&action.id)
            {
                let detail = format!("sends {}, state {}", action.share, action.state);
                findings.push(finding("replication_action", &action.id, detail));
            }
        }
        for package in &seen.packages {
            let detail = format!(
                "of project {}; may be in use. The package of an abandoned migration is deleted \
                 when that is rolled back at its source",
                package.project
            );
            findings.push(finding("replication_package", &package.id, detail));
        }
    }
}
