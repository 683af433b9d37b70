//! Description of the ABI: functions, parameters, structures.

use serde::Deserialize;

/// The description of the ABI, `docs/abi/zfssa.json`.
#[derive(Deserialize)]
pub(super) struct Description {
    pub(super) functions: Vec<Function>,
    pub(super) structures: Vec<Structure>,
}

/// A parameter of a function, or a member of a structure.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Parameter {
    /// As C spells it: `const char *`.
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) required: bool,
    /// Required, and an empty text will do.
    #[serde(default)]
    pub(super) may_be_empty: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Function {
    #[serde(rename = "returns")]
    pub(super) result: String,
    pub(super) name: String,
    pub(super) parameters: Vec<Parameter>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Structure {
    pub(super) name: String,
    pub(super) members: Vec<Parameter>,
}

pub(super) fn named<'a>(structures: &'a [Structure], name: &str) -> Option<&'a Structure> {
    structures.iter().find(|structure| structure.name == name)
}
