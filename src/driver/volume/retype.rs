//! Making a volume what another volume type says, where the appliance can change it in place.

use serde::Serialize;

use crate::appliance::LunChange;
use crate::config::LunSpecs;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::operation::Operation;
use crate::driver::volume::lookup::Volume;
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// Makes a volume what a new volume of the type would be: compression, write bias and
/// provisioning can be changed, and compression is for what is written from now on.
///
/// The block size cannot. Where the type asks for another one, the answer is that this is not
/// possible in place, and nothing is changed: Cinder migrates the volume then.
///
/// Idempotent: a volume that is so already is answered without a change.
#[derive(Clone, Debug, Default)]
pub struct Retype {
    /// The LUN's name.
    pub name: String,
    /// The new volume type's extra specs; see [`crate::driver::CreateVolume`].
    pub extra_specs: Vec<(String, String)>,
}

/// What became of a retype.
#[derive(Clone, Debug, Serialize)]
pub struct Retyped {
    /// Whether the volume is what the type says. False: nothing was changed.
    pub in_place: bool,
    /// Why not in place; empty when it is.
    pub reason: String,
    /// What was changed, one sentence each.
    pub changes: Vec<String>,
    /// The volume as it is now.
    pub volume: Volume,
}

impl Operation for Retype {
    const NAME: &'static str = "retype";
    const CONTRACT: Contract = Contract::of(Changes::One)
        .errors(&[Status::VolumeNotFound, Status::PoolNotOwned])
        .locks(&[Lock::volume("the volume")])
        .budgets(&[budget("", 2, 2)]);
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
        // The backend's default may have changed since the volume was made; only a type that
        // asks for a block size is worth copying all data.
        if let Some(wanted) = specs.volblocksize
            && u64::from(wanted) != lun.block_size
        {
            return Ok(Retyped {
                in_place: false,
                reason: format!(
                    "the block size of a volume cannot be changed; it is {} bytes and the type \
                     asks for {wanted}",
                    lun.block_size
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
        let word = |sparse| if sparse { "thin" } else { "thick" };
        note("provisioning", word(lun.sparse), change.sparse.map(word));
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
