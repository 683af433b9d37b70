//! Contract of each operation: requests, locks, journal, errors and outcomes.
//!
//! `docs/operations.md` is generated from it, and `tests/operations`, `tests/budgets` and
//! `tests/faults/model` check the operations against it.

use crate::error::{Outcome, Status};

/// Contract of one operation.
#[derive(Clone, Copy, Debug)]
pub struct Contract {
    /// Number of changes that it makes on the appliance.
    pub changes: Changes,
    /// Locks that it takes.
    pub locks: &'static [Lock],
    /// Domain errors (−300 and below) that it can return.
    pub errors: &'static [Status],
    /// The journalled part of its work, as text; `None` if there is none.
    pub journalled: Option<&'static str>,
    /// Requests that it may send on a warm session.
    pub budgets: &'static [RequestBudget],
    /// Why requests of it have to wait for each other; `None` if at most one does.
    pub depth_reason: Option<&'static str>,
}

/// Number of changes that an operation makes on the appliance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// It only reads.
    Nothing,
    /// It makes one change, or none.
    One,
    /// It makes several, which are rolled back, finished, or named if one fails.
    Several,
}

/// A lock that an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Kind of object: `setup`, `image`, `lun`, `initiator`, `initiator-group` or `target-group`,
    /// as in the names of lock files.
    pub kind: &'static str,
    /// The locked object, as text.
    pub what: &'static str,
    /// Whether it is exclusive, or shared with operations that do not disturb each other.
    pub alone: bool,
    /// Whether the operation only waits for it and releases it before its next request.
    pub released_at_once: bool,
}

/// Requests that an operation may send in one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestBudget {
    /// Name of the case; empty if there is only one.
    pub case: &'static str,
    /// Requests to the appliance.
    pub requests: usize,
    /// Sequential depth: requests that wait for each other.
    pub depth: usize,
}

impl Contract {
    /// Contract of an operation with these changes, without locks and journal.
    pub(crate) const fn of(changes: Changes) -> Contract {
        Contract {
            changes,
            locks: &[],
            errors: &[],
            journalled: None,
            budgets: &[],
            depth_reason: None,
        }
    }

    pub(crate) const fn locks(self, locks: &'static [Lock]) -> Contract {
        Contract { locks, ..self }
    }

    pub(crate) const fn errors(self, errors: &'static [Status]) -> Contract {
        Contract { errors, ..self }
    }

    /// Whether this status is declared, or may come from any operation.
    pub fn may_fail_with(&self, status: Status) -> bool {
        status.code() > Status::VolumeNotFound.code() || self.errors.contains(&status)
    }

    pub(crate) const fn journalled(self, what: &'static str) -> Contract {
        Contract {
            journalled: Some(what),
            ..self
        }
    }

    pub(crate) const fn budgets(self, budgets: &'static [RequestBudget]) -> Contract {
        Contract { budgets, ..self }
    }

    pub(crate) const fn depth_reason(self, reason: &'static str) -> Contract {
        Contract {
            depth_reason: Some(reason),
            ..self
        }
    }

    /// The outcomes that its errors can have.
    pub fn outcomes(&self) -> &'static [Outcome] {
        match self.changes {
            Changes::Nothing => &[Outcome::None],
            Changes::One => &[
                Outcome::None,
                Outcome::Rejected,
                Outcome::Applied,
                Outcome::Unknown,
            ],
            Changes::Several => Outcome::ALL,
        }
    }
}

impl Lock {
    /// A volume, held alone.
    pub(crate) const fn volume(what: &'static str) -> Lock {
        Lock {
            kind: "lun",
            what,
            alone: true,
            released_at_once: false,
        }
    }

    /// An image's cache entries, held alone.
    pub(crate) const fn image(what: &'static str) -> Lock {
        Lock {
            kind: "image",
            what,
            alone: true,
            released_at_once: false,
        }
    }

    /// An initiator, held alone.
    pub(crate) const fn initiator(what: &'static str) -> Lock {
        Lock {
            kind: "initiator",
            what,
            alone: true,
            released_at_once: false,
        }
    }

    /// The setup of the backend.
    pub(crate) const fn setup() -> Lock {
        Lock {
            kind: "setup",
            what: "the backend's set-up",
            alone: true,
            released_at_once: false,
        }
    }

    /// A group of initiators or of targets that gets members.
    pub(crate) const fn group(kind: &'static str, what: &'static str) -> Lock {
        Lock {
            kind,
            what,
            alone: true,
            released_at_once: false,
        }
    }

    /// The same, shared.
    pub(crate) const fn shared(self) -> Lock {
        Lock {
            alone: false,
            ..self
        }
    }

    /// The same, only waited for: no request is sent under it.
    pub(crate) const fn released_at_once(self) -> Lock {
        Lock {
            released_at_once: true,
            ..self
        }
    }
}

/// A budget of an operation, or of one of its cases.
pub(crate) const fn budget(case: &'static str, requests: usize, depth: usize) -> RequestBudget {
    RequestBudget {
        case,
        requests,
        depth,
    }
}
