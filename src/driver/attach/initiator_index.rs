//! Initiator groups of the appliance, indexed by initiator.

use std::collections::HashMap;
use std::sync::Arc;

use crate::appliance::{Appliance, DEFAULT_GROUP, InitiatorGroup, List, Odd};
use crate::driver::ttl_cache::{CACHE_TTL, TtlCache};
use crate::error::Result;
use crate::scope::Scope;
use crate::sorting::sort_by;

/// The initiator groups of the appliance, found by initiator.
pub(in crate::driver) struct InitiatorIndex {
    groups: Vec<InitiatorGroup>,
    odd: Vec<Odd>,
    by_initiator: HashMap<String, Vec<usize>>,
}

/// iSCSI names are compared without regard to case (RFC 3722).
fn folded(iqn: &str) -> String {
    iqn.to_ascii_lowercase()
}

impl InitiatorIndex {
    pub(in crate::driver) fn new(groups: List<InitiatorGroup>) -> Self {
        let (groups, odd) = groups.parts();
        InitiatorIndex::of_parts(groups, odd)
    }

    /// The same groups and one more.
    fn with(&self, made: InitiatorGroup) -> Self {
        let groups = self.groups.iter().cloned().chain([made]).collect();
        InitiatorIndex::of_parts(groups, self.odd.clone())
    }

    fn of_parts(groups: Vec<InitiatorGroup>, odd: Vec<Odd>) -> Self {
        let mut by_initiator: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, group) in groups.iter().enumerate() {
            for iqn in &group.initiators {
                by_initiator.entry(folded(iqn)).or_default().push(index);
            }
        }
        InitiatorIndex {
            groups,
            odd,
            by_initiator,
        }
    }

    /// The groups of an initiator, the one with the fewest members first.
    pub(in crate::driver) fn of(&self, iqn: &str) -> Vec<&InitiatorGroup> {
        let indexes = self.by_initiator.get(&folded(iqn));
        let mut groups: Vec<_> = indexes
            .into_iter()
            .flatten()
            .filter_map(|index| self.groups.get(*index))
            .filter(|group| group.name != DEFAULT_GROUP)
            .collect();
        sort_by(&mut groups, |a, b| {
            (a.initiators.len(), &a.name).cmp(&(b.initiators.len(), &b.name))
        });
        groups
    }

    /// Fails if one of these groups cannot be read: then its members are unknown.
    pub(in crate::driver) fn must_be_read(&self, names: &[&str]) -> Result<()> {
        let matters = |odd: &&Odd| odd.name().is_some_and(|name| names.contains(&name));
        match self.odd.iter().find(matters) {
            Some(odd) => Err(odd.error()),
            None => Ok(()),
        }
    }

    /// A group by name.
    pub(in crate::driver) fn named(&self, name: &str) -> Option<&InitiatorGroup> {
        self.groups.iter().find(|group| group.name == name)
    }
}

/// Cached index of the appliance's initiator groups. An attachment that shows a change of the
/// groups has them read again at once.
pub(in crate::driver) struct InitiatorGroupCache(TtlCache<InitiatorIndex>);

impl InitiatorGroupCache {
    pub(in crate::driver) fn new() -> Self {
        InitiatorGroupCache(TtlCache::new(CACHE_TTL))
    }

    /// The initiator groups, at most the cache's lifetime old.
    pub(in crate::driver) async fn get(
        &self,
        appliance: &Appliance,
        scope: &Scope,
    ) -> Result<Arc<InitiatorIndex>> {
        let fetch = || async {
            let groups = appliance.initiator_groups(scope).await?;
            Ok(InitiatorIndex::new(groups))
        };
        self.0.get(scope, fetch).await
    }

    /// The initiator groups as they are now.
    pub(in crate::driver) async fn read(
        &self,
        appliance: &Appliance,
        scope: &Scope,
    ) -> Result<Arc<InitiatorIndex>> {
        let groups = appliance.initiator_groups(scope).await?;
        Ok(self.put(groups))
    }

    /// Caches groups that were read or made on the way.
    pub(in crate::driver) fn put(&self, groups: List<InitiatorGroup>) -> Arc<InitiatorIndex> {
        self.0.put(InitiatorIndex::new(groups))
    }

    /// Caches these groups and one that was made since they were read.
    pub(in crate::driver) fn add(
        &self,
        groups: &InitiatorIndex,
        made: InitiatorGroup,
    ) -> Arc<InitiatorIndex> {
        self.0.put(groups.with(made))
    }

    /// Drops the cached groups, because one of them proved to be gone.
    pub(in crate::driver) fn forget(&self) {
        self.0.forget();
    }
}

/// The members of a group other than one initiator.
pub(in crate::driver) fn others<'a>(
    group: &'a InitiatorGroup,
    iqn: &'a str,
) -> impl Iterator<Item = &'a String> {
    group
        .initiators
        .iter()
        .filter(move |member| !member.eq_ignore_ascii_case(iqn))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, initiators: &[&str]) -> InitiatorGroup {
        InitiatorGroup {
            name: name.to_owned(),
            initiators: initiators.iter().map(|iqn| iqn.to_string()).collect(),
        }
    }

    #[test]
    fn the_narrowest_group_of_a_host_comes_first() {
        let groups = InitiatorIndex::new(
            vec![
                group("all-hosts", &["iqn.a", "iqn.b"]),
                group("host-a", &["IQN.a"]),
                group(DEFAULT_GROUP, &["iqn.a"]),
            ]
            .into(),
        );
        let names: Vec<_> = groups.of("iqn.A").iter().map(|group| &group.name).collect();
        assert_eq!(names, ["host-a", "all-hosts"]);
        assert!(groups.of("iqn.c").is_empty());
    }
}
