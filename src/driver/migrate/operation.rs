//! Migration of a volume to another appliance by replication.

use serde::Serialize;

use crate::driver::age::now;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock};
use crate::driver::journal;
use crate::driver::migrate::destination::MigrationEndpoints;
use crate::driver::migrate::flow::MigrateFlow;
use crate::driver::migrate::likeness::Likeness;
use crate::driver::migrate::location_info::{Account, LocationInfo};
use crate::driver::migrate::marker::{Marker, migrated};
use crate::driver::migrate::preflight::{Decline, Declined};
use crate::driver::migrate::recovery::{recover_migration, roll_back_marked};
use crate::driver::migrate::request::MigrateVolume;
use crate::driver::operation::Operation;
use crate::driver::volume::delete_flow::DeleteFlow;
use crate::error::{Result, Status};
use crate::flow::{Flow, Left, LeftOn};
use crate::scope::Scope;

/// Result of a migration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Migration {
    /// Whether the volume is at the destination now.
    pub migrated: bool,
    /// Reason to decline; `None` if it migrated.
    pub declined: Option<Decline>,
    /// The same in one sentence; empty if it migrated.
    pub reason: String,
    /// The GUID that the volume has at the destination; empty when it is not there.
    pub guid: String,
    /// Objects that could not be deleted at the source, as text. The volume has moved all the same;
    /// `recover` repeats the deletion, if there is a `zfssa_state_dir`.
    pub left_behind: Vec<String>,
}

impl From<Declined> for Migration {
    fn from(declined: Declined) -> Migration {
        tracing::info!(reason = declined.reason, "not migrated by replication");
        Migration {
            declined: Some(declined.decline),
            reason: declined.reason,
            ..Migration::default()
        }
    }
}

impl Operation for MigrateVolume {
    const NAME: &'static str = "migrate_volume";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .errors(&[
            Status::VolumeNotFound,
            Status::VolumeBusy,
            Status::PoolNotOwned,
        ])
        .locks(&[Lock::volume("the volume")])
        .journalled("all of it");
    type Output = Migration;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Migration> {
        let mut location = match self.location() {
            Ok(location) => location,
            Err(declined) => return Ok(declined.into()),
        };
        let route = MigrationEndpoints::new(
            driver,
            &location.host,
            self.given(),
            location.account.take(),
        );
        let migrated = self.migrate(driver, scope, &route, &location).await;
        route.log_out().await;
        migrated
    }
}

impl MigrateVolume {
    fn given(&self) -> Option<Account> {
        (!self.login.is_empty()).then(|| Account {
            login: self.login.clone(),
            password: self.password.clone(),
        })
    }

    async fn migrate(
        &self,
        driver: &Driver,
        scope: &Scope,
        route: &MigrationEndpoints,
        location: &LocationInfo,
    ) -> Result<Migration> {
        // Waits for a live process that works on it.
        if let LeftOn::Flow(left) = driver.0.flows.left_on(scope, &self.name).await? {
            settle_before(driver, scope, *left, self.given()).await?;
        }
        let _held = driver.lock_volume(scope, &self.name).await?;
        let lun = match driver.volume(scope, &self.name).await {
            Ok(lun) => match Marker::of_source(&lun) {
                Some(mark) => {
                    let what = format!("migration of {}, whose journal is lost,", self.name);
                    let taken = roll_back_marked(driver, scope, &lun, mark, self.given()).await;
                    journal::settled(driver, scope, &what, &self.name, taken).await?;
                    driver.volume(scope, &self.name).await?
                }
                None => lun,
            },
            Err(absent) if absent.status() == Status::VolumeNotFound => {
                let there = self.arrived(scope, route, location).await?;
                return there.ok_or(absent);
            }
            Err(error) => return Err(error),
        };
        let preflight = match self.check(driver, scope, route, location, &lun).await? {
            Ok(preflight) => preflight,
            Err(declined) => return Ok(declined.into()),
        };
        lun.said_guid()?;
        let mut deletion = DeleteFlow::of_clone(driver, &lun).unwrap_or_else(|| DeleteFlow {
            name: lun.name.clone(),
            guid: lun.guid.clone(),
            ..DeleteFlow::default()
        });
        if !deletion.protected {
            deletion.outlived = deletion.is_outlived(driver, scope).await?;
            deletion.deferred_volumes = deletion.read_deferred_volumes(driver, scope).await;
        }
        let flow = MigrateFlow {
            name: lun.name.clone(),
            like: Likeness::of(&lun),
            host: location.host.clone(),
            pool: location.pool.clone(),
            project: location.project.clone(),
            target: preflight.target,
            asn: preflight.asn,
            keeps_managed: preflight.keeps_managed,
            keeps_operation: preflight.keeps_operation,
            keeps_since: preflight.keeps_since,
            keeps_policy: preflight.keeps_policy,
            begun: now(),
            before: lun.operation.clone(),
            inherits: lun.sources.inherits_replication.unwrap_or(true),
            deletion,
            action: None,
            copy: None,
            left: Vec::new(),
            stuck: false,
        };
        let flow = journal::run_in(driver, route, scope, flow).await?;
        Ok(Migration {
            migrated: true,
            guid: flow.copy.unwrap_or_default(),
            left_behind: flow.left,
            ..Migration::default()
        })
    }

    /// The volume is not here: an earlier call of this operation may have moved it.
    async fn arrived(
        &self,
        scope: &Scope,
        route: &MigrationEndpoints,
        location: &LocationInfo,
    ) -> Result<Option<Migration>> {
        let Ok(destination) = route.destination() else {
            return Ok(None);
        };
        let lun = destination
            .find_lun(scope, location.place(), &self.name)
            .await?;
        let mark = migrated(scope.id());
        let own = lun.filter(|lun| lun.operation.as_ref() == Some(&mark));
        Ok(own.map(|lun| Migration {
            migrated: true,
            guid: lun.guid,
            ..Migration::default()
        }))
    }
}

/// Recovers the flow of a dead process, with the account of this call.
async fn settle_before(
    driver: &Driver,
    scope: &Scope,
    left: Left,
    given: Option<Account>,
) -> Result<()> {
    if left.kind() != <MigrateFlow as Flow<MigrationEndpoints>>::KIND {
        return journal::settle(driver, scope, left).await;
    }
    let what = format!("{} of {}", left.kind(), left.name());
    let object = left.object().to_owned();
    let recovered = recover_migration(driver, scope, left, given).await;
    journal::settled(driver, scope, &what, &object, recovered).await
}
