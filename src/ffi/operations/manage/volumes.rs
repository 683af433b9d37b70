//! Taking LUNs under management, and letting them go.

use std::ffi::c_char;

use crate::driver::{
    ExistingRef, ExistingSize, ManageExisting, ManageExistingGetSize, Managed, Unmanage, Unmanaged,
};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::strings::{self, zfssa_pair_t};
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::marshal::view_memory::count;
use crate::ffi::operations::volume::views::zfssa_volume_t;
use crate::ffi::operations::{Args, submit};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// Leaves the hosts that see the LUN as they are.
pub const ZFSSA_MANAGE_KEEP_PRESENTATION: u32 = 1;

/// Which LUN is meant.
///
/// # Safety
///
/// As [`strings::any`].
unsafe fn existing(name: *const c_char, guid: *const c_char) -> Result<ExistingRef> {
    // SAFETY: the caller's promise.
    unsafe {
        Ok(ExistingRef {
            source_name: strings::optional(name, "source_name", "the LUN of source_guid")?
                .unwrap_or_default(),
            source_guid: strings::optional(guid, "source_guid", "the LUN of source_name")?
                .unwrap_or_default(),
        })
    }
}

/// What zfssa_manage_existing() takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_manage_existing_args_t {
    /// sizeof(zfssa_manage_existing_args_t).
    pub size: u32,
    /// 0 or ZFSSA_MANAGE_KEEP_PRESENTATION.
    pub flags: u32,
    /// The volume's name, such as volume-<uuid>; required.
    pub name: *const c_char,
    /// The LUN's name, Cinder's source-name; NULL: told by its id.
    pub source_name: *const c_char,
    /// The LUN's globally unique id, 32 hexadecimal digits; NULL: told by its name. Where both are
    /// given, both must fit.
    pub source_guid: *const c_char,
    /// The extra specs of the volume type. What a key zfssa:* says must be so; the defaults of the
    /// backend do not matter here. NULL: none.
    pub extra_specs: *const zfssa_pair_t,
    /// Elements of `extra_specs`.
    pub extra_specs_count: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_manage_existing_args_t {
    size,
    flags,
    name,
    source_name,
    source_guid,
    extra_specs,
    extra_specs_count,
    reserved
});

impl Args for zfssa_manage_existing_args_t {
    type Operation = ManageExisting;

    const FLAGS: u32 = ZFSSA_MANAGE_KEEP_PRESENTATION;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<ManageExisting> {
        reserved::<Self>(self.reserved)?;
        // SAFETY: the caller's promise.
        unsafe {
            Ok(ManageExisting {
                name: strings::required(self.name, "name")?,
                existing: existing(self.source_name, self.source_guid)?,
                extra_specs: strings::pairs(
                    self.extra_specs,
                    self.extra_specs_count,
                    "extra_specs",
                )?,
                keep_presentation: self.flags & ZFSSA_MANAGE_KEEP_PRESENTATION != 0,
            })
        }
    }
}

/// What zfssa_manage_existing_get_size() takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_manage_existing_get_size_args_t {
    /// sizeof(zfssa_manage_existing_get_size_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// The LUN's name, Cinder's source-name; NULL: told by its id.
    pub source_name: *const c_char,
    /// The LUN's globally unique id, 32 hexadecimal digits; NULL: told by its name. Where both are
    /// given, both must fit.
    pub source_guid: *const c_char,
}

versioned_struct!(zfssa_manage_existing_get_size_args_t {
    size,
    flags,
    source_name,
    source_guid
});

impl Args for zfssa_manage_existing_get_size_args_t {
    type Operation = ManageExistingGetSize;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<ManageExistingGetSize> {
        // SAFETY: the caller's promise.
        unsafe {
            Ok(ManageExistingGetSize {
                existing: existing(self.source_name, self.source_guid)?,
            })
        }
    }
}

/// What zfssa_unmanage() takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_unmanage_args_t {
    /// sizeof(zfssa_unmanage_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// The volume's name; required.
    pub name: *const c_char,
}

versioned_struct!(zfssa_unmanage_args_t { size, flags, name });

impl Args for zfssa_unmanage_args_t {
    type Operation = Unmanage;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<Unmanage> {
        // SAFETY: the caller's promise.
        unsafe {
            Ok(Unmanage {
                name: strings::required(self.name, "name")?,
            })
        }
    }
}

/// What a LUN was and is. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_managed_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when this very call changed it, else 0.
    pub changed: u32,
    /// Elements of `taken_from`.
    pub taken_from_count: u32,
    /// Elements of `snapshots`.
    pub snapshots_count: u32,
    /// The volume as it is now.
    pub volume: *const zfssa_volume_t,
    /// The name that the LUN had.
    pub previous_name: *const c_char,
    /// The initiator groups that saw it and do not any more.
    pub taken_from: *const *const c_char,
    /// The snapshots that keep it from being deleted.
    pub snapshots: *const *const c_char,
}

impl View for Managed {
    type C = zfssa_managed_t;

    fn view(&self, arena: &mut Arena) -> zfssa_managed_t {
        zfssa_managed_t {
            size: size_of::<zfssa_managed_t>() as u32,
            changed: self.changed.into(),
            taken_from_count: count(&self.taken_from),
            snapshots_count: count(&self.snapshots),
            volume: {
                let volume = self.volume.view(arena);
                arena.array(vec![volume])
            },
            previous_name: arena.text(&self.previous_name),
            taken_from: arena.texts(&self.taken_from),
            snapshots: arena.texts(&self.snapshots),
        }
    }
}

/// How large something is that exists. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_existing_size_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// GiB, rounded up.
    pub size_gib: u64,
    /// Bytes.
    pub size_bytes: u64,
}

impl View for ExistingSize {
    type C = zfssa_existing_size_t;

    fn view(&self, _: &mut Arena) -> zfssa_existing_size_t {
        zfssa_existing_size_t {
            size: size_of::<zfssa_existing_size_t>() as u32,
            reserved: 0,
            size_gib: self.size_gib,
            size_bytes: self.size_bytes,
        }
    }
}

/// What was let go. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_unmanaged_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when this very call renamed it, else 0.
    pub changed: u32,
    /// The name that it had.
    pub name: *const c_char,
    /// The name that it has now.
    pub new_name: *const c_char,
}

impl View for Unmanaged {
    type C = zfssa_unmanaged_t;

    fn view(&self, arena: &mut Arena) -> zfssa_unmanaged_t {
        zfssa_unmanaged_t {
            size: size_of::<zfssa_unmanaged_t>() as u32,
            changed: self.changed.into(),
            name: arena.text(&self.name),
            new_name: arena.text(&self.new_name),
        }
    }
}

/// Takes an existing LUN under management: it gets the volume's name and the property
/// cinder_managed, and nobody sees it any more, in one change. Refused is a LUN that is managed
/// already, one that the option zfssa_manage_policy does not allow, and one that is not what the
/// volume type says. Its snapshots are named, since they keep the volume from being deleted.
///
/// May be repeated: a LUN that has the name and is managed is answered with `changed` 0.
///
/// Does not block. Any thread. Result: zfssa_result_managed(). Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_manage_existing(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_manage_existing_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Says how large an existing LUN is. Cinder asks before it calls zfssa_manage_existing().
///
/// Does not block. Any thread. Result: zfssa_result_existing_size(). Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_manage_existing_get_size(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_manage_existing_get_size_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Lets a volume go: its LUN stays, is called unmanaged-<name>, and can be managed again.
///
/// Does not block. Any thread. Result: zfssa_result_unmanaged(). Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_unmanage(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_unmanage_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// The output of zfssa_manage_existing(); NULL for any other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_managed(
    result: *const zfssa_result_t,
) -> *const zfssa_managed_t {
    guard::value(std::ptr::null(), || view::<Managed>(result))
}

/// The output of zfssa_manage_existing_get_size() and of its sister for snapshots; NULL for any
/// other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_existing_size(
    result: *const zfssa_result_t,
) -> *const zfssa_existing_size_t {
    guard::value(std::ptr::null(), || view::<ExistingSize>(result))
}

/// The output of zfssa_unmanage() and zfssa_unmanage_snapshot(); NULL for any other result and for
/// a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_unmanaged(
    result: *const zfssa_result_t,
) -> *const zfssa_unmanaged_t {
    guard::value(std::ptr::null(), || view::<Unmanaged>(result))
}
