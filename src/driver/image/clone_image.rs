//! Volumes from images, by way of the image cache: each image is written once, and every volume
//! from it is a clone.
//!
//! An image's entry is the LUN `os-cache-vol-<image>` with the snapshot `image-<image>` in the
//! project of cached images, with the image and its version in its custom properties. If the image
//! is updated while its entry has clones, the entry stays for them and the new version gets a
//! separate entry, `os-cache-vol-<image>-<digits of the version>`. An entry is deleted with its
//! last clone.
//!
//! Locks keep two requests on one host from writing one image twice. Another host may still do so
//! at the same time, so an unfinished entry counts as abandoned only after the longest possible
//! transfer, and each step of its creation checks the marker of the LUN.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::appliance::Lun;
use crate::config::LunProperty;
use crate::digest;
use crate::driver::age::seconds_since;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::image::cache::ImageCache;
use crate::driver::image::entry_flow::CacheFlow;
use crate::driver::image::transfer::ImageTransfer;
use crate::driver::journal;
use crate::driver::naming::{cache_entry, image_snapshot};
use crate::driver::operation::Operation;
use crate::driver::size::{GIB, bytes_of_gib};
use crate::driver::volume::clone_flow::CloneFlow;
use crate::driver::volume::lookup::Volume;
use crate::driver::volume::properties::other_encryption;
use crate::driver::volume::properties::properties_of_new_lun;
use crate::error::{Result, Status};
use crate::lock::Key;
use crate::scope::Scope;

/// Creates a volume from an image through the image cache. The first request writes the image;
/// later volumes are clones.
#[derive(Clone)]
pub struct CloneImage {
    /// The new LUN's name.
    pub name: String,
    /// GiB, at least the cache entry's size: that of the image, rounded up, and one more if it is a
    /// whole number of GiB.
    pub size_gib: u64,
    /// The volume type's extra specs; see [`crate::driver::CreateVolume`]. The cache declines if
    /// they choose another encryption than the cached image has.
    pub extra_specs: Vec<(String, String)>,
    /// The image's id.
    pub image_id: String,
    /// Time of the image's last update, in any format, as long as it is always the same.
    pub image_updated_at: String,
    /// Bytes of the disk that the image holds.
    pub image_virtual_size: u64,
    /// The iSCSI name of the host that writes the image.
    pub initiator: String,
    /// Writes the image, if the cache does not have it.
    pub transfer: Arc<dyn ImageTransfer>,
}

impl fmt::Debug for CloneImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloneImage")
            .field("name", &self.name)
            .field("size_gib", &self.size_gib)
            .field("image_id", &self.image_id)
            .finish_non_exhaustive()
    }
}

/// Result of the request.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ClonedImage {
    /// The volume; `None` if the cache declines and the host should create the volume itself.
    pub volume: Option<Volume>,
    /// Reason that the cache declines; empty otherwise.
    pub declined: String,
    /// The cache entry that the volume is a clone of.
    pub cache_entry: String,
    /// Whether this call wrote the image.
    pub transferred: bool,
}

impl ClonedImage {
    fn declined(reason: String) -> ClonedImage {
        ClonedImage {
            volume: None,
            declined: reason,
            cache_entry: String::new(),
            transferred: false,
        }
    }
}

/// Result of a search in the cache.
enum CacheLookup {
    /// An entry with the present version of the image.
    Ready(Box<Lun>),
    /// None, and where one is to be made.
    Wanted {
        name: String,
        /// An unusable entry.
        replaces: Option<String>,
    },
    /// None, and no place for one.
    NoPlace,
}

/// State of the LUN with an entry's name.
enum EntryState {
    Ready(Box<Lun>),
    Free,
    /// It belongs to this driver and has no dependents.
    Useless(String),
    /// Another name is needed.
    InTheWay,
}

/// Age at which an entry without its snapshot can no longer be in transfer.
const ABANDONED: Duration = Duration::from_secs(24 * 3_600);

impl CloneImage {
    /// A name for the entry of one version of the image.
    fn versioned(&self) -> String {
        let digits = digest::short_hex([self.image_updated_at.as_bytes()], 8);
        format!("{}-{digits}", cache_entry(&self.image_id))
    }

    fn snapshot(&self) -> String {
        image_snapshot(&self.image_id)
    }
}

impl Operation for CloneImage {
    const NAME: &'static str = "clone_image";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .errors(&[
            Status::VolumeNotFound,
            Status::SnapshotNotFound,
            Status::VolumeExists,
            Status::VolumeBusy,
            Status::InvalidSize,
            Status::TypeMismatch,
            Status::InvalidConnector,
            Status::SetupIncomplete,
            Status::PoolNotOwned,
            Status::Transfer,
        ])
        .locks(&[
            Lock::image("the image, while its entry is looked for or cloned").shared(),
            Lock::image("the image, while its entry is made"),
            Lock::volume("the new volume"),
            Lock::volume("the entry").shared(),
            Lock::initiator("the host, if the configuration registers hosts").shared(),
        ])
        .journalled("the making of the entry, and of the clone")
        .budgets(&[
            budget("the entry is there", 3, 2),
            budget("the entry is made", 13, 11),
        ])
        .depth_reason(
            "a clone needs its entry; a new entry is looked for once more under its lock, then \
             created, presented, written by the host, masked and snapshotted, and each step needs \
             the one before it",
        );
    type Output = ClonedImage;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<ClonedImage> {
        let size = bytes_of_gib(self.size_gib)?;
        let wanted = properties_of_new_lun(driver, &self.extra_specs)?.optional;
        if !driver.config().local_cache {
            let reason = "zfssa_enable_local_cache is off";
            return Ok(ClonedImage::declined(reason.to_owned()));
        }
        // Counted in GiB, which no size in bytes overflows.
        let needed = self.image_virtual_size / GIB + 1;
        if needed > self.size_gib {
            return Ok(ClonedImage::declined(format!(
                "the image needs {needed} GiB and the volume has {}",
                self.size_gib
            )));
        }
        let cached = bytes_of_gib(needed)?;
        let key = Key::Image(self.image_id.clone());
        // Many operations may clone an entry at a time. An operation that finds none searches again
        // under the exclusive lock.
        let shared = driver.0.locks.share(scope, key.clone()).await?;
        if let CacheLookup::Ready(entry) = self.look_for_entry(driver, scope).await? {
            if let Some(reason) = other_encryption(&entry, &wanted) {
                return Ok(ClonedImage::declined(reason));
            }
            match self
                .clone_entry(driver, scope, entry.name, size, false)
                .await
            {
                // It was deleted with its last clone a moment ago.
                Err(error) if error.is_not_found() => {}
                other => return other,
            }
        }
        drop(shared);
        // An entry has the backend's properties, since volumes of every type are cloned from it.
        let defaults = properties_of_new_lun(driver, &[])?.optional;
        if wanted.only(LunProperty::is_fixed) != defaults.only(LunProperty::is_fixed) {
            return Ok(ClonedImage::declined(
                "the volume type chooses an encryption, and cached images have that of the options \
                 zfssa_lun_encryption, zfssa_lun_keystore and zfssa_lun_keyname"
                    .to_owned(),
            ));
        }
        for name in [cache_entry(&self.image_id), self.versioned()] {
            journal::settle_left(driver, scope, &name).await?;
        }
        let _alone = driver.0.locks.lock(scope, key).await?;
        match self.look_for_entry(driver, scope).await? {
            CacheLookup::Ready(entry) => match other_encryption(&entry, &wanted) {
                Some(reason) => Ok(ClonedImage::declined(reason)),
                None => {
                    self.clone_entry(driver, scope, entry.name, size, false)
                        .await
                }
            },
            CacheLookup::Wanted { name, replaces } => {
                let flow = CacheFlow {
                    name: name.clone(),
                    snapshot: self.snapshot(),
                    image_id: self.image_id.clone(),
                    updated_at: self.image_updated_at.clone(),
                    size: cached,
                    initiator: self.initiator.clone(),
                    replaces,
                    project: driver.config().cache_project.clone(),
                    transfer: Some(self.transfer.clone()),
                };
                journal::run(driver, scope, flow).await?;
                self.clone_entry(driver, scope, name, size, true).await
            }
            CacheLookup::NoPlace => Ok(ClonedImage::declined(format!(
                "image {} has no usable cache entry, and LUNs that this driver may not delete \
                 have the names of both that it could have; see project {}",
                self.image_id,
                driver.config().cache_project
            ))),
        }
    }
}

impl CloneImage {
    async fn look_for_entry(&self, driver: &Driver, scope: &Scope) -> Result<CacheLookup> {
        let (appliance, place) = (driver.appliance(), ImageCache(driver).place());
        let (plain, snapshot) = (cache_entry(&self.image_id), self.snapshot());
        // The entry mostly exists, and then no further request is needed.
        let (lun, found) = tokio::join!(
            appliance.find_lun(scope, place, &plain),
            appliance.find_snapshot(scope, place, &plain, &snapshot),
        );
        let (lun, mut found) = (lun?, found?);
        if lun.is_some() && found.is_none() {
            // An entry without its snapshot is replaced, so that it has none must be proven.
            found = appliance
                .find_snapshot_proven(scope, place, &plain, &snapshot)
                .await?;
        }
        let first = self.state_of(driver, scope, lun, found.is_some()).await?;
        if let EntryState::Ready(entry) = first {
            return Ok(CacheLookup::Ready(entry));
        }
        let versioned = self.versioned();
        let lun = appliance.find_lun(scope, place, &versioned).await?;
        let found = match &lun {
            Some(_) => {
                appliance
                    .find_snapshot_proven(scope, place, &versioned, &snapshot)
                    .await?
            }
            None => None,
        };
        let second = self.state_of(driver, scope, lun, found.is_some()).await?;
        if let EntryState::Ready(entry) = second {
            return Ok(CacheLookup::Ready(entry));
        }
        let places = [(plain, first), (versioned, second)];
        let wanted = places
            .into_iter()
            .find_map(|(name, standing)| match standing {
                EntryState::Free => Some((name, None)),
                EntryState::Useless(guid) => Some((name, Some(guid))),
                EntryState::Ready(_) | EntryState::InTheWay => None,
            });
        Ok(match wanted {
            Some((name, replaces)) => CacheLookup::Wanted { name, replaces },
            None => CacheLookup::NoPlace,
        })
    }

    /// Classifies the LUN with an entry's name.
    async fn state_of(
        &self,
        driver: &Driver,
        scope: &Scope,
        lun: Option<Lun>,
        has_snapshot: bool,
    ) -> Result<EntryState> {
        let Some(lun) = lun else {
            return Ok(EntryState::Free);
        };
        // A LUN without this image's properties was created by another program.
        if lun.image_id.as_deref() != Some(self.image_id.as_str()) {
            return Ok(EntryState::InTheWay);
        }
        let current = lun.updated_at.as_deref() == Some(self.image_updated_at.as_str());
        if current && has_snapshot {
            return Ok(EntryState::Ready(Box::new(lun)));
        }
        let in_use = if has_snapshot {
            let (place, snapshot) = (ImageCache(driver).place(), self.snapshot());
            let clones = driver
                .appliance()
                .dependents(scope, place, &lun.name, &snapshot)
                .await?;
            !clones.is_empty()
        } else {
            // What this host left was settled before.
            let age = seconds_since(&lun.creation);
            age.is_none_or(|age| age < ABANDONED.as_secs())
        };
        if in_use {
            return Ok(EntryState::InTheWay);
        }
        Ok(EntryState::Useless(lun.guid))
    }

    async fn clone_entry(
        &self,
        driver: &Driver,
        scope: &Scope,
        entry: String,
        size: u64,
        transferred: bool,
    ) -> Result<ClonedImage> {
        let flow = CloneFlow {
            snapshot: self.snapshot(),
            name: self.name.clone(),
            size,
            source_project: driver.config().cache_project.clone(),
            source: entry.clone(),
            extra_specs: self.extra_specs.clone(),
            ..CloneFlow::default()
        };
        let volume = flow.make(driver, scope).await?;
        Ok(ClonedImage {
            volume: Some(volume),
            declined: String::new(),
            cache_entry: entry,
            transferred,
        })
    }
}
