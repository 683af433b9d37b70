//! Handles: the pointers by which the host refers to objects.
//!
//! The C compiler sees a typed pointer, so it does not take a queue for a driver. The library
//! sees a number, which it looks up and never dereferences. So a handle that was freed, has
//! another kind, is garbage, or comes from before a fork is always detected and reported as an
//! error. The library holds each object by an [`Arc`], so freeing a handle while another thread
//! is inside a call on it is an orderly error there, not a crash.

use std::any::Any;
use std::sync::Arc;

use crate::error::{Error, Result, Status};
use crate::ffi::process::per_process::PerProcess;
use crate::ffi::process::registry::{Absent, Registry};

/// The object type behind a handle of C type `Self`.
pub(in crate::ffi) trait Handle: Sized {
    /// The object behind it.
    type Object: Any + Send + Sync;
    /// Its name in messages.
    const KIND: &'static str;
}

/// The objects that the host holds.
static HANDLES: PerProcess<Registry<HandleEntry>> =
    PerProcess::new(|inherited| Registry::after(inherited.map_or(0, Registry::last)));

/// An object that the host can reach.
struct HandleEntry {
    object: Arc<dyn Any + Send + Sync>,
    kind: &'static str,
    /// It belongs to another object and is removed with it; the host cannot free it.
    lent: bool,
}

/// Handles lie where Linux maps nothing by itself on 64-bit machines, are multiples of 16 like
/// any allocation, and fit in 47 bits, so that hosts which tag or box pointers can carry them.
const BASE: u64 = 0x2000_0000_0000;
const STRIDE: u64 = 16;

const _: () = assert!(size_of::<usize>() == 8, "libzfssa needs a 64-bit machine");

fn encode<C>(number: u64) -> *mut C {
    std::ptr::without_provenance_mut((BASE + number * STRIDE) as usize)
}

fn decode<C>(handle: *const C) -> u64 {
    let distance = (handle.addr() as u64).wrapping_sub(BASE);
    if distance.is_multiple_of(STRIDE) {
        distance / STRIDE
    } else {
        0
    }
}

/// Makes a handle for an object that the host owns and frees.
pub(in crate::ffi) fn give<C: Handle>(object: Arc<C::Object>) -> *mut C {
    publish::<C>(object, false)
}

/// Makes a handle for an object that belongs to another one. End it with [`take_back`] when that
/// one is dropped.
pub(in crate::ffi) fn lend<C: Handle>(object: Arc<C::Object>) -> *mut C {
    publish::<C>(object, true)
}

fn publish<C: Handle>(object: Arc<C::Object>, lent: bool) -> *mut C {
    let handles = HANDLES.get();
    let number = handles.number();
    handles.insert(
        number,
        HandleEntry {
            object,
            kind: C::KIND,
            lent,
        },
    );
    encode(number)
}

/// The object behind a handle.
pub(in crate::ffi) fn get<C: Handle>(handle: *const C) -> Result<Arc<C::Object>> {
    let handles = HANDLES.get();
    let number = decode(handle);
    match handles.with(number, |entry| (Arc::clone(&entry.object), entry.kind)) {
        Ok((object, kind)) => object.downcast().map_err(|_| {
            let message = format!("wrong kind of handle: {kind} instead of {}", C::KIND);
            Error::new(Status::InvalidArgument, message)
        }),
        Err(absent) => Err(missing::<C>(handle, absent)),
    }
}

/// Ends a handle that the host owned; `None` if there is none.
pub(in crate::ffi) fn take<C: Handle>(handle: *mut C) -> Option<Arc<C::Object>> {
    remove(handle, false)
}

/// Ends a handle made by [`lend`].
pub(in crate::ffi) fn take_back<C: Handle>(handle: *mut C) -> Option<Arc<C::Object>> {
    remove(handle, true)
}

fn remove<C: Handle>(handle: *mut C, lent: bool) -> Option<Arc<C::Object>> {
    if canary!("freed-handle-still-good") {
        let object = |entry: &HandleEntry| Arc::clone(&entry.object);
        let found = HANDLES.get().with(decode(handle), object);
        return found.ok()?.downcast().ok();
    }
    let fit = |entry: &HandleEntry| entry.object.is::<C::Object>() && entry.lent == lent;
    let entry = HANDLES.get().remove_if(decode(handle), fit)?;
    entry.object.downcast().ok()
}

/// Number of objects that the host has not freed.
pub(in crate::ffi) fn alive() -> u64 {
    HANDLES.get().len() as u64
}

fn missing<C: Handle>(handle: *const C, absent: Absent) -> Error {
    let kind = C::KIND;
    if handle.is_null() {
        return Error::new(Status::InvalidArgument, format!("the {kind} is NULL"));
    }
    match absent {
        Absent::Inherited => Error::new(
            Status::Forked,
            format!("the {kind} was made before fork(); the child process must make its own"),
        ),
        Absent::Gone => Error::new(
            Status::InvalidArgument,
            format!("the {kind} was freed already"),
        ),
        Absent::Unknown => Error::new(
            Status::InvalidArgument,
            format!("the {kind} is not a handle that this library gave"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Apple;
    struct Pear;
    impl Handle for Apple {
        type Object = u32;
        const KIND: &'static str = "apple";
    }
    impl Handle for Pear {
        type Object = String;
        const KIND: &'static str = "pear";
    }

    fn refused<C: Handle>(handle: *const C) -> String {
        get(handle)
            .err()
            .map(|error| error.message().to_owned())
            .unwrap_or_default()
    }

    #[test]
    fn a_handle_lives_until_it_is_freed_and_never_again() {
        let apple: *mut Apple = give(Arc::new(7));
        assert_eq!(*get(apple).unwrap(), 7);
        assert_eq!(take(apple).as_deref(), Some(&7));
        assert_eq!(take(apple), None);
        assert_eq!(refused(apple), "the apple was freed already");
        assert_ne!(give::<Apple>(Arc::new(8)), apple);
    }

    #[test]
    fn kinds_are_told_apart() {
        let apple: *mut Apple = give(Arc::new(7));
        let mistaken: *mut Pear = apple.cast();
        assert_eq!(
            refused(mistaken),
            "wrong kind of handle: apple instead of pear"
        );
        assert_eq!(take(mistaken), None);
        assert!(take(apple).is_some());
    }

    #[test]
    fn garbage_is_refused() {
        assert_eq!(refused::<Apple>(std::ptr::null()), "the apple is NULL");
        for address in [
            1,
            16,
            usize::MAX,
            BASE as usize,
            BASE as usize + 1,
            0x7fff_ffff_f000,
        ] {
            let garbage: *mut Apple = std::ptr::without_provenance_mut(address);
            assert!(refused(garbage).contains("not a handle"), "{address:#x}");
            assert!(take(garbage).is_none());
        }
    }

    #[test]
    fn what_is_lent_cannot_be_freed() {
        let apple: *mut Apple = lend(Arc::new(7));
        assert_eq!(take(apple), None);
        assert!(get(apple).is_ok());
        assert!(take_back(apple).is_some());
        assert!(get(apple).is_err());
    }
}
