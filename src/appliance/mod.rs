//! Typed calls for the appliance's REST resources; one file per resource.
//!
//! This layer knows the names, formats and statuses of the REST API and nothing of Cinder. After a
//! lost answer it reads the object back (`read_back.rs`), so that its caller gets a success, a
//! refusal, or [`Outcome::Unknown`].

mod absence;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod iscsi;
mod iscsi_groups;
mod json;
mod late;
mod list;
mod lun;
mod lun_change;
mod pool;
mod presentation;
mod project;
mod read_back;
mod replication;
mod rewrite;
mod schema;
mod snapshot;
mod system;

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

pub use iscsi::{ChapChange, Initiator, NewInitiator, NewTarget, Target, TargetChange};
pub use iscsi_groups::{Group, InitiatorGroup, Members, TargetGroup};
pub use list::{Element, List, Odd};
pub use lun::{CloneOrigin, Lun, NewClone, NewLun, Presentation};
pub use lun_change::LunChange;
pub use pool::{Pool, PoolUsage};
pub use presentation::Wanted;
pub use project::{Filesystem, NewProject, Project};
pub use replication::{Action, NewAction, Package, ReplicationSource, ReplicationTarget};
pub use rewrite::Rewritten;
pub use schema::{NewProperty, Property};
pub use snapshot::{Dependent, Snapshot, is_automatic_name};
pub use system::{Cluster, ServiceState, Version};

pub use crate::built_in_groups::{DEFAULT_GROUP, MASK_ALL};

use crate::appliance::late::Late;
use crate::appliance::list::Warned;
use crate::error::{Error, Result, Status};
use crate::rest::{Path, Request, Response, Rest, Service};
use crate::scope::Scope;

/// One appliance, as its REST API shows it. Cheap to clone.
#[derive(Clone)]
pub struct Appliance {
    rest: Rest,
    late: Arc<Late>,
    /// Unreadable objects that were logged already.
    warned: Arc<Warned>,
}

/// A project in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProjectRef<'a> {
    /// The pool's name.
    pub pool: &'a str,
    /// The project's name.
    pub project: &'a str,
}

impl Appliance {
    /// An appliance behind a transport. It may still carry out an unanswered request for `late`.
    pub fn new(rest: Rest, late: Duration) -> Self {
        let late = Arc::new(Late::new(late, rest.endpoint()));
        Appliance {
            rest,
            late,
            warned: Arc::default(),
        }
    }

    /// An appliance behind another transport. It shares the late requests with this one, so that
    /// the next client of that appliance waits for what an earlier client sent.
    pub fn behind(&self, rest: Rest) -> Appliance {
        let late = Arc::new(self.late.of_client(rest.endpoint()));
        Appliance {
            rest,
            late,
            warned: Arc::default(),
        }
    }

    /// The transport.
    pub fn rest(&self) -> &Rest {
        &self.rest
    }

    /// Logs out of the appliance, within `time` if possible.
    pub async fn log_out(&self, time: Duration) {
        let token = CancellationToken::new;
        let scope = Scope::new("log-out", Some(time), time, token(), token());
        self.rest.log_out(&scope).await;
    }

    /// Longest delay after which an unanswered request may still be carried out.
    pub fn late_time(&self) -> Duration {
        self.late.time()
    }

    async fn read<T: DeserializeOwned>(
        &self,
        scope: &Scope,
        path: Path,
        key: &'static str,
    ) -> Result<T> {
        let request = Request::get(path);
        let answer = self.rest.call(scope, &request).await?;
        json::member(answer.body(), key).map_err(|error| error.with_context(request.to_string()))
    }

    /// Deletes an object that is in no project; true if it existed. Only a 404 means that it did
    /// not.
    async fn remove<P>(
        &self,
        scope: &Scope,
        path: Path,
        still_there: impl Fn(Scope) -> P,
    ) -> Result<bool>
    where
        P: Future<Output = Result<bool>>,
    {
        let probe = |scope| {
            let look = still_there(scope);
            async move { Ok((!look.await?).then_some(true)) }
        };
        let gone = self
            .change(scope, &Request::delete(path), |_| Ok(true), probe)
            .await;
        match gone {
            Err(error) if error.is_not_found() => Ok(false),
            other => other,
        }
    }
}

/// Result of a read, with 404 as absence. No other failure means absence.
fn found<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Error of a refused creation. A conflict (409) with an unreadable fault may mean that the object
/// exists, or something else: if `look` finds the object, it exists.
async fn conflict<T>(error: Error, look: impl Future<Output = Result<Option<T>>>) -> Error {
    if error.http_status() != Some(409)
        || error.fault().is_some()
        || canary!("conflict-not-looked-at")
    {
        return error;
    }
    match look.await {
        Ok(Some(_)) => error.with_status(Status::Exists),
        Ok(None) => error,
        Err(blind) => error.joined_by(blind.with_context("reading back failed")),
    }
}

fn read_member<T: DeserializeOwned>(
    key: &'static str,
) -> impl Fn(&Response) -> std::result::Result<T, Error> {
    move |answer| json::member(answer.body(), key)
}

fn storage() -> Path {
    Path::new(Service::Storage)
}

fn place_path(place: ProjectRef<'_>) -> Result<Path> {
    storage()
        .fixed("pools")
        .name(place.pool)?
        .fixed("projects")
        .name(place.project)
}
