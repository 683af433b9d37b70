//! Deferred deletions that an audit finds: deleted volumes and snapshots, and the clones that they
//! wait for.

use std::collections::HashMap;

use crate::appliance::{LunSnapshot, ProjectRef};
use crate::driver::deferred::mark::Deferred;
use crate::driver::naming::is_deferred;
use crate::driver::upkeep::audit_finding::{AuditFinding, finding};
use crate::driver::upkeep::audit_scan::AuditScan;
use crate::driver::volume::dependents::goes_with_volume;
use crate::timestamp::text;

/// Clones in the backend's project, by their origin.
struct Clones<'a>(HashMap<(&'a str, &'a str), Vec<&'a str>>);

impl<'a> Clones<'a> {
    fn of(place: ProjectRef<'_>, seen: &'a AuditScan) -> Clones<'a> {
        let mut clones: HashMap<_, Vec<&str>> = HashMap::new();
        for lun in &seen.luns {
            let origin = lun.origin.as_ref();
            let here =
                origin.filter(|origin| ["", place.project].contains(&origin.project.as_str()));
            if let Some(origin) = here {
                let of = (origin.share.as_str(), origin.snapshot.as_str());
                clones.entry(of).or_default().push(&lun.name);
            }
        }
        Clones(clones)
    }

    /// The clones of a snapshot as text; `None` if it has none. The appliance's count also covers
    /// clones in other projects, and may lag behind deletions.
    fn described(&self, volume: &str, snapshot: &LunSnapshot) -> Option<String> {
        let names = self.0.get(&(volume, snapshot.name.as_str()));
        let names = names.map(Vec::as_slice).unwrap_or_default();
        match (names, snapshot.clones) {
            ([], Some(0)) => None,
            ([], Some(count)) => Some(format!("{count} clones of snapshot {}", snapshot.name)),
            ([], None) => Some(format!("unknown clones of snapshot {}", snapshot.name)),
            (names, _) => Some(names.join(", ")),
        }
    }
}

/// Deleted volumes and snapshots, each with what it waits for. One that waits for nothing, because
/// its last clone was deleted by other means, or because a deletion of it failed, can be deleted.
pub(in crate::driver) fn deferred_deletions(
    place: ProjectRef<'_>,
    seen: &AuditScan,
    findings: &mut Vec<AuditFinding>,
) {
    let clones = Clones::of(place, seen);
    let here = seen.snapshots.iter().filter(|one| one.is_in(place));
    let mut snapshots: HashMap<&str, Vec<&LunSnapshot>> = HashMap::new();
    for snapshot in here {
        if let Some(volume) = snapshot.lun() {
            snapshots.entry(volume).or_default().push(snapshot);
        }
    }
    for lun in &seen.luns {
        let Some(mark) = Deferred::of(lun) else {
            let foreign = lun.operation.as_deref().and_then(Deferred::read);
            if let Some(mark) = foreign {
                let detail = format!(
                    "has the marker of the deleted volume {0} and is another LUN: a late request \
                     renamed it; rename it to {0} on the appliance",
                    mark.name
                );
                findings.push(finding("deferred", &lun.name, detail));
            }
            continue;
        };
        let of_lun = snapshots.get(lun.name.as_str()).into_iter().flatten();
        let mut waits: Vec<String> = of_lun
            .filter_map(|one| match goes_with_volume(one) {
                true => clones.described(&lun.name, one),
                false => Some(format!("snapshot {}", one.name)),
            })
            .collect();
        let odd = seen.odd_snapshots.iter();
        let mut odd = odd.filter(|odd| odd.may_be_in(place) && odd.may_be("share", &lun.name));
        waits.extend(odd.next().map(|odd| odd.words()));
        let hosts = lun.presentation();
        if !hosts.is_masked() {
            waits.push(format!("the hosts that it is presented to, {hosts}"));
        }
        let head = format!(
            "volume {}, {} bytes, deleted {}",
            mark.name,
            lun.size,
            text(mark.since)
        );
        findings.push(waiting(&lun.name, head, &waits));
    }
    for (volume, of_volume) in snapshots {
        // Those of a deleted volume are deleted with it.
        for snapshot in of_volume.iter().filter(|_| !is_deferred(volume)) {
            if is_deferred(&snapshot.name) {
                let object = format!("{volume}@{}", snapshot.name);
                let head = format!("a deleted snapshot, taken {} UTC", snapshot.creation);
                let waits = clones.described(volume, snapshot);
                findings.push(waiting(&object, head, waits.as_slice()));
            }
        }
    }
}

fn waiting(object: &str, head: String, waits: &[String]) -> AuditFinding {
    let detail = match waits {
        [] => format!("{head}; it waits for nothing"),
        some => format!("{head}; it waits for {}", some.join(", ")),
    };
    AuditFinding {
        fixable: waits.is_empty(),
        ..finding("deferred", object, detail)
    }
}
