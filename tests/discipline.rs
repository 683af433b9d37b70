//! What tests must not do: be passed over, or sleep where a condition could be waited for.

use std::fs;
use std::path::{Path, PathBuf};

/// Sleeps that are needed: the pauses of `until` and its like, work that takes its time, and
/// silence that lasts. A new test waits with `common::until`.
const SLEEPS: &[&str] = &[
    "bounds.rs",
    "c_harness/mod.rs",
    "common/case.rs",
    "common/kill.rs",
    "common/mod.rs",
    "common/until.rs",
    "globals.rs",
    "migrate_late.rs",
    "model.rs",
    "operations.rs",
    "recover.rs",
    "rest_bounds.rs",
    "rest_connections.rs",
    "rest_memory.rs",
];

/// The test that another one starts, in an environment of its own.
const IGNORED: &[&str] = &["rest_bounds.rs"];

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
