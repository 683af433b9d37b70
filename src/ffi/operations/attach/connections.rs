//! Connections of hosts to volumes.

use std::ffi::c_char;

use crate::driver::{
    Connection, ConnectionAuth, Detached, InitializeConnection, OneOrEvery, TerminateConnection,
};
use crate::error::Error;
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::marshal::view_memory::count;
use crate::ffi::operations::{Args, submit};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// Refuses to attach a volume that is presented to an initiator group which the host is not in,
/// with ZFSSA_E_VOLUME_BUSY.
pub const ZFSSA_INITIALIZE_EXCLUSIVE: u32 = 1;

/// `still_attached` is complete, even if it is empty.
pub const ZFSSA_TERMINATE_STILL_ATTACHED: u32 = 1;

/// Arguments of zfssa_initialize_connection().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_initialize_connection_args_t {
    /// sizeof(zfssa_initialize_connection_args_t).
    pub size: u32,
    /// 0 or ZFSSA_INITIALIZE_EXCLUSIVE.
    pub flags: u32,
    /// Name of the LUN; required.
    pub volume: *const c_char,
    /// Cinder's id of the volume, returned in the connection; NULL: the name.
    pub volume_id: *const c_char,
    /// IQN of the host; required.
    pub initiator: *const c_char,
    /// Name of the host; NULL: not known. With the option zfssa_register_hosts, the initiator group
    /// that this call makes for a host in no group is called by it.
    pub host_name: *const c_char,
}

versioned_struct!(zfssa_initialize_connection_args_t {
    size,
    flags,
    volume,
    volume_id,
    initiator,
    host_name
});

impl Args for zfssa_initialize_connection_args_t {
    type Operation = InitializeConnection;

    const FLAGS: u32 = ZFSSA_INITIALIZE_EXCLUSIVE;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<InitializeConnection> {
        Ok(InitializeConnection {
            volume: host.required(self.volume, "volume")?,
            volume_id: host
                .optional(self.volume_id, "volume_id", "the volume's name")?
                .unwrap_or_default(),
            initiator: host.required(self.initiator, "initiator")?,
            host_name: host
                .optional(
                    self.host_name,
                    "host_name",
                    "a host whose name is not known",
                )?
                .unwrap_or_default(),
            exclusive: self.flags & ZFSSA_INITIALIZE_EXCLUSIVE != 0,
        })
    }
}

/// Arguments of zfssa_terminate_connection().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_terminate_connection_args_t {
    /// sizeof(zfssa_terminate_connection_args_t).
    pub size: u32,
    /// 0 or ZFSSA_TERMINATE_STILL_ATTACHED.
    pub flags: u32,
    /// Name of the LUN; required.
    pub volume: *const c_char,
    /// IQN of the host; NULL: every host.
    pub initiator: *const c_char,
    /// With ZFSSA_TERMINATE_STILL_ATTACHED: the initiators that still use the volume and must keep
    /// it, including `initiator` if its host has another attachment of the volume. Without the
    /// flag: a group that also has other initiators keeps the volume.
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

    fn request(&self, host: &HostMemory) -> Result<TerminateConnection> {
        reserved::<Self>(self.reserved)?;
        let known = self.flags & ZFSSA_TERMINATE_STILL_ATTACHED != 0;
        if !known && self.still_attached_count != 0 {
            let allowed = "set the flag ZFSSA_TERMINATE_STILL_ATTACHED with it";
            return Err(Error::invalid_argument("still_attached", "given", allowed));
        }
        let still_attached = host.list(
            self.still_attached,
            self.still_attached_count,
            "still_attached",
        )?;
        let still_attached = known.then_some(still_attached);
        Ok(TerminateConnection {
            volume: host.required(self.volume, "volume")?,
            initiator: host
                .optional(self.initiator, "initiator", "every host")?
                .map_or(OneOrEvery::Every, OneOrEvery::One),
            still_attached,
        })
    }
}

/// The connection of a host to a volume, as Cinder's connection properties.
#[repr(C)]
pub struct zfssa_connection_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Always 0: no discovery is needed.
    pub target_discovered: u32,
    /// LU number for this host.
    pub target_lun: u32,
    /// 1 when the host may send discards, else 0.
    pub discard: u32,
    /// 1 when this call presented the volume, else 0.
    pub changed: u32,
    /// Elements of `target_portals`, of `target_iqns` and of `target_luns`, which go together.
    pub paths_count: u32,
    /// Elements of `initiator_groups`.
    pub initiator_groups_count: u32,
    /// 0.
    pub reserved: u32,
    /// Always iscsi.
    pub driver_volume_type: *const c_char,
    /// Volume id of the request.
    pub volume_id: *const c_char,
    /// First portal, as address:port.
    pub target_portal: *const c_char,
    /// IQN of the target.
    pub target_iqn: *const c_char,
    /// All portals.
    pub target_portals: *const *const c_char,
    /// IQN of the target at each portal.
    pub target_iqns: *const *const c_char,
    /// LU number at each portal.
    pub target_luns: *const u32,
    /// Initiator groups through which the volume is presented to the host.
    pub initiator_groups: *const *const c_char,
    /// CHAP, or NULL without authentication.
    pub auth_method: *const c_char,
    /// CHAP name, or NULL.
    pub auth_username: *const c_char,
    /// CHAP secret in clear text, or NULL. Wiped when the result is freed.
    pub auth_password: *const c_char,
    /// CHAP for authentication of the target by the host, or NULL. Set if both host and target have
    /// CHAP accounts.
    pub target_auth_method: *const c_char,
    /// CHAP name of the target, or NULL.
    pub target_auth_username: *const c_char,
    /// CHAP secret of the target in clear text, or NULL. Wiped when the result is freed.
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

/// The report of a terminated connection.
#[repr(C)]
pub struct zfssa_detach_report_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when the volume is still presented to the host, through a group that had to be kept.
    pub still_presented: u32,
    /// 1 when this call changed anything, else 0.
    pub changed: u32,
    /// Elements of `initiator_groups`.
    pub initiator_groups_count: u32,
    /// Initiator groups to which the volume is presented now.
    pub initiator_groups: *const *const c_char,
}

impl View for Detached {
    type C = zfssa_detach_report_t;

    fn view(&self, arena: &mut Arena) -> zfssa_detach_report_t {
        zfssa_detach_report_t {
            size: size_of::<zfssa_detach_report_t>() as u32,
            still_presented: self.still_presented.into(),
            changed: self.changed.into(),
            initiator_groups_count: count(&self.initiator_groups),
            initiator_groups: arena.texts(&self.initiator_groups),
        }
    }
}

/// Presents a volume to the host of an initiator. Hosts that have it already keep it. With the
/// option zfssa_register_hosts, a host that is in no initiator group gets one of its own first.
///
/// Result: zfssa_result_connection().
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

/// Removes the presentation of a volume to one host, or to all. Other hosts keep it. With the
/// option zfssa_unregister_hosts, a registered host that loses its last volume loses its initiator
/// and its initiator group; a failure of that is logged, and no error of this call.
///
/// Result: zfssa_result_detach_report().
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

/// Output of zfssa_initialize_connection().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_connection(
    result: *const zfssa_result_t,
) -> *const zfssa_connection_t {
    guard::value(std::ptr::null(), || view::<Connection>(result))
}

/// Output of zfssa_terminate_connection().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_detach_report(
    result: *const zfssa_result_t,
) -> *const zfssa_detach_report_t {
    guard::value(std::ptr::null(), || view::<Detached>(result))
}
