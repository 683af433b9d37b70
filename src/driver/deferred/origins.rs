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

/// Warning for a damaged appliance.
const CIRCLE: &str = "deleted volume that is its own origin; it stays";

impl DeleteFlow {
    /// Whether it was cloned from a deleted volume or snapshot that waits for its clones.
    pub(in crate::driver) fn has_deferred_origin(&self) -> bool {
        is_deferred(&self.snapshot) || is_deferred(&self.origin)
    }

    /// The name of its origin, if that looks like a deleted volume.
    fn deferred_volume(&self) -> Option<&str> {
        is_deferred(&self.origin).then_some(self.origin.as_str())
    }

    /// Reads the deleted volume that it was cloned from, the one that this was cloned from, and so
    /// on. A volume that cannot be read stays, and an audit finds it.
    pub(in crate::driver) async fn read_deferred_volumes(
        &self,
        driver: &Driver,
        scope: &Scope,
    ) -> Vec<DeleteFlow> {
        let mut chain: Vec<DeleteFlow> = Vec::new();
        while let Some(name) = chain.last().unwrap_or(self).deferred_volume() {
            // The appliance cannot make a circle, and a damaged one must not end the memory.
            if chain.iter().any(|volume| volume.name == name) {
                tracing::warn!(volume = name, "{CIRCLE}");
                return Vec::new();
            }
            let Some(volume) = read_deferred(driver, scope, name).await else {
                break;
            };
            chain.push(volume);
        }
        chain
    }

    /// Deletes the deleted volumes that it was cloned from, the nearest first, up to one that
    /// still waits for another clone. May be repeated: a volume that is gone leads to the next one.
    ///
    /// The lock of each is held while it is deleted, so that a deferral of its origin waits for that
    /// and then checks the origin. An origin that was renamed before is found by the new name, which
    /// is read under the lock. An operation waits only for the lock of an origin while it holds that
    /// of a clone, so no two operations wait for each other.
    pub(in crate::driver) async fn delete_deferred_volumes(
        &self,
        driver: &Driver,
        scope: &Scope,
    ) -> Result<Effect> {
        let mut effect = Effect::Found;
        let mut passed = vec![self.name.clone()];
        let mut next = self.deferred_volumes.first().cloned();
        while let Some(volume) = next {
            if passed.contains(&volume.name) {
                tracing::warn!(volume = volume.name, "{CIRCLE}");
                break;
            }
            let held = match canary!("deferred-origin-not-locked") {
                true => None,
                false => Some(driver.lock_volume(scope, &volume.name).await?),
            };
            let Some(deleted) = volume.delete_if_unused(driver, scope).await? else {
                break;
            };
            drop(held);
            effect = Effect::Made;
            next = match canary!("deferred-chain-not-read") {
                true => None,
                false => self.origin_of(&deleted, driver, scope).await,
            };
            passed.push(deleted.name);
        }
        Ok(effect)
    }

    /// The deleted volume that a volume of the chain was cloned from: as it was read before, or as
    /// it is now if it got its name since.
    async fn origin_of(
        &self,
        volume: &DeleteFlow,
        driver: &Driver,
        scope: &Scope,
    ) -> Option<DeleteFlow> {
        let name = volume.deferred_volume()?;
        let mut known = self.deferred_volumes.iter();
        match known.find(|origin| origin.name == name) {
            Some(origin) => Some(origin.clone()),
            None => read_deferred(driver, scope, name).await,
        }
    }

    /// Deletes a deleted volume that waits for nothing, the snapshot that it was cloned from if
    /// that waits for nothing else, and its cache entry. Its lock is held. Returns it with the name
    /// that its origin has now; `None` if the volume is still needed.
    async fn delete_if_unused(
        mut self,
        driver: &Driver,
        scope: &Scope,
    ) -> Result<Option<DeleteFlow>> {
        if let Some(lun) = self.there(driver, scope).await? {
            if !canary!("deferred-origin-not-read-again") {
                self.follow_origin(driver, &lun);
            }
            if !self.delete_unused_lun(driver, scope, &lun).await? {
                return Ok(None);
            }
        }
        if self.temporary && self.is_outlived(driver, scope).await? {
            self.delete_snapshot(driver, scope).await?;
        }
        self.delete_entry(driver, scope).await?;
        Ok(Some(self))
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

/// Reads what may be a deleted volume: whether it is one and unused is checked again under its lock.
/// `None` if it is gone or cannot be read: then it stays, and an audit finds it.
async fn read_deferred(driver: &Driver, scope: &Scope, name: &str) -> Option<DeleteFlow> {
    match driver.find_volume(scope, name).await {
        Ok(lun) => {
            let mut flow = DeleteFlow::of_lun(driver, &lun?);
            flow.entry = flow.guid_of_entry(driver, scope).await;
            Some(flow)
        }
        Err(error) => {
            tracing::warn!(volume = name, %error, "deleted volume not read; it stays");
            None
        }
    }
}

/// Whether a LUN is a deleted volume that no host sees and no administrator protected. This driver
/// protects only clones.
pub(in crate::driver) fn is_unused(lun: &Lun) -> bool {
    let protected = lun.nodestroy && lun.origin.is_none();
    (Deferred::of(lun).is_some() || canary!("deferred-volume-without-marker"))
        && lun.presentation().is_masked()
        && !protected
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
