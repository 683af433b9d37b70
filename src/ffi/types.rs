//! The names by which C knows numbers and objects.
//!
//! An object's type is empty here: what a handle stands for is in [`super::process::handle`].

use std::ffi::c_void;

/// How a call ended: ZFSSA_OK, or one of the negative ZFSSA_E_ numbers, which are stable and
/// whose hundreds are classes: -1 to -99 the caller and the library, -100 to -199 the transport,
/// -200 to -299 the appliance's answer, -300 to -399 what it means to a driver. Treat a number
/// that you do not know by its class.
pub type zfssa_status_t = i32;

/// Whether a failed operation changed the appliance: one of the ZFSSA_OUTCOME_ numbers.
pub type zfssa_outcome_t = u32;

/// An operation in flight: a number, never 0 and never given twice. It needs no freeing, and an
/// old one does no harm.
pub type zfssa_ticket_t = u64;

/// The options of one backend. Values may come from several sources; a later one overrides an
/// earlier one. Whatever is wrong with them is told by zfssa_config_validate() and
/// zfssa_driver_new(), all at once. Values never come out again.
pub struct zfssa_config_t(());

/// One backend: an appliance, a pool and a project.
pub struct zfssa_driver_t(());

/// A place for completions, to be drained by whoever likes, from any number of drivers.
pub struct zfssa_queue_t(());

/// How an operation ended. Immutable, readable from any thread, independent of the driver and
/// the queue. Whoever received it owns it and frees it with zfssa_result_free(). What its
/// functions return belongs to it and is valid as long as it is.
pub struct zfssa_result_t(());

/// What went wrong. Immutable. Whoever received it through an `err` parameter owns it and frees
/// it with zfssa_error_free().
pub struct zfssa_error_t(());

/// The function behind a `zfssa_callback_t` that is there.
pub(in crate::ffi) type Function = unsafe extern "C" fn(*mut c_void, *mut zfssa_result_t);
/// The function behind a `zfssa_drop_t` that is there.
pub(in crate::ffi) type DropFunction = unsafe extern "C" fn(*mut c_void);
