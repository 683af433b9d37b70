//! Connection of a host to a volume: what the host needs to log in to the target.

use serde::{Serialize, Serializer};

use crate::appliance::Lun;
use crate::config::{Chap, Config};
use crate::driver::attach::target::TargetAddress;
use crate::error::{Error, Outcome, Result, Status};
use crate::secret::Secret;

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

/// A LUN that is presented to a host.
pub(in crate::driver) struct PresentedTo {
    group: String,
    number: u32,
    changed: bool,
    /// CHAP account of the host.
    account: Option<Chap>,
}

impl PresentedTo {
    /// A LUN with its number for a group, and the CHAP account of the host.
    ///
    /// # Errors
    ///
    /// `Protocol` if the appliance lists no number for the group.
    pub(in crate::driver) fn numbered(
        lun: &Lun,
        group: String,
        changed: bool,
        account: Option<&Chap>,
    ) -> Result<PresentedTo> {
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
            account: account.cloned(),
        })
    }

    /// The connection of the host.
    pub(in crate::driver) fn connection(
        self,
        config: &Config,
        target: &TargetAddress,
        volume_id: &str,
    ) -> Connection {
        let portals = target.portals.clone();
        // Hosts without an account get the target's, as from the former driver.
        let (host, of_target) = (self.account.as_ref(), config.target_chap.as_ref());
        Connection {
            driver_volume_type: "iscsi",
            target_discovered: false,
            target_portal: portals.first().cloned().unwrap_or_default(),
            target_iqn: target.iqn.clone(),
            target_lun: self.number,
            target_iqns: vec![target.iqn.clone(); portals.len()],
            target_luns: vec![self.number; portals.len()],
            target_portals: portals,
            volume_id: volume_id.to_owned(),
            auth: host.or(of_target).map(ConnectionAuth::from),
            target_auth: host.and(of_target).map(ConnectionAuth::from),
            discard: config.report_discard_supported,
            initiator_groups: vec![self.group],
            changed: self.changed,
        }
    }
}
