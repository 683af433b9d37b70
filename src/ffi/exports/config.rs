//! Exports on configurations: gathered option by option, from TOML, or from a `cinder.conf`.

use std::ffi::c_char;
use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::ffi::config::ConfigObject;
use crate::ffi::guard::{self, ErrorOut, Out};
use crate::ffi::marshal::strings::{self, ZFSSA_MAX_TEXT};
use crate::ffi::process::handle;
use crate::ffi::types::{zfssa_config_t, zfssa_error_t, zfssa_status_t};

/// Creates an empty configuration.
///
/// `config`: free it with zfssa_config_free(); NULL on failure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_config_new(
    config: *mut *mut zfssa_config_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        // SAFETY: `config` is NULL or writable, as the header asks.
        let config = unsafe { Out::new(config, "config", std::ptr::null_mut()) }?;
        config.set(handle::give(Arc::new(ConfigObject::default())));
        Ok(())
    })
}

/// Sets one option. `name`: as zfssa_option_at() lists it. `value`: NULL restores the default; the
/// text is copied, and the copy is wiped when it is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_config_set(
    config: *mut zfssa_config_t,
    name: *const c_char,
    value: *const c_char,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        let config = handle::get(config)?;
        // SAFETY: `name` is NULL or NUL-terminated, as the header asks.
        let name = unsafe { strings::required(name, "name") }?;
        // SAFETY: `value` is NULL or NUL-terminated, as the header asks.
        let value = unsafe { strings::any(value, "value", ZFSSA_MAX_TEXT) }?;
        match value.map(Zeroizing::new) {
            Some(value) => config.builder().set(&name, &value),
            None => config.builder().unset(&name),
        };
        Ok(())
    })
}

/// Adds the options of a TOML file, from its top level (`section` NULL) or from the table
/// `section`; dots separate nested tables. An unreadable file is reported by
/// zfssa_config_validate(), like any other problem. Reads the file before it returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_config_load_toml(
    config: *mut zfssa_config_t,
    path: *const c_char,
    section: *const c_char,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        let config = handle::get(config)?;
        // SAFETY: `path` is NULL or NUL-terminated, as the header asks.
        let path = unsafe { strings::required(path, "path") }?;
        // SAFETY: `section` is NULL or NUL-terminated, as the header asks.
        let section = unsafe { strings::optional(section, "section", "the top level") }?;
        config
            .builder()
            .load_toml_file(Path::new(&path), section.as_deref());
        Ok(())
    })
}

/// Adds the options of a section of cinder.conf, parsed as Cinder parses it, with
/// [backend_defaults] as their defaults. Options of other software are ignored. An unreadable file
/// is reported by zfssa_config_validate(), like any other problem. Reads the file before it
/// returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_config_load_cinder_conf(
    config: *mut zfssa_config_t,
    path: *const c_char,
    section: *const c_char,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        let config = handle::get(config)?;
        // SAFETY: `path` is NULL or NUL-terminated, as the header asks.
        let path = unsafe { strings::required(path, "path") }?;
        // SAFETY: `section` is NULL or NUL-terminated, as the header asks.
        let section = unsafe { strings::required(section, "section") }?;
        config
            .builder()
            .load_cinder_conf_file(Path::new(&path), &section);
        Ok(())
    })
}

/// Like zfssa_config_load_toml(), from a text of up to ZFSSA_MAX_TEXT bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_config_parse_toml(
    config: *mut zfssa_config_t,
    toml: *const c_char,
    section: *const c_char,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        let config = handle::get(config)?;
        // SAFETY: `toml` is NULL or NUL-terminated, as the header asks.
        let toml = unsafe { whole(toml, "toml") }?;
        // SAFETY: `section` is NULL or NUL-terminated, as the header asks.
        let section = unsafe { strings::optional(section, "section", "the top level") }?;
        config
            .builder()
            .load_toml(&toml, section.as_deref(), "configuration");
        Ok(())
    })
}

/// Like zfssa_config_load_cinder_conf(), from a text of up to ZFSSA_MAX_TEXT bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_config_parse_cinder_conf(
    config: *mut zfssa_config_t,
    conf: *const c_char,
    section: *const c_char,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        let config = handle::get(config)?;
        // SAFETY: `conf` is NULL or NUL-terminated, as the header asks.
        let conf = unsafe { whole(conf, "conf") }?;
        // SAFETY: `section` is NULL or NUL-terminated, as the header asks.
        let section = unsafe { strings::required(section, "section") }?;
        config
            .builder()
            .load_cinder_conf(&conf, &section, "cinder.conf");
        Ok(())
    })
}

/// A text that must be there, and may hold passwords.
///
/// # Safety
///
/// As [`strings::any`].
unsafe fn whole(text: *const c_char, name: &str) -> Result<Zeroizing<String>> {
    // SAFETY: the caller's promise.
    let text = unsafe { strings::any(text, name, ZFSSA_MAX_TEXT) }?;
    let missing = || Error::invalid_argument(name, "NULL", "it is required");
    text.map(Zeroizing::new).ok_or_else(missing)
}

/// Validates the configuration. Fails with ZFSSA_E_CONFIG and one cause for each problem. Accesses
/// neither the network nor the files that options name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_config_validate(
    config: *const zfssa_config_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        handle::get(config)?.build().map(drop)
    })
}

/// Frees a configuration and wipes its values. NULL is ignored. Drivers created from it keep
/// working.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_config_free(config: *mut zfssa_config_t) {
    guard::quiet(|| drop(handle::take(config)));
}
