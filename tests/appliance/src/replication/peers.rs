//! The way from one appliance to another: itself, one of the same process, or one behind an admin port.

use std::sync::{Arc, Weak};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use hyper::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::receive::{self, Shipment};
use crate::admin::{Done, Failure, parse, show};
use crate::core::{Core, lock};
use crate::exchange::Arrival;

/// Where an appliance is.
#[derive(Clone)]
pub(crate) enum Peer {
    Here(Weak<Core>),
    /// Behind the admin port with this address, such as `127.0.0.1:8080`.
    There(String),
}

/// Who a peer is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PeerIdentity {
    pub asn: String,
    pub nodename: String,
}

impl Core {
    fn who(&self) -> PeerIdentity {
        PeerIdentity {
            asn: self.heads[0].asn.clone(),
            nodename: self.heads[0].nodename.clone(),
        }
    }

    /// The appliance behind a host name.
    pub fn peer(self: &Arc<Core>, hostname: &str) -> Result<Peer, String> {
        let name = hostname.strip_suffix(":216").unwrap_or(hostname);
        if let Some(peer) = lock(&self.peers).get(name) {
            return Ok(peer.clone());
        }
        let itself = [
            self.heads[0].nodename.as_str(),
            "localhost",
            "127.0.0.1",
            "::1",
        ];
        if itself.contains(&name) {
            return Ok(Peer::Here(Arc::downgrade(self)));
        }
        Err("no such host, as far as this simulator knows".to_owned())
    }
}

impl Peer {
    pub async fn identity(&self, password: &str) -> Result<PeerIdentity, String> {
        match self {
            Peer::Here(core) => identity(&*alive(core)?, password),
            Peer::There(address) => {
                ask(
                    address,
                    "/replication/identity",
                    &json!({"password": password}),
                )
                .await
            }
        }
    }

    pub async fn introduce(&self, who: &PeerIdentity) -> Result<(), String> {
        match self {
            Peer::Here(core) => {
                receive::introduce(&*alive(core)?, who);
                Ok(())
            }
            Peer::There(address) => ask::<Value>(address, "/replication/introduce", who)
                .await
                .map(drop),
        }
    }

    /// Delivers a shipment. When this returns the peer's data plane has its bytes.
    pub async fn deliver(&self, shipment: &Shipment) -> Result<(), String> {
        match self {
            Peer::Here(core) => {
                let core = alive(core)?;
                receive::receive(&core, shipment)?;
                core.plane
                    .settled()
                    .await
                    .map_err(|error| error.to_string())
            }
            Peer::There(address) => ask::<Value>(address, "/replication/receive", shipment)
                .await
                .map(drop),
        }
    }
}

fn alive(core: &Weak<Core>) -> Result<Arc<Core>, String> {
    core.upgrade()
        .ok_or_else(|| "the peer does not answer".to_owned())
}

fn identity(core: &Core, password: &str) -> Result<PeerIdentity, String> {
    if core.options.password == password {
        Ok(core.who())
    } else {
        Err("the password is wrong".to_owned())
    }
}

/// Asks the peer of a new target who it is, before the lock of the state is taken.
pub(crate) async fn contact(
    core: &Arc<Core>,
    path: &[&str],
    arrival: &Arrival,
) -> Option<Result<PeerIdentity, String>> {
    if arrival.method != Method::POST || path.get(3..) != Some(&["replication", "targets"]) {
        return None;
    }
    let body: Value = serde_json::from_slice(&arrival.body).ok()?;
    let (hostname, password) = (body["hostname"].as_str()?, body["root_password"].as_str()?);
    match core.peer(hostname) {
        Ok(peer) => Some(peer.identity(password).await),
        Err(error) => Some(Err(error)),
    }
}

/// One POST to an admin port.
async fn ask<T: DeserializeOwned>(
    address: &str,
    path: &str,
    body: &impl Serialize,
) -> Result<T, String> {
    let exchange = async {
        let body = serde_json::to_vec(body)?;
        let mut stream = TcpStream::connect(address).await?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&body).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<String, std::io::Error>(answer)
    };
    let answer = exchange
        .await
        .map_err(|error| format!("{address}: {error}"))?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or_else(|| format!("{address}: no answer"))?;
    match head.split(' ').nth(1) {
        Some("200") => serde_json::from_str(body).map_err(|error| format!("{address}: {error}")),
        _ => Err(body.trim().to_owned()),
    }
}

#[derive(Deserialize)]
struct Link {
    hostname: String,
    /// The admin port, as `http://127.0.0.1:8080` or without the scheme.
    admin: String,
}

#[derive(Deserialize)]
struct Knock {
    password: String,
}

/// The part of the admin port that other simulators use, and the one that makes them known.
pub(crate) fn admin_routes() -> Router<Arc<Core>> {
    Router::new()
        .route("/peers", post(link))
        .route("/replication/identity", post(answer_identity))
        .route("/replication/introduce", post(answer_introduce))
        .route("/replication/receive", post(answer_receive))
}

type Shared = State<Arc<Core>>;

async fn link(State(core): Shared, body: Bytes) -> Done {
    let link: Link = parse(&body)?;
    let address = link
        .admin
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    lock(&core.peers).insert(link.hostname, Peer::There(address));
    Ok(StatusCode::NO_CONTENT)
}

fn refuse(error: String) -> Failure {
    Failure(StatusCode::CONFLICT, error)
}

async fn answer_identity(
    State(core): Shared,
    body: Bytes,
) -> Result<axum::response::Response, Failure> {
    let knock: Knock = parse(&body)?;
    Ok(show(&identity(&core, &knock.password).map_err(refuse)?))
}

async fn answer_introduce(
    State(core): Shared,
    body: Bytes,
) -> Result<axum::response::Response, Failure> {
    receive::introduce(&core, &parse(&body)?);
    Ok(show(&json!({})))
}

async fn answer_receive(
    State(core): Shared,
    body: Bytes,
) -> Result<axum::response::Response, Failure> {
    receive::receive(&core, &parse(&body)?).map_err(refuse)?;
    core.settled().await?;
    Ok(show(&json!({})))
}

impl Core {
    /// This appliance as its peers know it.
    pub fn introduction(&self) -> PeerIdentity {
        self.who()
    }
}
