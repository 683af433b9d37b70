//! Option values gathered from all sources, before any check.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::config::did_you_mean::did_you_mean;
use crate::config::error::{ConfigError, Location};
use crate::config::option_spec::OptionSpec;
use crate::config::options::{OPTIONS, find};
use crate::config::sources::unknown_options::{self, Unlisted};
use crate::config::values::python_literal::Literal;

/// A value as given. Kept as if secret, since the option may be.
#[derive(Clone)]
pub(super) struct Entry {
    /// The value, or the whole text that `literal` is part of.
    pub(super) text: Zeroizing<String>,
    /// The value, where its source has structures of its own.
    pub(super) literal: Option<Literal>,
    pub(super) location: Option<Location>,
    /// Never to be shown, whatever the option.
    pub(super) hidden: bool,
}

/// The values of one backend, a later one in place of an earlier one.
#[derive(Clone, Default)]
pub(super) struct Gathered {
    pub(super) entries: BTreeMap<&'static str, Entry>,
    pub(super) errors: Vec<ConfigError>,
    pub(super) warnings: Vec<String>,
}

impl Gathered {
    /// Stores one value, or an error if the name is unknown.
    pub(super) fn put(
        &mut self,
        name: &str,
        value: &str,
        location: Option<Location>,
        strictness: Strictness,
    ) {
        if let Some(spec) = find(name) {
            self.insert(spec, value, None, location);
            return;
        }
        match unknown_options::classify(name, value) {
            Unlisted::Ignored => {}
            Unlisted::Warned(warning) => self.warn(warning),
            Unlisted::Unknown if strictness == Strictness::All || name.starts_with("zfssa_") => {
                self.errors.push(unknown(name).at(location));
            }
            Unlisted::Unknown => {}
        }
    }

    /// Takes in a value that its source reads as a structure. Positions in `literal` are those of
    /// `text`.
    pub(super) fn put_literal(
        &mut self,
        spec: &OptionSpec,
        text: &str,
        literal: Literal,
        location: Option<Location>,
    ) {
        self.insert(spec, text, Some(literal), location);
    }

    fn insert(
        &mut self,
        spec: &OptionSpec,
        text: &str,
        literal: Option<Literal>,
        location: Option<Location>,
    ) {
        let entry = Entry {
            text: Zeroizing::new(text.to_owned()),
            literal,
            location,
            hidden: false,
        };
        self.entries.insert(spec.name, entry);
    }

    /// Keeps the value of an option from being shown.
    pub(super) fn hide(&mut self, spec: &OptionSpec) {
        if let Some(entry) = self.entries.get_mut(spec.name) {
            entry.hidden = true;
        }
    }

    pub(super) fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    pub(super) fn fail(&mut self, error: ConfigError) {
        self.errors.push(error);
    }
}

/// Which unknown names are errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// All: the source is written for this library.
    All,
    /// Those with our prefix: the source is shared with Cinder.
    OurPrefix,
}

/// The error about an unknown option. Its value is not shown, since the option
/// may be a misspelt password; nor is what follows a name that is not one word,
/// since it may be half of a password with `=` in it.
fn unknown(name: &str) -> ConfigError {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let shown = name.trim_start_matches(word);
    if !shown.is_empty() {
        let shown = format!("{}…", &name[..name.len() - shown.len()]);
        return ConfigError::new(
            &shown,
            "is not the name of an option",
            "remove or correct it",
        );
    }
    let remedy = did_you_mean(name, OPTIONS.iter().map(|spec: &OptionSpec| spec.name));
    ConfigError::new(name, "is not an option", remedy)
}
