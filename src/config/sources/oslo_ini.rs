//! Reader of INI files in the dialect of oslo.config.
//!
//! Source: `oslo_config/iniparser.py`. What matters: a line that begins with a
//! blank continues the value before it, comments included; the first `=` or `:`
//! parts key and value; one pair of quotes around a value is taken off;
//! comments are whole lines that begin with `#` or `;`; a blank line ends a
//! value; a key may be repeated.

use std::collections::HashMap;

use zeroize::Zeroizing;

use crate::secret::append;

/// A value, and the line of its key.
pub(in crate::config) struct Item {
    pub(in crate::config) key: String,
    pub(in crate::config) value: Zeroizing<String>,
    pub(in crate::config) line: usize,
}

/// Error in a line. The line is not quoted: it may contain a password.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::config) struct Flaw {
    pub(in crate::config) line: usize,
    pub(in crate::config) problem: &'static str,
}

/// A file: the items of each section, in order. Sections of one name are one.
#[derive(Default)]
pub(in crate::config) struct Ini {
    sections: Vec<(String, Vec<Item>)>,
    index: HashMap<String, usize>,
}

impl Ini {
    /// Reads a file. Reports every invalid line.
    pub(in crate::config) fn read(text: &str) -> Result<Self, Vec<Flaw>> {
        let mut ini = Self::default();
        let mut flaws = Vec::new();
        let mut section = None;
        // Whether the line before belongs to a value, so that a blank at the
        // beginning of this one continues it.
        let mut open = false;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            let line = line.trim_end();
            if line.is_empty() {
                open = false;
            } else if line.starts_with([' ', '\t']) {
                match section.filter(|_| open).and_then(|at| ini.last(at)) {
                    Some(item) => {
                        append(&mut item.value, "\n");
                        append(&mut item.value, line.trim_start());
                    }
                    None if open => {}
                    None => flaws.push(Flaw {
                        line: number,
                        problem: "begins with a blank and continues no value",
                    }),
                }
            } else if let Some(rest) = line.strip_prefix('[') {
                open = false;
                match rest.strip_suffix(']') {
                    Some(name) if !name.is_empty() => section = Some(ini.section(name)),
                    // The values that follow belong to an unknown section, so
                    // they are dropped rather than added to the one before.
                    _ => {
                        section = None;
                        open = true;
                        flaws.push(Flaw {
                            line: number,
                            problem: "is not a section `[name]`",
                        });
                    }
                }
            } else if line.starts_with(['#', ';']) {
                open = false;
            } else {
                open = true;
                match item(line, number) {
                    Ok(item) => match section {
                        Some(at) => ini.sections[at].1.push(item),
                        None if flaws.is_empty() => flaws.push(Flaw {
                            line: number,
                            problem: "is before the first section",
                        }),
                        None => {}
                    },
                    Err(problem) => {
                        open = false;
                        flaws.push(Flaw {
                            line: number,
                            problem,
                        });
                    }
                }
            }
        }
        if flaws.is_empty() {
            Ok(ini)
        } else {
            Err(flaws)
        }
    }

    fn last(&mut self, section: usize) -> Option<&mut Item> {
        self.sections[section].1.last_mut()
    }

    fn section(&mut self, name: &str) -> usize {
        let key = normal(name);
        *self.index.entry(key).or_insert_with(|| {
            self.sections.push((name.to_owned(), Vec::new()));
            self.sections.len() - 1
        })
    }

    /// The items of a section, in order; `None` when there is no such section.
    pub(in crate::config) fn items(&self, section: &str) -> Option<&[Item]> {
        self.index
            .get(&normal(section))
            .map(|at| self.sections[*at].1.as_slice())
    }

    /// The last value of a key in a section.
    pub(in crate::config) fn get(&self, section: &str, key: &str) -> Option<&Item> {
        self.items(section)?
            .iter()
            .rev()
            .find(|item| item.key == key)
    }

    /// The names of the sections, as first written.
    pub(in crate::config) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.sections.iter().map(|(name, _)| name.as_str())
    }
}

/// oslo.config folds section names to small letters, `DEFAULT` alone not.
fn normal(section: &str) -> String {
    if section == "DEFAULT" {
        section.to_owned()
    } else {
        section.to_lowercase()
    }
}

fn item(line: &str, number: usize) -> Result<Item, &'static str> {
    let at = line.find(['=', ':']).ok_or("has neither `=` nor `:`")?;
    let key = line[..at].trim();
    if key.is_empty() {
        return Err("has no key");
    }
    let mut value = line[at + 1..].trim();
    if let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\''))
        && value.ends_with(quote)
    {
        // A lone quote begins and ends the value; oslo.config makes it empty.
        value = value.get(1..value.len() - 1).unwrap_or_default();
    }
    Ok(Item {
        key: key.to_owned(),
        value: Zeroizing::new(value.to_owned()),
        line: number,
    })
}
