//! Argument structures whose first member is their size, so that they can grow.
//!
//! A host that was built with an older header passes a smaller structure: the missing members are
//! zero, and zero always means the default. A host that was built with a newer header passes a
//! larger one: it is accepted if the members that this library does not know are zero, and is an
//! error otherwise, since the host requested something that would not happen.

use std::mem::MaybeUninit;

use crate::error::{Error, Result, Status};

/// A larger size counts as one that was never set.
pub(in crate::ffi) const LARGEST: usize = 4096;

/// A structure that the host fills. Implemented by [`versioned_struct!`], which checks what it
/// asks for.
///
/// # Safety
///
/// `repr(C)`, begins with a `u32` that is its size, is a multiple of 8 bytes long, has no
/// padding, no member that crosses an 8-byte boundary, and any bits, all zero included, make a
/// valid value.
pub(in crate::ffi) unsafe trait VersionedStruct: Copy {
    /// Its C name, for messages.
    const NAME: &'static str;
}

/// A type of member.
///
/// # Safety
///
/// 4 or 8 bytes long, aligned to its length, and any bits make a valid value.
pub(in crate::ffi) unsafe trait Member {}

// SAFETY: integers take any bits.
unsafe impl Member for u32 {}
// SAFETY: as above.
unsafe impl Member for i32 {}
// SAFETY: as above.
unsafe impl Member for u64 {}
// SAFETY: as above.
unsafe impl Member for i64 {}
// SAFETY: 8 bytes, since the library needs a 64-bit machine; any bits make a raw pointer.
unsafe impl<T> Member for *const T {}
// SAFETY: as above.
unsafe impl<T> Member for *mut T {}
// SAFETY: as above; zero makes `None`, and any other bits a pointer to a function.
unsafe impl<A> Member for Option<unsafe extern "C" fn(A)> {}
// SAFETY: as above.
unsafe impl<A, B> Member for Option<unsafe extern "C" fn(A, B)> {}

/// The length of the member that `_member` picks.
pub(in crate::ffi) const fn length_of<S, M: Member>(_member: fn(&S) -> &M) -> usize {
    size_of::<M>()
}

/// Implements [`VersionedStruct`] for a `repr(C)` structure, and checks at compile time that it
/// is one. Takes all members in order; leaving one out does not compile.
macro_rules! versioned_struct {
    ($structure:ident { $($member:ident),+ $(,)? }) => {
        const _: () = {
            use $crate::ffi::marshal::versioned_struct::{LARGEST, VersionedStruct, length_of};

            let _all_members = |$structure { $($member: _),+ }: $structure| ();
            let _size: fn(&$structure) -> &u32 = |structure| &structure.size;
            assert!(std::mem::offset_of!($structure, size) == 0);

            // No gap before a member, none after the last, and none crosses an 8-byte boundary.
            let mut end = 0;
            $(
                let length = length_of(|structure: &$structure| &structure.$member);
                assert!(std::mem::offset_of!($structure, $member) == end);
                assert!(end.is_multiple_of(length));
                end += length;
            )+
            assert!(end == size_of::<$structure>());
            assert!(end.is_multiple_of(8) && end <= LARGEST);

            // SAFETY: checked above; `Member` promises that any bits make a valid value.
            unsafe impl VersionedStruct for $structure {
                const NAME: &'static str = stringify!($structure);
            }
        };
    };
}
pub(in crate::ffi) use versioned_struct;

/// Reads a structure of the size in its first member.
///
/// # Safety
///
/// `place` is not NULL and points to readable memory of at least 4 bytes, and of as many as it
/// says there, up to [`LARGEST`].
pub(in crate::ffi) unsafe fn read<T: VersionedStruct>(place: *const T) -> Result<T> {
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
    let (from, to) = (place.cast::<u8>(), copy.as_mut_ptr().cast::<u8>());
    // SAFETY: `known` bytes are readable, by the size, and fit in `copy`, which is a local.
    unsafe { std::ptr::copy_nonoverlapping(from, to, known) };
    // SAFETY: all bytes are initialised, and any bits make a T, by `VersionedStruct`.
    let copy = unsafe { copy.assume_init() };
    let rest = (known..size).map(|at| {
        // SAFETY: the bytes up to `size` are readable.
        let byte = unsafe { from.add(at) };
        // SAFETY: as above; a byte has no alignment.
        unsafe { byte.read() }
    });
    if size > size_of::<T>()
        && !canary!("unknown-tail-ignored")
        && rest.into_iter().any(|byte| byte != 0)
    {
        return Err(Error::new(
            Status::Unsupported,
            format!(
                "{}: {size} bytes long, of which this library knows {}: set the rest to 0, or \
                 use a later library",
                T::NAME,
                size_of::<T>()
            ),
        ));
    }
    Ok(copy)
}

/// Refuses flags that this library does not know.
pub(in crate::ffi) fn known_flags<T: VersionedStruct>(flags: u32, known: u32) -> Result<()> {
    if flags & !known == 0 {
        return Ok(());
    }
    let message = format!(
        "{}: flags {:#x} are not known: clear them, or use a later library",
        T::NAME,
        flags & !known
    );
    Err(Error::new(Status::Unsupported, message))
}

/// Refuses reserved members that are not zero.
pub(in crate::ffi) fn reserved<T: VersionedStruct>(value: u32) -> Result<()> {
    reserved_in(T::NAME, value)
}

/// As [`reserved`], for an element of an array, which has a name of its own.
pub(in crate::ffi) fn reserved_in(element: &str, value: u32) -> Result<()> {
    if value == 0 {
        return Ok(());
    }
    let message = format!("{element}: a reserved member is {value}, and must be 0");
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

    versioned_struct!(Small { size, flags, value });

    fn try_read(words: &[u64]) -> Result<Small> {
        // SAFETY: every test passes at least the size in the structure.
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
            assert!(error.message().contains("sizeof(Small)"));
        }
    }
}
