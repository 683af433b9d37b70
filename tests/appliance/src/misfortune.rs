//! How an answer looks after a fault has been at it.

use bytes::Bytes;
use serde_json::Value;

use crate::exchange::{Answered, refused};
use crate::faults::FaultKind;
use crate::options::Knobs;
use crate::refusal::Refusal;
use crate::request::Reply;
use crate::wire::Truncate;

/// What happens on the wire.
pub(crate) enum Outcome {
    /// An answer.
    Send(Sent),
    /// The connection ends in order, without an answer.
    Close,
    /// The connection ends with RST.
    Reset,
}

/// An answer as it goes out.
pub(crate) struct Sent {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub content_type: Option<String>,
    pub body: Bytes,
    /// Milliseconds before each piece, and the size of a piece.
    pub pace: Option<(u64, usize)>,
    pub truncate: Option<Truncate>,
    pub chunked: bool,
}

/// The outcome of an exchange, and the `ERR_` name that the fault put in place of the true one.
pub(crate) fn dress(
    answered: Answered,
    kind: Option<&FaultKind>,
    knobs: &Knobs,
) -> (Outcome, Option<String>) {
    let Reply {
        status,
        body,
        headers,
    } = answered.reply;
    let mut sent = Sent {
        status,
        headers,
        content_type: (!body.is_empty()).then(|| "application/json".to_owned()),
        body: body.into(),
        pace: None,
        truncate: None,
        chunked: knobs.chunked,
    };
    let Some(kind) = kind else {
        return (Outcome::Send(sent), None);
    };
    let mut error = None;
    match kind {
        FaultKind::Reset | FaultKind::Late { .. } => return (Outcome::Reset, None),
        FaultKind::ReplyLost => return (Outcome::Close, None),
        FaultKind::Hang { .. } => {}
        FaultKind::Slow { ms, chunk } => sent.pace = Some((*ms, (*chunk).max(1))),
        FaultKind::Status { status, name } => {
            let refusal = Refusal::other(*status, name, format!("{} (injected)", prose(name)));
            error = Some(name.clone());
            put(&mut sent, refused(knobs, refusal).reply);
        }
        FaultKind::Busy { retry_after } => {
            let mut reply = refused(knobs, Refusal::busy("injected")).reply;
            if let Some(seconds) = retry_after {
                reply.headers.retain(|(name, _)| *name != "Retry-After");
                reply = reply.with("Retry-After", seconds.to_string());
            }
            error = Some("ERR_BUSY".to_owned());
            put(&mut sent, reply);
        }
        FaultKind::TruncatedHeaders => sent.truncate = Some(Truncate::Headers),
        FaultKind::TruncatedBody => {
            if sent.body.is_empty() {
                // There is nothing to cut off in a 204; the header lines are all there is.
                sent.truncate = Some(Truncate::Headers);
            } else {
                sent.truncate = Some(Truncate::Body(sent.body.len() / 2));
                sent.chunked = false;
            }
        }
        FaultKind::Garbage => text(
            &mut sent,
            "application/json",
            "{\"lun\": {\"name\": \"volume-\u{fffd}\", ]]",
        ),
        FaultKind::ContentEncoding { value } => {
            sent.headers.push(("Content-Encoding", value.clone()));
        }
        FaultKind::ContentType { value } => sent.content_type = Some(value.clone()),
        FaultKind::Html { status } => {
            sent.status = *status;
            text(
                &mut sent,
                "text/html",
                "<!DOCTYPE HTML><html><head><title>Error</title></head><body>Error</body></html>",
            );
        }
        FaultKind::Redirect { status, location } => {
            sent.status = *status;
            sent.headers.retain(|(name, _)| *name != "Location");
            sent.headers.push(("Location", location.clone()));
            text(&mut sent, "text/html", "<html><body>Moved</body></html>");
        }
        FaultKind::Huge { bytes } => huge(&mut sent, *bytes),
        FaultKind::DuplicateKeys => duplicate(&mut sent),
        FaultKind::UnknownKeys => unknown(&mut sent),
        FaultKind::Deep { levels } => {
            let deep = format!(
                "{{\"deep\": {}{}}}",
                "[".repeat(*levels),
                "]".repeat(*levels)
            );
            text(&mut sent, "application/json", &deep);
        }
        FaultKind::Empty => {
            sent.body = Bytes::new();
            sent.content_type = None;
        }
    }
    (Outcome::Send(sent), error)
}

fn put(sent: &mut Sent, reply: Reply) {
    sent.status = reply.status;
    sent.body = reply.body.into();
    sent.content_type = Some("application/json".to_owned());
    sent.headers
        .retain(|(name, _)| *name != "Location" && *name != "X-Auth-Session");
    sent.headers.extend(reply.headers);
}

/// A body where there may be none, so 204 becomes 200.
fn text(sent: &mut Sent, content_type: &str, body: &str) {
    if sent.status == 204 {
        sent.status = 200;
    }
    sent.content_type = Some(content_type.to_owned());
    sent.body = Bytes::copy_from_slice(body.as_bytes());
}

fn prose(name: &str) -> &'static str {
    match name {
        "ERR_UNAUTHORIZED" => "user is not authorized",
        "ERR_DENIED" => "operation denied",
        "ERR_NOT_FOUND" => "resource not found",
        "ERR_OBJECT_EXISTS" => "request creates an object that already exists",
        "ERR_CONFIRM_REQUIRED" => "operation requires confirmation",
        "ERR_STATE_CHANGED" => "conflict in system state",
        "ERR_BUSY" => "operation failed due to limited resources",
        _ => "operation failed",
    }
}

/// The answer's own object in front, then one long text until the size is reached.
fn huge(sent: &mut Sent, bytes: usize) {
    let mut body = match sent.body.strip_suffix(b"}") {
        Some(open) if open.len() > 1 => [open, b","].concat(),
        _ => b"{".to_vec(),
    };
    body.extend_from_slice(b"\"padding\":\"");
    body.resize(body.len().max(bytes.saturating_sub(2)), b'x');
    body.extend_from_slice(b"\"}");
    if sent.status == 204 {
        sent.status = 200;
    }
    sent.content_type = Some("application/json".to_owned());
    sent.body = body.into();
}

/// `{"lun":{…}}` becomes `{"lun":{…},"lun":null}`.
fn duplicate(sent: &mut Sent) {
    let Ok(Value::Object(object)) = serde_json::from_slice(&sent.body) else {
        return;
    };
    if let (Some(key), Some(open)) = (object.keys().next(), sent.body.strip_suffix(b"}")) {
        let again = format!(",{}:null}}", Value::from(key.as_str()));
        sent.body = [open, again.as_bytes()].concat().into();
    }
}

fn unknown(sent: &mut Sent) {
    let Ok(Value::Object(mut object)) = serde_json::from_slice(&sent.body) else {
        return;
    };
    let addition = serde_json::json!({"nested": [1, null, {"deeper": true}]});
    let add = |object: &mut serde_json::Map<String, Value>| {
        object.insert("x_new_in_a_later_release".to_owned(), addition.clone());
        object.insert("x_null".to_owned(), Value::Null);
    };
    for member in object.values_mut() {
        match member {
            Value::Object(inner) => add(inner),
            Value::Array(list) => list
                .iter_mut()
                .filter_map(Value::as_object_mut)
                .for_each(add),
            _ => {}
        }
    }
    add(&mut object);
    sent.body = Value::Object(object).to_string().into();
}
