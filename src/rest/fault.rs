//! Classification of refusals: HTTP status, fault name and prose to a [`Status`].

use std::time::Duration;

use serde_json::{Map, Value};

use super::request::is_secret_key;
use crate::error::{Error, Status};

/// Longest quotation of the appliance's prose in an error.
const LONGEST_PROSE: usize = 2000;

/// A refusal as far as its body could be read. Every shape that was ever seen is accepted: see
/// `{"fault": {"message", "code", "name"}}`, the printed guides' `{"fault": {"message": "ERR_…",
/// "details"}}`, objects under another name, and the error pages of a web server in front of the
/// appliance's engine.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fault {
    /// The symbolic name, such as `ERR_OBJECT_EXISTS`.
    pub(super) name: Option<String>,
    /// The appliance's message.
    pub(super) prose: Option<String>,
}

impl Fault {
    /// Reads a body, which may have any form.
    pub(super) fn read(body: &[u8]) -> Fault {
        let Ok(Value::Object(top)) = serde_json::from_slice::<Value>(body) else {
            return Fault {
                name: None,
                prose: plain(body),
            };
        };
        let holder = match get(&top, "fault") {
            Some(Value::Object(fault)) => fault,
            // `{"cancelupdate": {"AKSH_ERROR": …, "message": …}}` is documented.
            _ => top
                .values()
                .filter_map(Value::as_object)
                .find(|object| get(object, "message").is_some())
                .unwrap_or(&top),
        };
        let text = |key: &str| get(holder, key).and_then(Value::as_str).map(str::trim);
        let (message, details) = (text("message"), text("details"));
        let symbol = |text: &&str| is_symbol(text);
        let name = text("name")
            .filter(symbol)
            .or(message.filter(symbol))
            .or(text("code").filter(symbol))
            .or(text("AKSH_ERROR").filter(symbol));
        let prose = details
            .or(message.filter(|text| !is_symbol(text)))
            .filter(|text| !text.is_empty());
        Fault {
            name: name.map(str::to_owned),
            prose: prose.map(str::to_owned),
        }
    }

    /// Status of the refusal.
    pub(super) fn status(&self, http: u16) -> Status {
        let name = self.name.as_deref().unwrap_or_default();
        let prose = self.prose.as_deref().unwrap_or_default();
        match http {
            400 | 422 if self.lacks_space() => Status::NoSpace,
            400 | 422 => Status::InvalidValue,
            401 => Status::Unauthenticated,
            403 => Status::Denied,
            404 => Status::NotFound,
            405 | 415 | 501 => Status::NotImplemented,
            408 => Status::RequestTimeout,
            409 => match name {
                "ERR_CONFIRM_REQUIRED" => Status::ConfirmRequired,
                "ERR_OBJECT_EXISTS" => Status::Exists,
                "ERR_STATE_CHANGED" => Status::StateChanged,
                _ if self.lacks_space() => Status::NoSpace,
                _ if contains(prose, "already exists") => Status::Exists,
                _ if contains(prose, "confirm") => Status::ConfirmRequired,
                _ => Status::StateChanged,
            },
            413 | 414 if self.lacks_space() => Status::NoSpace,
            413 | 414 => Status::OverLimit,
            429 | 503 => Status::Busy,
            507 => Status::NoSpace,
            500 if self.lacks_space() => Status::NoSpace,
            500 => Status::Fault,
            502 | 504 => Status::ConnectionLost,
            402..=499 => Status::InvalidValue,
            501..=599 => Status::Fault,
            _ => Status::Protocol,
        }
    }

    /// Adds the appliance's fault to an error.
    pub(super) fn describe(self, mut error: Error, retry_after: Option<Duration>) -> Error {
        if let Some(name) = self.name {
            error = error.with_fault(name);
        }
        if let Some(prose) = self.prose {
            error = error.with_cause(prose);
        }
        match retry_after {
            Some(delay) => error.with_retry_after(delay),
            None => error,
        }
    }

    /// Whether the fault reports lack of space. The appliance has no fault name for it, so only the
    /// prose of its shell shows it.
    fn lacks_space(&self) -> bool {
        let name = self.name.as_deref().unwrap_or_default();
        let prose = self.prose.as_deref().unwrap_or_default();
        name.contains("NOSPC")
            || name.contains("NOSPACE")
            || [
                "out of space",
                "no space left",
                "not enough space",
                "insufficient space",
                "not have enough space",
                "exceeds available space",
                "exceeds the available space",
                "quota exceeded",
                "exceeds quota",
            ]
            .iter()
            .any(|words| contains(prose, words))
    }

    /// Takes secrets out of the prose, and cuts it to one line of bounded length: the appliance
    /// quotes the command that failed, and the command may hold a secret of the request.
    pub(super) fn redact<'a>(&mut self, secrets: impl IntoIterator<Item = &'a str>) {
        let Some(prose) = &mut self.prose else { return };
        if canary!("secret-quoted-in-an-error") {
            return;
        }
        for secret in secrets {
            // As it is, and as a shell or JSON would quote it.
            let quoted = secret.replace('\\', "\\\\").replace('"', "\\\"");
            for form in [secret, &quoted] {
                if !form.is_empty() && prose.contains(form) {
                    *prose = prose.replace(form, "***");
                }
            }
        }
        mask_assignments(prose);
        *prose = clip(prose);
    }
}

/// A value after a secret property's name, as in `set chapsecret="…"`, whatever it is.
fn mask_assignments(prose: &mut String) {
    let mut masked = String::with_capacity(prose.len());
    let mut rest = prose.as_str();
    while let Some(at) = rest.find('=') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        masked.push_str(before);
        masked.push('=');
        let key = before
            .rsplit(|c: char| !(c.is_alphanumeric() || c == '_'))
            .next()
            .unwrap_or_default();
        let value = if is_secret_key(key) { value(after) } else { 0 };
        if value > 0 {
            masked.push_str("***");
        }
        rest = &after[value..];
    }
    masked.push_str(rest);
    *prose = masked;
}

/// The length of a quoted or plain value at the start of a text.
fn value(text: &str) -> usize {
    let Some(quote) = text.chars().next().filter(|c| *c == '"' || *c == '\'') else {
        return text
            .find(|c: char| c.is_whitespace() || c == ')')
            .unwrap_or(text.len());
    };
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn get<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).or_else(|| {
        object
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| value)
    })
}

/// `ERR_DENIED`, `EAK_NAS_REPL_BADSTATE`: no spaces, no lower case.
fn is_symbol(text: &str) -> bool {
    text.starts_with('E')
        && text.contains('_')
        && text.len() <= 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn contains(text: &str, words: &str) -> bool {
    let (text, words) = (text.as_bytes(), words.as_bytes());
    text.windows(words.len())
        .any(|window| window.eq_ignore_ascii_case(words))
}

/// Text of a body that is not JSON, without markup, in one line.
fn plain(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * LONGEST_PROSE)]);
    let mut plain = String::new();
    let mut in_tag = false;
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                plain.push(' ');
            }
            _ if in_tag => {}
            c if c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    let line = words.join(" ");
    (!line.is_empty()).then_some(line)
}

/// One line of bounded length.
fn clip(text: &str) -> String {
    let mut line: String = text
        .chars()
        .take(LONGEST_PROSE)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(LONGEST_PROSE).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Fault {
        Fault::read(body.as_bytes())
    }

    fn fault(name: &str, prose: &str) -> Fault {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Fault {
            name: some(name),
            prose: some(prose),
        }
    }

    #[test]
    fn every_known_shape_is_read() {
        for (body, name, prose) in [
            (
                r#"{"fault":{"message":"request creates an object that already exists (share \"l\" already exists)","code":409,"name":"ERR_OBJECT_EXISTS"}}"#,
                "ERR_OBJECT_EXISTS",
                "request creates an object that already exists (share \"l\" already exists)",
            ),
            (
                r#"{"fault":{"message":"denied here","code":"403","Name":"ERR_DENIED"}}"#,
                "ERR_DENIED",
                "denied here",
            ),
            (
                r#"{"fault":{"message":"ERR_INVALID_ARG","details":"bad value","code":500}}"#,
                "ERR_INVALID_ARG",
                "bad value",
            ),
            (r#"{"fault":{"message":"ERR_BUSY"}}"#, "ERR_BUSY", ""),
            (r#"{"fault":{"code":"ERR_BUSY"}}"#, "ERR_BUSY", ""),
            (r#"{"fault":{}}"#, "", ""),
            (r#"{"fault":"odd"}"#, "", ""),
            (r#"{"message":"at the top"}"#, "", "at the top"),
            (
                r#"{"cancelupdate":{"AKSH_ERROR":"EAK_NAS_REPL_BADSTATE","message":"operation illegal for state"}}"#,
                "EAK_NAS_REPL_BADSTATE",
                "operation illegal for state",
            ),
            (
                "<html><h1>Service\nUnavailable</h1><p>later</p></html>",
                "",
                "Service Unavailable later",
            ),
            ("", "", ""),
            ("[1,2]", "", "[1,2]"),
            ("\u{0}\u{1}", "", ""),
        ] {
            assert_eq!(read(body), fault(name, prose), "{body}");
        }
    }

    #[test]
    fn conflicts_are_told_apart() {
        for (name, prose, status) in [
            ("ERR_OBJECT_EXISTS", "", Status::Exists),
            ("ERR_CONFIRM_REQUIRED", "", Status::ConfirmRequired),
            (
                "ERR_STATE_CHANGED",
                "share already exists",
                Status::StateChanged,
            ),
            ("", "share \"l\" already exists", Status::Exists),
            ("", "needs Confirmation", Status::ConfirmRequired),
            ("", "the pool is Out Of Space", Status::NoSpace),
            ("", "", Status::StateChanged),
        ] {
            assert_eq!(fault(name, prose).status(409), status, "{name} {prose}");
        }
    }

    #[test]
    fn every_code_has_a_meaning() {
        for (http, status) in [
            (400, Status::InvalidValue),
            (401, Status::Unauthenticated),
            (403, Status::Denied),
            (404, Status::NotFound),
            (405, Status::NotImplemented),
            (408, Status::RequestTimeout),
            (410, Status::InvalidValue),
            (413, Status::OverLimit),
            (415, Status::NotImplemented),
            (429, Status::Busy),
            (500, Status::Fault),
            (501, Status::NotImplemented),
            (502, Status::ConnectionLost),
            (503, Status::Busy),
            (504, Status::ConnectionLost),
            (302, Status::Protocol),
        ] {
            assert_eq!(fault("", "").status(http), status, "{http}");
        }
    }

    #[test]
    fn secrets_of_the_request_are_taken_out_of_the_prose() {
        let mut refused = fault(
            "",
            r#"bad value (encountered while attempting to run command "set chapsecret="ca\"nary" x")"#,
        );
        refused.redact(["ca\"nary"]);
        assert!(!refused.prose.as_deref().unwrap().contains("nary"));
        let mut refused = fault(
            "",
            "(set targetchapsecret=unknown-to-us) other=1 secret='a b'",
        );
        refused.redact([]);
        assert_eq!(
            refused.prose.as_deref(),
            Some("(set targetchapsecret=***) other=1 secret=***")
        );
        let mut refused = fault("", "password=");
        refused.redact([""]);
        assert_eq!(refused.prose.as_deref(), Some("password="));
    }

    #[test]
    fn prose_is_one_line_of_bounded_length() {
        let long = "é\n".repeat(10_000);
        let mut refused = read(&format!(r#"{{"message":{}}}"#, Value::from(long)));
        refused.redact([]);
        let prose = refused.prose.unwrap();
        assert!(prose.chars().count() <= LONGEST_PROSE + 1 && prose.ends_with('…'));
        assert!(!prose.contains('\n'));
    }
}
