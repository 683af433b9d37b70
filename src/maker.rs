//! Marker of the operation, and of the attempt at it, that created an object.
//!
//! The id alone proves no ownership. Callers repeat it so that a repeated call finds the objects of
//! an earlier one, and another host may have adopted and reported such an object since. So each
//! call is an attempt with a random name. Each object carries the id and the attempt that created
//! it, and an attempt rolls back only objects with its own marker. Adoption replaces the marker by
//! that of the adopting attempt.
//!
//! The marker is the value of the property `custom:zfssa_operation`: `<id>/<attempt>`, the id
//! percent-encoded. Former releases wrote the bare id. Such a marker belongs to their journals and
//! to no attempt of this release.

use std::fmt;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Separator between the parts of a marker.
const SEPARATOR: char = '/';

/// Number of hexadecimal digits in the name of an attempt.
const DIGITS: usize = 16;

/// Characters that are encoded within a part: the separator, and all that the appliance may refuse.
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b':');

/// An operation and one attempt at it. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maker {
    id: Arc<str>,
    attempt: Option<Arc<str>>,
    mark: Arc<str>,
}

impl Maker {
    /// A new attempt at an operation.
    pub fn new(id: impl Into<Arc<str>>) -> Maker {
        let random = uuid::Uuid::new_v4().simple().to_string();
        Maker::of(id, random.get(..DIGITS))
    }

    /// An earlier attempt; `None` if a former release made it.
    pub fn of(id: impl Into<Arc<str>>, attempt: Option<&str>) -> Maker {
        let id = id.into();
        let mark = match attempt {
            Some(attempt) => parts([id.as_ref(), attempt]).into(),
            None => id.clone(),
        };
        Maker {
            id,
            attempt: attempt.map(Into::into),
            mark,
        }
    }

    /// Parses a marker.
    pub fn read(mark: &str) -> Maker {
        let known = read_parts(mark).and_then(|parts| <[String; 2]>::try_from(parts).ok());
        match known {
            Some([id, attempt]) if is_attempt(&attempt) => Maker::of(id, Some(&attempt)),
            _ => Maker::of(mark, None),
        }
    }

    /// The operation's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The attempt; `None` if a former release made it.
    pub fn attempt(&self) -> Option<&str> {
        self.attempt.as_deref()
    }

    /// The marker, as written on objects.
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// Whether a marker is that of this attempt.
    pub fn wrote(&self, mark: Option<&str>) -> bool {
        if canary!("undone-by-its-id-alone") {
            return mark.is_some_and(|mark| Maker::read(mark).id() == self.id());
        }
        mark == Some(self.mark())
    }
}

impl fmt::Display for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mark)
    }
}

fn is_attempt(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == DIGITS && text.bytes().all(digit)
}

/// Text of several parts, which may contain any characters.
pub fn parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for (number, part) in parts.into_iter().enumerate() {
        if number > 0 {
            text.push(SEPARATOR);
        }
        text.extend(utf8_percent_encode(part, PART));
    }
    text
}

/// The parts of a text; `None` if one of them is not UTF-8.
pub fn read_parts(text: &str) -> Option<Vec<String>> {
    let part = |part| {
        let part = percent_decode_str(part).decode_utf8().ok()?;
        Some(part.into_owned())
    };
    text.split(SEPARATOR).map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_attempts_at_one_operation_differ() {
        let (one, other) = (Maker::new("an id"), Maker::new("an id"));
        assert_eq!(one.id(), other.id());
        assert!(one.wrote(Some(one.mark())));
        assert!(!one.wrote(Some(other.mark())));
        assert!(!one.wrote(Some("an id")));
        assert!(!one.wrote(None));
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        for id in [
            "0b7ac3d0-8c3f-4f1e-9d2f-7a1c5e3b9f10",
            "the caller's/own id",
            "",
            "50%",
        ] {
            let maker = Maker::new(id);
            assert!(maker.mark().is_ascii() && !maker.mark().contains([' ', '\'', '"']));
            assert_eq!(Maker::read(maker.mark()), maker);
        }
    }

    #[test]
    fn a_mark_without_an_attempt_is_of_a_former_release() {
        for text in [
            "0b7ac3d0-8c3f-4f1e-9d2f-7a1c5e3b9f10",
            "the caller's/own id",
            "id/0123456789ABCDEF",
            "id/0123456789abcde",
            "a/b/0123456789abcdef",
        ] {
            let maker = Maker::read(text);
            assert_eq!((maker.id(), maker.attempt()), (text, None));
            assert_eq!(maker.mark(), text);
            assert!(!Maker::new(text).wrote(Some(text)));
        }
    }
}
