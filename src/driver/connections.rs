//! Presenting volumes to hosts, and taking them away.

use serde::{Serialize, Serializer};

use crate::appliance::{Group as _, Groups as Presented, Lun, LunChange, Place};
use crate::config::Chap;
use crate::driver::every::OneOrEvery;
use crate::driver::facts::{Changes, Facts, Lock, budget};
use crate::driver::hosts::{EVERYBODY, Groups, TargetAddress, others};
use crate::driver::{Driver, Operation};
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;
use crate::secret::Secret;

/// Presents a volume to the host of an initiator, beside the hosts that have it already.
#[derive(Clone, Debug, Default)]
pub struct InitializeConnection {
    /// The LUN's name.
    pub volume: String,
    /// Cinder's id of the volume, handed back in the connection; empty: the name.
    pub volume_id: String,
    /// The host's iSCSI name.
    pub initiator: String,
}

/// Takes a volume away from one host, or from all.
#[derive(Clone, Debug, Default)]
pub struct TerminateConnection {
    /// The LUN's name.
    pub volume: String,
    /// The host's iSCSI name; or every host.
    pub initiator: OneOrEvery,
    /// Initiators that still use the volume and must keep it; the host's own where it has the
    /// volume attached once more. `None`: not known, in which case an initiator group that holds
    /// other initiators too keeps the volume.
    pub still_attached: Option<Vec<String>>,
}

/// How a host reaches a volume, in the words of Cinder's connection properties.
#[derive(Clone, Debug, Serialize)]
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
    /// CHAP, when the target asks for it.
    pub auth: Option<ConnectionAuth>,
    /// What the target proves itself with, when the host asks it to: mutual CHAP, where both the
    /// host and the target have an account of their own.
    pub target_auth: Option<ConnectionAuth>,
    /// Whether the host may send discards.
    pub discard: bool,
    /// The initiator groups through which the host sees the volume.
    pub initiator_groups: Vec<String>,
    /// Whether this very call presented it.
    pub changed: bool,
}

/// What a host, or a target, proves itself with.
#[derive(Clone, Debug, Serialize)]
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

/// What is left after a host was taken away.
#[derive(Clone, Debug, Serialize)]
pub struct Detached {
    /// Whether the host still sees the volume, through a group that had to be kept.
    pub still_presented: bool,
    /// Every initiator group that the volume is presented to now.
    pub initiator_groups: Vec<String>,
    /// Whether this very call changed anything.
    pub changed: bool,
}

impl Operation for InitializeConnection {
    const NAME: &'static str = "initialize_connection";
    const FACTS: Facts = Facts::of(Changes::One)
        .errors(&[
            Status::VolumeNotFound,
            Status::InvalidConnector,
            Status::SetupIncomplete,
            Status::PoolNotOwned,
        ])
        .locks(&[Lock::volume("the volume")])
        .budgets(&[
            budget("", 2, 2),
            budget("second host", 2, 2),
            budget("again", 1, 1),
        ]);
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
        let _held = driver.lock_volume(scope, &self.volume).await?;
        driver.connect(scope, driver.place(), &self).await
    }
}

fn is_about_groups(error: &Error) -> bool {
    matches!(
        error.status(),
        Status::InvalidConnector | Status::InvalidValue
    )
}

/// A refusal to present a LUN to one more group, though all groups exist: what it may mean.
fn beside(lun: &Lun, error: Error) -> Error {
    let present: Vec<&str> = lun.presented_to().collect();
    if present.is_empty() || error.status() != Status::InvalidValue {
        return error;
    }
    error.with_context(format!(
        "volume {} is presented to {}, and the appliance refuses another initiator group beside \
         it; software before 2013.1.3 presents a LUN to one group only",
        lun.name,
        list(&present)
    ))
}

/// A LUN that a host sees now.
struct PresentedTo {
    group: String,
    number: u32,
    changed: bool,
}

impl Driver {
    /// Presents a LUN of a project to a host and says how the host reaches it. The LUN's lock is
    /// held.
    pub(super) async fn connect(
        &self,
        scope: &Scope,
        place: Place<'_>,
        request: &InitializeConnection,
    ) -> Result<Connection> {
        let (target, groups, lun) = tokio::join!(
            self.target(scope),
            self.groups(scope),
            self.volume_in(scope, place, &request.volume),
        );
        let (target, groups, lun) = (target?, groups?, lun?);
        let initiator = request.initiator.as_str();
        let presented = match self.present(scope, place, initiator, &groups, &lun).await {
            // What was believed of the groups is no longer so: a group is gone, or the host
            // was registered a moment ago.
            Err(error) if error.outcome() != Outcome::Unknown && is_about_groups(&error) => {
                self.forget_groups();
                let groups = self.groups(scope).await?;
                self.present(scope, place, initiator, &groups, &lun)
                    .await
                    .map_err(|error| beside(&lun, error))?
            }
            other => other?,
        };
        Ok(self.connection(request, &target, presented))
    }

    /// Presents a LUN to a host, if it is not yet: the union of the hosts it has, and this one.
    async fn present(
        &self,
        scope: &Scope,
        place: Place<'_>,
        initiator: &str,
        groups: &Groups,
        lun: &Lun,
    ) -> Result<PresentedTo> {
        let mut candidates: Vec<&str> = groups
            .of(initiator)
            .iter()
            .map(|group| group.name.as_str())
            .collect();
        if candidates.is_empty() && self.config().default_group {
            candidates.push(EVERYBODY);
        }
        let seen = lun
            .presented_to()
            .find(|group| *group == EVERYBODY || candidates.contains(group));
        if let Some(group) = seen {
            return numbered(lun, group.to_owned(), false);
        }
        // The narrowest group: the same LUN number, and the fewest other hosts that see it.
        let Some(group) = candidates.first() else {
            return Err(Error::new(
                Status::InvalidConnector,
                format!(
                    "initiator {initiator} is in no initiator group of the appliance; add it to \
                     one, or name it in zfssa_initiator_config and run do_setup"
                ),
            ));
        };
        let mut union: Vec<String> = lun.presented_to().map(str::to_owned).collect();
        union.push((*group).to_owned());
        let change = LunChange {
            initiator_groups: Some(Presented::presented(union.clone())),
            ..LunChange::default()
        };
        let lun = self
            .appliance()
            .change_lun(scope, place, &lun.name, &change)
            .await?;
        let shown: Vec<&str> = lun.presented_to().collect();
        if let Some(missing) = union.iter().find(|group| !shown.contains(&group.as_str())) {
            return Err(Error::new(
                Status::StateChanged,
                format!(
                    "volume {} was to be presented to {missing} too and is presented to {}; \
                     somebody changes it at the same time",
                    lun.name,
                    list(&shown)
                ),
            )
            .with_outcome(Outcome::Unknown));
        }
        numbered(&lun, (*group).to_owned(), true)
    }

    /// The account that a host is registered with.
    fn chap_of(&self, iqn: &str) -> Option<&Chap> {
        let groups = self.config().initiator_groups.iter();
        let known = groups
            .flat_map(|group| &group.initiators)
            .find(|initiator| initiator.iqn.eq_ignore_ascii_case(iqn));
        known.and_then(|initiator| initiator.chap.as_ref())
    }

    fn connection(
        &self,
        request: &InitializeConnection,
        target: &TargetAddress,
        presented: PresentedTo,
    ) -> Connection {
        let config = self.config();
        let portals = target.portals.clone();
        // Hosts without an account of their own get the target's, as from the reference driver.
        let (host, of_target) = (
            self.chap_of(&request.initiator),
            config.target_chap.as_ref(),
        );
        let volume_id = if request.volume_id.is_empty() {
            request.volume.clone()
        } else {
            request.volume_id.clone()
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
                "the appliance gives volume {} no LU number for group {group}",
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

fn list(groups: &[&str]) -> String {
    if groups.is_empty() {
        "nobody".to_owned()
    } else {
        groups.join(", ")
    }
}

impl Operation for TerminateConnection {
    const NAME: &'static str = "terminate_connection";
    const FACTS: Facts = Facts::of(Changes::One)
        .errors(&[Status::PoolNotOwned])
        .locks(&[Lock::volume("the volume")])
        .budgets(&[budget("", 3, 2), budget("all hosts", 2, 2)]);
    type Output = Detached;

    fn resource(&self) -> String {
        self.volume.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Detached> {
        let (appliance, place) = (driver.appliance(), driver.place());
        let host = self.initiator.name("initiator", "every host")?;
        let _held = driver.lock_volume(scope, &self.volume).await?;
        let (lun, groups) = tokio::join!(driver.find_volume(scope, &self.volume), async {
            if host.is_none() {
                return Ok(None);
            }
            // Who else is in a group decides whether it may be taken away: no belief here.
            driver.groups_now(scope).await.map(Some)
        });
        let Some(lun) = lun? else {
            return Ok(Detached {
                still_presented: false,
                initiator_groups: Vec::new(),
                changed: false,
            });
        };
        let groups = groups?;
        let groups = groups.as_deref();
        let present: Vec<&str> = lun.presented_to().collect();
        let kept: Vec<String> = present
            .iter()
            .filter(|group| match (host, groups) {
                (Some(host), Some(groups)) => self.keeps(host, groups, group),
                _ => false,
            })
            .map(|group| (*group).to_owned())
            .collect();
        let reaches_host = |group: &String| match (host, groups) {
            (Some(host), Some(groups)) => {
                group == EVERYBODY || groups.named(group).is_some_and(|group| group.holds(host))
            }
            _ => false,
        };
        let still_presented = kept.iter().any(reaches_host);
        if kept.len() == present.len() {
            return Ok(Detached {
                still_presented,
                initiator_groups: kept,
                changed: false,
            });
        }
        let change = LunChange {
            initiator_groups: Some(Presented::presented(kept.clone())),
            ..LunChange::default()
        };
        let lun = appliance
            .change_lun(scope, place, &self.volume, &change)
            .await?;
        let extra = lun
            .presented_to()
            .find(|group| !kept.iter().any(|kept| kept == group));
        if let Some(extra) = extra {
            let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
            return Err(Error::new(
                Status::StateChanged,
                format!(
                    "volume {} was to be presented to {} and is presented to {extra} too; \
                     somebody changes it at the same time",
                    self.volume,
                    list(&kept)
                ),
            )
            .with_outcome(Outcome::Unknown));
        }
        Ok(Detached {
            still_presented,
            initiator_groups: kept,
            changed: true,
        })
    }
}

impl TerminateConnection {
    /// Whether a group must go on seeing the volume.
    fn keeps(&self, host: &str, groups: &Groups, name: &str) -> bool {
        let still = self.still_attached.as_deref();
        if name == EVERYBODY {
            // It holds this host and every other.
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
