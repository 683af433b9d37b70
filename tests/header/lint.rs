//! What no compiler checks: every export goes through a guard, stands in the table and in the
//! header, and says all that a function must say.

use std::collections::BTreeSet;

use super::{generate, read};

/// An exported function as the source has it.
struct Export {
    name: String,
    comment: String,
    /// From the parameters to the result.
    signature: String,
    body: String,
}

fn sources() -> Vec<String> {
    generate::files()
        .chain(["src/ffi/exports/vtable.rs".to_owned()])
        .map(read)
        .collect()
}

fn exports() -> Vec<Export> {
    sources()
        .iter()
        .flat_map(|source| exports_of(source))
        .collect()
}

fn exports_of(source: &str) -> Vec<Export> {
    let mut found = Vec::new();
    for (at, _) in source.match_indices("extern \"C\" fn zfssa_") {
        let rest = &source[at + "extern \"C\" fn ".len()..];
        let (signature, _) = rest.split_once("{\n").unwrap();
        let body = &rest[signature.len()..];
        let comment: Vec<&str> = source[..at]
            .lines()
            .rev()
            .skip(1)
            .skip_while(|line| line.starts_with("#["))
            .take_while(|line| line.starts_with("///"))
            .map(|line| line.trim_start_matches("///").trim())
            .collect();
        found.push(Export {
            name: rest[..rest.find('(').unwrap()].to_owned(),
            signature: signature.to_owned(),
            comment: comment.into_iter().rev().collect::<Vec<_>>().join(" "),
            body: body[..body.find("\n}\n").unwrap()].to_owned(),
        });
    }
    found
}

fn names() -> BTreeSet<String> {
    exports().into_iter().map(|export| export.name).collect()
}

#[test]
fn every_export_goes_through_one_guard() {
    const GUARDS: [&str; 5] = [
        "guard::status(",
        "guard::value(",
        "guard::quiet(",
        "{ submit(",
        "{ submit_optional(",
    ];
    for export in exports() {
        let guards: usize = GUARDS
            .iter()
            .map(|guard| export.body.matches(guard).count())
            .sum();
        assert_eq!(guards, 1, "{} has {guards} guards", export.name);
        // Nothing but the guard: neither a statement before it nor one behind it.
        let code: Vec<&str> = export
            .body
            .lines()
            .skip(1)
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        let statements = code
            .iter()
            .filter(|line| line.starts_with("    ") && !line.starts_with("     "))
            .filter(|line| !line.trim_start().starts_with(['}', ')']))
            .filter(|line| !line.trim_start().starts_with("static "))
            .count();
        assert_eq!(statements, 1, "{}:\n{}", export.name, export.body);
    }
}

#[test]
fn every_export_is_made_in_a_file_of_the_header() {
    let root = super::repository("src");
    let mut directories = vec![root];
    let mut count = 0;
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                count += read(&path).matches("unsafe(no_mangle)").count();
            }
        }
    }
    assert_eq!(
        count,
        exports().len(),
        "no_mangle outside the header's files, or without a name"
    );
}

#[test]
fn the_table_has_every_function_once() {
    let slots = generate::slots();
    let distinct: BTreeSet<String> = slots.iter().cloned().collect();
    assert_eq!(distinct.len(), slots.len());
    assert_eq!(distinct, names());
}

#[test]
fn the_library_exports_what_the_header_declares_and_nothing_else() {
    let library = super::library();
    let output = std::process::Command::new("nm")
        .args(["-D", "--defined-only"])
        .arg(library)
        .output()
        .unwrap();
    let symbols = String::from_utf8(output.stdout).unwrap();
    let exported: BTreeSet<String> = symbols
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2))
        .map(str::to_owned)
        .collect();
    assert_eq!(exported, names());
}

#[test]
fn every_function_says_what_it_must() {
    let mut owned = 0;
    for export in exports() {
        let Export { name, comment, .. } = &export;
        let blocking = ["Does not block", "Blocks ", "Reads a file."];
        assert!(
            blocking.iter().any(|words| comment.contains(words)),
            "{name}: does it block?"
        );
        assert!(comment.contains("Any thread"), "{name}: on which threads?");
        assert!(comment.contains("Since 1."), "{name}: since when?");
        if let Some(words) = words_of_ownership(&export) {
            let said = words.iter().any(|words| comment.contains(words));
            assert!(said, "{name}: whose is what it gives?");
            owned += 1;
        }
    }
    assert!(owned > 40, "only {owned} functions give a pointer");
}

/// What a function that gives a pointer can say of it.
fn words_of_ownership(export: &Export) -> Option<&'static [&'static str]> {
    let Export { signature, .. } = export;
    let result = signature.rsplit_once(" -> ").map(|(_, result)| result);
    if result.is_some_and(|result| result.starts_with('*')) {
        return Some(&["belongs to the", "belong to the", "is static"]);
    }
    let errors = signature.matches("*mut *mut zfssa_error_t").count();
    let gives = signature.matches("*mut *mut zfssa_").count() > errors;
    gives.then_some(&["free it with zfssa_"])
}

#[test]
fn every_operation_has_its_function() {
    let names = names();
    let mut operations = 0;
    for path in super::sources_below(&super::repository("src/driver")) {
        let source = read(path);
        for (at, key) in source.match_indices("const NAME: &'static str = \"") {
            let name = source[at + key.len()..].split('"').next().unwrap();
            let function = format!("zfssa_{name}");
            assert!(names.contains(&function), "no function for {name}");
            operations += 1;
        }
    }
    assert!(operations >= 20, "only {operations} operations found");
}

#[test]
fn arguments_may_be_null_where_the_header_says_so() {
    let header = generate::header();
    for Export { name, body, .. } in exports() {
        let said = header.contains(&format!("/** What {name}() takes. `args` may be NULL."));
        let done = body.contains("{ submit_optional(");
        assert_eq!(said, done, "{name}");
    }
}

#[test]
fn the_header_uses_only_what_every_binding_can_read() {
    let header = generate::header();
    let mut comment = false;
    for line in header.lines() {
        comment |= line.trim_start().starts_with("/*");
        if !comment && !line.starts_with("extern \"C\"") {
            for word in [
                "enum", "union", "bool", "_Bool", "long", "unsigned", "short", "size_t",
            ] {
                let found = line
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .any(|w| w == word);
                assert!(!found, "{word}: {line}");
            }
            assert!(!line.contains("..."), "{line}");
            assert!(line.len() <= 100, "too long: {line}");
        }
        comment &= !line.contains("*/");
    }
}

#[test]
fn the_library_has_its_name_and_is_never_unmapped() {
    let output = std::process::Command::new("readelf")
        .arg("-dW")
        .arg(super::library())
        .output()
        .unwrap();
    let dynamic = String::from_utf8(output.stdout).unwrap();
    for entry in ["[libzfssa.so.1]", "NODELETE", "BIND_NOW"] {
        assert!(dynamic.contains(entry), "{entry} is missing:\n{dynamic}");
    }
    for entry in ["TEXTREL", "RPATH", "RUNPATH"] {
        assert!(!dynamic.contains(entry), "{entry}:\n{dynamic}");
    }
}
