//! `$name` in the values of `cinder.conf`.
//!
//! Source: `oslo_config/cfg.py`, which uses Python's `string.Template` with
//! names that may hold dots. `$$` and `\$` are a dollar sign; `$name` and
//! `${name}` are the value of another option, `$group.name` that of an option
//! of another section; a dollar sign before anything else stands for itself.

use zeroize::Zeroizing;

use crate::secret::append;

use super::oslo_ini::Ini;
use super::table;

/// Deepest chain of references. Only a circle is deeper.
const DEEPEST: usize = 16;

/// Longest value that references may make, in bytes. Without a bound a few
/// lines that refer to each other twice would fill the memory.
const LONGEST: usize = 1 << 20;

/// Why a reference cannot be replaced.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// No section says what this is. The name may be part of a password.
    Unknown(String),
    /// References run in a circle.
    Circle,
    /// The result would be too long.
    TooLong,
}

/// The value with its references replaced. Names are looked up in `sections`,
/// the first first, and in the defaults of the option table.
pub(super) fn substitute(
    ini: &Ini,
    sections: &[&str],
    value: &str,
) -> Result<Zeroizing<String>, Flaw> {
    let mut out = Zeroizing::new(String::with_capacity(value.len()));
    expand(ini, sections, value, 0, &mut out)?;
    Ok(out)
}

fn expand(
    ini: &Ini,
    sections: &[&str],
    value: &str,
    depth: usize,
    out: &mut Zeroizing<String>,
) -> Result<(), Flaw> {
    if depth > DEEPEST {
        return Err(Flaw::Circle);
    }
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        if let Some(before) = before.strip_suffix('\\') {
            grow(out, before)?;
            grow(out, "$")?;
            rest = after;
            continue;
        }
        grow(out, before)?;
        if let Some(after) = after.strip_prefix('$') {
            grow(out, "$")?;
            rest = after;
        } else if let Some((name, after)) = reference(after) {
            replace(ini, sections, name, depth, out)?;
            rest = after;
        } else {
            grow(out, "$")?;
            rest = after;
        }
    }
    grow(out, rest)
}

/// The name that stands after a dollar sign, and what follows it.
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

fn replace(
    ini: &Ini,
    sections: &[&str],
    name: &str,
    depth: usize,
    out: &mut Zeroizing<String>,
) -> Result<(), Flaw> {
    if let Some((section, key)) = name.split_once('.')
        && let Some(item) = ini.get(section, key)
    {
        return expand(ini, &[section, "DEFAULT"], &item.value, depth + 1, out);
    }
    if let Some(item) = sections.iter().find_map(|section| ini.get(section, name)) {
        return expand(ini, sections, &item.value, depth + 1, out);
    }
    match table::find(name) {
        // oslo.config puts nothing in place of an option without a value.
        Some(spec) => grow(out, spec.default.unwrap_or_default()),
        None => Err(Flaw::Unknown(name.to_owned())),
    }
}

fn grow(out: &mut Zeroizing<String>, text: &str) -> Result<(), Flaw> {
    if out.len() + text.len() > LONGEST {
        return Err(Flaw::TooLong);
    }
    append(out, text);
    Ok(())
}
