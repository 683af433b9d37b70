//! The scenario through the Rust API.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};
use zfssa::config::ConfigBuilder;
use zfssa::driver::{
    CheckForSetupError, CreateClonedVolume, CreateSnapshot, CreateVolume, CreateVolumeFromSnapshot,
    DeleteSnapshot, DeleteVolume, DoSetup, Driver, Echo, ExtendVolume, GetVolume,
    InitializeConnection, ListSnapshots, ListVolumes, OneOrEvery, Operation, TerminateConnection,
};
use zfssa::error::{Result, Status};

use super::Ground;
use super::transcript::{Answer, Call, Transcript};

pub async fn run(ground: &Ground) -> Transcript {
    let config = ConfigBuilder::from_pairs(ground.options()).build();
    let driver = Driver::new(config.expect("a valid configuration")).expect("a driver");
    let mut calls = Vec::new();
    for step in ground.steps() {
        match step.into_call() {
            Ok(call) => calls.push(answer(&driver, &call).await),
            Err(turn) => ground.turn(&turn),
        }
    }
    Transcript { calls }
}

/// The arguments of a call, by the names that they have in C. What is left out is empty or 0.
struct Arguments<'a>(&'a Map<String, Value>);

impl Arguments<'_> {
    fn text(&self, name: &str) -> String {
        let value = self.0.get(name).map(|value| value.as_str().expect("text"));
        value.unwrap_or_default().to_owned()
    }

    /// What the scenario leaves out is every one.
    fn one_or_every(&self, name: &str) -> OneOrEvery {
        match self.0.get(name) {
            Some(_) => self.text(name).into(),
            None => OneOrEvery::Every,
        }
    }

    fn number(&self, name: &str) -> i64 {
        let value = self.0.get(name);
        value.map_or(0, |value| value.as_i64().expect("a number"))
    }

    fn size(&self) -> u64 {
        u64::try_from(self.number("size_gib")).expect("a size")
    }

    fn specs(&self) -> Vec<(String, String)> {
        let specs = self.0.get("extra_specs").and_then(Value::as_object);
        specs
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.as_str().expect("text").to_owned()))
            .collect()
    }
}

async fn answer(driver: &Driver, call: &Call) -> Answer {
    let of = Arguments(&call.args);
    let result = match call.operation.as_str() {
        "echo" => {
            let fail_with = Status::ALL
                .iter()
                .copied()
                .find(|status| i64::from(*status as i32) == of.number("fail_with"));
            let message = of.text("message");
            let delay = Duration::ZERO;
            one(
                driver,
                Echo {
                    message,
                    delay,
                    fail_with,
                },
            )
            .await
        }
        "do_setup" => one(driver, DoSetup {}).await,
        "check_for_setup_error" => one(driver, CheckForSetupError {}).await,
        "get_volume" => {
            one(
                driver,
                GetVolume {
                    name: of.text("name"),
                },
            )
            .await
        }
        "list_volumes" => {
            one(
                driver,
                ListVolumes {
                    prefix: Some(of.text("prefix")).filter(|prefix| !prefix.is_empty()),
                    ..ListVolumes::default()
                },
            )
            .await
        }
        "create_volume" => {
            let (name, size_gib, extra_specs) = (of.text("name"), of.size(), of.specs());
            one(
                driver,
                CreateVolume {
                    name,
                    size_gib,
                    extra_specs,
                },
            )
            .await
        }
        "delete_volume" => {
            one(
                driver,
                DeleteVolume {
                    name: of.text("name"),
                },
            )
            .await
        }
        "extend_volume" => {
            let (name, size_gib) = (of.text("name"), of.size());
            one(driver, ExtendVolume { name, size_gib }).await
        }
        "create_snapshot" => {
            let (volume, name) = (of.text("volume"), of.text("name"));
            one(driver, CreateSnapshot { volume, name }).await
        }
        "delete_snapshot" => {
            let (volume, name) = (of.text("volume"), of.text("name"));
            one(driver, DeleteSnapshot { volume, name }).await
        }
        "list_snapshots" => {
            one(
                driver,
                ListSnapshots {
                    volume: of.one_or_every("volume"),
                    ..ListSnapshots::default()
                },
            )
            .await
        }
        "create_volume_from_snapshot" => {
            let operation = CreateVolumeFromSnapshot {
                name: of.text("name"),
                size_gib: of.size(),
                source_volume: of.text("source_volume"),
                snapshot: of.text("snapshot"),
                extra_specs: of.specs(),
            };
            one(driver, operation).await
        }
        "create_cloned_volume" => {
            let operation = CreateClonedVolume {
                name: of.text("name"),
                id: of.text("id"),
                size_gib: of.size(),
                source_volume: of.text("source_volume"),
                extra_specs: of.specs(),
            };
            one(driver, operation).await
        }
        "initialize_connection" => {
            let operation = InitializeConnection {
                volume: of.text("volume"),
                volume_id: of.text("volume_id"),
                initiator: of.text("initiator"),
                host_name: of.text("host_name"),
                ..InitializeConnection::default()
            };
            one(driver, operation).await
        }
        "terminate_connection" => {
            let operation = TerminateConnection {
                volume: of.text("volume"),
                initiator: of.one_or_every("initiator"),
                still_attached: None,
            };
            one(driver, operation).await
        }
        unknown => panic!("there is no operation {unknown} here"),
    };
    let (status, outcome, fault, result) = match result {
        Ok(value) => ("OK", "", String::new(), value),
        Err(error) => (
            error.status().name(),
            error.outcome().name(),
            error.fault().unwrap_or_default().to_owned(),
            Value::Null,
        ),
    };
    Answer {
        operation: call.operation.clone(),
        status: status.to_owned(),
        outcome: outcome.to_owned(),
        fault,
        result,
    }
}

async fn one<O: Operation<Output: Serialize>>(driver: &Driver, operation: O) -> Result<Value> {
    let output = driver.call(operation).await?;
    Ok(serde_json::to_value(output).expect("an output as JSON"))
}
