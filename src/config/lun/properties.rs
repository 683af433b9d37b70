//! Properties of a new LUN: the defaults, and the extra specs of a volume type.

use std::fmt;

use crate::config::did_you_mean::did_you_mean;
use crate::config::error::{ConfigError, ConfigErrors};
use crate::config::option_spec::OptionSpec;
use crate::config::{options, values};

/// Properties of a new LUN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LunProperties {
    /// Block size in bytes, a power of two from 512 to 1,048,576. The appliance
    /// refuses it on a clone, which has the block size of its origin.
    pub volblocksize: u32,
    /// Whether space is taken only when data is written.
    pub sparse: bool,
    /// Compression.
    pub compression: Compression,
    /// Bias of synchronous writes.
    pub logbias: Logbias,
}

/// Compression of a LUN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// `off`
    Off,
    /// `lzjb`
    Lzjb,
    /// `gzip-2`
    Gzip2,
    /// `gzip`
    Gzip,
    /// `gzip-9`
    Gzip9,
    /// `lz4`, on newer releases of the appliance
    Lz4,
}

impl Compression {
    /// The word that the appliance uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Lzjb => "lzjb",
            Self::Gzip2 => "gzip-2",
            Self::Gzip => "gzip",
            Self::Gzip9 => "gzip-9",
            Self::Lz4 => "lz4",
        }
    }

    pub(in crate::config) fn from_choice(choice: &str) -> Option<Self> {
        [
            Self::Off,
            Self::Lzjb,
            Self::Gzip2,
            Self::Gzip,
            Self::Gzip9,
            Self::Lz4,
        ]
        .into_iter()
        .find(|value| value.as_str() == choice)
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Bias of synchronous writes to a LUN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Logbias {
    /// `latency`
    Latency,
    /// `throughput`
    Throughput,
}

impl Logbias {
    /// The word that the appliance uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Throughput => "throughput",
        }
    }

    pub(in crate::config) fn from_choice(choice: &str) -> Option<Self> {
        [Self::Latency, Self::Throughput]
            .into_iter()
            .find(|value| value.as_str() == choice)
    }
}

impl fmt::Display for Logbias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Scope of the library's extra specs.
const SCOPE: &str = "zfssa:";

/// Extra specs of a volume type, and the option whose value each replaces. The
/// option's row says what is allowed, so that there is one list of choices.
const SPECS: [(&str, &str); 4] = [
    ("zfssa:volblocksize", "zfssa_lun_volblocksize"),
    ("zfssa:sparse", "zfssa_lun_sparse"),
    ("zfssa:compression", "zfssa_lun_compression"),
    ("zfssa:logbias", "zfssa_lun_logbias"),
];

/// Properties that a volume type sets; `None` if it does not set one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LunSpecs {
    /// `zfssa:volblocksize`, in bytes.
    pub volblocksize: Option<u32>,
    /// `zfssa:sparse`
    pub sparse: Option<bool>,
    /// `zfssa:compression`
    pub compression: Option<Compression>,
    /// `zfssa:logbias`
    pub logbias: Option<Logbias>,
}

impl LunSpecs {
    /// Reads the extra specs of a volume type.
    ///
    /// Values are those of the options `zfssa_lun_*`, and Cinder's scoped form
    /// `<is> True` for the boolean one. An empty value counts as none. Keys of
    /// other scopes are ignored; an unknown key of the scope `zfssa:` is an
    /// error, as is one key given twice.
    pub fn parse<K: AsRef<str>, V: AsRef<str>>(specs: &[(K, V)]) -> Result<Self, ConfigErrors> {
        let mut found = Self::default();
        let mut errors = Vec::new();
        let mut seen = Vec::new();
        for (key, value) in specs {
            let (key, value) = (key.as_ref().trim(), value.as_ref().trim());
            if !key.starts_with(SCOPE) {
                continue;
            }
            let Some((_, option)) = SPECS.iter().find(|(name, _)| *name == key) else {
                let names = SPECS.iter().map(|(name, _)| *name);
                errors.push(
                    ConfigError::new(key, "is not an extra spec", did_you_mean(key, names))
                        .plain_value(value),
                );
                continue;
            };
            if seen.contains(&key) {
                errors.push(ConfigError::new(key, "is given twice", "give it once"));
                continue;
            }
            seen.push(key);
            let spec = options::find(option).expect("SPECS names rows of the table");
            if !value.is_empty()
                && let Err(problem) = found.set(key, spec, value)
            {
                let remedy = format!("use {}", spec.allowed());
                errors.push(ConfigError::new(key, problem, remedy).plain_value(value));
            }
        }
        if errors.is_empty() {
            Ok(found)
        } else {
            Err(ConfigErrors(errors))
        }
    }

    fn set(&mut self, key: &str, spec: &OptionSpec, value: &str) -> Result<(), String> {
        match key {
            "zfssa:volblocksize" => self.volblocksize = Some(values::block_size(spec, value)?),
            "zfssa:sparse" => {
                let word = value.strip_prefix("<is>").unwrap_or(value).trim();
                self.sparse = Some(values::boolean(word)?);
            }
            "zfssa:compression" => {
                self.compression = Compression::from_choice(values::choice(spec, value)?);
            }
            _ => self.logbias = Logbias::from_choice(values::choice(spec, value)?),
        }
        Ok(())
    }

    /// The properties of these specs, and `defaults` for those that they do not
    /// set.
    pub fn over(&self, defaults: &LunProperties) -> LunProperties {
        LunProperties {
            volblocksize: self.volblocksize.unwrap_or(defaults.volblocksize),
            sparse: self.sparse.unwrap_or(defaults.sparse),
            compression: self.compression.unwrap_or(defaults.compression),
            logbias: self.logbias.unwrap_or(defaults.logbias),
        }
    }
}

impl LunProperties {
    /// These properties, overridden by the extra specs of a volume type. See
    /// [`LunSpecs::parse`].
    pub fn with_extra_specs<K: AsRef<str>, V: AsRef<str>>(
        &self,
        specs: &[(K, V)],
    ) -> Result<LunProperties, ConfigErrors> {
        Ok(LunSpecs::parse(specs)?.over(self))
    }
}
