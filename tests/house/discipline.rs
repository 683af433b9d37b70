//! Rules for tests: none is skipped or left out of its binary, and none sleeps where it could wait
//! for a condition.

use std::fs;
use std::path::{Path, PathBuf};

/// Sleeps that are needed: the pauses of `until` and its like, work that takes its time, and
/// silence that lasts. A new test waits with `support::until`.
const SLEEPS: &[&str] = &[
    "driver/migrate/late_deletion.rs",
    "driver/timeout_and_cancel.rs",
    "driver/upkeep/recover.rs",
    "faults/model/mod.rs",
    "operations/main.rs",
    "process_globals.rs",
    "support/src/c_harness.rs",
    "support/src/case.rs",
    "support/src/fixture.rs",
    "support/src/kill.rs",
    "support/src/tcp_proxy.rs",
    "support/src/until.rs",
    "transport/connections.rs",
    "transport/deadlines.rs",
    "transport_memory.rs",
];

/// The test that another one starts, in an environment of its own.
const IGNORED: &[&str] = &["transport/deadlines.rs"];

fn tests(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        // The simulator has tests and sleeps of its own.
        if path.is_dir() && !path.ends_with("appliance") {
            tests(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The files, below `tests`, whose code has a word.
fn with(word: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files = Vec::new();
    tests(&root, &mut files);
    assert!(files.len() > 50, "{} files are not all", files.len());
    let has = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let mut code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        code.any(|line| line.contains(word))
    };
    let name = |path: PathBuf| {
        path.strip_prefix(&root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    let mut names: Vec<String> = files.into_iter().filter(has).map(name).collect();
    names.sort();
    names
}

#[test]
fn no_test_sleeps_but_where_it_must() {
    // Put together, so that this file does not find itself.
    assert_eq!(with(concat!("sleep", "(")), SLEEPS);
}

#[test]
fn no_test_is_passed_over() {
    assert_eq!(with(concat!("#[", "ignore")), IGNORED);
}

/// A file that its folder does not name with `mod` would compile nowhere, and its tests would be
/// missed by nobody.
#[test]
fn no_file_of_tests_is_left_out() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files = Vec::new();
    tests(&root, &mut files);
    let is_left_out = |path: &PathBuf| {
        let folder = path.parent().unwrap();
        let (folder, module) = match path.file_stem().unwrap().to_str().unwrap() {
            "main" | "lib" => return false,
            "mod" => (folder.parent().unwrap(), folder.file_name().unwrap()),
            _ => (folder, path.file_stem().unwrap()),
        };
        let mut indices = ["main.rs", "mod.rs", "lib.rs"]
            .map(|name| folder.join(name))
            .into_iter();
        let Some(index) = indices.find(|index| index.exists()) else {
            return false;
        };
        let declaration = format!("mod {};", module.to_str().unwrap());
        let index = fs::read_to_string(index).unwrap();
        let mut lines = index.lines();
        !lines.any(|line| line.strip_prefix("pub ").unwrap_or(line) == declaration)
    };
    files.retain(is_left_out);
    assert!(files.is_empty(), "{files:?}");
}
