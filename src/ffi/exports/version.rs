//! Which library this is.

use std::ffi::{CStr, c_char};

use crate::ffi::guard;
use crate::ffi::process::handle;

/// Changes never, we hope: it is the SONAME's number.
pub const ZFSSA_ABI_MAJOR: u32 = 1;
/// Grows with each release that adds a function or a member. A program built with this header
/// needs a library whose minor number is the same or larger.
pub const ZFSSA_ABI_MINOR: u32 = 0;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version holds no NUL"),
    };

/// The version of the library, such as "1.0.0". Never NULL.
///
/// Does not block. Any thread. The text is static. Since 1.0.
#[unsafe(no_mangle)]
pub extern "C" fn zfssa_version() -> *const c_char {
    guard::value(VERSION.as_ptr(), || None)
}

/// The version of the library's ABI: the major number in the upper 16 bits, the minor one in
/// the lower. See ZFSSA_ABI_MAJOR.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub extern "C" fn zfssa_abi_version() -> u32 {
    guard::value(ZFSSA_ABI_MAJOR << 16 | ZFSSA_ABI_MINOR, || None)
}

/// How many objects of this library the process holds and has not freed: for tests of a host,
/// which should find 0 at their end.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub extern "C" fn zfssa_objects_alive() -> u64 {
    guard::value(0, || Some(handle::alive()))
}
