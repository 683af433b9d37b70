//! Helpers of the integration tests: fixtures, the fault and kill matrices, and the compilers of
//! C and C++ programs.
//!
//! A crate of its own, so that it is compiled once and not with each test binary.

pub mod c_harness;
pub mod case;
pub mod child_process;
pub mod etcd;
mod fixture;
pub mod fleet;
pub mod host_programs;
pub mod kill;
pub mod matrix;
pub mod page;
pub mod pair;
pub mod promises;
pub mod recorded;
pub mod resetting_proxy;
pub mod tcp_proxy;
mod trace;
pub mod transport;
mod turn;
mod until;

use std::path::{Path, PathBuf};

pub use fixture::{
    Cost, Fixture, GIB, HOST_A, HOST_B, HOST_C, HOST_C_DIGEST, HOST_CHAP, PASSWORD, POOL, PROJECT,
    San, TARGET_CHAP, answered_by, config_at, config_for, options_at, path_text, send, volume,
};
pub use trace::{trace_everything, untraced};
pub use turn::{heavy_turn, heavy_turn_blocking, shared_turn};
pub use until::{SOON, until, until_blocking};

/// A path in the repository.
pub fn repository(path: impl AsRef<Path>) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.expect("the repository").join(path)
}

/// A folder of the build in which tests put programs, as `CARGO_TARGET_TMPDIR` names it to them.
fn scratch() -> PathBuf {
    // target/debug/deps/NAME, or the same below a folder for a target or for a build of its own.
    let test = std::env::current_exe().expect("the test's own path");
    let folder = test.ancestors().nth(3).expect("cargo's target folder");
    let scratch = folder.join("tmp");
    std::fs::create_dir_all(&scratch).expect("a folder for programs");
    scratch
}

/// The arguments with which a test binary runs one of its tests alone, to be started as a child:
/// `module` is the test's `module_path!()`.
pub fn only_test(module: &str, function: &str) -> [String; 4] {
    let name = match module.split_once("::") {
        Some((_, module)) => format!("{module}::{function}"),
        None => function.to_owned(),
    };
    let options = ["--exact", "--nocapture", "--test-threads=1"].map(str::to_owned);
    let [exact, nocapture, threads] = options;
    [name, exact, nocapture, threads]
}
