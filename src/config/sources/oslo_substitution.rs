//! Substitution of `$name` in the values of `cinder.conf`.
//!
//! Source: `oslo_config/cfg.py`, which uses Python's `string.Template` with
//! names that may hold dots. `$$` and `\$` are a dollar sign; `$name` and
//! `${name}` are the value of another option, `$group.name` that of an option
//! of another section; a dollar sign before anything else is literal.

use zeroize::Zeroizing;

use crate::secret::append;

use crate::config::error::may_hold_secret;
use crate::config::options;
use crate::config::sources::oslo_ini::Ini;

/// Deepest chain of references. Only a circle is deeper.
const DEEPEST: usize = 16;

/// Longest value that references may make, in bytes, and most references that
/// are followed for it. Without these bounds a few lines that refer to each
/// other twice would fill the memory, or, if they are empty, run endlessly.
const LONGEST: usize = 1 << 20;
const MOST: usize = 10_000;

/// Why a reference cannot be replaced.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::config) enum Flaw {
    /// No section sets this name. The name may be part of a password.
    Unknown(String),
    /// References run in a circle.
    Circle,
    /// The result would be too long, or take too many steps.
    TooLong,
}

/// A value with its references replaced.
pub(in crate::config) struct Replaced {
    pub(in crate::config) text: Zeroizing<String>,
    /// Whether a reference may have put a secret into it.
    pub(in crate::config) secret: bool,
}

/// The value with its references replaced. Names are looked up in `sections`,
/// the first first, and in the defaults of the option table.
pub(in crate::config) fn substitute(
    ini: &Ini,
    sections: &[&str],
    value: &str,
) -> Result<Replaced, Flaw> {
    let out = Zeroizing::new(String::with_capacity(value.len()));
    let mut writer = Writer {
        ini,
        out,
        followed: 0,
        secret: false,
    };
    writer.expand(sections, value, 0)?;
    Ok(Replaced {
        text: writer.out,
        secret: writer.secret,
    })
}

struct Writer<'a> {
    ini: &'a Ini,
    out: Zeroizing<String>,
    followed: usize,
    secret: bool,
}

impl Writer<'_> {
    fn expand(&mut self, sections: &[&str], value: &str, depth: usize) -> Result<(), Flaw> {
        if depth > DEEPEST {
            return Err(Flaw::Circle);
        }
        let mut rest = value;
        while let Some(at) = rest.find('$') {
            let (before, after) = (&rest[..at], &rest[at + 1..]);
            rest = after;
            if let Some(before) = before.strip_suffix('\\') {
                self.write(before)?;
                self.write("$")?;
                continue;
            }
            self.write(before)?;
            if let Some(after) = after.strip_prefix('$') {
                self.write("$")?;
                rest = after;
            } else if let Some((name, after)) = reference(after) {
                self.follow(sections, name, depth)?;
                rest = after;
            } else {
                self.write("$")?;
            }
        }
        self.write(rest)
    }

    fn follow(&mut self, sections: &[&str], name: &str, depth: usize) -> Result<(), Flaw> {
        self.followed += 1;
        if self.followed > MOST {
            return Err(Flaw::TooLong);
        }
        self.secret |= may_hold_secret(name);
        let ini = self.ini;
        if let Some((section, key)) = name.split_once('.')
            && let Some(item) = ini.get(section, key)
        {
            return self.expand(&[section, "DEFAULT"], &item.value, depth + 1);
        }
        if let Some(item) = sections.iter().find_map(|section| ini.get(section, name)) {
            return self.expand(sections, &item.value, depth + 1);
        }
        match options::find(name) {
            // oslo.config puts nothing in place of an option without a value.
            Some(spec) => self.write(spec.default.unwrap_or_default()),
            None => Err(Flaw::Unknown(name.to_owned())),
        }
    }

    fn write(&mut self, text: &str) -> Result<(), Flaw> {
        if self.out.len() + text.len() > LONGEST {
            return Err(Flaw::TooLong);
        }
        append(&mut self.out, text);
        Ok(())
    }
}

/// The name after a dollar sign, and the rest of the text.
fn reference(text: &str) -> Option<(&str, &str)> {
    let name = |text: &str| {
        let first = |c: char| c.is_ascii_alphabetic() || c == '_';
        let later = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        text.starts_with(first)
            .then(|| text.find(|c| !later(c)).unwrap_or(text.len()))
    };
    match text.strip_prefix('{') {
        Some(inner) => {
            let (word, after) = inner.split_at(name(inner)?);
            Some((word, after.strip_prefix('}')?))
        }
        None => Some(text.split_at(name(text)?)),
    }
}
