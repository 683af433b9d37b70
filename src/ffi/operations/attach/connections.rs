//! Presenting volumes to hosts, and taking them away.

use std::ffi::c_char;

use crate::driver::{
    Connection, ConnectionAuth, Detached, InitializeConnection, OneOrEvery, TerminateConnection,
};
use crate::error::Error;
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::strings;
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::marshal::view_memory::count;
use crate::ffi::operations::{Args, submit};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// `still_attached` is the whole list, be it empty.
pub const ZFSSA_TERMINATE_STILL_ATTACHED: u32 = 1;

/// What zfssa_initialize_connection() takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_initialize_connection_args_t {
    /// sizeof(zfssa_initialize_connection_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// The LUN's name; required.
    pub volume: *const c_char,
    /// Cinder's id of the volume, handed back in the connection; NULL: the name.
    pub volume_id: *const c_char,
    /// The host's iSCSI name; required.
    pub initiator: *const c_char,
}

versioned_struct!(zfssa_initialize_connection_args_t {
    size,
    flags,
    volume,
    volume_id,
    initiator
});

impl Args for zfssa_initialize_connection_args_t {
    type Operation = InitializeConnection;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<InitializeConnection> {
        // SAFETY: the caller's promise.
        unsafe {
            Ok(InitializeConnection {
                volume: strings::required(self.volume, "volume")?,
                volume_id: strings::optional(self.volume_id, "volume_id", "the volume's name")?
                    .unwrap_or_default(),
                initiator: strings::required(self.initiator, "initiator")?,
            })
        }
    }
}

/// What zfssa_terminate_connection() takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_terminate_connection_args_t {
    /// sizeof(zfssa_terminate_connection_args_t).
    pub size: u32,
    /// 0 or ZFSSA_TERMINATE_STILL_ATTACHED.
    pub flags: u32,
    /// The LUN's name; required.
    pub volume: *const c_char,
    /// The host's iSCSI name; NULL: every host.
    pub initiator: *const c_char,
    /// With the flag ZFSSA_TERMINATE_STILL_ATTACHED: the initiators that still use the volume
    /// and must keep it; `initiator` too where its host has the volume attached once more.
    /// Without: not known; then a group that holds other initiators too keeps the volume.
    pub still_attached: *const *const c_char,
    /// Elements of `still_attached`.
    pub still_attached_count: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_terminate_connection_args_t {
    size,
    flags,
    volume,
    initiator,
    still_attached,
    still_attached_count,
    reserved
});

impl Args for zfssa_terminate_connection_args_t {
    type Operation = TerminateConnection;

    const FLAGS: u32 = ZFSSA_TERMINATE_STILL_ATTACHED;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<TerminateConnection> {
        reserved::<Self>(self.reserved)?;
        let known = self.flags & ZFSSA_TERMINATE_STILL_ATTACHED != 0;
        if !known && self.still_attached_count != 0 {
            let allowed = "set the flag ZFSSA_TERMINATE_STILL_ATTACHED with it";
            return Err(Error::invalid_argument("still_attached", "given", allowed));
        }
        // SAFETY: the caller's promise.
        unsafe {
            let still_attached = strings::list(
                self.still_attached,
                self.still_attached_count,
                "still_attached",
            )?;
            let still_attached = known.then_some(still_attached);
            Ok(TerminateConnection {
                volume: strings::required(self.volume, "volume")?,
                initiator: strings::optional(self.initiator, "initiator", "every host")?
                    .map_or(OneOrEvery::Every, OneOrEvery::One),
                still_attached,
            })
        }
    }
}

/// How a host reaches a volume, in the words of Cinder's connection properties. More members may
/// follow in later versions.
#[repr(C)]
pub struct zfssa_connection_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Always 0: the host need not discover.
    pub target_discovered: u32,
    /// The LU number for this host.
    pub target_lun: u32,
    /// 1 when the host may send discards, else 0.
    pub discard: u32,
    /// 1 when this very call presented the volume, else 0.
    pub changed: u32,
    /// Elements of `target_portals`, of `target_iqns` and of `target_luns`, which go together.
    pub paths_count: u32,
    /// Elements of `initiator_groups`.
    pub initiator_groups_count: u32,
    /// 0.
    pub reserved: u32,
    /// Always iscsi.
    pub driver_volume_type: *const c_char,
    /// As in the request.
    pub volume_id: *const c_char,
    /// The first portal, address:port.
    pub target_portal: *const c_char,
    /// The target's iSCSI name.
    pub target_iqn: *const c_char,
    /// Every portal.
    pub target_portals: *const *const c_char,
    /// The target's name at each portal.
    pub target_iqns: *const *const c_char,
    /// The LU number at each portal.
    pub target_luns: *const u32,
    /// The initiator groups through which the host sees the volume.
    pub initiator_groups: *const *const c_char,
    /// CHAP, or NULL when the target asks for none.
    pub auth_method: *const c_char,
    /// The CHAP name, or NULL.
    pub auth_username: *const c_char,
    /// The CHAP secret in the clear, or NULL. Wiped when the result is freed.
    pub auth_password: *const c_char,
    /// CHAP for the other direction, or NULL when there is none: what the target proves itself
    /// with to a host that asks. Given where host and target have accounts of their own.
    pub target_auth_method: *const c_char,
    /// The CHAP name of the target, or NULL.
    pub target_auth_username: *const c_char,
    /// The CHAP secret of the target in the clear, or NULL. Wiped when the result is freed.
    pub target_auth_password: *const c_char,
}

/// Method, name and secret.
fn account(arena: &mut Arena, auth: Option<&ConnectionAuth>) -> [*const c_char; 3] {
    match auth {
        Some(auth) => [
            arena.text(auth.method),
            arena.text(&auth.username),
            arena.secret(&auth.password),
        ],
        None => [std::ptr::null(); 3],
    }
}

impl View for Connection {
    type C = zfssa_connection_t;

    fn view(&self, arena: &mut Arena) -> zfssa_connection_t {
        let [auth_method, auth_username, auth_password] = account(arena, self.auth.as_ref());
        let [
            target_auth_method,
            target_auth_username,
            target_auth_password,
        ] = account(arena, self.target_auth.as_ref());
        zfssa_connection_t {
            size: size_of::<zfssa_connection_t>() as u32,
            target_discovered: self.target_discovered.into(),
            target_lun: self.target_lun,
            discard: self.discard.into(),
            changed: self.changed.into(),
            paths_count: count(&self.target_portals)
                .min(count(&self.target_iqns))
                .min(count(&self.target_luns)),
            initiator_groups_count: count(&self.initiator_groups),
            reserved: 0,
            driver_volume_type: arena.text(self.driver_volume_type),
            volume_id: arena.text(&self.volume_id),
            target_portal: arena.text(&self.target_portal),
            target_iqn: arena.text(&self.target_iqn),
            target_portals: arena.texts(&self.target_portals),
            target_iqns: arena.texts(&self.target_iqns),
            target_luns: arena.array(self.target_luns.clone()),
            initiator_groups: arena.texts(&self.initiator_groups),
            auth_method,
            auth_username,
            auth_password,
            target_auth_method,
            target_auth_username,
            target_auth_password,
        }
    }
}

/// What is left after a host was taken away. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_detached_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when the host still sees the volume, through a group that had to be kept.
    pub still_presented: u32,
    /// 1 when this very call changed anything, else 0.
    pub changed: u32,
    /// Elements of `initiator_groups`.
    pub initiator_groups_count: u32,
    /// Every initiator group to which the volume is presented now.
    pub initiator_groups: *const *const c_char,
}

impl View for Detached {
    type C = zfssa_detached_t;

    fn view(&self, arena: &mut Arena) -> zfssa_detached_t {
        zfssa_detached_t {
            size: size_of::<zfssa_detached_t>() as u32,
            still_presented: self.still_presented.into(),
            changed: self.changed.into(),
            initiator_groups_count: count(&self.initiator_groups),
            initiator_groups: arena.texts(&self.initiator_groups),
        }
    }
}

/// Presents a volume to the host of an initiator, beside the hosts that have it already.
///
/// Does not block. Any thread. Result: zfssa_result_connection(). Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_initialize_connection(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_initialize_connection_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Takes a volume away from one host, or from all, and from nobody else.
///
/// Does not block. Any thread. Result: zfssa_result_detached(). Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_terminate_connection(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_terminate_connection_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// The output of zfssa_initialize_connection(); NULL for any other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_connection(
    result: *const zfssa_result_t,
) -> *const zfssa_connection_t {
    guard::value(std::ptr::null(), || view::<Connection>(result))
}

/// The output of zfssa_terminate_connection(); NULL for any other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_detached(
    result: *const zfssa_result_t,
) -> *const zfssa_detached_t {
    guard::value(std::ptr::null(), || view::<Detached>(result))
}
