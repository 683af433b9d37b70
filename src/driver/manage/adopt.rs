//! Adoption of existing LUNs as volumes.

use serde::Serialize;

use crate::appliance::{Lun, LunChange, LunSnapshot, Presentation, Provisioning};
use crate::config::{DeleteWithClones, LunSpecs, ManagePolicy};
use crate::driver::age::{A_MOMENT, seconds_as_volume, since_now};
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::deferred::mark::Deferred;
use crate::driver::operation::Operation;
use crate::driver::size::GIB;
use crate::driver::volume::dependents::goes_with_volume;
use crate::driver::volume::lookup::Volume;
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// Reference to a LUN of the backend's project. At least one of the two; if both are given, both
/// must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExistingRef {
    /// Cinder's `source-name`: the LUN's name.
    pub source_name: String,
    /// Cinder's `source-guid`: the LUN's globally unique id, 32 hexadecimal digits.
    pub source_guid: String,
}

/// Takes an existing LUN under management: one change renames it to the volume's name, sets the
/// property `cinder_managed`, and masks it.
///
/// Refuses a LUN that is managed already (by any driver), one that the policy does not allow, and
/// one that does not match the volume type. Snapshots are no obstacle; the result names them,
/// because they block the deletion of the volume until they are managed or deleted, too.
///
/// Idempotent: for a LUN that has the volume's name and is managed, `changed` is false.
#[derive(Clone, Debug, Default)]
pub struct ManageExisting {
    /// The volume's name, such as `volume-<uuid>`.
    pub name: String,
    /// The LUN.
    pub existing: ExistingRef,
    /// The volume type's extra specs. The LUN must match each `zfssa:*` key; the backend's defaults
    /// do not matter here. `zfssa:delete_with_clones` is set instead, or removed.
    pub extra_specs: Vec<(String, String)>,
    /// Keeps the presentation of the LUN.
    pub keep_presentation: bool,
}

/// Former and present state of a LUN.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Managed {
    /// The volume as it is now.
    pub volume: Volume,
    /// The name that the LUN had.
    pub previous_name: String,
    /// The initiator groups that it is no longer presented to.
    pub taken_from: Vec<String>,
    /// The snapshots that block its deletion.
    pub snapshots: Vec<String>,
    /// Whether this call changed it.
    pub changed: bool,
}

/// Size of an existing LUN. Cinder calls it before [`ManageExisting`].
#[derive(Clone, Debug, Default)]
pub struct ManageExistingGetSize {
    /// The LUN.
    pub existing: ExistingRef,
}

/// The size of something that may be managed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExistingSize {
    /// GiB, rounded up.
    pub size_gib: u64,
    /// Bytes.
    pub size_bytes: u64,
}

impl ExistingRef {
    fn check(&self) -> Result<()> {
        if self.source_name.is_empty() && self.source_guid.is_empty() {
            return Err(Error::new(
                Status::InvalidReference,
                "the reference names no LUN; give source-name or source-guid",
            ));
        }
        Ok(())
    }

    fn text(&self) -> &str {
        if self.source_name.is_empty() {
            &self.source_guid
        } else {
            &self.source_name
        }
    }

    fn has_guid_of(&self, lun: &Lun) -> bool {
        self.source_guid.is_empty() || self.source_guid.eq_ignore_ascii_case(&lun.guid)
    }
}

impl ExistingSize {
    pub(in crate::driver) fn of(bytes: u64) -> ExistingSize {
        ExistingSize {
            size_gib: bytes.div_ceil(GIB),
            size_bytes: bytes,
        }
    }
}

impl ExistingRef {
    /// The LUN that a reference names, if there is one.
    async fn find(&self, driver: &Driver, scope: &Scope) -> Result<Option<Lun>> {
        let (appliance, place) = (driver.appliance(), driver.place());
        if self.source_name.is_empty() {
            let luns = appliance.luns(scope, place).await?;
            return luns.find(
                |lun| self.has_guid_of(lun),
                |odd| odd.may_be("lunguid", &self.source_guid),
            );
        }
        let name = &self.source_name;
        match appliance.find_lun_proven(scope, place, name).await? {
            Some(lun) if !self.has_guid_of(&lun) => Err(Error::new(
                Status::InvalidReference,
                format!(
                    "the LUN {name} has the GUID {}, not {}",
                    lun.guid, self.source_guid
                ),
            )),
            other => Ok(other),
        }
    }

    fn not_found(&self, driver: &Driver) -> Error {
        let place = driver.place();
        Error::new(
            Status::InvalidReference,
            format!(
                "there is no LUN {} in project {} of pool {}",
                self.text(),
                place.project,
                place.pool
            ),
        )
    }
}

impl Operation for ManageExisting {
    const NAME: &'static str = "manage_existing";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .errors(&[
            Status::InvalidReference,
            Status::AlreadyManaged,
            Status::TypeMismatch,
            Status::VolumeExists,
            Status::PoolNotOwned,
        ])
        .locks(&[
            Lock::volume("the name that it gets"),
            Lock::volume("the name that it has"),
        ])
        .budgets(&[budget("", 3, 2)])
        .depth_reason(
            "the LUN and its snapshots are read before the change that renames and masks it: a \
             LUN of another type, or one that is a volume already, is refused unchanged",
        );
    type Output = Managed;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Managed> {
        self.existing.check()?;
        let specs = LunSpecs::parse(&self.extra_specs);
        let specs = specs.map_err(|e| Error::new(Status::InvalidArgument, e.to_string()))?;
        let (appliance, place) = (driver.appliance(), driver.place());
        let source = self.existing.source_name.as_str();
        let _held = driver.lock_volumes(scope, &[&self.name, source]).await?;
        let snapshots_of = async |name: &str| {
            let look = || appliance.snapshots(scope, place, name);
            let found = appliance
                .proven(scope, place, look)
                .await?
                .unwrap_or_default();
            let kept = |one: &LunSnapshot| !goes_with_volume(one) || one.may_have_clones();
            let found = found.whole()?.into_iter().filter(kept);
            Ok::<_, Error>(found.map(|s| s.name).collect::<Vec<String>>())
        };
        let (lun, snapshots) = if source.is_empty() {
            (self.existing.find(driver, scope).await, None)
        } else {
            let (lun, snapshots) =
                tokio::join!(self.existing.find(driver, scope), snapshots_of(source));
            (lun, Some(snapshots?))
        };
        let policy = specs.delete_with_clones;
        let policy = policy.map_or("", DeleteWithClones::as_str);
        let Some(lun) = lun? else {
            return self.managed_earlier(driver, scope, policy).await;
        };
        if lun.name == self.name && lun.managed == Some(true) {
            return self
                .unchanged(driver, scope, lun, policy, snapshots.unwrap_or_default())
                .await;
        }
        self.allow(driver, &lun)?;
        compare(&specs, &lun)?;
        let snapshots = match snapshots {
            Some(snapshots) => snapshots,
            None => snapshots_of(&lun.name).await?,
        };
        lun.said_guid()?;
        let presented = !lun.presentation().is_masked();
        let kept = self.keep_presentation && presented;
        let since = since_now();
        let change = LunChange {
            name: (lun.name != self.name).then_some(self.name.as_str()),
            managed: Some(true),
            since: Some(&since),
            delete_with_clones: other_than(policy, &lun),
            initiator_groups: (!kept).then(Presentation::masked),
            target_group: (!kept).then_some(driver.config().target_group.as_str()),
            ..LunChange::default()
        };
        let after = match appliance.change_lun(scope, place, &lun.name, &change).await {
            Ok(after) => after,
            Err(error) if error.status() == Status::NotFound => {
                let there = self.managed_meanwhile(driver, scope, &lun).await?;
                let Some(there) = there else {
                    return Err(self.explain(&lun, error));
                };
                return self
                    .unchanged(driver, scope, there, policy, snapshots)
                    .await;
            }
            Err(error) => return Err(self.explain(&lun, error)),
        };
        let same = after.is_same(&lun.guid);
        if !same.map_err(|error| error.with_outcome(Outcome::Applied))? {
            // Between the read and the change, the name was given to another LUN.
            return Err(Error::new(
                Status::StateChanged,
                format!(
                    "{} was another LUN ({}) a moment ago, and the one that was managed instead is {}",
                    lun.name, lun.guid, after.guid
                ),
            )
            .with_left_behind([format!("volume {}, which was {}", self.name, lun.name)]));
        }
        self.must_show(&change, &after)?;
        let seen_before = lun.presentation().groups().map(str::to_owned);
        Ok(Managed {
            volume: Volume::of(&after, false),
            previous_name: lun.name.clone(),
            taken_from: seen_before.filter(|_| !kept).collect(),
            snapshots,
            changed: true,
        })
    }
}

impl ManageExisting {
    /// No LUN has the source's name or GUID: an earlier call may have renamed it.
    async fn managed_earlier(
        &self,
        driver: &Driver,
        scope: &Scope,
        policy: &str,
    ) -> Result<Managed> {
        let there = driver.find_volume(scope, &self.name).await?;
        match there.filter(|lun| lun.managed == Some(true) && self.existing.has_guid_of(lun)) {
            Some(lun) => self.unchanged(driver, scope, lun, policy, Vec::new()).await,
            None => Err(self.existing.not_found(driver)),
        }
    }

    /// The LUN as a volume, if the late request of an earlier call made it one after `lun` was read.
    async fn managed_meanwhile(
        &self,
        driver: &Driver,
        scope: &Scope,
        lun: &Lun,
    ) -> Result<Option<Lun>> {
        let there = driver.find_volume(scope, &self.name).await?;
        let same = |there: &Lun| there.guid.eq_ignore_ascii_case(&lun.guid);
        Ok(there.filter(|there| there.managed == Some(true) && same(there)))
    }

    /// An earlier call managed the LUN, but the host learns of it only now: the host's older lists
    /// do not have the volume. So its time is written again, unless that call was a moment ago. A
    /// volume without a time needs none: an audit keeps it. That call may have had another volume
    /// type, so its policy is written, too.
    async fn unchanged(
        &self,
        driver: &Driver,
        scope: &Scope,
        lun: Lun,
        policy: &str,
        snapshots: Vec<String>,
    ) -> Result<Managed> {
        let age = seconds_as_volume(lun.since.as_deref());
        let since = age.filter(|age| *age > A_MOMENT).map(|_| since_now());
        let change = LunChange {
            since: since.as_deref(),
            delete_with_clones: other_than(policy, &lun),
            ..LunChange::default()
        };
        let lun = match change.since.or(change.delete_with_clones) {
            None => lun,
            Some(_) => {
                let (appliance, place) = (driver.appliance(), driver.place());
                let changed = appliance
                    .change_lun(scope, place, &lun.name, &change)
                    .await?;
                self.must_show(&change, &changed)?;
                changed
            }
        };
        Ok(Managed {
            volume: Volume::of(&lun, false),
            previous_name: lun.name.clone(),
            taken_from: Vec::new(),
            snapshots,
            changed: false,
        })
    }

    /// Fails unless an answer shows a change of the LUN.
    fn must_show(&self, change: &LunChange<'_>, after: &Lun) -> Result<()> {
        if change.shows_in(after) {
            return Ok(());
        }
        Err(Error::new(
            Status::StateChanged,
            format!(
                "volume {} does not show the change; another process changes it at the same time",
                self.name
            ),
        )
        .with_outcome(Outcome::Unknown))
    }

    /// Whether a LUN may be managed.
    fn allow(&self, driver: &Driver, lun: &Lun) -> Result<()> {
        let name = &lun.name;
        if let Some(mark) = Deferred::of(lun) {
            return Err(Error::new(
                Status::AlreadyManaged,
                format!(
                    "the LUN {name} is the deleted volume {}, which waits for the deletion of its \
                     clones; it cannot be managed",
                    mark.name
                ),
            ));
        }
        if lun.managed == Some(true) {
            return Err(Error::new(
                Status::AlreadyManaged,
                format!(
                    "the LUN {name} is managed already (custom:cinder_managed is true); unmanage \
                     it where it is managed first"
                ),
            ));
        }
        let strict = driver.config().manage_policy == ManagePolicy::Strict;
        if strict && lun.managed.is_none() {
            return Err(Error::new(
                Status::InvalidReference,
                format!(
                    "whether the LUN {name} is managed is not known; set its property \
                     custom:cinder_managed to false, or zfssa_manage_policy to loose"
                ),
            ));
        }
        let group = &driver.config().target_group;
        if self.keep_presentation && !lun.presentation().is_masked() && lun.target_group != *group {
            return Err(Error::new(
                Status::InvalidReference,
                format!(
                    "the LUN {name} is presented through the target group {}, and this backend's \
                     hosts look for it at {group}; its presentation cannot be kept",
                    lun.target_group
                ),
            ));
        }
        Ok(())
    }

    fn explain(&self, lun: &Lun, error: Error) -> Error {
        match error.status() {
            Status::Exists => error
                .with_status(Status::VolumeExists)
                .with_context(format!(
                    "LUN {} cannot be renamed to {}: the project has another LUN of that name",
                    lun.name, self.name
                )),
            Status::NotFound => error
                .with_status(Status::StateChanged)
                .with_context(format!(
                    "the LUN {} was renamed or deleted by another process just now",
                    lun.name
                )),
            _ => error,
        }
    }
}

/// The policy of a volume type, empty for none, if the LUN has another one.
fn other_than<'a>(policy: &'a str, lun: &Lun) -> Option<&'a str> {
    let shown = lun.delete_with_clones.as_deref().unwrap_or_default();
    (shown != policy).then_some(policy)
}

/// Whether a LUN matches the properties that a volume type sets.
fn compare(specs: &LunSpecs, lun: &Lun) -> Result<()> {
    let mut differences = Vec::new();
    let mut differs = |what: &str, has: &str, wanted: &str| {
        if has != wanted {
            differences.push(format!("{what} is {has}, not {wanted}"));
        }
    };
    if let Some(wanted) = specs.volblocksize {
        let (has, wanted) = (lun.block_size.to_string(), wanted.to_string());
        differs("its block size in bytes", &has, &wanted);
    }
    if let Some(wanted) = specs.sparse {
        let wanted = Provisioning::of(wanted).to_string();
        differs("its provisioning", &lun.provisioning().to_string(), &wanted);
    }
    if let Some(wanted) = specs.compression {
        differs("its compression", &lun.compression, wanted.as_str());
    }
    if let Some(wanted) = specs.logbias {
        differs("its logbias", &lun.logbias, wanted.as_str());
    }
    let unmet = lun.unmet(&specs.optional);
    differences.extend(unmet.iter().map(|one| format!("its {one}")));
    if differences.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        Status::TypeMismatch,
        format!(
            "the LUN {} is not of the volume type: {}",
            lun.name,
            differences.join("; ")
        ),
    ))
}

impl Operation for ManageExistingGetSize {
    const NAME: &'static str = "manage_existing_get_size";
    const CONTRACT: Contract = Contract::of(Changes::Nothing)
        .errors(&[Status::InvalidReference, Status::PoolNotOwned])
        .budgets(&[budget("", 1, 1)]);
    type Output = ExistingSize;

    fn resource(&self) -> String {
        self.existing.text().to_owned()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<ExistingSize> {
        self.existing.check()?;
        match self.existing.find(driver, scope).await? {
            Some(lun) => Ok(ExistingSize::of(lun.size)),
            None => Err(self.existing.not_found(driver)),
        }
    }
}
