//! Audit of objects without an owner.

use std::ffi::c_char;
use std::time::Duration;

use crate::driver::{Audit, AuditFinding, AuditReport};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::marshal::view_memory::{Arena, count};
use crate::ffi::operations::{Args, submit_optional};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// Delete temporary snapshots and cached images without dependents, roll back abandoned migrations,
/// and recover journals.
pub const ZFSSA_AUDIT_FIX: u32 = 1;
/// Also delete volumes that are not in the list `volumes`. Refused with an empty list. A volume is
/// deleted only if at least `min_age_s` passed since it was created, managed, renamed or migrated
/// here. A volume of unknown age, such as one of the former driver, is reported and never deleted.
pub const ZFSSA_AUDIT_FIX_VOLUMES: u32 = 2;
/// Ignore `min_age_s`.
pub const ZFSSA_AUDIT_ANY_AGE: u32 = 4;

/// Arguments of zfssa_audit(). `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_audit_args_t {
    /// sizeof(zfssa_audit_args_t).
    pub size: u32,
    /// ZFSSA_AUDIT_FIX and the others; 0: report only.
    pub flags: u32,
    /// Names of the volumes that the host's own database has on this backend; pass all of them. The
    /// audit reports a volume that is not in the list with the kind volume, and a name in the list
    /// that the appliance does not have with the kind missing_volume. With an empty list it reports
    /// every volume.
    pub volumes: *const *const c_char,
    /// Names of the snapshots that the host's own database has on this backend, without the names
    /// of their volumes; pass all of them. The kinds are snapshot and missing_snapshot. With
    /// an empty list the audit reports every snapshot made for Cinder.
    pub snapshots: *const *const c_char,
    /// Elements of `volumes`, which may be NULL when it is 0.
    pub volumes_count: u32,
    /// Elements of `snapshots`, which may be NULL when it is 0.
    pub snapshots_count: u32,
    /// Minimum age, in seconds; younger objects are skipped. 0: one hour.
    pub min_age_s: u64,
    /// `next_marker` of the page before; NULL: from the beginning.
    pub marker: *const c_char,
    /// Maximum number of findings; 0: no limit. The audit itself is always complete.
    pub limit: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_audit_args_t {
    size,
    flags,
    volumes,
    snapshots,
    volumes_count,
    snapshots_count,
    min_age_s,
    marker,
    limit,
    reserved
});

impl Args for zfssa_audit_args_t {
    type Operation = Audit;
    const FLAGS: u32 = ZFSSA_AUDIT_FIX | ZFSSA_AUDIT_FIX_VOLUMES | ZFSSA_AUDIT_ANY_AGE;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<Audit> {
        reserved::<Self>(self.reserved)?;
        Ok(Audit {
            marker: host
                .optional(self.marker, "marker", "the beginning")?
                .unwrap_or_default(),
            limit: self.limit,
            volumes: host.list(self.volumes, self.volumes_count, "volumes")?,
            snapshots: host.list(self.snapshots, self.snapshots_count, "snapshots")?,
            fix: self.flags & ZFSSA_AUDIT_FIX != 0,
            fix_volumes: self.flags & ZFSSA_AUDIT_FIX_VOLUMES != 0,
            min_age: match self.min_age_s {
                _ if self.flags & ZFSSA_AUDIT_ANY_AGE != 0 => Some(Duration::ZERO),
                0 => None,
                seconds => Some(Duration::from_secs(seconds)),
            },
            only: None,
        })
    }
}

/// An object without owner, or a missing object.
#[repr(C)]
pub struct zfssa_audit_finding_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when a flag would delete it, else 0.
    pub fixable: u32,
    /// 1 when this call deleted it, else 0.
    pub fixed: u32,
    /// 0.
    pub reserved: u32,
    /// Kind: volume, temporary_snapshot, project_snapshot, snapshot, cache_entry, deferred,
    /// migration, temporary_project, replication_action, replication_package, journal,
    /// missing_volume or missing_snapshot.
    pub kind: *const c_char,
    /// Name; for a snapshot, volume@snapshot.
    pub object: *const c_char,
    /// Details for operators, as text.
    pub detail: *const c_char,
    /// Reason why the deletion failed; empty otherwise.
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
            kind: arena.text(&self.kind),
            object: arena.text(&self.object),
            detail: arena.text(&self.detail),
            error: arena.text(&self.error),
        }
    }
}

/// The report of an audit.
#[repr(C)]
pub struct zfssa_audit_report_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Number of deleted objects among the findings.
    pub fixed: u32,
    /// Elements of `findings`.
    pub findings_count: u32,
    /// Elements of `not_looked_at`.
    pub not_looked_at_count: u32,
    /// Pointers to the objects without owner and the missing objects, ordered by kind and name.
    pub findings: *const *const zfssa_audit_finding_t,
    /// Objects that could not be examined, one sentence each. On the first page.
    pub not_looked_at: *const *const c_char,
    /// `marker` of the next page; NULL after the last.
    pub next_marker: *const c_char,
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
            next_marker: arena.optional(self.next_marker.as_deref()),
        }
    }
}

/// Output of zfssa_audit().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_audit_report(
    result: *const zfssa_result_t,
) -> *const zfssa_audit_report_t {
    guard::value(std::ptr::null(), || view::<AuditReport>(result))
}

/// Finds objects without an owner: volumes, snapshots, cached images, remains of migrations,
/// journals. Changes nothing without ZFSSA_AUDIT_FIX or ZFSSA_AUDIT_FIX_VOLUMES. With them, only
/// objects that carry the engine's marker and have no dependents are deleted.
///
/// Result: zfssa_result_audit_report().
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
