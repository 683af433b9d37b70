//! A request as the state machine sees it, and the reply it gives.

use std::borrow::Cow;
use std::cell::RefCell;

use bytes::Bytes;
use hyper::Method;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::core::Core;
use crate::dialect::{Api, Dialect};
use crate::options::Knobs;
use crate::refusal::Refusal;
use crate::state::{LunId, State};
use crate::storage::DataPlane;

/// The path in pieces: split at slashes, empty pieces left out (double slashes are tolerated), each piece decoded.
pub(crate) fn segments(path: &str) -> Vec<Cow<'_, str>> {
    path.split('/')
        .filter(|piece| !piece.is_empty())
        .map(|piece| percent_decode_str(piece).decode_utf8_lossy())
        .collect()
}

/// The query parameters, decoded. Unknown ones are ignored by whoever asks.
#[derive(Default)]
pub(crate) struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    pub fn parse(query: &'a str) -> Query<'a> {
        let decode = |text: &'a str| percent_decode_str(text).decode_utf8_lossy();
        Query(
            query
                .split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(name), decode(value))
                })
                .collect(),
        )
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_ref())
    }

    pub fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// The slice of a list that `start` and `limit` ask for.
    pub fn page<T>(&self, items: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        let number = |name| self.get(name).and_then(|text| text.parse::<usize>().ok());
        items
            .skip(number("start").unwrap_or(0))
            .take(number("limit").unwrap_or(usize::MAX))
    }
}

/// The body as a JSON object. An empty body and `null` are an empty object.
pub(crate) fn parse_body(body: &Bytes) -> Result<Map<String, Value>, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err(Refusal::invalid("the body is not a JSON object")),
        Err(error) => Err(Refusal::invalid(format!("the body is not JSON: {error}"))),
    }
}

/// What one request works with, under the lock of the state.
pub(crate) struct Context<'a> {
    pub state: &'a mut State,
    pub knobs: &'a Knobs,
    pub core: &'a Core,
    pub plane: &'a dyn DataPlane,
    pub dialect: Dialect,
    /// Which head answers.
    pub head: usize,
    pub now: u64,
    pub method: &'a Method,
    pub query: Query<'a>,
    pub body: Map<String, Value>,
    /// What has to be done once the lock is released.
    pub later: Vec<Later>,
    /// What the peer of a new replication target answered before the lock was taken.
    pub contact: Option<Result<crate::replication::PeerIdentity, String>>,
}

/// Work that a request leaves behind.
#[derive(Debug)]
pub(crate) enum Later {
    /// Run the update of an action.
    Update { action: String, run: u64 },
    /// The sessions of a head are void, and the address that moves has moved.
    HeadMoved,
    /// Tell a peer that this appliance sends to it now.
    Introduce { hostname: String },
}

impl Context<'_> {
    /// `/api/storage/v1` and so on.
    pub fn base(&self, service: &str) -> String {
        self.dialect.base(service)
    }

    /// Takes a member out of the body, so that what is left over in the end is unknown.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.body.shift_remove(name)
    }

    /// Refuses what nobody took out of the body.
    pub fn nothing_left(&self) -> Result<(), Refusal> {
        match self.body.keys().next() {
            Some(name) => Err(Refusal::unknown(name)),
            None => Ok(()),
        }
    }

    /// Tells the data plane who sees what now, before it hears of bytes that go.
    pub fn present(&self) {
        self.core.present(self.state);
    }

    /// Is this head the one whose pools are usable here?
    pub fn holds_pools(&self) -> bool {
        self.state.active_head() == self.head
    }

    /// The LUN of a path.
    pub fn lun_id(&self, pool: &str, project: &str, name: &str) -> Result<LunId, Refusal> {
        self.state.lun_id(pool, project, name)
    }
}

/// An answer: status, JSON body, and a few headers.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
    pub headers: Vec<(&'static str, String)>,
}

pub(crate) type Answer = Result<Reply, Refusal>;

impl Reply {
    /// `{"<key>": <value>}`, written straight from the value.
    pub fn new<T: Serialize + ?Sized>(status: u16, key: &str, value: &T) -> Reply {
        let mut body = Vec::with_capacity(2048);
        let mut serializer = serde_json::Serializer::new(&mut body);
        let written =
            serde::Serializer::serialize_map(&mut serializer, Some(1)).and_then(|mut map| {
                map.serialize_entry(key, value)?;
                map.end()
            });
        debug_assert!(
            written.is_ok(),
            "a Vec takes every byte, and every key is text"
        );
        Reply {
            status,
            body,
            headers: Vec::new(),
        }
    }

    /// A list, of which each element is made when it is written: an appliance has many.
    pub fn list<T: Serialize>(key: &str, elements: impl Iterator<Item = T>) -> Answer {
        Reply::ok(key, &Elements(RefCell::new(Some(elements))))
    }

    pub fn ok<T: Serialize + ?Sized>(key: &str, value: &T) -> Answer {
        Ok(Reply::new(200, key, value))
    }

    pub fn created<T: Serialize + ?Sized>(key: &str, value: &T, location: String) -> Answer {
        Ok(Reply::new(201, key, value).with("Location", location))
    }

    pub fn accepted<T: Serialize + ?Sized>(key: &str, value: &T) -> Answer {
        Ok(Reply::new(202, key, value))
    }

    pub fn no_content() -> Answer {
        Ok(Reply {
            status: 204,
            body: Vec::new(),
            headers: Vec::new(),
        })
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }
}

/// The elements of a list, to be written once.
struct Elements<I>(RefCell<Option<I>>);

impl<T: Serialize, I: Iterator<Item = T>> Serialize for Elements<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.take().into_iter().flatten())
    }
}

/// The header that names the version of the service that answered.
pub(crate) fn service_header(path: &[&str]) -> Option<(&'static str, bool)> {
    let (_, rest) = path.split_first().filter(|(api, _)| **api == "api")?;
    match rest {
        ["access", ..] => Some(("X-Zfssa-Access-Api", false)),
        ["storage", _, "schema", ..] => Some(("X-Zfssa-Nas-Api", false)),
        ["storage", _, "replication", ..] => Some(("X-Zfssa-Replication-Api", false)),
        ["storage", ..] if rest.contains(&"replication") => {
            Some(("X-Zfssa-Replication-Api", false))
        }
        ["storage", ..] => Some(("X-Zfssa-Storage-Api", false)),
        ["hardware", ..] => Some(("X-Zfssa-Appliance-Api", true)),
        ["service", ..] => Some(("X-Zfssa-Service-Api", false)),
        ["user", ..] => Some(("X-Zfssa-User-Api", false)),
        ["san", ..] => Some(("X-Zfssa-San-Api", false)),
        ["system", ..] => Some(("X-Zfssa-System-Api", false)),
        _ => None,
    }
}

impl Api {
    /// The value of the service's version header.
    pub fn header(self) -> &'static str {
        match self {
            Api::V1 => "1.0",
            Api::V2 => "2.0",
        }
    }
}
