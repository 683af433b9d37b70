//! `zfssa.hpp`: made from `zfssa.h`, compiled strictly, and used against a simulated appliance.

use std::process::Command;

use support::host_programs::{Backend, Link, build, command, printed};
use support::repository;

const COMPILERS: [&str; 2] = ["g++", "clang++"];
const STANDARDS: [&str; 2] = ["c++17", "c++20"];

#[test]
fn the_operations_are_those_of_the_c_header() {
    let output = Command::new("python3")
        .arg(repository("bindings/cpp/generate.py"))
        .arg("--check")
        .output()
        .expect("Python");
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{failed}");
}

/// Each part alone and the whole twice, where even a shadowed name is an error.
#[test]
fn every_part_compiles_alone() {
    let parts = std::fs::read_dir(repository("include/zfssa")).unwrap();
    let mut parts: Vec<_> = parts
        .map(|part| format!("zfssa/{}", part.unwrap().file_name().to_str().unwrap()))
        .collect();
    parts.push("zfssa.hpp".to_owned());
    assert!(parts.len() > 5, "{parts:?}");
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("alone.cpp");
    for part in &parts {
        let text =
            format!("#include \"{part}\"\n#include \"{part}\"\nint main() {{ return 0; }}\n");
        std::fs::write(&source, text).unwrap();
        for compiler in COMPILERS {
            let output = Command::new(compiler)
                .args(["-std=c++17", "-Wall", "-Wextra", "-Werror", "-pedantic"])
                .args(["-Wshadow", "-Wold-style-cast", "-fsyntax-only", "-I"])
                .arg(repository("include"))
                .arg(&source)
                .output()
                .expect("a compiler");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{part}: {said}");
        }
    }
}

/// What would show what is gone already does not compile.
#[test]
fn a_result_without_a_name_cannot_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("dangling.cpp");
    let compiles = |statement: &str| {
        let text =
            format!("#include \"zfssa.hpp\"\nvoid look(zfssa::driver &driver) {{ {statement} }}\n");
        std::fs::write(&source, text).unwrap();
        Command::new("g++")
            .args(["-std=c++17", "-fsyntax-only", "-I"])
            .arg(repository("include"))
            .arg(&source)
            .output()
            .expect("a compiler")
            .status
            .success()
    };
    assert!(compiles(
        "auto v = driver.get_volume({\"v\"}).get(); v->name();"
    ));
    assert!(!compiles("driver.get_volume({\"v\"}).get()->name();"));
    assert!(!compiles(
        "for (auto v : driver.list_volumes().get()->volumes()) v.name();"
    ));
    // Who means every host must say so.
    assert!(compiles(
        "driver.terminate_connection({\"v\", zfssa::every, {}}).get();"
    ));
    assert!(!compiles("driver.terminate_connection({\"v\"}).get();"));
}

#[test]
fn binding() {
    let source = repository("tests/cpp/binding.cpp");
    let (mut coroutines, mut traced) = (false, false);
    for compiler in COMPILERS {
        for standard in STANDARDS {
            let program = build(compiler, standard, &source, Link::Shared);
            let cases = printed(&mut command(&program));
            assert!(cases.lines().count() > 5, "{cases}");
            coroutines |= cases.contains("coroutines");
            for case in cases.lines() {
                let backend = Backend::start();
                println!("{compiler} {standard} {case}");
                let said = printed(command(&program).arg(&backend.config).arg(case));
                traced |= said.contains("zfssa::rest: ");
            }
        }
    }
    assert!(coroutines, "no compiler here knows coroutines");
    assert!(traced, "the programs log no request");
}
