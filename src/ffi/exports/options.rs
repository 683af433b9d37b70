//! The option table, as C sees it.

use std::ffi::c_char;

use once_cell::race::OnceBox;

use crate::config::{OPTIONS, OptionOrigin, OptionSpec};
use crate::ffi::guard;
use crate::ffi::marshal::view_memory::{Arena, OwnedView, count};

/// The option is required.
pub const ZFSSA_OPTION_REQUIRED: u32 = 1;
/// The value is a secret and never printed.
pub const ZFSSA_OPTION_SECRET: u32 = 2;
/// `min` and `max` are valid.
pub const ZFSSA_OPTION_BOUNDED: u32 = 4;

/// Cinder registers the option for every driver.
pub const ZFSSA_ORIGIN_CINDER: u32 = 0;
/// Cinder's former driver had the option; name and default are the same.
pub const ZFSSA_ORIGIN_REFERENCE: u32 = 1;
/// The option exists only in this library.
pub const ZFSSA_ORIGIN_LIBRARY: u32 = 2;

/// An option of the configuration. Static.
#[repr(C)]
pub struct zfssa_option_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// ZFSSA_OPTION_REQUIRED, ZFSSA_OPTION_SECRET and ZFSSA_OPTION_BOUNDED.
    pub flags: u32,
    /// Name, as in cinder.conf.
    pub name: *const c_char,
    /// Syntax of the value: text, name, secret, integer, boolean, choice, block-size, list, path,
    /// host, portals, initiator-names, initiator-config, fingerprints, ratio, url or destinations.
    pub kind: *const c_char,
    /// Default; NULL if there is none.
    pub default_value: *const c_char,
    /// Description, in one paragraph.
    pub help: *const c_char,
    /// Unit of the number; NULL if there is none.
    pub unit: *const c_char,
    /// Replacement; NULL unless the option is deprecated.
    pub deprecated: *const c_char,
    /// First version with this option.
    pub since: *const c_char,
    /// Allowed values; NULL if there is no such list.
    pub choices: *const *const c_char,
    /// Elements of `choices`.
    pub choices_count: u32,
    /// One of the ZFSSA_ORIGIN_ numbers.
    pub origin: u32,
    /// Minimum, with ZFSSA_OPTION_BOUNDED.
    pub min: i64,
    /// Maximum, with ZFSSA_OPTION_BOUNDED.
    pub max: i64,
}

fn describe(option: &OptionSpec, arena: &mut Arena) -> zfssa_option_t {
    let flag = |set: bool, flag: u32| if set { flag } else { 0 };
    let bounded = option.min.is_some() || option.max.is_some();
    zfssa_option_t {
        size: size_of::<zfssa_option_t>() as u32,
        flags: flag(option.required, ZFSSA_OPTION_REQUIRED)
            | flag(option.secret, ZFSSA_OPTION_SECRET)
            | flag(bounded, ZFSSA_OPTION_BOUNDED),
        name: arena.text(option.name),
        kind: arena.text(option.kind.as_str()),
        default_value: arena.optional(option.default),
        help: arena.text(option.help),
        unit: arena.optional(option.unit),
        deprecated: arena.optional(option.deprecated),
        since: arena.text(option.since),
        choices: arena.texts(option.choices),
        choices_count: count(option.choices),
        origin: match option.origin {
            OptionOrigin::Cinder => ZFSSA_ORIGIN_CINDER,
            OptionOrigin::Reference => ZFSSA_ORIGIN_REFERENCE,
            OptionOrigin::Library => ZFSSA_ORIGIN_LIBRARY,
        },
        min: option.min.unwrap_or(i64::MIN),
        max: option.max.unwrap_or(i64::MAX),
    }
}

/// Number of options.
#[unsafe(no_mangle)]
pub extern "C" fn zfssa_option_count() -> u32 {
    guard::value(0, || Some(count(OPTIONS)))
}

/// Option number `index`, 0 to zfssa_option_count() - 1, in the order of the documentation; NULL
/// beyond. The option is static.
#[unsafe(no_mangle)]
pub extern "C" fn zfssa_option_at(index: u32) -> *const zfssa_option_t {
    // `OnceBox` never blocks, so that a fork during the first use does not hang the child.
    static TABLE: OnceBox<Vec<OwnedView>> = OnceBox::new();
    guard::value(std::ptr::null(), || {
        let table = TABLE.get_or_init(|| {
            let views = OPTIONS
                .iter()
                .map(|option| OwnedView::new(|arena| describe(option, arena)));
            Box::new(views.collect())
        });
        table.get(index as usize)?.pointer()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn the_whole_table_comes_out() {
        for (index, option) in OPTIONS.iter().enumerate() {
            // SAFETY: the table is static.
            unsafe {
                let view = &*zfssa_option_at(index as u32);
                assert_eq!(CStr::from_ptr(view.name).to_str().unwrap(), option.name);
                assert_eq!(view.flags & ZFSSA_OPTION_SECRET != 0, option.secret);
                assert_eq!(view.default_value.is_null(), option.default.is_none());
                assert_eq!(view.choices_count as usize, option.choices.len());
            }
        }
        assert!(zfssa_option_at(zfssa_option_count()).is_null());
        assert!(zfssa_option_at(u32::MAX).is_null());
    }
}
