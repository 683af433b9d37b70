//! What the README shows compiles as it stands.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The fenced blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let open = format!("```{language}\n");
    text.split(open.as_str())
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap())
        .collect()
}

#[test]
fn each_page_of_c_compiles_strictly() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let pages = blocks(&readme, "c");
    assert!(!pages.is_empty(), "the README shows no C");
    let directory = tempfile::tempdir().unwrap();
    for (number, page) in pages.iter().enumerate() {
        let source = directory.path().join(format!("page-{number}.c"));
        std::fs::write(&source, page).unwrap();
        let output = strictly(&root.join("include"), &source);
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaints}");
    }
}

fn strictly(include: &Path, source: &Path) -> std::process::Output {
    Command::new("cc")
        .args([
            "-std=c11",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-pedantic",
            "-fsyntax-only",
            "-I",
        ])
        .args([include, source])
        .output()
        .expect("a C compiler")
}

/// The other pages are those of the hosts' own READMEs, whose tests compile and run them.
#[test]
fn each_page_of_another_host_is_the_tested_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let readme = read("README.md");
    for (language, tested) in [
        ("go", "bindings/go/README.md"),
        ("python", "bindings/python/README.md"),
        ("ini", "bindings/python/README.md"),
        ("json", "examples/go/zfssa-csi/README.md"),
        ("console", "examples/go/zfssa-csi/README.md"),
    ] {
        let pages = blocks(&readme, language);
        assert!(!pages.is_empty(), "the README shows no {language}");
        let there = read(tested);
        for page in pages {
            let same = blocks(&there, language).contains(&page);
            assert!(same, "{tested} has another page of {language} than\n{page}");
        }
    }
}

#[test]
fn the_two_commands_are_in_the_makefile() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let makefile = std::fs::read_to_string(root.join("Makefile")).unwrap();
    for target in ["demo", "test"] {
        assert!(readme.contains(&format!("make {target}")));
        assert!(makefile.contains(&format!("\n{target}:")));
    }
}
