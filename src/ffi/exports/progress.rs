//! The progress of an operation as a structure.

use std::ffi::c_char;

use crate::driver::ProgressStep;
use crate::ffi::completion::result::{View, view};
use crate::ffi::guard;
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::types::zfssa_result_t;

/// How far an operation is. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_progress_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// The step that the operation is at, such as transfer. New ones may come in any version.
    pub step: *const c_char,
    /// How much of the step is done, in parts of `total`.
    pub done: u64,
    /// What `done` will be at the step's end; 0 while that is not known.
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

/// How far an operation is, from the result of an event ZFSSA_EV_PROGRESS; NULL for any other.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_progress(
    result: *const zfssa_result_t,
) -> *const zfssa_progress_t {
    guard::value(std::ptr::null(), || view::<ProgressStep>(result))
}
