//! What must hold of an operation that met faults, whatever its answer was.
//!
//! - A success is one: the appliance shows the after-state, at the answer and for ever after.
//! - An error tells the truth: refused, rolled back or never sent means the before-state, also
//!   when what was unanswered has been carried out; applied means the after-state; unknown is
//!   said only where no look could have settled it; partial names what stands.
//! - Nothing is lost: a LUN that the operation keeps or moves is there at every moment.
//! - No host sees a LUN that sees it neither before nor after.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use zfssa::error::{Error, Outcome, Status};

use crate::matrix::Scenario;

/// An appliance's LUN in the words of these promises.
struct Lun {
    guid: String,
    /// The initiator groups that it is presented to.
    groups: BTreeSet<String>,
}

/// Where a LUN is: appliance, pool and project, and its name.
type Place = (String, String);

/// The LUNs of one appliance or two.
fn luns(state: &Value) -> BTreeMap<Place, Lun> {
    let mut found = BTreeMap::new();
    for side in ["source", "other", ""] {
        let side_state = if side.is_empty() { state } else { &state[side] };
        let pools = side_state["pools"].as_object();
        for (pool, content) in pools.into_iter().flatten() {
            let projects = content["projects"].as_object();
            for (project, content) in projects.into_iter().flatten() {
                let shares = content["luns"].as_object();
                for (name, lun) in shares.into_iter().flatten() {
                    let views = lun["views"].as_array();
                    let group = |view: &Value| view["group"].as_str().map(str::to_owned);
                    let groups = views.into_iter().flatten().filter_map(group);
                    let one = Lun {
                        guid: lun["lunguid"].as_str().unwrap_or_default().to_owned(),
                        groups: groups
                            .filter(|group| group != zfssa_appliance::MASK_ALL)
                            .collect(),
                    };
                    found.insert((format!("{side}/{pool}/{project}"), name.clone()), one);
                }
            }
        }
    }
    found
}

/// What a scenario does to the LUNs when nothing fails.
pub struct Kept {
    /// Those that it keeps, wherever they are called what.
    by_guid: BTreeSet<Place>,
    /// Names of those that are another LUN afterwards, with the same data: migrated ones.
    moved: BTreeSet<String>,
    /// Who may see a LUN of this name: who sees it before or after.
    seen_by: BTreeMap<String, BTreeSet<String>>,
}

impl Kept {
    /// From the appliances' whole states, volatile things included.
    pub fn between(before: &Value, after: &Value) -> Kept {
        let (before, after) = (luns(before), luns(after));
        let guids: BTreeSet<&str> = after.values().map(|lun| lun.guid.as_str()).collect();
        let names: BTreeSet<&String> = after.keys().map(|(_, name)| name).collect();
        let mut kept = Kept {
            by_guid: BTreeSet::new(),
            moved: BTreeSet::new(),
            seen_by: BTreeMap::new(),
        };
        for (place, lun) in &before {
            if guids.contains(lun.guid.as_str()) {
                kept.by_guid.insert(place.clone());
            } else if names.contains(&place.1) {
                kept.moved.insert(place.1.clone());
            }
        }
        for ((_, name), lun) in before.iter().chain(&after) {
            let seen_by = kept.seen_by.entry(name.clone()).or_default();
            seen_by.extend(lun.groups.iter().cloned());
        }
        kept
    }

    /// The LUNs of this case that must not vanish.
    pub fn of(&self, before: &Value) -> Guarded<'_> {
        let luns = luns(before).into_iter();
        let guarded = luns.filter(|(place, _)| self.by_guid.contains(place));
        Guarded {
            kept: self,
            guids: guarded.map(|(place, lun)| (lun.guid, place)).collect(),
        }
    }
}

/// The LUNs of one case.
pub struct Guarded<'a> {
    kept: &'a Kept,
    guids: BTreeMap<String, Place>,
}

impl Guarded<'_> {
    /// What a state has lost, and who sees in it what is not theirs. What the answer has `named`
    /// as left behind may be seen for the moment.
    pub fn broken(&self, state: &Value, named: &[String]) -> Vec<String> {
        let luns = luns(state);
        let mut broken = Vec::new();
        for (guid, (place, name)) in &self.guids {
            if !luns.values().any(|lun| lun.guid == *guid) {
                broken.push(format!("LOST: {name} of {place}"));
            }
        }
        for name in &self.kept.moved {
            if !luns.keys().any(|(_, other)| other == name) {
                broken.push(format!("LOST: {name} is at neither end"));
            }
        }
        for ((place, name), lun) in &luns {
            let none = BTreeSet::new();
            let may = self.kept.seen_by.get(name).unwrap_or(&none);
            let foreign: Vec<&String> = lun.groups.difference(may).collect();
            let is_named = named.iter().any(|text| text.contains(name));
            if !foreign.is_empty() && !is_named {
                broken.push(format!("FOREIGN ACCESS: {foreign:?} to {name} of {place}"));
            }
        }
        broken
    }
}

/// What befell the requests of a case.
#[derive(Clone, Copy, Debug, Default)]
pub struct Met {
    /// One was not answered, and no look that followed could show what becomes of it; or it was
    /// carried out, and no look can show that.
    pub in_doubt: bool,
    /// More than one was struck, so that undoing may have met a fault as well.
    pub several: bool,
}

/// Whether an answer is true of a state. `is_before` and `is_after` say what the state shows.
pub fn untrue<S: Scenario>(
    scenario: S,
    result: &Result<(), Error>,
    met: Met,
    (is_before, is_after): (bool, bool),
) -> Vec<String> {
    let mut untrue = Vec::new();
    let mut wrong = |text: String| untrue.push(text);
    let error = match result {
        Ok(()) => {
            if !is_after {
                wrong("success, and the appliance shows something else".to_owned());
            }
            return untrue;
        }
        Err(error) => error,
    };
    match error.outcome() {
        Outcome::None | Outcome::Rejected | Outcome::RolledBack => {
            if !is_before {
                wrong(format!("{error:?}, and the appliance was changed"));
            }
        }
        Outcome::Applied => {
            if !is_after {
                wrong(format!("{error:?}, and the change is not there"));
            }
        }
        Outcome::Unknown => {
            if !met.in_doubt {
                wrong(format!("{error:?}, though reading back settles it"));
            }
        }
        Outcome::Partial => {
            if error.left_behind().is_empty() {
                wrong(format!("{error:?}, and nothing is named"));
            }
            if scenario.keeps_what_it_made() {
                if is_before {
                    wrong(format!("{error:?}, and the appliance is as it was"));
                }
            } else if !scenario.has_a_point_of_no_return() && !met.in_doubt && !met.several {
                // Undoing meets no second fault.
                wrong(format!("{error:?}, though all could be undone"));
            }
        }
    }
    if scenario.only_looks() && (!is_before || error.outcome() != Outcome::None) {
        wrong(format!("{error:?} of what only looks"));
    }
    if error.status() == Status::Internal {
        wrong(format!("{error:?}"));
    }
    untrue
}
