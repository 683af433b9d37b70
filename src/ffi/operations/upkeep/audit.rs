//! Looking for what has no owner.

use std::ffi::c_char;
use std::time::Duration;

use crate::driver::{Audit, AuditFinding, AuditReport};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::strings;
use crate::ffi::marshal::versioned_struct::versioned_struct;
use crate::ffi::marshal::view_memory::{Arena, count};
use crate::ffi::operations::{Args, submit_optional};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// Deletes temporary snapshots and cached images that nothing depends on, takes migrations back that nobody goes on
/// with, and recovers journals.
pub const ZFSSA_AUDIT_FIX: u32 = 1;
/// Deletes volumes that the host does not know, too. Refused with an empty list of volumes. A volume is deleted only if
/// it has been one for min_age_s: since it was made, managed, renamed or migrated here. One of which that is not known,
/// such as a volume of the former driver, is reported and never deleted.
pub const ZFSSA_AUDIT_FIX_VOLUMES: u32 = 2;
/// Passes over nothing, however young.
pub const ZFSSA_AUDIT_ANY_AGE: u32 = 4;

/// What zfssa_audit() takes. `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_audit_args_t {
    /// sizeof(zfssa_audit_args_t).
    pub size: u32,
    /// ZFSSA_AUDIT_FIX and the others.
    pub flags: u32,
    /// The names of all volumes that the host has on this backend.
    pub volumes: *const *const c_char,
    /// The names of all snapshots that the host has on this backend.
    pub snapshots: *const *const c_char,
    /// Elements of `volumes`.
    pub volumes_count: u32,
    /// Elements of `snapshots`.
    pub snapshots_count: u32,
    /// Seconds; what is younger is passed over. 0: an hour.
    pub min_age_s: u64,
}

versioned_struct!(zfssa_audit_args_t {
    size,
    flags,
    volumes,
    snapshots,
    volumes_count,
    snapshots_count,
    min_age_s
});

impl Args for zfssa_audit_args_t {
    type Operation = Audit;
    const FLAGS: u32 = ZFSSA_AUDIT_FIX | ZFSSA_AUDIT_FIX_VOLUMES | ZFSSA_AUDIT_ANY_AGE;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<Audit> {
        // SAFETY: the caller's promise.
        unsafe {
            Ok(Audit {
                volumes: strings::list(self.volumes, self.volumes_count, "volumes")?,
                snapshots: strings::list(self.snapshots, self.snapshots_count, "snapshots")?,
                fix: self.flags & ZFSSA_AUDIT_FIX != 0,
                fix_volumes: self.flags & ZFSSA_AUDIT_FIX_VOLUMES != 0,
                min_age: match self.min_age_s {
                    _ if self.flags & ZFSSA_AUDIT_ANY_AGE != 0 => Some(Duration::ZERO),
                    0 => None,
                    seconds => Some(Duration::from_secs(seconds)),
                },
            })
        }
    }
}

/// An object without an owner, or an owner without an object. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_audit_finding_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when a flag deletes it, else 0.
    pub fixable: u32,
    /// 1 when this very call deleted it, else 0.
    pub fixed: u32,
    /// 0.
    pub reserved: u32,
    /// volume, temporary_snapshot, project_snapshot, snapshot, cache_entry, migration, temporary_project, replication_action, replication_package, journal, missing_volume or missing_snapshot.
    pub kind: *const c_char,
    /// Its name; a snapshot's is volume@snapshot.
    pub object: *const c_char,
    /// What is known of it, for people.
    pub detail: *const c_char,
    /// Why it could not be deleted; empty when it was, or was not to be.
    pub error: *const c_char,
}

impl View for AuditFinding {
    type C = zfssa_audit_finding_t;

    fn view(&self, arena: &mut Arena) -> zfssa_audit_finding_t {
        zfssa_audit_finding_t {
            size: size_of::<zfssa_audit_finding_t>() as u32,
            fixable: self.fixable.into(),
            fixed: self.fixed.into(),
            reserved: 0,
            kind: arena.text(self.kind),
            object: arena.text(&self.object),
            detail: arena.text(&self.detail),
            error: arena.text(&self.error),
        }
    }
}

/// What an audit found. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_audit_report_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// How many were deleted.
    pub fixed: u32,
    /// Elements of `findings`.
    pub findings_count: u32,
    /// Elements of `not_looked_at`.
    pub not_looked_at_count: u32,
    /// Pointers to what has no owner, or is missing.
    pub findings: *const *const zfssa_audit_finding_t,
    /// What could not be looked at, one sentence each.
    pub not_looked_at: *const *const c_char,
}

impl View for AuditReport {
    type C = zfssa_audit_report_t;

    fn view(&self, arena: &mut Arena) -> zfssa_audit_report_t {
        zfssa_audit_report_t {
            size: size_of::<zfssa_audit_report_t>() as u32,
            fixed: self.fixed,
            findings_count: count(&self.findings),
            not_looked_at_count: count(&self.not_looked_at),
            findings: {
                let list = self.findings.iter().map(|one| one.view(arena)).collect();
                arena.pointers(list)
            },
            not_looked_at: arena.texts(&self.not_looked_at),
        }
    }
}

/// The output of zfssa_audit(); NULL for any other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_audit_report(
    result: *const zfssa_result_t,
) -> *const zfssa_audit_report_t {
    guard::value(std::ptr::null(), || view::<AuditReport>(result))
}

/// Looks for objects without an owner: volumes, snapshots, cached images, leftovers of migrations,
/// journals. Without flags nothing is changed. With them only that is deleted which carries the
/// engine's mark and has nothing that depends on it.
///
/// Does not block. Any thread. Result: zfssa_result_audit_report(). Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_audit(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_audit_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit_optional` needs. The guard is in there.
    unsafe { submit_optional(driver, args, call, ticket, err) }
}
