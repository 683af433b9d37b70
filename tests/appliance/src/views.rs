//! Views: which initiator group sees a LUN through which target group, and at which number.
//!
//! An initiator must never meet two LUNs at one number. So a number is taken if any view that somebody could see
//! together with the new one has it: the target groups overlap and the initiator groups overlap (they are the same,
//! one of them is `default`, or they have a member in common). The lowest free number is given. Groups of one LUN
//! that overlap get the same number, since an initiator in both must see one LUN once.

use std::collections::BTreeMap;

use crate::lu_numbers::{Numbers, lowest_free};
use crate::options::Knobs;
use crate::refusal::Refusal;
use crate::state::{DEFAULT_GROUP, LunId, MASK_ALL, State, View};
use crate::storage::{Chap, Presentation, TargetView};

/// The views of a LUN for `groups`. Numbers it has already stay as long as the group stays.
pub(crate) fn assign(
    state: &mut State,
    knobs: &Knobs,
    lun: LunId,
    target_group: &str,
    groups: &[String],
    old: &[View],
    wanted: Option<u32>,
) -> Result<Vec<View>, Refusal> {
    state.without_views_of(lun, |state| {
        assign_beside_others(state, knobs, target_group, groups, old, wanted)
    })
}

fn assign_beside_others(
    state: &State,
    knobs: &Knobs,
    target_group: &str,
    groups: &[String],
    old: &[View],
    wanted: Option<u32>,
) -> Result<Vec<View>, Refusal> {
    let mut views: Vec<View> = groups
        .iter()
        .map(|group| View {
            group: group.clone(),
            number: None,
        })
        .collect();
    if wanted.is_none() {
        for view in &mut views {
            let number = old
                .iter()
                .find(|o| o.group == view.group)
                .and_then(|o| o.number);
            view.number =
                number.filter(|number| !is_in(&taken(state, target_group, &view.group), *number));
        }
    }
    for index in 0..views.len() {
        if views[index].group == MASK_ALL || views[index].number.is_some() {
            continue;
        }
        let cluster = cluster(state, &views, index);
        let used: Vec<&Numbers> = cluster
            .iter()
            .flat_map(|member| taken(state, target_group, &views[*member].group))
            .collect();
        let kept = cluster.iter().find_map(|member| views[*member].number);
        let number = match kept.or(wanted) {
            Some(number) if is_in(&used, number) => {
                return Err(conflict(&views[index].group, number));
            }
            Some(number) => number,
            None => lowest_free(&used, knobs.first_lu_number),
        };
        for member in cluster {
            views[member].number.get_or_insert(number);
        }
    }
    Ok(views)
}

/// The numbers that a new view of these groups must not have.
fn taken<'a>(state: &'a State, target_group: &str, group: &str) -> Vec<&'a Numbers> {
    let numbers = state.lu_numbers();
    let seen: Vec<(&String, &Numbers)> = match group {
        MASK_ALL => Vec::new(),
        DEFAULT_GROUP => numbers.in_views_of_any().collect(),
        group => {
            let mut groups = state.san.initiator_groups.related(group);
            groups.insert(DEFAULT_GROUP);
            groups
                .into_iter()
                .flat_map(|group| numbers.in_views_of(group))
                .collect()
        }
    };
    seen.into_iter()
        .filter(|(theirs, _)| targets_overlap(state, theirs, target_group))
        .map(|(_, numbers)| numbers)
        .collect()
}

fn is_in(used: &[&Numbers], number: u32) -> bool {
    used.iter().any(|numbers| numbers.contains(number))
}

/// The views that one initiator may meet together with the one at `index`, directly or through others.
fn cluster(state: &State, views: &[View], index: usize) -> Vec<usize> {
    let mut members = vec![index];
    let mut next = 0;
    while next < members.len() {
        for candidate in 0..views.len() {
            if !members.contains(&candidate)
                && initiators_overlap(state, &views[members[next]].group, &views[candidate].group)
            {
                members.push(candidate);
            }
        }
        next += 1;
    }
    members
}

fn conflict(group: &str, number: u32) -> Refusal {
    Refusal::state(format!(
        "LU number {number} is in use in a view of initiator group \"{group}\""
    ))
}

fn targets_overlap(state: &State, a: &str, b: &str) -> bool {
    a == b
        || a == DEFAULT_GROUP
        || b == DEFAULT_GROUP
        || match (
            state.san.target_groups.get(a),
            state.san.target_groups.get(b),
        ) {
            (Some(a), Some(b)) => a.iter().any(|member| b.contains(member)),
            _ => false,
        }
}

fn initiators_overlap(state: &State, a: &str, b: &str) -> bool {
    if a == MASK_ALL || b == MASK_ALL {
        return false;
    }
    a == b
        || a == DEFAULT_GROUP
        || b == DEFAULT_GROUP
        || match (
            state.san.initiator_groups.get(a),
            state.san.initiator_groups.get(b),
        ) {
            (Some(a), Some(b)) => a.iter().any(|member| b.contains(member)),
            _ => false,
        }
}

/// Refuses members of a group with which an initiator would meet two LUNs at one number. Called with the change made;
/// `changed` are the LUNs that name the group.
pub(crate) fn check(state: &State, changed: &[LunId]) -> Result<(), Refusal> {
    for lun in changed.iter().map(|id| state.lun(*id)) {
        for view in &lun.views {
            let Some(number) = view.number else { continue };
            let taken = taken(state, &lun.targetgroup, &view.group);
            let mut users = taken.iter().flat_map(|numbers| numbers.users(number));
            if users.any(|other| other != lun.id) {
                return Err(conflict(&view.group, number));
            }
        }
    }
    Ok(())
}

/// The whole presentation, as a data plane wants it.
pub(crate) fn presentation(state: &State) -> Presentation {
    let mut shown = Presentation {
        appliance: state.heads[0].asn.clone(),
        ..Presentation::default()
    };
    for (iqn, initiator) in state.san.initiators.iter() {
        if let (Some(user), Some(secret)) = (&initiator.chapuser, &initiator.chapsecret) {
            shown.initiator_chap.insert(
                iqn.clone(),
                Chap {
                    user: user.clone(),
                    secret: secret.clone(),
                },
            );
        }
    }
    let serving = state
        .services
        .get("iscsi")
        .is_some_and(|service| service.online);
    for (iqn, target) in &state.san.targets {
        let mut view = TargetView {
            requires_chap: target.auth == "chap",
            target_chap: match (&target.chapuser, &target.chapsecret) {
                (Some(user), Some(secret)) => Some(Chap {
                    user: user.clone(),
                    secret: secret.clone(),
                }),
                _ => None,
            },
            views: BTreeMap::new(),
        };
        if serving {
            view.views = views_through(state, iqn);
        }
        shown.targets.insert(iqn.clone(), view);
    }
    shown
}

fn views_through(state: &State, iqn: &str) -> BTreeMap<Option<String>, Vec<(u32, String)>> {
    let mut anybody: BTreeMap<u32, String> = BTreeMap::new();
    let mut named: BTreeMap<&str, BTreeMap<u32, String>> = BTreeMap::new();
    let through = |group: &str| {
        group == DEFAULT_GROUP
            || state
                .san
                .target_groups
                .get(group)
                .is_some_and(|members| members.iter().any(|member| member == iqn))
    };
    for lun in state
        .luns()
        .filter(|lun| lun.online && through(&lun.targetgroup))
    {
        for view in &lun.views {
            let Some(number) = view.number else { continue };
            if view.group == DEFAULT_GROUP {
                anybody.insert(number, lun.guid.clone());
            }
            for member in state
                .san
                .initiator_groups
                .get(&view.group)
                .into_iter()
                .flatten()
            {
                named
                    .entry(member)
                    .or_default()
                    .insert(number, lun.guid.clone());
            }
        }
    }
    let mut views = BTreeMap::new();
    for (initiator, mut luns) in named {
        for (number, guid) in &anybody {
            luns.entry(*number).or_insert_with(|| guid.clone());
        }
        views.insert(Some(initiator.to_owned()), luns.into_iter().collect());
    }
    if !anybody.is_empty() {
        views.insert(None, anybody.into_iter().collect());
    }
    views
}
