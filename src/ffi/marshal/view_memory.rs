//! Memory of a view: C strings and arrays that live as long as the object.

use std::any::Any;
use std::ffi::{CString, c_char};

use zeroize::Zeroizing;

use crate::secret::Secret;

/// Owns the memory that a view points to. It never moves while the owner lives.
#[derive(Default)]
pub(in crate::ffi) struct Arena {
    strings: Vec<CString>,
    secrets: Vec<Zeroizing<Vec<u8>>>,
    arrays: Vec<Box<dyn Any>>,
}

impl Arena {
    /// A NUL-terminated copy.
    pub(in crate::ffi) fn text(&mut self, text: &str) -> *const c_char {
        let string = c_string(text);
        let pointer = string.as_ptr();
        self.strings.push(string);
        pointer
    }

    /// A NUL-terminated copy, or NULL.
    pub(in crate::ffi) fn optional(&mut self, text: Option<&str>) -> *const c_char {
        text.map_or(std::ptr::null(), |text| self.text(text))
    }

    /// A NUL-terminated copy that is wiped when the arena goes.
    pub(in crate::ffi) fn secret(&mut self, secret: &Secret) -> *const c_char {
        let text = secret.expose().as_bytes();
        let mut copy = Zeroizing::new(Vec::with_capacity(text.len() + 1));
        copy.extend(
            text.iter()
                .map(|byte| if *byte == 0 { b'?' } else { *byte }),
        );
        copy.push(0);
        let pointer = copy.as_ptr().cast();
        self.secrets.push(copy);
        pointer
    }

    /// An array of copies; NULL when there are none.
    pub(in crate::ffi) fn texts<S: AsRef<str>>(&mut self, texts: &[S]) -> *const *const c_char {
        let pointers: Vec<_> = texts.iter().map(|text| self.text(text.as_ref())).collect();
        self.array(pointers)
    }

    /// An array; NULL when it is empty.
    pub(in crate::ffi) fn array<T: 'static>(&mut self, items: Vec<T>) -> *const T {
        if items.is_empty() {
            return std::ptr::null();
        }
        let items = items.into_boxed_slice();
        let pointer = items.as_ptr();
        self.arrays.push(Box::new(items));
        pointer
    }

    /// Pointers to structures. Lists of structures are handed out so, since an array of the
    /// structures themselves could not grow new members.
    pub(in crate::ffi) fn pointers<T: 'static>(&mut self, items: Vec<T>) -> *const *const T {
        let first = self.array(items.into_iter().map(Box::new).collect::<Vec<_>>());
        // Box<T> is a pointer to T, and Vec<Box<T>> an array of them.
        first.cast()
    }
}

/// A C string of a text. A NUL inside, which no C string can hold, becomes U+FFFD.
pub(in crate::ffi) fn c_string(text: &str) -> CString {
    CString::new(text).unwrap_or_else(|_| {
        let mut bytes = text.replace('\0', "\u{fffd}").into_bytes();
        bytes.retain(|byte| *byte != 0);
        CString::new(bytes).unwrap_or_default()
    })
}

/// A number of elements as views give it.
pub(in crate::ffi) fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

/// A structure for the host, made once, with the memory behind it.
pub(in crate::ffi) struct OwnedView {
    view: Box<dyn Any>,
    _memory: Arena,
}

// SAFETY: after `new` nothing in it is changed until it is dropped, and its pointers lead only
// into `_memory` or to static data. The types inside are plain data.
unsafe impl Send for OwnedView {}
// SAFETY: as above; shared access only reads.
unsafe impl Sync for OwnedView {}

impl OwnedView {
    /// Builds the structure.
    pub(in crate::ffi) fn new<T: 'static>(build: impl FnOnce(&mut Arena) -> T) -> OwnedView {
        let mut memory = Arena::default();
        let view = Box::new(build(&mut memory));
        OwnedView {
            view,
            _memory: memory,
        }
    }

    /// Where the structure is, for as long as the object that owns this lives.
    pub(in crate::ffi) fn pointer<T: 'static>(&self) -> Option<*const T> {
        self.view.downcast_ref::<T>().map(std::ptr::from_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn what_was_given_stays_where_it_is() {
        let mut arena = Arena::default();
        let first = arena.text("first");
        let list = arena.texts(&["a", "b\0c"]);
        let numbers = arena.pointers(vec![1u64, 2, 3]);
        for number in 0..1000 {
            arena.text(&number.to_string());
        }
        // SAFETY: the arena is alive and the indices are within what was put in.
        unsafe {
            assert_eq!(CStr::from_ptr(first), c"first");
            assert_eq!(CStr::from_ptr(*list.add(1)).to_str().unwrap(), "b\u{fffd}c");
            assert_eq!(**numbers.add(2), 3);
        }
        assert!(arena.texts::<&str>(&[]).is_null());
        assert!(arena.optional(None).is_null());
    }
}
