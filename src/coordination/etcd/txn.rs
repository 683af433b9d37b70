//! Transactions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A comparison that must hold.
#[derive(Clone, Debug)]
pub enum Compare<'a> {
    /// The key does not exist.
    Absent(&'a str),
    /// The key exists.
    Present(&'a str),
    /// The key has this value.
    Is(&'a str, &'a [u8]),
    /// The key was created at this revision of the store, and exists.
    CreatedAt(&'a str, i64),
    /// The value was written at this revision of the store.
    WrittenAt(&'a str, i64),
}

/// An operation of a transaction.
#[derive(Clone, Debug)]
pub enum Op<'a> {
    /// Writes a value. The key ends with the lease, if there is one.
    Put(&'a str, &'a [u8], Option<i64>),
    /// Deletes a key.
    Delete(&'a str),
    /// Reads a key.
    Get(&'a str),
    /// Reads all keys with a prefix, the oldest first.
    List(&'a str),
}

/// Operations that are carried out together: `then` if all comparisons hold, else `otherwise`.
#[derive(Clone, Debug, Default)]
pub struct Txn<'a> {
    /// The comparisons.
    pub when: Vec<Compare<'a>>,
    /// If they hold.
    pub then: Vec<Op<'a>>,
    /// If not.
    pub otherwise: Vec<Op<'a>>,
}

pub(super) fn text(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// The end of the range of all keys with a prefix: the prefix with its last byte one higher. No
/// prefix of the engine ends in 255.
pub(super) fn after(prefix: &str) -> String {
    let mut end = prefix.as_bytes().to_vec();
    if let Some(last) = end.last_mut() {
        *last = last.saturating_add(1);
    }
    text(end)
}

impl Txn<'_> {
    pub(in crate::coordination) fn body(&self) -> Value {
        let all = |ops: &[Op<'_>]| ops.iter().map(Op::body).collect::<Vec<_>>();
        json!({
            "compare": self.when.iter().map(Compare::body).collect::<Vec<_>>(),
            "success": all(&self.then),
            "failure": all(&self.otherwise),
        })
    }
}

impl Compare<'_> {
    fn body(&self) -> Value {
        let (key, target, result, member, value) = match self {
            Compare::Absent(key) => (key, "CREATE", "EQUAL", "create_revision", "0".to_owned()),
            Compare::Present(key) => (key, "CREATE", "GREATER", "create_revision", "0".to_owned()),
            Compare::CreatedAt(key, revision) => (
                key,
                "CREATE",
                "EQUAL",
                "create_revision",
                revision.to_string(),
            ),
            Compare::WrittenAt(key, revision) => {
                (key, "MOD", "EQUAL", "mod_revision", revision.to_string())
            }
            Compare::Is(key, value) => (key, "VALUE", "EQUAL", "value", text(value)),
        };
        json!({"key": text(key), "target": target, "result": result, member: value})
    }
}

impl Op<'_> {
    fn body(&self) -> Value {
        match self {
            Op::Put(key, value, lease) => json!({"request_put": {
                "key": text(key),
                "value": text(value),
                "lease": lease.unwrap_or_default().to_string(),
            }}),
            Op::Delete(key) => json!({"request_delete_range": {"key": text(key)}}),
            Op::Get(key) => json!({"request_range": {"key": text(key)}}),
            Op::List(prefix) => json!({"request_range": {
                "key": text(prefix),
                "range_end": after(prefix),
                "sort_order": "ASCEND",
                "sort_target": "CREATE",
            }}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_one() {
        assert_eq!(after("a/b/"), text("a/b0"));
    }
}
