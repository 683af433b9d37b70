//! Facts about members of structures that bindings need: required, array, boolean, unit.
//!
//! They follow from a member's name, type and comment. This is the one place that reads comments,
//! so the comments of `src/ffi` keep these forms:
//!
//! - `...; required` and `...; required, may be empty`: the caller must set the text.
//! - `NULL: every host`: NULL selects every object, which a binding does not take for a default.
//! - `1 when ...` and `1 to ...`: a number that is a boolean. `-1 when it is not set`: one that may
//!   be absent.
//! - `One of the ZFSSA_LOG_ numbers`: an enumeration.

use serde::Serialize;

use super::model::{Member, Model, Structure};

/// What a member is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The bytes of the structure.
    Size,
    /// Bits that change what the call does.
    Flags,
    /// The number of elements of an array.
    Count,
    /// Space for later versions.
    Reserved,
    /// A callback, a destructor, or the context of one.
    Callback,
    Value,
}

/// Facts about one member.
#[derive(Default, Serialize)]
pub struct Facts {
    /// The caller must set it.
    #[serde(skip_serializing_if = "is_false")]
    pub required: bool,
    /// Required, but an empty text will do.
    #[serde(skip_serializing_if = "is_false")]
    pub may_be_empty: bool,
    /// The comment names NULL as a value.
    #[serde(skip_serializing_if = "is_false")]
    pub nullable: bool,
    /// What NULL selects when it selects every object, such as `every host`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub null_selects: Option<String>,
    /// `yes`, or `optional` where -1 is neither true nor false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boolean: Option<&'static str>,
    /// The prefix of the constants of which it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_of: Option<String>,
    /// The constants that may be combined in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// The member that counts the elements of this array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted_by: Option<String>,
    /// The arrays whose elements this member counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    /// Not to be printed or logged.
    #[serde(skip_serializing_if = "is_false")]
    pub secret: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Units, by the ends of names.
const UNITS: &[(&str, &str)] = &[
    ("_ms", "milliseconds"),
    ("_us", "microseconds"),
    ("_ns", "nanoseconds"),
    ("_s", "seconds"),
    ("_gib", "GiB"),
    ("_bytes", "bytes"),
];

pub fn role(structure: &Structure, member: &Member) -> Role {
    match member.name.as_str() {
        "size" if member.kind == "uint32_t" => Role::Size,
        "flags" => Role::Flags,
        "reserved" => Role::Reserved,
        _ if !counted(structure, member).is_empty() => Role::Count,
        _ if member.kind == "void *" || is_callback(&member.kind) => Role::Callback,
        _ => Role::Value,
    }
}

pub fn facts(model: &Model, structure: &Structure, member: &Member) -> Facts {
    let doc = member.doc.as_str();
    let is_text = member.kind == "const char *";
    let is_pointer = member.kind.ends_with('*');
    let number = matches!(member.kind.as_str(), "uint32_t" | "int32_t");
    let counts = counted(structure, member);
    let after = |key: &str| doc.split_once(key).map(|(_, rest)| rest);
    Facts {
        required: is_text && after("; required").is_some_and(|rest| !rest.starts_with(" with")),
        may_be_empty: is_text && doc.contains("; required, may be empty"),
        nullable: is_pointer && names(doc, "NULL"),
        null_selects: after("NULL: every ").map(|rest| format!("every {}", word(rest))),
        boolean: match () {
            _ if !number || !counts.is_empty() => None,
            _ if doc.contains("-1 when it is not set") => Some("optional"),
            _ => [
                "1 when ", "1 if ", "1 to ", "1 where ", "Always 0", "Always 1",
            ]
            .iter()
            .any(|start| doc.starts_with(start))
            .then_some("yes"),
        },
        one_of: after("One of the ZFSSA_")
            .filter(|rest| word(rest).ends_with('_'))
            .map(|rest| format!("ZFSSA_{}", word(rest))),
        flags: match member.name.as_str() {
            "flags" => flags(model, doc),
            _ => Vec::new(),
        },
        counted_by: structure
            .members
            .iter()
            .find(|other| counted(structure, other).contains(&member.name.as_str()))
            .map(|other| other.name.clone()),
        counts: counts.into_iter().map(str::to_owned).collect(),
        unit: UNITS
            .iter()
            .find(|(end, _)| member.name.ends_with(end) && !is_pointer)
            .map(|(_, unit)| *unit),
        secret: is_text && doc.to_lowercase().contains("secret"),
    }
}

/// The arrays whose elements a member counts.
fn counted<'a>(structure: &'a Structure, member: &Member) -> Vec<&'a str> {
    if member.kind != "uint32_t" {
        return Vec::new();
    }
    let arrays = structure.members.iter().filter(|one| {
        let array = [
            "*const *",
            "_pair_t *",
            "const uint32_t *",
            "const uint64_t *",
        ];
        array.iter().any(|end| one.kind.ends_with(end))
            || one.kind.starts_with("const zfssa_") && has_count(structure, &one.name)
    });
    let arrays = arrays.map(|array| array.name.as_str());
    match member.name.strip_suffix("_count") {
        None if member.name == "count" => arrays.take(1).collect(),
        // One count may serve several arrays, which its comment names.
        _ if member.doc.starts_with("Elements of ") => arrays
            .filter(|array| member.doc.contains(&format!("`{array}`")))
            .collect(),
        Some(own) => arrays.filter(|array| *array == own).collect(),
        None => Vec::new(),
    }
}

fn has_count(structure: &Structure, array: &str) -> bool {
    let count = format!("{array}_count");
    structure.members.iter().any(|member| member.name == count)
}

fn is_callback(kind: &str) -> bool {
    matches!(kind, "zfssa_callback_t" | "zfssa_drop_t" | "zfssa_log_t")
}

/// The constants that a comment of flags names, or whose family it names.
fn flags(model: &Model, doc: &str) -> Vec<String> {
    let all = model.constants.iter().map(|constant| &constant.name);
    let named: Vec<&String> = all.clone().filter(|name| names(doc, name)).collect();
    let family = named.first().filter(|_| doc.contains("and the others"));
    let family = family.map(|name| name.split('_').take(2).collect::<Vec<_>>().join("_") + "_");
    match family {
        Some(prefix) => all
            .filter(|name| name.starts_with(&prefix))
            .cloned()
            .collect(),
        None => named.into_iter().cloned().collect(),
    }
}

/// Whether a text has this name as a word.
pub fn names(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|word| word == name)
}

/// The word with which a text begins.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}
