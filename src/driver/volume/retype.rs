//! Retype of a volume in place, as far as the appliance can change its properties.

use serde::Serialize;

use crate::appliance::{LunChange, Provisioning};
use crate::config::LunSpecs;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::operation::Operation;
use crate::driver::volume::lookup::Volume;
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// Changes a volume to the properties of another volume type. Compression, write bias and
/// provisioning can be changed; compression applies to data written from then on.
///
/// The block size cannot be changed. If the type needs another one, the result is "not in place"
/// and nothing is changed; Cinder then migrates the volume.
///
/// Idempotent: a volume that has the properties already is returned unchanged.
#[derive(Clone, Debug, Default)]
pub struct Retype {
    /// The LUN's name.
    pub name: String,
    /// The new volume type's extra specs; see [`crate::driver::CreateVolume`].
    pub extra_specs: Vec<(String, String)>,
}

/// Result of a retype.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Retyped {
    /// Whether the volume has the properties of the type. False: nothing was changed.
    pub in_place: bool,
    /// Reason for "not in place"; empty otherwise.
    pub reason: String,
    /// The changes, one sentence each.
    pub changes: Vec<String>,
    /// The volume as it is now.
    pub volume: Volume,
}

impl Operation for Retype {
    const NAME: &'static str = "retype";
    const CONTRACT: Contract = Contract::of(Changes::One)
        .errors(&[Status::VolumeNotFound, Status::PoolNotOwned])
        .locks(&[Lock::volume("the volume")])
        .budgets(&[budget("", 2, 2)])
        .depth_reason(
            "the properties are read first, to report the changes and to refuse one that needs a \
             copy of the data",
        );
    type Output = Retyped;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Retyped> {
        let specs = LunSpecs::parse(&self.extra_specs)
            .map_err(|errors| Error::new(Status::InvalidArgument, errors.to_string()))?;
        let kind = specs.over(&driver.config().lun);
        let _held = driver.lock_volume(scope, &self.name).await?;
        let lun = driver.volume(scope, &self.name).await?;
        // The backend's default may have changed since the volume was made; only a type that sets a
        // block size justifies a copy of all data.
        if let Some(wanted) = specs.volblocksize
            && u64::from(wanted) != lun.block_size
        {
            return Ok(Retyped {
                in_place: false,
                reason: format!(
                    "volume {}: its block size of {} bytes cannot be changed to {wanted}; copy its \
                     data to a new volume of that type",
                    lun.name, lun.block_size
                ),
                changes: Vec::new(),
                volume: Volume::of(&lun, false),
            });
        }
        let (compression, logbias) = (kind.compression.as_str(), kind.logbias.as_str());
        let change = LunChange {
            sparse: (lun.sparse != kind.sparse).then_some(kind.sparse),
            compression: (lun.compression != compression).then_some(compression),
            logbias: (lun.logbias != logbias).then_some(logbias),
            ..LunChange::default()
        };
        let mut changes = Vec::new();
        let mut note = |what: &str, was: &str, is: Option<&str>| {
            changes.extend(is.map(|is| format!("{what} was {was} and is {is}")));
        };
        let wanted = change
            .sparse
            .map(|sparse| Provisioning::of(sparse).to_string());
        note(
            "provisioning",
            &lun.provisioning().to_string(),
            wanted.as_deref(),
        );
        note("compression", &lun.compression, change.compression);
        note("logbias", &lun.logbias, change.logbias);
        let lun = if changes.is_empty() {
            lun
        } else {
            let changed = driver
                .appliance()
                .change_lun(scope, driver.place(), &self.name, &change)
                .await?;
            if !change.shows_in(&changed) {
                return Err(Error::new(
                    Status::StateChanged,
                    format!("volume {} does not show its new properties", self.name),
                )
                .with_outcome(Outcome::Unknown));
            }
            changed
        };
        Ok(Retyped {
            in_place: true,
            reason: String::new(),
            changes,
            volume: Volume::of(&lun, false),
        })
    }
}
