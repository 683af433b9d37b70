//! Deferred deletions under faults, and killed at every request.

use serde_json::Value;
use support::matrix::{self, ID, LATE_TIMEOUT, PREPARED};
use support::{Fixture, POOL, PROJECT, kill, volume};
use zfssa::config::ConfigBuilder;
use zfssa::driver::{
    Audit, CreateClonedVolume, CreateSnapshot, CreateVolumeFromSnapshot, DeleteSnapshot,
    DeleteVolume, DoSetup, Driver,
};
use zfssa::error::{Error, Result};
use zfssa::scope::Scope;
use zfssa_appliance::Options;

/// Of the pairs of a kill and a kill of the recovery, one in so many is tried; all of them with
/// `ZFSSA_KILL_ALL` set.
const SAMPLE: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deferred {
    /// A volume with a clone.
    Volume,
    /// A clone with a clone.
    Clone,
    /// A snapshot with a clone.
    Snapshot,
    /// The last clone of a deferred clone of a deferred volume.
    LastClone,
    /// The last clone of a deferred snapshot.
    LastOfSnapshot,
    /// The last clone of a deferred snapshot of a deferred volume.
    LastOfBoth,
    /// A clone, where its source is needed by another one.
    OneOfTwo,
    /// A clone that takes the name of a deferred one, of the same source.
    NameAgain,
    /// A volume with a clone, which its type defers and not the backend.
    TypedVolume,
    /// A snapshot with a clone, of such a volume.
    TypedSnapshot,
}

pub const SCENARIOS: &[Deferred] = &[
    Deferred::Volume,
    Deferred::Clone,
    Deferred::Snapshot,
    Deferred::LastClone,
    Deferred::LastOfSnapshot,
    Deferred::LastOfBoth,
    Deferred::OneOfTwo,
    Deferred::NameAgain,
];

/// One of each kind of request.
const UNDER_FAULTS: &[Deferred] = &[
    Deferred::Volume,
    Deferred::Snapshot,
    Deferred::LastOfBoth,
    Deferred::TypedVolume,
    Deferred::TypedSnapshot,
];

fn own(text: &str) -> String {
    text.to_owned()
}

fn defer(config: &mut ConfigBuilder) {
    config.set("zfssa_delete_with_clones", "defer");
}

fn cloned(name: &str, source: &str) -> CreateClonedVolume {
    CreateClonedVolume {
        name: own(name),
        size_gib: 1,
        source_volume: own(source),
        ..CreateClonedVolume::default()
    }
}

fn delete(name: &str) -> DeleteVolume {
    DeleteVolume { name: own(name) }
}

fn delete_snapshot() -> DeleteSnapshot {
    DeleteSnapshot {
        volume: own("volume-1"),
        name: own("snapshot-1"),
    }
}

impl Deferred {
    /// Whether the volume type decides, against the option of the backend.
    fn is_of_type(self) -> bool {
        matches!(self, Deferred::TypedVolume | Deferred::TypedSnapshot)
    }

    async fn prepared(self, adjust: impl FnOnce(&mut ConfigBuilder)) -> Fixture {
        let bench = Fixture::raw(Options::default(), |config| {
            if !self.is_of_type() {
                defer(config);
            }
            adjust(config);
        })
        .await;
        bench.call_as(PREPARED, DoSetup {}).await.unwrap();
        let mut first = volume("volume-1");
        if self.is_of_type() {
            first.extra_specs = vec![(own("zfssa:delete_with_clones"), own("defer"))];
        }
        bench.call_as(PREPARED, first).await.unwrap();
        match self {
            Deferred::Volume | Deferred::TypedVolume => {
                bench
                    .call_as(PREPARED, cloned("volume-2", "volume-1"))
                    .await
                    .unwrap();
            }
            Deferred::OneOfTwo => {
                for name in ["volume-2", "volume-3"] {
                    bench
                        .call_as(PREPARED, cloned(name, "volume-1"))
                        .await
                        .unwrap();
                }
                bench.call_as(PREPARED, delete("volume-1")).await.unwrap();
            }
            Deferred::Clone | Deferred::LastClone | Deferred::NameAgain => {
                bench
                    .call_as(PREPARED, cloned("volume-2", "volume-1"))
                    .await
                    .unwrap();
                bench
                    .call_as(PREPARED, cloned("volume-3", "volume-2"))
                    .await
                    .unwrap();
                if self == Deferred::LastClone {
                    bench.call_as(PREPARED, delete("volume-1")).await.unwrap();
                }
                if self != Deferred::Clone {
                    bench.call_as(PREPARED, delete("volume-2")).await.unwrap();
                }
            }
            Deferred::Snapshot
            | Deferred::TypedSnapshot
            | Deferred::LastOfSnapshot
            | Deferred::LastOfBoth => {
                let take = CreateSnapshot {
                    volume: own("volume-1"),
                    name: own("snapshot-1"),
                };
                bench.call_as(PREPARED, take).await.unwrap();
                let from = CreateVolumeFromSnapshot {
                    name: own("volume-3"),
                    size_gib: 1,
                    source_volume: own("volume-1"),
                    snapshot: own("snapshot-1"),
                    ..CreateVolumeFromSnapshot::default()
                };
                bench.call_as(PREPARED, from).await.unwrap();
                if !matches!(self, Deferred::Snapshot | Deferred::TypedSnapshot) {
                    bench.call_as(PREPARED, delete_snapshot()).await.unwrap();
                }
                if self == Deferred::LastOfBoth {
                    bench.call_as(PREPARED, delete("volume-1")).await.unwrap();
                }
            }
        }
        bench
    }

    async fn call(self, driver: &Driver, scope: &Scope) -> Result<()> {
        match self {
            Deferred::Volume | Deferred::TypedVolume => {
                driver.run(delete("volume-1"), scope).await.map(drop)
            }
            Deferred::Clone => driver.run(delete("volume-2"), scope).await.map(drop),
            Deferred::Snapshot | Deferred::TypedSnapshot => {
                driver.run(delete_snapshot(), scope).await.map(drop)
            }
            Deferred::NameAgain => {
                let again = cloned("volume-2", "volume-1");
                driver.run(again, scope).await.map(drop)
            }
            _ => driver.run(delete("volume-3"), scope).await.map(drop),
        }
    }
}

/// A state without the deferred objects that have no clone: an audit deletes those.
fn without_waiting_for_nothing(state: &Value) -> Value {
    let mut state = state.clone();
    state["pools"][POOL]["used"] = Value::Null;
    let luns = &mut state["pools"][POOL]["projects"][PROJECT]["luns"];
    let Some(luns) = luns.as_object_mut() else {
        return state;
    };
    loop {
        let before = luns.clone();
        let exists = |clone: &Value| {
            let name = clone.as_str().and_then(|path| path.rsplit('/').next());
            name.is_some_and(|name| before.contains_key(name))
        };
        for lun in luns.values_mut() {
            let Some(snapshots) = lun["snapshots"].as_array_mut() else {
                continue;
            };
            for snapshot in snapshots.iter_mut() {
                if let Some(clones) = snapshot["clones"].as_array_mut() {
                    clones.retain(exists);
                }
            }
            snapshots.retain(|snapshot| {
                let name = snapshot["name"].as_str().unwrap_or_default();
                let goes = name.starts_with("deleted-") || name.starts_with("tmp-snapshot-");
                !goes
                    || snapshot["clones"]
                        .as_array()
                        .is_none_or(|clones| !clones.is_empty())
            });
        }
        luns.retain(|name, lun| {
            let needed = lun["snapshots"]
                .as_array()
                .is_some_and(|all| !all.is_empty());
            !name.starts_with("deleted-") || needed
        });
        if *luns == before {
            return state;
        }
    }
}

impl matrix::Scenario for Deferred {
    fn deletes(self) -> bool {
        true
    }

    fn has_a_point_of_no_return(self) -> bool {
        true
    }

    /// A deferred object that could not be deleted is no failure of the call: it waits for nothing.
    fn is_as_good(self, state: &Value, wanted: &Value) -> bool {
        without_waiting_for_nothing(state) == without_waiting_for_nothing(wanted)
    }

    async fn prepare(self, rest_timeout: &str) -> Fixture {
        self.prepared(|config| {
            config.set("zfssa_rest_timeout", rest_timeout);
            config.set("zfssa_operation_timeout", "300");
            config.set("zfssa_late_request_timeout", LATE_TIMEOUT);
        })
        .await
    }

    async fn run(self, bench: &Fixture) -> std::result::Result<(), Error> {
        let call = zfssa::driver::Call {
            operation_id: Some(ID.to_owned()),
            ..zfssa::driver::Call::default()
        };
        let scope = bench.driver.scope(call);
        self.call(&bench.driver, &scope).await
    }
}

impl kill::Scenario for Deferred {
    const MODULE: &'static str = module_path!();

    async fn prepare(self) -> Fixture {
        self.prepared(|_| {}).await
    }

    fn adjust(config: &mut ConfigBuilder) {
        defer(config);
    }

    /// The snapshot of the deferred clone keeps its new name, with which it is deleted with that.
    fn allows(self, state: &Value, before: &Value) -> bool {
        let [state, before] = [state, before].map(Value::to_string);
        let renamed = state.replace("deleted-*-tmp-snapshot-2", "tmp-snapshot-2");
        self == Deferred::NameAgain && renamed == before
    }

    async fn run(self, driver: &Driver, scope: &Scope) {
        self.call(driver, scope).await.unwrap();
    }
}

/// Not a test of its own: what a child does.
#[test]
fn child() {
    kill::child(SCENARIOS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_may_die_at_any_request_of_a_deferred_deletion() {
    kill::hold(SCENARIOS, SAMPLE, 50).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_of_a_deferred_deletion_keeps_the_promises() {
    matrix::hold(UNDER_FAULTS, 500).await;
}

/// What faults leave, an audit deletes.
#[tokio::test]
async fn an_audit_finishes_what_a_refusal_left() {
    let bench = Deferred::LastClone.prepared(|_| {}).await;
    let denied = zfssa_appliance::FaultKind::denied();
    let denied = zfssa_appliance::Fault::new(denied).on("DELETE", "/luns/deleted-");
    bench.appliance.faults().push(denied.times(9));
    bench.driver.call(delete("volume-3")).await.unwrap();
    assert_eq!(bench.luns(0).len(), 2);
    bench.appliance.faults().clear();
    let fix = Audit {
        fix: true,
        ..Audit::default()
    };
    // The first one deletes the volume that waited for nothing, and with it the one behind it.
    let report = bench.driver.call(fix).await.unwrap();
    assert_eq!(report.fixed, 1, "{report:?}");
    assert!(bench.luns(0).is_empty());
}
