//! Sizes in GiB, the unit of Cinder, and in bytes.

use crate::error::{Error, Result};

/// Bytes in a GiB.
pub(super) const GIB: u64 = 1 << 30;

/// A volume's size in bytes, from Cinder's GiB.
pub(super) fn bytes_of_gib(size_gib: u64) -> Result<u64> {
    match size_gib.checked_mul(GIB) {
        Some(bytes) if size_gib > 0 => Ok(bytes),
        _ => Err(Error::invalid_argument(
            "size_gib",
            size_gib,
            "use a whole number of GiB, at least 1",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;

    #[test]
    fn sizes_are_whole_gib() {
        assert_eq!(bytes_of_gib(3).unwrap(), 3 * GIB);
        for bad in [0, u64::MAX] {
            let error = bytes_of_gib(bad).unwrap_err();
            assert_eq!(error.status(), Status::InvalidArgument);
            assert!(error.message().contains("size_gib"), "{error}");
        }
    }
}
