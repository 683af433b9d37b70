//! Projects.

use serde::{Deserialize, Serialize};

use crate::appliance::{Appliance, Place, found, json, place_path, read_member, storage};
use crate::error::Result;
use crate::rest::Request;
use crate::scope::Scope;

/// A project.
#[derive(Clone, Debug, Deserialize)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// UTC.
    #[serde(default)]
    pub creation: String,
    /// Bytes that its shares can still take.
    #[serde(default, deserialize_with = "json::bytes")]
    pub space_available: u64,
    /// Bytes that its shares take.
    #[serde(default, deserialize_with = "json::bytes")]
    pub space_total: u64,
}

#[derive(Deserialize)]
struct Filesystem {
    name: String,
}

/// A project to be made.
#[derive(Clone, Debug, Serialize)]
pub struct NewProject<'a> {
    /// Its name.
    pub name: &'a str,
    /// What its shares inherit.
    pub compression: &'a str,
    /// What its shares inherit.
    pub logbias: &'a str,
}

impl Appliance {
    /// A project by name.
    pub async fn project(&self, scope: &Scope, place: Place<'_>) -> Result<Project> {
        self.read(scope, place_path(place)?, "project").await
    }

    /// All projects of a pool.
    pub async fn projects(&self, scope: &Scope, pool: &str) -> Result<Vec<Project>> {
        let path = storage().fixed("pools").name(pool)?.fixed("projects");
        self.read(scope, path, "projects").await
    }

    /// A project by name, if it exists.
    pub async fn find_project(&self, scope: &Scope, place: Place<'_>) -> Result<Option<Project>> {
        found(self.project(scope, place).await)
    }

    /// The names of a project's filesystems, which this library makes none of.
    pub async fn filesystems(&self, scope: &Scope, place: Place<'_>) -> Result<Vec<String>> {
        let path = place_path(place)?.fixed("filesystems");
        let filesystems: Vec<Filesystem> = self.read(scope, path, "filesystems").await?;
        Ok(filesystems.into_iter().map(|one| one.name).collect())
    }

    /// Makes a project.
    pub async fn create_project(
        &self,
        scope: &Scope,
        pool: &str,
        project: &NewProject<'_>,
    ) -> Result<Project> {
        let path = storage().fixed("pools").name(pool)?.fixed("projects");
        let place = Place {
            pool,
            project: project.name,
        };
        let request = Request::post(path, project);
        self.change(
            scope,
            &request,
            read_member("project"),
            |looking| async move { self.find_project(&looking, place).await },
        )
        .await
    }

    /// Deletes a project with everything in it; true when it existed. The appliance asks no
    /// questions, so look inside first.
    pub async fn delete_project(&self, scope: &Scope, place: Place<'_>) -> Result<bool> {
        self.remove(scope, place_path(place)?, |looking| async move {
            Ok(self.find_project(&looking, place).await?.is_some())
        })
        .await
    }
}
