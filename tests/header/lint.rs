//! Lint of the exports: every export goes through one guard, is in the function table and in the
//! headers, and its comment has everything that a function's comment must have.

use std::collections::BTreeSet;

use syn::{Block, Expr, Stmt};

use super::model::{Function, Model};
use super::{generate, read};

fn names() -> BTreeSet<String> {
    let functions = Model::read().functions.into_iter();
    functions.map(|function| function.name).collect()
}

/// The guards of `src/ffi`, and the functions that consist of one.
const GUARDS: [&str; 5] = [
    "guard::status",
    "guard::value",
    "guard::quiet",
    "submit",
    "submit_optional",
];

/// The guard of an export, which is all that its body may consist of, constants aside.
fn guard(body: &Block) -> Option<String> {
    let statements = body.stmts.iter();
    let mut statements = statements.filter(|statement| !matches!(statement, Stmt::Item(_)));
    let (Some(Stmt::Expr(only, _)), None) = (statements.next(), statements.next()) else {
        return None;
    };
    match only {
        Expr::Unsafe(block) => guard(&block.block),
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else {
                return None;
            };
            let segments = path.path.segments.iter();
            let segments: Vec<String> = segments.map(|one| one.ident.to_string()).collect();
            Some(segments.join("::")).filter(|path| GUARDS.contains(&path.as_str()))
        }
        _ => None,
    }
}

#[test]
fn exports_live_with_the_exports_and_the_operations() {
    for function in Model::read().functions {
        let Function { name, file, .. } = function;
        let lives_there = file.starts_with("exports/") || file.starts_with("operations/");
        assert!(lives_there, "{name} is exported by {file}");
    }
}

#[test]
fn every_export_goes_through_one_guard() {
    for function in Model::read().functions {
        let name = &function.name;
        assert!(guard(&function.body).is_some(), "{name} is not one guard");
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
        names().len(),
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
    for function in Model::read().functions {
        let Function { name, doc, .. } = &function;
        // The manual says once what holds for all.
        for words in ["Does not block", "Any thread", "Since 1.0"] {
            assert!(!doc.contains(words), "{name}: {words}");
        }
        let waits = function
            .parameters
            .iter()
            .any(|one| one.name == "timeout_ms");
        let blocks = doc.contains("Blocks up to timeout_ms. Fails with ZFSSA_E_WOULD_DEADLOCK");
        assert_eq!(waits, blocks, "{name}: does it block?");
        if let Some(words) = words_of_ownership(&function) {
            let said = words.iter().any(|words| doc.contains(words));
            assert!(said, "{name}: who owns the pointer?");
            owned += 1;
        }
    }
    assert!(owned > 12, "only {owned} functions return a pointer");
}

/// Sentences of which the comment of a function that returns a pointer must have one. What the
/// manual says of accessors need not be repeated.
fn words_of_ownership(function: &Function) -> Option<&'static [&'static str]> {
    if function.view().is_some() {
        return None;
    }
    if function.returns.ends_with('*') {
        return Some(&["belongs to the", "belong to the", "is static"]);
    }
    let mut outputs = function.parameters.iter().map(|parameter| &parameter.kind);
    let objects = |kind: &String| kind.ends_with("_t **") && kind != "zfssa_error_t **";
    outputs.any(objects).then_some(&["free it with zfssa_"])
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
    let model = Model::read();
    for function in &model.functions {
        let arguments = model.structure(&format!("{}_args_t", function.name));
        let said = arguments.is_some_and(|arguments| arguments.doc.contains("`args` may be NULL."));
        let done = guard(&function.body).as_deref() == Some("submit_optional");
        assert_eq!(said, done, "{}", function.name);
    }
}

#[test]
fn the_header_uses_only_what_every_binding_can_read() {
    let header = generate::header(&Model::read());
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
        }
        assert!(line.len() <= 100, "too long: {line}");
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
