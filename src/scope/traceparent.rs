//! W3C trace context of a call: the value and the header `traceparent`.
//!
//! <https://www.w3.org/TR/trace-context/>, level 1. A host passes the value of its own span. Each
//! request of the call is a span below it: the same trace id, and a random span id of its own.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::{Error, Result};

/// Name of the header.
pub const TRACEPARENT: &str = "traceparent";

/// Flags with a meaning that the W3C has published: `sampled` and `random`. A sender has to clear
/// the others.
const KNOWN_FLAGS: u8 = 0b11;

/// Characters of a refused value that its error repeats.
const REPEATED: usize = 80;

/// A value of `traceparent` that was checked. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traceparent {
    text: Arc<str>,
    trace_id: Arc<str>,
    flags: u8,
}

/// Span of one request.
pub(crate) struct RequestSpan {
    /// 16 hexadecimal digits.
    pub(crate) id: String,
    /// Value of the request's header.
    pub(crate) header: String,
}

impl Traceparent {
    /// The value as the host gave it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Id of the trace: 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        &self.trace_id
    }

    /// A new span for one request.
    pub(crate) fn request_span(&self) -> RequestSpan {
        // The variant of the UUID is in this half, so the id is never zero, which means "invalid".
        let (_, random) = uuid::Uuid::new_v4().as_u64_pair();
        let id = format!("{random:016x}");
        RequestSpan {
            header: format!("00-{}-{id}-{:02x}", self.trace_id, self.flags),
            id,
        }
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Traceparent {
    type Err = Error;

    fn from_str(text: &str) -> Result<Traceparent> {
        parse(text).ok_or_else(|| {
            let given: String = text.chars().take(REPEATED).collect();
            Error::invalid_argument(
                TRACEPARENT,
                format!("{given:?}"),
                "give 00-<32 digits>-<16 digits>-<2 digits>, hexadecimal in small letters, with a \
                 trace id and a parent id other than zero, as W3C Trace Context asks; or none",
            )
        })
    }
}

/// Reads version 00, and of a higher version the part that version 00 has.
fn parse(text: &str) -> Option<Traceparent> {
    let mut fields = text.splitn(5, '-');
    let mut field = |length| fields.next().filter(|field| is_hex(field, length));
    let (version, trace_id, parent_id, flags) = (field(2)?, field(32)?, field(16)?, field(2)?);
    let flags = u8::from_str_radix(flags, 16).ok()?;
    let too_long = version == "00" && fields.next().is_some();
    let invalid = version == "ff" || too_long || is_zero(trace_id) || is_zero(parent_id);
    (!invalid).then(|| Traceparent {
        text: text.into(),
        trace_id: trace_id.into(),
        flags: flags & KNOWN_FLAGS,
    })
}

fn is_hex(field: &str, length: usize) -> bool {
    let digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    field.len() == length && field.bytes().all(digit)
}

fn is_zero(id: &str) -> bool {
    id.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_request_has_the_trace_and_the_flags_and_a_span_of_its_own() {
        for (given, sent) in [("00", "00"), ("01", "01"), ("03", "03"), ("ff", "03")] {
            let text = format!("{}{given}", &GOOD[..53]);
            let call: Traceparent = text.parse().unwrap();
            assert_eq!((call.as_str(), call.trace_id()), (text.as_str(), TRACE));
            let (one, other) = (call.request_span(), call.request_span());
            assert_ne!(one.id, other.id);
            for span in [one, other] {
                assert!(is_hex(&span.id, 16) && !is_zero(&span.id), "{}", span.id);
                assert_eq!(span.header, format!("00-{TRACE}-{}-{sent}", span.id));
                assert!(span.header.parse::<Traceparent>().is_ok());
            }
        }
    }

    #[test]
    fn a_higher_version_is_read_as_far_as_version_00_goes() {
        for (version, rest) in [
            ("01", ""),
            ("cc", "-"),
            ("fe", "-what the future will be like"),
        ] {
            let text = format!("{version}{}{rest}", &GOOD[2..]);
            let call: Traceparent = text.parse().unwrap();
            assert_eq!(call.trace_id(), TRACE);
            assert!(call.request_span().header.starts_with(&GOOD[..36]));
        }
    }

    #[test]
    fn what_the_w3c_calls_invalid_is_refused_with_its_remedy() {
        let with = |from: usize, part: &str| {
            let mut text = GOOD.to_owned();
            text.replace_range(from..from + part.len(), part);
            text
        };
        let zeros = "0".repeat(32);
        for text in [
            String::new(),
            "-".into(),
            with(0, "ff"),
            with(0, "0g"),
            with(0, "FE"),
            with(3, &zeros),
            with(3, "4BF9"),
            with(3, "+bf9"),
            with(36, &zeros[..16]),
            with(36, "é"),
            with(53, "0A"),
            with(2, "_"),
            with(52, "_"),
            GOOD[..54].into(),
            GOOD[1..].into(),
            format!(" {GOOD}"),
            format!("{GOOD} "),
            format!("{GOOD}-"),
            format!("{GOOD}-01"),
            format!("{GOOD}1"),
            with(0, "01") + "1",
        ] {
            let error = text.parse::<Traceparent>().unwrap_err();
            assert_eq!(error.status(), Status::InvalidArgument, "{text}");
            let begin = format!("traceparent is {text:?}: give 00-<32 digits>");
            assert!(error.message().starts_with(&begin), "{}", error.message());
        }
        let long = "1".repeat(1000).parse::<Traceparent>().unwrap_err();
        assert!(long.message().len() < 400, "{}", long.message());
    }
}
