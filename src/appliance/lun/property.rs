//! Properties of a LUN that were set on request, as an answer of the appliance shows them.

use std::fmt;

use crate::appliance::lun::Lun;
use crate::config::{LunProperty, PropertyValue, PropertyValues};

/// A property that a LUN does not show as it was requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// The property.
    pub property: LunProperty,
    /// Its value as requested.
    pub wanted: PropertyValue,
    /// Its value as shown; `None` if the appliance does not show the property.
    pub shown: Option<PropertyValue>,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (property, wanted) = (self.property, &self.wanted);
        match &self.shown {
            Some(shown) => write!(f, "{property} is {shown}, not {wanted}"),
            None => write!(f, "{property} does not show, and was to be {wanted}"),
        }
    }
}

impl Lun {
    /// The value of a property, if the answer has it.
    pub fn property(&self, property: LunProperty) -> Option<&PropertyValue> {
        let value = match property {
            LunProperty::Encryption => &self.encryption,
            LunProperty::Keystore => &self.keystore,
            LunProperty::Keyname => &self.keyname,
            LunProperty::Dedup => &self.dedup,
            LunProperty::SecondaryCache => &self.secondarycache,
            LunProperty::WriteCache => &self.writecache,
            LunProperty::Copies => &self.copies,
            LunProperty::ReadLimit => &self.readlimit,
            LunProperty::WriteLimit => &self.writelimit,
        };
        value.as_ref()
    }

    /// Properties that the LUN does not show as `wanted`, in the order of [`LunProperty::ALL`].
    ///
    /// The guides print no LUN with its key, so an answer without `keystore` and `keyname` is no
    /// contradiction: `encryption` proves that the key was taken. A LUN that shows no `encryption`
    /// has none.
    pub fn unmet(&self, wanted: &PropertyValues) -> Vec<Unmet> {
        let needs_proof = |property| match property {
            LunProperty::Keystore | LunProperty::Keyname => false,
            LunProperty::Encryption => wanted.encrypts(),
            _ => true,
        };
        let unmet = wanted
            .iter()
            .filter(|(property, wanted)| match self.property(*property) {
                Some(shown) => !wanted.is_shown_as(shown),
                None => needs_proof(*property),
            });
        unmet
            .map(|(property, wanted)| Unmet {
                property,
                wanted: wanted.clone(),
                shown: self.property(property).cloned(),
            })
            .collect()
    }

    /// Whether the LUN has a value of its own, rather than that of its project or no limit.
    pub fn has_own(&self, property: LunProperty) -> bool {
        if property.is_limit() {
            // `source` does not list limits.
            return matches!(self.property(property), Some(PropertyValue::Number(1..)));
        }
        self.sources.is_local(property)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lun(members: &str) -> Lun {
        serde_json::from_str(&format!(r#"{{"name":"v","volsize":1{members}}}"#)).unwrap()
    }

    fn wanted(property: LunProperty, value: PropertyValue) -> PropertyValues {
        [(property, value)].into_iter().collect()
    }

    #[test]
    fn a_value_is_met_in_each_form_in_which_it_may_be_shown() {
        let dedup = wanted(LunProperty::Dedup, PropertyValue::Flag(true));
        let limit = wanted(LunProperty::WriteLimit, PropertyValue::Number(1 << 20));
        for (members, wanted) in [
            (r#","dedup":true"#, &dedup),
            (r#","dedup":"on""#, &dedup),
            (r#","writelimit":1048576"#, &limit),
            (r#","writelimit":1.048576e+06"#, &limit),
            (r#","writelimit":"1048576""#, &limit),
        ] {
            assert_eq!(lun(members).unmet(wanted), [], "{members}");
        }
        for (members, wanted) in [
            ("", &dedup),
            (r#","dedup":false"#, &dedup),
            (r#","dedup":null"#, &dedup),
            (r#","writelimit":0"#, &limit),
            (r#","writelimit":"none""#, &limit),
            (r#","writelimit":-1"#, &limit),
            (r#","writelimit":1048576.5"#, &limit),
        ] {
            assert_eq!(lun(members).unmet(wanted).len(), 1, "{members}");
        }
    }

    #[test]
    fn a_key_that_does_not_show_is_no_contradiction_and_another_key_is() {
        let key = wanted(LunProperty::Keyname, PropertyValue::Word("a".to_owned()));
        assert_eq!(lun("").unmet(&key), []);
        assert_eq!(lun(r#","keyname":"a""#).unmet(&key), []);
        let other = lun(r#","keyname":"b""#).unmet(&key);
        assert_eq!(other[0].to_string(), "keyname is b, not a");
    }

    #[test]
    fn a_lun_has_its_own_values_and_those_of_its_project() {
        let lun = lun(
            r#","source":{"dedup":"local","copies":"inherited","rrsrc_actions":"local"},
               "writelimit":1048576,"readlimit":0"#,
        );
        assert!(lun.has_own(LunProperty::Dedup) && lun.has_own(LunProperty::WriteLimit));
        assert!(!lun.has_own(LunProperty::Copies) && !lun.has_own(LunProperty::ReadLimit));
        assert_eq!(lun.sources.inherits_replication, Some(false));
    }

    #[test]
    fn a_number_beyond_any_limit_is_no_limit() {
        for number in ["1e300", "-1e300", "-1"] {
            let lun = lun(&format!(r#","writelimit":{number}"#));
            assert_eq!(lun.property(LunProperty::WriteLimit), None, "{number}");
        }
    }

    #[test]
    fn a_lun_that_shows_no_encryption_has_none() {
        let cipher = |word: &str| PropertyValue::Word(word.to_owned());
        let off = wanted(LunProperty::Encryption, cipher("off"));
        assert_eq!(lun("").unmet(&off), []);
        let on = wanted(LunProperty::Encryption, cipher("aes-256-gcm"));
        assert_eq!(lun("").unmet(&on).len(), 1);
    }
}
