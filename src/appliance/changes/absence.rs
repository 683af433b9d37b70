//! Proof of absence: the conditions under which a 404 means that an object does not exist.
//!
//! A cluster head that does not serve the pool answers 404 for everything in it, and nothing in it
//! is gone. A head that serves the project after its 404 may have taken the pool over between the
//! two answers. Only a 404 that comes after the head was seen to serve the project means that the
//! object is absent.

use std::pin::Pin;

use crate::appliance::changes::late::Kind;
use crate::appliance::client::{Appliance, found};
use crate::appliance::lun::{Lun, lun_path};
use crate::appliance::project_ref::ProjectRef;
use crate::appliance::snapshot::{LunSnapshot, snapshot_path};
use crate::error::{Error, Outcome, Result, Status};
use crate::rest::{Path, Request};
use crate::scope::Scope;

/// A check under way. Boxed because it is rare, and its future would enlarge the future of every
/// operation.
type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Number of attempts at a deletion that a head without the pool answered.
const HEADS: u32 = 3;

impl Appliance {
    /// Deletes an object that is in no project; true if it existed. Only a 404 means that it did
    /// not.
    pub(in crate::appliance) async fn remove<P>(
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

    /// The same for an object that its caller may make again: waits until no late creation brings
    /// it back, and no late deletion takes the next one of the name.
    pub(in crate::appliance) async fn remove_for_good<P>(
        &self,
        scope: &Scope,
        path: Path,
        still_there: impl Fn(Scope) -> P,
    ) -> Result<bool>
    where
        P: Future<Output = Result<bool>>,
    {
        self.outlast(scope, Kind::Creation, &path).await?;
        let existed = self.remove(scope, path.clone(), still_there).await?;
        match self.outlast(scope, Kind::Deletion, &path).await {
            Ok(_) => Ok(existed),
            Err(stopped) => Err(stopped.with_outcome(Outcome::Unknown)),
        }
    }

    /// Fails unless the answering head serves the project.
    pub fn must_serve<'a>(&'a self, scope: &'a Scope, place: ProjectRef<'a>) -> Asking<'a, ()> {
        Box::pin(async move {
            match self.find_project(scope, place).await? {
                Some(_) => Ok(()),
                None => Err(Error::new(
                    Status::PoolNotOwned,
                    format!(
                        "project {} of pool {} is not served by {}: the pool may be at the other \
                         cluster head, or do_setup was not run",
                        place.project,
                        place.pool,
                        self.rest().endpoint()
                    ),
                )),
            }
        })
    }

    /// Result of a read in a project; `None` only if the absence is proven. Costs two requests more
    /// than the read itself, and only if the read finds nothing.
    pub async fn proven<'a, T, L, F>(
        &'a self,
        scope: &'a Scope,
        place: ProjectRef<'a>,
        look: L,
    ) -> Result<Option<T>>
    where
        T: Send + 'a,
        L: Fn() -> F + Send + Sync + 'a,
        F: Future<Output = Result<T>> + Send + 'a,
    {
        match found(look().await)? {
            Some(value) => Ok(Some(value)),
            None if canary!("absence-not-proven") => Ok(None),
            None => self.look_again(scope, place, look).await,
        }
    }

    /// The second read after a 404, once the head was seen to serve the project.
    fn look_again<'a, T, L, F>(
        &'a self,
        scope: &'a Scope,
        place: ProjectRef<'a>,
        look: L,
    ) -> Asking<'a, Option<T>>
    where
        T: Send + 'a,
        L: Fn() -> F + Send + Sync + 'a,
        F: Future<Output = Result<T>> + Send + 'a,
    {
        Box::pin(async move {
            self.must_serve(scope, place).await?;
            found(look().await)
        })
    }

    /// A LUN by name; `None` only if its absence is proven.
    pub async fn find_lun_proven(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
    ) -> Result<Option<Lun>> {
        self.proven(scope, place, || self.lun(scope, place, name))
            .await
    }

    /// A snapshot of a LUN by name; `None` only if its absence is proven.
    pub async fn find_snapshot_proven(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: &str,
        name: &str,
    ) -> Result<Option<LunSnapshot>> {
        self.proven(scope, place, || self.snapshot(scope, place, lun, name))
            .await
    }

    /// The same for a LUN that is to be deleted: `None` only if no late creation can make it any
    /// more.
    pub async fn find_lun_to_delete(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
    ) -> Result<Option<Lun>> {
        let object = lun_path(place, name)?;
        let look = || self.lun(scope, place, name);
        self.proven_to_delete(scope, place, &object, look).await
    }

    /// The same for a snapshot that is to be deleted.
    pub async fn find_snapshot_to_delete(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: &str,
        name: &str,
    ) -> Result<Option<LunSnapshot>> {
        let object = snapshot_path(place, lun, name)?;
        let look = || self.snapshot(scope, place, lun, name);
        self.proven_to_delete(scope, place, &object, look).await
    }

    pub(in crate::appliance) async fn proven_to_delete<'a, T, L, F>(
        &'a self,
        scope: &'a Scope,
        place: ProjectRef<'a>,
        object: &Path,
        look: L,
    ) -> Result<Option<T>>
    where
        T: Send + 'a,
        L: Fn() -> F + Send + Sync + 'a,
        F: Future<Output = Result<T>> + Send + 'a,
    {
        match self.proven(scope, place, &look).await? {
            None if self.outlast(scope, Kind::Creation, object).await? => {
                self.look_again(scope, place, look).await
            }
            found => Ok(found),
        }
    }

    /// Deletes the object that `look` finds in a project; true if it existed. Its absence has to be
    /// proven: the pool may have moved to the other head since the read before the deletion, or
    /// since its answer was lost.
    pub(in crate::appliance) async fn remove_from<T, L, F>(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        path: Path,
        look: L,
    ) -> Result<bool>
    where
        T: Send,
        L: Fn(Scope) -> F + Send + Sync,
        F: Future<Output = Result<T>> + Send,
    {
        let request = Request::delete(path);
        let mut answered = false;
        for _ in 0..HEADS {
            let probe = |looking: Scope| {
                let look = &look;
                Box::pin(async move {
                    let left = self.proven(&looking, place, || look(looking.clone()));
                    Ok(left.await?.is_none().then_some(true))
                })
            };
            let existed = match self.change(scope, &request, |_| Ok(true), probe).await {
                Err(error) if error.is_not_found() => false,
                Err(error) => return Err(error),
                Ok(_) => true,
            };
            answered |= existed;
            // The first attempt at a repeated creation may be carried out after the deletion.
            let doubt = |error: Error| error.with_outcome(Outcome::Unknown);
            let waited = self.outlast(scope, Kind::Creation, request.path()).await;
            let waited = waited.map_err(doubt)?;
            if existed && !waited {
                return Ok(true);
            }
            let left = self.look_again(scope, place, || look(scope.clone()));
            if left.await.map_err(doubt)?.is_none() {
                return Ok(existed);
            }
        }
        let outcome = match answered {
            true => Outcome::Unknown,
            false => Outcome::Rejected,
        };
        Err(Error::new(
            Status::PoolNotOwned,
            format!(
                "{request} was answered with 404 and its object is there: pool {} moves between \
                 the cluster heads; call again",
                place.pool
            ),
        )
        .with_outcome(outcome))
    }
}
