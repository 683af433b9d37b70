//! Migrations, as the fault matrices run them.

use support::Fixture;
use support::matrix::{ID, LATE_TIMEOUT, PREPARED, Scenario};
use zfssa::driver::{CreateClonedVolume, Recover, Settled};
use zfssa::error::{Error, Outcome, Status};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migration {
    /// A volume.
    Volume,
    /// A clone, which is protected and comes from a temporary snapshot.
    Clone,
}

pub const SCENARIOS: &[Migration] = &[Migration::Volume, Migration::Clone];

impl Scenario for Migration {
    fn deletes(self) -> bool {
        true
    }

    /// Whether a share follows its project's replication is shown nowhere.
    fn leaves_no_trace(self, path: &str) -> bool {
        path.ends_with("/replication")
    }

    async fn prepare(self, rest_timeout: &str) -> Fixture {
        let bench = Fixture::pair_with_volume(|config| {
            config.set("zfssa_rest_timeout", rest_timeout);
            config.set("zfssa_operation_timeout", "300");
            config.set("zfssa_late_request_timeout", LATE_TIMEOUT);
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

    async fn run(self, bench: &Fixture) -> Result<(), Error> {
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
            if settled == [Settled::Failed] {
                // Recovery met faults, too.
                let message = report.recovered[0].message.as_str();
                return Err(Error::new(Status::StateChanged, message)
                    .with_left_behind(migrated.left_behind)
                    .with_outcome(Outcome::Partial));
            }
            assert_eq!(settled, [Settled::Finished], "{report:?}");
        }
        Ok(())
    }
}
