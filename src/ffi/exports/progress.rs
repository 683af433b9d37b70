//! The progress of an operation as a structure.

use std::ffi::c_char;

use crate::driver::ProgressStep;
use crate::ffi::completion::result::{View, view};
use crate::ffi::guard;
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::types::zfssa_result_t;

/// The progress of an operation.
#[repr(C)]
pub struct zfssa_progress_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Current step, such as transfer. Any version may add steps.
    pub step: *const c_char,
    /// Completed part of the step, out of `total`.
    pub done: u64,
    /// Value of `done` at the end of the step; 0 while unknown.
    pub total: u64,
}

impl View for ProgressStep {
    type C = zfssa_progress_t;

    fn view(&self, arena: &mut Arena) -> zfssa_progress_t {
        zfssa_progress_t {
            size: size_of::<zfssa_progress_t>() as u32,
            reserved: 0,
            step: arena.text(&self.name),
            done: self.done,
            total: self.total,
        }
    }
}

/// Progress of an operation, from the result of a ZFSSA_EV_PROGRESS event; NULL for other results.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_progress(
    result: *const zfssa_result_t,
) -> *const zfssa_progress_t {
    guard::value(std::ptr::null(), || view::<ProgressStep>(result))
}
