//! The planted bugs (`src/canary.rs`) and their table. That each of them is caught is for
//! `make canaries`; here: that the table is whole, and that no build has them by accident.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use support::page::check_part;

const DOCS: &str = "docs/testing.md";
const BEGIN: &str = "<!-- canaries: made by `ZFSSA_BLESS=1 cargo test --test docs` -->\n";
const END: &str = "<!-- /canaries -->\n";

#[derive(Deserialize)]
struct Table {
    canary: Vec<Canary>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Canary {
    name: String,
    bug: String,
    binary: String,
    test: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn table() -> Vec<Canary> {
    let text = fs::read_to_string(root().join("tests/canaries.toml")).unwrap();
    toml::from_str::<Table>(&text).unwrap().canary
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The names that stand in `canary!("…")`.
fn planted() -> Vec<String> {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    files.retain(|path| !path.ends_with("src/canary.rs"));
    let texts = files.iter().map(|path| fs::read_to_string(path).unwrap());
    let names = |text: String| -> Vec<String> {
        let after = text.split("canary!(\"").skip(1);
        after
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };
    texts.flat_map(names).collect()
}

#[test]
fn every_planted_bug_is_in_the_table_with_a_test_that_exists() {
    let table = table();
    let named: BTreeSet<String> = table.iter().map(|canary| canary.name.clone()).collect();
    assert_eq!(named.len(), table.len(), "a name stands twice in the table");
    let planted: BTreeSet<String> = planted().into_iter().collect();
    assert_eq!(planted, named);
    for Canary {
        name,
        bug,
        binary,
        test,
    } in &table
    {
        assert!(bug.ends_with('.') && !bug.contains('|'), "{name}: {bug}");
        // `a::b::tests::c` of the library is in src/a/b.rs or src/a/b/mod.rs, or in a file of its
        // own for tests.
        let (path, function) = test.rsplit_once("::").unwrap_or(("", test));
        let files = if binary == "lib" {
            let module = path
                .strip_suffix("::tests")
                .unwrap_or(path)
                .replace("::", "/");
            ["", "/mod", "/tests"]
                .map(|end| format!("src/{module}{end}.rs"))
                .to_vec()
        } else {
            // `a::b::c` of a binary is in tests/BINARY/a/b.rs or tests/BINARY/a/b/mod.rs, and `c` in
            // tests/BINARY.rs or tests/BINARY/main.rs.
            match path.replace("::", "/").as_str() {
                "" => vec![
                    format!("tests/{binary}.rs"),
                    format!("tests/{binary}/main.rs"),
                ],
                module => ["", "/mod"]
                    .map(|end| format!("tests/{binary}/{module}{end}.rs"))
                    .to_vec(),
            }
        };
        let has = |file: &String| {
            let text = fs::read_to_string(root().join(file)).unwrap_or_default();
            text.contains(&format!("fn {function}("))
        };
        assert!(files.iter().any(has), "{name}: no {function} in {files:?}");
    }
}

/// The names are looked for in the library that programs are linked with.
#[test]
fn only_the_build_with_the_feature_holds_the_bugs() {
    let library = fs::read(support::c_harness::library().join("libzfssa.so")).unwrap();
    // As a text, in which the standard library searches quickly.
    let library = String::from_utf8_lossy(&library);
    let holds = |word: &str| library.contains(word);
    assert!(holds("zfssa_create_volume"), "the search finds nothing");
    let names = table().into_iter().map(|canary| canary.name);
    for word in names.chain(["ZFSSA_CANARY".to_owned()]) {
        assert_eq!(holds(&word), cfg!(feature = "canary"), "{word}");
    }
}

/// What tells a release from other builds is that it has no debug assertions.
#[test]
fn no_release_takes_the_feature() {
    let out = tempfile::tempdir().unwrap();
    let compile = |options: &[&str]| {
        let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        Command::new(compiler)
            .args(["--edition=2024", "--crate-type=lib", "--emit=metadata"])
            .arg("--out-dir")
            .arg(out.path())
            .args(options)
            .arg(root().join("src/canary.rs"))
            .output()
            .unwrap()
    };
    let feature = ["--cfg", "feature=\"canary\""];
    let debug = "-Cdebug-assertions=on";
    let release = "-Cdebug-assertions=off";
    for good in [[feature[0], feature[1], debug].as_slice(), &[release]] {
        let output = compile(good);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{good:?}: {said}");
    }
    let refused = compile(&[feature[0], feature[1], release]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("no release has it"),
        "{said}"
    );
}

#[test]
fn the_docs_have_the_table() {
    let mut wanted = "\n| the bug | what catches it |\n| --- | --- |\n".to_owned();
    for Canary {
        bug, binary, test, ..
    } in table()
    {
        let file = if binary == "lib" { "src" } else { "tests" };
        let place = if binary == "lib" {
            String::new()
        } else {
            format!("{binary}::")
        };
        wanted.push_str(&format!("| {bug} | `{file}` `{place}{test}` |\n"));
    }
    wanted.push('\n');
    check_part(DOCS, BEGIN, END, &wanted);
}
