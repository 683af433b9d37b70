//! Deletion of the deferred volumes and snapshots that a deleted clone was made from.

use crate::appliance::Lun;
use crate::driver::backend::Driver;
use crate::driver::deferred::mark::Deferred;
use crate::driver::naming::is_deferred;
use crate::driver::volume::delete_flow::DeleteFlow;
use crate::driver::volume::dependents::blockers;
use crate::driver::volume::protection::protect;
use crate::error::Result;
use crate::flow::Effect;
use crate::scope::Scope;

impl DeleteFlow {
    /// Whether it was cloned from a deleted volume or snapshot that waits for its clones.
    pub(in crate::driver) fn has_deferred_origin(&self) -> bool {
        is_deferred(&self.snapshot) || is_deferred(&self.origin)
    }

    /// The name of its origin, if that looks like a deleted volume.
    fn deferred_volume(&self, driver: &Driver) -> Option<&str> {
        let here = self.origin_project == driver.place().project;
        (here && is_deferred(&self.origin)).then_some(self.origin.as_str())
    }

    /// Reads the deleted volume that it was cloned from, the one that this was cloned from, and so
    /// on. A volume that cannot be read stays, and an audit finds it.
    pub(in crate::driver) async fn read_deferred_volumes(
        &self,
        driver: &Driver,
        scope: &Scope,
    ) -> Vec<DeleteFlow> {
        let mut chain: Vec<DeleteFlow> = Vec::new();
        while let Some(name) = chain.last().unwrap_or(self).deferred_volume(driver) {
            // The appliance cannot make a circle, and a damaged one must not end the memory.
            if chain.iter().any(|volume| volume.name == name) {
                tracing::warn!(
                    volume = name,
                    "deleted volume that is its own origin; it stays"
                );
                return Vec::new();
            }
            let lun = match driver.find_volume(scope, name).await {
                Ok(Some(lun)) if Deferred::of(&lun).is_some() => lun,
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(volume = name, %error, "deleted volume not read; it stays");
                    break;
                }
            };
            let mut flow = DeleteFlow::of_lun(driver, &lun);
            flow.entry = flow.guid_of_entry(driver, scope).await;
            chain.push(flow);
            if canary!("deferred-chain-not-read") {
                break;
            }
        }
        chain
    }

    /// Deletes the deleted volumes that it was cloned from, the nearest first, up to one that
    /// still waits for another clone. May be repeated: a volume that is gone leads to the next one.
    pub(in crate::driver) async fn delete_deferred_volumes(
        &self,
        driver: &Driver,
        scope: &Scope,
    ) -> Result<Effect> {
        let mut effect = Effect::Found;
        for volume in &self.deferred_volumes {
            if !volume.delete_if_unused(driver, scope).await? {
                break;
            }
            effect = Effect::Made;
        }
        Ok(effect)
    }

    /// Deletes a deleted volume that waits for nothing, the snapshot that it was cloned from if
    /// that waits for nothing else, and its cache entry. False if the volume is still needed.
    async fn delete_if_unused(&self, driver: &Driver, scope: &Scope) -> Result<bool> {
        if let Some(lun) = self.there(driver, scope).await?
            && !self.delete_unused_lun(driver, scope, &lun).await?
        {
            return Ok(false);
        }
        if self.temporary && self.is_outlived(driver, scope).await? {
            self.delete_snapshot(driver, scope).await?;
        }
        self.delete_entry(driver, scope).await?;
        Ok(true)
    }

    async fn delete_unused_lun(&self, driver: &Driver, scope: &Scope, lun: &Lun) -> Result<bool> {
        let (appliance, place, name) = (driver.appliance(), driver.place(), &self.name);
        if !is_unused(lun) {
            return Ok(false);
        }
        let look = || appliance.snapshots(scope, place, name);
        let Some(snapshots) = appliance.proven(scope, place, look).await? else {
            return Ok(true);
        };
        let blockers = blockers(driver, scope, place, name, snapshots).await?;
        if !blockers.is_empty() && !canary!("deferred-origin-in-use") {
            return Ok(false);
        }
        if lun.nodestroy {
            protect(appliance, scope, place, name, false).await?;
        }
        let deleted = appliance.delete_lun_of(scope, place, name, (&self.guid, None));
        match deleted.await {
            Ok(_) => Ok(true),
            Err(error) => {
                // A clone may have been made meanwhile; then the volume stays for that.
                let again = scope.for_rollback();
                if lun.nodestroy
                    && !canary!("deferred-volume-left-unprotected")
                    && let Err(failure) = protect(appliance, &again, place, name, true).await
                {
                    tracing::warn!(volume = name, %failure, "deleted volume without protection");
                }
                Err(error)
            }
        }
    }
}

/// Whether a LUN is a deleted volume that no host sees and no administrator protected. This driver
/// protects only clones.
pub(in crate::driver) fn is_unused(lun: &Lun) -> bool {
    let protected = lun.nodestroy && lun.origin.is_none();
    Deferred::of(lun).is_some() && lun.presentation().is_masked() && !protected
}

/// Deletes the deferred objects that a clone was made from, after the clone was deleted outside of
/// a [`DeleteFlow`]. A failure is logged: an audit finds what stays.
pub(in crate::driver) async fn delete_deferred_origins(driver: &Driver, scope: &Scope, lun: &Lun) {
    let mut flow = DeleteFlow::of_lun(driver, lun);
    if !flow.has_deferred_origin() {
        return;
    }
    flow.deferred_volumes = flow.read_deferred_volumes(driver, scope).await;
    let deleted = async {
        if is_deferred(&flow.snapshot) && flow.is_outlived(driver, scope).await? {
            flow.delete_snapshot(driver, scope).await?;
        }
        flow.delete_deferred_volumes(driver, scope).await
    };
    if let Err(error) = deleted.await {
        tracing::warn!(origin = flow.origin, %error, "deferred origin not deleted");
    }
}
