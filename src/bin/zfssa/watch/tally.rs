//! Counts of a log: operations, requests, retries and faults.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;
use zfssa::timestamp;

use crate::watch::line::Line;

/// Most operations that are counted as under way. An operation whose process died never ends.
const MOST_UNDER_WAY: usize = 10_000;

/// Most errors that are kept.
const LAST_ERRORS: usize = 5;

/// Name of an error whose status cannot be read from the log.
const NOT_KNOWN: &str = "not known";

/// The counts so far.
#[derive(Default)]
pub struct Tally {
    lines: u64,
    skipped: u64,
    first: Option<String>,
    last: Option<String>,
    under_way: BTreeMap<(String, String), ()>,
    operations: BTreeMap<String, Operation>,
    requests: BTreeMap<String, Requests>,
    retries: u64,
    not_repeated: u64,
    busy: u64,
    faults: BTreeMap<String, u64>,
    last_errors: VecDeque<LastError>,
}

#[derive(Default)]
struct Operation {
    done: u64,
    failed: BTreeMap<(String, String), u64>,
}

#[derive(Default)]
struct Requests {
    count: u64,
    unanswered: u64,
    milliseconds: u64,
    longest: u64,
}

/// A failed operation.
#[derive(Clone, Serialize)]
pub struct LastError {
    pub time: String,
    pub operation: String,
    pub resource: String,
    pub error: String,
}

/// The counts as a result of the command.
#[derive(Serialize)]
pub struct Summary {
    /// Lines read, and those among them that are no record of the engine.
    pub lines: u64,
    pub skipped: u64,
    /// Times of the first and the last record.
    pub first: Option<String>,
    pub last: Option<String>,
    pub operations: Vec<OperationCount>,
    pub requests: Vec<RequestCount>,
    pub limits: Limits,
    /// Requests that were sent again.
    pub retries: u64,
    pub faults: Vec<FaultCount>,
    pub last_errors: Vec<LastError>,
}

/// The calls of one operation.
#[derive(Serialize)]
pub struct OperationCount {
    pub operation: String,
    pub under_way: u64,
    pub done: u64,
    pub failed: Vec<FailureCount>,
}

/// The failures of an operation with one status and outcome.
#[derive(Serialize)]
pub struct FailureCount {
    pub status: String,
    pub outcome: String,
    pub count: u64,
}

/// The requests for one kind of object with one method.
#[derive(Serialize)]
pub struct RequestCount {
    pub request: String,
    pub count: u64,
    pub unanswered: u64,
    pub per_second: f64,
    pub mean_ms: f64,
    pub longest_ms: u64,
}

/// What the limits of the appliance and of the engine held back.
#[derive(Serialize)]
pub struct Limits {
    /// Answers 429 and 503: the appliance takes no more requests.
    pub busy: u64,
    /// Requests that were not sent again, since too many were.
    pub not_repeated: u64,
}

/// Answers of one status that reports a fault, or requests with one reason for no answer.
#[derive(Serialize)]
pub struct FaultCount {
    pub fault: String,
    pub count: u64,
}

impl Tally {
    /// Counts a line without its line break. An empty one does not count.
    pub fn add(&mut self, text: &[u8]) {
        if text.trim_ascii().is_empty() {
            return;
        }
        self.lines += 1;
        match Line::parse(text) {
            Some(line) => self.record(line),
            None => self.skipped += 1,
        }
    }

    /// Counts a line that is too long to be read.
    pub fn skip(&mut self) {
        self.lines += 1;
        self.skipped += 1;
    }

    fn record(&mut self, line: Line) {
        if let Some(time) = &line.time {
            self.first.get_or_insert_with(|| time.clone());
            self.last = Some(time.clone());
        }
        match line.msg.as_str() {
            "answered" => self.answered(&line),
            "not answered" => self.not_answered(&line),
            "repeated" => self.retries += 1,
            text if text.starts_with("retry budget exhausted") => self.not_repeated += 1,
            _ => {}
        }
        let Some(operation) = &line.operation else {
            return;
        };
        let counts = self.operations.entry(operation.clone()).or_default();
        let call = (
            operation.clone(),
            line.operation_id.clone().unwrap_or_default(),
        );
        match line.msg.as_str() {
            "done" => {
                counts.done += 1;
                self.under_way.remove(&call);
            }
            "failed" => {
                let known = line.status_and_outcome().unwrap_or((NOT_KNOWN, NOT_KNOWN));
                let known = (known.0.to_owned(), known.1.to_owned());
                *counts.failed.entry(known).or_default() += 1;
                self.under_way.remove(&call);
                self.keep_error(line);
            }
            _ if self.under_way.len() < MOST_UNDER_WAY => {
                self.under_way.insert(call, ());
            }
            _ => {}
        }
    }

    fn answered(&mut self, line: &Line) {
        let (Some(kind), Some(status)) = (line.kind_of_request(), line.status) else {
            return;
        };
        self.request(kind, line.milliseconds).count += 1;
        if [429, 503].contains(&status) {
            self.busy += 1;
        }
        // A refusal of 4xx is often the answer to a question, such as whether an object exists.
        if status >= 400 {
            *self.faults.entry(status.to_string()).or_default() += 1;
        }
    }

    fn not_answered(&mut self, line: &Line) {
        let Some(kind) = line.kind_of_request() else {
            return;
        };
        let requests = self.request(kind, line.milliseconds);
        requests.count += 1;
        requests.unanswered += 1;
        let reason = line.failure.as_deref().unwrap_or(NOT_KNOWN);
        *self.faults.entry(reason.to_owned()).or_default() += 1;
    }

    fn request(&mut self, kind: String, milliseconds: Option<u64>) -> &mut Requests {
        let requests = self.requests.entry(kind).or_default();
        let milliseconds = milliseconds.unwrap_or_default();
        requests.milliseconds = requests.milliseconds.saturating_add(milliseconds);
        requests.longest = requests.longest.max(milliseconds);
        requests
    }

    fn keep_error(&mut self, line: Line) {
        if self.last_errors.len() == LAST_ERRORS {
            self.last_errors.pop_front();
        }
        self.last_errors.push_back(LastError {
            time: line.time.unwrap_or_default(),
            operation: line.operation.unwrap_or_default(),
            resource: line.resource.unwrap_or_default(),
            error: line.error.unwrap_or_default(),
        });
    }

    /// Seconds from the first record to the last, at least 1.
    fn seconds(&self) -> u64 {
        let seconds = |time: &Option<String>| time.as_deref().and_then(timestamp::seconds);
        match (seconds(&self.first), seconds(&self.last)) {
            (Some(first), Some(last)) => last.saturating_sub(first).max(1),
            _ => 1,
        }
    }

    pub fn summary(&self) -> Summary {
        let under_way = |name: &str| {
            let calls = self.under_way.keys();
            calls.filter(|(operation, _)| operation == name).count() as u64
        };
        let failures = |failed: &BTreeMap<(String, String), u64>| {
            let failed = failed
                .iter()
                .map(|((status, outcome), count)| FailureCount {
                    status: status.clone(),
                    outcome: outcome.clone(),
                    count: *count,
                });
            failed.collect()
        };
        let operations = self.operations.iter().map(|(name, counts)| OperationCount {
            operation: name.clone(),
            under_way: under_way(name),
            done: counts.done,
            failed: failures(&counts.failed),
        });
        let seconds = self.seconds() as f64;
        let requests = self.requests.iter().map(|(kind, requests)| RequestCount {
            request: kind.clone(),
            count: requests.count,
            unanswered: requests.unanswered,
            per_second: requests.count as f64 / seconds,
            mean_ms: requests.milliseconds as f64 / requests.count.max(1) as f64,
            longest_ms: requests.longest,
        });
        let faults = self.faults.iter().map(|(fault, count)| FaultCount {
            fault: fault.clone(),
            count: *count,
        });
        Summary {
            lines: self.lines,
            skipped: self.skipped,
            first: self.first.clone(),
            last: self.last.clone(),
            operations: operations.collect(),
            requests: requests.collect(),
            limits: Limits {
                busy: self.busy,
                not_repeated: self.not_repeated,
            },
            retries: self.retries,
            faults: faults.collect(),
            last_errors: self.last_errors.iter().cloned().collect(),
        }
    }
}
