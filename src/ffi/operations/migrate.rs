//! Moving volumes to other appliances.

use std::ffi::c_char;

use super::{Args, submit};
use crate::driver::{Decline, MigrateVolume, Migration};
use crate::error::{Error, Result};
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::strings;
use crate::ffi::marshal::versioned_struct::versioned_struct;
use crate::ffi::marshal::view_memory::{Arena, count};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// What the absence of a login and a password means.
const ACCOUNT: &str = "that of the option zfssa_migration_destinations";

/// What zfssa_migrate_volume() takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_migrate_volume_args_t {
    /// sizeof(zfssa_migrate_volume_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// The LUN's name; required.
    pub name: *const c_char,
    /// location_info among the capabilities of the destination, as zfssa_get_volume_stats() or
    /// the former driver gives it there. NULL: it has none, which is a reason to decline.
    pub location_info: *const c_char,
    /// Cinder's status of the volume; NULL: it has none.
    pub status: *const c_char,
    /// vendor_name among the capabilities of the destination; NULL: it is known to be right.
    pub vendor_name: *const c_char,
    /// storage_protocol among them; NULL: it is known to be right.
    pub storage_protocol: *const c_char,
    /// The user on the destination; NULL: the option zfssa_migration_destinations names it.
    /// Recovery after a crash knows the option alone.
    pub login: *const c_char,
    /// The user's password; NULL without a login. It is copied and the copy wiped after use.
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

    unsafe fn request(&self) -> Result<MigrateVolume> {
        // SAFETY: the caller's promise.
        let request = unsafe {
            MigrateVolume {
                name: strings::required(self.name, "name")?,
                location_info: strings::line(self.location_info, "location_info")?
                    .unwrap_or_default()
                    .into(),
                status: strings::line(self.status, "status")?,
                vendor_name: strings::line(self.vendor_name, "vendor_name")?,
                storage_protocol: strings::line(self.storage_protocol, "storage_protocol")?,
                login: strings::optional(self.login, "login", ACCOUNT)?.unwrap_or_default(),
                password: strings::optional(self.password, "password", ACCOUNT)?
                    .unwrap_or_default()
                    .into(),
            }
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

/// What became of a migration. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_migration_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when the volume is at the destination now; 0 when the migration was declined.
    pub migrated: u32,
    /// Why it was declined, as a name that never changes, such as no_space; NULL when it was
    /// not. New ones may come in any version.
    pub declined: *const c_char,
    /// The same in one sentence for people; empty when it was not.
    pub reason: *const c_char,
    /// The GUID that the volume has at the destination; empty when it is not there.
    pub guid: *const c_char,
    /// What could not be taken away at the source, in words for people. The volume has moved all
    /// the same, and zfssa_recover() tries again, where there is a zfssa_state_dir.
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

/// The output of zfssa_migrate_volume(); NULL for any other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_migration(
    result: *const zfssa_result_t,
) -> *const zfssa_migration_t {
    guard::value(std::ptr::null(), || view::<Migration>(result))
}

/// Moves a volume to another appliance by replication; under its name it is a volume of the
/// backend there. Where that cannot be done it declines, which is a result and not an error: copy
/// the bytes then. After an error the volume is where it was, unless the outcome says otherwise.
/// It takes the time that the data take, so give a time limit that fits the volume.
///
/// Does not block. Any thread. Result: zfssa_result_migration(). Since 1.0.
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
