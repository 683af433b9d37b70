//! Reader of dictionaries in options: positions, problems, and fields by name.

use zeroize::Zeroizing;

use crate::config::did_you_mean::nearest;
use crate::config::values::python_literal::{self, Literal, Value};

/// A problem and its remedy.
pub(in crate::config) type Problem = (String, String);

/// A value that was read, and the text that its positions refer to.
pub(in crate::config) struct Document<'a> {
    pub(in crate::config) text: &'a str,
    pub(in crate::config) root: Literal,
}

impl<'a> Document<'a> {
    /// Reads a Python literal or JSON.
    pub(in crate::config) fn read(text: &'a str) -> Result<Self, Vec<Problem>> {
        match python_literal::read(text) {
            Ok(root) => Ok(Self { text, root }),
            Err(flaw) => {
                let place = python_literal::place(text, flaw.at);
                Err(vec![(
                    format!("cannot be read at {place}: {}", flaw.problem),
                    "write it as a Python literal or as JSON".into(),
                )])
            }
        }
    }
}

/// Collects the problems of one document.
///
/// No problem quotes the text, since any part of it may be a misplaced
/// password; only valid names are shown, with the line and column.
pub(in crate::config) struct DictReader<'a> {
    text: &'a str,
    problems: Vec<Problem>,
}

/// What a field of a dictionary must be.
pub(in crate::config) struct FieldRules<const N: usize> {
    pub(in crate::config) keys: [&'static str; N],
    /// Names all keys, as a remedy.
    pub(in crate::config) use_keys: &'static str,
    /// Whether an empty text and `None` stand for a missing value.
    pub(in crate::config) may_be_empty: bool,
    /// The remedy for a value that is no such text.
    pub(in crate::config) use_text: &'static str,
}

impl<'a> DictReader<'a> {
    pub(in crate::config) fn new(text: &'a str) -> Self {
        Self {
            text,
            problems: Vec::new(),
        }
    }

    /// The value, unless there was a problem.
    pub(in crate::config) fn finish<T>(self, value: T) -> Result<T, Vec<Problem>> {
        if self.problems.is_empty() {
            Ok(value)
        } else {
            Err(self.problems)
        }
    }

    pub(in crate::config) fn place(&self, at: usize) -> String {
        python_literal::place(self.text, at)
    }

    pub(in crate::config) fn problem(
        &mut self,
        at: usize,
        what: String,
        remedy: impl Into<String>,
    ) {
        let place = self.place(at);
        self.problems
            .push((format!("{what} ({place})"), remedy.into()));
    }

    /// The texts of a dictionary in the order of the keys, and whether every field was right.
    /// `owner` follows "has" in problems.
    pub(in crate::config) fn fields<const N: usize>(
        &mut self,
        owner: &str,
        entries: Vec<(Literal, Literal)>,
        rules: &FieldRules<N>,
    ) -> (bool, [Option<Zeroizing<String>>; N]) {
        let mut fields = [const { None }; N];
        let mut whole = true;
        for (key, value) in entries {
            whole &= self.field(owner, key, value, rules, &mut fields);
        }
        (whole, fields)
    }

    /// Takes one field; `false` when it is wrong.
    fn field<const N: usize>(
        &mut self,
        owner: &str,
        key: Literal,
        value: Literal,
        rules: &FieldRules<N>,
        fields: &mut [Option<Zeroizing<String>>; N],
    ) -> bool {
        let Value::Text(name) = &key.value else {
            let what = format!("has {owner} with {} as a key", key.value.kind());
            self.problem(key.at, what, rules.use_keys);
            return false;
        };
        let known = rules.keys.iter().position(|known| known == &name.as_str());
        let Some(index) = known else {
            let remedy = match nearest(name, rules.keys) {
                Some(known) => format!("did you mean `{known}`?"),
                None => rules.use_keys.into(),
            };
            self.problem(key.at, format!("has {owner} with an unknown key"), remedy);
            return false;
        };
        let known = rules.keys[index];
        if fields[index].is_some() {
            let what = format!("has {owner} with `{known}` twice");
            self.problem(key.at, what, "give it once");
            return false;
        }
        fields[index] = Some(match value.value {
            Value::Text(text) if rules.may_be_empty || !text.is_empty() => text,
            Value::Nothing if rules.may_be_empty => Zeroizing::default(),
            other => {
                let what = format!("has {owner} whose `{known}` is {}", other.kind());
                self.problem(value.at, what, rules.use_text);
                return false;
            }
        });
        true
    }
}
