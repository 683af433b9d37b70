//! Deferred volumes and snapshots whose last clone is gone.
//!
//! The deletion of the last clone deletes them too. A call that ended before the appliance carried
//! out that deletion does not, and its repetition finds no clone that leads to them. So the
//! deletion of a volume that does not exist looks for them, where no journal does.

use std::collections::HashSet;

use crate::appliance::{List, Lun, LunSnapshot};
use crate::driver::backend::Driver;
use crate::driver::deferred::origins::is_unused;
use crate::driver::naming::is_deferred;

/// Deferred objects without a clone in the lists that they were found in. Each is checked once more
/// before its deletion.
#[derive(Debug, Default)]
pub(in crate::driver) struct Needless {
    pub(in crate::driver) volumes: Vec<String>,
    /// Volumes, and their snapshots.
    pub(in crate::driver) snapshots: Vec<(String, String)>,
    /// Whether the call deleted another object before it returned them.
    pub(in crate::driver) changed: bool,
}

impl Needless {
    /// Finds them among the LUNs of the backend's project and the snapshots of the appliance. An
    /// object that cannot be read is no candidate.
    pub(in crate::driver) fn among(
        driver: &Driver,
        luns: List<Lun>,
        snapshots: &[LunSnapshot],
    ) -> Needless {
        let place = driver.place();
        let luns = luns.readable();
        let here = |project: &str| ["", place.project].contains(&project);
        let origins = luns.iter().filter_map(|lun| lun.origin.as_ref());
        let origins = origins.filter(|origin| here(&origin.project));
        let snapshots_in_use: HashSet<(&str, &str)> = origins
            .map(|origin| (origin.share.as_str(), origin.snapshot.as_str()))
            .collect();
        let volumes_in_use: HashSet<&str> = snapshots_in_use.iter().map(|(lun, _)| *lun).collect();
        let volumes: Vec<String> = luns
            .iter()
            .filter(|lun| is_unused(lun) && !volumes_in_use.contains(lun.name.as_str()))
            .map(|lun| lun.name.clone())
            .collect();
        let snapshots = snapshots.iter().filter_map(|snapshot| {
            let volume = snapshot.lun().filter(|_| snapshot.is_in(place))?;
            let needless = is_deferred(&snapshot.name)
                && !snapshots_in_use.contains(&(volume, snapshot.name.as_str()))
                // Those of a deleted volume are deleted with it.
                && !is_deferred(volume);
            needless.then(|| (volume.to_owned(), snapshot.name.clone()))
        });
        Needless {
            volumes,
            snapshots: snapshots.collect(),
            changed: false,
        }
    }
}
