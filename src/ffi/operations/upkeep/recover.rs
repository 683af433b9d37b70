//! Recovering what dead processes left.

use std::ffi::c_char;

use crate::driver::{Recover, RecoverReport, Recovered, Settled};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::strings;
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::marshal::view_memory::{Arena, count};
use crate::ffi::operations::{Args, submit_optional};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};
use crate::flow::Finding;

/// All steps of the operation are done.
pub const ZFSSA_SETTLED_FINISHED: u32 = 0;
/// None of its steps stands.
pub const ZFSSA_SETTLED_ROLLED_BACK: u32 = 1;
/// Neither was possible now; its journal stays, and recovery can be tried again.
pub const ZFSSA_SETTLED_FAILED: u32 = 2;
/// A request that was not answered may still be carried out, for the time of
/// zfssa_late_request_timeout. Its journal stays, and recovery after that settles it.
pub const ZFSSA_SETTLED_IN_DOUBT: u32 = 3;

/// A live process works on it.
pub const ZFSSA_FINDING_BUSY: u32 = 0;
/// It belongs to another backend, which recovers it when it is set up.
pub const ZFSSA_FINDING_OTHER_BACKEND: u32 = 1;
/// It is damaged or no journal, and was renamed.
pub const ZFSSA_FINDING_SET_ASIDE: u32 = 2;
/// It could not be read, or renamed.
pub const ZFSSA_FINDING_FAILED: u32 = 3;

/// What zfssa_recover() takes. `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_recover_args_t {
    /// sizeof(zfssa_recover_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Ids of operations whose processes are dead, whose results the host never got, and whose
    /// journals may be lost: what they made is looked for and taken away. NULL: none.
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

    unsafe fn request(&self) -> Result<Recover> {
        reserved::<Self>(self.reserved)?;
        // SAFETY: the caller's promise.
        unsafe {
            Ok(Recover {
                operations: strings::list(self.operations, self.operations_count, "operations")?,
            })
        }
    }
}

/// An operation that a dead process left. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_recovered_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// One of the ZFSSA_SETTLED_ numbers.
    pub settled: u32,
    /// The kind of operation.
    pub flow: *const c_char,
    /// The object that it is about.
    pub object: *const c_char,
    /// The id of the operation.
    pub operation: *const c_char,
    /// What became of it, in one sentence.
    pub message: *const c_char,
}

impl View for Recovered {
    type C = zfssa_recovered_t;

    fn view(&self, arena: &mut Arena) -> zfssa_recovered_t {
        zfssa_recovered_t {
            size: size_of::<zfssa_recovered_t>() as u32,
            settled: match self.settled {
                Settled::Finished => ZFSSA_SETTLED_FINISHED,
                Settled::RolledBack => ZFSSA_SETTLED_ROLLED_BACK,
                Settled::Failed => ZFSSA_SETTLED_FAILED,
                Settled::InDoubt => ZFSSA_SETTLED_IN_DOUBT,
            },
            flow: arena.text(&self.flow),
            object: arena.text(&self.object),
            operation: arena.text(&self.operation),
            message: arena.text(&self.message),
        }
    }
}

/// A file among the journals that was not acted on. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_finding_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// One of the ZFSSA_FINDING_ numbers.
    pub kind: u32,
    /// The file.
    pub path: *const c_char,
    /// The other backend, what is wrong, or the failure; empty where there is nothing to add.
    pub detail: *const c_char,
}

impl View for Finding {
    type C = zfssa_finding_t;

    fn view(&self, arena: &mut Arena) -> zfssa_finding_t {
        let (kind, path, detail) = match self {
            Finding::Busy { path } => (ZFSSA_FINDING_BUSY, path, ""),
            Finding::OtherBackend { path, backend } => {
                (ZFSSA_FINDING_OTHER_BACKEND, path, backend.as_str())
            }
            Finding::SetAside { path, reason } => (ZFSSA_FINDING_SET_ASIDE, path, reason.as_str()),
            Finding::Failed { path, reason } => (ZFSSA_FINDING_FAILED, path, reason.as_str()),
        };
        zfssa_finding_t {
            size: size_of::<zfssa_finding_t>() as u32,
            kind,
            path: arena.text(&path.to_string_lossy()),
            detail: arena.text(detail),
        }
    }
}

/// What was found and done. More members may follow in later versions.
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
    /// Pointers to the operations that were settled, or should have been.
    pub recovered: *const *const zfssa_recovered_t,
    /// Pointers to the files among the journals that were not acted on.
    pub findings: *const *const zfssa_finding_t,
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

/// Finishes or rolls back what processes that died left of their operations. zfssa_do_setup() does
/// it too. May be called at any time and again.
///
/// Does not block. Any thread. Result: zfssa_result_recover_report(). Since 1.0.
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

/// The output of zfssa_recover(); NULL for any other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_recover_report(
    result: *const zfssa_result_t,
) -> *const zfssa_recover_report_t {
    guard::value(std::ptr::null(), || view::<RecoverReport>(result))
}
