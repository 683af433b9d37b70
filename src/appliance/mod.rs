//! Typed calls for the appliance's REST resources; one file per resource.
//!
//! This floor knows names, shapes and statuses of the REST API and nothing of Cinder. Every
//! change is settled when its answer is lost (see [`settle`](self)), so that its caller gets
//! a success, a refusal, or an honest "unknown".

mod json;
mod lun;
mod lun_change;
mod pool;
mod project;
mod replication;
mod san;
mod san_groups;
mod schema;
mod settle;
mod snapshot;
mod system;

use serde::de::DeserializeOwned;

pub use lun::{Groups, Lun, MASK_ALL, NewClone, NewLun, Origin};
pub use lun_change::LunChange;
pub use pool::{Pool, PoolUsage};
pub use project::{NewProject, Project};
pub use replication::{Action, NewAction, Package, ReplicationSource, ReplicationTarget};
pub use san::{ChapChange, Initiator, NewInitiator, NewTarget, Target, TargetChange};
pub use san_groups::{Group, InitiatorGroup, Members, TargetGroup};
pub use schema::{NewProperty, Property};
pub use snapshot::{Dependent, Snapshot};
pub use system::{Cluster, ServiceState, Version};

use crate::error::{Error, Outcome, Result};
use crate::rest::{Answer, Path, Request, Rest, Service};
use crate::scope::Scope;

/// One appliance, as its REST API shows it. Cheap to clone.
#[derive(Clone)]
pub struct Appliance {
    rest: Rest,
}

/// A project in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The pool's name.
    pub pool: &'a str,
    /// The project's name.
    pub project: &'a str,
}

impl Appliance {
    /// An appliance behind a transport.
    pub fn new(rest: Rest) -> Self {
        Appliance { rest }
    }

    /// The transport.
    pub fn rest(&self) -> &Rest {
        &self.rest
    }

    async fn read<T: DeserializeOwned>(
        &self,
        scope: &Scope,
        path: Path,
        key: &'static str,
    ) -> Result<T> {
        let answer = self.rest.call(scope, &Request::get(path)).await?;
        json::member(answer.body(), key)
    }

    /// Deletes the object at `path`; true when it existed. 404 alone means that it did not.
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

    /// Deletes what is in a project; true when it existed. That it is gone is believed only
    /// where the project is served: the pool may have moved to the other head since the look
    /// before the deletion, or since its answer was lost.
    async fn remove_from<P>(
        &self,
        scope: &Scope,
        place: Place<'_>,
        path: Path,
        still_there: impl Fn(Scope) -> P,
    ) -> Result<bool>
    where
        P: Future<Output = Result<bool>>,
    {
        // Asked rarely, and boxed for that: see must_serve.
        let served_or_there = |looking: Scope| {
            let look = still_there(looking.clone());
            Box::pin(async move {
                let there = look.await?;
                if !there {
                    self.must_serve(&looking, place).await?;
                }
                Ok(there)
            })
        };
        let existed = self.remove(scope, path, served_or_there).await?;
        if !existed {
            let doubt = |error: Error| error.with_outcome(Outcome::Unknown);
            self.must_serve(scope, place).await.map_err(doubt)?;
        }
        Ok(existed)
    }
}

/// The answer of a look-up, with 404 as absence. No other failure means absence.
fn found<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_member<T: DeserializeOwned>(
    key: &'static str,
) -> impl Fn(&Answer) -> std::result::Result<T, Error> {
    move |answer| json::member(answer.body(), key)
}

fn storage() -> Path {
    Path::new(Service::Storage)
}

fn place_path(place: Place<'_>) -> Result<Path> {
    storage()
        .fixed("pools")
        .name(place.pool)?
        .fixed("projects")
        .name(place.project)
}
