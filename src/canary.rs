//! Planted bugs that the tests must catch.
//!
//! `canary!("name")` is `false` in every build but that of the feature `canary`. There, the
//! environment variable `ZFSSA_CANARY` turns the bug of that name on. `tests/canaries.toml` lists
//! each bug with the test that must fail; `make canaries` runs them all. Without the feature the
//! library does not contain the names, and a release cannot have the feature.

#[cfg(all(feature = "canary", not(debug_assertions)))]
compile_error!("the feature `canary` plants bugs for the tests of the tests; no release has it");

#[cfg(feature = "canary")]
macro_rules! canary {
    ($name:literal) => {
        $crate::canary::is_on($name)
    };
}

#[cfg(not(feature = "canary"))]
macro_rules! canary {
    ($name:literal) => {
        false
    };
}

/// Whether a bug is on. An active bug that is reached writes a file at the path in
/// `ZFSSA_CANARY_SEEN`, so that a test that fails for another reason is not counted.
#[cfg(feature = "canary")]
pub(crate) fn is_on(name: &str) -> bool {
    if std::env::var("ZFSSA_CANARY").as_deref() != Ok(name) {
        return false;
    }
    if let Some(path) = std::env::var_os("ZFSSA_CANARY_SEEN") {
        // The runner reports a bug that was never reached.
        let _ = std::fs::write(path, name);
    }
    true
}
