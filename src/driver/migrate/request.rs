//! Request of a migration.

use std::fmt;

use crate::secret::Secret;

/// Migrates a volume to another backend by replication between the appliances. It keeps its name.
///
/// If that is not possible, the operation declines: the result has the reason, and is not an error.
/// The host then copies the data itself. An error means that the migration failed and the volume is
/// at its source, unless its outcome states otherwise.
///
/// The duration depends on the amount of data: set a time limit in the call that fits the volume.
///
/// Idempotent under the same operation id.
#[derive(Clone, Default)]
pub struct MigrateVolume {
    /// The LUN's name.
    pub name: String,
    /// Cinder's status of the volume; `None` if the host has none.
    pub status: Option<String>,
    /// `vendor_name` of the destination's capabilities; `None` if it is known to be right.
    pub vendor_name: Option<String>,
    /// `storage_protocol` of the destination's capabilities; `None` if it is known to be right.
    pub storage_protocol: Option<String>,
    /// `location_info` of the destination's capabilities, in the format of this library or of the
    /// former driver, whose second field holds a password.
    pub location_info: Secret,
    /// The user on the destination, to override `zfssa_migration_destinations`; empty otherwise.
    /// Recovery uses only the option.
    pub login: String,
    /// The user's password.
    pub password: Secret,
}

impl fmt::Debug for MigrateVolume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MigrateVolume")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
