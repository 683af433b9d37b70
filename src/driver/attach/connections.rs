//! Attachment of a volume to a host, and the connection that the host gets.

use serde::{Serialize, Serializer};

use crate::appliance::{DEFAULT_GROUP, Group as _, InitiatorGroup, Lun, ProjectRef};
use crate::config::Chap;
use crate::driver::attach::initiator_index::InitiatorIndex;
use crate::driver::attach::target::TargetAddress;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::migrate::marker::Marker;
use crate::driver::operation::Operation;
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;
use crate::secret::Secret;

/// Presents a volume to the host of an initiator, in addition to its present hosts.
#[derive(Clone, Debug, Default)]
pub struct InitializeConnection {
    /// The LUN's name.
    pub volume: String,
    /// Cinder's id of the volume, returned in the connection; empty: the name.
    pub volume_id: String,
    /// The host's iSCSI name.
    pub initiator: String,
}

/// Connection of a host to a volume, with the names of Cinder's connection properties.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Connection {
    /// Always `iscsi`.
    pub driver_volume_type: &'static str,
    /// Always false: the host need not discover.
    pub target_discovered: bool,
    /// The first portal, `address:port`.
    pub target_portal: String,
    /// The target's iSCSI name.
    pub target_iqn: String,
    /// The LU number for this host.
    pub target_lun: u32,
    /// Every portal; aligned with `target_iqns` and `target_luns`.
    pub target_portals: Vec<String>,
    /// The target's name at each portal.
    pub target_iqns: Vec<String>,
    /// The LU number at each portal.
    pub target_luns: Vec<u32>,
    /// As given in the request.
    pub volume_id: String,
    /// CHAP account of the host, if the target requires one.
    pub auth: Option<ConnectionAuth>,
    /// CHAP account of the target, if both the host and the target have one: mutual CHAP.
    pub target_auth: Option<ConnectionAuth>,
    /// Whether the host may send discards.
    pub discard: bool,
    /// Initiator groups through which the volume is presented to the host.
    pub initiator_groups: Vec<String>,
    /// Whether this call changed the presentation.
    pub changed: bool,
}

/// CHAP account of a host or a target.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ConnectionAuth {
    /// Always `CHAP`.
    pub method: &'static str,
    /// CHAP name.
    pub username: String,
    /// CHAP secret; `***` in JSON.
    #[serde(serialize_with = "masked")]
    pub password: Secret,
}

impl From<&Chap> for ConnectionAuth {
    fn from(chap: &Chap) -> ConnectionAuth {
        ConnectionAuth {
            method: "CHAP",
            username: chap.user.clone(),
            password: chap.secret.clone(),
        }
    }
}

fn masked<S: Serializer>(_: &Secret, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str("***")
}

impl Operation for InitializeConnection {
    const NAME: &'static str = "initialize_connection";
    const CONTRACT: Contract = Contract::of(Changes::One)
        .errors(&[
            Status::VolumeNotFound,
            Status::VolumeBusy,
            Status::InvalidConnector,
            Status::SetupIncomplete,
            Status::PoolNotOwned,
        ])
        .locks(&[Lock::volume("the volume")])
        .budgets(&[
            budget("", 2, 2),
            budget("second host", 2, 2),
            budget("again", 2, 2),
        ])
        .depth_reason(
            "a change of the presentation replaces the list of all groups, so the list is read \
             first; otherwise another host would be unmapped, or a migrating volume mapped",
        );
    type Output = Connection;

    fn resource(&self) -> String {
        self.volume.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Connection> {
        if self.initiator.is_empty() {
            return Err(Error::new(
                Status::InvalidConnector,
                "the connector has no initiator; give the host's iSCSI name",
            ));
        }
        let held = driver.lock_volume(scope, &self.volume).await?;
        let connected = self.connect(driver, scope, driver.place()).await;
        connected.inspect_err(|error| driver.keep_in_doubt(held, error))
    }
}

fn is_about_groups(error: &Error) -> bool {
    matches!(
        error.status(),
        Status::InvalidConnector | Status::InvalidValue
    )
}

/// Error of a refusal to present a LUN to one more group, although all groups exist.
fn one_group_only(volume: &str, present: &[String], error: Error) -> Error {
    if present.is_empty() || error.status() != Status::InvalidValue {
        return error;
    }
    error.with_context(format!(
        "volume {volume} is presented to {}, and the appliance refuses a second initiator group; \
         software before 2013.1.3 presents a LUN to one group only: update the appliance, or \
         detach the volume first",
        present.join(", ")
    ))
}

fn in_no_group(initiator: &str) -> Error {
    Error::new(
        Status::InvalidConnector,
        format!(
            "initiator {initiator} is in no initiator group of the appliance; add it to one, or \
             name it in zfssa_initiator_config and run do_setup"
        ),
    )
}

/// Fails if a LUN is the source of a migration, which will delete it, or a copy that is not a
/// volume yet.
fn not_migrating(lun: &Lun) -> Result<()> {
    let mark = Marker::of_source(lun).or_else(|| Marker::of_copy(lun));
    let Some(mark) = mark.filter(|_| !canary!("migrating-volume-attached")) else {
        return Ok(());
    };
    Err(Error::new(
        Status::VolumeBusy,
        format!(
            "volume {} migrates to pool {} of {} since {} s (operation {}); attach it when that is \
             over, or recover the migration where its process is dead",
            lun.name,
            mark.pool,
            mark.host,
            mark.age(),
            mark.maker.id()
        ),
    ))
}

/// The groups of a LUN that are kept; `None` if all are.
pub(in crate::driver) fn without(lun: &Lun, stays: impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let there = lun.presentation().groups().count();
    let left: Vec<String> = lun
        .presentation()
        .groups()
        .filter(|group| stays(group))
        .map(str::to_owned)
        .collect();
    (left.len() != there).then_some(left)
}

/// A LUN that is presented to a host.
struct PresentedTo {
    group: String,
    number: u32,
    changed: bool,
}

impl InitializeConnection {
    /// Presents a LUN of a project to a host and returns the connection. The caller holds the LUN's
    /// lock.
    pub(in crate::driver) async fn connect(
        &self,
        driver: &Driver,
        scope: &Scope,
        place: ProjectRef<'_>,
    ) -> Result<Connection> {
        let (target, groups, lun) = tokio::join!(
            driver
                .0
                .target
                .get(driver.appliance(), driver.config(), &driver.0.local, scope),
            driver.0.initiator_groups.get(driver.appliance(), scope),
            driver.volume_in(scope, place, &self.volume),
        );
        let (target, groups, lun) = (target?, groups?, lun?);
        lun.must_be_online()?;
        let presented = self.present(driver, scope, place, &groups, lun).await;
        let presented = match presented {
            // The cached groups are out of date: a group is gone, the host left one, or was
            // registered just now.
            Err(error) if error.outcome() != Outcome::Unknown && is_about_groups(&error) => {
                driver.0.initiator_groups.forget();
                let (groups, lun) = tokio::join!(
                    driver.0.initiator_groups.read(driver.appliance(), scope),
                    driver.volume_in(scope, place, &self.volume)
                );
                let (groups, lun) = (groups?, lun?);
                let there: Vec<String> = lun.presentation().names();
                self.present(driver, scope, place, &groups, lun)
                    .await
                    .map_err(|error| one_group_only(&self.volume, &there, error))
            }
            other => other,
        };
        match presented {
            Ok(presented) => Ok(self.connection(driver, &target, presented)),
            Err(error) if error.is_not_found() => {
                let absent = driver.absence(scope, place, &self.volume, error, |answer| answer);
                Err(absent.await)
            }
            Err(error) => Err(error),
        }
    }

    /// Presents a LUN to a host, unless it is presented already, and keeps its other hosts.
    async fn present(
        &self,
        driver: &Driver,
        scope: &Scope,
        place: ProjectRef<'_>,
        groups: &InitiatorIndex,
        lun: Lun,
    ) -> Result<PresentedTo> {
        let candidates = self.candidates(driver, groups);
        let sees = |lun: &Lun| {
            let mut presented = lun.presentation().groups();
            let group = presented.find(|one| *one == DEFAULT_GROUP || candidates.contains(one));
            group.map(str::to_owned)
        };
        let by_belief = sees(&lun);
        // The narrowest group: the same LU number, and the fewest other hosts.
        let Some(narrowest) = candidates.first().copied() else {
            return match by_belief {
                Some(group) => not_migrating(&lun).and_then(|()| numbered(&lun, group, false)),
                None => Err(in_no_group(&self.initiator)),
            };
        };
        if let Some(group) = &by_belief {
            self.must_be_in(driver, scope, group).await?;
        }
        let wanted = |lun: &Lun| {
            if sees(lun).is_some() {
                return Ok(None);
            }
            not_migrating(lun)?;
            let mut union: Vec<String> = lun.presentation().names();
            union.push(narrowest.to_owned());
            Ok(Some(union))
        };
        let appliance = driver.appliance();
        let done = appliance.change_viewers(scope, place, lun, &wanted).await?;
        let lun = done.object;
        // A migration that began between the read and the change may have missed the change, so the
        // migration's marker is checked after it: one of the two notices the other.
        if let Err(migrates) = not_migrating(&lun) {
            return Err(match done.changed {
                true => Self::hide_again(driver, scope, place, lun, narrowest, migrates).await,
                false => migrates,
            });
        }
        let group = sees(&lun).unwrap_or_else(|| narrowest.to_owned());
        numbered(&lun, group, done.changed)
    }

    /// The groups through which a LUN may be presented to a host, the narrowest first.
    fn candidates<'a>(&self, driver: &Driver, groups: &'a InitiatorIndex) -> Vec<&'a str> {
        let of_host = groups.of(&self.initiator);
        let mut candidates: Vec<&str> = of_host.iter().map(|group| group.name.as_str()).collect();
        if candidates.is_empty() && driver.config().default_group {
            candidates.push(DEFAULT_GROUP);
        }
        candidates
    }

    /// Fails unless an initiator is in a group now: an administrator may have removed it since the
    /// groups were read.
    async fn must_be_in(&self, driver: &Driver, scope: &Scope, group: &str) -> Result<()> {
        if group == DEFAULT_GROUP {
            return Ok(());
        }
        let found: Option<InitiatorGroup> = driver.appliance().find_group(scope, group).await?;
        match found {
            Some(found) if found.holds(&self.initiator) => Ok(()),
            _ => Err(in_no_group(&self.initiator)),
        }
    }

    /// Rolls back the presentation of an attachment; returns the error of the call.
    async fn hide_again(
        driver: &Driver,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: Lun,
        group: &str,
        cause: Error,
    ) -> Error {
        let name = lun.name.clone();
        let wanted = |lun: &Lun| Ok(without(lun, |one| one != group));
        let rollback = scope.for_rollback();
        let rolled_back = driver
            .appliance()
            .change_viewers(&rollback, place, lun, &wanted);
        match rolled_back.await {
            Ok(_) => cause.with_outcome(Outcome::RolledBack),
            // It was deleted with its source, or never existed.
            Err(gone) if gone.is_not_found() => cause.with_outcome(Outcome::RolledBack),
            Err(error) => cause
                .with_outcome(Outcome::Partial)
                .with_left_behind([format!("the presentation of volume {name} to {group}")])
                .with_cause(error),
        }
    }

    /// CHAP account of a registered host.
    fn chap<'a>(&self, driver: &'a Driver) -> Option<&'a Chap> {
        let groups = driver.config().initiator_groups.iter();
        let known = groups
            .flat_map(|group| &group.initiators)
            .find(|initiator| initiator.iqn.eq_ignore_ascii_case(&self.initiator));
        known.and_then(|initiator| initiator.chap.as_ref())
    }

    fn connection(
        &self,
        driver: &Driver,
        target: &TargetAddress,
        presented: PresentedTo,
    ) -> Connection {
        let config = driver.config();
        let portals = target.portals.clone();
        // Hosts without an account get the target's, as from the former driver.
        let (host, of_target) = (self.chap(driver), config.target_chap.as_ref());
        let volume_id = if self.volume_id.is_empty() {
            self.volume.clone()
        } else {
            self.volume_id.clone()
        };
        Connection {
            driver_volume_type: "iscsi",
            target_discovered: false,
            target_portal: portals.first().cloned().unwrap_or_default(),
            target_iqn: target.iqn.clone(),
            target_lun: presented.number,
            target_iqns: vec![target.iqn.clone(); portals.len()],
            target_luns: vec![presented.number; portals.len()],
            target_portals: portals,
            volume_id,
            auth: host.or(of_target).map(ConnectionAuth::from),
            target_auth: host.and(of_target).map(ConnectionAuth::from),
            discard: config.report_discard_supported,
            initiator_groups: vec![presented.group],
            changed: presented.changed,
        }
    }
}

fn numbered(lun: &Lun, group: String, changed: bool) -> Result<PresentedTo> {
    let number = lun.number_for(&group).ok_or_else(|| {
        Error::new(
            Status::Protocol,
            format!(
                "the appliance lists no LU number of volume {} for group {group}",
                lun.name
            ),
        )
        .with_outcome(if changed {
            Outcome::Applied
        } else {
            Outcome::None
        })
    })?;
    Ok(PresentedTo {
        group,
        number,
        changed,
    })
}
