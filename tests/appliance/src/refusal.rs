//! A request that the appliance refuses, and the body that says so.
//!
//! The REST layer drives the appliance's command line, so the prose is that of the command line: the generic text of
//! the error's name, then the particular one in parentheses, then the command that met it.

use serde_json::json;

/// A refused request: status, `ERR_` name and prose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub status: u16,
    pub name: String,
    pub message: String,
}

impl Refusal {
    fn new(status: u16, name: &str, generic: &str, detail: impl std::fmt::Display) -> Refusal {
        Refusal {
            status,
            name: name.to_owned(),
            message: format!("{generic} ({detail})"),
        }
    }

    /// Any status and name, with the prose as it is.
    pub fn other(status: u16, name: &str, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            name: name.to_owned(),
            message: message.into(),
        }
    }

    /// A value that cannot be.
    pub fn invalid(detail: impl std::fmt::Display) -> Refusal {
        Refusal::new(400, "ERR_INVALID_ARG", "invalid input argument", detail)
    }

    /// A property value that cannot be, in the words of `set`.
    pub fn bad_value(property: &str, value: &serde_json::Value, expecting: &str) -> Refusal {
        let shown = match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Refusal::invalid(format!(
            "bad property value \"{shown}\" (expecting {expecting}) (encountered while attempting to run command \
             \"set {property}=\"{shown}\"\")"
        ))
    }

    /// A property that does not exist.
    pub fn unknown(argument: &str) -> Refusal {
        Refusal::new(
            400,
            "ERR_UNKNOWN_ARG",
            "unhandled extra argument",
            format!(
                "invalid property \"{argument}\" (encountered while attempting to run command \"set {argument}\")"
            ),
        )
    }

    /// A property that has to be given.
    pub fn missing(argument: &str) -> Refusal {
        Refusal::new(
            400,
            "ERR_MISSING_ARG",
            "missing required argument",
            format!("property \"{argument}\" must be set"),
        )
    }

    pub fn unauthorized() -> Refusal {
        Refusal::other(
            401,
            "ERR_UNAUTHORIZED",
            "user is not authorized (invalid credentials or session)",
        )
    }

    pub fn denied(detail: impl std::fmt::Display) -> Refusal {
        Refusal::new(403, "ERR_DENIED", "operation denied", detail)
    }

    /// No such object, in the words of `select`.
    pub fn not_found(kind: &str, name: &str) -> Refusal {
        Refusal::new(
            404,
            "ERR_NOT_FOUND",
            "resource not found",
            format!(
                "no such {kind} \"{name}\" (encountered while attempting to run command \"select {name}\")"
            ),
        )
    }

    /// No such path.
    pub fn no_path() -> Refusal {
        Refusal::other(404, "ERR_NOT_FOUND", "resource not found (invalid path)")
    }

    pub fn method() -> Refusal {
        Refusal::other(
            405,
            "ERR_INVALID_METHOD",
            "method not allowed for this resource",
        )
    }

    /// The object is there already, in the words of the command that makes one.
    pub fn exists(kind: &str, name: &str, command: &str) -> Refusal {
        Refusal::new(
            409,
            "ERR_OBJECT_EXISTS",
            "request creates an object that already exists",
            format!(
                "{kind} \"{name}\" already exists (use \"select {name}\" to select it) (encountered while attempting \
                 to run command \"{command} {name}\")"
            ),
        )
    }

    pub fn confirm(detail: impl std::fmt::Display) -> Refusal {
        Refusal::new(
            409,
            "ERR_CONFIRM_REQUIRED",
            "operation requires confirmation",
            format!("{detail} (use confirm=true to confirm)"),
        )
    }

    pub fn state(detail: impl std::fmt::Display) -> Refusal {
        Refusal::new(409, "ERR_STATE_CHANGED", "conflict in system state", detail)
    }

    pub fn too_large() -> Refusal {
        Refusal::other(413, "ERR_OVER_LIMIT", "input exceeds the limit")
    }

    pub fn unsupported_media(content_type: &str) -> Refusal {
        Refusal::new(
            415,
            "ERR_UNSUPPORTED_MEDIA",
            "unsupported media type",
            content_type,
        )
    }

    pub fn not_implemented(what: &str) -> Refusal {
        Refusal::new(
            501,
            "ERR_NOT_IMPLEMENTED",
            "operation not implemented",
            what,
        )
    }

    pub fn internal(detail: impl std::fmt::Display) -> Refusal {
        Refusal::new(500, "ERR_INTERNAL", "internal error", detail)
    }

    pub fn busy(detail: impl std::fmt::Display) -> Refusal {
        Refusal::new(
            503,
            "ERR_BUSY",
            "operation failed due to limited resources",
            detail,
        )
    }

    /// The body. `legacy` is the form that the printed guides show: the name as message, the prose as details.
    pub fn body(&self, legacy: bool) -> Vec<u8> {
        if self.name == BAD_STATE {
            // The one documented error body that is not a fault.
            return json!({"cancelupdate": {"AKSH_ERROR": BAD_STATE, "message": self.message}})
                .to_string()
                .into();
        }
        let fault = if legacy {
            json!({"fault": {"message": self.name, "details": self.message, "code": self.status}})
        } else {
            json!({"fault": {"message": self.message, "code": self.status, "name": self.name}})
        };
        fault.to_string().into()
    }
}

/// The name of the error that `cancelupdate` answers when nothing runs.
pub(crate) const BAD_STATE: &str = "EAK_NAS_REPL_BADSTATE";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_as_captured() {
        assert_eq!(
            Refusal::exists("share", "lun02", "lun").message,
            "request creates an object that already exists (share \"lun02\" already exists (use \"select lun02\" to \
             select it) (encountered while attempting to run command \"lun lun02\"))"
        );
        assert_eq!(
            Refusal::bad_value(
                "initiatorgroup",
                &"vmcluster".into(),
                "one of \"default\" or \"a\""
            )
            .message,
            "invalid input argument (bad property value \"vmcluster\" (expecting one of \"default\" or \"a\") \
             (encountered while attempting to run command \"set initiatorgroup=\"vmcluster\"\"))"
        );
    }
}
