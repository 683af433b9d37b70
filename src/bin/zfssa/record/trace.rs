//! File of a trace: a line of JSON for its head, and one for each exchange.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use hyper::HeaderMap;
use serde::Serialize;
use serde_json::{Map, Value};
use zfssa::rest::{ForwardedAnswer, NoAnswer};

use crate::record::masks::{Body, Masks, Side, is_credential};

/// Version of the format. docs/command.md describes it.
const FORMAT: u32 = 1;

/// Headers that are written, apart from those that authenticate, whose values are masked.
const HEADERS: &[&str] = &["accept", "content-encoding", "content-type", "retry-after"];

/// A trace that grows.
pub struct Trace {
    state: Mutex<State>,
    begin: Instant,
}

struct State {
    file: File,
    masks: Masks,
    last: u64,
    written: u64,
    failure: Option<io::Error>,
}

/// A request that was sent and is not answered yet.
pub struct Asked {
    number: u64,
    at: Duration,
    method: String,
    target: String,
    message: Message,
}

#[derive(Serialize)]
struct Head<'a> {
    zfssa_trace: u32,
    zfssa: &'a str,
    identified: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    number: u64,
    at_ms: u64,
    took_ms: u64,
    method: &'a str,
    target: &'a str,
    request: &'a Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
    /// Reason that there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
}

#[derive(Serialize)]
struct Answer {
    status: u16,
    #[serde(flatten)]
    message: Message,
}

/// Headers and body of a request or an answer.
#[derive(Serialize)]
struct Message {
    #[serde(skip_serializing_if = "Map::is_empty")]
    headers: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    /// Number of bytes of a body that is no JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    omitted_bytes: Option<usize>,
}

impl Message {
    fn of(masks: &Masks, headers: &HeaderMap, body: &[u8]) -> Message {
        let headers = headers
            .iter()
            .filter(|(name, _)| HEADERS.contains(&name.as_str()) || is_credential(name.as_str()));
        let headers = headers.map(|(name, value)| {
            let value = value.to_str().unwrap_or_default();
            (name.to_string(), masks.header(name.as_str(), value).into())
        });
        let headers = headers.collect();
        let (body, omitted_bytes) = match masks.body(body) {
            Body::None => (None, None),
            Body::Json(value) => (Some(value), None),
            Body::Omitted(bytes) => (None, Some(bytes)),
        };
        Message {
            headers,
            body,
            omitted_bytes,
        }
    }
}

impl Trace {
    /// Creates the file, which only its owner can read. One that exists is refused.
    pub fn create(path: &Path, identify: bool) -> io::Result<Trace> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        let mut state = State {
            file,
            masks: Masks::new(identify),
            last: 0,
            written: 0,
            failure: None,
        };
        state.append(&Head {
            zfssa_trace: FORMAT,
            zfssa: env!("CARGO_PKG_VERSION"),
            identified: identify,
        })?;
        Ok(Trace {
            state: Mutex::new(state),
            begin: Instant::now(),
        })
    }

    /// Notes a request before it is sent. From now on its secrets are masked in every line.
    pub fn asked(&self, method: &str, target: &str, headers: &HeaderMap, body: &[u8]) -> Asked {
        let mut state = self.state();
        state.last += 1;
        let number = state.last;
        state.masks.learn_headers(headers);
        state.masks.learn_body(body, Side::Request);
        Asked {
            number,
            at: self.begin.elapsed(),
            method: method.to_owned(),
            target: state.masks.target(target),
            message: Message::of(&state.masks, headers, body),
        }
    }

    /// Writes a request with its answer, or the reason that there is none. After a failure to write
    /// nothing more is written.
    pub fn answered(&self, asked: &Asked, answer: &Result<ForwardedAnswer, NoAnswer>) {
        let mut state = self.state();
        if state.failure.is_some() {
            return;
        }
        let (shown, failure) = match answer {
            Ok(answer) => {
                state.masks.learn_headers(&answer.headers);
                state.masks.learn_body(&answer.body, Side::Answer);
                let message = Message::of(&state.masks, &answer.headers, &answer.body);
                let status = answer.status;
                (Some(Answer { status, message }), None)
            }
            Err(failure) => (None, Some(failure.name())),
        };
        let took = self.begin.elapsed().saturating_sub(asked.at);
        let line = Line {
            number: asked.number,
            at_ms: milliseconds(asked.at),
            took_ms: milliseconds(took),
            method: &asked.method,
            target: &asked.target,
            request: &asked.message,
            answer: shown,
            failure,
        };
        if let Err(error) = state.append(&line) {
            state.failure = Some(error);
        }
    }

    /// The number of exchanges, or the failure to write one.
    pub fn finish(&self) -> io::Result<u64> {
        let mut state = self.state();
        match state.failure.take() {
            Some(error) => Err(error),
            None => {
                state.file.sync_all()?;
                // The head is a line, too.
                Ok(state.written - 1)
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State {
    /// Appends a line in one write. A part of a line, as a full disk leaves it, is removed again.
    fn append(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        let before = self.file.stream_position()?;
        if let Err(error) = self.file.write_all(text.as_bytes()) {
            self.file.set_len(before)?;
            return Err(error);
        }
        self.written += 1;
        Ok(())
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
