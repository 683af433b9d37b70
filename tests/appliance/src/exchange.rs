//! One request from its arrival to its answer: fault, gate, latency, work, answer, trace.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use hyper::{HeaderMap, Method};
use tokio::sync::watch;

use crate::access::{self, Caller};
use crate::core::{Core, lock};
use crate::dialect::{Api, Dialect};
use crate::faults::{FaultKind, When};
use crate::late;
use crate::misfortune::{self, Outcome};
use crate::options::Knobs;
use crate::refusal::Refusal;
use crate::replication;
use crate::request::{self, Answer, Context, Later, Query, Reply};
use crate::router;
use crate::state::{State, epoch};
use crate::tokens;
use crate::trace::{Exchange, masked};

/// What arrived.
pub(crate) struct Arrival {
    pub method: Method,
    /// Path and query, as sent.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub connection: u64,
    pub started_us: u64,
    /// The address it came to: the one that moves with a takeover, or the peer's own.
    pub peer_address: bool,
    /// Caller of a request that is held, and the head that knew its session when it arrived.
    pub admitted: Option<(Caller, usize)>,
}

impl Arrival {
    /// Checks who asks before the request is held. A log-out, or the end of the session, does not
    /// stop a request that the appliance has begun with.
    fn admit(&mut self, core: &Core, knobs: &Knobs) {
        let head = self.head(&core.state());
        let caller = lock(&core.access).authenticate(&self.headers, knobs, head);
        self.admitted = caller.ok().map(|caller| (caller, head));
    }

    /// The moving address answers from the head that has it; where that is, the state knows.
    fn head(&self, state: &State) -> usize {
        if self.peer_address {
            1
        } else {
            state.active_head()
        }
    }
}

/// An answer before it is dressed for the wire.
pub(crate) struct Answered {
    pub reply: Reply,
    pub error: Option<String>,
    pub committed: bool,
}

/// Records the exchange even if the client goes away before its answer.
struct Recording<'a> {
    core: &'a Core,
    exchange: Option<Exchange>,
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        if let Some(mut exchange) = self.exchange.take() {
            exchange.ended_us = self.core.trace.micros();
            self.core.trace.push(exchange);
        }
    }
}

/// Counts a request in the appliance for as long as it is there.
struct InFlight<'a>(&'a Core, usize);

impl<'a> InFlight<'a> {
    fn enter(core: &'a Core) -> InFlight<'a> {
        let now = core.gate.in_flight.fetch_add(1, Ordering::AcqRel) + 1;
        core.stats
            .most_in_flight
            .fetch_max(now as u64, Ordering::Relaxed);
        InFlight(core, now)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.gate.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Carries out one request.
pub(crate) async fn run(core: Arc<Core>, mut arrival: Arrival) -> Outcome {
    let method = arrival.method.as_str();
    core.stats.requests.fetch_add(1, Ordering::Relaxed);
    let mut recording = Recording {
        core: &core,
        exchange: None,
    };
    if core.trace.is_on() {
        let text = |name: &str| {
            let value = arrival.headers.get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let takes_body = arrival.method == Method::POST || arrival.method == Method::PUT;
        recording.exchange = Some(Exchange {
            sequence: core.trace.next(),
            started_us: arrival.started_us,
            ended_us: 0,
            connection: arrival.connection,
            session: arrival.headers.contains_key("x-auth-session"),
            method: method.to_owned(),
            path: arrival.target.clone(),
            accept_encoding: text("accept-encoding"),
            traceparent: text("traceparent"),
            body: if takes_body {
                masked(&arrival.body)
            } else {
                None
            },
            status: None,
            answer_bytes: 0,
            error: None,
            fault: None,
            committed: false,
        });
    }
    core.late.arrived().await;
    let knobs = core.knobs();
    let here = InFlight::enter(&core);
    if knobs.max_concurrent > 0 && here.1 > knobs.max_concurrent {
        return finish(
            recording,
            refused(&knobs, Refusal::busy("too many requests")),
            None,
            &knobs,
        );
    }
    let struck = core.faults.strike(method, &arrival.target);
    if let (Some(exchange), Some((id, ..))) = (&mut recording.exchange, &struck) {
        exchange.fault = Some(*id);
    }
    let (before, after) = core.latency.of(method, &arrival.target);

    let workers = lock(&core.gate.workers).clone();
    let _turn = match &workers {
        Some(workers) => workers.acquire().await.ok(),
        None => None,
    };
    wait(before).await;
    let is_held = struck.as_ref().is_some_and(|(_, _, kind)| {
        matches!(kind, FaultKind::Late { .. } | FaultKind::Hang { .. })
    });
    if is_held {
        arrival.admit(&core, &knobs);
    }
    if let Some((_, _, FaultKind::Late { requests, ms })) = &struck {
        let exchange = recording.exchange.take();
        late::carry_out_late(&core, arrival, exchange, *requests, *ms);
        return Outcome::Reset;
    }
    if let Some((_, When::BeforeCommit, kind)) = &struck {
        match kind {
            FaultKind::Hang { ms } => {
                if hang(&core, *ms).await == Held::Forgotten {
                    return Outcome::Close;
                }
            }
            kind => {
                let reply = refused(&knobs, Refusal::internal("the request was not carried out"));
                return finish(recording, reply, Some(kind), &knobs);
            }
        }
    }
    let answered = answer(&core, &knobs, &arrival).await;
    if let Some(exchange) = &mut recording.exchange {
        exchange.committed = answered.committed;
    }
    wait(after).await;
    let kind = match &struck {
        Some((_, When::AfterCommit, FaultKind::Hang { ms })) => {
            // What is done is done; a client that waits gets its answer.
            hang(&core, *ms).await;
            None
        }
        Some((_, When::AfterCommit, kind)) => Some(kind),
        _ => None,
    };
    finish(recording, answered, kind, &knobs)
}

fn finish(
    mut recording: Recording<'_>,
    answered: Answered,
    kind: Option<&FaultKind>,
    knobs: &Knobs,
) -> Outcome {
    let error = answered.error.clone();
    let (outcome, strange) = misfortune::dress(answered, kind, knobs);
    if let Some(exchange) = &mut recording.exchange {
        if let Outcome::Send(sent) = &outcome {
            exchange.status = Some(sent.status);
            exchange.answer_bytes = sent.body.len();
        }
        exchange.error = strange.or(error);
    }
    outcome
}

/// The runtime's own timer rounds up to the next millisecond, which would add a twentieth to a
/// latency of 20 ms.
async fn wait(time: Option<Duration>) {
    if let Some(time) = time {
        async_io::Timer::after(time).await;
    }
}

/// How a request that was held goes on.
#[derive(PartialEq, Eq)]
pub(crate) enum Held {
    GoesOn,
    Forgotten,
}

/// A request that is held, counted for as long as it is.
pub(crate) struct Holding {
    core: Arc<Core>,
    released: watch::Receiver<u64>,
    forgotten: watch::Receiver<u64>,
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.core.held.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Holds a request from now on.
pub(crate) fn hold(core: &Arc<Core>) -> Holding {
    let (released, forgotten) = (core.released.subscribe(), core.forgotten.subscribe());
    // Counted last: a request that is counted can be released.
    core.held.fetch_add(1, Ordering::AcqRel);
    Holding {
        core: core.clone(),
        released,
        forgotten,
    }
}

impl Holding {
    /// Until the time is over, it is `due`, released or forgotten.
    pub(crate) async fn until(
        mut self,
        time: Option<Duration>,
        due: impl Future<Output = ()>,
    ) -> Held {
        let end = async {
            match time {
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.forgotten.changed() => Held::Forgotten,
            _ = self.released.changed() => Held::GoesOn,
            () = due => Held::GoesOn,
            () = end => Held::GoesOn,
        }
    }
}

async fn hang(core: &Arc<Core>, ms: Option<u64>) -> Held {
    let time = ms.map(Duration::from_millis);
    hold(core).until(time, std::future::pending()).await
}

/// A refusal as an answer.
pub(crate) fn refused(knobs: &Knobs, refusal: Refusal) -> Answered {
    let mut reply = Reply {
        status: refusal.status,
        body: refusal.body(knobs.legacy_fault_bodies),
        headers: Vec::new(),
    };
    if let (503, Some(seconds)) = (refusal.status, knobs.retry_after) {
        reply = reply.with("Retry-After", seconds.to_string());
    }
    Answered {
        reply,
        error: Some(refusal.name),
        committed: false,
    }
}

/// Does the work, all of it, and waits until the data plane shows it.
pub(crate) async fn answer(core: &Arc<Core>, knobs: &Arc<Knobs>, arrival: &Arrival) -> Answered {
    let (path, query) = arrival
        .target
        .split_once('?')
        .unwrap_or((&arrival.target, ""));
    let segments = request::segments(path);
    let path: Vec<&str> = segments.iter().map(|segment| segment.as_ref()).collect();
    let contact = replication::contact(core, &path, arrival).await;
    let (result, later) = perform(core, knobs, arrival, &path, query, contact);
    let is_change = arrival.method != Method::GET;
    let committed = is_change && result.is_ok() && path.get(1) != Some(&"access");
    if committed
        && core.options.data_plane.is_some()
        && let Err(error) = core.plane.settled().await
    {
        let refusal = Refusal::internal(format!("the data plane failed: {error}"));
        return Answered {
            committed,
            ..refused(knobs, refusal)
        };
    }
    for work in later {
        replication::afterwards(core, work).await;
    }
    let api = path
        .get(2)
        .and_then(|version| Api::parse(version, knobs.release))
        .unwrap_or(Api::V1);
    let mut answered = match result {
        Ok(mut reply) => {
            core.odd.dress(&path, &mut reply);
            Answered {
                reply,
                error: None,
                committed,
            }
        }
        Err(refusal) => refused(knobs, refusal),
    };
    if let Some((header, general)) = request::service_header(&path) {
        answered
            .reply
            .headers
            .push((header, api.header().to_owned()));
        if general {
            answered
                .reply
                .headers
                .push(("X-Zfssa-Api", api.header().to_owned()));
        }
    }
    answered
}

fn perform(
    core: &Arc<Core>,
    knobs: &Arc<Knobs>,
    arrival: &Arrival,
    path: &[&str],
    query: &str,
    contact: Option<Result<replication::PeerIdentity, String>>,
) -> (Answer, Vec<Later>) {
    let early = |refusal| (Err(refusal), Vec::new());
    if !knobs.rest_present {
        return early(Refusal::no_path());
    }
    if !knobs.rest_enabled {
        return early(Refusal::busy("the REST service is disabled"));
    }
    let ["api", service, version, rest @ ..] = path else {
        return early(Refusal::no_path());
    };
    let Some(api) = Api::parse(version, knobs.release) else {
        return early(Refusal::no_path());
    };
    let reads = arrival.method == Method::GET;
    let mut state = core.state();
    let head = arrival.head(&state);
    let caller = match &arrival.admitted {
        // A takeover ends what the other head was doing.
        Some((caller, admitted_by)) if *admitted_by == head => caller.clone(),
        _ => match lock(&core.access).authenticate(&arrival.headers, knobs, head) {
            Ok(caller) => caller,
            Err(refusal) => return early(refusal),
        },
    };
    let body = match body_of(arrival) {
        Ok(body) => body,
        Err(refusal) => return early(refusal),
    };
    if *service == "access" {
        drop(state);
        return (
            session(core, knobs, arrival, api, rest, &caller, head, &body),
            Vec::new(),
        );
    }
    if *service == "user" {
        drop(state);
        if api != Api::V2 {
            return early(Refusal::no_path());
        }
        let request = tokens::TokenRequest {
            method: &arrival.method,
            headers: &arrival.headers,
            path: rest,
            query: Query::parse(query),
            body,
            caller: &caller,
        };
        let answer = lock(&core.access).token_request(request, knobs);
        return (answer, Vec::new());
    }
    if !reads && !caller.may_change {
        let name = if knobs.unauthorized_status == 401 {
            "ERR_UNAUTHORIZED"
        } else {
            "ERR_DENIED"
        };
        let message = format!(
            "operation denied (user {} is not authorized for it)",
            caller.user
        );
        return early(Refusal::other(knobs.unauthorized_status, name, message));
    }
    let mut context = Context {
        state: &mut state,
        knobs,
        core,
        plane: &*core.plane,
        dialect: Dialect {
            release: knobs.release,
            api,
            number_always_list: knobs.number_always_list,
        },
        head,
        now: epoch().saturating_sub(knobs.clock_behind_s),
        method: &arrival.method,
        query: Query::parse(query),
        body,
        later: Vec::new(),
        contact,
    };
    let answer = router::route(&mut context, service, rest);
    let later = context.later;
    if !reads {
        core.present(&state);
    }
    (answer, later)
}

/// The body of a POST or PUT. Those of GET and DELETE are ignored, whatever they are.
fn body_of(arrival: &Arrival) -> Result<serde_json::Map<String, serde_json::Value>, Refusal> {
    if arrival.method != Method::POST && arrival.method != Method::PUT {
        return Ok(serde_json::Map::new());
    }
    let content_type = arrival
        .headers
        .get("content-type")
        .and_then(|value| value.to_str().ok());
    if let Some(content_type) = content_type
        && !arrival.body.is_empty()
        && !content_type
            .to_ascii_lowercase()
            .starts_with("application/json")
    {
        return Err(Refusal::unsupported_media(content_type));
    }
    if arrival.body.len() > MOST_BYTES {
        return Err(Refusal::too_large());
    }
    request::parse_body(&arrival.body)
}

/// The largest body that the appliance takes.
pub(crate) const MOST_BYTES: usize = 1 << 20;

#[allow(clippy::too_many_arguments)]
fn session(
    core: &Core,
    knobs: &Knobs,
    arrival: &Arrival,
    api: Api,
    rest: &[&str],
    caller: &Caller,
    head: usize,
    body: &serde_json::Map<String, serde_json::Value>,
) -> Answer {
    if !rest.is_empty() {
        return Err(Refusal::no_path());
    }
    let host = arrival
        .headers
        .get("host")
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost");
    match arrival.method.as_str() {
        "GET" => Reply::ok("services", &access::services(host, knobs.release)),
        "POST" => {
            let token = lock(&core.access).log_in(caller, knobs, head)?;
            core.stats.logins.fetch_add(1, Ordering::Relaxed);
            let name = body.get("name").and_then(serde_json::Value::as_str);
            Ok(access::welcome(token, name, host, api, knobs.release))
        }
        "DELETE" => lock(&core.access).log_out(&arrival.headers),
        _ => Err(Refusal::method()),
    }
}
