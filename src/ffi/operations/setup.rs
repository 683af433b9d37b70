//! Setup and check of the appliance.

use std::ffi::c_char;

use super::{Args, submit_optional};
use crate::driver::{
    CertificateReport, CheckForSetupError, CheckReport, DoSetup, GetCertificate, SetupReport,
};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::versioned_struct::versioned_struct;
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::marshal::view_memory::count;
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// Arguments of zfssa_do_setup(). `args` may be NULL.
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

    fn request(&self, _: &HostMemory) -> Result<DoSetup> {
        Ok(DoSetup {})
    }
}

/// Arguments of zfssa_check_for_setup_error(). `args` may be NULL.
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

    fn request(&self, _: &HostMemory) -> Result<CheckForSetupError> {
        Ok(CheckForSetupError {})
    }
}

/// Arguments of zfssa_get_certificate(). `args` may be NULL.
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

    fn request(&self, _: &HostMemory) -> Result<GetCertificate> {
        Ok(GetCertificate {})
    }
}

/// The report of a setup.
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
    /// Node name of the appliance.
    pub appliance: *const c_char,
    /// Version of its software.
    pub software_version: *const c_char,
    /// IQN of the target that presents the volumes.
    pub target_iqn: *const c_char,
    /// Portals, as address:port.
    pub target_portals: *const *const c_char,
    /// Objects created or changed, one sentence each; none if all were ready.
    pub changes: *const *const c_char,
    /// Findings that need attention, one sentence each.
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

/// The report of a check.
#[repr(C)]
pub struct zfssa_check_report_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Elements of `warnings`.
    pub warnings_count: u32,
    /// Findings that do not stop the backend, one sentence each.
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

/// The certificate that the appliance presented.
#[repr(C)]
pub struct zfssa_certificate_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// SHA-256 fingerprint, in the form of the option zfssa_tls_pins and of "openssl x509
    /// -fingerprint -sha256": pairs of upper-case hexadecimal digits with colons.
    pub sha256: *const c_char,
    /// Certificate in PEM.
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

/// Creates the missing objects of the backend: projects, custom properties, initiators, initiator
/// groups, the target and its group. Existing objects are extended, never replaced.
///
/// A failure is not rolled back: the error names the objects created or changed so far
/// (ZFSSA_OUTCOME_PARTIAL, or ZFSSA_OUTCOME_UNKNOWN if a change is in doubt), and a repeated call
/// continues from there. CHAP secrets cannot be read back, so each call sets them.
///
/// Result: zfssa_result_setup_report().
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

/// Checks everything that operations need. The message of ZFSSA_E_SETUP_INCOMPLETE lists every
/// finding, and so does that of any other error as far as the check came.
///
/// A portal that this host cannot reach within 3 seconds, and an interface on which the target does
/// not listen, are only warnings: other hosts may reach the target.
///
/// Result: zfssa_result_check_report().
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

/// Fetches the certificate of the appliance without trusting it and without a login, so that an
/// operator can compare and pin it.
///
/// Result: zfssa_result_certificate().
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

/// Output of zfssa_do_setup().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_setup_report(
    result: *const zfssa_result_t,
) -> *const zfssa_setup_report_t {
    guard::value(std::ptr::null(), || view::<SetupReport>(result))
}

/// Output of zfssa_check_for_setup_error().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_check_report(
    result: *const zfssa_result_t,
) -> *const zfssa_check_report_t {
    guard::value(std::ptr::null(), || view::<CheckReport>(result))
}

/// Output of zfssa_get_certificate().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_certificate(
    result: *const zfssa_result_t,
) -> *const zfssa_certificate_t {
    guard::value(std::ptr::null(), || view::<CertificateReport>(result))
}
