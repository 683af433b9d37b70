//! Recovery of interrupted operations of dead processes.

use std::ffi::c_char;

use crate::driver::{Recover, RecoverReport, Recovered, Settled};
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
use crate::flow::Finding;

/// The operation was completed.
pub const ZFSSA_RECOVERY_FINISHED: u32 = 0;
/// The operation was rolled back.
pub const ZFSSA_RECOVERY_ROLLED_BACK: u32 = 1;
/// Neither was possible now. The journal stays, and recovery can be repeated.
pub const ZFSSA_RECOVERY_FAILED: u32 = 2;
/// A request without response may still be carried out, for the time of zfssa_late_request_timeout.
/// The journal stays; repeat the recovery after that time.
pub const ZFSSA_RECOVERY_IN_DOUBT: u32 = 3;

/// A live process uses the journal.
pub const ZFSSA_JOURNAL_FINDING_BUSY: u32 = 0;
/// The journal belongs to another backend, whose setup recovers it.
pub const ZFSSA_JOURNAL_FINDING_OTHER_BACKEND: u32 = 1;
/// The file is damaged or no journal, and was renamed.
pub const ZFSSA_JOURNAL_FINDING_SET_ASIDE: u32 = 2;
/// The file could not be read or renamed.
pub const ZFSSA_JOURNAL_FINDING_FAILED: u32 = 3;

/// Arguments of zfssa_recover(). `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_recover_args_t {
    /// sizeof(zfssa_recover_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Ids of operations whose processes died before their results were received and whose journals
    /// may be lost: the objects that they created are searched for and deleted. NULL: none.
    pub operations: *const *const c_char,
    /// Elements of `operations`.
    pub operations_count: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_recover_args_t {
    size,
    flags,
    operations,
    operations_count,
    reserved
});

impl Args for zfssa_recover_args_t {
    type Operation = Recover;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<Recover> {
        reserved::<Self>(self.reserved)?;
        Ok(Recover {
            operations: host.list(self.operations, self.operations_count, "operations")?,
        })
    }
}

/// An interrupted operation of a dead process.
#[repr(C)]
pub struct zfssa_recovered_flow_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// One of the ZFSSA_RECOVERY_ numbers.
    pub settled: u32,
    /// Kind of operation.
    pub flow: *const c_char,
    /// Object of the operation.
    pub object: *const c_char,
    /// Id of the operation.
    pub operation: *const c_char,
    /// Outcome, in one sentence.
    pub message: *const c_char,
}

impl View for Recovered {
    type C = zfssa_recovered_flow_t;

    fn view(&self, arena: &mut Arena) -> zfssa_recovered_flow_t {
        zfssa_recovered_flow_t {
            size: size_of::<zfssa_recovered_flow_t>() as u32,
            settled: match self.settled {
                Settled::Finished => ZFSSA_RECOVERY_FINISHED,
                Settled::RolledBack => ZFSSA_RECOVERY_ROLLED_BACK,
                Settled::Failed => ZFSSA_RECOVERY_FAILED,
                Settled::InDoubt => ZFSSA_RECOVERY_IN_DOUBT,
            },
            flow: arena.text(&self.flow),
            object: arena.text(&self.object),
            operation: arena.text(&self.operation),
            message: arena.text(&self.message),
        }
    }
}

/// A file in the journal directory that was not recovered.
#[repr(C)]
pub struct zfssa_journal_finding_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// One of the ZFSSA_JOURNAL_FINDING_ numbers.
    pub kind: u32,
    /// Path of the file, or `etcd:` and the key.
    pub path: *const c_char,
    /// Name of the other backend, host and process that work on it, damage or failure; may be
    /// empty.
    pub detail: *const c_char,
}

impl View for Finding {
    type C = zfssa_journal_finding_t;

    fn view(&self, arena: &mut Arena) -> zfssa_journal_finding_t {
        let (kind, path, detail) = match self {
            Finding::Busy { path, owner } => {
                let owner = owner.as_deref().unwrap_or_default();
                (ZFSSA_JOURNAL_FINDING_BUSY, path, owner)
            }
            Finding::OtherBackend { path, backend } => {
                (ZFSSA_JOURNAL_FINDING_OTHER_BACKEND, path, backend.as_str())
            }
            Finding::SetAside { path, reason } => {
                (ZFSSA_JOURNAL_FINDING_SET_ASIDE, path, reason.as_str())
            }
            Finding::Failed { path, reason } => {
                (ZFSSA_JOURNAL_FINDING_FAILED, path, reason.as_str())
            }
        };
        zfssa_journal_finding_t {
            size: size_of::<zfssa_journal_finding_t>() as u32,
            kind,
            path: arena.text(&path.to_string_lossy()),
            detail: arena.text(detail),
        }
    }
}

/// The report of a recovery.
#[repr(C)]
pub struct zfssa_recover_report_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Elements of `recovered`.
    pub recovered_count: u32,
    /// Elements of `findings`.
    pub findings_count: u32,
    /// 0.
    pub reserved: u32,
    /// Pointers to the interrupted operations.
    pub recovered: *const *const zfssa_recovered_flow_t,
    /// Pointers to the files that were not recovered.
    pub findings: *const *const zfssa_journal_finding_t,
}

impl View for RecoverReport {
    type C = zfssa_recover_report_t;

    fn view(&self, arena: &mut Arena) -> zfssa_recover_report_t {
        zfssa_recover_report_t {
            size: size_of::<zfssa_recover_report_t>() as u32,
            recovered_count: count(&self.recovered),
            findings_count: count(&self.findings),
            reserved: 0,
            recovered: {
                let recovered = self.recovered.iter().map(|one| one.view(arena)).collect();
                arena.pointers(recovered)
            },
            findings: {
                let findings = self.findings.iter().map(|one| one.view(arena)).collect();
                arena.pointers(findings)
            },
        }
    }
}

/// Completes or rolls back the interrupted operations of dead processes, as zfssa_do_setup() does.
/// May be called at any time and repeated.
///
/// Result: zfssa_result_recover_report().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_recover(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_recover_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit_optional` needs. The guard is in there.
    unsafe { submit_optional(driver, args, call, ticket, err) }
}

/// Output of zfssa_recover().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_recover_report(
    result: *const zfssa_result_t,
) -> *const zfssa_recover_report_t {
    guard::value(std::ptr::null(), || view::<RecoverReport>(result))
}
