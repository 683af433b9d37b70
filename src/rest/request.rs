//! REST request: method, path and body.

use std::fmt;
use std::io;

use bytes::Bytes;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::{Error, Result, Status};
use crate::rest::Path;

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads; may be repeated at will.
    Get,
    /// Creates.
    Post,
    /// Changes.
    Put,
    /// Destroys.
    Delete,
}

impl Method {
    /// Every method, in the order of their numbers.
    pub const ALL: [Method; 4] = [Method::Get, Method::Post, Method::Put, Method::Delete];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }

    /// Whether the appliance may be changed by it.
    pub fn mutates(self) -> bool {
        self != Method::Get
    }
}

/// A request: a method, an address and perhaps a JSON body.
///
/// The body is wiped from memory when the request and all answers to it are gone, since it may
/// carry a CHAP secret. `Debug` shows its length only.
#[derive(Clone)]
pub struct Request {
    method: Method,
    path: Path,
    body: Body,
    creates: Option<Path>,
    once: bool,
}

#[derive(Clone)]
enum Body {
    Empty,
    Json(Bytes),
    /// It could not be written as JSON. Reported when the request is sent, so that building a
    /// request needs no error handling for a defect.
    Unwritable(String),
}

impl Request {
    /// Reads a resource.
    pub fn get(path: Path) -> Request {
        Request::new(Method::Get, path, Body::Empty)
    }

    /// Creates a resource.
    pub fn post(path: Path, body: &impl Serialize) -> Request {
        Request::new(Method::Post, path, Body::json(body))
    }

    /// Creates a resource or starts something that needs no arguments.
    pub fn post_empty(path: Path) -> Request {
        Request::new(Method::Post, path, Body::Empty)
    }

    /// Changes a resource.
    pub fn put(path: Path, body: &impl Serialize) -> Request {
        Request::new(Method::Put, path, Body::json(body))
    }

    /// Changes a resource, computed from a read just before. The transport sends it once and never
    /// repeats it after a wait or a login: the caller reads and computes again. Such an error is
    /// retryable, and its outcome is none.
    pub fn put_once(path: Path, body: &impl Serialize) -> Request {
        Request {
            once: true,
            ..Request::put(path, body)
        }
    }

    /// Does something that needs no arguments, such as a rollback.
    pub fn put_empty(path: Path) -> Request {
        Request::new(Method::Put, path, Body::Empty)
    }

    /// Destroys a resource.
    pub fn delete(path: Path) -> Request {
        Request::new(Method::Delete, path, Body::Empty)
    }

    fn new(method: Method, path: Path, body: Body) -> Request {
        Request {
            method,
            path,
            body,
            creates: None,
            once: false,
        }
    }

    /// Names the object that the request makes, which is not what it is sent to.
    pub fn creating(self, object: Path) -> Request {
        Request {
            creates: Some(object),
            ..self
        }
    }

    /// The object that the request makes, where it was named.
    pub fn creates(&self) -> Option<&Path> {
        self.creates.as_ref()
    }

    /// Whether the request is useless if it cannot be sent at once.
    pub(super) fn is_once(&self) -> bool {
        self.once
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The address.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The body, if there is one.
    pub(super) fn body(&self) -> Result<Option<&Bytes>> {
        match &self.body {
            Body::Empty => Ok(None),
            Body::Json(bytes) => Ok(Some(bytes)),
            Body::Unwritable(why) => Err(Error::new(
                Status::Internal,
                format!("the body of {self} cannot be written as JSON: {why}"),
            )),
        }
    }

    /// Secret values in the body, to keep them out of messages.
    pub(super) fn secrets(&self) -> Vec<Zeroizing<String>> {
        let mut found = Vec::new();
        if let Body::Json(bytes) = &self.body
            && let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(bytes)
        {
            collect_secrets(&mut value, false, &mut found);
        }
        found
    }
}

/// Whether the value of a property is a secret, by the property's name.
pub(super) fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["secret", "password", "passphrase", "passwd"]
        .iter()
        .any(|word| key.contains(word))
}

fn collect_secrets(
    value: &mut serde_json::Value,
    secret: bool,
    found: &mut Vec<Zeroizing<String>>,
) {
    match value {
        serde_json::Value::String(text) => {
            let text = Zeroizing::new(std::mem::take(text));
            if secret && !text.is_empty() {
                found.push(text);
            }
        }
        serde_json::Value::Array(items) => {
            for item in items {
                collect_secrets(item, secret, found);
            }
        }
        serde_json::Value::Object(map) => {
            for (key, item) in map.iter_mut() {
                collect_secrets(item, secret || is_secret_key(key), found);
            }
        }
        _ => {}
    }
}

impl Body {
    fn json(body: &impl Serialize) -> Body {
        let mut writer = Wiping(Zeroizing::new(Vec::with_capacity(512)));
        match serde_json::to_writer(&mut writer, body) {
            Ok(()) => Body::Json(Bytes::from_owner(writer.0)),
            Err(error) => Body::Unwritable(error.to_string()),
        }
    }
}

/// A buffer that wipes its old memory when it grows; `Vec` frees it unwiped.
struct Wiping(Zeroizing<Vec<u8>>);

impl io::Write for Wiping {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut grown = Zeroizing::new(Vec::with_capacity(needed.max(2 * self.0.capacity())));
            grown.extend_from_slice(&self.0);
            self.0 = grown;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.name(), self.path)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        match &self.body {
            Body::Empty => Ok(()),
            Body::Json(bytes) => write!(f, " ({} bytes)", bytes.len()),
            Body::Unwritable(why) => write!(f, " (unwritable: {why})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rest::Service;
    use serde_json::json;

    fn path() -> Path {
        Path::new(Service::San).fixed("iscsi/initiators")
    }

    #[test]
    fn a_body_is_written_once_and_not_shown() {
        let request = Request::post(path(), &json!({"chapsecret": "canary-in-a-mine"}));
        let body = request.body().unwrap().unwrap();
        assert_eq!(body.as_ref(), br#"{"chapsecret":"canary-in-a-mine"}"#);
        assert_eq!(
            format!("{request} {request:?}"),
            "POST san/iscsi/initiators POST san/iscsi/initiators (33 bytes)"
        );
    }

    #[test]
    fn a_long_body_survives_the_growing_of_its_buffer() {
        let long = "x".repeat(10_000);
        let request = Request::put(path(), &json!({ "a": long }));
        let body = request.body().unwrap().unwrap();
        assert_eq!(body.len(), 10_000 + br#"{"a":""}"#.len());
    }

    #[test]
    fn secrets_are_found_at_any_depth() {
        let request = Request::put(
            path(),
            &json!({"name": "n", "targetchapsecret": "one", "deep": [{"Password": "two"}],
                    "secrets": {"any": "three"}, "chapuser": "user", "chapsecret": ""}),
        );
        let mut secrets: Vec<String> = request.secrets().iter().map(|s| s.to_string()).collect();
        secrets.sort();
        assert_eq!(secrets, ["one", "three", "two"]);
    }

    #[test]
    fn an_unwritable_body_is_told_when_it_is_sent() {
        let body = std::collections::HashMap::from([(vec![1u8], 1)]);
        let error = Request::post(path(), &body).body().unwrap_err();
        assert_eq!(error.status(), Status::Internal);
    }
}
