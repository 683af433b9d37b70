//! Texts of a trace with placeholders, which stand for any text.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

/// What the placeholders stand for so far.
pub(super) type Bindings = BTreeMap<String, String>;

/// The forms of placeholders that a trace has.
pub(super) struct Placeholders {
    form: Regex,
}

/// The forms of the recorder.
const MASKED: &str = r"MASKED-[a-z]+-[0-9]+";

/// Those for addresses and for UUIDs of appliances, in a trace that does not identify the site.
const SITE: &str = r"(?:192\.0\.2|198\.51\.100|203\.0\.113|198\.18\.[0-9]+)\.[0-9]+|2001:db8::[0-9a-f]+|00000000-0000-4000-8000-[0-9]{12}";

impl Placeholders {
    pub fn new(identified: bool) -> Placeholders {
        let form = match identified {
            true => MASKED.to_owned(),
            false => format!("{MASKED}|{SITE}"),
        };
        Placeholders {
            form: Regex::new(&form).expect("the forms are regular expressions"),
        }
    }

    /// Whether a text is the template with some text for each placeholder, the same for the same.
    pub fn matches(&self, template: &str, text: &str, bindings: &mut Bindings) -> bool {
        if template == text && !self.form.is_match(template) {
            return true;
        }
        let (mut pattern, mut at, mut names) = ("^".to_owned(), 0, Vec::new());
        for found in self.form.find_iter(template) {
            pattern += &regex::escape(&template[at..found.start()]);
            pattern += "(.+?)";
            names.push(found.as_str());
            at = found.end();
        }
        pattern += &regex::escape(&template[at..]);
        pattern += "$";
        let Ok(pattern) = Regex::new(&pattern) else {
            return false;
        };
        let Some(parts) = pattern.captures(text) else {
            return false;
        };
        names.iter().enumerate().all(|(index, name)| {
            let part = &parts[index + 1];
            match bindings.get(*name) {
                Some(bound) => bound == part,
                None => {
                    bindings.insert((*name).to_owned(), part.to_owned());
                    true
                }
            }
        })
    }

    /// The same for JSON. The order of members does not count.
    pub fn matches_value(&self, template: &Value, value: &Value, bindings: &mut Bindings) -> bool {
        match (template, value) {
            (Value::String(template), Value::String(text)) => {
                self.matches(template, text, bindings)
            }
            (Value::Array(templates), Value::Array(values)) => {
                let mut pairs = templates.iter().zip(values);
                templates.len() == values.len()
                    && pairs.all(|(template, value)| self.matches_value(template, value, bindings))
            }
            (Value::Object(templates), Value::Object(values)) => {
                templates.len() == values.len()
                    && templates.iter().all(|(name, template)| {
                        let value = values.get(name);
                        value.is_some_and(|value| self.matches_value(template, value, bindings))
                    })
            }
            (template, value) => template == value,
        }
    }

    /// A text with the placeholders replaced that stand for something.
    pub fn filled(&self, template: &str, bindings: &Bindings) -> String {
        let fill = |found: &regex::Captures<'_>| {
            let name = &found[0];
            bindings.get(name).map_or(name, String::as_str).to_owned()
        };
        self.form.replace_all(template, fill).into_owned()
    }

    /// The same for JSON, with the names of members.
    pub fn filled_value(&self, template: &Value, bindings: &Bindings) -> Value {
        match template {
            Value::String(text) => self.filled(text, bindings).into(),
            Value::Array(list) => {
                let list = list.iter().map(|value| self.filled_value(value, bindings));
                Value::Array(list.collect())
            }
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| {
                    (
                        self.filled(name, bindings),
                        self.filled_value(value, bindings),
                    )
                });
                Value::Object(members.collect())
            }
            other => other.clone(),
        }
    }
}
