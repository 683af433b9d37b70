//! Attachment of a volume to a host.

use crate::appliance::{DEFAULT_GROUP, Group as _, InitiatorGroup, Lun, ProjectRef};
use crate::driver::attach::connection::{Connection, PresentedTo};
use crate::driver::attach::initiator_index::InitiatorIndex;
use crate::driver::attach::register::register;
use crate::driver::attach::registered_host::{Host, account, hold};
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::migrate::marker::Marker;
use crate::driver::operation::Operation;
use crate::error::{Error, Outcome, Result, Status};
use crate::lock::Mode;
use crate::scope::Scope;

/// Presents a volume to the host of an initiator, in addition to its present hosts.
#[derive(Clone, Debug, Default)]
pub struct InitializeConnection {
    /// The LUN's name.
    pub volume: String,
    /// Cinder's id of the volume, returned in the connection; empty: the name.
    pub volume_id: String,
    /// The host's iSCSI name.
    pub initiator: String,
    /// The host's name, which its initiator group gets if this attachment registers the host
    /// (`zfssa_register_hosts`); empty: not known.
    pub host_name: String,
    /// Refuses the attachment while the volume is presented to an initiator group that the host is
    /// not in.
    pub exclusive: bool,
}

impl Operation for InitializeConnection {
    const NAME: &'static str = "initialize_connection";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .errors(&[
            Status::VolumeNotFound,
            Status::VolumeBusy,
            Status::InvalidConnector,
            Status::SetupIncomplete,
            Status::PoolNotOwned,
        ])
        .locks(&[
            Lock::volume("the volume"),
            Lock::initiator("the host, if the configuration registers hosts").shared(),
            Lock::initiator("the host that is registered"),
        ])
        .budgets(&[
            budget("", 2, 2),
            budget("second host", 2, 2),
            budget("again", 2, 2),
            budget("a new host", 7, 7),
            budget("a registered host", 2, 2),
        ])
        .depth_reason(
            "a change of the presentation replaces the list of all groups, so the list is read \
             first; otherwise another host would be unmapped, or a migrating volume mapped. A new \
             host needs its initiator before its group, and its group before the presentation; the \
             initiator is read again when the group keeps it from being deleted",
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
            "initiator {initiator} is in no initiator group of the appliance; add it to one, name \
             it in zfssa_initiator_config and run do_setup, or set zfssa_register_hosts"
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

impl InitializeConnection {
    /// Presents a LUN of a project to a host and returns the connection. The caller holds the LUN's
    /// lock.
    pub(in crate::driver) async fn connect(
        &self,
        driver: &Driver,
        scope: &Scope,
        place: ProjectRef<'_>,
    ) -> Result<Connection> {
        let held = hold(driver, scope, &self.initiator, Mode::Shared).await?;
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
            // The group of another host may be one that this host joined since.
            Err(error)
                if error.outcome() == Outcome::None
                    && self.exclusive
                    && error.status() == Status::VolumeBusy =>
            {
                self.present_again(driver, scope, place).await
            }
            // The cached groups are out of date: a group is gone, the host left one, or was
            // registered just now.
            Err(error) if error.outcome() != Outcome::Unknown && is_about_groups(&error) => {
                driver.0.initiator_groups.forget();
                // Before the registration takes the lock alone.
                drop(held);
                match driver.config().register_hosts {
                    true => self.register_and_present(driver, scope, place).await,
                    false => self.present_again(driver, scope, place).await,
                }
            }
            other => other,
        };
        match presented {
            Ok(presented) => {
                let volume_id = match self.volume_id.as_str() {
                    "" => &self.volume,
                    id => id,
                };
                Ok(presented.connection(driver.config(), &target, volume_id))
            }
            Err(error) if error.is_not_found() => {
                let absent = driver.absence(scope, place, &self.volume, error, |answer| answer);
                Err(absent.await)
            }
            Err(error) => Err(error),
        }
    }

    /// Presents a LUN to a host once more, by the groups as they are now.
    async fn present_again(
        &self,
        driver: &Driver,
        scope: &Scope,
        place: ProjectRef<'_>,
    ) -> Result<PresentedTo> {
        let (groups, lun) = tokio::join!(
            driver.0.initiator_groups.read(driver.appliance(), scope),
            driver.volume_in(scope, place, &self.volume)
        );
        let (groups, lun) = (groups?, lun?);
        self.present_by(driver, scope, place, &groups, lun).await
    }

    /// Registers a host that is in no group, and presents the LUN to it. Holds the lock of the
    /// initiator, so that a detachment does not take the host away meanwhile.
    async fn register_and_present(
        &self,
        driver: &Driver,
        scope: &Scope,
        place: ProjectRef<'_>,
    ) -> Result<PresentedTo> {
        let mode = if canary!("host-registered-without-lock") {
            Mode::Shared
        } else {
            Mode::Alone
        };
        let _held = hold(driver, scope, &self.initiator, mode).await?;
        let host = Host {
            iqn: &self.initiator,
            name: &self.host_name,
        };
        let registered = register(driver, scope, host).await?;
        // The LUN is read after the registration: its new presentation is computed from that.
        let presented = async {
            let lun = driver.volume_in(scope, place, &self.volume).await?;
            self.present_by(driver, scope, place, &registered.groups, lun)
                .await
        };
        presented.await.map_err(|error| registered.named_in(error))
    }

    async fn present_by(
        &self,
        driver: &Driver,
        scope: &Scope,
        place: ProjectRef<'_>,
        groups: &InitiatorIndex,
        lun: Lun,
    ) -> Result<PresentedTo> {
        let there: Vec<String> = lun.presentation().names();
        self.present(driver, scope, place, groups, lun)
            .await
            .map_err(|error| one_group_only(&self.volume, &there, error))
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
        self.must_be_free(&lun, &candidates)?;
        let account = account(driver.config(), groups, &self.initiator);
        let Some(narrowest) = candidates.first().copied() else {
            // Before the host is registered for nothing.
            not_migrating(&lun)?;
            return match by_belief {
                Some(group) => PresentedTo::numbered(&lun, group, false, account),
                None => Err(in_no_group(&self.initiator)),
            };
        };
        if let Some(group) = &by_belief {
            self.must_be_in(driver, scope, group).await?;
        }
        let wanted = |lun: &Lun| {
            self.must_be_free(lun, &candidates)?;
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
        PresentedTo::numbered(&lun, group, done.changed, account)
    }

    /// Fails for an exclusive attachment of a LUN that other hosts see.
    fn must_be_free(&self, lun: &Lun, candidates: &[&str]) -> Result<()> {
        let presented = lun.presentation().groups();
        let others: Vec<&str> = presented
            .filter(|group| self.exclusive && !candidates.contains(group))
            .collect();
        if others.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            Status::VolumeBusy,
            format!(
                "volume {} is presented to {}: detach it there first, or attach it to several \
                 hosts",
                lun.name,
                others.join(", ")
            ),
        ))
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
        rollback.count_rollback();
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
}
