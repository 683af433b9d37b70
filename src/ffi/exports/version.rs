//! Version of the library and of its ABI.

use std::ffi::{CStr, c_char};

use crate::ffi::guard;
use crate::ffi::process::handle;

/// ABI major version, equal to the number in the SONAME (libzfssa.so.1). It changes only if
/// compatibility is broken.
pub const ZFSSA_ABI_MAJOR: u32 = 1;
/// ABI minor version. It grows with each release that adds a function or a member; a program needs
/// a library whose minor version is at least that of its header.
pub const ZFSSA_ABI_MINOR: u32 = 0;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version holds no NUL"),
    };

/// Version of the library, such as "1.0.0". Never NULL. The text is static.
#[unsafe(no_mangle)]
pub extern "C" fn zfssa_version() -> *const c_char {
    guard::value(VERSION.as_ptr(), || None)
}

/// ABI version of the library: the major version in the upper 16 bits, the minor version in the
/// lower 16. See ZFSSA_ABI_MAJOR.
#[unsafe(no_mangle)]
pub extern "C" fn zfssa_abi_version() -> u32 {
    guard::value(ZFSSA_ABI_MAJOR << 16 | ZFSSA_ABI_MINOR, || None)
}

/// Number of objects of this library that the process holds and has not freed. Tests of a host
/// should find 0 at their end.
#[unsafe(no_mangle)]
pub extern "C" fn zfssa_objects_alive() -> u64 {
    guard::value(0, || Some(handle::alive()))
}
