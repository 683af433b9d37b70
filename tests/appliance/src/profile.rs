//! Profile of an appliance: the values of the knobs that `zfssa verify` found on a real one.

use serde::{Deserialize, Serialize};

use crate::options::Knobs;

/// Version of the format.
const FORMAT: u32 = 1;

/// A profile: the knobs that were found, all others at their defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Version of the format, 1.
    pub format: u32,
    /// The appliance's software, for people.
    #[serde(default)]
    pub software: Option<String>,
    /// The knobs.
    pub knobs: Knobs,
}

impl Profile {
    /// Reads a profile. The error names an unknown key, or the version that is not known.
    pub fn parse(text: &str) -> Result<Profile, String> {
        let profile: Profile = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match profile.format {
            FORMAT => Ok(profile),
            other => Err(format!(
                "format is {other}: this simulator reads format {FORMAT}"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_that_are_not_named_have_their_defaults() {
        let text = r#"{"format": 1, "software": null, "knobs": {"masked_number": -1}}"#;
        let expected = Knobs {
            masked_number: -1,
            ..Knobs::default()
        };
        assert_eq!(Profile::parse(text).unwrap().knobs, expected);
    }

    #[test]
    fn an_unknown_key_or_format_is_refused_by_name() {
        for (text, named) in [
            (
                r#"{"format": 1, "knobs": {"maskd_number": -1}}"#,
                "maskd_number",
            ),
            (r#"{"format": 1, "knobs": {}, "extra": 1}"#, "extra"),
            (r#"{"format": 2, "knobs": {}}"#, "format is 2"),
            (r#"{"knobs": {}}"#, "format"),
            (r#"{"format": 1}"#, "knobs"),
        ] {
            let error = Profile::parse(text).unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
