//! Configuration objects: the options that the host gathers.

use std::sync::{Mutex, MutexGuard};

use super::types::zfssa_config_t;
use crate::config::{Config, ConfigBuilder};
use crate::error::{Error, Result, Status};
use crate::ffi::process::handle::Handle;
use crate::ffi::process::wait::lock;

/// A configuration object.
#[derive(Default)]
pub(in crate::ffi) struct ConfigObject(Mutex<ConfigBuilder>);

impl Handle for zfssa_config_t {
    type Object = ConfigObject;
    const KIND: &'static str = "config";
}

impl ConfigObject {
    /// The options gathered so far.
    pub(in crate::ffi) fn builder(&self) -> MutexGuard<'_, ConfigBuilder> {
        lock(&self.0)
    }

    /// The configuration as the engine uses it, or all its errors.
    pub(in crate::ffi) fn build(&self) -> Result<Config> {
        self.builder().build().map_err(|errors| {
            let problems = &errors.0;
            let first = problems
                .first()
                .map(ToString::to_string)
                .unwrap_or_default();
            let message = match problems.len() {
                0 | 1 => first.clone(),
                count => {
                    format!("configuration: has {count} problems, of which the first is: {first}")
                }
            };
            let error = Error::new(Status::Config, message);
            problems.iter().fold(error, Error::with_cause)
        })
    }
}
