//! A list that arrives in parts: the same elements wherever it is cut, and those that a reader of
//! the whole answer finds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use zfssa::rest::fuzzing;

/// Above the number of elements that an input of the fuzzer's size can hold.
const MOST: usize = 100_000;
/// Deeper ones are refused.
const NESTING: usize = 60;

fuzz_target!(|bytes: &[u8]| {
    let Some((size, answer)) = bytes.split_first() else {
        return;
    };
    let whole = fuzzing::list(answer, answer.len(), MOST);
    for part in [1, usize::from(*size)] {
        assert_eq!(
            fuzzing::list(answer, part, MOST),
            whole,
            "in parts of {part}"
        );
    }
    if let Some(elements) = &whole {
        assert!(elements.len() < 2 || fuzzing::list(answer, 7, elements.len() - 1).is_none());
    }
    let text = String::from_utf8_lossy(answer);
    // A key that is written twice, or with escapes, is read in its own way.
    if text.matches("luns").count() != 1 || text.contains("\\u") {
        return;
    }
    let Ok(value) = serde_json::from_slice::<Value>(answer) else {
        return;
    };
    let Some(luns) = value.get("luns").and_then(Value::as_array) else {
        return;
    };
    if depth(&value) > NESTING {
        return;
    }
    let read: Vec<Value> = whole
        .expect("an answer that holds the list")
        .iter()
        .map(|element| serde_json::from_str(element).unwrap())
        .collect();
    assert_eq!(&read, luns);
});

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
