//! Comparison of a migrated copy with its source.

use serde::{Deserialize, Serialize};

use crate::appliance::{Lun, Provisioning};
use crate::driver::deferred::policy::own_policy;

/// Properties of a LUN that have to be the same at both ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::driver) struct Likeness {
    pub(in crate::driver) size: u64,
    pub(in crate::driver) block_size: u64,
    pub(in crate::driver) sparse: bool,
    pub(in crate::driver) compression: String,
    pub(in crate::driver) logbias: String,
    pub(in crate::driver) target_group: String,
    pub(in crate::driver) managed: Option<bool>,
    /// The policy of the volume itself; journals of former releases do not have it.
    #[serde(default)]
    pub(in crate::driver) delete_with_clones: Option<String>,
}

impl Likeness {
    pub(in crate::driver) fn of(lun: &Lun) -> Likeness {
        Likeness {
            size: lun.size,
            block_size: lun.block_size,
            sparse: lun.sparse,
            compression: lun.compression.clone(),
            logbias: lun.logbias.clone(),
            target_group: lun.target_group.clone(),
            managed: lun.managed,
            delete_with_clones: own_policy(lun).map(|policy| policy.as_str().to_owned()),
        }
    }

    /// Differences of the copy from its source, one phrase each. Custom properties are not among
    /// them: the destination may not have them.
    pub(super) fn differences(&self, copy: &Lun) -> Vec<String> {
        let bytes = |bytes: u64| format!("{bytes} bytes");
        let rows = [
            ("size", bytes(copy.size), bytes(self.size)),
            ("block size", bytes(copy.block_size), bytes(self.block_size)),
            (
                "provisioning",
                Provisioning::of(copy.sparse).to_string(),
                Provisioning::of(self.sparse).to_string(),
            ),
            (
                "compression",
                copy.compression.clone(),
                self.compression.clone(),
            ),
            ("logbias", copy.logbias.clone(), self.logbias.clone()),
            (
                "target group",
                copy.target_group.clone(),
                self.target_group.clone(),
            ),
        ];
        let differ = rows.into_iter().filter(|(_, has, wanted)| has != wanted);
        differ
            .map(|(what, has, wanted)| format!("its {what} is {has}, not {wanted}"))
            .collect()
    }
}
