//! What a run of the scenario gave, call by call.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Differs from run to run: made up by the appliance, or its clock's.
const VOLATILE: &[&str] = &[
    "guid",
    "created_at",
    "target_iqn",
    "target_iqns",
    "warnings",
];

/// How the names of targets begin, and the length of what follows.
const TARGET: &str = "iqn.1986-03.com.sun:02:";
const UUID: usize = 36;

/// One step of the scenario file.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Step {
    Call(Call),
    Fault { fault: Value },
    Clear { clear: bool },
}

#[derive(Deserialize)]
pub struct Call {
    pub operation: String,
    pub args: serde_json::Map<String, Value>,
    #[serde(default)]
    pub expect: Expected,
}

#[derive(Default, Deserialize)]
pub struct Expected {
    pub status: Option<String>,
    pub outcome: Option<String>,
    pub fault: Option<String>,
    pub result: Option<Value>,
}

/// What the appliance does between two calls.
pub enum Turn {
    Fault(Value),
    Clear,
}

impl Step {
    /// The call, or what the appliance does.
    pub fn into_call(self) -> Result<Call, Turn> {
        match self {
            Step::Call(call) => Ok(call),
            Step::Fault { fault } => Err(Turn::Fault(fault)),
            Step::Clear { clear } => {
                assert!(clear, "a step that clears nothing");
                Err(Turn::Clear)
            }
        }
    }
}

/// What one call gave.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    pub operation: String,
    pub status: String,
    /// Empty on success.
    pub outcome: String,
    /// Empty where the appliance named none.
    pub fault: String,
    /// Null where there is none.
    pub result: Value,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Transcript {
    pub calls: Vec<Answer>,
}

impl Transcript {
    /// Fails where an expectation of the scenario is not met.
    pub fn meets(&self, language: &str, steps: &[Step]) {
        let expected = steps.iter().filter_map(|step| match step {
            Step::Call(call) => Some(call),
            _ => None,
        });
        for (number, (answer, call)) in self.calls.iter().zip(expected).enumerate() {
            let place = format!(
                "{language}, call {}, {} {:?}: {answer:?}",
                number + 1,
                call.operation,
                call.args
            );
            let expect = &call.expect;
            assert_eq!(answer.operation, call.operation, "{place}");
            assert_eq!(
                answer.status,
                expect.status.as_deref().unwrap_or("OK"),
                "{place}"
            );
            if let Some(outcome) = &expect.outcome {
                assert_eq!(&answer.outcome, outcome, "{place}");
            }
            if let Some(fault) = &expect.fault {
                assert_eq!(&answer.fault, fault, "{place}");
            }
            if let Some(result) = &expect.result {
                assert!(holds(&plain(result), &plain(&answer.result)), "{place}");
            }
        }
    }

    /// Fails where a call gave anything else than in another run.
    pub fn equals(&self, language: &str, other: &Transcript) {
        assert_eq!(self.calls.len(), other.calls.len(), "calls of {language}");
        for (number, (mine, theirs)) in self.calls.iter().zip(&other.calls).enumerate() {
            let place = format!("{language}, call {}, {}", number + 1, mine.operation);
            let errors = |answer: &Answer| {
                (
                    answer.operation.clone(),
                    answer.status.clone(),
                    answer.outcome.clone(),
                    answer.fault.clone(),
                )
            };
            assert_eq!(errors(mine), errors(theirs), "{place}");
            let results = [mine, theirs].map(|answer| plain(&answer.result));
            let nothing = results.iter().all(nothing);
            assert!(nothing || results[0] == results[1], "{place}: {results:?}");
        }
    }
}

/// A result without what differs from run to run, and without the languages' ways to say nothing:
/// no list and an empty one, a list and an object that has nothing but a list.
fn plain(result: &Value) -> Value {
    match result {
        Value::Object(members) => {
            let members: serde_json::Map<String, Value> = members
                .iter()
                .filter(|(name, _)| !VOLATILE.contains(&name.as_str()))
                .map(|(name, value)| (name.clone(), plain(value)))
                .filter(|(_, value)| !nothing(value))
                .collect();
            let values: Vec<_> = members.values().collect();
            match values[..] {
                [Value::Array(_)] => values[0].clone(),
                _ => members.into(),
            }
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        // The appliance makes up the names of targets.
        Value::String(text) => match text.split_once(TARGET) {
            Some((before, name)) => {
                format!("{before}{TARGET}{}", &name[name.len().min(UUID)..]).into()
            }
            None => result.clone(),
        },
        _ => result.clone(),
    }
}

fn nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Whether a plain value has everything that is wanted of it.
fn holds(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(_)) => wanted
            .iter()
            .filter(|(name, _)| !VOLATILE.contains(&name.as_str()))
            .all(|(name, value)| holds(value, &found[name])),
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len() && wanted.iter().zip(found).all(|(w, f)| holds(w, f))
        }
        (Value::Array(wanted), Value::Null) => wanted.is_empty(),
        _ => wanted == found,
    }
}
