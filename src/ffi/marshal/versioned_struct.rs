//! Structures that say their own size, so that they can grow.
//!
//! A host that was built with an older header gives a smaller structure: what it does not know
//! is zero, and zero always means the default. A host that was built with a newer header gives
//! a larger one: that is fine as long as what this library does not know is zero, and an error
//! otherwise, since the host asked for something that would not happen.

use std::mem::MaybeUninit;

use crate::error::{Error, Result, Status};

/// Larger structures are taken for a size that was never set.
const LARGEST: usize = 4096;

/// A structure that the host fills.
///
/// # Safety
///
/// `repr(C)`, begins with a `u32` that is its size, is a multiple of 8 bytes long, has no
/// padding, no member that crosses an 8-byte boundary, and any bits, all zero included, make a
/// valid value.
pub(in crate::ffi) unsafe trait Sized8: Copy {
    /// Its C name, for messages.
    const NAME: &'static str;
}

/// Reads a structure of the size that it says.
///
/// # Safety
///
/// `place` is not NULL and points to readable memory of at least 4 bytes, and of as many as it
/// says there, up to [`LARGEST`].
pub(in crate::ffi) unsafe fn read<T: Sized8>(place: *const T) -> Result<T> {
    const { assert!(size_of::<T>().is_multiple_of(8) && size_of::<T>() <= LARGEST) };
    // SAFETY: the first 4 bytes are readable; unaligned, since a host may point anywhere.
    let size = unsafe { place.cast::<u32>().read_unaligned() } as usize;
    if !(8..=LARGEST).contains(&size) {
        return Err(Error::invalid_argument(
            "size",
            size,
            &format!("set it to sizeof({})", T::NAME),
        ));
    }
    // A member that is only partly inside is as good as outside: half a pointer is none.
    let known = size.min(size_of::<T>()) / 8 * 8;
    let mut copy = MaybeUninit::<T>::zeroed();
    // SAFETY: `known` bytes are readable, by the size, and fit in `copy`; any bits make a T.
    let copy = unsafe {
        std::ptr::copy_nonoverlapping(place.cast::<u8>(), copy.as_mut_ptr().cast::<u8>(), known);
        copy.assume_init()
    };
    // SAFETY: the bytes up to `size` are readable.
    let rest = (known..size).map(|at| unsafe { place.cast::<u8>().add(at).read() });
    if size > size_of::<T>()
        && !canary!("unknown-tail-ignored")
        && rest.into_iter().any(|byte| byte != 0)
    {
        return Err(Error::new(
            Status::Unsupported,
            format!(
                "{} is {size} bytes long and this library knows {} of them; \
                 the rest asks for something that it cannot do",
                T::NAME,
                size_of::<T>()
            ),
        ));
    }
    Ok(copy)
}

/// Refuses flags that this library does not know.
pub(in crate::ffi) fn known_flags(structure: &str, flags: u32, known: u32) -> Result<()> {
    if flags & !known == 0 {
        return Ok(());
    }
    let message = format!(
        "{structure}: flags {:#x} are not known to this library",
        flags & !known
    );
    Err(Error::new(Status::Unsupported, message))
}

/// Refuses reserved members that are not zero.
pub(in crate::ffi) fn reserved(structure: &str, value: u32) -> Result<()> {
    if value == 0 {
        return Ok(());
    }
    let message = format!("{structure}: a reserved member is {value}, and must be 0");
    Err(Error::new(Status::Unsupported, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(C)]
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Small {
        size: u32,
        flags: u32,
        value: u64,
    }

    // SAFETY: two u32 and a u64.
    unsafe impl Sized8 for Small {
        const NAME: &'static str = "small_t";
    }

    fn try_read(words: &[u64]) -> Result<Small> {
        // SAFETY: every test gives at least the size it says.
        unsafe { read(words.as_ptr().cast()) }
    }

    #[test]
    fn sizes_old_and_new() {
        assert_eq!(
            try_read(&[16, 5]).unwrap(),
            Small {
                size: 16,
                flags: 0,
                value: 5
            }
        );
        assert_eq!(try_read(&[8, 5]).unwrap().value, 0);
        assert_eq!(try_read(&[12, 5]).unwrap().value, 0);
        assert_eq!(try_read(&[24, 5, 0]).unwrap().value, 5);
        assert_eq!(
            try_read(&[24, 5, 1]).unwrap_err().status(),
            Status::Unsupported
        );
        assert_eq!(try_read(&[17, 5, 0]).unwrap().value, 5);
        assert_eq!(
            try_read(&[17, 5, 1]).unwrap_err().status(),
            Status::Unsupported
        );
    }

    #[test]
    fn sizes_that_cannot_be() {
        for size in [0, 1, 4, 7, 4097, u32::MAX as u64] {
            let error = try_read(&[size, 0]).unwrap_err();
            assert_eq!(error.status(), Status::InvalidArgument);
            assert!(error.message().contains("sizeof(small_t)"));
        }
    }
}
