//! `zfssa verify` on the simulated appliance.

mod data;
mod knobs;
mod page;
mod safety;

use serde_json::Value;

use crate::bench::{Bench, Ran};

/// A run of the examination that succeeded, with its report and the profile for the simulator.
pub struct Verified {
    pub report: Value,
    pub profile: String,
    pub ran: Ran,
}

impl Verified {
    /// The finding of a name.
    pub fn finding(&self, name: &str) -> &Value {
        let mut findings = self.report["findings"].as_array().unwrap().iter();
        let found = findings.find(|one| one["name"] == name);
        found.unwrap_or_else(|| panic!("{name} is not in the report"))
    }

    /// Names of the findings of a kind that differ from the simulator.
    pub fn differing(&self, kind: &str) -> Vec<&str> {
        let findings = self.report["findings"].as_array().unwrap().iter();
        findings
            .filter(|one| one["differs"] == true && one["kind"] == kind)
            .map(|one| one["name"].as_str().unwrap())
            .collect()
    }

    /// Names of the findings in a state.
    pub fn in_state(&self, state: &str) -> Vec<&str> {
        let findings = self.report["findings"].as_array().unwrap().iter();
        findings
            .filter(|one| one["state"] == state)
            .map(|one| one["name"].as_str().unwrap())
            .collect()
    }
}

/// Examines the appliance; nothing is left of it there.
pub fn verified(bench: &Bench, further: &[&str]) -> Verified {
    let before = bench.fixture.state();
    let verified = examined(bench, further);
    assert_eq!(bench.fixture.state(), before);
    verified
}

/// The same, whatever is left.
pub fn examined(bench: &Bench, further: &[&str]) -> Verified {
    let (report, profile) = (bench.home.path().join("r"), bench.home.path().join("p"));
    let mut arguments = vec!["verify", "--output", "json"];
    arguments.extend(["--report", report.to_str().unwrap()]);
    arguments.extend(["--simulator-profile", profile.to_str().unwrap()]);
    arguments.extend(further);
    let ran = bench.run(&arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    let written: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    let printed: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(written, printed);
    Verified {
        report: written,
        profile: std::fs::read_to_string(profile).unwrap(),
        ran,
    }
}
