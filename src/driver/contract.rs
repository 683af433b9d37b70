//! What operations promise beside their results: what they cost, what they lock, whether they
//! survive the death of their process, and which outcomes their errors can have.
//!
//! `docs/operations.md` is made of this, and `tests/operations.rs`, `tests/budgets.rs` and
//! `tests/model.rs` hold the operations to it.

use crate::error::{Outcome, Status};

/// The facts of one operation.
#[derive(Clone, Copy, Debug)]
pub struct Contract {
    /// What it does to the appliance.
    pub changes: Changes,
    /// What it locks while it works.
    pub locks: &'static [Lock],
    /// The statuses of its subject (−300 and below) that its errors can have.
    pub errors: &'static [Status],
    /// Which of its work is journalled, in words; none where nothing is.
    pub journalled: Option<&'static str>,
    /// What it may cost on a warm session.
    pub budgets: &'static [RequestBudget],
}

/// What an operation does to the appliance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// It only looks.
    Nothing,
    /// It makes one change, or none.
    One,
    /// It makes several, which are undone, finished, or named when one fails.
    Several,
}

/// A lock that an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// What kind of object: `setup`, `image`, `lun`, `initiator-group` or `target-group`, as in the
    /// names of lock files.
    pub kind: &'static str,
    /// Which one, in words.
    pub what: &'static str,
    /// Whether it is held by nobody else, or shared with others that do not disturb.
    pub alone: bool,
}

/// What an operation may cost in one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestBudget {
    /// Which case; empty where there is one alone.
    pub case: &'static str,
    /// Requests to the appliance.
    pub requests: usize,
    /// How many of them wait for each other.
    pub depth: usize,
}

impl Contract {
    /// An operation that does this to the appliance, locks nothing and journals nothing.
    pub(crate) const fn of(changes: Changes) -> Contract {
        Contract {
            changes,
            locks: &[],
            errors: &[],
            journalled: None,
            budgets: &[],
        }
    }

    pub(crate) const fn locks(self, locks: &'static [Lock]) -> Contract {
        Contract { locks, ..self }
    }

    pub(crate) const fn errors(self, errors: &'static [Status]) -> Contract {
        Contract { errors, ..self }
    }

    /// Whether an error of this status was declared, or is one that any operation may have.
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
        }
    }

    /// An image's cache entries, held alone.
    pub(crate) const fn image(what: &'static str) -> Lock {
        Lock {
            kind: "image",
            what,
            alone: true,
        }
    }

    /// The backend's set-up.
    pub(crate) const fn setup() -> Lock {
        Lock {
            kind: "setup",
            what: "the backend's set-up",
            alone: true,
        }
    }

    /// A group of initiators or of targets that gets members.
    pub(crate) const fn group(kind: &'static str, what: &'static str) -> Lock {
        Lock {
            kind,
            what,
            alone: true,
        }
    }

    /// The same, shared.
    pub(crate) const fn shared(self) -> Lock {
        Lock {
            alone: false,
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
