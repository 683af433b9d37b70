//! Operations of the C ABI: one function for each operation of [`crate::driver`].
//!
//! To add an operation, add to the file of its subject:
//!
//! 1. `zfssa_<name>_args_t`: `size` and `flags`, then one member for each field of the request,
//!    in pairs of 4 bytes or single 8, with counts of arrays after the pointers; and its
//!    `versioned_struct!`, which checks that.
//! 2. `impl Args`, which makes the request of it. It reads strings and arrays of the host through
//!    [`HostMemory`], without `unsafe`.
//! 3. Where its output is a new one: `zfssa_<output>_t`, which begins with `size`, `impl View`,
//!    and `zfssa_result_<output>`, which is `view::<Output>`.
//! 4. The export, which is `submit`, named `zfssa_` and [`Operation::NAME`].
//! 5. A slot at the end of `exports/vtable.rs`, for each new function.
//!
//! Then `ZFSSA_BLESS=1 cargo test --test header` writes the header, and the tests there say
//! what was forgotten.

pub mod api_token;
pub mod attach;
pub mod echo;
pub mod group;
pub mod image;
pub mod manage;
pub mod migrate;
pub mod setup;
pub mod stats;
pub mod upkeep;
pub mod volume;

use std::sync::Arc;

use super::call::CallArgs;
use super::exports::call::{self, zfssa_call_t};
use super::guard::{self, ErrorOut, Out};
use super::types::{zfssa_driver_t, zfssa_error_t, zfssa_status_t, zfssa_ticket_t};
use crate::driver::Operation;
use crate::error::{Error, Result};
use crate::ffi::completion::in_flight::InFlight;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::versioned_struct::{self, VersionedStruct};
use crate::ffi::process::handle;

/// An argument structure.
trait Args: VersionedStruct {
    /// What it asks for.
    type Operation: Operation;

    /// Its flags, those that are known.
    const FLAGS: u32 = 0;

    /// Events that it may put on its queue in addition to progress and the completion.
    const EVENTS: usize = 0;

    /// Its `flags` member.
    fn flags(&self) -> u32;

    /// Refuses a call that does not go with it.
    fn suits(&self, _call: &CallArgs) -> Result<()> {
        Ok(())
    }

    /// Ties the request to its operation, once that is accepted.
    fn bind(&self, _request: &mut Self::Operation, _flight: &Arc<InFlight>) {}

    /// The request, with copies of the texts and arrays in the host's memory.
    fn request(&self, host: &HostMemory) -> Result<Self::Operation>;
}

/// What every operation's function does.
///
/// # Safety
///
/// As the header asks: `args` and `call` are NULL or good, `ticket` and `err` NULL or writable.
unsafe fn submit<A: Args>(
    driver: *mut zfssa_driver_t,
    args: *const A,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the caller's promise.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        // SAFETY: the caller's promise.
        let ticket = unsafe { Out::new(ticket, "ticket", 0) }?;
        let driver = handle::get(driver)?;
        if args.is_null() {
            let allowed = format!("give a {}", A::NAME);
            return Err(Error::invalid_argument("args", "NULL", &allowed));
        }
        // SAFETY: the caller's promise; NULL was refused above.
        let args = unsafe { versioned_struct::read(args) }?;
        versioned_struct::known_flags::<A>(args.flags(), A::FLAGS)?;
        let name = A::Operation::NAME;
        // SAFETY: the host filled the structure as the header asks, and keeps what its pointers
        // point to until this function returns. `request` passes no other pointers.
        let host = unsafe { HostMemory::of_call() };
        let request = args.request(&host);
        let request = request.map_err(|error| error.in_operation(name, ""))?;
        // SAFETY: the caller's promise.
        let mut call = unsafe { call::read(call) }?;
        call.further_events = A::EVENTS;
        args.suits(&call)?;
        driver.submit(request, call, &ticket, |request, flight| {
            args.bind(request, flight)
        })
    })
}

/// As [`submit`], for operations whose members are all optional: no structure is as good as one
/// that is all zero.
///
/// # Safety
///
/// As [`submit`].
unsafe fn submit_optional<A: Args>(
    driver: *mut zfssa_driver_t,
    args: *const A,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    /// A structure that says no more than its shortest size.
    #[repr(C, align(8))]
    struct Empty([u32; 2]);
    let empty = Empty([8, 0]);
    let args = if args.is_null() {
        std::ptr::from_ref(&empty).cast()
    } else {
        args
    };
    // SAFETY: the caller's promise; of `empty`, no more than its 8 bytes are read.
    unsafe { submit(driver, args, call, ticket, err) }
}
