//! Table of `docs/testing.md` that leads from an operation to the modules of its tests.

use std::fs;

use support::repository;
use zfssa::driver::OPERATIONS;

const PAGE: &str = "docs/testing.md";
const HEAD: &str = "| operation | modules |\n| --- | --- |\n";

/// Calls of operations by another name than that of their type.
const CALLS: &[(&str, &str)] = &[
    // The C program.
    ("echo", "run(\"echo\")"),
    ("migrate_volume", ".migration("),
];

/// The rows of the table: an operation, and its modules.
fn rows(page: &str) -> Vec<(String, Vec<String>)> {
    let (_, table) = page.split_once(HEAD).expect("the table's head");
    let row = |line: &str| {
        let cells = line.strip_prefix("| `")?.strip_suffix("` |")?;
        let (operation, modules) = cells.split_once("` | `")?;
        let modules = modules.split("`, `").map(str::to_owned).collect();
        Some((operation.to_owned(), modules))
    };
    table.lines().map_while(row).collect()
}

/// The source of a module, such as `driver::volume::life`.
fn source(module: &str) -> Option<String> {
    let path = module.replace("::", "/");
    let files = [".rs", "/mod.rs"].map(|end| repository(format!("tests/{path}{end}")));
    files
        .into_iter()
        .find_map(|file| fs::read_to_string(file).ok())
}

/// The name of an operation's type: `CreateVolume` for `create_volume`.
fn type_name(operation: &str) -> String {
    let words = operation.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect()
}

#[test]
fn every_operation_has_a_row_with_modules_that_test_it() {
    let page = fs::read_to_string(repository(PAGE)).unwrap();
    let rows = rows(&page);
    let named: Vec<&str> = rows.iter().map(|row| row.0.as_str()).collect();
    let operations: Vec<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
    assert_eq!(
        named, operations,
        "rows of {PAGE}, in the order of OPERATIONS"
    );
    let mut wrong = Vec::new();
    for (operation, modules) in &rows {
        for module in modules {
            match source(module) {
                None => wrong.push(format!("{operation}: there is no module {module}")),
                Some(source) => {
                    let between = |letter: char| !letter.is_alphanumeric() && letter != '_';
                    let mut words = source.split(between);
                    let wanted = type_name(operation);
                    let call = CALLS.iter().find(|call| call.0 == operation);
                    let calls = call.is_some_and(|call| source.contains(call.1));
                    if !calls && !words.any(|word| word == wanted) {
                        wrong.push(format!("{operation}: {module} does not call it"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
