//! Flow that deletes a clone: its protection, the LUN, its temporary snapshot.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::appliance::{Lun, ProjectRef};
use crate::driver::backend::Driver;
use crate::driver::image::cache::ImageCache;
use crate::driver::naming::TEMPORARY_SNAPSHOT;
use crate::driver::volume::protection::protect;
use crate::error::{Error, Outcome, Result, Status};
use crate::flow::{Effect, Flow};
use crate::lock::Key;
use crate::scope::{Ended, Scope};

/// Result of a deletion.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Deleted {
    /// False if it did not exist before the call.
    pub existed: bool,
}

/// Longest wait of a deletion for the lock on the image of its cache entry.
const PATIENCE: Duration = Duration::from_secs(1);

/// The clone to delete.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::driver) struct DeleteFlow {
    /// The LUN.
    pub(in crate::driver) name: String,
    /// Its id: another LUN of this name is not touched.
    pub(in crate::driver) guid: String,
    /// The driver protected it, so the driver may clear the protection.
    pub(in crate::driver) protected: bool,
    /// Where its origin is.
    pub(in crate::driver) origin_project: String,
    /// The LUN that it was cloned from.
    pub(in crate::driver) origin: String,
    /// The snapshot that it was cloned from.
    pub(in crate::driver) snapshot: String,
    /// The snapshot was made for this clone.
    pub(in crate::driver) temporary: bool,
    /// The origin is a cache entry, of this image.
    #[serde(default)]
    pub(in crate::driver) image: Option<String>,
    /// The GUID of that entry: another LUN of its name is not touched.
    #[serde(default)]
    pub(in crate::driver) entry: Option<String>,
    /// Marker of the attempt that created it: a LUN from a late request of that attempt is deleted,
    /// too.
    #[serde(default)]
    pub(in crate::driver) mark: Option<String>,
    /// The temporary snapshot has no other clone.
    #[serde(default)]
    pub(in crate::driver) outlived: bool,
}

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::driver) enum DeleteStep {
    Unprotect,
    DeleteLun,
    DeleteSnapshot,
    DeleteEntry,
}

impl DeleteFlow {
    /// Flow that deletes a LUN, if one request is not enough.
    pub(in crate::driver) fn of_clone(driver: &Driver, lun: &Lun) -> Option<DeleteFlow> {
        let origin = lun.origin.as_ref()?;
        let temporary = origin.snapshot.starts_with(TEMPORARY_SNAPSHOT);
        // The driver protects clones, so it may clear the protection. On any other LUN an
        // administrator set it.
        let image = ImageCache(driver).image_of_clone(lun);
        if !temporary && !lun.nodestroy && image.is_none() {
            return None;
        }
        let origin_project = if origin.project.is_empty() {
            driver.place().project
        } else {
            origin.project.as_str()
        };
        Some(DeleteFlow {
            name: lun.name.clone(),
            guid: lun.guid.clone(),
            protected: lun.nodestroy,
            origin_project: origin_project.to_owned(),
            origin: origin.share.clone(),
            snapshot: origin.snapshot.clone(),
            temporary,
            image,
            entry: None,
            mark: lun.operation.clone(),
            outlived: false,
        })
    }

    fn origin_place<'a>(&'a self, driver: &'a Driver) -> ProjectRef<'a> {
        ProjectRef {
            project: &self.origin_project,
            ..driver.place()
        }
    }

    /// Whether the snapshot has no clone but the one to delete.
    pub(in crate::driver) async fn is_outlived(
        &self,
        driver: &Driver,
        scope: &Scope,
    ) -> Result<bool> {
        if !self.temporary {
            return Ok(false);
        }
        let place = self.origin_place(driver);
        let (lun, snapshot) = (self.origin.as_str(), self.snapshot.as_str());
        match driver
            .appliance()
            .dependents(scope, place, lun, snapshot)
            .await
        {
            // An unreadable clone counts as another one.
            Ok(clones) => Ok(clones.is_all(&self.name)),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The LUN, if it still exists and is the same one.
    pub(in crate::driver) async fn there(
        &self,
        driver: &Driver,
        scope: &Scope,
    ) -> Result<Option<Lun>> {
        match driver.find_volume(scope, &self.name).await? {
            Some(lun) if lun.is_same(&self.guid)? => Ok(Some(lun)),
            _ => Ok(None),
        }
    }

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
    async fn delete_entry(&self, driver: &Driver, scope: &Scope) -> Result<Effect> {
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

    async fn unprotect(&mut self, driver: &Driver, scope: &Scope) -> Result<Effect> {
        // Neither waits for the other.
        let (unprotected, outlived, entry) = tokio::join!(
            protect(driver.appliance(), scope, driver.place(), &self.name, false),
            self.is_outlived(driver, scope),
            self.guid_of_entry(driver, scope),
        );
        self.entry = entry;
        unprotected?;
        // The protection is cleared, whether or not the read succeeded.
        self.outlived = outlived.map_err(|error| error.with_outcome(Outcome::Applied))?;
        Ok(Effect::Made)
    }
}

impl Flow<Driver> for DeleteFlow {
    type Step = DeleteStep;
    const KIND: &'static str = "delete_clone";

    fn object(&self) -> &str {
        &self.name
    }

    fn steps(&self) -> Vec<DeleteStep> {
        use DeleteStep::{DeleteEntry, DeleteLun, DeleteSnapshot, Unprotect};
        vec![Unprotect, DeleteLun, DeleteSnapshot, DeleteEntry]
    }

    fn point_of_no_return(&self) -> Option<DeleteStep> {
        Some(DeleteStep::DeleteLun)
    }

    fn needed(&self, step: DeleteStep) -> bool {
        match step {
            DeleteStep::Unprotect => self.protected,
            DeleteStep::DeleteLun => true,
            DeleteStep::DeleteSnapshot => self.temporary && self.outlived,
            DeleteStep::DeleteEntry => self.entry.is_some(),
        }
    }

    fn left_behind(&self, step: DeleteStep) -> String {
        match step {
            DeleteStep::Unprotect => format!("volume {} without its protection", self.name),
            DeleteStep::DeleteLun => format!("volume {}", self.name),
            DeleteStep::DeleteSnapshot => format!("snapshot {}@{}", self.origin, self.snapshot),
            DeleteStep::DeleteEntry => format!("cache entry {}", self.origin),
        }
    }

    async fn run(&mut self, driver: &Driver, scope: &Scope, step: DeleteStep) -> Result<Effect> {
        let appliance = driver.appliance();
        match step {
            DeleteStep::Unprotect => self.unprotect(driver, scope).await,
            DeleteStep::DeleteLun => {
                let deleted = appliance.delete_lun_of(
                    scope,
                    driver.place(),
                    &self.name,
                    (&self.guid, self.mark.as_deref()),
                );
                deleted
                    .await
                    .map_err(|error| not_deleted(&self.name, error))?;
                Ok(Effect::Made)
            }
            DeleteStep::DeleteEntry => {
                let deleted = self.delete_entry(driver, scope).await;
                Ok(deleted.unwrap_or_else(|error| {
                    tracing::warn!(entry = self.origin, %error, "cache entry not deleted");
                    Effect::Found
                }))
            }
            DeleteStep::DeleteSnapshot => {
                let place = self.origin_place(driver);
                let deleted = appliance
                    .delete_snapshot(scope, place, &self.origin, &self.snapshot)
                    .await;
                match deleted {
                    Ok(_) => Ok(Effect::Made),
                    // The snapshot has a new clone: it is kept for that.
                    Err(error)
                        if matches!(error.status(), Status::ConfirmRequired | Status::Denied)
                            && !self.is_outlived(driver, scope).await? =>
                    {
                        Ok(Effect::Found)
                    }
                    Err(error) => Err(error.with_context(format!(
                        "volume {} is deleted, its snapshot {}@{} is not",
                        self.name, self.origin, self.snapshot
                    ))),
                }
            }
        }
    }

    async fn verify(&mut self, driver: &Driver, scope: &Scope, step: DeleteStep) -> Result<bool> {
        match step {
            DeleteStep::Unprotect => {
                let lun = self.there(driver, scope).await?;
                self.outlived = self.is_outlived(driver, scope).await?;
                if lun.is_some() {
                    self.entry = self.guid_of_entry(driver, scope).await;
                }
                Ok(lun.is_none_or(|lun| !lun.nodestroy))
            }
            DeleteStep::DeleteLun => Ok(self.there(driver, scope).await?.is_none()),
            // The step only reads, so it may run again.
            DeleteStep::DeleteEntry => Ok(false),
            DeleteStep::DeleteSnapshot => {
                let place = self.origin_place(driver);
                let appliance = driver.appliance();
                let (origin, snapshot) = (self.origin.as_str(), self.snapshot.as_str());
                let found = appliance.find_snapshot_proven(scope, place, origin, snapshot);
                Ok(found.await?.is_none())
            }
        }
    }

    async fn roll_back(&mut self, driver: &Driver, scope: &Scope, step: DeleteStep) -> Result<()> {
        // Steps after the point of no return are not rolled back.
        if step == DeleteStep::Unprotect
            && let Some(lun) = self.there(driver, scope).await?
            && !lun.nodestroy
        {
            let (appliance, place) = (driver.appliance(), driver.place());
            return protect(appliance, scope, place, &self.name, true).await;
        }
        Ok(())
    }
}

/// Error of a volume that the appliance did not delete.
pub(in crate::driver) fn not_deleted(name: &str, error: Error) -> Error {
    if error.status() != Status::ConfirmRequired {
        return error;
    }
    error.with_status(Status::VolumeBusy).with_context(format!(
        "deleting volume {name} would destroy its dependents; delete them first"
    ))
}
