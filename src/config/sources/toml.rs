//! Options in TOML.
//!
//! Each value is turned into the text that the option would have in
//! `cinder.conf`, so that there is one way to read it from there on: arrays
//! become comma separated texts, and tables become JSON, which is what
//! `zfssa_initiator_config` may be written in anyway.

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use crate::secret::append;

use crate::config::builder::{ConfigBuilder, Strictness};
use crate::config::did_you_mean::did_you_mean;
use crate::config::error::{ConfigError, Location, printable};
use crate::config::option_spec::OptionKind;
use crate::config::options;

/// See [`ConfigBuilder::load_toml`].
pub(in crate::config) fn load(
    builder: &mut ConfigBuilder,
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
            builder.fail(ConfigError::new("", problem, "").at(place));
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
                builder.fail(ConfigError::new("", problem, remedy).at(at(None)));
                return;
            }
        }
    }
    // The map is sorted by name; errors follow the file.
    let mut items: Vec<_> = table.iter().collect();
    items.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in items {
        take(builder, key.get_ref(), value, at(Some(key.span().start)));
    }
}

fn take(
    builder: &mut ConfigBuilder,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    location: Option<Location>,
) {
    let Some(spec) = options::find(name) else {
        let text = value.get_ref().as_str().unwrap_or_default();
        builder.put(name, text, location, Strictness::All);
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
        value
            if matches!(
                spec.kind,
                OptionKind::InitiatorConfig | OptionKind::Destinations
            ) && value.is_table() =>
        {
            let mut json = Zeroizing::new(String::new());
            write_json(value, &mut json);
            Some(json)
        }
        value => scalar(value),
    };
    match text {
        Some(text) => builder.put(name, &text, location, Strictness::All),
        None => {
            let problem = format!("cannot be {} here", value.get_ref().type_str());
            let remedy = format!("write {}", spec.allowed());
            builder.fail(ConfigError::new(name, problem, remedy).at(location));
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

/// Depth is bounded by the TOML reader.
fn write_json(value: &DeValue<'_>, out: &mut Zeroizing<String>) {
    match value {
        DeValue::Table(table) => {
            append(out, "{");
            for (key, value) in table.iter() {
                write_text(key.get_ref(), out);
                append(out, ":");
                write_json(value.get_ref(), out);
                append(out, ",");
            }
            append(out, "}");
        }
        DeValue::Array(items) => {
            append(out, "[");
            for item in items.iter() {
                write_json(item.get_ref(), out);
                append(out, ",");
            }
            append(out, "]");
        }
        DeValue::String(text) => write_text(text, out),
        // Numbers, truth values and dates have no place there and are refused
        // with a sentence when it is read.
        _ => append(out, "0"),
    }
}

fn write_text(text: &str, out: &mut Zeroizing<String>) {
    append(out, "\"");
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\\', '\n']) {
        append(out, &rest[..at]);
        append(
            out,
            if rest[at..].starts_with('\n') {
                "\\n"
            } else {
                "\\"
            },
        );
        if !rest[at..].starts_with('\n') {
            append(out, &rest[at..=at]);
        }
        rest = &rest[at + 1..];
    }
    append(out, rest);
    append(out, "\"");
}
