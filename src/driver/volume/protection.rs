//! Protection of a LUN from destruction (`nodestroy`).

use crate::appliance::{Appliance, Lun, LunChange, ProjectRef};
use crate::error::Result;
use crate::scope::Scope;

/// Sets or clears a LUN's property `nodestroy`. Returns the LUN as it is then.
pub(in crate::driver) async fn protect(
    appliance: &Appliance,
    scope: &Scope,
    place: ProjectRef<'_>,
    name: &str,
    protection: bool,
) -> Result<Lun> {
    let change = LunChange {
        nodestroy: Some(protection),
        ..LunChange::default()
    };
    appliance.change_lun(scope, place, name, &change).await
}
