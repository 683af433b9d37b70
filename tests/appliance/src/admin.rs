//! The admin port: plain HTTP, for the loopback only. It has no authentication.
//!
//! | request | does |
//! | --- | --- |
//! | `GET /state` | the whole state, as [`Appliance::state`](crate::Appliance::state) |
//! | `GET /trace` | the exchanges so far |
//! | `GET /stats` | numbers since the start, and `sessions` |
//! | `GET /options` | the knobs as they are |
//! | `GET /faults` | the fault script, and how often each line fired |
//! | `POST /reset` | back to the beginning |
//! | `POST /trace/clear` | forgets the exchanges |
//! | `POST /trace/size` | how many exchanges to keep, a number; 0 is off |
//! | `POST /latency` | a [`Latency`] |
//! | `POST /faults` | a [`Fault`] or a list of them; answers their numbers |
//! | `DELETE /faults`, `DELETE /faults/N` | removes all or one |
//! | `GET /odd` | the objects that are shown otherwise than they are |
//! | `POST /odd` | an [`Odd`] or a list of them |
//! | `DELETE /odd` | shows every object as it is |
//! | `POST /fleet` | gives a project a [`Fleet`] |
//! | `POST /takeover`, `POST /failback` | moves the pools; 409 if that is not possible |
//! | `POST /sessions/expire` | makes every session void |
//! | `GET /tokens` | the persistent tokens that live, without their values |
//! | `POST /tokens/expire` | every persistent token has expired |
//! | `POST /certificate/rotate` | a new CA and certificate; the body may be [`TlsOptions`] |
//! | `POST /release` | lets hanging requests go on |
//! | `POST /options` | turns the knobs that the body names |
//! | `POST /peers` | `{"hostname", "admin"}`: the appliance behind a host name, by its admin port |
//!
//! Bodies are JSON of the types of this crate; the `Content-Type` does not matter. A body that cannot be used is
//! answered 400 with a text that says why.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::core::{Core, lock};
use crate::faults::Fault;
use crate::fleet::Fleet;
use crate::latency::Latency;
use crate::odd::Odd;
use crate::options::TlsOptions;
use crate::{replication, report, snapshots};

type Shared = State<Arc<Core>>;

/// Why a request to the admin port failed.
pub(crate) struct Failure(pub StatusCode, pub String);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.0, self.1 + "\n").into_response()
    }
}

pub(crate) type Done = Result<StatusCode, Failure>;

pub(crate) async fn serve(core: Arc<Core>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let app = Router::new()
        .route("/state", get(state))
        .route("/trace", get(trace))
        .route("/trace/clear", post(clear_trace))
        .route("/trace/size", post(size_trace))
        .route("/stats", get(stats))
        .route("/options", get(options).post(tune))
        .route("/faults", get(faults).post(push).delete(clear_faults))
        .route("/faults/{id}", delete(remove_fault))
        .route("/latency", post(latency))
        .route("/odd", get(odd).post(show_odd).delete(clear_odd))
        .route("/reset", post(reset))
        .route("/takeover", post(take_over))
        .route("/failback", post(fail_back))
        .route("/sessions/expire", post(expire))
        .route("/tokens", get(tokens))
        .route("/tokens/expire", post(expire_tokens))
        .route("/certificate/rotate", post(rotate))
        .route("/release", post(release))
        .route("/schedule", post(schedule))
        .route("/fleet", post(add_fleet))
        .merge(replication::admin_routes())
        .with_state(core);
    let stopped = async move {
        let _ = stop.changed().await;
    };
    let _ = axum::serve(listener, app)
        .with_graceful_shutdown(stopped)
        .await;
}

pub(crate) fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Failure> {
    serde_json::from_slice(body)
        .map_err(|error| Failure(StatusCode::BAD_REQUEST, error.to_string()))
}

pub(crate) fn show<T: Serialize>(value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(error) => Failure(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn bad(error: String) -> Failure {
    Failure(StatusCode::BAD_REQUEST, error)
}

async fn state(State(core): Shared) -> Response {
    let state = report::state(&core.state(), &core.knobs());
    show(&state)
}

async fn trace(State(core): Shared) -> Response {
    show(&core.trace.all())
}

async fn clear_trace(State(core): Shared) -> StatusCode {
    core.trace.clear();
    StatusCode::NO_CONTENT
}

async fn size_trace(State(core): Shared, body: Bytes) -> Done {
    core.trace.resize(parse(&body)?);
    Ok(StatusCode::NO_CONTENT)
}

async fn stats(State(core): Shared) -> Response {
    let mut stats = json!(core.stats.read());
    stats["sessions"] = json!(lock(&core.access).count(&core.knobs()));
    show(&stats)
}

async fn options(State(core): Shared) -> Response {
    show(&*core.knobs())
}

async fn tune(State(core): Shared, body: Bytes) -> Result<Response, Failure> {
    let named: serde_json::Map<String, Value> = parse(&body)?;
    let knobs = core.knobs().with(named);
    let knobs = knobs.map_err(|error| bad(error.to_string()))?;
    core.set_knobs(knobs);
    Ok(show(&*core.knobs()))
}

async fn faults(State(core): Shared) -> Response {
    show(&core.faults.report())
}

async fn push(State(core): Shared, body: Bytes) -> Result<Response, Failure> {
    let several: Vec<Fault> = match parse::<Value>(&body)? {
        Value::Array(_) => parse(&body)?,
        _ => vec![parse(&body)?],
    };
    let ids: Result<Vec<u64>, String> = several
        .into_iter()
        .map(|fault| core.faults.push(fault))
        .collect();
    Ok(show(&json!({"faults": ids.map_err(bad)?})))
}

async fn clear_faults(State(core): Shared) -> StatusCode {
    core.faults.clear();
    StatusCode::NO_CONTENT
}

async fn remove_fault(State(core): Shared, Path(id): Path<u64>) -> StatusCode {
    if core.faults.remove(id) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}

async fn odd(State(core): Shared) -> Response {
    show(&core.odd.all())
}

async fn show_odd(State(core): Shared, body: Bytes) -> Done {
    let several: Vec<Odd> = match parse::<Value>(&body)? {
        Value::Array(_) => parse(&body)?,
        _ => vec![parse(&body)?],
    };
    for one in several {
        core.odd.add(one).map_err(bad)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_odd(State(core): Shared) -> StatusCode {
    core.odd.clear();
    StatusCode::NO_CONTENT
}

async fn latency(State(core): Shared, body: Bytes) -> Done {
    core.latency.set(parse::<Latency>(&body)?).map_err(bad)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn reset(State(core): Shared) -> Done {
    core.begin_again();
    core.settled().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn moved(changed: bool) -> Done {
    if changed {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure(
            StatusCode::CONFLICT,
            "there is no cluster, or it is in that state already".to_owned(),
        ))
    }
}

async fn take_over(State(core): Shared) -> Done {
    moved(core.move_to(Some(1)))
}

async fn fail_back(State(core): Shared) -> Done {
    moved(core.move_to(None))
}

async fn tokens(State(core): Shared) -> Response {
    show(&lock(&core.access).shown_tokens())
}

async fn expire_tokens(State(core): Shared) -> StatusCode {
    lock(&core.access).expire_tokens();
    StatusCode::NO_CONTENT
}

async fn expire(State(core): Shared) -> StatusCode {
    lock(&core.access).expire();
    StatusCode::NO_CONTENT
}

async fn rotate(State(core): Shared, body: Bytes) -> Result<Response, Failure> {
    let tls: TlsOptions = if body.is_empty() {
        core.options.tls.clone()
    } else {
        parse(&body)?
    };
    core.set_tls(&tls)
        .map_err(|error| Failure(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let identity = lock(&core.identity).clone();
    Ok(show(
        &json!({"ca_pem": identity.ca_pem, "certificate_sha256": identity.sha256}),
    ))
}

/// A project whose snapshot schedule is due.
#[derive(Deserialize)]
struct Schedule {
    pool: String,
    project: String,
    label: String,
}

async fn schedule(State(core): Shared, body: Bytes) -> Result<Response, Failure> {
    let due: Schedule = parse(&body)?;
    let (name, _) =
        core.within(|ctx| snapshots::run_schedule(ctx, &due.pool, &due.project, &due.label));
    Ok(show(&json!({ "snapshot": name })))
}

async fn add_fleet(State(core): Shared, body: Bytes) -> Done {
    core.add_fleet(&parse::<Fleet>(&body)?).map_err(bad)?;
    core.settled().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn release(State(core): Shared) -> StatusCode {
    core.released.send_modify(|count| *count += 1);
    StatusCode::NO_CONTENT
}

impl Core {
    /// Waits for the data plane, in the words of the admin port.
    pub async fn settled(&self) -> Result<(), Failure> {
        let settled = self.plane.settled().await;
        settled.map_err(|error| Failure(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
    }
}
