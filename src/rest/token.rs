//! Persistent token as the credential of requests.

use std::path::Path;

use bytes::Bytes;
use reqwest::header::HeaderValue;

use crate::error::{Error, Result, Status};
use crate::local::Local;
use crate::scope::Scope;
use crate::secret::Secret;
use crate::token_file;

/// A token in a header, which is wiped when the last copy of the header is dropped.
struct Wiped(Secret);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

/// The token that a file holds now, as a header marked as sensitive.
pub(super) async fn read(local: &Local, scope: &Scope, path: &Path) -> Result<HeaderValue> {
    let path = path.to_owned();
    let token = local.file(scope, move || token_file::read(&path));
    let token = Bytes::from_owner(Wiped(token.await??));
    let mut value = HeaderValue::from_maybe_shared(token)
        .map_err(|_| Error::new(Status::Internal, "the token does not fit into a header"))?;
    value.set_sensitive(true);
    Ok(value)
}
