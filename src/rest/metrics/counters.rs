//! Counters of the transport, for metrics.
//!
//! Each is an atomic number that is changed where the event happens, without a lock. All clients of
//! a backend share them, such as that of a migration's destination.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

use crate::metrics::{Durations, Histogram};
use crate::rest::{Method, Resource};

/// Counters of all clients of one backend.
pub struct Counters {
    /// Requests sent.
    pub(in crate::rest) requests: AtomicU64,
    /// Requests that ended without a complete answer.
    pub(in crate::rest) unanswered: AtomicU64,
    pub(in crate::rest) retries: AtomicU64,
    pub(in crate::rest) logins: AtomicU64,
    pub(in crate::rest) logouts: AtomicU64,
    /// Connections made.
    pub(in crate::rest) connections: AtomicU64,
    /// Connections closed from this side.
    pub(in crate::rest) closed: AtomicU64,
    /// Clients that have a connection now.
    pub(in crate::rest) open: AtomicU64,
    /// Changes whose outcome stayed unknown to the transport.
    pub(in crate::rest) unknown: AtomicU64,
    pub(in crate::rest) in_flight: AtomicU64,
    /// Requests that wait for a connection now.
    pub(in crate::rest) waiting: AtomicU64,
    durations: [[Histogram; Method::ALL.len()]; Resource::ALL.len()],
}

/// Durations of the requests with one method to one kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestDurations {
    /// Kind of resource.
    pub resource: Resource,
    /// Method.
    pub verb: Method,
    /// Durations, from the start of the request to the end of its answer or to its failure. A
    /// connection that is made for the request is part of it; the wait for a connection is not.
    pub durations: Durations,
}

impl Default for Counters {
    fn default() -> Self {
        let number = || AtomicU64::new(0);
        Counters {
            requests: number(),
            unanswered: number(),
            retries: number(),
            logins: number(),
            logouts: number(),
            connections: number(),
            closed: number(),
            open: number(),
            unknown: number(),
            in_flight: number(),
            waiting: number(),
            durations: std::array::from_fn(|_| std::array::from_fn(|_| Histogram::default())),
        }
    }
}

impl Counters {
    /// Counts a request that is about to be sent; its duration is recorded with the drop.
    pub(in crate::rest) fn send(&self, resource: Resource, verb: Method) -> Sending<'_> {
        add(&self.requests);
        Sending {
            counters: self,
            histogram: &self.durations[resource as usize][verb as usize],
            begun: Instant::now(),
            answered: false,
            _in_flight: Raised::new(&self.in_flight),
        }
    }

    /// The durations of all requests, where there was one.
    pub fn durations(&self) -> Vec<RequestDurations> {
        let mut found = Vec::new();
        for (resource, by_verb) in Resource::ALL.into_iter().zip(&self.durations) {
            for (verb, histogram) in Method::ALL.into_iter().zip(by_verb) {
                let durations = histogram.read();
                if durations.count > 0 {
                    found.push(RequestDurations {
                        resource,
                        verb,
                        durations,
                    });
                }
            }
        }
        found
    }
}

/// Counts one event.
pub(in crate::rest) fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// A request under way. Dropped when it ends in any way.
pub(in crate::rest) struct Sending<'a> {
    counters: &'a Counters,
    histogram: &'a Histogram,
    pub(in crate::rest) begun: Instant,
    answered: bool,
    _in_flight: Raised<'a>,
}

impl Sending<'_> {
    /// The answer was read to its end.
    pub(in crate::rest) fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        self.histogram.record(self.begun.elapsed());
        if !self.answered {
            add(&self.counters.unanswered);
        }
    }
}

/// Counts in a number for as long as it lives.
pub(in crate::rest) struct Raised<'a>(&'a AtomicU64);

impl<'a> Raised<'a> {
    pub(in crate::rest) fn new(number: &'a AtomicU64) -> Raised<'a> {
        add(number);
        Raised(number)
    }
}

impl Drop for Raised<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
