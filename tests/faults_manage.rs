//! The fault matrix over taking under management and letting go.

mod common;

use common::matrix::{ID, PREPARED, Scenario, hold};
use common::{Bench, POOL};
use serde_json::json;
use zfssa::driver::{
    CreateSnapshot, CreateVolume, DoSetup, ExistingRef, ManageExisting, ManageExistingSnapshot,
    Unmanage, UnmanageSnapshot,
};
use zfssa::error::Error;
use zfssa_appliance::Options;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeping {
    Manage,
    Unmanage,
    UnmanageTaken,
    ManageSnapshot,
    UnmanageSnapshot,
}

const SCENARIOS: &[Keeping] = &[
    Keeping::Manage,
    Keeping::Unmanage,
    Keeping::UnmanageTaken,
    Keeping::ManageSnapshot,
    Keeping::UnmanageSnapshot,
];

fn own(text: &str) -> String {
    text.to_owned()
}

impl Scenario for Keeping {
    async fn prepare(self) -> Bench {
        let bench = Bench::raw(Options::default(), |config| {
            config.set("zfssa_rest_timeout", "1");
            config.set("zfssa_operation_timeout", "60");
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
            Keeping::UnmanageSnapshot => {
                bench.call_as(PREPARED, take("snapshot-1")).await.unwrap();
            }
            _ => {}
        }
        bench
    }

    async fn run(self, bench: &Bench) -> Result<(), Error> {
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
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_keeps_the_promises() {
    hold(SCENARIOS, 200).await;
}
