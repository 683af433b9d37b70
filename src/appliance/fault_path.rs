//! The property of an answer that cannot be read, found by the position of the error.
//!
//! A deserializer that tracks the path would compile every type's reader a second time.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Path of the value at which reading `json` failed, such as `targets[0].name`; empty if it is the
/// whole of `json`, `None` if `json` is not JSON or the error has no position.
pub(super) fn fault_path(json: &str, error: &serde_json::Error) -> Option<String> {
    let lines = json.split_inclusive('\n');
    let before: usize = lines.take(error.line().checked_sub(1)?).map(str::len).sum();
    let fault = before + error.column();
    let mut path = String::new();
    let mut value = json;
    loop {
        let Members(members) = serde_json::from_str(value).ok()?;
        let around = members.into_iter().find(|(_, member)| {
            let start = offset_in(json, member.get());
            (start..=start + member.get().len()).contains(&fault)
        });
        let Some((name, member)) = around else {
            return Some(path);
        };
        if !path.is_empty() && !name.starts_with('[') {
            path.push('.');
        }
        path.push_str(&name);
        value = member.get();
    }
}

/// Where `part`, which is borrowed from `whole`, begins in it.
fn offset_in(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

/// Members of an object by their names, elements of a list by `[index]`; none of another value.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push((format!("[{}]", elements.len()), element));
        }
        Ok(Members(elements))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Members(Vec::new()))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Members(Vec::new()))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Members(Vec::new()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Members(Vec::new()))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Members(Vec::new()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Members(Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Outer {
        size: u64,
        flag: bool,
        inner: Option<Inner>,
        #[serde(default)]
        list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Inner {
        name: String,
    }

    fn path(json: &str) -> Option<String> {
        fault_path(json, &serde_json::from_str::<Outer>(json).unwrap_err())
    }

    #[test]
    fn the_path_leads_to_the_value_that_cannot_be_read() {
        for (json, at) in [
            (r#"{"size":"a","flag":true}"#, "size"),
            (r#"{"size":-1,"flag":true}"#, "size"),
            (r#"{"size":1.5,"flag":true}"#, "size"),
            (r#"{"flag":true,"size":{"a":1}}"#, "size"),
            (r#"{"flag":[],"size":1}"#, "flag"),
            ("{\n \"size\": 1,\n \"flag\" : null }", "flag"),
            (r#"{"size":1,"flag":true,"inner":{"name":1}}"#, "inner.name"),
            (r#"{"size":1,"flag":true,"inner":{}}"#, "inner"),
            (r#"{"size":1,"flag":true,"inner":"a"}"#, "inner"),
            (
                r#"{"size":1,"flag":true,"list":[{"name":"a"},{"name":2}]}"#,
                "list[1].name",
            ),
            (
                r#"{"size":1,"flag":true,"list":[{"name":"a"},{}]}"#,
                "list[1]",
            ),
            (r#"{"size":1,"flag":true,"list":[5]}"#, "list[0]"),
            (r#"{"ä\n{":"}","size":1,"flag":"ü"}"#, "flag"),
            (r#"{"size":1}"#, ""),
            (r#"{"inner":{"name":"a"}}"#, ""),
            ("5", ""),
        ] {
            assert_eq!(path(json).as_deref(), Some(at), "{json}");
        }
        assert_eq!(path(r#"{"size":1,"flag":true"#), None);
    }
}
