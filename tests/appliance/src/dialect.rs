//! How one release of the software and one version of the API print the same facts.
//!
//! Release 2013.1.2 prints `initiatorgroup` as text and `assignednumber` as a number. From 2013.1.3 on, version 1
//! prints the groups always as a list, the numbers as a scalar for one group and as a list for several. Version 2
//! (OS8.8) prints lists always, whole numbers but for `volsize`, and times with separators.

use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::macros::format_description;

/// A release of the appliance software, as far as the REST interface differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Release {
    /// One initiator group per LUN, as text. No version 2.
    #[serde(rename = "2013.1.2")]
    R2013_1_2,
    /// OS8.7: aligned lists, no version 2.
    #[default]
    #[serde(rename = "OS8.7")]
    Os87,
    /// OS8.8: version 1 as in OS8.7 and version 2 beside it.
    #[serde(rename = "OS8.8")]
    Os88,
}

impl Release {
    /// What `version.version` and `X-Zfssa-Version` say.
    pub fn software_version(self) -> &'static str {
        match self {
            Release::R2013_1_2 => "2013.06.05.2.14,1-1.3",
            Release::Os87 => "2013.06.05.7.20,1-1.1",
            Release::Os88 => "2013.06.05.8.51,1-1.1",
        }
    }

    /// Properties of LUNs that came with a later release. Encryption is of 2013.1.3; captures of OS8.6 and OS8.7 show
    /// `writelimit` on LUNs and no `readlimit`. That OS8.8 has both is inferred from Solaris 11.4, which it is built on.
    pub(crate) fn lacks(self) -> &'static [&'static str] {
        match self {
            Release::R2013_1_2 => &[
                "encryption",
                "keystore",
                "keyname",
                "readlimit",
                "writelimit",
            ],
            Release::Os87 => &["readlimit"],
            Release::Os88 => &[],
        }
    }
}

impl std::str::FromStr for Release {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        serde_json::from_value(text.into())
            .map_err(|_| format!("{text}: expecting 2013.1.2, OS8.7 or OS8.8"))
    }
}

/// The major version in a request's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    V1,
    V2,
}

impl Api {
    /// `v1`, `v1.0`, `v2`: a version is accepted if its major is served and its minor is not newer than ours.
    pub fn parse(segment: &str, release: Release) -> Option<Api> {
        let version = segment.strip_prefix('v')?;
        let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
        match (major, minor) {
            ("1", "0") => Some(Api::V1),
            ("2", "0") if release == Release::Os88 => Some(Api::V2),
            _ => None,
        }
    }
}

/// The way one request is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    pub release: Release,
    pub api: Api,
    /// A build of 2015 printed `assignednumber` as a list of one in version 1.
    pub number_always_list: bool,
}

impl Dialect {
    /// `/api/<service>/v1` or `/api/<service>/v2`.
    pub fn base(&self, service: &str) -> String {
        let version = match self.api {
            Api::V1 => "v1",
            Api::V2 => "v2",
        };
        format!("/api/{service}/{version}")
    }

    /// A 64-bit size: a real in version 1, a whole number in version 2.
    pub fn size(&self, bytes: u64) -> Number {
        match self.api {
            Api::V1 => Number::Real(bytes as f64),
            Api::V2 => Number::Whole(bytes),
        }
    }

    /// Seconds since the epoch as this version prints them, in UTC.
    pub fn time(&self, seconds: u64) -> String {
        let time = OffsetDateTime::from_unix_timestamp(seconds as i64)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let printed = match self.api {
            Api::V1 => time.format(format_description!(
                "[year][month][day]T[hour]:[minute]:[second]"
            )),
            // The separator and the suffix are not known; clients read by position.
            Api::V2 => time.format(format_description!(
                "[year]-[month]-[day]T[hour]:[minute]:[second]Z"
            )),
        };
        printed.unwrap_or_default()
    }

    /// `initiatorgroup` of a LUN.
    pub fn groups<'a>(&self, names: Vec<&'a str>) -> OneOrList<&'a str> {
        match self.release {
            Release::R2013_1_2 if names.len() == 1 => OneOrList::One(names[0]),
            _ => OneOrList::List(names),
        }
    }

    /// `assignednumber` of a LUN, aligned with its groups.
    pub fn numbers(&self, numbers: Vec<i64>) -> OneOrList<i64> {
        let list = self.api == Api::V2 || self.number_always_list;
        match numbers.as_slice() {
            [one] if !list => OneOrList::One(*one),
            _ => OneOrList::List(numbers),
        }
    }
}

/// A number that version 1 prints as a real.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Number {
    Real(f64),
    Whole(u64),
}

/// A scalar or a list of them.
pub(crate) enum OneOrList<T> {
    One(T),
    List(Vec<T>),
}

impl<T: Serialize> Serialize for OneOrList<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            OneOrList::One(item) => item.serialize(serializer),
            OneOrList::List(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(release: Release, api: Api) -> Dialect {
        Dialect {
            release,
            api,
            number_always_list: false,
        }
    }

    #[test]
    fn the_same_facts_in_three_dialects() {
        let json = |value: &dyn erased::Json| value.json();
        let old = dialect(Release::R2013_1_2, Api::V1);
        let v1 = dialect(Release::Os87, Api::V1);
        let v2 = dialect(Release::Os88, Api::V2);
        assert_eq!(json(&old.groups(vec!["g"])), "\"g\"");
        assert_eq!(json(&v1.groups(vec!["g"])), "[\"g\"]");
        assert_eq!(json(&v1.numbers(vec![3])), "3");
        assert_eq!(json(&v1.numbers(vec![3, 4])), "[3,4]");
        assert_eq!(json(&v2.numbers(vec![3])), "[3]");
        assert_eq!(json(&v1.size(1 << 30)), "1073741824.0");
        assert_eq!(json(&v2.size(1 << 30)), "1073741824");
        assert_eq!(v1.time(1_497_805_107), "20170618T16:58:27");
        assert_eq!(v2.time(1_497_805_107), "2017-06-18T16:58:27Z");
    }

    #[test]
    fn versions_in_the_path() {
        assert_eq!(Api::parse("v1", Release::Os87), Some(Api::V1));
        assert_eq!(Api::parse("v1.0", Release::Os87), Some(Api::V1));
        assert_eq!(Api::parse("v2", Release::Os87), None);
        assert_eq!(Api::parse("v2", Release::Os88), Some(Api::V2));
        assert_eq!(Api::parse("v1.1", Release::Os88), None);
        assert_eq!(Api::parse("v3", Release::Os88), None);
    }

    mod erased {
        pub trait Json {
            fn json(&self) -> String;
        }
        impl<T: serde::Serialize> Json for T {
            fn json(&self) -> String {
                serde_json::to_string(self).unwrap()
            }
        }
    }
}
