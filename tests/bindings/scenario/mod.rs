//! One scenario, through Rust and through C here, through Go and Python in their own suites: the
//! same results and the same errors, status, outcome and fault.
//!
//! The suites of Go and Python write what they got as JSON into the folder that
//! `ZFSSA_SCENARIO_TRANSCRIPTS` names; where it is set, all four are compared.

mod c;
mod rust;
mod transcript;

use std::path::{Path, PathBuf};

use serde_json::Value;
use support::options_at;
use transcript::{Step, Transcript, Turn};
use zfssa_appliance::{Appliance, Options};

/// A fresh appliance, and the configuration that the scenario asks for.
struct Ground {
    appliance: Appliance,
    directory: tempfile::TempDir,
    scenario: Value,
}

impl Ground {
    async fn new() -> Ground {
        support::trace_everything();
        let options = Options {
            password: support::PASSWORD.to_owned(),
            ..Options::default()
        };
        let appliance = Appliance::start(options).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.pem"), appliance.ca_pem()).unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenario/volume.json");
        let scenario = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        Ground {
            appliance,
            directory,
            scenario,
        }
    }

    /// The configuration, by the options' names. What comes later counts.
    fn options(&self) -> Vec<(String, String)> {
        let groups: serde_json::Map<String, Value> = self.scenario["initiators"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, iqn)| (name.clone(), serde_json::json!([{ "iqn": iqn }])))
            .collect();
        let own = self.scenario["options"].as_object().unwrap();
        let own = own
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap().to_owned()));
        options_at(self.appliance.port(), &self.directory.path().join("ca.pem"))
            .into_iter()
            .chain([("zfssa_initiator_config", Value::from(groups).to_string())])
            .chain(own)
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    fn steps(&self) -> Vec<Step> {
        serde_json::from_value(self.scenario["steps"].clone()).unwrap()
    }

    /// Carries out a turn of the appliance's own.
    fn turn(&self, turn: &Turn) {
        match turn {
            Turn::Fault(fault) => {
                let fault = serde_json::from_value(fault.clone()).expect("a fault");
                self.appliance.faults().push(fault);
            }
            Turn::Clear => self.appliance.faults().clear(),
        }
    }

    fn is_empty(&self) -> bool {
        let state = self.appliance.state();
        let luns = &state["pools"][support::POOL]["projects"][support::PROJECT]["luns"];
        luns.as_object().is_some_and(serde_json::Map::is_empty)
    }
}

/// What every runner has to show: all of the scenario's expectations, and an empty appliance.
fn judge(language: &str, ground: &Ground, transcript: &Transcript) {
    assert!(transcript.calls.len() > 20);
    transcript.meets(language, &ground.steps());
    assert!(ground.is_empty(), "{language} left LUNs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_language_gets_the_same_results_and_errors() {
    let ground = Ground::new().await;
    let through_rust = rust::run(&ground).await;
    judge("rust", &ground, &through_rust);

    let ground = Ground::new().await;
    let through_c = tokio::task::block_in_place(|| c::run(&ground));
    judge("c", &ground, &through_c);
    through_c.equals("c", &through_rust);

    for (language, transcript) in others() {
        transcript.equals(language, &through_rust);
        println!("{language}: {} calls, the same", transcript.calls.len());
    }
}

/// What Go and Python wrote.
fn others() -> Vec<(&'static str, Transcript)> {
    let Some(folder) = std::env::var_os("ZFSSA_SCENARIO_TRANSCRIPTS").map(PathBuf::from) else {
        return Vec::new();
    };
    ["go", "python"]
        .map(|language| {
            let path = folder.join(language).with_extension("json");
            let text = std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (language, serde_json::from_str(&text).unwrap())
        })
        .into()
}
