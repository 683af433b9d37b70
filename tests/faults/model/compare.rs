//! The model against the appliance's whole state.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use zfssa::driver::Audit;
use zfssa_appliance::MASK_ALL;

use super::plan::{IMAGES, SHARED};
use super::play::{shared, snapshot, volume};
use super::world::{Origin, Parent, World};
use support::{Fixture, POOL, PROJECT};

/// A LUN in the words of both.
#[derive(Debug, Default, PartialEq, Eq)]
struct Lun {
    gib: u64,
    managed: bool,
    origin: Option<(String, String, String)>,
    /// Each with its size and its clones.
    snapshots: BTreeMap<String, (u64, BTreeSet<String>)>,
    groups: BTreeSet<String>,
    compression: Option<String>,
}

fn own(text: &str) -> String {
    text.to_owned()
}

/// What a LUN of a slot is called now.
fn name(world: &World, slot: usize) -> String {
    let name = volume(world.worker, slot);
    match &world.volumes[slot] {
        Some(volume) if !volume.managed => format!("unmanaged-{name}"),
        _ => name,
    }
}

type Luns = BTreeMap<(String, String), Lun>;

/// The name that an object had before its deletion was deferred; `None` for another name. The model
/// has a serial number in the place of the digits.
fn former(name: &str) -> Option<&str> {
    let (digits, former) = name.strip_prefix("deleted-")?.split_once('-')?;
    (digits.len() == 10).then_some(former)
}

/// Gives deferred objects and temporary snapshots names that do not depend on their digits, and tell
/// them apart all the same: by the volumes that they are kept for, and for volumes by their depth.
/// Two of them that are kept for the same volumes are origins of one another. Whether a temporary
/// snapshot was renamed for a new clone of the same name does not count.
fn without_digits(luns: Luns) -> Luns {
    let mut depths: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut kept_for: BTreeMap<(String, String, String), BTreeSet<String>> = BTreeMap::new();
    for (key, lun) in &luns {
        let mut at = lun;
        let mut depth = 0;
        while let Some((project, share, taken)) = &at.origin {
            depth += 1;
            if former(&key.1).is_none() {
                let keys = [taken.as_str(), ""].map(own);
                for taken in keys {
                    let kept = kept_for.entry((project.clone(), share.clone(), taken));
                    kept.or_default().insert(key.1.clone());
                }
            }
            let origin = luns.get(&(project.clone(), share.clone()));
            let Some(origin) = origin.filter(|_| depth <= luns.len()) else {
                break;
            };
            at = origin;
        }
        depths.insert(key.clone(), depth);
    }
    let kept = |project: &str, share: &str, taken: &str| {
        let key = (own(project), own(share), own(taken));
        let names = kept_for.get(&key).cloned().unwrap_or_default();
        names.into_iter().collect::<Vec<_>>().join(" ")
    };
    let volume = |project: &str, name: &str| match former(name) {
        None => own(name),
        Some(former) => {
            let depth = depths.get(&(own(project), own(name))).copied();
            let depth = depth.unwrap_or_default();
            format!("deleted {former} for {}, {depth}", kept(project, name, ""))
        }
    };
    let snapshot = |project: &str, share: &str, name: &str| {
        let kept = || kept(project, share, name);
        match former(name) {
            Some(former) if former.starts_with("tmp-") => format!("{former} for {}", kept()),
            Some(former) => format!("deleted {former} for {}", kept()),
            None if name.starts_with("tmp-") => format!("{name} for {}", kept()),
            None => own(name),
        }
    };
    let renamed = |((project, name), lun): (&(String, String), &Lun)| {
        let snapshots = lun.snapshots.iter().map(|(taken, (gib, clones))| {
            let clones = clones.iter().map(|path| match path.split_once('/') {
                Some((project, clone)) => format!("{project}/{}", volume(project, clone)),
                None => path.clone(),
            });
            (snapshot(project, name, taken), (*gib, clones.collect()))
        });
        let origin = lun.origin.as_ref().map(|(project, share, taken)| {
            let taken = snapshot(project, share, taken);
            (project.clone(), volume(project, share), taken)
        });
        let after = Lun {
            snapshots: snapshots.collect(),
            origin,
            groups: lun.groups.clone(),
            compression: lun.compression.clone(),
            ..*lun
        };
        ((project.clone(), volume(project, name)), after)
    };
    luns.iter().map(renamed).collect()
}

fn digits(world: &World, serial: usize) -> String {
    format!("{:010}", world.worker * 1_000_000 + serial)
}

/// What a deferred volume is called in the model.
fn deferred_name(world: &World, made: &super::world::Volume) -> String {
    let name = volume(world.worker, made.slot);
    format!("deleted-{}-{name}", digits(world, made.serial))
}

/// The LUNs as the model has them: project by project, by name.
fn modelled(worlds: &[World]) -> Luns {
    let mut luns = BTreeMap::new();
    let here = |name: String| (own(PROJECT), name);
    for number in 0..SHARED {
        let sees = worlds.iter().filter(|world| world.sees[number]);
        let lun = Lun {
            gib: 1,
            managed: true,
            snapshots: [(snapshot(0), (1, BTreeSet::new()))].into(),
            groups: sees.map(|world| format!("host-{}", world.worker)).collect(),
            ..Lun::default()
        };
        luns.insert(here(shared(number)), lun);
    }
    let all = || {
        let slots = |world: &'_ World| {
            let volumes = world.volumes.iter().flatten();
            let volumes = volumes.map(|volume| (name(world, volume.slot), volume.clone()));
            let deferred = world.deferred.values();
            let deferred = deferred.map(|volume| (deferred_name(world, volume), volume.clone()));
            volumes.chain(deferred).collect::<Vec<_>>()
        };
        worlds
            .iter()
            .flat_map(move |world| slots(world).into_iter().map(move |s| (world, s)))
    };
    for (_, (name, volume)) in all() {
        let snapshots = volume.snapshots.iter();
        let lun = Lun {
            gib: volume.gib,
            managed: volume.managed,
            origin: None,
            snapshots: snapshots
                .map(|one| (snapshot(one.number), (one.gib, BTreeSet::new())))
                .collect(),
            groups: volume
                .hosts
                .iter()
                .map(|host| format!("host-{host}"))
                .collect(),
            compression: volume.compression.map(own),
        };
        luns.insert(here(name), lun);
    }
    for (world, (clone, made)) in all() {
        let source = |from| match from {
            Parent::Own(slot) => name(world, slot),
            Parent::Shared(number) => shared(number),
            Parent::Deferred(serial) => deferred_name(world, &world.deferred[&serial]),
        };
        let id = volume(world.worker, made.slot);
        let temporary = format!("tmp-snapshot-{}", &id["volume-".len()..]);
        let (project, share, taken, kept) = match made.origin {
            Origin::Nothing => continue,
            Origin::Snapshot(from, number) => (PROJECT, source(from), snapshot(number), None),
            // Its size is the source's when it was taken: the clone's, unless that grew.
            Origin::Temporary(from) => {
                // An earlier clone of this name may wait for its own clones.
                let taken = format!("deleted-{}-{temporary}", digits(world, made.serial));
                (PROJECT, source(from), taken, Some(0))
            }
            Origin::Deferred(from, number, serial) => {
                let taken = format!("deleted-{}-{}", digits(world, serial), snapshot(number));
                (PROJECT, source(from), taken, Some(0))
            }
            Origin::Image(image) => {
                let entry = format!("os-cache-vol-image-{image}");
                let taken = format!("image-image-{image}");
                let lun = || Lun {
                    gib: 1,
                    managed: false,
                    ..Lun::default()
                };
                luns.entry((own("os-cinder-cache"), entry.clone()))
                    .or_insert_with(lun);
                ("os-cinder-cache", entry, taken, Some(1))
            }
        };
        let parent = luns
            .get_mut(&(own(project), share.clone()))
            .expect("a source");
        let of = parent.snapshots.entry(taken.clone());
        let of = of.or_insert_with(|| (kept.expect("a snapshot"), BTreeSet::new()));
        of.1.insert(format!("{PROJECT}/{clone}"));
        let clone = luns.get_mut(&here(clone)).expect("a clone");
        clone.origin = Some((own(project), share, taken));
    }
    luns
}

/// The LUNs as the appliance has them.
fn shown(state: &Value) -> Luns {
    let text = |value: &Value| own(value.as_str().unwrap_or_default());
    let gib = |value: &Value| value.as_u64().unwrap_or_default() >> 30;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut luns = BTreeMap::new();
    let projects = state["pools"][POOL]["projects"]
        .as_object()
        .expect("projects");
    for (project, content) in projects {
        for (name, lun) in content["luns"].as_object().expect("LUNs") {
            let snapshots = list(&lun["snapshots"]).into_iter().map(|one| {
                let clones = list(&one["clones"]).iter().map(text).collect();
                let name = text(&one["name"]);
                let counts = !name.starts_with("tmp-snapshot-") && former(&name).is_none();
                let size = if counts { gib(&one["volsize"]) } else { 0 };
                (name, (size, clones))
            });
            let origin = &lun["origin"];
            let origin = origin.is_object().then(|| {
                (
                    text(&origin["project"]),
                    text(&origin["share"]),
                    text(&origin["snapshot"]),
                )
            });
            let groups = list(&lun["views"])
                .into_iter()
                .map(|view| text(&view["group"]));
            let shown = Lun {
                gib: gib(&lun["volsize"]),
                managed: lun["custom"]["cinder_managed"] == true,
                snapshots: snapshots.collect(),
                groups: groups.filter(|group| group != MASK_ALL).collect(),
                compression: Some(text(&lun["properties"]["compression"])),
                origin,
            };
            luns.insert((project.clone(), name.clone()), shown);
        }
    }
    luns
}

/// All differences between the model and the appliance. `troubled`: a cache entry may have been
/// made for a clone that a fault kept from being made.
pub fn differences(worlds: &[World], state: &Value, troubled: bool) -> Vec<String> {
    let mut model = without_digits(modelled(worlds));
    let mut shown = without_digits(shown(state));
    let mut wrong = Vec::new();
    if troubled {
        for image in 0..IMAGES {
            let entry = (
                own("os-cinder-cache"),
                format!("os-cache-vol-image-{image}"),
            );
            let snapshots = [(format!("image-image-{image}"), (1, BTreeSet::new()))].into();
            let idle = Lun {
                gib: 1,
                snapshots,
                ..Lun::default()
            };
            model.entry(entry).or_insert_with(|| idle);
        }
        model.retain(|key, lun| {
            shown.contains_key(key)
                || lun.snapshots.values().any(|(_, clones)| !clones.is_empty())
                || key.0 == PROJECT
        });
    }
    for (key, expected) in &mut model {
        let Some(mut found) = shown.remove(key) else {
            wrong.push(format!("lost: {key:?}: {expected:?}"));
            continue;
        };
        if expected.compression.is_none() {
            found.compression = None;
        }
        if key.0 != PROJECT {
            // An entry of the cache is nobody's volume.
            found.managed = false;
        }
        if found != *expected {
            wrong.push(format!("{key:?} is {found:?}, not {expected:?}"));
        }
    }
    wrong.extend(
        shown
            .iter()
            .map(|(key, lun)| format!("orphaned: {key:?}: {lun:?}")),
    );
    for (project, content) in state["pools"][POOL]["projects"]
        .as_object()
        .expect("projects")
    {
        if content["snapshots"]
            .as_array()
            .is_none_or(|list| !list.is_empty())
        {
            wrong.push(format!(
                "{project} keeps snapshots: {}",
                content["snapshots"]
            ));
        }
    }
    wrong
}

/// What the driver's own audit finds without an owner.
pub async fn audited(bench: &Fixture, worlds: &[World], troubled: bool) -> Vec<String> {
    let mut audit = Audit {
        min_age: Some(std::time::Duration::ZERO),
        volumes: (0..SHARED).map(shared).collect(),
        snapshots: vec![snapshot(0)],
        ..Audit::default()
    };
    for world in worlds {
        for (slot, one) in world.volumes.iter().enumerate() {
            let Some(one) = one.as_ref().filter(|one| one.managed) else {
                continue;
            };
            audit.volumes.push(volume(world.worker, slot));
            let snapshots = one.snapshots.iter();
            audit
                .snapshots
                .extend(snapshots.map(|one| snapshot(one.number)));
        }
    }
    let report = match bench.driver.call(audit).await {
        Ok(report) => report,
        Err(error) => return vec![format!("the audit fails: {error:?}")],
    };
    let mut wrong = report.not_looked_at;
    let findings = report.findings.iter();
    let findings = findings.filter(|found| !(troubled && found.kind == "cache_entry"));
    // One that waits for its clones is in the model, and one that waits for nothing is deleted.
    let findings = findings.filter(|found| found.kind != "deferred" || found.fixable);
    wrong.extend(findings.map(|found| format!("audited: {found:?}")));
    wrong
}
