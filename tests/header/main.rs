//! Generator and check of the C headers, of their description and of Debian's list of symbols, all
//! made from `src/ffi`.
//!
//! It fails when one of them is stale, and writes them anew with `ZFSSA_BLESS=1`. A binary of its
//! own, because it must have written the description before other generators read it.

mod compile;
mod description;
mod facts;
mod generate;
mod layout;
mod lint;
mod model;
mod symbols;

use std::path::{Path, PathBuf};

/// A path in the repository.
fn repository(path: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: impl AsRef<Path>) -> String {
    let path = repository(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder.
fn sources_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// The shared library of this build: cargo puts it beside the tests.
fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let deps = test.parent().unwrap();
    [
        deps.join("libzfssa.so"),
        deps.parent().unwrap().join("libzfssa.so"),
    ]
    .into_iter()
    .filter(|path| path.exists())
    .max_by_key(|path| {
        std::fs::metadata(path)
            .and_then(|data| data.modified())
            .unwrap()
    })
    .expect("libzfssa.so beside the tests; cargo build makes it")
}

#[test]
fn the_header_is_up_to_date() {
    let model = model::Model::read();
    up_to_date("include/zfssa.h", &generate::header(&model));
    up_to_date("include/zfssa_dl.h", &generate::table_header(&model));
}

#[test]
fn the_description_is_up_to_date() {
    let model = model::Model::read();
    up_to_date("docs/abi/zfssa.json", &description::description(&model));
}

/// So that a program depends on the version that has the functions that it uses, and no later one.
#[test]
fn the_debian_symbols_are_up_to_date() {
    let model = model::Model::read();
    let made = symbols::debian_symbols(&model);
    up_to_date("packaging/debian/libzfssa1.symbols", &made);
}

/// So that a program that uses a later function does not start with an older library.
#[test]
fn the_version_script_is_up_to_date() {
    let model = model::Model::read();
    up_to_date("packaging/libzfssa.map", &symbols::version_script(&model));
}

/// Compares a generated file with what it should be, or writes it with `ZFSSA_BLESS=1`.
fn up_to_date(file: &str, made: &str) {
    let path = repository(file);
    if std::env::var_os("ZFSSA_BLESS").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = found.lines().zip(made.lines()).enumerate();
    for (line, (is, should)) in differing {
        assert_eq!(
            is,
            should,
            "{file}:{} is stale; write it anew with ZFSSA_BLESS=1",
            line + 1
        );
    }
    assert_eq!(
        found.len(),
        made.len(),
        "{file} is stale; write it anew with ZFSSA_BLESS=1"
    );
}
