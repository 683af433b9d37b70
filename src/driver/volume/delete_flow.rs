//! Flow that deletes a clone: its protection, the LUN, its temporary snapshot, and the deleted
//! volumes that waited for it.

use serde::{Deserialize, Serialize};

use crate::appliance::{Lun, ProjectRef};
use crate::driver::backend::Driver;
use crate::driver::image::cache::ImageCache;
use crate::driver::naming::{TEMPORARY_SNAPSHOT, is_deferred};
use crate::driver::volume::protection::protect;
use crate::error::{Error, Outcome, Result, Status};
use crate::flow::{Effect, Flow};
use crate::scope::Scope;

/// Result of a deletion.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Deleted {
    /// False if it did not exist before the call.
    pub existed: bool,
}

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
    /// The snapshot is deleted with its last clone: it was made for this clone, or was deleted and
    /// waits for its clones.
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
    /// The deleted volume that it was cloned from, which may have waited for this clone; the one
    /// that this was cloned from; and so on.
    #[serde(default)]
    pub(in crate::driver) deferred_volumes: Vec<DeleteFlow>,
}

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::driver) enum DeleteStep {
    Unprotect,
    DeleteLun,
    DeleteSnapshot,
    DeleteEntry,
    DeleteVolumes,
}

impl DeleteFlow {
    /// Flow that deletes a LUN, if one request is not enough.
    pub(in crate::driver) fn of_clone(driver: &Driver, lun: &Lun) -> Option<DeleteFlow> {
        lun.origin.as_ref()?;
        // The driver protects clones, so it may clear the protection. On any other LUN an
        // administrator set it.
        let flow = DeleteFlow::of_lun(driver, lun);
        let several =
            flow.temporary || flow.protected || flow.image.is_some() || flow.has_deferred_origin();
        several.then_some(flow)
    }

    /// Flow that deletes a LUN, before it has read anything.
    pub(in crate::driver) fn of_lun(driver: &Driver, lun: &Lun) -> DeleteFlow {
        let flow = DeleteFlow {
            name: lun.name.clone(),
            guid: lun.guid.clone(),
            protected: lun.nodestroy,
            mark: lun.operation.clone(),
            ..DeleteFlow::default()
        };
        let Some(origin) = &lun.origin else {
            return flow;
        };
        let origin_project = if origin.project.is_empty() {
            driver.place().project
        } else {
            origin.project.as_str()
        };
        DeleteFlow {
            origin_project: origin_project.to_owned(),
            origin: origin.share.clone(),
            snapshot: origin.snapshot.clone(),
            temporary: origin.snapshot.starts_with(TEMPORARY_SNAPSHOT)
                || (is_deferred(&origin.snapshot) && !canary!("deferred-snapshot-forgotten")),
            image: ImageCache(driver).image_of_clone(lun),
            ..flow
        }
    }

    /// Reads what is deleted after the clone, as long as the clone is there.
    pub(in crate::driver) async fn read_origin(
        &mut self,
        driver: &Driver,
        scope: &Scope,
    ) -> Result<()> {
        let (outlived, entry, volumes) = tokio::join!(
            self.is_outlived(driver, scope),
            self.guid_of_entry(driver, scope),
            self.read_deferred_volumes(driver, scope),
        );
        (self.entry, self.deferred_volumes) = (entry, volumes);
        self.outlived = outlived?;
        Ok(())
    }

    /// Takes the names over that its origin has now. Returns whether they changed: a deferral may
    /// rename the volume that it was cloned from, or the snapshot.
    pub(in crate::driver) fn follow_origin(&mut self, driver: &Driver, lun: &Lun) -> bool {
        let now = DeleteFlow::of_lun(driver, lun);
        let same = now.origin == self.origin && now.snapshot == self.snapshot;
        if now.guid != self.guid || now.origin.is_empty() || same {
            return false;
        }
        self.origin_project = now.origin_project;
        (self.origin, self.snapshot) = (now.origin, now.snapshot);
        (self.temporary, self.image) = (now.temporary, now.image);
        true
    }

    /// Where its origin is.
    pub(in crate::driver) fn origin_place<'a>(&'a self, driver: &'a Driver) -> ProjectRef<'a> {
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

    async fn unprotect(&mut self, driver: &Driver, scope: &Scope) -> Result<Effect> {
        // Neither waits for the other.
        let name = self.name.clone();
        let (unprotected, mut read) = tokio::join!(
            protect(driver.appliance(), scope, driver.place(), &name, false),
            self.read_origin(driver, scope),
        );
        let lun = unprotected?;
        // A host without a common lock, or while a migration took long, may have renamed it.
        if !canary!("origin-not-followed") && self.follow_origin(driver, &lun) {
            read = self.read_origin(driver, scope).await;
        }
        // The protection is cleared, whether or not the read succeeded.
        read.map_err(|error| error.with_outcome(Outcome::Applied))?;
        Ok(Effect::Made)
    }

    /// Deletes the snapshot that it was cloned from, if that has no other clone by now.
    async fn delete_outlived(&self, driver: &Driver, scope: &Scope) -> Result<Effect> {
        if !self.outlived && !self.is_outlived(driver, scope).await? {
            return Ok(Effect::Found);
        }
        self.delete_snapshot(driver, scope).await
    }

    /// Deletes the snapshot that it was cloned from, unless that has another clone.
    pub(in crate::driver) async fn delete_snapshot(
        &self,
        driver: &Driver,
        scope: &Scope,
    ) -> Result<Effect> {
        let place = self.origin_place(driver);
        let deleted = driver
            .appliance()
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

impl Flow<Driver> for DeleteFlow {
    type Step = DeleteStep;
    const KIND: &'static str = "delete_clone";

    fn object(&self) -> &str {
        &self.name
    }

    fn steps(&self) -> Vec<DeleteStep> {
        use DeleteStep::{DeleteEntry, DeleteLun, DeleteSnapshot, DeleteVolumes, Unprotect};
        vec![
            Unprotect,
            DeleteLun,
            DeleteSnapshot,
            DeleteEntry,
            DeleteVolumes,
        ]
    }

    fn point_of_no_return(&self) -> Option<DeleteStep> {
        Some(DeleteStep::DeleteLun)
    }

    fn needed(&self, step: DeleteStep) -> bool {
        match step {
            DeleteStep::Unprotect => self.protected,
            DeleteStep::DeleteLun => true,
            // A deferred snapshot may lose two clones at once, each of which still sees the other.
            DeleteStep::DeleteSnapshot => {
                let deferred = is_deferred(&self.snapshot) && !canary!("deferred-snapshot-of-two");
                self.temporary && (self.outlived || deferred)
            }
            DeleteStep::DeleteEntry => self.entry.is_some(),
            DeleteStep::DeleteVolumes => !self.deferred_volumes.is_empty(),
        }
    }

    fn left_behind(&self, step: DeleteStep) -> String {
        match step {
            DeleteStep::Unprotect => format!("volume {} without its protection", self.name),
            DeleteStep::DeleteLun => format!("volume {}", self.name),
            DeleteStep::DeleteSnapshot => format!("snapshot {}@{}", self.origin, self.snapshot),
            DeleteStep::DeleteEntry => format!("cache entry {}", self.origin),
            DeleteStep::DeleteVolumes => format!("deleted volume {}", self.origin),
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
            DeleteStep::DeleteSnapshot => match self.delete_outlived(driver, scope).await {
                // The caller's volume is deleted. An audit finds the deferred objects.
                Err(error) if self.has_deferred_origin() => {
                    tracing::warn!(origin = self.origin, %error, "deferred snapshot not deleted");
                    Ok(Effect::Found)
                }
                deleted => deleted,
            },
            DeleteStep::DeleteVolumes => {
                let deleted = self.delete_deferred_volumes(driver, scope).await;
                Ok(deleted.unwrap_or_else(|error| {
                    tracing::warn!(origin = self.origin, %error, "deferred volume not deleted");
                    Effect::Found
                }))
            }
        }
    }

    async fn verify(&mut self, driver: &Driver, scope: &Scope, step: DeleteStep) -> Result<bool> {
        match step {
            DeleteStep::Unprotect => {
                let lun = self.there(driver, scope).await?;
                if lun.is_some() {
                    self.read_origin(driver, scope).await?;
                } else {
                    self.outlived = self.is_outlived(driver, scope).await?;
                    self.deferred_volumes = self.read_deferred_volumes(driver, scope).await;
                }
                Ok(lun.is_none_or(|lun| !lun.nodestroy))
            }
            DeleteStep::DeleteLun => Ok(self.there(driver, scope).await?.is_none()),
            // These steps read first, so they may run again.
            DeleteStep::DeleteEntry | DeleteStep::DeleteVolumes => Ok(false),
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
            protect(appliance, scope, place, &self.name, true).await?;
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
