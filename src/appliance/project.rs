//! Projects.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::appliance::client::{Appliance, found, read_member};
use crate::appliance::json;
use crate::appliance::list::{Element, List};
use crate::appliance::project_ref::{ProjectRef, place_path, storage};
use crate::error::Result;
use crate::rest::Request;
use crate::scope::Scope;

/// A project.
#[derive(Clone, Debug, Deserialize)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// UTC.
    #[serde(default, deserialize_with = "json::text")]
    pub creation: String,
    /// Bytes available to its shares.
    #[serde(default, deserialize_with = "json::figure")]
    pub space_available: u64,
    /// Bytes used by its shares.
    #[serde(default, deserialize_with = "json::figure")]
    pub space_total: u64,
    #[serde(default)]
    writelimit: Option<IgnoredAny>,
}

impl Project {
    /// Whether the appliance's software has limits of bandwidth: a project shows them as of OS8.8. On
    /// older software a LUN may have one of the two.
    pub fn has_limits(&self) -> bool {
        self.writelimit.is_some()
    }
}

/// A filesystem. This library creates none.
#[derive(Clone, Debug, Deserialize)]
pub struct Filesystem {
    /// Its name.
    pub name: String,
}

impl Element for Project {
    const KIND: &'static str = "project";

    fn name(&self) -> &str {
        &self.name
    }
}

impl Element for Filesystem {
    const KIND: &'static str = "filesystem";

    fn name(&self) -> &str {
        &self.name
    }
}

/// A project to be made.
#[derive(Clone, Debug, Serialize)]
pub struct NewProject<'a> {
    /// Its name.
    pub name: &'a str,
    /// Inherited by its shares.
    pub compression: &'a str,
    /// Inherited by its shares.
    pub logbias: &'a str,
}

impl Appliance {
    /// A project by name.
    pub async fn project(&self, scope: &Scope, place: ProjectRef<'_>) -> Result<Project> {
        self.read(scope, place_path(place)?, "project").await
    }

    /// All projects of a pool.
    pub async fn projects(&self, scope: &Scope, pool: &str) -> Result<List<Project>> {
        let path = storage().fixed("pools").name(pool)?.fixed("projects");
        self.list(scope, path, "projects").await
    }

    /// A project by name, if it exists.
    pub async fn find_project(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
    ) -> Result<Option<Project>> {
        found(self.project(scope, place).await)
    }

    /// A project's filesystems.
    pub async fn filesystems(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
    ) -> Result<List<Filesystem>> {
        let path = place_path(place)?.fixed("filesystems");
        self.list(scope, path, "filesystems").await
    }

    /// Creates a project.
    pub async fn create_project(
        &self,
        scope: &Scope,
        pool: &str,
        project: &NewProject<'_>,
    ) -> Result<Project> {
        let path = storage().fixed("pools").name(pool)?.fixed("projects");
        let place = ProjectRef {
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

    /// Deletes a project with everything in it; true if it existed. The appliance asks for no
    /// confirmation, so check that the project is empty first. `stays` is a project of the same pool
    /// that proves the absence of this one.
    pub async fn delete_project(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        stays: ProjectRef<'_>,
    ) -> Result<bool> {
        let look = |looking| async move { self.project(&looking, place).await };
        self.remove_from(scope, stays, place_path(place)?, look)
            .await
    }
}
