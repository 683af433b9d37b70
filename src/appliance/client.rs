//! Client of one appliance: its transport, its requests in doubt, and reads of objects and lists.

use std::collections::HashSet;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::appliance::changes::late::{Kind, Late};
use crate::appliance::json;
use crate::appliance::list::{Arriving, Element, List, Odd};
use crate::error::{Error, Result, Status};
use crate::rest::{Path, Request, Response, Rest};
use crate::scope::Scope;
use crate::sync;

/// One appliance, as its REST API shows it. Cheap to clone.
#[derive(Clone)]
pub struct Appliance {
    pub(super) rest: Rest,
    pub(super) late: Arc<Late>,
    /// Unreadable objects that were logged already.
    warned: Arc<Warned>,
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

    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        scope: &Scope,
        path: Path,
        key: &'static str,
    ) -> Result<T> {
        let request = Request::get(path);
        let answer = self.rest.call(scope, &request).await?;
        json::member(answer.body(), key).map_err(|error| error.with_context(request.to_string()))
    }

    /// Reads a list, element by element.
    pub(super) async fn list<T: Element + Send>(
        &self,
        scope: &Scope,
        path: Path,
        key: &'static str,
    ) -> Result<List<T>> {
        self.list_as(scope, path, key, Some).await
    }

    /// Reads a list, element by element, and keeps of each what `keep` makes of it.
    pub(super) async fn list_as<T: Element, U: Send>(
        &self,
        scope: &Scope,
        path: Path,
        key: &'static str,
        keep: impl FnMut(T) -> Option<U> + Send,
    ) -> Result<List<U>> {
        let request = Request::get(path);
        let mut arriving = Arriving::new(key, keep);
        self.rest.read_list(scope, &request, &mut arriving).await?;
        let list = arriving.list;
        self.warn_of(&request, &list);
        Ok(list)
    }

    /// The same for an answer that was received already.
    pub(super) fn list_in<T: Element>(
        &self,
        request: &Request,
        body: &[u8],
        key: &'static str,
    ) -> Result<List<T>> {
        let list: List<T> = json::borrowed(body, key).map_err(|error| {
            Error::new(
                Status::Protocol,
                format!("{request}: the answer holds no usable `{key}`"),
            )
            .with_cause(error)
        })?;
        self.warn_of(request, &list);
        Ok(list)
    }

    fn warn_of<T>(&self, request: &Request, list: &List<T>) {
        for odd in list.odd() {
            self.warned.warn(request, odd);
        }
    }

    /// Waits until no late request that meant an earlier object of this name can arrive. The
    /// appliance addresses objects by name, so such a request would delete or change the object
    /// that is about to get the name.
    pub(super) async fn outlast_namesake(&self, scope: &Scope, object: &Path) -> Result<()> {
        for kind in [Kind::Deletion, Kind::Change] {
            self.outlast(scope, kind, object).await?;
        }
        Ok(())
    }

    /// Waits until no late request of this kind can change an object, or one below it. True if it
    /// waited: earlier reads may be out of date.
    pub(super) async fn outlast(&self, scope: &Scope, kind: Kind, object: &Path) -> Result<bool> {
        let mut waited = false;
        if canary!("late-request-not-outlasted") {
            return Ok(waited);
        }
        while let Some(until) = self.late.until(kind, object) {
            tracing::info!(
                %object,
                ?kind,
                "waiting for a request without an answer that may still be carried out"
            );
            scope.sleep(until - Instant::now()).await?;
            waited = true;
        }
        Ok(waited)
    }
}

/// Objects with a warning. Each list reads an object again, but the warning is logged once.
#[derive(Default)]
pub(super) struct Warned(Mutex<HashSet<String>>);

/// Largest number of remembered warnings.
const MOST: usize = 1_000;

impl Warned {
    /// Logs a warning for an object, unless it was logged before. Returns whether it was logged
    /// now.
    fn warn(&self, request: &Request, odd: &Odd) -> bool {
        let words = odd.words();
        let mut warned = sync::lock(&self.0);
        let now = warned.len() < MOST && warned.insert(format!("{request} {words}"));
        drop(warned);
        if now {
            tracing::warn!(
                %request,
                kind = odd.kind,
                name = odd.name().unwrap_or_default(),
                fault = odd.fault,
                "{words}; operations that need it fail, all others ignore it"
            );
        }
        now
    }
}

/// Result of a read, with 404 as absence. No other failure means absence.
pub(super) fn found<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Error of a refused creation. A conflict (409) with an unreadable fault may mean that the object
/// exists, or something else: if `look` finds the object, it exists.
pub(super) async fn conflict<T>(
    error: Error,
    look: impl Future<Output = Result<Option<T>>>,
) -> Error {
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

pub(super) fn read_member<T: DeserializeOwned>(
    key: &'static str,
) -> impl Fn(&Response) -> std::result::Result<T, Error> {
    move |answer| json::member(answer.body(), key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appliance::lun::Lun;

    #[test]
    fn an_object_is_warned_of_once() {
        let warned = Warned::default();
        let request = Request::get(Path::new(crate::rest::Service::Storage).fixed("luns"));
        let body = br#"{"luns":[{"name":"a"},{"name":"b"}]}"#;
        let luns: List<Lun> = json::borrowed(body, "luns").unwrap();
        let (_, odd) = luns.parts();
        let said: Vec<bool> = odd
            .iter()
            .chain(&odd)
            .map(|odd| warned.warn(&request, odd))
            .collect();
        assert_eq!(said, [true, true, false, false]);
    }
}
