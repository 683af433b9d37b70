//! Guard of the exported functions: panics, statuses and output parameters.
//!
//! The guard catches panics, and turns an error into a status and, when the host wants it, an error object. A
//! test counts guards against exports, so that none is forgotten.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error;
use super::types::{zfssa_error_t, zfssa_status_t};
use crate::error::{Error, Outcome, Result, Status};

/// For functions that return a status. `err` gets the error last.
pub(super) fn status(err: ErrorOut, body: impl FnOnce() -> Result<()>) -> zfssa_status_t {
    let outcome = caught(body).unwrap_or_else(|panic| Err(defect(&*panic)));
    match outcome {
        Ok(()) => 0,
        Err(failure) => {
            let code = failure.status().code();
            if err.0.is_wanted() {
                let object = caught(|| error::give(failure)).unwrap_or(std::ptr::null_mut());
                err.0.set(object);
            }
            code
        }
    }
}

/// For functions that return a value, with what to return when there is none: because the
/// handle is bad, because the object has no such part, or because of a defect.
pub(super) fn value<T>(otherwise: T, body: impl FnOnce() -> Option<T>) -> T {
    caught(body).ok().flatten().unwrap_or(otherwise)
}

/// For functions that return nothing and cannot fail.
pub(super) fn quiet(body: impl FnOnce()) {
    // There is no error output; the default panic hook has printed the defect.
    let _ = caught(body);
}

fn caught<T>(body: impl FnOnce() -> T) -> std::thread::Result<T> {
    if canary!("panic-not-caught") {
        return Ok(body());
    }
    // What a panic can leave behind is behind locks that are whole at every step, and the
    // host's own memory is written by single stores.
    catch_unwind(AssertUnwindSafe(body))
}

/// The error for a panic: a defect of the library.
fn defect(panic: &(dyn Any + Send)) -> Error {
    let words = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no words");
    Error::new(
        Status::Internal,
        format!("a defect in libzfssa, please report it: {words}"),
    )
    .with_outcome(Outcome::Unknown)
}

/// # Safety
///
/// `place` is NULL or can be written.
unsafe fn put<T>(place: *mut T, thing: T) {
    if !place.is_null() {
        // SAFETY: the caller's promise. Unaligned, since a host may point anywhere.
        unsafe { place.write_unaligned(thing) };
    }
}

/// An output parameter. Emptied at once, so that it is empty whenever the function fails.
pub(super) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// Refuses NULL and writes `empty`.
    ///
    /// # Safety
    ///
    /// `place` is NULL or can be written for as long as the `Out` lives.
    pub(super) unsafe fn new(place: *mut T, name: &str, empty: T) -> Result<Self> {
        if place.is_null() {
            return Err(Error::invalid_argument(
                name,
                "NULL",
                "give a place for the answer",
            ));
        }
        // SAFETY: the caller's promise.
        unsafe { put(place, empty) };
        Ok(Out(place))
    }

    /// Writes the answer.
    pub(super) fn set(&self, thing: T) {
        // SAFETY: not NULL and writable, by the promise made to `new`.
        unsafe { put(self.0, thing) };
    }
}

/// An output parameter that may be NULL. Emptied at once, like [`Out`].
pub(super) struct OptionalOut<T>(*mut T);

impl<T> OptionalOut<T> {
    /// Writes `empty`.
    ///
    /// # Safety
    ///
    /// `place` is NULL or can be written for as long as the `OptionalOut` lives.
    pub(super) unsafe fn new(place: *mut T, empty: T) -> Self {
        // SAFETY: the caller's promise.
        unsafe { put(place, empty) };
        OptionalOut(place)
    }

    fn is_wanted(&self) -> bool {
        !self.0.is_null()
    }

    /// Writes the answer, where the host wants it.
    pub(super) fn set(&self, thing: T) {
        // SAFETY: NULL or writable, by the promise made to `new`.
        unsafe { put(self.0, thing) };
    }
}

/// The output parameter `err`, set to NULL at once.
pub(super) struct ErrorOut(OptionalOut<*mut zfssa_error_t>);

impl ErrorOut {
    /// # Safety
    ///
    /// `err` is NULL or can be written for as long as the `ErrorOut` lives.
    pub(super) unsafe fn new(err: *mut *mut zfssa_error_t) -> Self {
        // SAFETY: the caller's promise.
        ErrorOut(unsafe { OptionalOut::new(err, std::ptr::null_mut()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        let mut err = std::ptr::null_mut();
        // SAFETY: `err` is a local variable.
        let place = unsafe { ErrorOut::new(&mut err) };
        let code = status(place, || panic!("the test wants it"));
        assert_eq!(code, Status::Internal.code());
        let object = crate::ffi::process::handle::take(err).unwrap();
        assert!(object.error().message().contains("the test wants it"));
        assert_eq!(value(7, || panic!("again")), 7);
        quiet(|| panic!("and again"));
    }

    #[test]
    fn the_error_place_may_be_missing_and_is_cleared_on_success() {
        // SAFETY: NULL is allowed, and `err` is a local variable.
        unsafe {
            let fail = || Err(Error::new(Status::Stale, "no"));
            let nowhere = ErrorOut::new(std::ptr::null_mut());
            assert_eq!(status(nowhere, fail), Status::Stale.code());
            let mut err = std::ptr::without_provenance_mut(16);
            assert_eq!(status(ErrorOut::new(&mut err), || Ok(())), 0);
            assert!(err.is_null());
        }
    }
}
