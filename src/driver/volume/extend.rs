//! Growth of a volume.

use crate::appliance::{Lun, LunChange};
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::operation::Operation;
use crate::driver::size::bytes_of_gib;
use crate::driver::volume::lookup::Volume;
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// Extends a volume. Success without a change if it is as large or larger already.
#[derive(Clone, Debug, Default)]
pub struct ExtendVolume {
    /// The LUN's name.
    pub name: String,
    /// The new size in GiB. The volume is never shrunk.
    pub size_gib: u64,
}

impl Operation for ExtendVolume {
    const NAME: &'static str = "extend_volume";
    const CONTRACT: Contract = Contract::of(Changes::One)
        .errors(&[
            Status::VolumeNotFound,
            Status::VolumeBusy,
            Status::PoolNotOwned,
        ])
        .locks(&[Lock::volume("the volume")])
        .budgets(&[budget("", 2, 2)])
        .depth_reason("the size is read first: to write a smaller one would cut data off");
    type Output = Volume;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Volume> {
        let size = bytes_of_gib(self.size_gib)?;
        let _held = driver.lock_volume(scope, &self.name).await?;
        let lun = driver.volume(scope, &self.name).await?;
        if lun.size >= size {
            return Ok(Volume::of(&lun, false));
        }
        let hosts = lun.presentation();
        if !hosts.is_masked() && !driver.config().online_extend {
            return Err(Error::new(
                Status::VolumeBusy,
                format!(
                    "volume {} is presented to {}; the appliance's documentation warns of corrupt \
                     data when an exported LUN grows. Detach it first, or set zfssa_online_extend",
                    self.name, hosts
                ),
            ));
        }
        let lun = grow(driver, scope, &self.name, size).await?;
        Ok(Volume::of(&lun, false))
    }
}

/// Extends a LUN, and checks the new size.
pub(in crate::driver) async fn grow(
    driver: &Driver,
    scope: &Scope,
    name: &str,
    size: u64,
) -> Result<Lun> {
    let change = LunChange {
        size: Some(size),
        ..LunChange::default()
    };
    let place = driver.place();
    let lun = driver
        .appliance()
        .change_lun(scope, place, name, &change)
        .await?;
    if lun.size >= size {
        return Ok(lun);
    }
    Err(Error::new(
        Status::Protocol,
        format!(
            "volume {name} was to grow to {size} bytes and has {}; call again",
            lun.size
        ),
    )
    .with_outcome(Outcome::Unknown))
}
