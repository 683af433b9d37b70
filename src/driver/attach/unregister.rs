//! Deletion of the initiator and the initiator group of a registered host, by the detachment of its
//! last volume.
//!
//! The lock of the initiator keeps it apart from the attachments of the same host. Where no common
//! lock is held, each side reads again after its change, so that one of the two notices the other.
//! What remains is a group that is deleted in the moment in which another host presents a LUN to
//! it, between the list of LUNs and the deletion. An appliance that refuses to delete a group in
//! use closes this gap; whether each release refuses is not known.

use crate::appliance::{
    Appliance, Cluster, DEFAULT_GROUP, Group as _, Initiator, InitiatorGroup, List,
};
use crate::driver::attach::register::make_initiator_again;
use crate::driver::attach::registered_host::{configured, digest_in, is_own, is_own_initiator};
use crate::driver::backend::Driver;
use crate::error::Result;
use crate::lock::Key;
use crate::scope::Scope;

/// Deletes the group of a registered host, and its initiator, if no LUN of the appliance is
/// presented to the group. Takes the lock of the initiator.
///
/// The detachment before it was made whatever comes of this, so a failure is logged and not
/// returned. What is left serves the next attachment of the host.
pub(in crate::driver) async fn unregister(driver: &Driver, scope: &Scope, group: &str) {
    let Some(digest) = digest_in(group) else {
        return;
    };
    let key = Key::Initiator(digest.to_owned());
    let deleted = match driver.0.locks.lock(scope, key).await {
        Ok(held) => {
            let deleted = Deregistration { driver, group }.run(scope).await;
            deleted.inspect_err(|error| driver.keep_in_doubt(held, error))
        }
        Err(error) => Err(error),
    };
    if let Err(error) = deleted {
        tracing::warn!(group, %error, "initiator group {group} of a registered host: not deleted");
    }
}

struct Deregistration<'a> {
    driver: &'a Driver,
    group: &'a str,
}

impl Deregistration<'_> {
    /// Deletes the group before the initiator: an attachment without the lock that finds no group
    /// registers the host again, and one that finds the group needs the initiator.
    async fn run(&self, scope: &Scope) -> Result<()> {
        let (appliance, group) = (self.driver.appliance(), self.group);
        let (found, unused) = tokio::join!(
            appliance.find_group::<InitiatorGroup>(scope, group),
            self.is_unused(scope)
        );
        let Some(found) = found?.filter(is_own) else {
            return Ok(());
        };
        let Some(iqn) = found.initiators.first() else {
            return Ok(());
        };
        if !unused? && !canary!("host-unregistered-in-use") {
            return Ok(());
        }
        self.driver.0.initiator_groups.forget();
        match appliance.delete_group::<InitiatorGroup>(scope, group).await {
            Ok(_) => {}
            // The appliance knows a LUN that is presented to it.
            Err(in_use) if in_use.http_status() == Some(409) => return Ok(()),
            Err(error) => return Err(error),
        }
        if configured(self.driver.config(), iqn).is_some() {
            return Ok(());
        }
        let (groups, initiator) = tokio::join!(
            appliance.initiator_groups(scope),
            appliance.find_initiator(scope, iqn)
        );
        let Some(initiator) = initiator?.filter(is_own_initiator) else {
            return Ok(());
        };
        if may_hold(groups?, iqn) {
            return Ok(());
        }
        appliance.delete_initiator(scope, &initiator.iqn).await?;
        self.bring_back(scope, &initiator).await
    }

    /// Registers the initiator again if another host, which shares no lock, put it into a group
    /// since the groups were read.
    async fn bring_back(&self, scope: &Scope, initiator: &Initiator) -> Result<()> {
        let appliance = self.driver.appliance();
        let iqn = initiator.iqn.as_str();
        if !may_hold(appliance.initiator_groups(scope).await?, iqn) {
            return Ok(());
        }
        make_initiator_again(self.driver, scope, initiator).await
    }

    /// Whether it is certain that no LUN is presented to the group. The list of LUNs has those of
    /// the pools that this head serves, so nothing is certain while the other head serves pools.
    async fn is_unused(&self, scope: &Scope) -> Result<bool> {
        let appliance = self.driver.appliance();
        let (cluster, used) = tokio::join!(
            appliance.cluster(scope),
            is_presented(appliance, scope, self.group)
        );
        Ok(serves_every_pool(&cluster?) && !used?)
    }
}

fn serves_every_pool(cluster: &Cluster) -> bool {
    matches!(cluster.state.as_str(), "AKCS_UNCONFIGURED" | "AKCS_OWNER")
}

/// Whether any LUN of the appliance is, or may be, presented to a group.
async fn is_presented(appliance: &Appliance, scope: &Scope, group: &str) -> Result<bool> {
    let using = appliance.luns_of_appliance_as(scope, |lun| {
        let mut groups = lun.presentation().groups();
        groups.any(|one| one == group).then_some(())
    });
    // One that cannot be read may be presented to it.
    Ok(!using.await?.is_empty())
}

/// Whether any group, other than that of all initiators, holds an initiator, or may hold it.
fn may_hold(groups: List<InitiatorGroup>, iqn: &str) -> bool {
    let (groups, odd) = groups.parts();
    !odd.is_empty()
        || groups
            .iter()
            .any(|group| group.name != DEFAULT_GROUP && group.holds(iqn))
}
