//! One object or all of them, as a type: an empty name never means all.

use std::fmt;

use crate::error::{Error, Result};

/// One object by its name, or all objects. "All" has to be requested explicitly: an empty name is
/// refused. The default is an empty name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OneOrEvery {
    /// One, by its name, which is not empty.
    One(String),
    /// All objects.
    Every,
}

impl OneOrEvery {
    /// The name; `None` for all. An empty name is an error that names the argument.
    pub(in crate::driver) fn name(&self, argument: &str, every: &str) -> Result<Option<&str>> {
        match self {
            OneOrEvery::Every => Ok(None),
            OneOrEvery::One(name) => not_empty(Some(name), argument, every),
        }
    }
}

impl Default for OneOrEvery {
    fn default() -> OneOrEvery {
        OneOrEvery::One(String::new())
    }
}

impl From<String> for OneOrEvery {
    fn from(name: String) -> OneOrEvery {
        OneOrEvery::One(name)
    }
}

impl From<&str> for OneOrEvery {
    fn from(name: &str) -> OneOrEvery {
        OneOrEvery::One(name.to_owned())
    }
}

impl fmt::Display for OneOrEvery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OneOrEvery::One(name) => f.write_str(name),
            OneOrEvery::Every => Ok(()),
        }
    }
}

/// An argument that may be absent, which means `absent`, but not empty.
pub(in crate::driver) fn not_empty<'a>(
    text: Option<&'a str>,
    argument: &str,
    absent: &str,
) -> Result<Option<&'a str>> {
    match text {
        Some("") => Err(Error::invalid_argument(
            argument,
            "empty",
            &format!("give a text, or nothing at all for {absent}"),
        )),
        text => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;

    #[test]
    fn what_is_empty_is_not_everything() {
        for empty in [OneOrEvery::default(), "".into(), String::new().into()] {
            let error = empty.name("initiator", "every host").unwrap_err();
            assert_eq!(error.status(), Status::InvalidArgument);
            assert!(error.message().contains("initiator"), "{error}");
        }
        let one = OneOrEvery::from("iqn.a");
        assert_eq!(one.name("initiator", "").unwrap(), Some("iqn.a"));
        let every = OneOrEvery::Every;
        assert_eq!(every.name("initiator", "").unwrap(), None);
    }
}
