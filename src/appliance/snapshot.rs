//! Snapshots of LUNs, and what depends on them.

use serde::{Deserialize, Serialize};

use crate::appliance::lun::lun_path;
use crate::appliance::{Appliance, Place, found, json, read_member, storage};
use crate::error::Result;
use crate::rest::{Path, Request};
use crate::scope::Scope;

/// A snapshot.
#[derive(Clone, Debug, Deserialize)]
pub struct Snapshot {
    /// Its name, unique on its LUN.
    pub name: String,
    /// UTC.
    #[serde(default)]
    pub creation: String,
    /// Clones made directly from it. The count may lag behind deletions; [`Dependent`]s are
    /// the truth.
    #[serde(default, rename = "numclones", deserialize_with = "json::bytes")]
    pub clones: u64,
    /// Bytes held by it alone.
    #[serde(default, rename = "space_unique", deserialize_with = "json::bytes")]
    pub unique: u64,
    /// Its pool, where the answer says so.
    #[serde(default)]
    pub pool: String,
    /// Its project, where the answer says so.
    #[serde(default)]
    pub project: String,
    /// Its LUN, where the answer says so.
    #[serde(default)]
    pub share: String,
}

/// A clone of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Dependent {
    /// The clone's project.
    #[serde(default)]
    pub project: String,
    /// The clone's name.
    pub share: String,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
}

fn snapshots_path(place: Place<'_>, lun: &str) -> Result<Path> {
    Ok(lun_path(place, lun)?.fixed("snapshots"))
}

fn snapshot_path(place: Place<'_>, lun: &str, name: &str) -> Result<Path> {
    snapshots_path(place, lun)?.name(name)
}

impl Appliance {
    /// The snapshots of a LUN.
    pub async fn snapshots(
        &self,
        scope: &Scope,
        place: Place<'_>,
        lun: &str,
    ) -> Result<Vec<Snapshot>> {
        self.read(scope, snapshots_path(place, lun)?, "snapshots")
            .await
    }

    /// Every snapshot on the appliance.
    pub async fn all_snapshots(&self, scope: &Scope) -> Result<Vec<Snapshot>> {
        self.read(scope, storage().fixed("snapshots"), "snapshots")
            .await
    }

    /// A snapshot by name, if it exists.
    pub async fn find_snapshot(
        &self,
        scope: &Scope,
        place: Place<'_>,
        lun: &str,
        name: &str,
    ) -> Result<Option<Snapshot>> {
        let path = snapshot_path(place, lun, name)?;
        found(self.read(scope, path, "snapshot").await)
    }

    /// Takes a snapshot.
    pub async fn create_snapshot(
        &self,
        scope: &Scope,
        place: Place<'_>,
        lun: &str,
        name: &str,
    ) -> Result<Snapshot> {
        let request = Request::post(snapshots_path(place, lun)?, &Named { name });
        // A snapshot carries no mark of its maker. A refusal because it exists comes before any
        // doubt, so one found after a doubt is our own.
        self.change(
            scope,
            &request,
            read_member("snapshot"),
            |looking| async move { self.find_snapshot(&looking, place, lun, name).await },
        )
        .await
    }

    /// Deletes a snapshot; true when it existed. Check for dependents first: the appliance may
    /// destroy its clones with it.
    pub async fn delete_snapshot(
        &self,
        scope: &Scope,
        place: Place<'_>,
        lun: &str,
        name: &str,
    ) -> Result<bool> {
        let path = snapshot_path(place, lun, name)?;
        self.remove(scope, path, |looking| async move {
            let left = self.find_snapshot(&looking, place, lun, name).await?;
            Ok(left.is_some())
        })
        .await
    }

    /// The clones of a snapshot.
    pub async fn dependents(
        &self,
        scope: &Scope,
        place: Place<'_>,
        lun: &str,
        name: &str,
    ) -> Result<Vec<Dependent>> {
        let path = snapshot_path(place, lun, name)?.fixed("dependents");
        self.read(scope, path, "dependents").await
    }
}
