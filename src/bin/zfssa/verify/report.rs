//! Findings of `zfssa verify`: the report, and the profile for the simulator.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::output::rows;
use crate::verify::table::{Kind, ROWS, Row, find};

/// Version of the report's and the profile's format.
const FORMAT: u32 = 1;

/// State of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The appliance's answers led to a value.
    Observed,
    /// No request examined it.
    NotProbed,
    /// Requests examined it, and their answers led to no value.
    Undetermined,
}

/// One row of the report.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub name: &'static str,
    pub kind: Kind,
    pub state: State,
    /// The appliance's value; null unless it was observed.
    pub value: Value,
    /// The simulator's value without a profile.
    pub expected: Value,
    /// Whether the appliance's value is another one than the simulator's.
    pub differs: bool,
    /// The evidence, or the reason that there is no value.
    pub seen: String,
}

/// Identity of the appliance, which the report holds only if it was asked for.
#[derive(Serialize)]
pub struct Identity {
    pub address: String,
    pub name: String,
    pub serial_number: String,
    pub pool: String,
}

/// The report of one run.
#[derive(Serialize)]
pub struct Report {
    pub format: u32,
    pub zfssa: &'static str,
    /// The appliance's software.
    pub software: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    pub findings: Vec<Finding>,
    /// Number of objects of this run that could not be removed.
    pub left: usize,
}

/// Findings of a run so far.
#[derive(Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Notes the appliance's value; the first one of a name counts.
    pub fn observed(&mut self, name: &str, value: impl Into<Value>, seen: impl Into<String>) {
        let value = value.into();
        self.note(name, |row| Finding {
            state: State::Observed,
            differs: value != row.default(),
            value,
            ..finding(row, seen.into())
        });
    }

    /// Notes that the answers led to no value.
    pub fn undetermined(&mut self, name: &str, seen: impl Into<String>) {
        self.note(name, |row| Finding {
            state: State::Undetermined,
            ..finding(row, seen.into())
        });
    }

    /// Notes that nothing examined it in this run.
    pub fn not_probed(&mut self, name: &str, reason: impl Into<String>) {
        self.note(name, |row| finding(row, reason.into()));
    }

    /// Value of a finding, if it was observed.
    pub fn value(&self, name: &str) -> Option<&Value> {
        let found = self.0.iter().find(|one| one.name == name);
        found
            .filter(|one| one.state == State::Observed)
            .map(|one| &one.value)
    }

    fn note(&mut self, name: &str, finding: impl FnOnce(&'static Row) -> Finding) {
        let row = find(name).unwrap_or_else(|| unreachable!("{name} is in the table"));
        if !self.0.iter().any(|one| one.name == name) {
            self.0.push(finding(row));
        }
    }

    /// All findings in the table's order. `reason` is that of the rows whose probe did not run.
    pub fn complete(mut self, reason: &str) -> Vec<Finding> {
        for row in ROWS {
            match row.is_probed() {
                true => self.not_probed(row.name, reason),
                false => self.not_probed(row.name, row.probe),
            }
        }
        let place = |finding: &Finding| ROWS.iter().position(|row| row.name == finding.name);
        self.0.sort_by_key(place);
        self.0
    }
}

fn finding(row: &'static Row, seen: String) -> Finding {
    Finding {
        name: row.name,
        kind: row.kind,
        state: State::NotProbed,
        value: Value::Null,
        expected: row.default(),
        differs: false,
        seen,
    }
}

impl Report {
    pub fn new(software: Option<String>, findings: Vec<Finding>, left: usize) -> Report {
        Report {
            format: FORMAT,
            zfssa: env!("CARGO_PKG_VERSION"),
            software,
            identity: None,
            findings,
            left,
        }
    }

    /// The profile for the simulator: the observed values of its knobs.
    pub fn profile(&self) -> Value {
        let knobs = self.findings.iter().filter(|one| {
            // A service that does not answer is a state of the moment.
            let is_state = matches!(one.name, "rest_enabled" | "rest_present");
            one.kind == Kind::Knob && one.state == State::Observed && !is_state
        });
        let knobs: Map<String, Value> = knobs
            .map(|one| (one.name.to_owned(), one.value.clone()))
            .collect();
        json!({ "format": FORMAT, "software": self.software, "knobs": knobs })
    }

    pub fn text(&self) -> String {
        let shown = |value: &Value| match value {
            Value::Null => "-".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let count = |wanted: fn(&Finding) -> bool| {
            let counted = self.findings.iter().filter(|one| wanted(one));
            counted.count()
        };
        let table = rows(
            ["", "NAME", "APPLIANCE", "SIMULATOR", "SEEN"],
            self.findings.iter().map(|one| {
                let mark = match (one.state, one.differs) {
                    (State::Observed, true) => "differs",
                    (State::Observed, false) => "same",
                    (State::NotProbed, _) => "not probed",
                    (State::Undetermined, _) => "no value",
                };
                let (value, expected) = (shown(&one.value), shown(&one.expected));
                let name = one.name.to_owned();
                [mark.to_owned(), name, value, expected, one.seen.clone()]
            }),
            "",
        );
        let software = self.software.as_deref().unwrap_or("unknown");
        format!(
            "software {software}\n{table}\n\
             {} differ from the simulator, {} are the same, {} have no value, {} were not probed",
            count(|one| one.differs),
            count(|one| one.state == State::Observed && !one.differs),
            count(|one| one.state == State::Undetermined),
            count(|one| one.state == State::NotProbed),
        )
    }
}
