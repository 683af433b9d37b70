//! One finding of an audit.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// An object without an owner, or an owner without an object.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct AuditFinding {
    /// `volume`, `temporary_snapshot`, `project_snapshot`, `snapshot`, `cache_entry`,
    /// `deferred`, `migration`, `temporary_project`, `replication_action`, `replication_package`,
    /// `journal`, `missing_volume`, `missing_snapshot`.
    pub kind: Cow<'static, str>,
    /// Its name; a snapshot's is `<volume>@<snapshot>`.
    pub object: String,
    /// Details, as text.
    pub detail: String,
    /// Whether `fix` or `fix_volumes` deletes it.
    pub fixable: bool,
    /// Whether this call deleted it.
    pub fixed: bool,
    /// Why it could not be deleted; empty when it was, or was not to be.
    pub error: String,
}

impl AuditFinding {
    /// Its place in a report, and its name in [`Audit::only`](crate::driver::Audit::only): kind and
    /// object with a space between.
    pub fn marker(&self) -> String {
        format!("{} {}", self.kind, self.object)
    }
}

pub(in crate::driver) fn finding(
    kind: &'static str,
    object: impl Into<String>,
    detail: String,
) -> AuditFinding {
    AuditFinding {
        kind: Cow::Borrowed(kind),
        object: object.into(),
        detail,
        fixable: false,
        fixed: false,
        error: String::new(),
    }
}
