//! Presentation of a LUN: the initiator groups that see it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::appliance::json;
use crate::built_in_groups::MASK_ALL;

/// Initiator groups as the appliance lists and takes them; [`MASK_ALL`] alone for a masked LUN.
/// Release 2013.1.2 takes a single group only as a string, and every release does.
///
/// Prints as the names of the groups that see the LUN, with commas between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presentation(pub Vec<String>);

impl Presentation {
    /// Presented to no group.
    pub fn masked() -> Self {
        Presentation(vec![MASK_ALL.to_owned()])
    }

    /// Presented to these groups; masked when there are none.
    pub fn to(groups: Vec<String>) -> Self {
        if groups.is_empty() {
            Presentation::masked()
        } else {
            Presentation(groups)
        }
    }

    /// The groups that see the LUN; none while it is masked.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        let groups = self.0.iter().map(String::as_str);
        groups.filter(|group| *group != MASK_ALL)
    }

    /// The names of the groups that see the LUN.
    pub fn names(&self) -> Vec<String> {
        self.groups().map(str::to_owned).collect()
    }

    /// Whether no group sees the LUN.
    pub fn is_masked(&self) -> bool {
        self.groups().next().is_none()
    }

    /// Whether another list has the same groups, in any order.
    pub(in crate::appliance) fn is_same(&self, other: &Presentation) -> bool {
        self.0.len() == other.0.len() && self.0.iter().all(|group| other.0.contains(group))
    }
}

impl fmt::Display for Presentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, group) in self.groups().enumerate() {
            let comma = if number > 0 { ", " } else { "" };
            write!(f, "{comma}{group}")?;
        }
        Ok(())
    }
}

impl Serialize for Presentation {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => serializer.serialize_str(one),
            many => many.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Presentation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        json::names(deserializer).map(Presentation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_group_is_sent_as_a_string() {
        let text = |groups: Presentation| serde_json::to_string(&groups).unwrap();
        assert_eq!(text(Presentation::to(vec![])), format!("\"{MASK_ALL}\""));
        assert_eq!(text(Presentation::to(vec!["a".into()])), "\"a\"");
        let two = Presentation::to(vec!["a".into(), "b".into()]);
        assert_eq!(text(two.clone()), r#"["a","b"]"#);
        assert_eq!(two.to_string(), "a, b");
        assert_eq!(Presentation::masked().to_string(), "");
    }
}
