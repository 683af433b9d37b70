//! Configuration builder: options from the host, from TOML and from `cinder.conf`.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::assemble;
use super::error::{ConfigError, ConfigErrors, Location, printable};
use super::gathered::{Gathered, Strictness};
use super::sources::{cinder_conf, toml};
use crate::config::config::Config;

/// Largest configuration file that is read, in bytes.
const LARGEST_FILE: u64 = 16 << 20;

/// Gathers the options of one backend and makes a [`Config`] of them.
///
/// Values may come from several sources; a later one overrides an earlier one.
/// Nothing is reported before [`build`](Self::build), which reports all errors
/// together. An empty value is the same as none: the default holds.
///
/// ```
/// use zfssa::config::ConfigBuilder;
///
/// let config = ConfigBuilder::new()
///     .set("san_ip", "192.0.2.10")
///     .set("san_password", "secret")
///     .set("zfssa_pool", "pool-0")
///     .set("zfssa_project", "cinder")
///     .set("zfssa_initiator_group", "compute")
///     .set("zfssa_target_portal", "198.51.100.1:3260, 198.51.100.2:3260")
///     .set("zfssa_target_interfaces", "ixgbe0,ixgbe1")
///     .build()
///     .unwrap();
/// assert_eq!(config.target_portals.len(), 2);
/// ```
#[derive(Clone, Default)]
pub struct ConfigBuilder {
    gathered: Gathered,
}

impl ConfigBuilder {
    /// A builder without any value.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets one option. Standard Cinder options that mean nothing here are
    /// accepted and ignored; any other unknown name becomes an error.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.gathered.put(name, value, None, Strictness::All);
        self
    }

    /// Forgets what was set for an option, so that its default holds.
    pub fn unset(&mut self, name: &str) -> &mut Self {
        self.gathered.entries.remove(name);
        self
    }

    /// A builder with these options. See [`set`](Self::set).
    pub fn from_pairs<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let mut builder = Self::new();
        for (name, value) in pairs {
            builder.set(name.as_ref(), value.as_ref());
        }
        builder
    }

    /// A builder with the options of a TOML text. See [`load_toml`](Self::load_toml).
    pub fn from_toml(text: &str, section: Option<&str>) -> Self {
        let mut builder = Self::new();
        builder.load_toml(text, section, "configuration");
        builder
    }

    /// A builder with the options of a section of `cinder.conf`. See
    /// [`load_cinder_conf`](Self::load_cinder_conf).
    pub fn from_cinder_conf(text: &str, section: &str) -> Self {
        let mut builder = Self::new();
        builder.load_cinder_conf(text, section, "cinder.conf");
        builder
    }

    /// Adds the options of a TOML text, from its top level or from the table
    /// `section` (dots lead into tables). Integers, booleans, arrays for lists
    /// and inline tables for `zfssa_initiator_config` are read, and strings for
    /// everything. `source` names the text in errors.
    pub fn load_toml(&mut self, text: &str, section: Option<&str>, source: &str) -> &mut Self {
        toml::load(&mut self.gathered, text, section, source);
        self
    }

    /// Adds the options of a section of a `cinder.conf`, read as oslo.config
    /// reads it, and those of `[backend_defaults]` beneath it.
    ///
    /// As in Cinder, `[DEFAULT]` does not apply to a backend; name it as the
    /// section when the installation is of the old kind with a single backend.
    /// `$name` and `${name}` are replaced from the section, then from
    /// `[backend_defaults]` and `[DEFAULT]`. Keys of other programs are
    /// ignored, but an unknown `zfssa_` key is an error, since it is misspelt.
    /// `source` names the text in errors.
    pub fn load_cinder_conf(&mut self, text: &str, section: &str, source: &str) -> &mut Self {
        cinder_conf::load(&mut self.gathered, text, section, source);
        self
    }

    /// [`load_toml`](Self::load_toml) from a file.
    pub fn load_toml_file(&mut self, path: &Path, section: Option<&str>) -> &mut Self {
        if let Some(text) = self.read(path) {
            self.load_toml(&text, section, &path.display().to_string());
        }
        self
    }

    /// [`load_cinder_conf`](Self::load_cinder_conf) from a file.
    pub fn load_cinder_conf_file(&mut self, path: &Path, section: &str) -> &mut Self {
        if let Some(text) = self.read(path) {
            self.load_cinder_conf(&text, section, &path.display().to_string());
        }
        self
    }

    /// Checks all values and makes the configuration, or reports all errors.
    /// The builder is not changed.
    pub fn build(&self) -> Result<Config, ConfigErrors> {
        assemble::config(&self.gathered)
    }

    fn read(&mut self, path: &Path) -> Option<Zeroizing<String>> {
        let shown = path.display().to_string();
        let refuse = |problem: String| {
            let location = Location {
                file: printable(&shown),
                line: None,
            };
            ConfigError::new("", problem, "name a readable UTF-8 file").at(Some(location))
        };
        // The size is taken from the handle and the buffer made once, so that
        // no copy of a password stays behind in an outgrown buffer.
        let read = || -> std::io::Result<Zeroizing<Vec<u8>>> {
            let file = File::open(path)?;
            let size = file.metadata()?.len().min(LARGEST_FILE) as usize;
            let mut bytes = Zeroizing::new(Vec::with_capacity(size + 1));
            file.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let outcome = match read() {
            Err(error) => Err(refuse(format!("cannot be read ({error})"))),
            Ok(bytes) if bytes.len() as u64 > LARGEST_FILE => {
                Err(refuse(format!("is larger than {LARGEST_FILE} bytes")))
            }
            Ok(bytes) => match std::str::from_utf8(&bytes) {
                Ok(text) => Ok(Zeroizing::new(text.to_owned())),
                Err(_) => Err(refuse("is not UTF-8 text".into())),
            },
        };
        outcome.map_err(|error| self.gathered.fail(error)).ok()
    }
}

/// Prints the names that are set, and no value.
impl fmt::Debug for ConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigBuilder")
            .field("set", &self.gathered.entries.keys().collect::<Vec<_>>())
            .field("errors", &self.gathered.errors)
            .field("warnings", &self.gathered.warnings)
            .finish()
    }
}
