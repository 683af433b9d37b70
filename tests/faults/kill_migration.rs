//! A migration, killed at every request to either appliance; see [`support::kill`]. There is
//! exactly one good copy in the end, and nothing is left behind.

use std::sync::Arc;

use support::matrix::PREPARED;
use support::{Fixture, HOST_A, kill};
use zfssa::driver::{
    CloneImage, CreateClonedVolume, Driver, HostTransfer, MigrateVolume, TransferReply,
};
use zfssa::scope::Scope;

/// Of the pairs of a kill and a kill of the recovery, one in so many is tried; all of them with
/// `ZFSSA_KILL_ALL` set.
const SAMPLE: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Migration {
    Volume,
    Clone,
    CloneOfImage,
}

const SCENARIOS: &[Migration] = &[Migration::Volume, Migration::Clone, Migration::CloneOfImage];

fn from_image() -> CloneImage {
    CloneImage {
        name: "volume-2".into(),
        size_gib: 1,
        extra_specs: Vec::new(),
        image_id: "img-1".into(),
        image_updated_at: "v1".into(),
        image_virtual_size: 1,
        initiator: HOST_A.into(),
        transfer: Arc::new(HostTransfer::new(|_, _, answer: TransferReply| {
            answer.done()
        })),
    }
}

impl kill::Scenario for Migration {
    const MODULE: &'static str = module_path!();

    async fn prepare(self) -> Fixture {
        let bench = Fixture::pair_with_volume(|_| {}).await;
        match self {
            Migration::Volume => {}
            Migration::Clone => {
                let clone = CreateClonedVolume {
                    name: "volume-2".into(),
                    size_gib: 1,
                    source_volume: "volume-1".into(),
                    ..CreateClonedVolume::default()
                };
                bench.call_as(PREPARED, clone).await.unwrap();
            }
            Migration::CloneOfImage => {
                bench.call_as(PREPARED, from_image()).await.unwrap();
            }
        }
        bench
    }

    async fn run(self, driver: &Driver, scope: &Scope) {
        let name = match self {
            Migration::Volume => "volume-1",
            Migration::Clone | Migration::CloneOfImage => "volume-2",
        };
        let migration = MigrateVolume {
            name: name.into(),
            location_info: std::env::var(kill::LOCATION).unwrap().into(),
            ..MigrateVolume::default()
        };
        let migrated = driver.run(migration, scope).await.unwrap();
        assert!(migrated.migrated, "{}", migrated.reason);
        assert!(migrated.left_behind.is_empty(), "{migrated:?}");
    }
}

/// Not a test of its own: what a child does.
#[test]
fn child() {
    kill::child(SCENARIOS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_may_die_at_any_request_of_a_migration() {
    kill::hold(SCENARIOS, SAMPLE, 100).await;
}
