//! The header compiles alone and twice, in every language that it is for, without a warning.

use std::path::Path;
use std::process::Command;

use super::repository;

const C: &[&str] = &["c99", "c11", "c17", "c2x"];
const CPP: &[&str] = &["c++11", "c++14", "c++17", "c++20"];
const STRICT: &[&str] = &[
    "-Wall",
    "-Wextra",
    "-Werror",
    "-pedantic",
    "-pedantic-errors",
    "-Wpadded",
    "-fsyntax-only",
];

/// Compiles a text; returns the messages of a compiler that refuses it.
fn compile(compiler: &str, standard: &str, source: &Path) -> Option<String> {
    let output = Command::new(compiler)
        .arg(format!("-std={standard}"))
        .args(STRICT)
        .arg("-I")
        .arg(repository("include"))
        .arg(source)
        .output()
        .unwrap_or_else(|error| panic!("{compiler}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success()).then(|| format!("{compiler} -std={standard}: {said}"))
}

fn compiles(extension: &str, compilers: [&str; 2], standards: &[&str]) {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join(format!("twice.{extension}"));
    let text = "#include <zfssa_dl.h>\n#include <zfssa.h>\n#include <zfssa_dl.h>\nint main(void) { return ZFSSA_OK; }\n";
    std::fs::write(&source, text).unwrap();
    let complaints: Vec<String> = compilers
        .iter()
        .flat_map(|compiler| standards.iter().map(move |standard| (*compiler, *standard)))
        .filter_map(|(compiler, standard)| compile(compiler, standard, &source))
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn as_c() {
    compiles("c", ["gcc", "clang"], C);
}

#[test]
fn as_cpp() {
    compiles("cpp", ["g++", "clang++"], CPP);
}
