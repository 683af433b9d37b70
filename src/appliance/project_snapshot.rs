//! Snapshots of a whole project.

use crate::appliance::client::{Appliance, found};
use crate::appliance::project_ref::{ProjectRef, place_path};
use crate::appliance::snapshot::{LunSnapshot, Named};
use crate::error::Result;
use crate::rest::{Request, check_name};
use crate::scope::Scope;

impl Appliance {
    /// Takes a snapshot of a project: of all its shares, at one instant and under one name.
    pub async fn create_project_snapshot(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
    ) -> Result<()> {
        check_name(name)?;
        let path = place_path(place)?.fixed("snapshots");
        let object = path.clone().name(name)?;
        self.outlast_namesake(scope, &object).await?;
        let request = Request::post(path, &Named { name }).creating(object);
        self.change(
            scope,
            &request,
            |_| Ok(()),
            |looking| async move {
                let there = self.has_project_snapshot(&looking, place, name).await?;
                Ok(there.then_some(()))
            },
        )
        .await
    }

    /// Whether a project has a snapshot of this name.
    pub async fn has_project_snapshot(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
    ) -> Result<bool> {
        let snapshot = self.project_snapshot(scope, place, name).await;
        Ok(found(snapshot)?.is_some())
    }

    async fn project_snapshot(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
    ) -> Result<LunSnapshot> {
        let path = place_path(place)?.fixed("snapshots").name(name)?;
        self.read(scope, path, "snapshot").await
    }

    /// A snapshot of a project that is to be deleted; `None` only if its absence is proven, and no
    /// request may still create it.
    pub async fn find_project_snapshot_to_delete(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
    ) -> Result<Option<LunSnapshot>> {
        let object = place_path(place)?.fixed("snapshots").name(name)?;
        let look = || self.project_snapshot(scope, place, name);
        self.proven_to_delete(scope, place, &object, look).await
    }

    /// Deletes a snapshot of a project, and with it the snapshots of the same name on its shares;
    /// true if it existed.
    pub async fn delete_project_snapshot(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
    ) -> Result<bool> {
        let path = place_path(place)?.fixed("snapshots").name(name)?;
        self.remove_from(scope, place, path, |looking| async move {
            self.project_snapshot(&looking, place, name).await
        })
        .await
    }
}
