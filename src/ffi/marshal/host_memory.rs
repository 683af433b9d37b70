//! Strings and arrays in an argument structure of the host, as far as one call may read them.

use std::ffi::c_char;

use crate::error::Result;
use crate::ffi::marshal::strings::{self, zfssa_pair_t};

/// Permission to read what the pointers in the host's argument structure point to.
///
/// A call that got the structure creates it; it must not outlive that call, because the host may
/// free its memory afterwards.
pub(in crate::ffi) struct HostMemory(());

impl HostMemory {
    /// # Safety
    ///
    /// As long as the value lives, each pointer that is passed to its methods comes from an
    /// argument structure of the host or from an array that such a structure points to, and each
    /// such pointer is NULL or points to what the header asks for: texts as [`strings::any`],
    /// arrays as [`strings::items`].
    pub(in crate::ffi) unsafe fn of_call() -> HostMemory {
        HostMemory(())
    }

    /// As [`strings::any`].
    pub(in crate::ffi) fn any(
        &self,
        text: *const c_char,
        name: &str,
        cap: u32,
    ) -> Result<Option<String>> {
        // SAFETY: `text` is a pointer of the host, by `of_call`.
        unsafe { strings::any(text, name, cap) }
    }

    /// As [`strings::line`].
    pub(in crate::ffi) fn line(&self, text: *const c_char, name: &str) -> Result<Option<String>> {
        // SAFETY: `text` is a pointer of the host, by `of_call`.
        unsafe { strings::line(text, name) }
    }

    /// As [`strings::optional`].
    pub(in crate::ffi) fn optional(
        &self,
        text: *const c_char,
        name: &str,
        null: &str,
    ) -> Result<Option<String>> {
        // SAFETY: `text` is a pointer of the host, by `of_call`.
        unsafe { strings::optional(text, name, null) }
    }

    /// As [`strings::required`].
    pub(in crate::ffi) fn required(&self, text: *const c_char, name: &str) -> Result<String> {
        // SAFETY: `text` is a pointer of the host, by `of_call`.
        unsafe { strings::required(text, name) }
    }

    /// As [`strings::items`], for the array elements of the header: structures of integers and
    /// pointers, which any bits make.
    pub(in crate::ffi) fn items<T: Copy>(
        &self,
        items: *const T,
        count: u32,
        name: &str,
    ) -> Result<Vec<T>> {
        // SAFETY: `items` is a pointer of the host, by `of_call`.
        unsafe { strings::items(items, count, name) }
    }

    /// As [`strings::list`].
    pub(in crate::ffi) fn list(
        &self,
        texts: *const *const c_char,
        count: u32,
        name: &str,
    ) -> Result<Vec<String>> {
        // SAFETY: `texts` and its elements are pointers of the host, by `of_call`.
        unsafe { strings::list(texts, count, name) }
    }

    /// As [`strings::pairs`].
    pub(in crate::ffi) fn pairs(
        &self,
        pairs: *const zfssa_pair_t,
        count: u32,
        name: &str,
    ) -> Result<Vec<(String, String)>> {
        // SAFETY: `pairs` and its members are pointers of the host, by `of_call`.
        unsafe { strings::pairs(pairs, count, name) }
    }
}
