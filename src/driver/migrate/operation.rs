//! Moving a volume to another appliance by replication.

use std::fmt;

use serde::Serialize;

use crate::driver::age::now;
use crate::driver::contract::{Changes, Contract, Lock};
use crate::driver::migrate::destination::MigrationEndpoints;
use crate::driver::migrate::flow::{Likeness, MigrateFlow};
use crate::driver::migrate::location_info::{Account, LocationInfo};
use crate::driver::migrate::marker::{Marker, migrated};
use crate::driver::migrate::preflight::{Decline, Declined};
use crate::driver::volume::delete_flow::DeleteFlow;
use crate::driver::{Driver, Operation};
use crate::error::{Result, Status};
use crate::flow::{Flow, Left, LeftOn, Verdict};
use crate::lock::{Key, Mode};
use crate::scope::Scope;
use crate::secret::Secret;

/// Moves a volume to another backend by replication between the appliances. Under its name it is
/// then a volume of the other backend.
///
/// Where that cannot be done the operation declines: a result that says why, and not an error.
/// The host then copies the bytes itself. An error says that the migration failed and that the
/// volume is where it was, unless its outcome says otherwise.
///
/// It takes the time that the data take: give the call a time limit that fits the volume.
///
/// Idempotent under the same operation id.
#[derive(Clone, Default)]
pub struct MigrateVolume {
    /// The LUN's name.
    pub name: String,
    /// Cinder's status of the volume; `None` where the host has none.
    pub status: Option<String>,
    /// `vendor_name` among the destination's capabilities; `None` where it is known to be right.
    pub vendor_name: Option<String>,
    /// `storage_protocol` among them; `None` where it is known to be right.
    pub storage_protocol: Option<String>,
    /// `location_info` among them, in the form of this library or of the former driver, whose
    /// second field holds a password.
    pub location_info: Secret,
    /// The user on the destination, where the host knows better than
    /// `zfssa_migration_destinations`; empty otherwise. Recovery knows the option alone.
    pub login: String,
    /// The user's password.
    pub password: Secret,
}

impl fmt::Debug for MigrateVolume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MigrateVolume")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What became of a migration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Migration {
    /// Whether the volume is at the destination now.
    pub migrated: bool,
    /// Why not; none when it is.
    pub declined: Option<Decline>,
    /// The same in one sentence for people; empty when it is.
    pub reason: String,
    /// The GUID that the volume has at the destination; empty when it is not there.
    pub guid: String,
    /// What could not be taken away at the source, in words for people. The volume has moved all
    /// the same; `recover` tries again, where there is a `zfssa_state_dir`.
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
        let route = driver.route(&location.host, self.given(), location.account.take());
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
        // One that a live process works on has to be waited for.
        if let LeftOn::Flow(left) = driver.0.flows.left_on(scope, &self.name).await? {
            driver.settle_before(scope, *left, self.given()).await?;
        }
        let _held = driver.lock_volume(scope, &self.name).await?;
        let lun = match driver.volume(scope, &self.name).await {
            Ok(lun) => match Marker::of_source(&lun) {
                Some(mark) => {
                    let what = format!("migration of {}, whose journal is lost,", self.name);
                    let taken = driver.take_back(scope, &lun, mark, self.given()).await;
                    driver.settled(scope, &what, &self.name, taken).await?;
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
        let mut deletion = driver
            .deletion_of_clone(&lun)
            .unwrap_or_else(|| DeleteFlow {
                name: lun.name.clone(),
                guid: lun.guid.clone(),
                ..DeleteFlow::default()
            });
        if !deletion.protected {
            deletion.outlived = deletion.is_outlived(driver, scope).await?;
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
            begun: now(),
            before: lun.operation.clone(),
            inherits: lun.inherits_replication.unwrap_or(true),
            deletion,
            action: None,
            copy: None,
            left: Vec::new(),
            stuck: false,
        };
        let flow = driver.run_flow_in(route, scope, flow).await?;
        Ok(Migration {
            migrated: true,
            guid: flow.copy.unwrap_or_default(),
            left_behind: flow.left,
            ..Migration::default()
        })
    }

    /// The volume is not here: perhaps this very operation, called before, moved it.
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

impl Driver {
    /// Settles what a dead process left, with the account that this call brings.
    async fn settle_before(&self, scope: &Scope, left: Left, given: Option<Account>) -> Result<()> {
        if left.kind() != <MigrateFlow as Flow<MigrationEndpoints>>::KIND {
            return self.settle(scope, left).await;
        }
        let what = format!("{} of {}", left.kind(), left.name());
        let object = left.object().to_owned();
        let recovered = self.recover_migration(scope, left, given).await;
        self.settled(scope, &what, &object, recovered).await
    }

    /// Settles a migration under the lock that it ran under.
    pub(in crate::driver) async fn recover_migration(
        &self,
        scope: &Scope,
        left: Left,
        given: Option<Account>,
    ) -> Result<Verdict> {
        let flow: MigrateFlow = left.state()?;
        let route = self.route(&flow.host, given, None);
        let key = Key::Lun(flow.name);
        let recovered = async {
            let _held = self.0.locks.all(scope, [(key, Mode::Alone)]).await?;
            let flows = &self.0.flows;
            flows.recover::<_, MigrateFlow>(&route, scope, left).await
        };
        let verdict = recovered.await;
        route.log_out().await;
        verdict
    }
}
