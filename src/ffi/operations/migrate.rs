//! Migration of volumes to other appliances.

use std::ffi::c_char;

use super::{Args, submit};
use crate::driver::{Decline, MigrateVolume, Migration};
use crate::error::{Error, Result};
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::versioned_struct::versioned_struct;
use crate::ffi::marshal::view_memory::{Arena, count};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// What the absence of a login and a password means.
const ACCOUNT: &str = "that of the option zfssa_migration_destinations";

/// Arguments of zfssa_migrate_volume().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_migrate_volume_args_t {
    /// sizeof(zfssa_migrate_volume_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN; required.
    pub name: *const c_char,
    /// location_info of the destination's capabilities, from zfssa_get_volume_stats() or the former
    /// driver. NULL: the migration is declined.
    pub location_info: *const c_char,
    /// Cinder's status of the volume; NULL: not checked.
    pub status: *const c_char,
    /// vendor_name of the destination's capabilities; NULL: not checked.
    pub vendor_name: *const c_char,
    /// storage_protocol of the destination's capabilities; NULL: not checked.
    pub storage_protocol: *const c_char,
    /// User on the destination; NULL: from the option zfssa_migration_destinations. Recovery after
    /// a crash uses only the option.
    pub login: *const c_char,
    /// Password of the user; NULL without a login. The library wipes its copy after use.
    pub password: *const c_char,
}

versioned_struct!(zfssa_migrate_volume_args_t {
    size,
    flags,
    name,
    location_info,
    status,
    vendor_name,
    storage_protocol,
    login,
    password
});

impl Args for zfssa_migrate_volume_args_t {
    type Operation = MigrateVolume;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<MigrateVolume> {
        let request = MigrateVolume {
            name: host.required(self.name, "name")?,
            location_info: host
                .line(self.location_info, "location_info")?
                .unwrap_or_default()
                .into(),
            status: host.line(self.status, "status")?,
            vendor_name: host.line(self.vendor_name, "vendor_name")?,
            storage_protocol: host.line(self.storage_protocol, "storage_protocol")?,
            login: host
                .optional(self.login, "login", ACCOUNT)?
                .unwrap_or_default(),
            password: host
                .optional(self.password, "password", ACCOUNT)?
                .unwrap_or_default()
                .into(),
        };
        if request.login.is_empty() != request.password.is_empty() {
            let given = "given without the other";
            return Err(Error::invalid_argument(
                "login or password",
                given,
                "give both or neither",
            ));
        }
        Ok(request)
    }
}

/// The report of a migration.
#[repr(C)]
pub struct zfssa_migration_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when the volume is at the destination; 0 when the migration was declined.
    pub migrated: u32,
    /// Reason for declining, as a stable name such as no_space; NULL when migrated. Any version may
    /// add reasons.
    pub declined: *const c_char,
    /// The reason in one sentence; empty when migrated.
    pub reason: *const c_char,
    /// GUID of the volume at the destination; empty when declined.
    pub guid: *const c_char,
    /// Objects that could not be deleted at the source, as text. The volume has moved nevertheless;
    /// with a zfssa_state_dir, zfssa_recover() deletes them later.
    pub left_behind: *const *const c_char,
    /// Elements of `left_behind`.
    pub left_behind_count: u32,
    /// 0.
    pub reserved: u32,
}

impl View for Migration {
    type C = zfssa_migration_t;

    fn view(&self, arena: &mut Arena) -> zfssa_migration_t {
        zfssa_migration_t {
            size: size_of::<zfssa_migration_t>() as u32,
            migrated: self.migrated.into(),
            declined: arena.optional(self.declined.map(Decline::name)),
            reason: arena.text(&self.reason),
            guid: arena.text(&self.guid),
            left_behind: arena.texts(&self.left_behind),
            left_behind_count: count(&self.left_behind),
            reserved: 0,
        }
    }
}

/// Output of zfssa_migrate_volume().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_migration(
    result: *const zfssa_result_t,
) -> *const zfssa_migration_t {
    guard::value(std::ptr::null(), || view::<Migration>(result))
}

/// Migrates a volume to another appliance by replication; it keeps its name there. Declines if that
/// is impossible, which is a result and not an error: copy the data then. After an error the volume
/// is at its source, unless the outcome says otherwise. Choose a timeout that suits the amount of
/// data.
///
/// Result: zfssa_result_migration().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_migrate_volume(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_migrate_volume_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}
