//! JSON readers for the appliance's answers: one member of an envelope, and values whose form
//! varies.
//!
//! Releases differ in how they write the same thing: 64-bit sizes come as integers or reals, lists
//! of one as a scalar, booleans as strings. These readers accept each form that a public source
//! shows and refuse all others. A property that is null is treated as missing.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess};
use serde::de::{SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::appliance::fault_path::fault_path;
use crate::error::{Error, Result, Status};

/// Reads the member `key` of a JSON object and ignores the others.
pub fn member<T: DeserializeOwned>(body: &[u8], key: &'static str) -> Result<T> {
    borrowed(body, key).map_err(|error| unusable(body, key, &error))
}

/// Error of [`member`].
fn unusable(body: &[u8], key: &'static str, error: &serde_json::Error) -> Error {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let path = fault_path(text, error).unwrap_or_default();
    let error = match path.strip_prefix(key) {
        // If the member exists, its property explains more than the position in the text.
        Some(in_member) => explained(in_member.trim_start_matches('.'), error),
        None => error.to_string(),
    };
    Error::new(
        Status::Protocol,
        format!("the answer holds no usable `{key}`: {error}"),
    )
}

/// Reads the member `key`, which may refer to the body.
pub(super) fn borrowed<'de, T: Deserialize<'de>>(
    body: &'de [u8],
    key: &'static str,
) -> serde_json::Result<T> {
    // As text like an element of a list, so that the readers of each type are compiled once.
    let text = std::str::from_utf8(body).map_err(de::Error::custom)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    Member(key, PhantomData).deserialize(&mut reader)
}

/// The property that cannot be read, and the reason.
pub(super) fn fault_of(raw: &RawValue, error: &serde_json::Error) -> String {
    match fault_path(raw.get(), error) {
        Some(path) => explained(&path, error),
        None => error.to_string(),
    }
}

fn explained(path: &str, error: &serde_json::Error) -> String {
    let text = error.to_string();
    // The position is relative to the object and of no use.
    let text = text.split(" at line ").next().unwrap_or_default();
    match path {
        "" => text.to_owned(),
        _ => format!("property `{path}`: {text}"),
    }
}

struct Member<T>(&'static str, PhantomData<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Member<T> {
    type Value = T;
    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Member<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with a member `{}`", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<T, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        found.ok_or_else(|| de::Error::missing_field(self.0))
    }
}

/// A count of bytes: an integer, or a real without a fraction such as `1.073741824e+09`.
pub fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<u64, D::Error> {
    deserializer.deserialize_any(Bytes)
}

/// The same for a figure of no consequence: 0 if it is null.
pub fn figure<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<u64, D::Error> {
    Ok(optional_count(deserializer)?.unwrap_or(0))
}

/// A count that may be unset, which is not 0.
pub fn optional_count<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<u64>, D::Error> {
    struct Count;
    impl<'de> Visitor<'de> for Count {
        type Value = Option<u64>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number or null")
        }
        fn visit_unit<E: de::Error>(self) -> std::result::Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_none<E: de::Error>(self) -> std::result::Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_some<D: Deserializer<'de>>(
            self,
            deserializer: D,
        ) -> std::result::Result<Self::Value, D::Error> {
            bytes(deserializer).map(Some)
        }
    }
    deserializer.deserialize_option(Count)
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of bytes")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> std::result::Result<u64, E> {
        Ok(value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> std::result::Result<u64, E> {
        u64::try_from(value).map_err(|_| E::invalid_value(de::Unexpected::Signed(value), &self))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> std::result::Result<u64, E> {
        // 2^64 as a real; everything below converts without wrapping.
        if (0.0..18_446_744_073_709_551_616.0).contains(&value) {
            Ok(value.round() as u64)
        } else {
            Err(E::invalid_value(de::Unexpected::Float(value), &self))
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<u64, E> {
        text.parse()
            .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

/// A flag: a boolean, or the words that the command line prints for one.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<bool, D::Error> {
    Ok(optional_flag(deserializer)?.unwrap_or(false))
}

/// A flag that may be unset.
pub fn optional_flag<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<bool>, D::Error> {
    struct Flag;
    impl Visitor<'_> for Flag {
        type Value = Option<bool>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("true or false")
        }
        fn visit_bool<E: de::Error>(self, value: bool) -> std::result::Result<Self::Value, E> {
            Ok(Some(value))
        }
        fn visit_unit<E: de::Error>(self) -> std::result::Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Self::Value, E> {
            match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Ok(Some(true)),
                "false" | "no" | "off" => Ok(Some(false)),
                "" => Ok(None),
                _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
            }
        }
    }
    deserializer.deserialize_any(Flag)
}

/// A text that may be missing, empty or null, all of which mean none.
pub fn optional_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.is_empty()))
}

/// A text; empty if it is null.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// An object that may be missing; null and an empty text mean none, too.
pub fn optional_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> std::result::Result<Option<T>, D::Error> {
    struct Object<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = Option<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object or nothing")
        }
        fn visit_unit<E: de::Error>(self) -> std::result::Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Self::Value, E> {
            if text.is_empty() {
                return Ok(None);
            }
            Err(E::invalid_value(de::Unexpected::Str(text), &self))
        }
        fn visit_map<A: MapAccess<'de>>(
            self,
            map: A,
        ) -> std::result::Result<Self::Value, A::Error> {
            T::deserialize(de::value::MapAccessDeserializer::new(map)).map(Some)
        }
    }
    deserializer.deserialize_any(Object(PhantomData))
}

/// A name or a list of names; null is an empty list.
pub fn names<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Vec<String>, D::Error> {
    one_or_many(deserializer)
}

/// A number or a list of numbers; null is an empty list.
pub fn numbers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Vec<i64>, D::Error> {
    one_or_many(deserializer)
}

fn one_or_many<'de, D: Deserializer<'de>, T: Scalar>(
    deserializer: D,
) -> std::result::Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(OneOrMany(PhantomData))
}

/// A value that may appear in place of a list of one.
trait Scalar: DeserializeOwned {
    fn of_text(text: &str) -> Option<Self>;
    fn of_number(number: f64) -> Option<Self>;
}

impl Scalar for String {
    fn of_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
    fn of_number(_: f64) -> Option<Self> {
        None
    }
}

impl Scalar for i64 {
    fn of_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn of_number(number: f64) -> Option<Self> {
        (number.fract() == 0.0).then_some(number as i64)
    }
}

struct OneOrMany<T>(PhantomData<T>);

impl<'de, T: Scalar> Visitor<'de> for OneOrMany<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or a list of values")
    }

    fn visit_unit<E: de::Error>(self) -> std::result::Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Vec<T>, E> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        T::of_text(text)
            .map(|value| vec![value])
            .ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> std::result::Result<Vec<T>, E> {
        self.visit_f64(number as f64)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> std::result::Result<Vec<T>, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> std::result::Result<Vec<T>, E> {
        T::of_number(number)
            .map(|value| vec![value])
            .ok_or_else(|| E::invalid_value(de::Unexpected::Float(number), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Vec<T>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Forms {
        #[serde(default, deserialize_with = "bytes")]
        size: u64,
        #[serde(default, deserialize_with = "names")]
        groups: Vec<String>,
        #[serde(default, deserialize_with = "numbers")]
        numbers: Vec<i64>,
        #[serde(default, deserialize_with = "optional_flag")]
        flag: Option<bool>,
    }

    fn read(text: &str) -> Result<Forms> {
        member(
            format!(r#"{{"a":1,"lun":{text},"z":[{{}}]}}"#).as_bytes(),
            "lun",
        )
    }

    #[test]
    fn sizes_come_as_integers_reals_and_exponents() {
        for text in ["1073741824", "1073741824.0", "1.073741824e+09"] {
            assert_eq!(
                read(&format!(r#"{{"size":{text}}}"#)).unwrap().size,
                1 << 30
            );
        }
        for text in ["-1", "-1.0", "1e30", "\"x\"", "[1]"] {
            let error = read(&format!(r#"{{"size":{text}}}"#)).err().unwrap();
            assert_eq!(error.status(), Status::Protocol);
        }
    }

    #[test]
    fn a_scalar_stands_for_a_list_of_one() {
        let forms = read(r#"{"groups":"a","numbers":3}"#).unwrap();
        assert_eq!(
            (forms.groups, forms.numbers),
            (vec!["a".to_owned()], vec![3])
        );
        let forms = read(r#"{"groups":["a","b"],"numbers":[0,-1]}"#).unwrap();
        assert_eq!(forms.groups, ["a", "b"]);
        assert_eq!(forms.numbers, [0, -1]);
    }

    #[test]
    fn flags_come_as_booleans_and_words() {
        assert_eq!(read(r#"{"flag":true}"#).unwrap().flag, Some(true));
        assert_eq!(read(r#"{"flag":"false"}"#).unwrap().flag, Some(false));
        assert_eq!(read("{}").unwrap().flag, None);
    }

    #[test]
    fn an_envelope_without_the_member_is_a_protocol_error() {
        let error = member::<Forms>(b"{\"pool\":{}}", "lun").err().unwrap();
        assert_eq!(error.status(), Status::Protocol);
        assert!(error.to_string().contains("lun"));
    }
}
