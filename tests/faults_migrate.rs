//! The fault matrix over migrations, at both appliances: whatever fails, there is exactly one
//! good copy, the volume inherits its project's replication again, and nothing is left behind.

mod common;

use common::Bench;
use common::matrix::{ID, PREPARED, Scenario, hold};
use zfssa::driver::{CreateClonedVolume, Recover, Settled};
use zfssa::error::{Error, Status};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Migration {
    /// A volume.
    Volume,
    /// A clone, which is protected and comes from a temporary snapshot.
    Clone,
}

impl Scenario for Migration {
    fn deletes(self) -> bool {
        true
    }

    async fn prepare(self) -> Bench {
        let bench = Bench::pair_with_volume(|config| {
            config.set("zfssa_rest_timeout", "1");
            config.set("zfssa_operation_timeout", "60");
        })
        .await;
        if self == Migration::Clone {
            let clone = CreateClonedVolume {
                name: "volume-2".into(),
                size_gib: 1,
                source_volume: "volume-1".into(),
                ..CreateClonedVolume::default()
            };
            bench.call_as(PREPARED, clone).await.unwrap();
        }
        bench
    }

    async fn run(self, bench: &Bench) -> Result<(), Error> {
        let name = match self {
            Migration::Volume => "volume-1",
            Migration::Clone => "volume-2",
        };
        let migrated = bench.call_as(ID, bench.migration(name)).await?;
        if !migrated.migrated {
            // Nothing was changed, as an error would say it.
            return Err(Error::new(Status::Unsupported, migrated.reason));
        }
        if !migrated.left_behind.is_empty() {
            let report = bench.driver.call(Recover::default()).await?;
            let settled: Vec<Settled> = report.recovered.iter().map(|one| one.settled).collect();
            assert_eq!(settled, [Settled::Finished], "{report:?}");
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_of_a_migration_keeps_the_promises() {
    hold(&[Migration::Volume, Migration::Clone], 1_000).await;
}
