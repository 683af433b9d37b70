//! The fault matrix over volumes from images: the entry is made, is there, and goes with its last
//! clone.

mod common;

use std::sync::Arc;

use common::matrix::{ID, PREPARED, Scenario, hold};
use common::{Bench, HOST_A};
use serde_json::Value;
use zfssa::driver::{Answer, CloneImage, DeleteVolume, DoSetup, Handed};
use zfssa::error::Error;
use zfssa_appliance::Options;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Image {
    First,
    Second,
    DeleteLast,
}

const SCENARIOS: &[Image] = &[Image::First, Image::Second, Image::DeleteLast];

fn image(volume: &str) -> CloneImage {
    CloneImage {
        name: volume.to_owned(),
        size_gib: 2,
        extra_specs: Vec::new(),
        image_id: "img-1".to_owned(),
        image_updated_at: "v1".to_owned(),
        image_virtual_size: 1,
        initiator: HOST_A.to_owned(),
        transfer: Arc::new(Handed::new(|_, _, answer: Answer| answer.done())),
    }
}

impl Scenario for Image {
    fn deletes(self) -> bool {
        self == Image::DeleteLast
    }

    // What follows the entry may fail, and the entry is good for the next call.
    fn may_be_between(self) -> bool {
        self == Image::First
    }

    fn takes_back(self) -> bool {
        self == Image::First
    }

    // The volume is gone, and its entry, which nothing is cloned from any more, stays in the cache.
    fn is_good(self, state: &Value, after: &Value) -> bool {
        let luns = |state: &Value, project: &str| {
            state["pools"][common::POOL]["projects"][project]["luns"].clone()
        };
        let entry = &luns(state, "os-cinder-cache")["os-cache-vol-img-1"];
        self == Image::DeleteLast
            && luns(state, common::PROJECT) == luns(after, common::PROJECT)
            && entry["snapshots"][0]["clones"] == serde_json::json!([])
            && entry["views"][0]["group"] == zfssa_appliance::MASK_ALL
    }

    fn has_a_point_of_no_return(self) -> bool {
        self == Image::DeleteLast
    }

    async fn prepare(self) -> Bench {
        let bench = Bench::raw(Options::default(), |config| {
            config.set("zfssa_rest_timeout", "1");
            config.set("zfssa_operation_timeout", "60");
        })
        .await;
        bench.call_as(PREPARED, DoSetup {}).await.unwrap();
        if self != Image::First {
            bench.call_as(PREPARED, image("volume-1")).await.unwrap();
        }
        bench
    }

    async fn run(self, bench: &Bench) -> Result<(), Error> {
        match self {
            Image::First => bench.call_as(ID, image("volume-1")).await.map(drop),
            Image::Second => bench.call_as(ID, image("volume-2")).await.map(drop),
            Image::DeleteLast => {
                let name = "volume-1".to_owned();
                bench.call_as(ID, DeleteVolume { name }).await.map(drop)
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_for_an_image_keeps_the_promises() {
    hold(SCENARIOS, 200).await;
}
