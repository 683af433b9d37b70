//! Request of a migration.

use std::fmt;

use crate::secret::Secret;

/// Moves a volume to another backend by replication between the appliances. Under its name it is
/// then a volume of the other backend.
///
/// Where that cannot be done the operation declines: a result that says why, and not an error.
/// The host then copies the bytes itself. An error says that the migration failed and that the
/// volume is where it was, unless its outcome says otherwise.
///
/// It takes the time that the data take: give the call a time limit that fits the volume.
///
/// Idempotent under the same operation id.
#[derive(Clone, Default)]
pub struct MigrateVolume {
    /// The LUN's name.
    pub name: String,
    /// Cinder's status of the volume; `None` where the host has none.
    pub status: Option<String>,
    /// `vendor_name` among the destination's capabilities; `None` where it is known to be right.
    pub vendor_name: Option<String>,
    /// `storage_protocol` among them; `None` where it is known to be right.
    pub storage_protocol: Option<String>,
    /// `location_info` among them, in the form of this library or of the former driver, whose
    /// second field holds a password.
    pub location_info: Secret,
    /// The user on the destination, where the host knows better than
    /// `zfssa_migration_destinations`; empty otherwise. Recovery knows the option alone.
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
