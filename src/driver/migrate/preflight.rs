//! Preflight of a migration: conditions for replication, and reasons to decline.
//!
//! All conditions are checked before the first change. A missing condition is a reason to decline;
//! an appliance that does not answer is an error.

use std::fmt;
use std::net::IpAddr;

use serde::{Serialize, Serializer};

use crate::appliance::{Action, Appliance, DEFAULT_GROUP, List, Lun, Property, ReplicationTarget};
use crate::driver::backend::Driver;
use crate::driver::migrate::destination::{MigrationEndpoints, same_host};
use crate::driver::migrate::location_info::LocationInfo;
use crate::driver::migrate::request::MigrateVolume;
use crate::driver::volume::delete_flow::DeleteFlow;
use crate::driver::volume::dependents::{blockers, described};
use crate::error::Result;
use crate::scope::Scope;

/// Cinder statuses of a volume that is not in use. A locked volume is in maintenance while it
/// migrates, and a retype may migrate, too.
const STATUSES: &[&str] = &["available", "maintenance", "retyping"];

/// The port at which appliances receive replication data.
const REPLICATION_PORT: &str = ":216";

/// Name of the replication service.
const REPLICATION: &str = "replication";

/// Declares the reasons once: their names never change.
macro_rules! declines {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)+) => {
        /// Reason to decline a migration by replication.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Decline {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Decline {
            /// Every reason.
            pub const ALL: &'static [Decline] = &[$(Decline::$variant),+];

            /// The reason's stable name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Decline::$variant => $name,)+
                }
            }
        }
    };
}

declines! {
    /// The volume's status does not exclude its use.
    Status = "status";
    /// The destination is not an Oracle appliance.
    Vendor = "vendor";
    /// The destination does not speak iSCSI.
    Protocol = "protocol";
    /// The destination has no `location_info`.
    NoLocation = "no_location";
    /// The destination's `location_info` is invalid.
    BadLocation = "bad_location";
    /// The destination has no `zfssa_replication_ip`.
    NoReplicationAddress = "no_replication_address";
    /// There is no account for the destination.
    NoAccount = "no_account";
    /// The replication service of the source is not online.
    SourceService = "source_service";
    /// The replication service of the destination is not online.
    DestinationService = "destination_service";
    /// The volume's target group is not the destination's.
    TargetGroupDiffers = "target_group_differs";
    /// The destination has no target group of that name.
    NoTargetGroup = "no_target_group";
    /// The destination is not a replication target of the source.
    NotATarget = "not_a_target";
    /// It is one, but not at the destination's `zfssa_replication_ip`.
    NoTargetAtAddress = "no_target_at_address";
    /// The volume is presented to hosts.
    Attached = "attached";
    /// Snapshots or clones depend on the volume.
    Dependents = "dependents";
    /// An administrator protected the volume, so that it could not be deleted after the copy.
    Protected = "protected";
    /// The volume is replicated already.
    Replicated = "replicated";
    /// The destination does not serve the pool, or not the project.
    NoPlace = "no_place";
    /// The destination has a LUN of the volume's name.
    NameTaken = "name_taken";
    /// The destination has too little space.
    NoSpace = "no_space";
}

impl fmt::Display for Decline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Decline {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A reason with its explanation.
#[derive(Debug)]
pub(in crate::driver) struct Declined {
    pub(in crate::driver) decline: Decline,
    pub(in crate::driver) reason: String,
}

fn declined<T>(decline: Decline, reason: impl Into<String>) -> std::result::Result<T, Declined> {
    let reason = reason.into();
    Err(Declined { decline, reason })
}

/// Facts from the preflight that the migration needs.
pub(in crate::driver) struct Preflight {
    /// The name of the destination among the source's targets.
    pub(in crate::driver) target: String,
    /// The serial number of the source.
    pub(in crate::driver) asn: String,
    /// Whether the destination has the property `cinder_managed`.
    pub(in crate::driver) keeps_managed: bool,
    /// Whether it has `zfssa_operation`.
    pub(in crate::driver) keeps_operation: bool,
    /// Whether it has `zfssa_since`.
    pub(in crate::driver) keeps_since: bool,
    /// Whether it has `zfssa_delete_with_clones`.
    pub(in crate::driver) keeps_policy: bool,
}

/// Facts, or a reason to decline; or an error.
type Checked<T> = Result<std::result::Result<T, Declined>>;

/// Takes the result of a check, and passes on its reasons to decline.
macro_rules! agreed {
    ($looked:expr) => {
        match $looked {
            Ok(found) => found,
            Err(declined) => return Ok(Err(declined)),
        }
    };
}

impl MigrateVolume {
    /// Conditions that the host's arguments decide.
    pub(in crate::driver) fn location(&self) -> std::result::Result<LocationInfo, Declined> {
        // An empty text was given by the host, and matches nothing.
        let wrong =
            |told: &Option<String>, fits: fn(&str) -> bool| told.clone().filter(|told| !fits(told));
        if let Some(status) = wrong(&self.status, |told| STATUSES.contains(&told)) {
            let reason = format!(
                "the volume's status is \"{status}\", and must be one of {}",
                STATUSES.join(", ")
            );
            return declined(Decline::Status, reason);
        }
        if let Some(vendor) = wrong(&self.vendor_name, |told| told == "Oracle") {
            let reason = format!("the destination's vendor_name is \"{vendor}\", not Oracle");
            return declined(Decline::Vendor, reason);
        }
        let is_iscsi = |told: &str| told.eq_ignore_ascii_case("iscsi");
        if let Some(protocol) = wrong(&self.storage_protocol, is_iscsi) {
            let reason = format!("the destination's storage_protocol is \"{protocol}\", not iSCSI");
            return declined(Decline::Protocol, reason);
        }
        if self.location_info.is_empty() {
            let reason = "the destination's capabilities have no location_info";
            return declined(Decline::NoLocation, reason);
        }
        let Some(location) = LocationInfo::read(self.location_info.expose()) else {
            // It may hold a password, so it is not shown.
            let reason = "the destination's location_info does not have the six fields";
            return declined(Decline::BadLocation, reason);
        };
        if location.replication_ip.is_empty() {
            let reason = "zfssa_replication_ip is not set for the destination";
            return declined(Decline::NoReplicationAddress, reason);
        }
        Ok(location)
    }

    /// Conditions on both appliances.
    pub(in crate::driver) async fn check(
        &self,
        driver: &Driver,
        scope: &Scope,
        route: &MigrationEndpoints,
        location: &LocationInfo,
        lun: &Lun,
    ) -> Checked<Preflight> {
        if lun.target_group != location.target_group {
            let reason = format!(
                "the volume is presented through target group {}, the destination's is {}",
                lun.target_group, location.target_group
            );
            return Ok(declined(Decline::TargetGroupDiffers, reason));
        }
        let destination = match route.destination() {
            Ok(destination) => destination,
            Err(error) if error.status() == crate::error::Status::Config => {
                return Ok(declined(Decline::NoAccount, error.message()));
            }
            Err(error) => return Err(error),
        };
        agreed!(self.check_volume(driver, scope, lun).await?);
        agreed!(service(driver.appliance(), scope, Decline::SourceService, "source").await?);
        let decline = Decline::DestinationService;
        agreed!(service(destination, scope, decline, "destination").await?);
        let (here, there) = tokio::join!(
            driver.appliance().version(scope),
            destination.version(scope)
        );
        let targets = driver.appliance().replication_targets(scope).await?;
        let target = agreed!(target(targets, &there?.asn, location));
        let place = self.check_place(scope, destination, location, lun);
        let schema = agreed!(place.await?);
        let keeps = |name: &str| schema.has(name);
        Ok(Ok(Preflight {
            target,
            asn: here?.asn,
            keeps_managed: keeps("cinder_managed")?,
            keeps_operation: keeps("zfssa_operation")?,
            keeps_since: keeps("zfssa_since")?,
            keeps_policy: keeps("zfssa_delete_with_clones")?,
        }))
    }

    /// Whether the volume can be deleted after it was copied.
    async fn check_volume(&self, driver: &Driver, scope: &Scope, lun: &Lun) -> Checked<()> {
        let hosts = lun.presentation();
        if !hosts.is_masked() {
            let reason = format!("the volume is presented to {hosts}");
            return Ok(declined(Decline::Attached, reason));
        }
        if lun.nodestroy && DeleteFlow::of_clone(driver, lun).is_none() {
            let reason = "the volume is protected by its property nodestroy";
            return Ok(declined(Decline::Protected, reason));
        }
        let (appliance, place) = (driver.appliance(), driver.place());
        let (snapshots, actions) = tokio::join!(
            appliance.snapshots(scope, place, &lun.name),
            appliance.replication_actions(scope),
        );
        let blockers = blockers(driver, scope, place, &lun.name, snapshots?).await?;
        if !blockers.is_empty() {
            let reason = format!("the volume has dependents: {}", described(&blockers));
            return Ok(declined(Decline::Dependents, reason));
        }
        let of_volume = actions?.find(
            |action| action.sends(place, &lun.name),
            |odd| Action::may_send(odd, place, &lun.name),
        )?;
        if let Some(action) = of_volume {
            let reason = format!("replication action {} sends the volume", action.id);
            return Ok(declined(Decline::Replicated, reason));
        }
        Ok(Ok(()))
    }

    /// Whether the destination has space for the volume, and which custom properties it has.
    async fn check_place(
        &self,
        scope: &Scope,
        destination: &Appliance,
        location: &LocationInfo,
        lun: &Lun,
    ) -> Checked<List<Property>> {
        let place = location.place();
        let (project, taken, groups, schema) = tokio::join!(
            destination.find_project(scope, place),
            destination.find_lun(scope, place, &lun.name),
            destination.target_groups(scope),
            destination.schema(scope),
        );
        let Some(project) = project? else {
            let reason = format!(
                "{} does not serve project {} of pool {}",
                location.host, place.project, place.pool
            );
            return Ok(declined(Decline::NoPlace, reason));
        };
        if lun.target_group != DEFAULT_GROUP && !groups?.has(&lun.target_group)? {
            let reason = format!("{} has no target group {}", location.host, lun.target_group);
            return Ok(declined(Decline::NoTargetGroup, reason));
        }
        if taken?.is_some() {
            let reason = format!("{} has a LUN {} already", location.host, lun.name);
            return Ok(declined(Decline::NameTaken, reason));
        }
        let pool = destination.pool(scope, place.pool).await?;
        let space = project.space_available.min(pool.usage.available);
        let wanted = if lun.sparse { lun.used } else { lun.size };
        if wanted > space {
            let reason = format!(
                "the volume needs {wanted} bytes and {} has {space}",
                location.host
            );
            return Ok(declined(Decline::NoSpace, reason));
        }
        Ok(Ok(schema?))
    }
}

async fn service(
    appliance: &Appliance,
    scope: &Scope,
    decline: Decline,
    whose: &str,
) -> Checked<()> {
    let state = appliance.service(scope, REPLICATION).await?;
    if state.status == "online" {
        return Ok(Ok(()));
    }
    let reason = format!("the replication service of the {whose} is {}", state.status);
    Ok(declined(decline, reason))
}

/// The target that is the destination at its address for replication. One appliance may be
/// several targets, by several addresses.
fn target(
    targets: List<ReplicationTarget>,
    asn: &str,
    location: &LocationInfo,
) -> std::result::Result<String, Declined> {
    let (targets, odd) = targets.parts();
    let same: Vec<ReplicationTarget> = targets.into_iter().filter(|one| one.asn == asn).collect();
    let mut odd = odd.iter().filter(|odd| odd.may_be("asn", asn));
    let odd = odd.next().map(|odd| format!("; {}", odd.words()));
    let odd = odd.unwrap_or_default();
    if same.is_empty() {
        let reason = format!(
            "{} is not a replication target of the source{odd}",
            location.host
        );
        return declined(Decline::NotATarget, reason);
    }
    let at = |target: &ReplicationTarget| {
        let address = target.address.strip_suffix(REPLICATION_PORT);
        address.is_some_and(|address| same_host(bare(address), &location.replication_ip))
    };
    match same.into_iter().find(at) {
        Some(target) => Ok(target.label),
        None => declined(
            Decline::NoTargetAtAddress,
            format!(
                "{} is a replication target of the source, but not at {}{odd}",
                location.host, location.replication_ip
            ),
        ),
    }
}

/// An address without the brackets that an IPv6 address may have.
fn bare(address: &str) -> &str {
    let inner = address
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match inner {
        Some(inner) if inner.parse::<IpAddr>().is_ok() => inner,
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registered(asn: &str, address: &str) -> ReplicationTarget {
        ReplicationTarget {
            address: address.into(),
            label: format!("label of {address}"),
            asn: asn.into(),
        }
    }

    #[test]
    fn the_target_is_found_by_serial_number_and_address() {
        let location =
            |ip: &str| LocationInfo::read(&format!("192.0.2.1::p:c:g:{ip}")).expect("a location");
        let targets = || {
            vec![
                registered("other", "198.51.100.1:216"),
                registered("asn", "198.51.100.9:216"),
                registered("asn", "198.51.100.1:216"),
                registered("asn", "[2001:db8::1]:216"),
                registered("asn", "2001:db8::2:216"),
            ]
            .into()
        };
        for (ip, address) in [
            ("198.51.100.1", "198.51.100.1:216"),
            ("2001:db8:0::1", "[2001:db8::1]:216"),
            ("2001:db8::2", "2001:db8::2:216"),
        ] {
            let label = target(targets(), "asn", &location(ip)).unwrap();
            assert_eq!(label, format!("label of {address}"));
        }
        let none = target(targets(), "asn", &location("198.51.100.2")).unwrap_err();
        assert_eq!(none.decline, Decline::NoTargetAtAddress);
        let unknown = target(targets(), "nobody", &location("198.51.100.1")).unwrap_err();
        assert_eq!(unknown.decline, Decline::NotATarget);
    }
}
