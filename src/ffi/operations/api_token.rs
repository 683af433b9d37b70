//! Persistent API tokens.

use std::ffi::c_char;
use std::time::Duration;

use super::{Args, submit};
use crate::driver::{CreateApiToken, CreatedApiToken};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::versioned_struct::versioned_struct;
use crate::ffi::marshal::view_memory::{Arena, count};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// Keep the former tokens of the name valid until they expire, or until the next call without this
/// flag.
pub const ZFSSA_TOKEN_KEEP_FORMER: u32 = 1;

/// Arguments of zfssa_create_api_token().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_create_api_token_args_t {
    /// sizeof(zfssa_create_api_token_args_t).
    pub size: u32,
    /// 0 or ZFSSA_TOKEN_KEEP_FORMER.
    pub flags: u32,
    /// Name of the token, 1 to 48 characters: letters, digits, _ and -; required. The library adds
    /// "-" and eight hexadecimal digits. Use another name for each token file: a call revokes the
    /// other tokens of its name.
    pub name: *const c_char,
    /// How long the token is valid, 60 to 315360000 seconds; required. The limit of the appliance
    /// is not documented.
    pub lifetime_s: u64,
    /// Absolute path of the file for the token; NULL: that of the option zfssa_token_file.
    pub token_file: *const c_char,
    /// Password of the user san_login; NULL: the option san_password. The appliance makes a token
    /// for a user name and password only, so a backend with zfssa_token_file must give it. The
    /// library wipes its copy after use.
    pub password: *const c_char,
}

versioned_struct!(zfssa_create_api_token_args_t {
    size,
    flags,
    name,
    lifetime_s,
    token_file,
    password
});

impl Args for zfssa_create_api_token_args_t {
    type Operation = CreateApiToken;

    const FLAGS: u32 = ZFSSA_TOKEN_KEEP_FORMER;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<CreateApiToken> {
        Ok(CreateApiToken {
            name: host.required(self.name, "name")?,
            lifetime: Duration::from_secs(self.lifetime_s),
            token_file: host
                .optional(self.token_file, "token_file", "the option zfssa_token_file")?
                .unwrap_or_default(),
            password: host
                .optional(self.password, "password", "the option san_password")?
                .unwrap_or_default()
                .into(),
            keep_former: self.flags & ZFSSA_TOKEN_KEEP_FORMER != 0,
        })
    }
}

/// A persistent API token that was created. Its value is in the file only.
#[repr(C)]
pub struct zfssa_api_token_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Elements of `revoked`.
    pub revoked_count: u32,
    /// Its id on the appliance, a UUID.
    pub id: *const c_char,
    /// Its name on the appliance, with the suffix of the library.
    pub name: *const c_char,
    /// When it expires, as the appliance says it, such as 2020-04-30T03:20:31Z; empty if it does
    /// not.
    pub expiration: *const c_char,
    /// Path of the file that holds it.
    pub token_file: *const c_char,
    /// Names of the former tokens that were revoked.
    pub revoked: *const *const c_char,
}

impl View for CreatedApiToken {
    type C = zfssa_api_token_t;

    fn view(&self, arena: &mut Arena) -> zfssa_api_token_t {
        zfssa_api_token_t {
            size: size_of::<zfssa_api_token_t>() as u32,
            revoked_count: count(&self.revoked),
            id: arena.text(&self.id),
            name: arena.text(&self.name),
            expiration: arena.text(&self.expiration),
            token_file: arena.text(&self.token_file),
            revoked: arena.texts(&self.revoked),
        }
    }
}

/// Creates a persistent API token of the user san_login, writes it into a file for the option
/// zfssa_token_file, and revokes the former tokens of the same name. Needs REST API v2 (OS8.8).
///
/// The token is first written to a file next to the token file (with ".new" at its end) and proven
/// to work. Then it replaces the token file at once, with mode 0600, or with owner and group of the
/// former file. A reader, or a crash, sees the former token or the new one.
///
/// Up to that point a failure revokes the new token (ZFSSA_OUTCOME_ROLLED_BACK), and the former
/// ones stay valid. ZFSSA_OUTCOME_PARTIAL: the token file was replaced, and the error names the
/// tokens that may still be valid. ZFSSA_E_AGAIN: another call is replacing the same file. After a
/// lost answer the library asks for another token; one that was made without an answer has no
/// holder, and this or the next call revokes it.
///
/// Result: zfssa_result_api_token().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_create_api_token(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_create_api_token_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Output of zfssa_create_api_token().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_api_token(
    result: *const zfssa_result_t,
) -> *const zfssa_api_token_t {
    guard::value(std::ptr::null(), || view::<CreatedApiToken>(result))
}
