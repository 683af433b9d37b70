//! Making the appliance ready, and looking at it.

use std::ffi::c_char;

use super::{Args, submit_optional};
use crate::driver::{
    CertificateReport, CheckForSetupError, CheckReport, DoSetup, GetCertificate, SetupReport,
};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::versioned_struct::versioned_struct;
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::marshal::view_memory::count;
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// What zfssa_do_setup() takes. `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_do_setup_args_t {
    /// sizeof(zfssa_do_setup_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
}

versioned_struct!(zfssa_do_setup_args_t { size, flags });

impl Args for zfssa_do_setup_args_t {
    type Operation = DoSetup;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<DoSetup> {
        Ok(DoSetup {})
    }
}

/// What zfssa_check_for_setup_error() takes. `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_check_for_setup_error_args_t {
    /// sizeof(zfssa_check_for_setup_error_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
}

versioned_struct!(zfssa_check_for_setup_error_args_t { size, flags });

impl Args for zfssa_check_for_setup_error_args_t {
    type Operation = CheckForSetupError;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<CheckForSetupError> {
        Ok(CheckForSetupError {})
    }
}

/// What zfssa_get_certificate() takes. `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_get_certificate_args_t {
    /// sizeof(zfssa_get_certificate_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
}

versioned_struct!(zfssa_get_certificate_args_t { size, flags });

impl Args for zfssa_get_certificate_args_t {
    type Operation = GetCertificate;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<GetCertificate> {
        Ok(GetCertificate {})
    }
}

/// What the setup found and did. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_setup_report_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Elements of `target_portals`.
    pub target_portals_count: u32,
    /// Elements of `changes`.
    pub changes_count: u32,
    /// Elements of `warnings`.
    pub warnings_count: u32,
    /// The node name of the appliance.
    pub appliance: *const c_char,
    /// The version of its software.
    pub software_version: *const c_char,
    /// The iSCSI name of the target that presents the volumes.
    pub target_iqn: *const c_char,
    /// The portals, address:port.
    pub target_portals: *const *const c_char,
    /// What was made or changed, one sentence each; none when all was ready.
    pub changes: *const *const c_char,
    /// What works and should be looked at, one sentence each.
    pub warnings: *const *const c_char,
}

impl View for SetupReport {
    type C = zfssa_setup_report_t;

    fn view(&self, arena: &mut Arena) -> zfssa_setup_report_t {
        zfssa_setup_report_t {
            size: size_of::<zfssa_setup_report_t>() as u32,
            target_portals_count: count(&self.target_portals),
            changes_count: count(&self.changes),
            warnings_count: count(&self.warnings),
            appliance: arena.text(&self.appliance),
            software_version: arena.text(&self.software_version),
            target_iqn: arena.text(&self.target_iqn),
            target_portals: arena.texts(&self.target_portals),
            changes: arena.texts(&self.changes),
            warnings: arena.texts(&self.warnings),
        }
    }
}

/// What a check found that does not stop the backend. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_check_report_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Elements of `warnings`.
    pub warnings_count: u32,
    /// One sentence each.
    pub warnings: *const *const c_char,
}

impl View for CheckReport {
    type C = zfssa_check_report_t;

    fn view(&self, arena: &mut Arena) -> zfssa_check_report_t {
        zfssa_check_report_t {
            size: size_of::<zfssa_check_report_t>() as u32,
            warnings_count: count(&self.warnings),
            warnings: arena.texts(&self.warnings),
        }
    }
}

/// The certificate that the appliance showed. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_certificate_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// SHA-256 of the certificate, pairs of upper-case hexadecimal digits with colons: the form
    /// that the option zfssa_tls_pins takes and "openssl x509 -fingerprint -sha256" prints.
    pub sha256: *const c_char,
    /// The certificate in PEM.
    pub pem: *const c_char,
}

impl View for CertificateReport {
    type C = zfssa_certificate_t;

    fn view(&self, arena: &mut Arena) -> zfssa_certificate_t {
        zfssa_certificate_t {
            size: size_of::<zfssa_certificate_t>() as u32,
            reserved: 0,
            sha256: arena.text(&self.sha256),
            pem: arena.text(&self.pem),
        }
    }
}

/// Makes what the backend needs and does not find: projects, custom properties, initiators,
/// initiator groups, the target and its group. What exists is kept and added to, never replaced.
///
/// Nothing is undone when a part fails: the error names what was made or changed by then (outcome
/// ZFSSA_OUTCOME_PARTIAL, or ZFSSA_OUTCOME_UNKNOWN where a change is in doubt), and the same call
/// again goes on from there. CHAP secrets cannot be read, so each call sets them.
///
/// Does not block. Any thread. Result: zfssa_result_setup_report(). Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_do_setup(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_do_setup_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit_optional` needs. The guard is in there.
    unsafe { submit_optional(driver, args, call, ticket, err) }
}

/// Checks everything that an operation will need. The message of ZFSSA_E_SETUP_INCOMPLETE lists
/// every finding, and so does that of any other error, as far as it could be looked at.
///
/// A portal that this host cannot reach within 3 seconds, and an interface on which the target does
/// not listen, are warnings: hosts may reach the target all the same.
///
/// Does not block. Any thread. Result: zfssa_result_check_report(). Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_check_for_setup_error(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_check_for_setup_error_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit_optional` needs. The guard is in there.
    unsafe { submit_optional(driver, args, call, ticket, err) }
}

/// Fetches the certificate of the appliance without trusting it or logging in, so that an
/// operator can compare and pin it.
///
/// Does not block. Any thread. Result: zfssa_result_certificate(). Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_get_certificate(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_get_certificate_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit_optional` needs. The guard is in there.
    unsafe { submit_optional(driver, args, call, ticket, err) }
}

/// The output of zfssa_do_setup(); NULL for any other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_setup_report(
    result: *const zfssa_result_t,
) -> *const zfssa_setup_report_t {
    guard::value(std::ptr::null(), || view::<SetupReport>(result))
}

/// The output of zfssa_check_for_setup_error(); NULL for any other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_check_report(
    result: *const zfssa_result_t,
) -> *const zfssa_check_report_t {
    guard::value(std::ptr::null(), || view::<CheckReport>(result))
}

/// The output of zfssa_get_certificate(); NULL for any other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_certificate(
    result: *const zfssa_result_t,
) -> *const zfssa_certificate_t {
    guard::value(std::ptr::null(), || view::<CertificateReport>(result))
}
