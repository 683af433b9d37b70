//! What it takes to believe that something does not exist.
//!
//! A cluster head that does not serve the pool answers 404 for everything in it, and nothing in it
//! is gone. A head that proves to serve the project after its 404 may have taken the pool over
//! between the two answers, so that the 404 was one of those. Only a 404 that comes after the
//! project proved to be served means that the object is absent.

use std::pin::Pin;

use crate::appliance::late::Kind;
use crate::appliance::lun::lun_path;
use crate::appliance::snapshot::snapshot_path;
use crate::appliance::{Appliance, Lun, ProjectRef, Snapshot, found};
use crate::error::{Error, Outcome, Result, Status};
use crate::rest::{Path, Request};
use crate::scope::Scope;

/// A question under way. It is asked rarely and has its place in the future of every operation,
/// so it is boxed.
type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// How often a deletion is sent that a head without the pool answered.
const HEADS: u32 = 3;

impl Appliance {
    /// Fails unless the project is served by the head that answers.
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

    /// What a look in a project finds; `None` only where its absence is proven. Costs two
    /// requests more than the look itself, and these only where the look finds nothing.
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

    /// The second look after a 404, once the project proved to be served.
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

    /// A LUN by name; `None` only where its absence is proven.
    pub async fn find_lun_proven(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
    ) -> Result<Option<Lun>> {
        self.proven(scope, place, || self.lun(scope, place, name))
            .await
    }

    /// A snapshot of a LUN by name; `None` only where its absence is proven.
    pub async fn find_snapshot_proven(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: &str,
        name: &str,
    ) -> Result<Option<Snapshot>> {
        self.proven(scope, place, || self.snapshot(scope, place, lun, name))
            .await
    }

    /// The same for a LUN that is to be deleted: `None` only where no creation that was not
    /// answered can make it any more.
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
    ) -> Result<Option<Snapshot>> {
        let object = snapshot_path(place, lun, name)?;
        let look = || self.snapshot(scope, place, lun, name);
        self.proven_to_delete(scope, place, &object, look).await
    }

    async fn proven_to_delete<'a, T, L, F>(
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

    /// Deletes what `look` finds in a project; true when it existed. That it is gone is believed
    /// only where it is proven: the pool may have moved to the other head since the look before
    /// the deletion, or since its answer was lost.
    pub(super) async fn remove_from<T, L, F>(
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
            // A creation that was repeated may have its first try carried out after the deletion.
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
        Err(Error::new(
            Status::PoolNotOwned,
            format!(
                "{request} was answered with 404 and its object is there: pool {} moves between \
                 the cluster heads; call again",
                place.pool
            ),
        )
        .with_outcome(Outcome::Unknown))
    }
}
