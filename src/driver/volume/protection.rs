//! Protection of a LUN from destruction (`nodestroy`).

use crate::appliance::{Appliance, LunChange, ProjectRef};
use crate::error::Result;
use crate::scope::Scope;

/// Sets or clears a LUN's property `nodestroy`.
pub(in crate::driver) async fn protect(
    appliance: &Appliance,
    scope: &Scope,
    place: ProjectRef<'_>,
    name: &str,
    protection: bool,
) -> Result<()> {
    let change = LunChange {
        nodestroy: Some(protection),
        ..LunChange::default()
    };
    appliance.change_lun(scope, place, name, &change).await?;
    Ok(())
}
