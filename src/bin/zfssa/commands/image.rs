//! Volumes from images, through the image cache of the backend.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use clap::Args;
use serde::Deserialize;
use zfssa::ops::{CloneImage, QemuImg};

use crate::commands::request::{ExtraSpecs, created, fail_if};
use crate::exit::Failure;
use crate::run::Runner;

/// An image to make a volume of.
#[derive(Args)]
pub struct FromImage {
    volume: String,
    /// Size in GiB, larger than the image.
    #[arg(value_name = "GIB", value_parser = clap::value_parser!(u64).range(1..))]
    gib: u64,
    /// The image file.
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// Format of the file. It is never guessed, since the image's author would choose it.
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(QemuImg::FORMATS))]
    format: String,
    /// Id of the image in the cache; by default the name of the file.
    #[arg(long, value_name = "ID")]
    image_id: Option<String>,
    /// iSCSI name with which qemu-img writes the image.
    #[arg(long, value_name = "IQN")]
    initiator: String,
    #[command(flatten)]
    specs: ExtraSpecs,
}

/// The part of `qemu-img info` that is read.
#[derive(Deserialize)]
struct Info {
    #[serde(rename = "virtual-size")]
    virtual_size: u64,
}

impl FromImage {
    pub async fn run(self, runner: &Runner) -> Result<(), Failure> {
        let image = std::path::absolute(&self.image)
            .map_err(|error| Failure::local(self.image.display(), error))?;
        let volume = self.volume;
        if runner.is_dry(&format!(
            "create volume {volume} of {} GiB from image {}",
            self.gib,
            image.display()
        ))? {
            return Ok(());
        }
        let file_name = || {
            image
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
        };
        let image_id = self.image_id.or_else(file_name).unwrap_or_default();
        let cloned = runner
            .run(CloneImage {
                name: volume,
                size_gib: self.gib,
                extra_specs: self.specs.pairs,
                image_id,
                image_updated_at: changed_at(&image)?,
                image_virtual_size: virtual_size(&image, &self.format)?,
                initiator: self.initiator.clone(),
                transfer: Arc::new(QemuImg {
                    image,
                    format: self.format,
                    initiator: self.initiator,
                    program: PathBuf::from("qemu-img"),
                }),
            })
            .await?;
        runner.show(&cloned, || match (&cloned.volume, cloned.transferred) {
            (Some(volume), true) => format!("wrote the image; {}", created(volume)),
            (Some(volume), false) => created(volume),
            (None, _) => format!("nothing was created: {}", cloned.declined),
        })?;
        fail_if(cloned.volume.is_none(), "the image cache declined")
    }
}

/// The time of the file's last change, which the cache compares.
fn changed_at(image: &Path) -> Result<String, Failure> {
    let unreadable = |error: std::io::Error| Failure::local(image.display(), error);
    let changed = std::fs::metadata(image)
        .and_then(|file| file.modified())
        .map_err(unreadable)?;
    let since = changed.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(since.as_secs().to_string())
}

/// Bytes of the disk that an image holds.
fn virtual_size(image: &Path, format: &str) -> Result<u64, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::local("qemu-img info", why);
    let output = Command::new("qemu-img")
        .args(["info", "--output=json", "-f", format])
        .arg(image)
        .output()
        .map_err(|error| failed(&format!("{error}: install qemu-utils")))?;
    if !output.status.success() {
        return Err(failed(&String::from_utf8_lossy(&output.stderr).trim_end()));
    }
    let info: Info = serde_json::from_slice(&output.stdout).map_err(|error| failed(&error))?;
    Ok(info.virtual_size)
}
