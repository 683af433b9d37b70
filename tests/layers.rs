//! The layers point one way: a floor never names a higher one, and what stands beside the
//! floors names none of them.

use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up.
const FLOORS: &[&str] = &["rest", "appliance", "driver", "ffi"];

/// A module beside the floors, and the floors it may name: none.
fn allowed(module: &str, named: &str) -> bool {
    let floor = |name: &str| FLOORS.iter().position(|floor| *floor == name);
    match (floor(module), floor(named)) {
        (Some(own), Some(other)) => other <= own,
        (None, Some(_)) => false,
        (_, None) => true,
    }
}

/// The modules that a source text names as `crate::<module>`.
fn named(source: &str) -> Vec<&str> {
    let code: Vec<&str> = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let mut found = Vec::new();
    for line in code {
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let groups = rest.strip_prefix('{').map_or(rest, |list| list);
            for part in groups.split(',') {
                let word = part
                    .trim()
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next();
                found.extend(word.filter(|word| !word.is_empty()));
                if !rest.starts_with('{') {
                    break;
                }
            }
        }
    }
    found
}

fn sources(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn no_module_names_a_higher_floor() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut floors_seen = 0;
    for path in sources(&root) {
        let inner = path.strip_prefix(&root).unwrap().with_extension("");
        let module = inner.iter().next().unwrap().to_str().unwrap();
        if module == "lib" {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for name in named(&source) {
            floors_seen += usize::from(FLOORS.contains(&name));
            if !allowed(module, name) {
                wrong.push(format!("{} names crate::{name}", inner.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "layers point one way:\n{}",
        wrong.join("\n")
    );
    assert!(floors_seen > 20, "the sources were not read: {floors_seen}");
}

#[test]
fn the_check_sees_what_it_must() {
    assert_eq!(named("use crate::driver::Driver;"), ["driver"]);
    assert_eq!(
        named("use crate::{rest::Path, driver};"),
        ["rest", "driver"]
    );
    assert!(named("/// [`x`](crate::driver)").is_empty());
    assert!(!allowed("rest", "driver"));
    assert!(!allowed("config", "rest"));
    assert!(!allowed("appliance", "ffi"));
    assert!(allowed("driver", "appliance"));
    assert!(allowed("ffi", "config"));
}
