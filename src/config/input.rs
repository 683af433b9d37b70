//! Option values as given, read one by one, and the errors found in them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::config::error::ConfigError;
use crate::config::gathered::Entry;
use crate::config::option_spec::OptionSpec;
use crate::config::options::find;
use crate::config::values;
use crate::config::values::dict_reader::{Document, Problem};

/// The values that were gathered, and what was found wrong with them.
pub(super) struct Input<'a> {
    pub(super) entries: &'a BTreeMap<&'static str, Entry>,
    pub(super) errors: Vec<ConfigError>,
    pub(super) warnings: Vec<String>,
}

impl Input<'_> {
    /// The text of an option as the host gave it; `None` when it is missing or
    /// empty.
    pub(super) fn given(&self, name: &str) -> Option<&Zeroizing<String>> {
        let entry = self.entries.get(name)?;
        (!entry.text.trim().is_empty()).then_some(&entry.text)
    }

    /// An option that holds a dictionary; `None` when it is missing or empty.
    pub(super) fn document(&self, name: &str) -> Option<Result<Document<'_>, Vec<Problem>>> {
        let text = self.given(name)?;
        let root = self
            .entries
            .get(name)
            .and_then(|entry| entry.literal.as_ref());
        Some(match root {
            Some(root) => Ok(Document {
                text,
                root: root.clone(),
            }),
            None => Document::read(text),
        })
    }

    /// Whether the option was given in a form that could not be read; reporting
    /// it as missing as well would mislead.
    pub(super) fn failed(&self, name: &str) -> bool {
        self.errors.iter().any(|error| error.option == name)
    }

    /// Records an error about an option, with its value and place.
    pub(super) fn error(
        &mut self,
        name: &str,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let mut error = ConfigError::new(name, problem, remedy);
        if let (Some(spec), Some(entry)) = (find(name), self.entries.get(name)) {
            error = error.at(entry.location.clone());
            if self.given(name).is_some() {
                error = if entry.hidden {
                    error.hidden_value()
                } else {
                    error.value_of(spec, entry.text.trim())
                };
            }
        }
        self.errors.push(error);
    }

    /// The option's value, or its default; `Some(None)` when there is neither
    /// and none is required, `None` when it is wrong.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'static OptionSpec, &str) -> Result<T, String>,
    ) -> Option<Option<T>> {
        let spec = find(name).expect("the name of an option in the table");
        // Blanks around a value never mean anything, save in a password.
        let text = match self.given(name) {
            Some(text) if spec.secret => text.as_str(),
            Some(text) => text.trim(),
            None => spec.default.unwrap_or_default(),
        };
        if text.is_empty() {
            if spec.required && self.failed(name) {
                return None;
            }
            if spec.required {
                let remedy = format!("set it to {}", spec.allowed());
                self.error(name, "is required and not set", remedy);
                return None;
            }
            return Some(None);
        }
        match read(spec, text) {
            Ok(value) => Some(Some(value)),
            Err(problem) => {
                self.error(name, problem, format!("use {}", spec.allowed()));
                None
            }
        }
    }

    /// The value of an option that is required or has a default.
    pub(super) fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'static OptionSpec, &str) -> Result<T, String>,
    ) -> Option<T> {
        self.optional(name, read).flatten()
    }

    /// The table's ranges fit the types of the fields; a test sees to it.
    pub(super) fn integer<T: TryFrom<i64>>(&mut self, name: &'static str) -> Option<T> {
        self.read(name, |spec, text| {
            T::try_from(values::integer(spec, text)?).map_err(|_| "is out of range".into())
        })
    }

    pub(super) fn boolean(&mut self, name: &'static str) -> Option<bool> {
        self.read(name, |_, text| values::boolean(text))
    }

    pub(super) fn choice(&mut self, name: &'static str) -> Option<&'static str> {
        self.read(name, values::choice)
    }

    pub(super) fn name(&mut self, name: &'static str) -> Option<String> {
        self.read(name, |_, text| values::name(text).map(str::to_owned))
    }

    pub(super) fn path(&mut self, name: &'static str) -> Option<Option<PathBuf>> {
        self.optional(name, |_, text| values::path(text))
    }

    /// The items of a list, each once.
    pub(super) fn items<T: PartialEq>(
        &mut self,
        name: &'static str,
        item: impl Fn(&str) -> Result<T, String>,
        none: &str,
    ) -> Option<Vec<T>> {
        self.read(name, |_, text| {
            let mut items = Vec::new();
            for part in values::list(text) {
                let item = item(part)?;
                if !items.contains(&item) {
                    items.push(item);
                }
            }
            if items.is_empty() {
                Err(none.into())
            } else {
                Ok(items)
            }
        })
    }
}
