//! The error type of all layers: what failed, and whether the change happened.
//!
//! An [`Error`] is built where the failure is understood and gains context on its way up: the
//! transport knows the HTTP status, the resource knows its name, the operation knows what it rolled
//! back. No part of it may come from a secret: messages are built from names, addresses and the
//! appliance's own prose.

mod status;

use std::fmt;

pub use status::Status;

/// Result whose error has an outcome: whether the appliance was changed.
pub type Result<T> = std::result::Result<T, Error>;

/// Whether a failed operation changed the appliance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Outcome {
    /// Nothing that could change the appliance was sent.
    None = 0,
    /// The appliance refused; it is as it was before.
    Rejected = 1,
    /// The change was made.
    Applied = 2,
    /// A change was sent, its answer did not arrive, and reading back could not settle it.
    Unknown = 3,
    /// Steps were made and all of them were rolled back.
    RolledBack = 4,
    /// Steps were made and some are left; [`Error::left_behind`] names the objects.
    Partial = 5,
}

impl Outcome {
    /// Every outcome, in the order of its number.
    pub const ALL: &'static [Outcome] = &[
        Outcome::None,
        Outcome::Rejected,
        Outcome::Applied,
        Outcome::Unknown,
        Outcome::RolledBack,
        Outcome::Partial,
    ];

    /// The stable number that crosses the C ABI.
    pub fn code(self) -> u32 {
        self as u32
    }

    /// The worse of two outcomes. Best is an unchanged appliance, then a known change, and worst a
    /// change in doubt.
    pub fn worse(self, other: Outcome) -> Outcome {
        let rank = |outcome| match outcome {
            Outcome::None => 0,
            Outcome::Rejected => 1,
            Outcome::RolledBack => 2,
            Outcome::Applied => 3,
            Outcome::Partial => 4,
            Outcome::Unknown => 5,
        };
        if rank(other) > rank(self) {
            other
        } else {
            self
        }
    }

    /// The name without its C prefix, such as `ROLLED_BACK`.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::None => "NONE",
            Outcome::Rejected => "REJECTED",
            Outcome::Applied => "APPLIED",
            Outcome::Unknown => "UNKNOWN",
            Outcome::RolledBack => "ROLLED_BACK",
            Outcome::Partial => "PARTIAL",
        }
    }

    /// One sentence for the header and the documentation.
    pub fn description(self) -> &'static str {
        match self {
            Outcome::None => "Nothing that could change the appliance was sent.",
            Outcome::Rejected => "The appliance refused and is as it was before.",
            Outcome::Applied => "The change was made.",
            Outcome::Unknown => {
                "A change was sent, its answer was lost, and reading back could not settle it."
            }
            Outcome::RolledBack => "Steps were made and all of them were rolled back.",
            Outcome::Partial => "Steps were made and some are left; the error names the objects.",
        }
    }
}

/// A failed call. Cheap to move; immutable once it reaches the caller.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    status: Status,
    outcome: Outcome,
    message: String,
    http_status: Option<u16>,
    fault: Option<String>,
    operation: Option<&'static str>,
    resource: Option<String>,
    attempts: u32,
    retry_after: Option<std::time::Duration>,
    left_behind: Vec<String>,
    causes: Vec<String>,
}

impl Error {
    /// Error before any request was sent. The message has the form `<object>: <what failed>:
    /// <remedy>`.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            status,
            outcome: Outcome::None,
            message: message.into(),
            http_status: None,
            fault: None,
            operation: None,
            resource: None,
            attempts: 0,
            retry_after: None,
            left_behind: Vec::new(),
            causes: Vec::new(),
        }))
    }

    /// A bad argument: names it, its value and what is allowed.
    pub fn invalid_argument(name: &str, value: impl fmt::Display, allowed: &str) -> Self {
        Error::new(
            Status::InvalidArgument,
            format!("{name} is {value}: {allowed}"),
        )
    }

    /// States what happened to the appliance.
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    /// Replaces the status by one that means more to the caller, keeping everything else.
    pub fn with_status(mut self, status: Status) -> Self {
        self.0.status = status;
        self
    }

    /// Replaces the message; the old one becomes a cause.
    pub fn with_context(mut self, message: impl Into<String>) -> Self {
        let old = std::mem::replace(&mut self.0.message, message.into());
        self.0.causes.insert(0, old);
        self
    }

    /// Records the HTTP status of the answer.
    pub fn with_http_status(mut self, http_status: u16) -> Self {
        self.0.http_status = Some(http_status);
        self
    }

    /// Records the appliance's symbolic fault name, such as `ERR_OBJECT_EXISTS`.
    pub fn with_fault(mut self, fault: impl Into<String>) -> Self {
        self.0.fault = Some(fault.into());
        self
    }

    /// Records how long the appliance asked to wait.
    pub fn with_retry_after(mut self, delay: std::time::Duration) -> Self {
        self.0.retry_after = Some(delay);
        self
    }

    /// Records how many requests were sent for the call that failed.
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Names the operation and the object, unless a lower layer already did.
    pub fn in_operation(mut self, operation: &'static str, resource: impl Into<String>) -> Self {
        self.0.operation.get_or_insert(operation);
        self.0.resource.get_or_insert_with(|| resource.into());
        self
    }

    /// Adds an underlying cause, outermost first.
    pub fn with_cause(mut self, cause: impl fmt::Display) -> Self {
        self.0.causes.push(cause.to_string());
        self
    }

    /// Names objects that this call created and could not roll back. The outcome becomes partial,
    /// or stays unknown if a change is in doubt.
    pub fn with_left_behind(mut self, objects: impl IntoIterator<Item = String>) -> Self {
        for object in objects {
            if !self.0.left_behind.contains(&object) {
                self.0.left_behind.push(object);
            }
        }
        if !self.0.left_behind.is_empty() {
            self.0.outcome = self.0.outcome.worse(Outcome::Partial);
        }
        self
    }

    /// Joins another failure of the same call. Status and message of this error stay, the other
    /// becomes a cause. The outcome is the worse of the two, and the objects that either left
    /// behind are named. All code that reports two failures as one error uses this function, so
    /// that a failed read never turns a change in doubt into a request that was never sent.
    pub fn joined_by(mut self, other: Error) -> Self {
        if !canary!("worse-outcome-lost") {
            self.0.outcome = self.0.outcome.worse(other.0.outcome);
        }
        let left = other.0.left_behind.clone();
        self.0.causes.push(other.to_string());
        self.with_left_behind(left)
    }

    /// What went wrong, by class.
    pub fn status(&self) -> Status {
        self.0.status
    }

    /// Whether the appliance was changed.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// One sentence for people; free of secrets.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The HTTP status of the answer, when there was one.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// The appliance's symbolic fault name, if the answer had one.
    pub fn fault(&self) -> Option<&str> {
        self.0.fault.as_deref()
    }

    /// The operation's name, such as `create_volume`.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// Object of the operation.
    pub fn resource(&self) -> Option<&str> {
        self.0.resource.as_deref()
    }

    /// Number of attempts at the request that failed; 0 if none was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Time that the appliance asked to wait before the next attempt.
    pub fn retry_after(&self) -> Option<std::time::Duration> {
        self.0.retry_after
    }

    /// Whether the same call may succeed later without any change.
    ///
    /// Every operation may be called again safely: it finds what an earlier call made.
    pub fn retryable(&self) -> bool {
        self.0.status.retryable()
    }

    /// Objects that this call created and that are left.
    pub fn left_behind(&self) -> &[String] {
        &self.0.left_behind
    }

    /// Underlying messages, outermost first.
    pub fn causes(&self) -> &[String] {
        &self.0.causes
    }

    /// Whether the requested object does not exist. Only the appliance's 404 sets this status.
    pub fn is_not_found(&self) -> bool {
        matches!(
            self.0.status,
            Status::NotFound | Status::VolumeNotFound | Status::SnapshotNotFound
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(f, "{operation}")?;
            if let Some(resource) = self.0.resource.as_deref().filter(|text| !text.is_empty()) {
                write!(f, " {resource}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.0.message)?;
        for cause in &self.0.causes {
            write!(f, ": {cause}")?;
        }
        if !self.0.left_behind.is_empty() {
            write!(f, " (left behind: {})", self.0.left_behind.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}, outcome {})",
            self,
            self.0.status.name(),
            self.0.outcome.name()
        )
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(outcome: Outcome) -> Error {
        Error::new(Status::Fault, outcome.name()).with_outcome(outcome)
    }

    #[test]
    fn joined_errors_have_the_worse_outcome_in_either_order() {
        for &one in Outcome::ALL {
            for &other in Outcome::ALL {
                let joined = error(one).joined_by(error(other));
                let turned = error(other).joined_by(error(one));
                assert_eq!(joined.outcome(), turned.outcome());
                assert!([one, other].contains(&joined.outcome()));
                assert_eq!(joined.message(), one.name());
                assert!(joined.to_string().contains(other.name()));
            }
            let doubt = error(one).joined_by(error(Outcome::Unknown));
            assert_eq!(doubt.outcome(), Outcome::Unknown);
            let same = error(Outcome::None).joined_by(error(one));
            assert_eq!(same.outcome(), one);
        }
    }

    #[test]
    fn joined_errors_name_everything_that_is_left_once() {
        let left = |names: &[&str]| {
            error(Outcome::RolledBack).with_left_behind(names.iter().map(|name| name.to_string()))
        };
        let joined = left(&["a", "b"]).joined_by(left(&["b", "c"]));
        assert_eq!(joined.left_behind(), ["a", "b", "c"]);
        assert_eq!(joined.outcome(), Outcome::Partial);
        let doubt = error(Outcome::Unknown).joined_by(joined);
        assert_eq!(doubt.left_behind(), ["a", "b", "c"]);
        assert_eq!(doubt.outcome(), Outcome::Unknown);
    }
}
