//! The properties that projects have and LUNs inherit: names, types, defaults and the values they take.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::sizes;

/// A property of a project, perhaps inherited by its LUNs.
pub(crate) struct Property {
    pub name: &'static str,
    pub default: Value,
    kind: Kind,
    /// LUNs have it too, and show in `source` where it comes from.
    pub inherited: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Flag,
    Size,
    Whole,
    Text,
    Choice(&'static [&'static str]),
    /// Shown, never set.
    ReadOnly,
}

use Kind::*;

const COMPRESSION: Kind = Choice(&["off", "lz4", "lzjb", "gzip-2", "gzip", "gzip-9"]);
const CHECKSUM: Kind = Choice(&["fletcher2", "fletcher4", "sha256", "sha256-mac", "off"]);
const ENCRYPTION: Kind = Choice(&[
    "off",
    "aes-128-ccm",
    "aes-192-ccm",
    "aes-256-ccm",
    "aes-128-gcm",
    "aes-192-gcm",
    "aes-256-gcm",
]);

/// The table, in the order in which a project prints it. Names and defaults are those captured from OS8.6.
pub(crate) static PROPERTIES: LazyLock<Vec<Property>> = LazyLock::new(|| {
    let row = |name, default, kind, inherited| Property {
        name,
        default,
        kind,
        inherited,
    };
    vec![
        row("aclinherit", json!("restricted"), Text, false),
        row("aclmode", json!("discard"), Text, false),
        row("atime", json!(true), Flag, false),
        row("checksum", json!("fletcher4"), CHECKSUM, true),
        row("compression", json!("off"), COMPRESSION, true),
        row("compressratio", json!(100), ReadOnly, false),
        row("copies", json!(1), Whole, true),
        row("dedup", json!(false), Flag, true),
        row("default_group", json!("other"), Text, false),
        row("default_permissions", json!("700"), Text, false),
        row("default_sparse", json!(false), Flag, false),
        row("default_user", json!("nobody"), Text, false),
        row("default_volblocksize", json!(8192), Size, false),
        row("default_volsize", json!(0), Size, false),
        row("defaultgroupquota", json!(0), Size, false),
        row("defaultuserquota", json!(0), Size, false),
        row("encryption", json!("off"), ENCRYPTION, true),
        row("exported", json!(true), Flag, true),
        row("keychangedate", json!(""), ReadOnly, false),
        row("keystatus", json!("none"), ReadOnly, false),
        row(
            "logbias",
            json!("latency"),
            Choice(&["latency", "throughput"]),
            true,
        ),
        row("maxblocksize", json!(1_048_576), Size, true),
        row("mountpoint", json!("/export"), Text, false),
        row("nbmand", json!(false), Flag, false),
        row("nodestroy", json!(false), Flag, false),
        row("quota", json!(0), Size, false),
        row("readonly", json!(false), Flag, false),
        row("recordsize", json!(131_072), Size, false),
        row("reservation", json!(0), Size, false),
        row("rstchown", json!(true), Flag, false),
        row(
            "secondarycache",
            json!("all"),
            Choice(&["all", "metadata", "none"]),
            true,
        ),
        row("sharedav", json!(""), Text, false),
        row("shareftp", json!(""), Text, false),
        row("sharenfs", json!("on"), Text, false),
        row("sharesftp", json!(""), Text, false),
        row("sharesmb", json!("off"), Text, false),
        row("sharetftp", json!(""), Text, false),
        row(
            "snapdir",
            json!("hidden"),
            Choice(&["hidden", "visible"]),
            false,
        ),
        row("snaplabel", json!(""), Text, true),
        row("vscan", json!(false), Flag, false),
    ]
});

/// The property of that name.
pub(crate) fn find(name: &str) -> Option<&'static Property> {
    PROPERTIES.iter().find(|property| property.name == name)
}

impl Property {
    /// The value as it is kept, or the refusal of it.
    pub fn accept(&self, value: &Value) -> Result<Value, Refusal> {
        match self.kind {
            Flag => flag(self.name, value).map(Value::from),
            Size => size(self.name, value).map(Value::from),
            Whole => match value.as_u64() {
                Some(number) => Ok(number.into()),
                None => Err(Refusal::bad_value(self.name, value, "a whole number")),
            },
            Text => match value {
                Value::String(_) => Ok(value.clone()),
                _ => Err(Refusal::bad_value(self.name, value, "a string")),
            },
            Choice(choices) => match value.as_str() {
                Some(text) if choices.contains(&text) => Ok(value.clone()),
                _ => Err(Refusal::bad_value(self.name, value, &one_of(choices))),
            },
            ReadOnly => Err(immutable(self.name)),
        }
    }
}

/// The value is of a property that never changes, or not in this way.
pub(crate) fn immutable(name: &str) -> Refusal {
    Refusal::invalid(format!(
        "property \"{name}\" is immutable (encountered while attempting to run command \"set {name}\")"
    ))
}

/// A flag. Scripts in the field send `"true"` as text too.
pub(crate) fn flag(name: &str, value: &Value) -> Result<bool, Refusal> {
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        _ => Err(Refusal::bad_value(name, value, "\"true\" or \"false\"")),
    }
}

/// A size.
pub(crate) fn size(name: &str, value: &Value) -> Result<u64, Refusal> {
    sizes::parse(value).ok_or_else(|| Refusal::bad_value(name, value, "a size"))
}

/// A text.
pub(crate) fn text<'a>(name: &str, value: &'a Value) -> Result<&'a str, Refusal> {
    value
        .as_str()
        .ok_or_else(|| Refusal::bad_value(name, value, "a string"))
}

/// `one of "a", "b" or "c"`, as the command line says it.
pub(crate) fn one_of<T: AsRef<str>>(choices: &[T]) -> String {
    let quoted: Vec<String> = choices
        .iter()
        .map(|choice| format!("\"{}\"", choice.as_ref()))
        .collect();
    match quoted.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("one of {} or {last}", first.join(", ")),
    }
}

/// A name for a share, project or snapshot: letters, digits and `_.:-`, beginning with a letter or digit, at most 64.
pub(crate) fn name(value: &Value) -> Result<String, Refusal> {
    let name = text("name", value)?;
    let good = name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.:-".contains(c));
    if good {
        Ok(name.to_owned())
    } else {
        Err(Refusal::bad_value("name", value, "a name"))
    }
}
