//! The trace: what was asked and answered, when, and over which connection. Secrets are masked before they get here.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One request and its answer. Times are microseconds since the start of the appliance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Counts the requests in the order of their arrival, from 1.
    pub sequence: u64,
    /// When the head of the request had arrived.
    pub started_us: u64,
    /// When the answer (or the fault in its place) was given to the connection.
    pub ended_us: u64,
    /// The connection, counted from 1.
    pub connection: u64,
    /// Was the request authenticated by a session token?
    pub session: bool,
    /// The method.
    pub method: String,
    /// Path and query as sent.
    pub path: String,
    /// The header `Accept-Encoding`: which codings of the answer the client takes.
    pub accept_encoding: Option<String>,
    /// The header `traceparent`: the trace of the client, and its span for this request.
    #[serde(default)]
    pub traceparent: Option<String>,
    /// The body of a POST or PUT with every secret replaced by `***`, or `None` if it was empty.
    pub body: Option<String>,
    /// The status, or `None` if no answer was given.
    pub status: Option<u16>,
    /// The length of the answer's body in bytes.
    #[serde(default)]
    pub answer_bytes: usize,
    /// The `ERR_` name of the answer.
    pub error: Option<String>,
    /// The number of the fault that fired, as [`Faults::push`](crate::Faults::push) returned it.
    pub fault: Option<u64>,
    /// Did the request change the appliance?
    pub committed: bool,
}

/// The number of requests in a slice of the trace, logins and logouts included.
pub fn requests(exchanges: &[Exchange]) -> usize {
    exchanges.len()
}

/// The sequential depth: the length of the longest chain in which each exchange begins after the one before it ended.
///
/// An operation that reads four things in parallel and then writes has depth 2. With intervals the longest chain is
/// the largest set of exchanges that do not overlap, and taking the one that ends first each time finds it.
pub fn sequential_depth(exchanges: &[Exchange]) -> usize {
    let mut intervals: Vec<(u64, u64)> = exchanges
        .iter()
        .map(|e| (e.ended_us, e.started_us))
        .collect();
    intervals.sort_unstable();
    let (mut depth, mut last) = (0, None);
    for (ended, started) in intervals {
        if last.is_none_or(|last| started > last) {
            depth += 1;
            last = Some(ended);
        }
    }
    depth
}

/// The ring of exchanges.
pub(crate) struct Trace {
    begin: Instant,
    capacity: AtomicUsize,
    sequence: AtomicU64,
    ring: Mutex<VecDeque<Exchange>>,
}

impl Trace {
    pub fn new(capacity: usize) -> Trace {
        Trace {
            begin: Instant::now(),
            capacity: AtomicUsize::new(capacity),
            sequence: AtomicU64::new(0),
            ring: Mutex::new(VecDeque::new()),
        }
    }

    pub fn micros(&self) -> u64 {
        self.begin.elapsed().as_micros() as u64
    }

    pub fn next(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// How many exchanges are kept; 0 switches the trace off.
    pub fn resize(&self, capacity: usize) {
        self.capacity.store(capacity, Ordering::Relaxed);
        let mut ring = self.ring.lock().unwrap_or_else(|e| e.into_inner());
        while ring.len() > capacity {
            ring.pop_front();
        }
    }

    pub fn is_on(&self) -> bool {
        self.capacity.load(Ordering::Relaxed) > 0
    }

    pub fn push(&self, exchange: Exchange) {
        let capacity = self.capacity.load(Ordering::Relaxed);
        let mut ring = self.ring.lock().unwrap_or_else(|e| e.into_inner());
        let oldest = if ring.len() >= capacity {
            ring.pop_front()
        } else {
            None
        };
        if capacity > 0 {
            ring.push_back(exchange);
        }
        drop(ring);
        // Freed outside the lock.
        drop(oldest);
    }

    pub fn clear(&self) {
        self.ring.lock().unwrap_or_else(|e| e.into_inner()).clear();
    }

    /// All of it, in the order of arrival.
    pub fn all(&self) -> Vec<Exchange> {
        let mut all: Vec<Exchange> = self
            .ring
            .lock()
            .unwrap_or_else(|e| e.into_inner())
            .iter()
            .cloned()
            .collect();
        all.sort_by_key(|exchange| exchange.sequence);
        all
    }
}

/// A body for the trace: compact JSON with every secret masked. What is not JSON is not kept.
pub(crate) fn masked(body: &[u8]) -> Option<String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return None;
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            mask(&mut value);
            Some(value.to_string())
        }
        Err(_) => Some(format!("<{} bytes that are not JSON>", body.len())),
    }
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (key, member) in object.iter_mut() {
                let key = key.to_ascii_lowercase();
                if key.contains("secret") || key.contains("password") {
                    *member = Value::from("***");
                } else {
                    mask(member);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(mask),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(started_us: u64, ended_us: u64) -> Exchange {
        Exchange {
            sequence: 0,
            started_us,
            ended_us,
            connection: 1,
            session: true,
            method: "GET".to_owned(),
            path: "/".to_owned(),
            accept_encoding: None,
            traceparent: None,
            body: None,
            status: Some(200),
            answer_bytes: 0,
            error: None,
            fault: None,
            committed: false,
        }
    }

    #[test]
    fn depth_is_the_longest_chain() {
        assert_eq!(sequential_depth(&[]), 0);
        // Four in parallel, then one, then two in parallel.
        let all = [
            exchange(0, 10),
            exchange(1, 9),
            exchange(2, 12),
            exchange(3, 8),
            exchange(13, 20),
            exchange(21, 30),
            exchange(22, 29),
        ];
        assert_eq!(sequential_depth(&all), 3);
        // One long exchange beside a chain of three.
        assert_eq!(
            sequential_depth(&[
                exchange(0, 100),
                exchange(1, 2),
                exchange(3, 4),
                exchange(5, 6)
            ]),
            3
        );
    }

    #[test]
    fn secrets_are_masked_at_every_level() {
        let body = br#"{"chapuser":"u","chapsecret":"very-secret-1","list":[{"root_password":"pw"}],"targetchapsecret":"x"}"#;
        let masked = masked(body).unwrap();
        assert_eq!(
            masked,
            r#"{"chapuser":"u","chapsecret":"***","list":[{"root_password":"***"}],"targetchapsecret":"***"}"#
        );
    }

    #[test]
    fn the_ring_is_bounded() {
        let trace = Trace::new(2);
        for start in 0..5 {
            trace.push(Exchange {
                sequence: start,
                ..exchange(start, start)
            });
        }
        assert_eq!(
            trace.all().iter().map(|e| e.sequence).collect::<Vec<_>>(),
            [3, 4]
        );
        trace.resize(0);
        assert!(!trace.is_on());
        trace.push(exchange(9, 9));
        assert!(trace.all().is_empty());
    }
}
