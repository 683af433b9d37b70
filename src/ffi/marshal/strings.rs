//! Strings and lists from the host: limited, checked, copied.

use std::ffi::{CStr, c_char};

use crate::error::{Error, Result, Status};

/// Maximum length of a name or other short text, in bytes without the NUL.
pub const ZFSSA_MAX_NAME: u32 = 4096;
/// Maximum length of a configuration text or an echo message, in bytes without the NUL.
pub const ZFSSA_MAX_TEXT: u32 = 1_048_576;
/// Maximum number of elements in an array of an argument structure.
pub const ZFSSA_MAX_ITEMS: u32 = 1_048_576;

/// A key and its value.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_pair_t {
    /// The key; required.
    pub key: *const c_char,
    /// The value; required, may be empty.
    pub value: *const c_char,
}

/// Any text of up to `cap` bytes; `None` for NULL.
///
/// # Safety
///
/// `text` is NULL or points to a NUL-terminated string, or to `cap + 1` readable bytes.
pub(in crate::ffi) unsafe fn any(
    text: *const c_char,
    name: &str,
    cap: u32,
) -> Result<Option<String>> {
    if text.is_null() {
        return Ok(None);
    }
    let cap = cap as usize;
    // SAFETY: never reads past the terminator nor past cap + 1 bytes.
    let length = unsafe { libc::strnlen(text, cap + 1) };
    if length > cap {
        let message = format!("{name} is longer than {cap} bytes, or not NUL-terminated");
        return Err(Error::new(Status::InvalidArgument, message));
    }
    // SAFETY: strnlen found the terminator at `length`.
    match unsafe { CStr::from_ptr(text) }.to_str() {
        Ok(text) => Ok(Some(text.to_owned())),
        Err(error) => {
            let message = format!("{name} is not UTF-8 (byte {})", error.valid_up_to());
            Err(Error::new(Status::InvalidArgument, message))
        }
    }
}

/// A name or other short text of one line; `None` for NULL, whose meaning is `null`. An empty text
/// is refused: it would have to mean the same, and a host with an accidentally empty text would
/// request something unintended.
///
/// # Safety
///
/// As [`any`].
pub(in crate::ffi) unsafe fn optional(
    text: *const c_char,
    name: &str,
    null: &str,
) -> Result<Option<String>> {
    // SAFETY: the caller's promise.
    match unsafe { line(text, name) }? {
        Some(text) if text.is_empty() => Err(Error::invalid_argument(
            name,
            "empty",
            &format!("give a text, or NULL for {null}"),
        )),
        text => Ok(text),
    }
}

/// A short text of one line that may be empty; `None` for NULL.
///
/// # Safety
///
/// As [`any`].
pub(in crate::ffi) unsafe fn line(text: *const c_char, name: &str) -> Result<Option<String>> {
    // SAFETY: the caller's promise.
    let text = unsafe { any(text, name, ZFSSA_MAX_NAME) }?;
    match text
        .as_deref()
        .and_then(|text| text.char_indices().find(|(_, c)| c.is_control()))
    {
        None => Ok(text),
        Some((at, c)) => {
            let found = c.escape_unicode();
            let message = format!("{name} holds the control character {found} (byte {at})");
            Err(Error::new(Status::InvalidArgument, message))
        }
    }
}

/// A name or other short text of one line that must be there.
///
/// # Safety
///
/// As [`any`].
pub(in crate::ffi) unsafe fn required(text: *const c_char, name: &str) -> Result<String> {
    // SAFETY: the caller's promise.
    match unsafe { line(text, name) }? {
        Some(text) if !text.is_empty() => Ok(text),
        Some(_) => Err(Error::invalid_argument(name, "empty", "it is required")),
        None => Err(Error::invalid_argument(name, "NULL", "it is required")),
    }
}

/// The elements of an array, copied bit by bit.
///
/// # Safety
///
/// `items` is NULL or points to `count` readable elements, and any bits make a `T`.
pub(in crate::ffi) unsafe fn items<T: Copy>(
    items: *const T,
    count: u32,
    name: &str,
) -> Result<Vec<T>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if items.is_null() {
        return Err(Error::invalid_argument(name, "NULL", "its count is not 0"));
    }
    if count > ZFSSA_MAX_ITEMS {
        let allowed = format!("at most {ZFSSA_MAX_ITEMS} elements");
        return Err(Error::invalid_argument(
            &format!("{name}_count"),
            count,
            &allowed,
        ));
    }
    let item = |at| {
        // SAFETY: the caller's promise: `at` is below the `count` elements.
        let item = unsafe { items.add(at) };
        // SAFETY: the element is readable, and may be unaligned, since a host may point anywhere.
        unsafe { item.read_unaligned() }
    };
    Ok((0..count as usize).map(item).collect())
}

/// An array of names.
///
/// # Safety
///
/// `texts` is NULL or points to `count` pointers, each as [`any`] asks.
pub(in crate::ffi) unsafe fn list(
    texts: *const *const c_char,
    count: u32,
    name: &str,
) -> Result<Vec<String>> {
    // SAFETY: the caller's promise; any bits make a pointer.
    let texts = unsafe { items(texts, count, name) }?;
    let one = |(at, text)| unsafe {
        // SAFETY: the caller's promise.
        required(text, &format!("{name}[{at}]"))
    };
    texts.into_iter().enumerate().map(one).collect()
}

/// An array of keys and values.
///
/// # Safety
///
/// `pairs` is NULL or points to `count` pairs whose members are as [`any`] asks.
pub(in crate::ffi) unsafe fn pairs(
    pairs: *const zfssa_pair_t,
    count: u32,
    name: &str,
) -> Result<Vec<(String, String)>> {
    // SAFETY: the caller's promise; any bits make two pointers.
    let pairs = unsafe { items(pairs, count, name) }?;
    let one = |(at, pair): (usize, zfssa_pair_t)| {
        let value_name = format!("{name}[{at}].value");
        // SAFETY: the caller's promise: the key is a text of the host.
        let key = unsafe { required(pair.key, &format!("{name}[{at}].key")) }?;
        // SAFETY: the caller's promise: the value is a text of the host.
        let value = unsafe { line(pair.value, &value_name) }?;
        let missing =
            || Error::invalid_argument(&value_name, "NULL", "give a value, or leave the key out");
        Ok((key, value.ok_or_else(missing)?))
    };
    pairs.into_iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(result: Result<impl std::fmt::Debug>) -> String {
        result.unwrap_err().message().to_owned()
    }

    #[test]
    fn names_are_checked() {
        // SAFETY: C literals, NULL, and an array that is as long as it says.
        unsafe {
            assert_eq!(required(c"volume-1".as_ptr(), "name").unwrap(), "volume-1");
            assert!(words(required(c"".as_ptr(), "name")).contains("name is empty"));
            assert!(words(required(std::ptr::null(), "name")).contains("name is NULL"));
            assert!(words(required(c"a\r\nb".as_ptr(), "name")).contains("\\u{d} (byte 1)"));
            assert!(words(required(c"a\xff".as_ptr(), "name")).contains("UTF-8 (byte 1)"));
            assert_eq!(optional(std::ptr::null(), "name", "all").unwrap(), None);
            let empty = words(optional(c"".as_ptr(), "name", "all"));
            assert_eq!(empty, "name is empty: give a text, or NULL for all");
            assert_eq!(line(c"".as_ptr(), "name").unwrap(), Some(String::new()));
            let endless = [b'a'; ZFSSA_MAX_NAME as usize + 1];
            assert!(words(line(endless.as_ptr().cast(), "name")).contains("4096 bytes"));
        }
    }

    #[test]
    fn arrays_are_checked() {
        let pair = zfssa_pair_t {
            key: c"k".as_ptr(),
            value: c"".as_ptr(),
        };
        // SAFETY: the array holds one pair, and NULL is never read.
        unsafe {
            assert_eq!(
                super::pairs(&pair, 1, "x").unwrap(),
                [("k".into(), String::new())]
            );
            assert!(super::pairs(std::ptr::null(), 0, "x").unwrap().is_empty());
            assert!(words(super::pairs(std::ptr::null(), 1, "x")).contains("x is NULL"));
            assert!(words(super::pairs(&pair, u32::MAX, "x")).contains("x_count"));
            let broken = zfssa_pair_t {
                value: std::ptr::null(),
                ..pair
            };
            assert!(words(super::pairs(&broken, 1, "x")).contains("x[0].value is NULL"));
        }
    }
}
