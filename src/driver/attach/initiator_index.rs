//! Which initiator is in which group, and where hosts find the target.

use std::collections::HashMap;
use std::sync::Arc;

use crate::appliance::{InitiatorGroup, List, Odd};
use crate::config::Portal;
use crate::driver::{Driver, together};
use crate::error::{Error, Outcome, Result, Status};
use crate::local::Local;
use crate::scope::Scope;

/// The built-in groups: of initiators the one that holds every initiator, of targets the one that
/// holds every target.
pub(in crate::driver) const EVERYBODY: &str = "default";

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

    /// The groups that hold an initiator, the one with the fewest members first.
    pub(in crate::driver) fn of(&self, iqn: &str) -> Vec<&InitiatorGroup> {
        let indexes = self.by_initiator.get(&folded(iqn));
        let mut groups: Vec<_> = indexes
            .into_iter()
            .flatten()
            .filter_map(|index| self.groups.get(*index))
            .filter(|group| group.name != EVERYBODY)
            .collect();
        groups.sort_by(|a, b| (a.initiators.len(), &a.name).cmp(&(b.initiators.len(), &b.name)));
        groups
    }

    /// Fails where one of these groups cannot be read: then it cannot be told who is in it.
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

/// Where hosts find the backend's target.
#[derive(Clone, Debug)]
pub(in crate::driver) struct TargetAddress {
    /// Its iSCSI name.
    pub(in crate::driver) iqn: String,
    /// Its portals as `address:port`, names resolved.
    pub(in crate::driver) portals: Vec<String>,
}

impl Driver {
    /// The initiator groups, at most a cache's lifetime old.
    pub(in crate::driver) async fn groups(&self, scope: &Scope) -> Result<Arc<InitiatorIndex>> {
        let fetch = || async {
            let groups = self.appliance().initiator_groups(scope).await?;
            Ok(InitiatorIndex::new(groups))
        };
        self.0.groups.get(scope, fetch).await
    }

    /// The initiator groups as they are now.
    pub(in crate::driver) async fn groups_now(&self, scope: &Scope) -> Result<Arc<InitiatorIndex>> {
        let groups = self.appliance().initiator_groups(scope).await?;
        Ok(self.0.groups.put(InitiatorIndex::new(groups)))
    }

    /// Forgets the initiator groups, because one of them proved to be gone.
    pub(in crate::driver) fn forget_groups(&self) {
        self.0.groups.forget();
    }

    /// Where hosts find the target, at most a cache's lifetime old: its name is another one when
    /// it was destroyed and made again.
    pub(in crate::driver) async fn target(&self, scope: &Scope) -> Result<Arc<TargetAddress>> {
        let alias = &self.config().target_group;
        let fetch = || async {
            let target = self.appliance().find_target(scope, alias).await?;
            let target = target.ok_or_else(|| {
                Error::new(
                    Status::SetupIncomplete,
                    format!(
                        "the appliance has no iSCSI target with the alias {alias}; run do_setup"
                    ),
                )
            })?;
            Ok(TargetAddress {
                iqn: target.iqn,
                portals: self.resolved_portals(scope).await?,
            })
        };
        self.0.target.get(scope, fetch).await
    }

    /// The configured portals with their names resolved, since initiators want addresses.
    pub(in crate::driver) async fn resolved_portals(&self, scope: &Scope) -> Result<Vec<String>> {
        let local = &self.0.local;
        let portals = self.config().target_portals.iter();
        let portals = portals.map(|portal| resolve(local, portal));
        let resolved = scope.bound(together::all(portals)).await;
        let resolved = resolved.map_err(|stop| stop.error(Outcome::None))?;
        resolved.into_iter().collect()
    }
}

async fn resolve(local: &Local, portal: &Portal) -> Result<String> {
    let context = || format!("zfssa_target_portal {portal} cannot be resolved; use an address");
    let found = local.addresses(&portal.host, portal.port).await;
    let found = found.map_err(|error| error.with_context(context()))?;
    let first = found.first().ok_or_else(|| {
        Error::new(Status::Resolve, "the name has no address").with_context(context())
    })?;
    Ok(first.to_string())
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
                group(EVERYBODY, &["iqn.a"]),
            ]
            .into(),
        );
        let names: Vec<_> = groups.of("iqn.A").iter().map(|group| &group.name).collect();
        assert_eq!(names, ["host-a", "all-hosts"]);
        assert!(groups.of("iqn.c").is_empty());
    }
}
