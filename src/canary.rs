//! Planted bugs that the tests must catch.
//!
//! `canary!("name")` is `false` in every build but that of the feature `canary`, in which the
//! bug of that name is on when the variable `ZFSSA_CANARY` says so. `tests/canaries.toml` has
//! each bug with the test that must go red; `make canaries` tries them all. Without the feature
//! not even the name is left in the library, and a release cannot have the feature.

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

/// Whether a bug is on. One that is leaves a file where `ZFSSA_CANARY_SEEN` says, so that a test
/// that fails for another reason is told apart.
#[cfg(feature = "canary")]
pub(crate) fn is_on(name: &str) -> bool {
    use std::sync::OnceLock;

    static ON: OnceLock<Option<String>> = OnceLock::new();
    let on = ON.get_or_init(|| std::env::var("ZFSSA_CANARY").ok());
    if on.as_deref() != Some(name) {
        return false;
    }
    if let Some(path) = std::env::var_os("ZFSSA_CANARY_SEEN") {
        // The runner reports a bug that was never reached.
        let _ = std::fs::write(path, name);
    }
    true
}
