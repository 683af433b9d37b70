//! Arguments and results that several commands share.

use clap::Args;
use zfssa::ops::{GetVolume, Volume};

use crate::exit::Failure;
use crate::form::gib;
use crate::run::Runner;

/// Size of a volume.
#[derive(Args)]
pub struct Size {
    /// Size in GiB.
    #[arg(value_name = "GIB", value_parser = clap::value_parser!(u64).range(1..))]
    pub gib: u64,
}

/// Size of a copy.
#[derive(Args)]
pub struct OptionalSize {
    /// Size in GiB; by default that of the source.
    #[arg(long = "size", value_name = "GIB", value_parser = clap::value_parser!(u64).range(1..))]
    gib: Option<u64>,
}

impl OptionalSize {
    /// The size in GiB, or that of a source.
    pub async fn or_of(&self, source: &str, runner: &Runner) -> Result<u64, Failure> {
        match self.gib {
            Some(gib) => Ok(gib),
            None => size_gib(source, runner).await,
        }
    }
}

/// Size of a volume in GiB, rounded up.
pub async fn size_gib(volume: &str, runner: &Runner) -> Result<u64, Failure> {
    let name = volume.to_owned();
    let volume = runner.run(GetVolume { name }).await?;
    Ok(volume.size_bytes.div_ceil(1 << 30))
}

/// Extra specs of a volume type.
#[derive(Args)]
pub struct ExtraSpecs {
    /// Extra spec, such as zfssa:compression=lz4; may be repeated.
    #[arg(long = "extra-spec", value_name = "KEY=VALUE", value_parser = key_value)]
    pub pairs: Vec<(String, String)>,
}

/// Reads `KEY=VALUE`.
pub fn key_value(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text
        .split_once('=')
        .ok_or("give two texts with = between")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Result of an operation that creates a volume, as text.
pub fn created(volume: &Volume) -> String {
    let size = gib(volume.size_bytes);
    match volume.created {
        true => format!("created volume {} of {size}", volume.name),
        false => format!(
            "volume {} of {size} was there: nothing was changed",
            volume.name
        ),
    }
}

/// Failure of a command whose operation ended well, but without what was asked for.
pub fn fail_if(missed: bool, what: &str) -> Result<(), Failure> {
    match missed {
        true => Err(Failure::Local(what.to_owned())),
        false => Ok(()),
    }
}
