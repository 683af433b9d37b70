//! Secret text, which prints as `***` and wipes its memory.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

/// Replacement for a secret in printed text.
pub const MASK: &str = "***";

/// A password, CHAP secret or session token.
///
/// `Debug` and `Display` print `***`, whatever the content and its length.
/// The memory is overwritten with zeroes when the value is dropped. There is
/// deliberately no `Serialize`, `Deref` or `AsRef<str>`: the only way to the
/// text is [`Secret::expose`], so that a search for that word finds every
/// place where a secret leaves this type.
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over a text. A `String` keeps its buffer, so nothing is copied.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Never pass it to anything that prints or stores.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the text is empty, which callers treat as "not given".
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<Zeroizing<String>> for Secret {
    fn from(text: Zeroizing<String>) -> Self {
        Self(text)
    }
}

impl PartialEq for Secret {
    /// Compares every byte in any case, so that the time reveals at most the
    /// length.
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.0.as_bytes(), other.0.as_bytes());
        let difference = a.iter().zip(b).fold(0u8, |acc, (x, y)| acc | (x ^ y));
        a.len() == b.len() && std::hint::black_box(difference) == 0
    }
}

impl Eq for Secret {}

impl Zeroize for Secret {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// Appends to a text that may hold a secret.
///
/// `String::push_str` frees the old buffer unwiped when it grows; here the
/// old buffer is wiped before it goes.
pub(crate) fn append(buffer: &mut Zeroizing<String>, text: &str) {
    let needed = buffer.len() + text.len();
    if needed > buffer.capacity() && !canary!("secret-not-wiped") {
        let mut grown = Zeroizing::new(String::with_capacity(needed.max(buffer.capacity() * 2)));
        grown.push_str(buffer);
        *buffer = grown;
    }
    buffer.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_nothing_of_itself() {
        let secret = Secret::new("canary-in-a-mine");
        assert_eq!(format!("{secret} {secret:?} {secret:#?}"), "*** *** ***");
        assert_eq!(secret.expose(), "canary-in-a-mine");
    }

    #[test]
    fn compares_by_content() {
        assert_eq!(Secret::new("abc"), Secret::from("abc".to_owned()));
        assert_ne!(Secret::new("abc"), Secret::new("abd"));
        assert_ne!(Secret::new("abc"), Secret::new("abcd"));
        assert_ne!(Secret::default(), Secret::new("a"));
    }

    #[test]
    fn appending_keeps_the_text() {
        let mut text = Zeroizing::new(String::new());
        for _ in 0..100 {
            append(&mut text, "abc");
        }
        assert_eq!(*text, "abc".repeat(100));
    }

    #[test]
    fn wiping_empties() {
        let mut secret = Secret::new("abc");
        secret.zeroize();
        assert!(secret.is_empty());
    }
}
