//! Volumes from images, as the fault matrices run them: the entry is made, is there, and goes
//! with its last clone.

use std::sync::Arc;

use serde_json::Value;
use support::matrix::{ID, LATE_TIMEOUT, PREPARED, Scenario};
use support::{Fixture, HOST_A};
use zfssa::driver::{CloneImage, DeleteVolume, DoSetup, HostTransfer, TransferReply};
use zfssa::error::Error;
use zfssa_appliance::Options;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Image {
    First,
    Second,
    DeleteLast,
}

pub const SCENARIOS: &[Image] = &[Image::First, Image::Second, Image::DeleteLast];

fn image(volume: &str) -> CloneImage {
    CloneImage {
        name: volume.to_owned(),
        size_gib: 2,
        extra_specs: Vec::new(),
        image_id: "img-1".to_owned(),
        image_updated_at: "v1".to_owned(),
        image_virtual_size: 1,
        initiator: HOST_A.to_owned(),
        transfer: Arc::new(HostTransfer::new(|_, _, answer: TransferReply| {
            answer.done()
        })),
    }
}

impl Scenario for Image {
    fn deletes(self) -> bool {
        self == Image::DeleteLast
    }

    // An entry that is complete and that nothing was cloned from is good for the next volume, and
    // no outcome tells of it.
    fn is_as_good(self, state: &Value, wanted: &Value) -> bool {
        let luns = |state: &Value, project: &str| {
            state["pools"][support::POOL]["projects"][project]["luns"].clone()
        };
        let unused = |entry: &Value| {
            entry["snapshots"][0]["clones"] == serde_json::json!([])
                && entry["views"][0]["group"] == zfssa_appliance::MASK_ALL
        };
        let used = |state: &Value| {
            let mut entries = luns(state, "os-cinder-cache");
            entries
                .as_object_mut()
                .expect("LUNs")
                .retain(|_, entry| !unused(entry));
            entries
        };
        luns(state, support::PROJECT) == luns(wanted, support::PROJECT)
            && used(state) == used(wanted)
    }

    fn has_a_point_of_no_return(self) -> bool {
        self == Image::DeleteLast
    }

    async fn prepare(self, rest_timeout: &str) -> Fixture {
        let bench = Fixture::raw(Options::default(), |config| {
            config.set("zfssa_rest_timeout", rest_timeout);
            config.set("zfssa_operation_timeout", "300");
            config.set("zfssa_late_request_timeout", LATE_TIMEOUT);
        })
        .await;
        bench.call_as(PREPARED, DoSetup {}).await.unwrap();
        if self != Image::First {
            bench.call_as(PREPARED, image("volume-1")).await.unwrap();
        }
        bench
    }

    async fn run(self, bench: &Fixture) -> Result<(), Error> {
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
