//! docs/differences.md names a test for everything that the former driver does otherwise.

use std::path::Path;

const PAGE: &str = "docs/differences.md";

/// The steps of a migration that can fail.
const STEPS: &[&str] = &[
    "none",
    "inherit flag",
    "create action",
    "send update",
    "delete action",
    "find the source",
    "sever",
    "move",
    "delete project",
    "prove the copy",
    "delete source",
    "log out",
];

fn repository(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cells of a row of a table.
fn cells(line: &str) -> Option<Vec<&str>> {
    let row = line.strip_prefix("| ")?.strip_suffix(" |")?;
    Some(row.split(" | ").map(str::trim).collect())
}

/// What is wrong with the tests that a row names.
fn wrong(row: &str, tests: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for test in tests.split(", ") {
        let named = test
            .strip_prefix('`')
            .and_then(|test| test.strip_suffix('`'));
        let Some((file, function)) = named.and_then(|test| test.split_once("::")) else {
            wrong.push(format!("{row}: {test} is no `file::function`"));
            continue;
        };
        let source = repository(file);
        let keyword = if file.ends_with(".py") { "def" } else { "fn" };
        if !source.contains(&format!("{keyword} {function}(")) {
            wrong.push(format!("{row}: {file} has no test {function}"));
        }
    }
    wrong
}

#[test]
fn every_difference_has_a_row_and_a_test_that_exists() {
    let page = repository(PAGE);
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter_map(cells)
        .filter(|row| row.len() == 4 && row[3] != "proved by" && row[0] != "---")
        .collect();
    let expected = (1..=43).map(|number| format!("D{number}"));
    for name in expected.chain(STEPS.iter().map(|step| (*step).to_owned())) {
        let count = rows.iter().filter(|row| row[0] == name).count();
        assert_eq!(count, 1, "{PAGE} has {count} rows of {name}");
    }
    let wrong: Vec<String> = rows.iter().flat_map(|row| wrong(row[0], row[3])).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
