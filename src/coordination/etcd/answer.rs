//! Answers of etcd.

use std::fmt::Display;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer};

/// The members of all answers that the engine reads. One type, so that its reader is compiled once.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    pub(super) header: Header,
    /// Whether the comparisons of a transaction held.
    pub succeeded: bool,
    pub(super) responses: Vec<Response>,
    /// Found keys, of a range.
    pub kvs: Vec<KeyValue>,
    /// A lease's id.
    #[serde(rename = "ID", deserialize_with = "number")]
    pub id: i64,
    /// A lease's time to live in seconds; 0 if it does not exist.
    #[serde(rename = "TTL", deserialize_with = "number")]
    pub ttl: i64,
    pub(super) token: String,
    /// Release of the member that answered.
    pub version: String,
    /// Member that the others follow; 0 if there is none.
    #[serde(deserialize_with = "number")]
    pub leader: u64,
    /// Alarms of the member, such as `NOSPACE`.
    pub errors: Vec<String>,
    /// Events of a watch.
    pub events: Vec<Event>,
    /// Whether a watch ended.
    pub canceled: bool,
    /// Members of the cluster.
    pub members: Vec<Member>,
    pub(super) result: Option<Box<Answer>>,
    /// Whether an earlier attempt at the request was not answered, and may still be carried out.
    #[serde(skip)]
    pub repeated: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Header {
    #[serde(deserialize_with = "number")]
    pub(super) revision: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Response {
    pub(super) response_range: Option<Range>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Range {
    pub(super) kvs: Vec<KeyValue>,
}

/// An event of a watch. Its contents are not read: the watcher reads the keys again.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Event {}

/// A member of the cluster.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Member {
    /// Its name.
    pub name: String,
}

/// A key with its value.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct KeyValue {
    /// The key.
    #[serde(deserialize_with = "bytes")]
    pub key: Vec<u8>,
    /// The value.
    #[serde(deserialize_with = "bytes")]
    pub value: Vec<u8>,
    /// Revision of the store at which the key was created.
    #[serde(deserialize_with = "number")]
    pub create_revision: i64,
    /// Revision of the store at which the value was written.
    #[serde(deserialize_with = "number")]
    pub mod_revision: i64,
    /// The lease with which the key ends; 0 if it does not.
    #[serde(deserialize_with = "number")]
    pub lease: i64,
}

impl Answer {
    /// Revision of the store when the request was carried out.
    pub fn revision(&self) -> i64 {
        self.header.revision
    }

    /// Keys that the ranges of a transaction found, in the order of their operations.
    pub fn found(&mut self) -> Vec<KeyValue> {
        let ranges = self.responses.iter_mut();
        ranges
            .filter_map(|response| response.response_range.take())
            .flat_map(|range| range.kvs)
            .collect()
    }
}

fn number<'de, D, N>(deserializer: D) -> Result<N, D::Error>
where
    D: Deserializer<'de>,
    N: FromStr<Err: Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map_err(serde::de::Error::custom)
}
