//! Reader of options in TOML.
//!
//! Each value is turned into the text that the option would have in
//! `cinder.conf`, so that there is one way to read it from there on: arrays
//! become comma separated texts, and tables become the literal that the text of
//! `zfssa_initiator_config` is read into.

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use crate::secret::append;

use crate::config::did_you_mean::did_you_mean;
use crate::config::error::{ConfigError, Location, printable};
use crate::config::gathered::{Gathered, Strictness};
use crate::config::option_spec::OptionKind;
use crate::config::options;
use crate::config::values::python_literal::{Literal, Value};
use crate::sorting::sort_by;

/// See `ConfigBuilder::load_toml`.
pub(in crate::config) fn load(
    gathered: &mut Gathered,
    text: &str,
    section: Option<&str>,
    source: &str,
) {
    let at = |byte: Option<usize>| {
        let before = byte.map(|byte| &text.as_bytes()[..byte.min(text.len())]);
        let line = before.map(|before| before.iter().filter(|b| **b == b'\n').count() + 1);
        Some(Location {
            file: printable(source),
            line,
        })
    };
    let root = match DeTable::parse(text) {
        Ok(root) => root,
        Err(error) => {
            // The error's own text quotes the line; its message does not.
            let place = at(error.span().map(|span| span.start));
            let problem = format!("is not TOML: {}", printable(error.message()));
            gathered.fail(ConfigError::new("", problem, "").at(place));
            return;
        }
    };
    let mut table = root.get_ref();
    for name in section.into_iter().flat_map(|path| path.split('.')) {
        match table.get(name).and_then(|value| value.get_ref().as_table()) {
            Some(inner) => table = inner,
            None => {
                let problem = format!("has no table `{}`", printable(section.unwrap_or(name)));
                let tables = table.iter().filter(|(_, value)| value.get_ref().is_table());
                let names: Vec<&str> = tables.map(|(key, _)| key.get_ref().as_ref()).collect();
                let remedy = did_you_mean(name, names.iter().copied());
                gathered.fail(ConfigError::new("", problem, remedy).at(at(None)));
                return;
            }
        }
    }
    // The map is sorted by name; errors follow the file.
    let mut items: Vec<_> = table.iter().collect();
    sort_by(&mut items, |(a, _), (b, _)| {
        a.span().start.cmp(&b.span().start)
    });
    for (key, value) in items {
        take(
            gathered,
            text,
            key.get_ref(),
            value,
            at(Some(key.span().start)),
        );
    }
}

fn take(
    gathered: &mut Gathered,
    source: &str,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    location: Option<Location>,
) {
    let Some(spec) = options::find(name) else {
        let text = value.get_ref().as_str().unwrap_or_default();
        gathered.put(name, text, location, Strictness::All);
        return;
    };
    let listed = matches!(
        spec.kind,
        OptionKind::List
            | OptionKind::Portals
            | OptionKind::InitiatorNames
            | OptionKind::Fingerprints
    );
    let text = match value.get_ref() {
        DeValue::Array(items) if listed => {
            comma_separated(items.iter().map(|item| item.get_ref().as_str()))
        }
        DeValue::Table(_)
            if matches!(
                spec.kind,
                OptionKind::InitiatorConfig | OptionKind::Destinations
            ) =>
        {
            gathered.put_literal(spec, source, literal(value), location);
            return;
        }
        value => scalar(value),
    };
    match text {
        Some(text) => gathered.put(name, &text, location, Strictness::All),
        None => {
            let problem = format!("cannot be {} here", value.get_ref().type_str());
            let remedy = format!("write {}", spec.allowed());
            gathered.fail(ConfigError::new(name, problem, remedy).at(location));
        }
    }
}

/// A text, number or truth value as the option's text.
fn scalar(value: &DeValue<'_>) -> Option<Zeroizing<String>> {
    let text = match value {
        DeValue::String(text) => text.as_ref().to_owned(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| number.as_str().to_owned(), |value| value.to_string()),
        DeValue::Float(number) => number.as_str().to_owned(),
        _ => return None,
    };
    Some(Zeroizing::new(text))
}

/// The texts of an array joined; `None` when one is no text or would fall into
/// several.
fn comma_separated<'a>(items: impl Iterator<Item = Option<&'a str>>) -> Option<Zeroizing<String>> {
    let mut out = Zeroizing::new(String::new());
    for item in items {
        let item = item.filter(|item| !item.contains(','))?;
        if !out.is_empty() {
            append(&mut out, ",");
        }
        append(&mut out, item);
    }
    Some(out)
}

/// A table, array or text as the literal that it would be in `cinder.conf`. Positions are those
/// of the TOML text; its reader bounds the depth.
fn literal(value: &Spanned<DeValue<'_>>) -> Literal {
    let text = |text: &str| Value::Text(Zeroizing::new(text.to_owned()));
    let converted = match value.get_ref() {
        DeValue::Table(table) => Value::Dict(
            table
                .iter()
                .map(|(key, value)| {
                    let at = key.span().start;
                    let value_of_key = text(key.get_ref());
                    let key = Literal {
                        value: value_of_key,
                        at,
                    };
                    (key, literal(value))
                })
                .collect(),
        ),
        DeValue::Array(items) => Value::List(items.iter().map(literal).collect()),
        DeValue::String(string) => text(string),
        _ => Value::Other,
    };
    Literal {
        value: converted,
        at: value.span().start,
    }
}
