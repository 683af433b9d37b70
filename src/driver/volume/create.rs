//! Creation of a volume.

use crate::appliance::{Lun, LunChange, NewLun, Presentation, ProjectRef};
use crate::config::{DeleteWithClones, LunProperties};
use crate::driver::age::since_now;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, budget};
use crate::driver::migrate::marker::maker_of;
use crate::driver::operation::Operation;
use crate::driver::rollback::{RollbackStep, roll_back};
use crate::driver::size::bytes_of_gib;
use crate::driver::volume::lookup::Volume;
use crate::driver::volume::properties::{
    RefusedProperties, must_show, must_show_policy, other_policy, properties_of_new_lun,
};
use crate::error::{Error, Outcome, Result, Status};
use crate::lock::Key;
use crate::scope::Scope;

/// Creates a volume: a LUN that is presented to no host.
///
/// Idempotent: for an existing volume of the same name, size and properties that this driver
/// manages, [`Volume::created`] is false; a different one is an error.
#[derive(Clone, Debug, Default)]
pub struct CreateVolume {
    /// The LUN's name, such as `volume-<uuid>`.
    pub name: String,
    /// GiB, at least 1.
    pub size_gib: u64,
    /// The volume type's extra specs. `zfssa:*` keys override the backend's defaults; keys of
    /// other scopes are ignored.
    pub extra_specs: Vec<(String, String)>,
}

impl Operation for CreateVolume {
    const NAME: &'static str = "create_volume";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .errors(&[
            Status::VolumeExists,
            Status::TypeMismatch,
            Status::PoolNotOwned,
        ])
        .budgets(&[budget("", 1, 1)]);
    type Output = Volume;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Volume> {
        let size = bytes_of_gib(self.size_gib)?;
        let kind = properties_of_new_lun(driver, &self.extra_specs)?;
        let since = since_now();
        let new = NewLun {
            name: &self.name,
            size,
            block_size: kind.volblocksize,
            sparse: kind.sparse,
            compression: kind.compression.as_str(),
            logbias: kind.logbias.as_str(),
            target_group: &driver.config().target_group,
            initiator_groups: if canary!("mask-not-sent") {
                Presentation(vec!["default".to_owned()])
            } else {
                Presentation::masked()
            },
            managed: true,
            operation: scope.maker().mark(),
            since: Some(&since),
            delete_with_clones: kind.delete_with_clones.map(DeleteWithClones::as_str),
            image_id: None,
            updated_at: None,
            optional: &kind.optional,
        };
        let place = driver.place();
        // A creation of a dead host may still be carried out; its lock lasts until then.
        let key = Key::Lun(self.name.clone());
        let _among_hosts = driver.0.locks.among_hosts(scope, key).await?;
        match driver.appliance().create_lun(scope, place, &new).await {
            Ok(lun) => match must_show_kind(driver, scope, &lun, &kind).await {
                Ok(()) => Ok(Volume::of(&lun, true)),
                Err(error) => {
                    let error = error.with_outcome(Outcome::RolledBack);
                    let made = [RollbackStep::Lun { name: self.name }];
                    // Boxed because a rollback is rare, and its future would enlarge the future of
                    // every creation.
                    Err(Box::pin(roll_back(driver, scope, &made, error)).await)
                }
            },
            Err(error) if error.status() == Status::Exists => {
                let lun = match driver.appliance().lun(scope, place, &self.name).await {
                    Ok(lun) => lun,
                    // It is gone again, or cannot be looked at.
                    Err(blind) => {
                        return Err(error.with_status(Status::StateChanged).joined_by(blind));
                    }
                };
                let error = must_be_twin(&lun, &new, &kind, error)?;
                let created = lun.is_made_by(scope.maker());
                match Box::pin(adopt(driver, scope, place, lun)).await {
                    Ok(lun) => Ok(Volume::of(&lun, created)),
                    Err(failure) => Err(failure.joined_by(error)),
                }
            }
            Err(error) => match RefusedProperties::of(&kind.optional, &error) {
                Some(refused) => Err(refused.explain(driver, scope, error).await),
                None if error.is_not_found() => Err(error.with_context(format!(
                    "there is no project {} in pool {} to make the volume in; run do_setup",
                    place.project, place.pool
                ))),
                None => Err(error),
            },
        }
    }
}

/// Fails unless an answer shows every property that the creation set.
async fn must_show_kind(
    driver: &Driver,
    scope: &Scope,
    lun: &Lun,
    kind: &LunProperties,
) -> Result<()> {
    must_show(driver, scope, lun, &kind.optional).await?;
    must_show_policy(lun, kind.delete_with_clones)
}

/// A LUN of the wanted name exists: the requested volume, created by an earlier call, or a
/// different one, which is an error.
fn must_be_twin(lun: &Lun, new: &NewLun<'_>, kind: &LunProperties, exists: Error) -> Result<Error> {
    let mut differences = Vec::new();
    if lun.size != new.size {
        differences.push(format!("it has {} bytes, not {}", lun.size, new.size));
    }
    if lun.block_size != u64::from(new.block_size) {
        let (has, wanted) = (lun.block_size, new.block_size);
        differences.push(format!("its block size is {has} bytes, not {wanted}"));
    }
    if lun.sparse != new.sparse {
        differences.push(format!("it is {}", lun.provisioning()));
    }
    if let Some(origin) = &lun.origin {
        differences.push(format!(
            "it is a clone of {}@{}",
            origin.share, origin.snapshot
        ));
    }
    let unmet = lun.unmet(new.optional);
    differences.extend(unmet.iter().map(|one| format!("its {one}")));
    differences
        .extend(other_policy(lun, kind.delete_with_clones).map(|other| format!("its {other}")));
    if lun.managed != Some(true) {
        differences.push("it is not managed (custom:cinder_managed)".to_owned());
    }
    if differences.is_empty() {
        return Ok(exists);
    }
    Err(exists
        .with_status(Status::VolumeExists)
        .with_context(format!(
            "a volume {} exists and differs: {}",
            new.name,
            differences.join("; ")
        )))
}

/// Replaces an earlier attempt's marker on a LUN by that of this attempt, so that a later rollback
/// of the earlier attempt keeps the LUN. LUNs that no attempt would roll back keep their marker.
pub(super) async fn adopt(
    driver: &Driver,
    scope: &Scope,
    place: ProjectRef<'_>,
    lun: Lun,
) -> Result<Lun> {
    if maker_of(&lun).is_none_or(|maker| maker == *scope.maker()) {
        return Ok(lun);
    }
    let since = since_now();
    let change = LunChange {
        operation: Some(scope.maker().mark()),
        since: Some(&since),
        ..LunChange::default()
    };
    let adopted = driver
        .appliance()
        .change_lun(scope, place, &lun.name, &change)
        .await?;
    let same = adopted.is_same(&lun.guid);
    let same = same.map_err(|error| error.with_outcome(Outcome::Applied))?;
    if same && change.shows_in(&adopted) {
        return Ok(adopted);
    }
    Err(Error::new(
        Status::StateChanged,
        format!("volume {} was replaced while it was read", lun.name),
    )
    .with_outcome(Outcome::Applied))
}
