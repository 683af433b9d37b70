//! Reference to a project, and its path in the REST API.

use crate::error::Result;
use crate::rest::{Path, Service};

/// A project in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProjectRef<'a> {
    /// The pool's name.
    pub pool: &'a str,
    /// The project's name.
    pub project: &'a str,
}

pub(super) fn storage() -> Path {
    Path::new(Service::Storage)
}

pub(super) fn place_path(place: ProjectRef<'_>) -> Result<Path> {
    storage()
        .fixed("pools")
        .name(place.pool)?
        .fixed("projects")
        .name(place.project)
}
