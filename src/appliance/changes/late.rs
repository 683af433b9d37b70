//! Late requests: changes without an answer that the appliance may still carry out.
//!
//! The appliance continues with a request whose connection broke: some 20 s for a creation or a
//! deletion. Meanwhile a repetition of the request may be answered, and a later operation may
//! reverse its change. Then the first attempt is carried out, and the appliance has its change
//! again. So every unanswered attempt is remembered with its object until
//! `zfssa_late_request_timeout` is over. An operation whose result such an attempt would reverse
//! waits until then, and reads again.
//!
//! The driver keeps these records in memory. The journal has the late requests of another driver or
//! process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::rest::{Method, Path, Request};
use crate::sync;

/// Effect of a request on its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::appliance) enum Kind {
    /// Creates it.
    Creation,
    /// Changes or reverts it.
    Change,
    /// Destroys it.
    Deletion,
}

impl Kind {
    fn of(request: &Request) -> Kind {
        match request.method() {
            Method::Delete => Kind::Deletion,
            _ if request.creates().is_some() => Kind::Creation,
            _ => Kind::Change,
        }
    }
}

/// Late requests by appliance, kind and object, and when each is over.
type LateRequests = Mutex<HashMap<(String, Kind, String), Instant>>;

/// Late requests of one appliance.
#[derive(Debug)]
pub(in crate::appliance) struct Late {
    time: Duration,
    endpoint: String,
    until: Arc<LateRequests>,
}

impl Late {
    pub(in crate::appliance) fn new(time: Duration, endpoint: &str) -> Late {
        Late {
            time,
            endpoint: endpoint.to_owned(),
            until: Arc::default(),
        }
    }

    /// Late requests that another client sends, to this appliance or to another one. Both clients
    /// see them, and so does the next client that replaces the other one.
    pub(in crate::appliance) fn of_client(&self, endpoint: &str) -> Late {
        Late {
            time: self.time,
            endpoint: endpoint.to_owned(),
            until: self.until.clone(),
        }
    }

    /// Longest delay of a late request.
    pub(in crate::appliance) fn time(&self) -> Duration {
        self.time
    }

    /// Remembers a request that was not answered, and returns the time until which it may be
    /// carried out.
    pub(in crate::appliance) fn note(&self, request: &Request) -> Instant {
        let object = request.creates().unwrap_or(request.path()).to_string();
        let now = Instant::now();
        let mut until = sync::lock(&self.until);
        until.retain(|_, until| *until > now);
        let key = (self.endpoint.clone(), Kind::of(request), object);
        let over = now + self.time;
        until.insert(key, over);
        over
    }

    /// Time until which a late request of this kind may change an object, or one below it.
    pub(in crate::appliance) fn until(&self, kind: Kind, object: &Path) -> Option<Instant> {
        let until = sync::lock(&self.until);
        if until.is_empty() {
            return None;
        }
        let (object, now) = (object.to_string(), Instant::now());
        let is_within = |path: &str| {
            let rest = path.strip_prefix(&object);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        until
            .iter()
            .filter(|((endpoint, other, path), until)| {
                *endpoint == self.endpoint && *other == kind && **until > now && is_within(path)
            })
            .map(|(_, until)| *until)
            .max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rest::Service;

    fn path(text: &'static str) -> Path {
        Path::new(Service::Storage).fixed(text)
    }

    #[tokio::test(start_paused = true)]
    async fn a_note_holds_for_its_object_and_what_is_above_it_as_long_as_it_says() {
        let late = Late::new(Duration::from_secs(60), "a");
        late.note(&Request::put_empty(path("luns/a/snapshots/s/rollback")));
        assert!(late.until(Kind::Change, &path("luns/a")).is_some());
        assert!(late.until(Kind::Change, &path("luns/ab")).is_none());
        assert!(
            late.until(Kind::Change, &path("luns/a/snapshots/t"))
                .is_none()
        );
        assert!(late.until(Kind::Creation, &path("luns/a")).is_none());
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(late.until(Kind::Change, &path("luns/a")).is_none());
    }

    #[test]
    fn clients_share_the_late_requests_of_one_appliance() {
        let late = Late::new(Duration::from_secs(60), "a");
        let first = late.of_client("b");
        first.note(&Request::delete(path("luns/a")));
        let seen = |late: &Late| late.until(Kind::Deletion, &path("luns/a")).is_some();
        drop(first);
        assert!(seen(&late.of_client("b")));
        assert!(!seen(&late));
    }

    #[test]
    fn a_creation_is_noted_with_what_it_makes() {
        let late = Late::new(Duration::from_secs(60), "a");
        let post = Request::post_empty(path("luns")).creating(path("luns/a"));
        late.note(&post);
        assert!(late.until(Kind::Creation, &path("luns/a")).is_some());
        assert!(late.until(Kind::Creation, &path("luns/b")).is_none());
        late.note(&Request::delete(path("luns/b")));
        assert!(late.until(Kind::Deletion, &path("luns/b")).is_some());
    }
}
