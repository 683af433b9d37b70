//! Shape of a JSON value: the names of members and the types of values.

use serde_json::{Map, Value, json};

/// The value with each scalar replaced by its type, and each list by the shape of its first
/// element.
pub fn shape(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("boolean"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(list) => Value::Array(list.iter().take(1).map(shape).collect()),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| (name.clone(), shape(value));
            Value::Object(members.iter().map(member).collect::<Map<_, _>>())
        }
    }
}
