//! Detachment of a volume from one host or from all.

use serde::Serialize;

use crate::appliance::{
    Appliance, DEFAULT_GROUP, Group as _, Lun, LunChange, Presentation, ProjectRef,
};
use crate::driver::attach::connections::without;
use crate::driver::attach::initiator_index::{InitiatorIndex, others};
use crate::driver::attach::registered_host::{digest_in, is_own};
use crate::driver::attach::unregister::unregister;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::operation::Operation;
use crate::driver::request::one_or_every::OneOrEvery;
use crate::error::{Error, Result, Status};
use crate::lock::{Held, Key, Overlap};
use crate::scope::Scope;

/// Detaches a volume from one host, or from all. With `zfssa_unregister_hosts` the last detachment
/// of a registered host deletes its initiator and its initiator group; a failure to delete them is
/// logged, and no error of the detachment.
#[derive(Clone, Debug, Default)]
pub struct TerminateConnection {
    /// The LUN's name.
    pub volume: String,
    /// The host's iSCSI name; or every host.
    pub initiator: OneOrEvery,
    /// Initiators that still use the volume and must keep it: one entry for each other attachment,
    /// so that the host's own initiator is in it once for each further attachment of the same host.
    /// An attachment whose detach call has not returned yet counts. `None`: not known; then the
    /// volume stays presented to an initiator group that has other members, too.
    ///
    /// If several attachments of one host end at the same time, each call still lists the others.
    /// Overlapping calls of this process account for each other, and the last of them unmaps the
    /// volume. Calls of several processes do not: the volume then stays presented to the host until
    /// it is detached once more.
    pub still_attached: Option<Vec<String>>,
}

/// Presentation that is left after a detach.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Detached {
    /// Whether the volume is still presented to the host, through a group that had to be kept.
    pub still_presented: bool,
    /// Every initiator group that the volume is presented to now.
    pub initiator_groups: Vec<String>,
    /// Whether this call changed the presentation.
    pub changed: bool,
}

impl Operation for TerminateConnection {
    const NAME: &'static str = "terminate_connection";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .errors(&[Status::PoolNotOwned])
        .locks(&[
            Lock::volume("the volume"),
            Lock::initiator("the host that is unregistered"),
        ])
        .budgets(&[
            budget("", 3, 2),
            budget("all hosts", 2, 2),
            budget("a registered host", 6, 3),
            budget("the last volume of a registered host", 11, 7),
        ])
        .depth_reason(
            "a change of the presentation replaces the list of all groups, so the list is read \
             first, and which hosts are in them at the same time. The group of a registered host \
             goes when no LUN is presented to it, and its initiator when no group holds it",
        );
    type Output = Detached;

    fn resource(&self) -> String {
        self.volume.clone()
    }

    async fn run(mut self, driver: &Driver, scope: &Scope) -> Result<Detached> {
        let every = self.initiator == OneOrEvery::Every;
        if every && self.still_attached.iter().flatten().next().is_some() {
            return Err(Error::invalid_argument(
                "still_attached",
                "given",
                "it goes with one initiator; every host is to lose the volume",
            ));
        }
        let Some(host) = self.initiator.name("initiator", "every host")? else {
            let held = driver.lock_volume(scope, &self.volume).await?;
            let detached = self.detach(driver, scope, None).await;
            return self.finish(driver, scope, held, detached).await;
        };
        let host = host.to_owned();
        // Registered before the wait for the lock, so that the present holder notices this call.
        let key = Key::Lun(self.volume.clone());
        let call = driver
            .0
            .locks
            .overlap(&key, &host.to_ascii_lowercase(), scope.id());
        let held = driver.lock_volume(scope, &self.volume).await?;
        self.discount(&host, &call);
        let detached = self.detach(driver, scope, Some(&host)).await;
        if detached.is_ok() {
            call.end();
        }
        self.finish(driver, scope, held, detached).await
    }
}

/// A detached volume, and the groups of registered hosts that may have lost their last LUN.
type Done = (Detached, Vec<String>);

impl TerminateConnection {
    /// Frees the volume, and unregisters the hosts that lost their last one.
    async fn finish(
        &self,
        driver: &Driver,
        scope: &Scope,
        held: Held,
        detached: Result<Done>,
    ) -> Result<Detached> {
        let (detached, groups) = match detached {
            Ok(detached) => detached,
            Err(error) => {
                driver.keep_in_doubt(held, &error);
                return Err(error);
            }
        };
        // Another attachment of the volume need not wait for this.
        drop(held);
        for group in groups {
            unregister(driver, scope, &group).await;
        }
        Ok(detached)
    }

    /// The groups of registered hosts that may be deleted after a detachment: those of the host, or
    /// those that were unmapped, unless the volume is presented to them.
    fn left_alone(
        &self,
        driver: &Driver,
        of_host: Option<(&str, &InitiatorIndex)>,
        seen: &[String],
        left: &[String],
    ) -> Vec<String> {
        if !driver.config().unregister_hosts {
            return Vec::new();
        }
        let groups: Vec<&str> = match of_host {
            Some((host, groups)) => {
                let own = groups.of(host).into_iter().filter(|group| is_own(group));
                own.map(|group| group.name.as_str()).collect()
            }
            None => seen.iter().map(String::as_str).collect(),
        };
        let groups = groups.into_iter().filter(|group| {
            digest_in(group).is_some() && !left.iter().any(|presented| presented == group)
        });
        groups.map(str::to_owned).collect()
    }

    /// Removes the attachments of the host from `still_attached` whose detach calls ended since
    /// this one began. While other calls wait, the volume is kept for them: the last of them unmaps
    /// it.
    fn discount(&mut self, host: &str, call: &Overlap) {
        let Some(still) = &mut self.still_attached else {
            return;
        };
        let mut ended = match call.others() {
            0 => call.ended(),
            _ => 0,
        };
        still.retain(|one| {
            let is_over = ended > 0 && one.eq_ignore_ascii_case(host);
            ended -= usize::from(is_over);
            !is_over
        });
    }

    /// Detaches the volume from one host, or from all. The caller holds the LUN's lock.
    async fn detach(&self, driver: &Driver, scope: &Scope, host: Option<&str>) -> Result<Done> {
        let (appliance, place) = (driver.appliance(), driver.place());
        let (lun, groups) = tokio::join!(driver.find_volume(scope, &self.volume), async {
            if host.is_none() {
                return Ok(None);
            }
            // Whether a group may be unmapped depends on its other members: read them, do not
            // use the cache.
            driver
                .0
                .initiator_groups
                .read(driver.appliance(), scope)
                .await
                .map(Some)
        });
        let lun = lun?;
        let groups = groups?;
        let of_host = host.zip(groups.as_deref());
        let Some(lun) = lun else {
            return Ok((
                Detached::absent(),
                self.left_alone(driver, of_host, &[], &[]),
            ));
        };
        // Unmaps the present groups. If the change is repeated, a group that was added meanwhile
        // stays.
        let seen: Vec<String> = lun.presentation().names();
        let goes = |group: &str| match of_host {
            Some((host, groups)) => !self.keeps(host, groups, group),
            None => seen.iter().any(|one| one == group),
        };
        let wanted = |lun: &Lun| {
            if let Some((_, groups)) = of_host {
                let present: Vec<&str> = lun.presentation().groups().collect();
                groups.must_be_read(&present)?;
            }
            Ok(without(lun, |group| !goes(group)))
        };
        let done = appliance.change_viewers(scope, place, lun, &wanted).await;
        let done = match done {
            Err(error) if error.is_not_found() => {
                return match driver.find_volume(scope, &self.volume).await {
                    Ok(None) => Ok((
                        Detached::absent(),
                        self.left_alone(driver, of_host, &seen, &[]),
                    )),
                    Ok(Some(_)) => Err(error.with_status(Status::StateChanged)),
                    Err(blind) => Err(blind.joined_by(error)),
                };
            }
            done => done?,
        };
        let left: Vec<String> = done.object.presentation().names();
        let reaches = |group: &String| match of_host {
            Some((host, groups)) => {
                group == DEFAULT_GROUP || groups.named(group).is_some_and(|group| group.holds(host))
            }
            None => false,
        };
        let alone = self.left_alone(driver, of_host, &seen, &left);
        let detached = Detached {
            still_presented: left.iter().any(reaches),
            initiator_groups: left,
            changed: done.changed,
        };
        Ok((detached, alone))
    }

    /// Whether the volume must stay presented to a group.
    fn keeps(&self, host: &str, groups: &InitiatorIndex, name: &str) -> bool {
        let still = self.still_attached.as_deref();
        if name == DEFAULT_GROUP {
            // The group of all hosts.
            return still.is_none_or(|still| !still.is_empty());
        }
        let Some(group) = groups.named(name) else {
            return true;
        };
        if !group.holds(host) {
            return true;
        }
        match still {
            Some(still) => group
                .initiators
                .iter()
                .any(|member| still.iter().any(|one| one.eq_ignore_ascii_case(member))),
            None => others(group, host).next().is_some(),
        }
    }
}

impl Detached {
    /// Result for a volume that does not exist: it is presented to no host.
    fn absent() -> Detached {
        Detached {
            still_presented: false,
            initiator_groups: Vec::new(),
            changed: false,
        }
    }
}

/// Masks a LUN, so that no host sees it, and returns it as it is then.
pub(in crate::driver) async fn hide(
    appliance: &Appliance,
    scope: &Scope,
    place: ProjectRef<'_>,
    name: &str,
) -> Result<Lun> {
    let change = LunChange {
        initiator_groups: Some(Presentation::masked()),
        ..LunChange::default()
    };
    appliance.change_lun(scope, place, name, &change).await
}
