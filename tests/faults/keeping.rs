//! Taking under management and letting go, setting back, retyping and renaming, as the fault
//! matrices run them.

use serde_json::{Value, json};
use support::matrix::{ID, LATE_TIMEOUT, PREPARED, Scenario};
use support::{Fixture, POOL};
use zfssa::driver::{
    CreateSnapshot, CreateVolume, DoSetup, ExistingRef, ExtendVolume, ManageExisting,
    ManageExistingSnapshot, Retype, RevertToSnapshot, Unmanage, UnmanageSnapshot,
    UpdateMigratedVolume,
};
use zfssa::error::Error;
use zfssa_appliance::Options;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    Manage,
    Unmanage,
    UnmanageTaken,
    ManageSnapshot,
    UnmanageSnapshot,
    Revert,
    RevertGrown,
    Retype,
    Rename,
}

pub const SCENARIOS: &[Keeping] = &[
    Keeping::Manage,
    Keeping::Unmanage,
    Keeping::UnmanageTaken,
    Keeping::ManageSnapshot,
    Keeping::UnmanageSnapshot,
    Keeping::Revert,
    Keeping::RevertGrown,
    Keeping::Retype,
    Keeping::Rename,
];

fn own(text: &str) -> String {
    text.to_owned()
}

/// The GUID of the only LUN, read without a request that a fault could strike.
fn guid(state: &Value) -> Option<String> {
    match state {
        Value::Object(members) => match members.get("lunguid") {
            Some(guid) => guid.as_str().map(own),
            None => members.values().find_map(guid),
        },
        Value::Array(items) => items.iter().find_map(guid),
        _ => None,
    }
}

impl Scenario for Keeping {
    fn has_a_point_of_no_return(self) -> bool {
        matches!(self, Keeping::Revert | Keeping::RevertGrown)
    }

    // The volume shows nothing of what was rolled back.
    fn leaves_no_trace(self, path: &str) -> bool {
        path.ends_with("/rollback")
    }

    async fn prepare(self, rest_timeout: &str) -> Fixture {
        let bench = Fixture::raw(Options::default(), |config| {
            config.set("zfssa_rest_timeout", rest_timeout);
            config.set("zfssa_operation_timeout", "300");
            config.set("zfssa_late_request_timeout", LATE_TIMEOUT);
            config.set("zfssa_pool", POOL);
        })
        .await;
        bench.call_as(PREPARED, DoSetup {}).await.unwrap();
        if self == Keeping::Manage {
            let lun = json!({"name": "data", "volsize": "1g"});
            bench.foreign_lun(lun).await;
            return bench;
        }
        let volume = CreateVolume {
            name: own("volume-1"),
            size_gib: 1,
            ..CreateVolume::default()
        };
        bench.call_as(PREPARED, volume).await.unwrap();
        let take = |name: &str| CreateSnapshot {
            volume: own("volume-1"),
            name: own(name),
        };
        match self {
            Keeping::UnmanageTaken => {
                let taken = json!({
                    "name": "unmanaged-volume-1", "volsize": "1g", "custom:cinder_managed": false,
                });
                bench.foreign_lun(taken).await;
            }
            Keeping::ManageSnapshot => {
                bench.call_as(PREPARED, take("monday")).await.unwrap();
            }
            Keeping::UnmanageSnapshot | Keeping::Revert => {
                bench.call_as(PREPARED, take("snapshot-1")).await.unwrap();
            }
            Keeping::RevertGrown => {
                bench.call_as(PREPARED, take("snapshot-1")).await.unwrap();
                let grow = ExtendVolume {
                    name: own("volume-1"),
                    size_gib: 3,
                };
                bench.call_as(PREPARED, grow).await.unwrap();
            }
            _ => {}
        }
        bench
    }

    async fn run(self, bench: &Fixture) -> Result<(), Error> {
        match self {
            Keeping::Manage => {
                let manage = ManageExisting {
                    name: own("volume-1"),
                    existing: ExistingRef {
                        source_name: own("data"),
                        ..ExistingRef::default()
                    },
                    ..ManageExisting::default()
                };
                bench.call_as(ID, manage).await.map(|_| ())
            }
            Keeping::Unmanage | Keeping::UnmanageTaken => {
                let let_go = Unmanage {
                    name: own("volume-1"),
                };
                bench.call_as(ID, let_go).await.map(|_| ())
            }
            Keeping::ManageSnapshot => {
                let manage = ManageExistingSnapshot {
                    volume: own("volume-1"),
                    name: own("snapshot-1"),
                    source_name: own("monday"),
                };
                bench.call_as(ID, manage).await.map(|_| ())
            }
            Keeping::UnmanageSnapshot => {
                let let_go = UnmanageSnapshot {
                    volume: own("volume-1"),
                    name: own("snapshot-1"),
                };
                bench.call_as(ID, let_go).await.map(|_| ())
            }
            Keeping::Revert | Keeping::RevertGrown => {
                let revert = RevertToSnapshot {
                    volume: own("volume-1"),
                    snapshot: own("snapshot-1"),
                    size_gib: if self == Keeping::Revert { 1 } else { 3 },
                };
                bench.call_as(ID, revert).await.map(|_| ())
            }
            Keeping::Retype => {
                let retype = Retype {
                    name: own("volume-1"),
                    extra_specs: vec![(own("zfssa:compression"), own("gzip"))],
                };
                bench.call_as(ID, retype).await.map(|_| ())
            }
            Keeping::Rename => {
                let rename = UpdateMigratedVolume {
                    original_name: own("volume-9"),
                    current_name: own("volume-1"),
                    current_guid: guid(&bench.appliance.state()).unwrap(),
                    ..UpdateMigratedVolume::default()
                };
                bench.call_as(ID, rename).await.map(|_| ())
            }
        }
    }
}
