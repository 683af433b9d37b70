//! Release of volumes from management.

use serde::Serialize;

use crate::appliance::LunChange;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::journal;
use crate::driver::naming::{Family, TRIES, unmanaged};
use crate::driver::operation::Operation;
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// Releases a volume from management: it is renamed to `unmanaged-<name>` and no longer managed.
/// Its data, snapshots and presentation stay.
///
/// A name that would be too long is cut and made unique by a hash; if it is taken, it gets a
/// number. Idempotent: for a volume that was released before the result has [`Unmanaged::changed`]
/// false.
#[derive(Clone, Debug, Default)]
pub struct Unmanage {
    /// The volume's name.
    pub name: String,
}

/// Result of a release from management.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unmanaged {
    /// The name that it had.
    pub name: String,
    /// The name that it has now.
    pub new_name: String,
    /// Whether this call renamed it.
    pub changed: bool,
}

impl Operation for Unmanage {
    const NAME: &'static str = "unmanage";
    const CONTRACT: Contract = Contract::of(Changes::One)
        .errors(&[Status::VolumeNotFound, Status::PoolNotOwned])
        .locks(&[Lock::volume("the volume")])
        .budgets(&[budget("", 1, 1)]);
    type Output = Unmanaged;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Unmanaged> {
        let (appliance, place) = (driver.appliance(), driver.place());
        let _held = journal::lock_settled(driver, scope, &self.name).await?;
        let mut new_name = unmanaged(&self.name, 1);
        for round in 1..=TRIES {
            let change = LunChange {
                name: Some(&new_name),
                managed: Some(false),
                ..LunChange::default()
            };
            let changed = appliance.change_lun(scope, place, &self.name, &change);
            let error = match changed.await {
                Ok(lun) if change.shows_in(&lun) => {
                    return Ok(Unmanaged {
                        name: self.name,
                        new_name,
                        changed: true,
                    });
                }
                Ok(_) => Error::new(
                    Status::StateChanged,
                    format!("volume {} does not show its new name", self.name),
                )
                .with_outcome(Outcome::Unknown),
                Err(error) => error,
            };
            match error.status() {
                Status::Exists if round < TRIES => {
                    let luns = appliance.luns(scope, place).await?;
                    new_name = Family::among(&self.name, luns.names()).free;
                }
                Status::NotFound => return self.unmanaged_earlier(driver, scope, error).await,
                _ => return Err(error),
            }
        }
        Err(Error::new(
            Status::Exists,
            format!(
                "volume {}: every free name was taken by another process",
                self.name
            ),
        ))
    }
}

impl Unmanage {
    /// Nothing has the volume's name, says `absent`: perhaps because an earlier call renamed it.
    async fn unmanaged_earlier(
        self,
        driver: &Driver,
        scope: &Scope,
        absent: Error,
    ) -> Result<Unmanaged> {
        let luns = driver.luns_of_project(scope).await?;
        if luns.has(&self.name)? {
            return Err(absent.with_status(Status::StateChanged));
        }
        let luns = luns.readable();
        let free = luns.iter().filter(|lun| lun.managed == Some(false));
        match Family::among(&self.name, free.map(|lun| lun.name.as_str())).last {
            Some(new_name) => Ok(Unmanaged {
                name: self.name,
                new_name,
                changed: false,
            }),
            None => Err(driver.no_such_volume(&self.name)),
        }
    }
}
