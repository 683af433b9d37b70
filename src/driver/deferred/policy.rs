//! Policy for the deletion of a volume, and of its snapshots, while they have clones: that of the
//! volume type, which its LUN carries, or that of the backend.

use crate::appliance::Lun;
use crate::config::DeleteWithClones;
use crate::driver::backend::Driver;

/// The policy that a volume has of its own. `None` if its type set none, and for a value that is no
/// policy.
pub(in crate::driver) fn own_policy(lun: &Lun) -> Option<DeleteWithClones> {
    DeleteWithClones::from_choice(lun.delete_with_clones.as_deref()?)
}

/// The policy for a volume: its own, or the option `zfssa_delete_with_clones`. A value that is no
/// policy, which an administrator wrote, is logged and counts as none.
pub(in crate::driver) fn policy_of(driver: &Driver, lun: &Lun) -> DeleteWithClones {
    let default = driver.config().delete_with_clones;
    let own = own_policy(lun);
    if let Some(value) = lun.delete_with_clones.as_deref().filter(|_| own.is_none()) {
        tracing::warn!(
            volume = lun.name,
            value,
            policy = default.as_str(),
            "the property zfssa_delete_with_clones is not one of refuse and defer; the option \
             decides: retype the volume, or correct the property on the appliance"
        );
    }
    own.unwrap_or(default)
}
