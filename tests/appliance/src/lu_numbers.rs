//! The LU numbers in use, by initiator group and target group, and the LUNs of each group.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rangemap::RangeInclusiveSet;

use crate::state::{Lun, LunId, MASK_ALL};

/// An index of the views of all LUNs.
#[derive(Default)]
pub(crate) struct LuNumbers {
    /// By initiator group and target group.
    by_groups: HashMap<String, BTreeMap<String, Numbers>>,
    /// Of all initiator groups together, by target group.
    by_target_group: BTreeMap<String, Numbers>,
    viewers: HashMap<String, BTreeSet<LunId>>,
    presenters: HashMap<String, BTreeSet<LunId>>,
}

/// The numbers in use in some views.
#[derive(Default)]
pub(crate) struct Numbers {
    /// Ranges, so that the lowest free number is found without a look at each one in use.
    used: RangeInclusiveSet<u32>,
    /// How many views of a LUN have the number.
    views: BTreeMap<(u32, LunId), u32>,
}

impl Numbers {
    fn insert(&mut self, number: u32, lun: LunId) {
        *self.views.entry((number, lun)).or_default() += 1;
        self.used.insert(number..=number);
    }

    fn remove(&mut self, number: u32, lun: LunId) {
        let Some(views) = self.views.get_mut(&(number, lun)) else {
            return;
        };
        *views -= 1;
        if *views == 0 {
            self.views.remove(&(number, lun));
            if self.users(number).next().is_none() {
                self.used.remove(number..=number);
            }
        }
    }

    pub fn contains(&self, number: u32) -> bool {
        self.used.contains(&number)
    }

    /// The LUNs with a number.
    pub fn users(&self, number: u32) -> impl Iterator<Item = LunId> {
        let users = self
            .views
            .range((number, LunId::MIN)..=(number, LunId::MAX));
        users.map(|((_, lun), _)| *lun)
    }
}

impl LuNumbers {
    pub fn insert(&mut self, lun: &Lun) {
        let presented = self.presenters.entry(lun.targetgroup.clone()).or_default();
        presented.insert(lun.id);
        for view in &lun.views {
            self.viewers
                .entry(view.group.clone())
                .or_default()
                .insert(lun.id);
            let Some(number) = view.number.filter(|_| view.group != MASK_ALL) else {
                continue;
            };
            let by_target_group = self.by_groups.entry(view.group.clone()).or_default();
            for numbers in [by_target_group, &mut self.by_target_group] {
                let numbers = numbers.entry(lun.targetgroup.clone()).or_default();
                numbers.insert(number, lun.id);
            }
        }
    }

    pub fn remove(&mut self, lun: &Lun) {
        forget(&mut self.presenters, &lun.targetgroup, lun.id);
        for view in &lun.views {
            forget(&mut self.viewers, &view.group, lun.id);
            let Some(number) = view.number else { continue };
            for numbers in [
                self.by_groups.get_mut(&view.group),
                Some(&mut self.by_target_group),
            ] {
                if let Some(numbers) = numbers.and_then(|by| by.get_mut(&lun.targetgroup)) {
                    numbers.remove(number, lun.id);
                }
            }
        }
    }

    /// The LUNs with a view of an initiator group.
    pub fn of_initiator_group(&self, group: &str) -> impl Iterator<Item = LunId> {
        self.viewers.get(group).into_iter().flatten().copied()
    }

    /// The LUNs that a target group presents.
    pub fn of_target_group(&self, group: &str) -> impl Iterator<Item = LunId> {
        self.presenters.get(group).into_iter().flatten().copied()
    }

    /// Numbers in views of an initiator group, by target group.
    pub fn in_views_of(&self, group: &str) -> impl Iterator<Item = (&String, &Numbers)> {
        self.by_groups.get(group).into_iter().flatten()
    }

    /// Numbers in views of any initiator group, by target group.
    pub fn in_views_of_any(&self) -> impl Iterator<Item = (&String, &Numbers)> {
        self.by_target_group.iter()
    }
}

fn forget(index: &mut HashMap<String, BTreeSet<LunId>>, group: &str, lun: LunId) {
    if let Some(luns) = index.get_mut(group) {
        luns.remove(&lun);
        if luns.is_empty() {
            index.remove(group);
        }
    }
}

/// The lowest number, from a first one on, that none of these have.
pub(crate) fn lowest_free(used: &[&Numbers], first: u32) -> u32 {
    let mut number = first;
    let end = |number| {
        used.iter()
            .find_map(|one| one.used.get(&number).map(|range| *range.end()))
    };
    while let Some(end) = end(number) {
        match end.checked_add(1) {
            Some(next) => number = next,
            None => return u32::MAX,
        }
    }
    number
}
