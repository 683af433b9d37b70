//! Deletion of the cache entry that a deleted volume was cloned from.

use std::time::Duration;

use crate::driver::backend::Driver;
use crate::driver::volume::delete_flow::DeleteFlow;
use crate::error::{Outcome, Result};
use crate::flow::Effect;
use crate::lock::Key;
use crate::scope::{Ended, Scope};

/// Longest wait of a deletion for the lock on the image of its cache entry.
const PATIENCE: Duration = Duration::from_secs(1);

impl DeleteFlow {
    /// The GUID of the cache entry, as long as the clone is there, which keeps another LUN from
    /// taking the entry's name. `None` when it cannot be read: the entry stays in the cache then.
    pub(in crate::driver) async fn guid_of_entry(
        &self,
        driver: &Driver,
        scope: &Scope,
    ) -> Option<String> {
        self.image.as_ref()?;
        let place = self.origin_place(driver);
        let entry = driver.appliance().find_lun(scope, place, &self.origin);
        let entry = entry.await.ok().flatten();
        entry
            .filter(|entry| entry.image_id == self.image)
            .map(|entry| entry.guid)
    }

    /// Deletes the cache entry if this was the last of its clones. They are listed, not counted:
    /// the appliance's count lags. A clone that is created at this moment is protected, so the
    /// appliance keeps the entry for it. A failure does no harm: the entry stays in the cache.
    ///
    /// The lock on the image keeps an operation of this host from making another entry of the name
    /// meanwhile. In the order of locks it comes before the lock on the volume, which is held
    /// already; so the wait for it is short, and after that the entry stays.
    pub(in crate::driver) async fn delete_entry(
        &self,
        driver: &Driver,
        scope: &Scope,
    ) -> Result<Effect> {
        let (Some(image), Some(guid)) = (&self.image, &self.entry) else {
            return Ok(Effect::Found);
        };
        let share = driver.0.locks.share(scope, Key::Image(image.clone()));
        let _shared = match scope.within(PATIENCE, share).await {
            Ok(shared) => shared?,
            Err(Ended::Elapsed) => {
                let entry = &self.origin;
                tracing::info!(entry, "cache entry kept: its image is being written");
                return Ok(Effect::Found);
            }
            Err(Ended::Stop(stop)) => return Err(stop.error(Outcome::None)),
        };
        let (appliance, place) = (driver.appliance(), self.origin_place(driver));
        let (lun, clones) = tokio::join!(
            appliance.find_lun(scope, place, &self.origin),
            appliance.dependents(scope, place, &self.origin, &self.snapshot),
        );
        let Some(lun) = lun? else {
            return Ok(Effect::Found);
        };
        let unused = clones?.is_all(&self.name);
        if !lun.is_same(guid)? || lun.image_id != self.image || !unused {
            return Ok(Effect::Found);
        }
        appliance
            .delete_lun_of(scope, place, &self.origin, (guid, None))
            .await?;
        Ok(Effect::Made)
    }
}
