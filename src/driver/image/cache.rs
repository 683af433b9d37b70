//! Image cache of a backend: its project, and the images of its clones.

use crate::appliance::{Lun, ProjectRef};
use crate::driver::backend::Driver;
use crate::driver::naming::{CACHE_ENTRY, IMAGE_SNAPSHOT};

/// The image cache of a backend.
pub(in crate::driver) struct ImageCache<'a>(pub(in crate::driver) &'a Driver);

impl<'a> ImageCache<'a> {
    /// The project of the cache entries.
    pub(in crate::driver) fn place(&self) -> ProjectRef<'a> {
        ProjectRef {
            project: &self.0.config().cache_project,
            ..self.0.place()
        }
    }

    /// The image whose cache entry a LUN was cloned from, if it was from one.
    pub(in crate::driver) fn image_of_clone(&self, lun: &Lun) -> Option<String> {
        let origin = lun.origin.as_ref()?;
        let ours = self.0.config().local_cache
            && origin.project == self.0.config().cache_project
            && origin.share.starts_with(CACHE_ENTRY);
        let image = origin
            .snapshot
            .strip_prefix(IMAGE_SNAPSHOT)
            .filter(|_| ours)?;
        Some(image.to_owned())
    }
}
