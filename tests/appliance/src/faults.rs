//! The fault script: which request meets what misfortune, and whether the appliance has done the work by then.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use regex::Regex;
use serde::{Deserialize, Serialize};

/// One line of the fault script.
///
/// ```
/// use zfssa_appliance::{Fault, FaultKind};
/// // The second creation of a LUN happens, but its answer never comes.
/// let fault = Fault::new(FaultKind::ReplyLost).on("POST", "/luns$").nth(2).after_commit();
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The method it wants, or any.
    #[serde(default)]
    pub method: Option<String>,
    /// A regular expression that path and query, as sent, have to match somewhere.
    #[serde(default)]
    pub path: Option<String>,
    /// It fires first at the n-th matching request, counted from 1.
    #[serde(default = "one")]
    pub nth: u64,
    /// How many matching requests in a row it strikes from then on; `None` (JSON `null`) is all of them.
    #[serde(default = "once")]
    pub times: Option<u64>,
    /// Whether the appliance does the work.
    #[serde(default)]
    pub when: When,
    /// What happens.
    pub kind: FaultKind,
}

fn one() -> u64 {
    1
}

fn once() -> Option<u64> {
    Some(1)
}

/// Whether the work of a request is done when its fault strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The request changes nothing.
    #[default]
    BeforeCommit,
    /// The request has been carried out in full.
    AfterCommit,
}

/// What goes wrong. Kinds that shape an answer shape the true one after the commit; before it, when there is none,
/// they shape a 500.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// The connection is closed with RST.
    Reset,
    /// The connection is closed in order, without a byte of an answer.
    ReplyLost,
    /// Nothing comes until the time is over or [`Appliance::release`](crate::Appliance::release); then all goes on
    /// as if nothing had been. Before the commit this makes the work happen late, even if the client has gone.
    Hang {
        /// Milliseconds, or `None` for ever.
        #[serde(default)]
        ms: Option<u64>,
    },
    /// The connection is closed with RST at once, and the work is done late: when as many other requests as
    /// `requests` have arrived after it, just before the one after those is looked at; when the time `ms` is over; or
    /// at [`Appliance::release`](crate::Appliance::release), whichever comes first. Always before the commit.
    Late {
        /// Requests of any client and kind, or `None` for no bound.
        #[serde(default)]
        requests: Option<u64>,
        /// Milliseconds, or `None` for no bound.
        #[serde(default)]
        ms: Option<u64>,
    },
    /// The body comes in pieces.
    Slow {
        /// Milliseconds before each piece.
        ms: u64,
        /// Bytes of a piece.
        chunk: usize,
    },
    /// A fault body with this status.
    Status {
        /// The status.
        status: u16,
        /// The `ERR_` name.
        name: String,
    },
    /// 503 `ERR_BUSY`.
    Busy {
        /// Seconds of a `Retry-After` header.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// The connection ends within the header lines.
    TruncatedHeaders,
    /// The connection ends within the body, short of what `Content-Length` says.
    TruncatedBody,
    /// Status and headers as they should be, but a body that is not JSON.
    Garbage,
    /// The answer is given as another media type.
    ContentType {
        /// The value of the header.
        value: String,
    },
    /// The answer is given as coded, as something in between does that compresses; the body stays as it is.
    ContentEncoding {
        /// The value of the header.
        value: String,
    },
    /// A page of the web server in front of the REST service.
    Html {
        /// The status.
        status: u16,
    },
    /// A redirect.
    Redirect {
        /// 301, 302, 307, 308.
        status: u16,
        /// Where to.
        location: String,
    },
    /// So many bytes of JSON.
    Huge {
        /// The size of the body.
        bytes: usize,
    },
    /// The first member of the answer's object is there twice, the second time as `null`.
    DuplicateKeys,
    /// Members that nobody documented, at two levels.
    UnknownKeys,
    /// A member with so many nested lists.
    Deep {
        /// How many.
        levels: usize,
    },
    /// Status and headers as they should be, and no body.
    Empty,
}

impl FaultKind {
    /// Unanswered, and carried out when so many other requests have arrived.
    pub fn late(requests: u64) -> FaultKind {
        FaultKind::Late {
            requests: Some(requests),
            ms: None,
        }
    }

    /// Unanswered, and carried out at [`Appliance::release`](crate::Appliance::release).
    pub fn late_until_released() -> FaultKind {
        FaultKind::Late {
            requests: None,
            ms: None,
        }
    }

    /// A fault body with a status and an `ERR_` name.
    pub fn status(status: u16, name: &str) -> FaultKind {
        FaultKind::Status {
            status,
            name: name.to_owned(),
        }
    }

    /// 401.
    pub fn unauthorized() -> FaultKind {
        FaultKind::status(401, "ERR_UNAUTHORIZED")
    }

    /// 403.
    pub fn denied() -> FaultKind {
        FaultKind::status(403, "ERR_DENIED")
    }

    /// 404.
    pub fn not_found() -> FaultKind {
        FaultKind::status(404, "ERR_NOT_FOUND")
    }

    /// 405.
    pub fn method_not_allowed() -> FaultKind {
        FaultKind::status(405, "ERR_INVALID_METHOD")
    }

    /// 409, the object exists.
    pub fn object_exists() -> FaultKind {
        FaultKind::status(409, "ERR_OBJECT_EXISTS")
    }

    /// 409, confirmation required.
    pub fn confirm_required() -> FaultKind {
        FaultKind::status(409, "ERR_CONFIRM_REQUIRED")
    }

    /// 409, the state of the system is another.
    pub fn state_changed() -> FaultKind {
        FaultKind::status(409, "ERR_STATE_CHANGED")
    }

    /// 409, the object is busy.
    pub fn object_busy() -> FaultKind {
        FaultKind::status(409, "ERR_BUSY")
    }

    /// 500.
    pub fn internal() -> FaultKind {
        FaultKind::status(500, "ERR_INTERNAL")
    }
}

impl Fault {
    /// A fault that strikes the first request, whatever it is, once, before the commit.
    pub fn new(kind: FaultKind) -> Fault {
        Fault {
            method: None,
            path: None,
            nth: 1,
            times: Some(1),
            when: When::BeforeCommit,
            kind,
        }
    }

    /// Only requests of this method whose path and query match this regular expression.
    pub fn on(mut self, method: &str, path: &str) -> Fault {
        self.method = Some(method.to_owned());
        self.path = Some(path.to_owned());
        self
    }

    /// First at the n-th match, from 1.
    pub fn nth(mut self, nth: u64) -> Fault {
        self.nth = nth;
        self
    }

    /// At so many matches in a row.
    pub fn times(mut self, times: u64) -> Fault {
        self.times = Some(times);
        self
    }

    /// At every match from the n-th on.
    pub fn forever(mut self) -> Fault {
        self.times = None;
        self
    }

    /// The work is done when it strikes.
    pub fn after_commit(mut self) -> Fault {
        self.when = When::AfterCommit;
        self
    }
}

struct Installed {
    id: u64,
    fault: Fault,
    path: Option<Regex>,
    matched: u64,
    fired: u64,
}

/// The faults of one appliance.
#[derive(Default)]
pub(crate) struct FaultTable {
    /// How many are installed, so that an appliance without faults pays nothing for them.
    count: AtomicUsize,
    inner: Mutex<(u64, Vec<Installed>)>,
}

/// An installed fault and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FaultReport {
    /// The number by which the trace names it.
    pub id: u64,
    /// The fault.
    pub fault: Fault,
    /// How many requests matched it.
    pub matched: u64,
    /// How many it struck.
    pub fired: u64,
}

impl FaultTable {
    fn lock(&self) -> std::sync::MutexGuard<'_, (u64, Vec<Installed>)> {
        self.inner.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub fn push(&self, fault: Fault) -> Result<u64, String> {
        let path = match &fault.path {
            Some(path) => Some(Regex::new(path).map_err(|error| error.to_string())?),
            None => None,
        };
        let mut inner = self.lock();
        inner.0 += 1;
        let id = inner.0;
        inner.1.push(Installed {
            id,
            fault,
            path,
            matched: 0,
            fired: 0,
        });
        self.count.store(inner.1.len(), Ordering::Release);
        Ok(id)
    }

    pub fn clear(&self) {
        let mut inner = self.lock();
        inner.1.clear();
        self.count.store(0, Ordering::Release);
    }

    pub fn remove(&self, id: u64) -> bool {
        let mut inner = self.lock();
        let before = inner.1.len();
        inner.1.retain(|installed| installed.id != id);
        self.count.store(inner.1.len(), Ordering::Release);
        inner.1.len() < before
    }

    pub fn report(&self) -> Vec<FaultReport> {
        let report = |i: &Installed| FaultReport {
            id: i.id,
            fault: i.fault.clone(),
            matched: i.matched,
            fired: i.fired,
        };
        self.lock().1.iter().map(report).collect()
    }

    /// The fault that strikes this request. Every fault that matches counts it; the first that is due strikes.
    pub fn strike(&self, method: &str, path: &str) -> Option<(u64, When, FaultKind)> {
        if self.count.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut struck = None;
        for installed in &mut self.lock().1 {
            let fault = &installed.fault;
            if fault
                .method
                .as_deref()
                .is_some_and(|wanted| !wanted.eq_ignore_ascii_case(method))
                || installed
                    .path
                    .as_ref()
                    .is_some_and(|regex| !regex.is_match(path))
            {
                continue;
            }
            installed.matched += 1;
            let due = installed.matched >= fault.nth
                && fault.times.is_none_or(|times| installed.fired < times);
            if due && struck.is_none() {
                installed.fired += 1;
                struck = Some((installed.id, fault.when, fault.kind.clone()));
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nth_and_times() {
        let table = FaultTable::default();
        let id = table
            .push(
                Fault::new(FaultKind::Reset)
                    .on("PUT", "/luns/a$")
                    .nth(2)
                    .times(2),
            )
            .unwrap();
        let strike = |path: &str| table.strike("PUT", path).map(|(id, ..)| id);
        let strikes: Vec<_> = (0..5).map(|_| strike("/api/luns/a")).collect();
        assert_eq!(strikes, [None, Some(id), Some(id), None, None]);
        assert_eq!(strike("/api/luns/b"), None);
        assert_eq!((table.report()[0].matched, table.report()[0].fired), (5, 2));
    }

    #[test]
    fn one_request_meets_one_fault_and_counts_for_all() {
        let table = FaultTable::default();
        let first = table.push(Fault::new(FaultKind::Reset)).unwrap();
        let second = table
            .push(Fault::new(FaultKind::ReplyLost).nth(2).forever())
            .unwrap();
        let strikes: Vec<_> = (0..3)
            .map(|_| table.strike("GET", "/").map(|(id, ..)| id))
            .collect();
        assert_eq!(strikes, [Some(first), Some(second), Some(second)]);
    }

    #[test]
    fn a_bad_expression_is_an_error() {
        assert!(
            FaultTable::default()
                .push(Fault::new(FaultKind::Reset).on("GET", "("))
                .is_err()
        );
    }

    #[test]
    fn the_script_in_json() {
        let fault: Fault = serde_json::from_str(r#"{"method":"POST","path":"luns","when":"after_commit","times":null,"kind":{"hang":{"ms":5}}}"#).unwrap();
        assert_eq!(
            fault,
            Fault::new(FaultKind::Hang { ms: Some(5) })
                .on("POST", "luns")
                .forever()
                .after_commit()
        );
        let fault: Fault = serde_json::from_str(r#"{"kind":"reset"}"#).unwrap();
        assert_eq!(fault, Fault::new(FaultKind::Reset));
    }
}
