//! Requests to the members of an etcd cluster, repeated until the operation's scope ends.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

use crate::backoff::{Backoff, jitter};
use crate::config::CoordinationConfig;
use crate::coordination::counters::Counters;
use crate::coordination::etcd::answer::Answer;
use crate::coordination::etcd::failure::Failure;
use crate::coordination::etcd::txn::{Txn, after, text};
use crate::error::{Error, Outcome, Result, Status};
use crate::local::Local;
use crate::rest::{OtherServiceTls, other_service};
use crate::scope::{Scope, Stop};
use crate::secret::Secret;
use crate::sync;

/// How long a member may take to answer. etcd ends a request itself after 7 s.
const ATTEMPT: Duration = Duration::from_secs(8);
const CONNECT: Duration = Duration::from_secs(3);

/// Pauses between attempts.
const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);

/// The longest answer that is read.
const LONGEST_ANSWER: usize = 16 << 20;

/// A client of an etcd cluster. Cheap to clone.
///
/// A request is repeated, at the next member, until it is answered: every request that is made with
/// it must do the same when it is carried out twice, or late.
#[derive(Clone)]
pub struct Etcd(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    members: Vec<String>,
    /// The member that answered last.
    current: AtomicUsize,
    account: Option<(String, Secret)>,
    token: Mutex<Option<HeaderValue>>,
    counters: Arc<Counters>,
}

impl std::fmt::Debug for Etcd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Etcd({})", self.0.members.join(","))
    }
}

impl Etcd {
    /// Makes a client. Nothing is sent; the files of certificates are read.
    ///
    /// # Errors
    ///
    /// `Config` and `Tls` by what the files hold.
    pub fn new(config: &CoordinationConfig, local: &Local) -> Result<Etcd> {
        let tls = config.tls.as_ref().map(|tls| OtherServiceTls {
            ca_file: tls.ca_file.as_deref(),
            certificate: tls
                .certificate
                .as_ref()
                .map(|(certificate, key)| (certificate.as_path(), key.as_path())),
        });
        let http = other_service(tls, CONNECT, local)
            .map_err(|error| error.with_context("zfssa_coordination_url"))?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let members = &config.endpoints;
        Ok(Etcd(Arc::new(Inner {
            http,
            members: members
                .iter()
                .map(|member| format!("{scheme}://{member}"))
                .collect(),
            current: AtomicUsize::new(0),
            account: config.account.clone(),
            token: Mutex::new(None),
            counters: Arc::default(),
        })))
    }

    /// The counters of its requests and of the leases.
    pub(in crate::coordination) fn counters(&self) -> &Arc<Counters> {
        &self.0.counters
    }

    /// Carries out a transaction. It may be carried out more than once, and late: its comparisons
    /// must hold only once.
    ///
    /// # Errors
    ///
    /// `Coordination` when no member answered in the time of the scope, or all refuse; the scope's
    /// own when it was cancelled.
    pub async fn txn(&self, scope: &Scope, txn: &Txn<'_>) -> Result<Answer> {
        self.ask(scope, "kv/txn", &txn.body()).await
    }

    /// Reads all keys with a prefix, the oldest first.
    pub async fn list(&self, scope: &Scope, prefix: &str) -> Result<Answer> {
        let body = json!({
            "key": text(prefix),
            "range_end": after(prefix),
            "sort_order": "ASCEND",
            "sort_target": "CREATE",
        });
        self.ask(scope, "kv/range", &body).await
    }

    /// Reads the names of all keys with a prefix, without their values.
    pub async fn names(&self, scope: &Scope, prefix: &str) -> Result<Answer> {
        let body = json!({
            "key": text(prefix),
            "range_end": after(prefix),
            "keys_only": true,
        });
        self.ask(scope, "kv/range", &body).await
    }

    /// Reads a key.
    pub async fn get(&self, scope: &Scope, key: &str) -> Result<Answer> {
        self.ask(scope, "kv/range", &json!({"key": text(key)}))
            .await
    }

    async fn ask(&self, scope: &Scope, path: &str, body: &Value) -> Result<Answer> {
        self.request(scope, path, body)
            .await
            .map_err(|failure| self.error(failure))
    }

    /// Sends a request until a member answers it. Boxed, so that it is compiled once.
    pub(in crate::coordination) async fn request(
        &self,
        scope: &Scope,
        path: &str,
        body: &Value,
    ) -> std::result::Result<Answer, Unmade> {
        let mut pauses = Backoff::doubling(SHORTEST, LONGEST);
        let mut renewed = false;
        let mut repeated = false;
        let mut last = None;
        loop {
            if let Some(stop) = scope.stopped() {
                return Err(Unmade::Stopped(stop, last));
            }
            let sent = Instant::now();
            let attempt = Box::pin(self.attempt(path, body));
            let failure = match scope.bound(attempt).await {
                Ok(Ok(answer)) => return Ok(Answer { repeated, ..answer }),
                Ok(Err(failure)) => failure,
                Err(stop) => {
                    let waited = sent.elapsed().as_millis();
                    let silence = || Failure::Unanswered(format!("no answer for {waited} ms"));
                    return Err(Unmade::Stopped(stop, last.or_else(|| Some(silence()))));
                }
            };
            match &failure {
                Failure::NoLease | Failure::Refused(_) => return Err(Unmade::Failed(failure)),
                Failure::Token(_) if renewed || self.0.account.is_none() => {
                    return Err(Unmade::Failed(failure));
                }
                Failure::Token(_) => {
                    renewed = true;
                    *sync::lock(&self.0.token) = None;
                    continue;
                }
                Failure::Busy(_) => {}
                Failure::Unanswered(_) => repeated = true,
            }
            tracing::debug!(
                target: "zfssa::coordination",
                path,
                failure = failure.text(),
                "etcd did not serve a request"
            );
            last = Some(failure);
            let pause = pauses.next();
            let pause = pause / 2 + jitter(pause / 2);
            if let Err(stop) = scope.bound(tokio::time::sleep(pause)).await {
                return Err(Unmade::Stopped(stop, last));
            }
        }
    }

    /// Sends a request once, to the member that answered last.
    pub(in crate::coordination) async fn attempt(
        &self,
        path: &str,
        body: &Value,
    ) -> std::result::Result<Answer, Failure> {
        let current = &self.0.current;
        let number = current.load(Ordering::Relaxed);
        let member = self.0.members[number % self.0.members.len()].as_str();
        let mut leaving = Leaving {
            current,
            number: Some(number),
        };
        let result = self.attempt_at(member, path, body).await;
        if !matches!(result, Err(Failure::Busy(_) | Failure::Unanswered(_))) {
            leaving.number = None;
        }
        result
    }

    async fn attempt_at(
        &self,
        member: &str,
        path: &str,
        body: &Value,
    ) -> std::result::Result<Answer, Failure> {
        let token = match &self.0.account {
            Some((user, password)) => Some(self.token(member, user, password).await?),
            None => None,
        };
        self.post(member, path, body, token).await
    }

    /// Asks each member for its state, once.
    pub(in crate::coordination) async fn members(
        &self,
    ) -> Vec<(&str, std::result::Result<Answer, Failure>)> {
        let nothing = json!({});
        let ask = async |member: &'_ String| {
            self.attempt_at(member, "maintenance/status", &nothing)
                .await
        };
        let states = join_all(self.0.members.iter().map(ask)).await;
        let names = self.0.members.iter().map(String::as_str);
        names.zip(states).collect()
    }

    async fn token(
        &self,
        member: &str,
        user: &str,
        password: &Secret,
    ) -> std::result::Result<HeaderValue, Failure> {
        if let Some(token) = sync::lock(&self.0.token).clone() {
            return Ok(token);
        }
        let body = json!({"name": user, "password": password.expose()});
        let answer = self.post(member, "auth/authenticate", &body, None).await?;
        let mut token = HeaderValue::from_str(&answer.token)
            .map_err(|_| Failure::Refused("its token is no text of a header".to_owned()))?;
        token.set_sensitive(true);
        *sync::lock(&self.0.token) = Some(token.clone());
        Ok(token)
    }

    async fn post(
        &self,
        member: &str,
        path: &str,
        body: &Value,
        token: Option<HeaderValue>,
    ) -> std::result::Result<Answer, Failure> {
        let sending = self.0.counters.send();
        let sent = self.open(member, path, body, token);
        let read = async {
            let (status, mut response) = sent.await?;
            let mut text = Vec::new();
            while let Some(part) = response.chunk().await.map_err(Failure::of_transport)? {
                if text.len() + part.len() > LONGEST_ANSWER {
                    return Err(Failure::Refused("its answer is too long".to_owned()));
                }
                text.extend_from_slice(&part);
            }
            if status != 200 {
                return Err(Failure::of_answer(status, &text));
            }
            let mut answer: Answer = serde_json::from_slice(&text)
                .map_err(|error| Failure::Refused(format!("its answer is not etcd's: {error}")))?;
            // Streams wrap each of their answers.
            Ok(answer.result.take().map_or(answer, |inner| *inner))
        };
        match tokio::time::timeout(ATTEMPT, read).await {
            Ok(result) => {
                if result.is_ok() {
                    sending.succeeded();
                }
                result
            }
            Err(_) => Err(Failure::Unanswered(format!(
                "{member} did not answer within {} s",
                ATTEMPT.as_secs()
            ))),
        }
    }

    /// Sends a request and returns the answer with its body unread.
    async fn open(
        &self,
        member: &str,
        path: &str,
        body: &Value,
        token: Option<HeaderValue>,
    ) -> std::result::Result<(u16, reqwest::Response), Failure> {
        let mut request = self
            .0
            .http
            .post(format!("{member}/v3/{path}"))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(body.to_string());
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, token);
        }
        let response = request.send().await.map_err(Failure::of_transport)?;
        Ok((response.status().as_u16(), response))
    }

    /// Waits until a key is deleted or written after a revision, at most for `limit`. Returns early
    /// when the watch ends for another reason: the caller reads the key again in any case.
    pub(in crate::coordination) async fn watch(&self, key: &[u8], after: i64, limit: Duration) {
        let body = json!({"create_request": {
            "key": text(key),
            "start_revision": (after + 1).to_string(),
        }});
        let token = sync::lock(&self.0.token).clone();
        let inner = &self.0;
        let member = &inner.members[inner.current.load(Ordering::Relaxed) % inner.members.len()];
        let sending = inner.counters.send();
        let watch = async {
            let Ok((200, mut response)) = self.open(member, "watch", &body, token).await else {
                // The read that follows meets the same failure, and repeats.
                tokio::time::sleep(LONGEST).await;
                return;
            };
            // The request succeeded: an event ends the watch, or its time does.
            sending.succeeded();
            let mut line = Vec::new();
            while let Ok(Some(part)) = response.chunk().await {
                line.extend_from_slice(&part);
                while let Some(end) = line.iter().position(|byte| *byte == b'\n') {
                    let rest = line.split_off(end + 1);
                    let read = serde_json::from_slice::<Answer>(&line).ok();
                    line = rest;
                    let Some(event) = read.and_then(|answer| answer.result) else {
                        return;
                    };
                    // A revision that was compacted away ends the watch, too.
                    if !event.events.is_empty() || event.canceled {
                        return;
                    }
                }
                if line.len() > LONGEST_ANSWER {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(limit, watch).await;
    }

    /// The error of a request that was not made.
    pub(in crate::coordination) fn error(&self, unmade: Unmade) -> Error {
        let members = self.0.members.join(", ");
        let (what, failure) = match unmade {
            Unmade::Stopped(Stop::Deadline, Some(failure)) => (
                "did not serve a request before the operation's deadline",
                failure,
            ),
            Unmade::Stopped(stop, _) => return stop.error(Outcome::None),
            Unmade::Failed(failure) => ("refuses a request", failure),
        };
        let message = format!("etcd ({members}) {what}: {}", failure.explained());
        Error::new(Status::Coordination, message).with_outcome(Outcome::None)
    }
}

/// Makes the next member the current one when it is dropped, also with an attempt that its caller
/// gave up: a member that is silent would be asked again otherwise.
struct Leaving<'a> {
    current: &'a AtomicUsize,
    /// The member's number; none if it answered.
    number: Option<usize>,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let (next, order) = (number.wrapping_add(1), Ordering::Relaxed);
            // Another caller may have moved on already.
            let _ = self.current.compare_exchange(number, next, order, order);
        }
    }
}

/// Why a request was not made.
#[derive(Debug)]
pub(in crate::coordination) enum Unmade {
    /// The scope ended, after this failure if there was one.
    Stopped(Stop, Option<Failure>),
    /// Another attempt would fail in the same way.
    Failed(Failure),
}
