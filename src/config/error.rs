//! Errors of a configuration, reported all together.

use std::fmt;

use crate::secret::MASK;

use crate::config::option_spec::OptionSpec;

/// Location of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Location {
    /// The file, or the name that the host gave to a text.
    pub file: String,
    /// The line, counted from 1; `None` where it is not known.
    pub line: Option<usize>,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        match self.line {
            Some(line) => write!(f, ":{line}"),
            None => Ok(()),
        }
    }
}

/// One error of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigError {
    /// The option, extra spec or key; empty when a whole file is meant.
    pub option: String,
    /// The value as given. `***` where it is, or might be, a secret; `None`
    /// when there is none.
    pub value: Option<String>,
    /// The problem, as a clause: "is not one of the values allowed".
    pub problem: String,
    /// The remedy, as a clause: "use `latency` or `throughput`".
    pub remedy: String,
    /// Location of the value, if it is known.
    pub location: Option<Location>,
}

impl ConfigError {
    pub(super) fn new(option: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            option: printable(option),
            value: None,
            problem: problem.into(),
            remedy: remedy.into(),
            location: None,
        }
    }

    /// Adds the value, unless the option is secret.
    pub(super) fn value_of(mut self, spec: &OptionSpec, value: &str) -> Self {
        self.value = Some(if spec.secret || may_hold_secret(value) {
            MASK.to_owned()
        } else {
            printable(value)
        });
        self
    }

    /// Adds a value that may be a secret, whatever the option.
    pub(super) fn hidden_value(mut self) -> Self {
        self.value = Some(MASK.to_owned());
        self
    }

    /// Adds a value that is known not to be a secret.
    pub(super) fn plain_value(mut self, value: &str) -> Self {
        self.value = Some(printable(value));
        self
    }

    pub(super) fn at(mut self, location: Option<Location>) -> Self {
        if self.location.is_none() {
            self.location = location;
        }
        self
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        match (self.option.as_str(), &self.value) {
            ("", _) => {}
            (option, Some(value)) => write!(f, "{option} = {value}: ")?,
            (option, None) => write!(f, "{option}: ")?,
        }
        f.write_str(&self.problem)?;
        if !self.remedy.is_empty() {
            write!(f, "; {}", self.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// All errors of a configuration, in the order of the option table. Prints one
/// line for each. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl ConfigErrors {
    /// The errors about one option.
    pub fn about<'a>(&'a self, option: &'a str) -> impl Iterator<Item = &'a ConfigError> {
        self.0.iter().filter(move |error| error.option == option)
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

/// Whether a text that is no secret may have one in it: a URL with an account,
/// or the line of a password that ended up in the value of another option
/// because it was indented or lost its line break.
pub(super) fn may_hold_secret(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    value.contains("password") || (value.contains("://") && value.contains('@'))
}

/// Text from outside, made safe for one line of a log: control characters
/// escaped, the length bounded.
pub(super) fn printable(text: &str) -> String {
    const LONGEST: usize = 160;
    let mut out = String::new();
    for (index, c) in text.chars().enumerate() {
        if index == LONGEST {
            out.push('…');
            break;
        }
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}') {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}
