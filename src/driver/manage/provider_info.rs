//! Provider ids of volumes and snapshots, and the name of a migrated volume.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::appliance::{List, Lun, LunChange};
use crate::driver::age::since_now;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::manage::candidates::KnownObject;
use crate::driver::naming::{id_of, refuse_deferred};
use crate::driver::operation::Operation;
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// A snapshot that the host knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownSnapshot {
    /// Cinder's id.
    pub id: String,
    /// The name on the appliance.
    pub name: String,
    /// The name of its volume on the appliance.
    pub volume: String,
}

/// Reports which of Cinder's volumes and snapshots exist, and their ids on the appliance.
#[derive(Clone, Debug, Default)]
pub struct UpdateProviderInfo {
    /// Volumes on this backend.
    pub volumes: Vec<KnownObject>,
    /// Snapshots on this backend.
    pub snapshots: Vec<KnownSnapshot>,
}

/// Existing and missing objects.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ProviderInfo {
    /// The volumes that exist; the provider id is the LUN's GUID, which a rename does not change.
    pub volumes: Vec<ProviderId>,
    /// The snapshots that exist; the provider id is `<GUID of the LUN>@<name>`.
    pub snapshots: Vec<ProviderId>,
    /// Cinder's ids of volumes that do not exist.
    pub missing_volumes: Vec<String>,
    /// Cinder's ids of snapshots that do not exist.
    pub missing_snapshots: Vec<String>,
}

/// Two ids of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProviderId {
    /// Cinder's.
    pub id: String,
    /// The appliance's.
    pub provider_id: String,
}

/// Renames a volume that was migrated to this backend to the name of the volume that it replaces.
///
/// If that name is taken, because source and destination are one project, the volume keeps its
/// name, and [`MigratedVolume::name_id`] reports it: a result, not an error.
///
/// Idempotent where the GUID is given. Without it, a copy that is not there under its own name
/// is an error, even when there is a volume of the original name: that may be the source, which
/// Cinder deletes next.
#[derive(Clone, Debug, Default)]
pub struct UpdateMigratedVolume {
    /// The name of the volume that was migrated, `volume-<its id>`.
    pub original_name: String,
    /// The name that the copy on this backend has, `volume-<another id>`.
    pub current_name: String,
    /// That other id. Empty: taken from the name.
    pub current_id: String,
    /// The GUID of the copy, as its provider id says. Empty: not known.
    pub current_guid: String,
}

/// Name of a migrated volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MigratedVolume {
    /// Cinder's `_name_id`: `None` when the volume has the original name.
    pub name_id: Option<String>,
    /// The name that it has.
    pub name: String,
    /// Whether this call renamed it.
    pub renamed: bool,
}

impl Operation for UpdateProviderInfo {
    const NAME: &'static str = "update_provider_info";
    const CONTRACT: Contract = Contract::of(Changes::Nothing)
        .errors(&[Status::PoolNotOwned])
        .budgets(&[budget("", 2, 1)]);
    type Output = ProviderInfo;

    fn resource(&self) -> String {
        String::new()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<ProviderInfo> {
        let (luns, snapshots) = tokio::join!(driver.luns_of_project(scope), async {
            if self.snapshots.is_empty() {
                return Ok(List::default());
            }
            driver.appliance().all_snapshots(scope).await
        });
        let ((luns, odd_luns), (snapshots, odd_snapshots)) = (luns?.parts(), snapshots?.parts());
        let there_luns: HashMap<&str, &Lun> =
            luns.iter().map(|lun| (lun.name.as_str(), lun)).collect();
        let place = driver.place();
        let there: HashSet<(&str, &str)> = snapshots
            .iter()
            .filter(|snapshot| snapshot.is_in(place))
            .filter_map(|snapshot| Some((snapshot.lun()?, snapshot.name.as_str())))
            .collect();
        // An unreadable object of the host is not missing.
        let odd_lun = |name: &str| odd_luns.iter().find(|odd| odd.may_be_called(name));
        let odd_snapshot = |one: &KnownSnapshot| {
            odd_snapshots.iter().find(|odd| {
                let of_volume = odd.may_be_in(place) && odd.may_be("share", &one.volume);
                of_volume && odd.may_be_called(&one.name)
            })
        };
        let guid_of = |name: &str| match there_luns.get(name) {
            Some(lun) => lun.said_guid().map(|guid| Some(guid.to_owned())),
            None => odd_lun(name).map_or(Ok(None), |odd| Err(odd.error())),
        };
        let mut info = ProviderInfo {
            volumes: Vec::new(),
            snapshots: Vec::new(),
            missing_volumes: Vec::new(),
            missing_snapshots: Vec::new(),
        };
        for volume in self.volumes {
            match guid_of(&volume.name)? {
                Some(provider_id) => info.volumes.push(ProviderId {
                    id: volume.id,
                    provider_id,
                }),
                None => info.missing_volumes.push(volume.id),
            }
        }
        for snapshot in self.snapshots {
            let guid = guid_of(&snapshot.volume)?;
            let found = there.contains(&(snapshot.volume.as_str(), snapshot.name.as_str()));
            if let (false, Some(odd)) = (found, odd_snapshot(&snapshot)) {
                return Err(odd.error());
            }
            match guid.filter(|_| found) {
                Some(guid) => info.snapshots.push(ProviderId {
                    id: snapshot.id,
                    provider_id: format!("{guid}@{}", snapshot.name),
                }),
                None => info.missing_snapshots.push(snapshot.id),
            }
        }
        Ok(info)
    }
}

impl Operation for UpdateMigratedVolume {
    const NAME: &'static str = "update_migrated_volume";
    const CONTRACT: Contract = Contract::of(Changes::One)
        .errors(&[Status::VolumeNotFound, Status::PoolNotOwned])
        .locks(&[
            Lock::volume("the name that it has"),
            Lock::volume("the name that it gets"),
        ])
        .budgets(&[budget("", 1, 1), budget("back", 1, 1)]);
    type Output = MigratedVolume;

    fn resource(&self) -> String {
        self.original_name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<MigratedVolume> {
        let (original, current) = (self.original_name.as_str(), self.current_name.as_str());
        refuse_deferred(current)?;
        let (appliance, place) = (driver.appliance(), driver.place());
        let _held = driver.lock_volumes(scope, &[original, current]).await?;
        let named = |renamed| MigratedVolume {
            name_id: None,
            name: original.to_owned(),
            renamed,
        };
        // From now on the host uses this name.
        let since = since_now();
        let change = LunChange {
            name: Some(original),
            since: Some(&since),
            ..LunChange::default()
        };
        match appliance.change_lun(scope, place, current, &change).await {
            Ok(lun) if change.shows_in(&lun) => Ok(named(current != original)),
            Ok(lun) => Err(Error::new(
                Status::StateChanged,
                format!(
                    "volume {current} was to be called {original} and is {}",
                    lun.name
                ),
            )
            .with_outcome(Outcome::Unknown)),
            Err(error) if error.status() == Status::Exists => {
                match appliance.find_lun(scope, place, original).await {
                    Ok(Some(_)) => {}
                    Ok(None) => return Err(error.with_status(Status::StateChanged)),
                    Err(blind) => return Err(error.joined_by(blind)),
                }
                Ok(MigratedVolume {
                    name_id: Some(if self.current_id.is_empty() {
                        id_of(current).to_owned()
                    } else {
                        self.current_id.clone()
                    }),
                    name: current.to_owned(),
                    renamed: false,
                })
            }
            Err(error) if error.is_not_found() => {
                // Perhaps an earlier call renamed it.
                let there = match driver.find_volume(scope, original).await {
                    Ok(there) => there,
                    Err(blind) => return Err(blind.joined_by(error)),
                };
                let is_copy = match there.filter(|_| !self.current_guid.is_empty()) {
                    Some(lun) => lun.is_same(&self.current_guid)?,
                    None => false,
                };
                match is_copy {
                    true => Ok(named(false)),
                    false => Err(driver
                        .absence(scope, place, current, error, |answer| answer)
                        .await),
                }
            }
            Err(error) => Err(error),
        }
    }
}
