//! Response of the appliance: status and body of a request that succeeded.

use std::fmt;

use bytes::Bytes;
use reqwest::header::HeaderValue;
use serde::de::DeserializeOwned;

use crate::error::{Error, Outcome, Result, Status};
use crate::rest::Method;
use crate::secret::Secret;

/// The longest answer that is read.
///
/// A list of 10,000 LUNs with all their properties has about 10 MB.
pub const LONGEST_RESPONSE: usize = 16 * 1024 * 1024;

/// An answer of the 2xx class, read to its end.
#[derive(Clone)]
pub struct Response {
    status: u16,
    method: Method,
    body: Bytes,
    session: Option<HeaderValue>,
}

/// The answer to one attempt at a request, of any status and as it arrived, for the examination of
/// an appliance by the command `zfssa verify`.
#[cfg(feature = "cli")]
pub struct Observation {
    /// The HTTP status.
    pub status: u16,
    /// The body, which may quote a secret of the request.
    pub body: Bytes,
    /// Whether the body came in chunks, without a length.
    pub chunked: bool,
}

impl Response {
    pub(super) fn new(status: u16, method: Method, body: Bytes) -> Response {
        Response {
            status,
            method,
            body,
            session: None,
        }
    }

    pub(super) fn with_session(self, session: Option<HeaderValue>) -> Response {
        Response { session, ..self }
    }

    /// The token in the header `X-Auth-Session`, which the creation of a token is answered with.
    pub fn session(&self) -> Option<Secret> {
        let token = self.session.as_ref()?.to_str().ok()?;
        (!token.is_empty()).then(|| Secret::from(token))
    }

    /// The HTTP status, between 200 and 299.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body; empty after a DELETE.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Reads the body as JSON, whatever its content type says.
    ///
    /// # Errors
    ///
    /// `Protocol` when it is not what the API promises. After a change the outcome is `Unknown`:
    /// the appliance accepted the change, but its result cannot be read.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| self.unreadable(&describe(&error)))
    }

    /// Whether the body looks like JSON, or is rightly missing.
    ///
    /// Only both ends are checked, which detects a page of a web server, plain garbage and a
    /// truncated body at no cost. Errors in between are found by [`Response::json`].
    pub(super) fn check(&self) -> Result<()> {
        let text = self.body.trim_ascii();
        let sound = match (text.first(), text.last()) {
            (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')) => text.len() > 1,
            (None, _) => self.method.mutates() || self.status == 204,
            _ => false,
        };
        if sound || canary!("half-an-answer-accepted") {
            return Ok(());
        }
        Err(self.unreadable("it is no JSON object or list"))
    }

    fn unreadable(&self, why: &str) -> Error {
        Error::new(
            Status::Protocol,
            format!(
                "the appliance answered {} with a body of {} bytes that cannot be read",
                self.status,
                self.body.len()
            ),
        )
        .with_http_status(self.status)
        .with_outcome(if self.method.mutates() {
            Outcome::Unknown
        } else {
            Outcome::None
        })
        .with_cause(why)
    }
}

/// Position and reason of a JSON error, without the values: an answer may contain secrets, and
/// serde_json quotes the unexpected value.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = if error.is_data() {
        match text.find(", expected ") {
            Some(at) => {
                let expected = &text[at + 2..];
                expected.split(" at line ").next().unwrap_or(expected)
            }
            None if text.starts_with("missing field ") => {
                text.split(" at line ").next().unwrap_or(&text)
            }
            None => "unexpected content",
        }
    } else {
        text.split(" at line ").next().unwrap_or(&text)
    };
    format!("{what} at line {}, column {}", error.line(), error.column())
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Lun {
        #[allow(dead_code)]
        size: u64,
    }

    fn answer(method: Method, body: &str) -> Response {
        Response::new(200, method, Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn a_body_that_is_not_as_promised_is_unknown_after_a_change_only() {
        for (method, outcome) in [
            (Method::Get, Outcome::None),
            (Method::Post, Outcome::Unknown),
            (Method::Put, Outcome::Unknown),
            (Method::Delete, Outcome::Unknown),
        ] {
            let error = answer(method, "<html>").json::<Lun>().unwrap_err();
            assert_eq!(error.status(), Status::Protocol);
            assert_eq!(error.outcome(), outcome);
            assert_eq!(error.http_status(), Some(200));
        }
    }

    #[test]
    fn an_error_quotes_nothing_from_the_body() {
        let error = answer(Method::Get, r#"{"size": "canary-in-a-mine"}"#)
            .json::<Lun>()
            .unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
        assert!(error.to_string().contains("expected u64"), "{error}");
        let error = answer(Method::Get, "{}").json::<Lun>().unwrap_err();
        assert!(
            error.to_string().contains("missing field `size`"),
            "{error}"
        );
    }

    #[test]
    fn deep_json_is_refused() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let error = answer(Method::Get, &deep)
            .json::<serde_json::Value>()
            .unwrap_err();
        assert_eq!(error.status(), Status::Protocol);
    }

    #[test]
    fn only_a_change_may_be_answered_with_nothing() {
        assert!(answer(Method::Get, "").check().is_err());
        assert!(answer(Method::Put, "").check().is_ok());
        assert!(answer(Method::Put, "{").check().is_err());
        assert!(answer(Method::Get, " {} \n").check().is_ok());
        assert!(answer(Method::Get, "[1]").check().is_ok());
        for body in ["{", "}", "{]", "<html>", "null", "\u{0}", "{\"a\": {}"] {
            let expected = body == "{\"a\": {}";
            assert_eq!(
                answer(Method::Put, body).check().is_ok(),
                expected,
                "{body}"
            );
        }
    }
}
