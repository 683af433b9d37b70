//! Sources of a LUN's properties: the LUN itself, or its project.

use serde::{Deserialize, Deserializer};

use crate::config::LunProperty;

/// The sources of a LUN's properties: itself, or its project.
#[derive(Clone, Debug, Default)]
pub struct PropertySources {
    /// Whether it inherits the replication of its project; `None` if the appliance does not show
    /// it.
    pub inherits_replication: Option<bool>,
    /// Properties that are set on the LUN.
    local: Vec<LunProperty>,
}

impl<'de> Deserialize<'de> for PropertySources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sources = Option::<serde_json::Value>::deserialize(deserializer)?;
        let source = |name: &str| {
            let sources = sources.as_ref();
            sources.and_then(|all| all.get(name)?.as_str())
        };
        let all = LunProperty::ALL.iter().copied();
        Ok(PropertySources {
            inherits_replication: match source("rrsrc_actions") {
                Some("inherited") => Some(true),
                Some("local") => Some(false),
                _ => None,
            },
            local: all
                .filter(|one| source(one.name()) == Some("local"))
                .collect(),
        })
    }
}

impl PropertySources {
    /// Whether a property is set on the LUN.
    pub fn is_local(&self, property: LunProperty) -> bool {
        self.local.contains(&property)
    }
}
