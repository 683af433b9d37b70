//! The names by which C knows numbers and objects.
//!
//! An object's type is empty here: the object of a handle is in [`super::process::handle`].

use std::ffi::c_void;

/// Status of a call: ZFSSA_OK, or one of the negative ZFSSA_E_ numbers, which never change. The
/// hundreds are classes: -1 to -99 caller and library, -100 to -199 transport, -200 to -299
/// response of the appliance, -300 to -399 driver. Treat an unknown status by its class (status /
/// 100).
pub type zfssa_status_t = i32;

/// Whether a failed operation changed the appliance: a ZFSSA_OUTCOME_ number.
pub type zfssa_outcome_t = u32;

/// Ticket of an operation: a number, never 0 and never reused. It is not freed; a stale ticket is
/// refused with ZFSSA_E_STALE.
pub type zfssa_ticket_t = u64;

/// Configuration of one backend. Values may come from several sources; a later source overrides an
/// earlier one. zfssa_config_validate() and zfssa_driver_new() report all errors together. Values
/// cannot be read back.
pub struct zfssa_config_t(());

/// Driver of one backend: an appliance, a pool and a project.
pub struct zfssa_driver_t(());

/// Completion queue. Several drivers may post to it and several threads may read from it.
pub struct zfssa_queue_t(());

/// Result of an operation. Immutable, and independent of the driver and the queue. The receiver
/// owns it and frees it with zfssa_result_free(). Everything that its functions return belongs to
/// it and is valid until then.
pub struct zfssa_result_t(());

/// Snapshot of a driver's metrics. Immutable, and independent of the driver. The caller that received
/// it owns it and frees it with zfssa_metrics_free(). Everything that its functions return belongs
/// to it and is valid until then.
pub struct zfssa_metrics_t(());

/// Error. Immutable. The caller that received it through an `err` parameter owns it and frees it
/// with zfssa_error_free().
pub struct zfssa_error_t(());

/// The function behind a `zfssa_callback_t` that is there.
pub(in crate::ffi) type Function = unsafe extern "C" fn(*mut c_void, *mut zfssa_result_t);
/// The function behind a `zfssa_drop_t` that is there.
pub(in crate::ffi) type DropFunction = unsafe extern "C" fn(*mut c_void);
