//! Functions of libiscsi, loaded at run time: the command is not linked to it.
//!
//! The functions and the structures are the same in the SONAMEs 7 to 11 (libiscsi 1.17 to 1.20),
//! but for members at the end of `struct scsi_sense`, for which `session` leaves room.

// The calls of libiscsi are unsafe; every block states one invariant, for one operation.
#![allow(unsafe_code)]
#![deny(
    clippy::multiple_unsafe_ops_per_block,
    clippy::undocumented_unsafe_blocks
)]

use std::error::Error as _;
use std::ffi::{OsStr, OsString, c_char, c_int, c_uchar, c_void};
use std::path::Path;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use crate::exit::Failure;

/// File names of the library by its SONAME, the usual one of Debian first.
const NAMES: &[&str] = &[
    "libiscsi.so.7",
    "libiscsi.so.8",
    "libiscsi.so.9",
    "libiscsi.so.10",
    "libiscsi.so.11",
];

/// `struct iscsi_context`, which only libiscsi reads.
#[repr(C)]
pub struct Context {
    _opaque: [u8; 0],
}

/// `struct scsi_task`, which only libiscsi reads.
#[repr(C)]
pub struct Task {
    _opaque: [u8; 0],
}

/// `struct iscsi_data`: bytes to be written.
#[repr(C)]
pub struct Data {
    pub size: usize,
    pub data: *mut c_uchar,
}

/// `iscsi_command_cb`: context, status, data of the command, data of the caller.
pub type Callback = unsafe extern "C" fn(*mut Context, c_int, *mut c_void, *mut c_void);

macro_rules! functions {
    ($($name:ident: $type:ty,)*) => {
        /// The functions of libiscsi that this command calls.
        #[derive(Clone, Copy)]
        pub struct Functions {
            $(pub $name: $type,)*
        }

        impl Functions {
            fn of(library: &Library) -> Result<Functions, libloading::Error> {
                Ok(Functions {
                    $($name: {
                        let name = concat!(stringify!($name), "\0");
                        // SAFETY: the type is that of the function's declaration in libiscsi's
                        // headers `iscsi.h` and `scsi-lowlevel.h`, in all SONAMEs of NAMES.
                        let symbol = unsafe { library.get::<$type>(name) };
                        *symbol?
                    },)*
                })
            }
        }
    };
}

functions! {
    iscsi_create_context: unsafe extern "C" fn(*const c_char) -> *mut Context,
    iscsi_destroy_context: unsafe extern "C" fn(*mut Context) -> c_int,
    iscsi_set_targetname: unsafe extern "C" fn(*mut Context, *const c_char) -> c_int,
    iscsi_set_session_type: unsafe extern "C" fn(*mut Context, c_int) -> c_int,
    iscsi_set_noautoreconnect: unsafe extern "C" fn(*mut Context, c_int),
    iscsi_set_initiator_username_pwd:
        unsafe extern "C" fn(*mut Context, *const c_char, *const c_char) -> c_int,
    iscsi_set_target_username_pwd:
        unsafe extern "C" fn(*mut Context, *const c_char, *const c_char) -> c_int,
    iscsi_get_error: unsafe extern "C" fn(*mut Context) -> *const c_char,
    iscsi_get_fd: unsafe extern "C" fn(*mut Context) -> c_int,
    iscsi_which_events: unsafe extern "C" fn(*mut Context) -> c_int,
    iscsi_service: unsafe extern "C" fn(*mut Context, c_int) -> c_int,
    iscsi_full_connect_async:
        unsafe extern "C" fn(*mut Context, *const c_char, c_int, Callback, *mut c_void) -> c_int,
    iscsi_logout_async: unsafe extern "C" fn(*mut Context, Callback, *mut c_void) -> c_int,
    iscsi_scsi_command_async: unsafe extern "C" fn(
        *mut Context, c_int, *mut Task, Callback, *mut Data, *mut c_void,
    ) -> c_int,
    scsi_create_task: unsafe extern "C" fn(c_int, *mut c_uchar, c_int, c_int) -> *mut Task,
    scsi_free_scsi_task: unsafe extern "C" fn(*mut Task),
    scsi_task_add_data_in_buffer: unsafe extern "C" fn(*mut Task, c_int, *mut c_uchar) -> c_int,
    scsi_task_get_status: unsafe extern "C" fn(*mut Task, *mut c_void) -> c_int,
}

/// Loads libiscsi: the given file, or else the library that the system's linker finds.
///
/// # Errors
///
/// The library is missing, or has not all functions. The message names the package.
pub fn load(file: Option<&Path>) -> Result<Functions, Failure> {
    let names: Vec<OsString> = match file {
        Some(file) => vec![file.into()],
        None => NAMES.iter().map(OsString::from).collect(),
    };
    let mut reason = String::new();
    for name in &names {
        match open(name) {
            Ok(functions) => return Ok(functions),
            // The first name is the usual one.
            Err(error) if reason.is_empty() => {
                let cause = error.source().map_or_else(String::new, ToString::to_string);
                reason = format!("{}: {error}: {cause}", name.display());
            }
            Err(_) => {}
        }
    }
    Err(Failure::Local(format!(
        "libiscsi: {reason}: --data needs it; install the package libiscsi7 (Debian, Ubuntu) or \
         libiscsi (Fedora, Oracle Linux), or give its file with --libiscsi; nothing was changed"
    )))
}

fn open(name: &OsStr) -> Result<Functions, libloading::Error> {
    // SAFETY: libiscsi's initializers only set variables of its own; a file of --libiscsi is the
    // operator's choice, as a program that the operator starts.
    let library = unsafe { Library::open(Some(name), RTLD_NOW | RTLD_LOCAL) }?;
    let functions = Functions::of(&library)?;
    // The functions must stay valid until the process ends.
    std::mem::forget(library);
    Ok(functions)
}
