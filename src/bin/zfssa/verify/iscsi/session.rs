//! Session of an initiator with an iSCSI target.
//!
//! libiscsi works in callbacks of its `iscsi_service`. A session waits for one of them at a time, in
//! a loop of its own that has a time limit and ends with the run.

// The calls of libiscsi are unsafe; every block states one invariant, for one operation.
#![allow(unsafe_code)]
#![deny(
    clippy::multiple_unsafe_ops_per_block,
    clippy::undocumented_unsafe_blocks
)]

use std::ffi::{CStr, CString, c_int, c_void};
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use zfssa::config::Chap;
use zfssa::scope::{Scope, Stop};

use crate::verify::iscsi::library::{Context, Data, Functions, Task};

/// Longest time of a login, a command or a logout.
pub const LIMIT: Duration = Duration::from_secs(20);

/// Longest time between two looks at the limit and at the end of the run.
const LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};

const NORMAL_SESSION: c_int = 2;
const CHECK_CONDITION: c_int = 2;
/// Statuses of libiscsi itself, for a command that was not answered.
const NOT_ANSWERED: c_int = 0x0f00_0000;
const NO_DATA: c_int = 0;
const DATA_IN: c_int = 1;
const DATA_OUT: c_int = 2;

/// An initiator, and the target that it logs in to.
#[derive(Clone, Debug)]
pub struct Login {
    pub initiator: String,
    pub target: String,
    pub portal: SocketAddr,
    /// Account by which the initiator authenticates itself.
    pub account: Option<Chap>,
    /// Account by which the target has to authenticate itself, too.
    pub target_account: Option<Chap>,
}

/// Reason that a session has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The run was cancelled, or its time is over.
    Stopped(Stop),
    /// There was no answer within the limit.
    Elapsed,
    /// The connection was refused or lost.
    Lost,
    /// The target refused the login, with this status class and detail.
    Refused(u16),
    /// The target did not prove its identity.
    Unproven,
}

/// Answer to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Good,
    /// Sense key, additional sense code and its qualifier.
    Sense(u8, u16),
    /// Another SCSI status.
    Status(c_int),
}

/// Data of a command.
pub enum Transfer {
    None,
    /// So many bytes are read.
    In(usize),
    /// These bytes are written.
    Out(Vec<u8>),
}

/// Status of the first callback since the last reset.
struct Called(AtomicI32);

impl Called {
    /// No status of libiscsi is negative.
    const NOT_YET: c_int = -1;

    fn reset(&self) {
        self.0.store(Self::NOT_YET, Ordering::Relaxed);
    }

    fn status(&self) -> Option<c_int> {
        let status = self.0.load(Ordering::Relaxed);
        (status != Self::NOT_YET).then_some(status)
    }
}

/// A session that is logged in. It is destroyed without a logout when it is dropped.
pub struct Session {
    functions: Functions,
    context: NonNull<Context>,
    /// Status of the callback that is waited for. It outlives the context, whose end calls the
    /// callbacks that are left.
    called: Arc<Called>,
    /// A command without an answer, which libiscsi may use until the context is destroyed.
    unanswered: Option<(NonNull<Task>, Vec<u8>)>,
}

// SAFETY: a context of libiscsi belongs to no thread; each method takes the session exclusively, so
// that one thread at a time uses it, and the callbacks run in that thread.
unsafe impl Send for Session {}

/// Callback of libiscsi: keeps the status. `called` is that of the session.
unsafe extern "C" fn note(_: *mut Context, status: c_int, _: *mut c_void, called: *mut c_void) {
    // SAFETY: `called` points into the `Arc` of the session, which outlives the context.
    let called = unsafe { &*called.cast::<Called>() };
    // A login may call once more when its connection ends.
    if called.status().is_none() {
        called.0.store(status, Ordering::Relaxed);
    }
}

impl Session {
    /// Logs in.
    pub fn log_in(functions: Functions, login: &Login, scope: &Scope) -> Result<Session, End> {
        let initiator = text(&login.initiator)?;
        // SAFETY: `initiator` ends with NUL, and libiscsi copies it.
        let context = unsafe { (functions.iscsi_create_context)(initiator.as_ptr()) };
        let mut session = Session {
            functions,
            context: NonNull::new(context).ok_or(End::Lost)?,
            called: Arc::new(Called(AtomicI32::new(Called::NOT_YET))),
            unanswered: None,
        };
        session.set_up(login)?;
        let portal = text(&login.portal.to_string())?;
        let (context, called) = session.begin();
        // No command follows the login (LU number -1): its answer is one of the findings.
        // SAFETY: the context is alive; libiscsi copies the portal; `note` fits `called`, which
        // outlives the context.
        let begun = unsafe {
            (functions.iscsi_full_connect_async)(context, portal.as_ptr(), -1, note, called)
        };
        let status = match begun {
            0 => session.wait(|| scope.stopped())?,
            _ => return Err(End::Lost),
        };
        match status {
            0 => Ok(session),
            _ => Err(session.refusal()),
        }
    }

    fn set_up(&mut self, login: &Login) -> Result<(), End> {
        let (functions, context) = (self.functions, self.context.as_ptr());
        let target = text(&login.target)?;
        // SAFETY: the context is alive; `target` ends with NUL, and libiscsi copies it.
        let mut failed = unsafe { (functions.iscsi_set_targetname)(context, target.as_ptr()) };
        // SAFETY: the context is alive and not logged in.
        failed |= unsafe { (functions.iscsi_set_session_type)(context, NORMAL_SESSION) };
        // A lost session is a finding, and must not come back by itself.
        // SAFETY: the context is alive.
        unsafe { (functions.iscsi_set_noautoreconnect)(context, 1) };
        if let Some(account) = &login.account {
            let (user, secret) = (text(&account.user)?, text(account.secret.expose())?);
            let set = functions.iscsi_set_initiator_username_pwd;
            // SAFETY: the context is alive; both texts end with NUL, and libiscsi copies them.
            failed |= unsafe { set(context, user.as_ptr(), secret.as_ptr()) };
        }
        if let Some(account) = &login.target_account {
            let (user, secret) = (text(&account.user)?, text(account.secret.expose())?);
            let set = functions.iscsi_set_target_username_pwd;
            // SAFETY: the context is alive; both texts end with NUL, and libiscsi copies them.
            failed |= unsafe { set(context, user.as_ptr(), secret.as_ptr()) };
        }
        match failed {
            0 => Ok(()),
            _ => Err(End::Lost),
        }
    }

    /// The arguments of a call that ends with the callback `note`.
    fn begin(&mut self) -> (*mut Context, *mut c_void) {
        self.called.reset();
        let called = Arc::as_ptr(&self.called).cast_mut().cast();
        (self.context.as_ptr(), called)
    }

    /// Waits for the callback, and returns its status.
    fn wait(&mut self, stopped: impl Fn() -> Option<Stop>) -> Result<c_int, End> {
        let begun = Instant::now();
        let (functions, context) = (self.functions, self.context.as_ptr());
        loop {
            if let Some(status) = self.called.status() {
                return Ok(status);
            }
            if let Some(stop) = stopped() {
                return Err(End::Stopped(stop));
            }
            if begun.elapsed() > LIMIT {
                return Err(End::Elapsed);
            }
            // SAFETY: the context is alive.
            let descriptor = unsafe { (functions.iscsi_get_fd)(context) };
            if descriptor < 0 {
                return Err(End::Lost);
            }
            // SAFETY: the context is alive.
            let events = unsafe { (functions.iscsi_which_events)(context) };
            // SAFETY: the socket belongs to the context, which does not close it before the next
            // `iscsi_service`; the borrow ends before that.
            let socket = unsafe { BorrowedFd::borrow_raw(descriptor) };
            let mut polled = [PollFd::from_borrowed_fd(
                socket,
                PollFlags::from_bits_retain(events as u16),
            )];
            // An interrupted poll is one without events.
            let seen = match poll(&mut polled, Some(&LOOK)) {
                Ok(1..) => c_int::from(polled[0].revents().bits()),
                _ => 0,
            };
            // SAFETY: the context is alive; the callbacks that this calls are `note`.
            let failed = unsafe { (functions.iscsi_service)(context, seen) };
            if failed < 0 && self.called.status().is_none() {
                return Err(End::Lost);
            }
        }
    }

    /// The reason that libiscsi has for a failed login.
    fn refusal(&self) -> End {
        // SAFETY: the context is alive.
        let error = unsafe { (self.functions.iscsi_get_error)(self.context.as_ptr()) };
        if error.is_null() {
            return End::Lost;
        }
        // SAFETY: the text ends with NUL, and stays as it is until the next call for the context.
        let error = unsafe { CStr::from_ptr(error) };
        reason(&error.to_string_lossy())
    }

    /// Sends a command to an LU number, and returns the answer and the data that were read.
    pub fn command(
        &mut self,
        number: u32,
        cdb: &[u8],
        transfer: Transfer,
        scope: &Scope,
    ) -> Result<(Reply, Vec<u8>), End> {
        if self.unanswered.is_some() {
            return Err(End::Lost);
        }
        let functions = self.functions;
        let (direction, mut data) = match transfer {
            Transfer::None => (NO_DATA, Vec::new()),
            Transfer::In(length) => (DATA_IN, vec![0; length]),
            Transfer::Out(data) => (DATA_OUT, data),
        };
        let length = c_int::try_from(data.len()).map_err(|_| End::Lost)?;
        let mut cdb = cdb.to_vec();
        // SAFETY: `cdb` has the length that is given, at most 16, and libiscsi copies it.
        let task = unsafe {
            (functions.scsi_create_task)(cdb.len() as c_int, cdb.as_mut_ptr(), direction, length)
        };
        let task = NonNull::new(task).ok_or(End::Lost)?;
        let mut out = Data {
            size: data.len(),
            data: data.as_mut_ptr(),
        };
        let mut sent = ptr::null_mut();
        if direction == DATA_IN {
            // SAFETY: the task is alive; `data` has this length, and outlives the task or goes into
            // `unanswered` with it.
            unsafe {
                (functions.scsi_task_add_data_in_buffer)(task.as_ptr(), length, data.as_mut_ptr())
            };
        } else if direction == DATA_OUT {
            sent = &raw mut out;
        }
        let (context, called) = self.begin();
        let (number, task_pointer) = (wire_number(number), task.as_ptr());
        // SAFETY: context and task are alive; libiscsi reads `out` in this call only; the bytes that
        // it points to live as long as the task, and `note` fits `called`.
        let refused = unsafe {
            (functions.iscsi_scsi_command_async)(context, number, task_pointer, note, sent, called)
        };
        let answered = match refused {
            0 => self.wait(|| scope.stopped()),
            _ => {
                self.free(task);
                return Err(End::Lost);
            }
        };
        let status = match answered {
            Ok(status) => status,
            Err(end) => {
                self.unanswered = Some((task, data));
                return Err(end);
            }
        };
        let reply = self.reply(task, status);
        self.free(task);
        Ok((reply?, data))
    }

    fn reply(&self, task: NonNull<Task>, status: c_int) -> Result<Reply, End> {
        /// Room for `struct scsi_sense`: 24 bytes up to libiscsi 1.19, 32 later.
        #[repr(C, align(8))]
        struct Sense {
            error_type: u8,
            key: c_int,
            code: c_int,
            rest: [u8; 116],
        }
        let mut sense = Sense {
            error_type: 0,
            key: 0,
            code: 0,
            rest: [0; 116],
        };
        let pointer = (&raw mut sense).cast();
        // SAFETY: the task is alive; `sense` begins with the members of `struct scsi_sense` and is
        // larger and as aligned as that.
        unsafe { (self.functions.scsi_task_get_status)(task.as_ptr(), pointer) };
        Ok(match status {
            0 => Reply::Good,
            CHECK_CONDITION => Reply::Sense(sense.key as u8, sense.code as u16),
            NOT_ANSWERED.. => return Err(End::Lost),
            other => Reply::Status(other),
        })
    }

    fn free(&self, task: NonNull<Task>) {
        // SAFETY: libiscsi does not use the task any more: its callback was called, it was refused,
        // or the context is destroyed. No caller uses it after this.
        unsafe { (self.functions.scsi_free_scsi_task)(task.as_ptr()) };
    }

    /// Logs out, which no cancellation ends. A target that does not answer loses the connection.
    pub fn log_out(mut self) {
        if self.unanswered.is_some() {
            return;
        }
        let functions = self.functions;
        let (context, called) = self.begin();
        // SAFETY: the context is alive; `note` fits `called`, which outlives the context.
        let refused = unsafe { (functions.iscsi_logout_async)(context, note, called) };
        if refused == 0 {
            // The connection ends in any case.
            let _ = self.wait(|| None);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: nothing uses the context after this; the callbacks that it calls find `called`,
        // and an unanswered task with its data, alive.
        unsafe { (self.functions.iscsi_destroy_context)(self.context.as_ptr()) };
        if let Some((task, _)) = self.unanswered.take() {
            self.free(task);
        }
    }
}

fn text(text: &str) -> Result<CString, End> {
    CString::new(text).map_err(|_| End::Lost)
}

/// The LU number as libiscsi puts it into a command: above 255 in flat addressing (SAM-5, 4.7.7.5).
fn wire_number(number: u32) -> c_int {
    match number {
        0..=255 => number as c_int,
        _ => (number | 0x4000) as c_int,
    }
}

/// Reason of a failed login by libiscsi's message, whose prose goes no further.
fn reason(message: &str) -> End {
    let status = message
        .split_once("Failed to log in to target. Status: ")
        .and_then(|(_, rest)| rest.rsplit_once('('))
        .and_then(|(_, number)| number.split(')').next())
        .and_then(|number| number.parse().ok());
    match status {
        Some(status) => End::Refused(status),
        None if message.contains("CHAP") || message.contains("Authentication") => End::Unproven,
        None => End::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_login_has_its_status() {
        let refused = "Failed to log in to target. Status: Authorization failure(514)";
        assert_eq!(reason(refused), End::Refused(0x0202));
        let unproven = "Authentication failed. Invalid CHAP_R response from the target";
        assert_eq!(reason(unproven), End::Unproven);
        assert_eq!(reason("iscsi_service: socket error"), End::Lost);
    }

    #[test]
    fn large_numbers_are_in_flat_addressing() {
        assert_eq!(wire_number(255), 255);
        assert_eq!(wire_number(256), 0x4100);
    }
}
