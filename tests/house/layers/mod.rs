//! Layers point one way: a floor never names a higher one, and modules beside the floors name
//! none of them. Within a floor, files do not import each other in a circle.

mod circles;

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// From the ground up.
const FLOORS: &[&str] = &["rest", "coordination", "appliance", "driver", "ffi"];

/// A module beside the floors, and the floors it may name: none.
fn allowed(module: &str, named: &str) -> bool {
    let floor = |name: &str| FLOORS.iter().position(|floor| *floor == name);
    match (floor(module), floor(named)) {
        _ if module == named => true,
        // Everything at once, or the crate under another name.
        (_, None) if matches!(named, "*" | "crate") => false,
        (Some(own), Some(other)) => other <= own,
        (None, Some(_)) => false,
        (_, None) => true,
    }
}

/// The modules of the crate that a file names, be it from `crate` or by `super`. `module` is the
/// path of the file's module, such as `rest::session`.
fn named(module: &str, source: &str) -> Vec<String> {
    let tokens: TokenStream = source.parse().expect("a source of Rust");
    let module: Vec<&str> = module.split("::").collect();
    let mut found = Vec::new();
    file(&flat(tokens), module.len(), &mut found);
    found
}

fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    tokens.into_iter().collect()
}

fn word(token: Option<&TokenTree>) -> Option<String> {
    match token {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    }
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn braced(token: Option<&TokenTree>) -> Option<Vec<TokenTree>> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            Some(flat(group.stream()))
        }
        _ => None,
    }
}

/// Whether `::` stands there.
fn is_step(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')
}

/// Goes through all tokens of a module that lies `depth` modules below the crate's root.
fn file(tokens: &[TokenTree], depth: usize, found: &mut Vec<String>) {
    let mut at = 0;
    while at < tokens.len() {
        // A module within the file lies one deeper.
        if word(tokens.get(at)).as_deref() == Some("mod")
            && let Some(inner) = braced(tokens.get(at + 2))
        {
            file(&inner, depth + 1, found);
            at += 3;
            continue;
        }
        let goes_on = at >= 2 && is_step(tokens, at - 2);
        match word(tokens.get(at)).as_deref() {
            Some("crate") if is_step(tokens, at + 1) => path(&tokens[at + 3..], 0, found),
            Some("use")
                if word(tokens.get(at + 1)).as_deref() == Some("crate")
                    && !is_step(tokens, at + 2) =>
            {
                found.push("crate".to_owned());
            }
            Some("extern") if word(tokens.get(at + 1)).as_deref() == Some("crate") => {
                found.push("crate".to_owned());
            }
            Some("super") if !goes_on => path(&tokens[at..], depth, found),
            Some("self") if !goes_on && is_step(tokens, at + 1) => {
                path(&tokens[at..], depth, found);
            }
            _ => {}
        }
        // What follows `::` in braces is the rest of a path, which was looked at.
        if !goes_on && let Some(TokenTree::Group(group)) = tokens.get(at) {
            file(&flat(group.stream()), depth, found);
        }
        at += 1;
    }
}

/// The rest of a path, which has got to a module `depth` below the root.
fn path(tokens: &[TokenTree], depth: usize, found: &mut Vec<String>) {
    if let Some(inner) = braced(tokens.first()) {
        let parts = inner.split(|token| is_punct(Some(token), ','));
        parts.for_each(|part| path(part, depth, found));
        return;
    }
    match word(tokens.first()).as_deref() {
        Some("super") if is_step(tokens, 1) => path(&tokens[3..], depth - 1, found),
        // The module itself, under another name.
        Some("super") if depth == 1 => found.push("crate".to_owned()),
        Some("self") if is_step(tokens, 1) => path(&tokens[3..], depth, found),
        Some("self") if depth == 0 => found.push("crate".to_owned()),
        Some(name) if depth == 0 => found.push(name.to_owned()),
        None if depth == 0 && is_punct(tokens.first(), '*') => found.push("*".to_owned()),
        _ => {}
    }
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
        let steps = inner.iter().map(|step| step.to_str().unwrap());
        let steps: Vec<&str> = steps.filter(|step| *step != "mod").collect();
        if steps == ["lib"] {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        assert!(!source.contains("#[path"), "{}", path.display());
        for name in named(&steps.join("::"), &source) {
            floors_seen += usize::from(FLOORS.contains(&name.as_str()));
            if !allowed(steps[0], &name) {
                wrong.push(format!("{} names {name}", inner.display()));
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
    let seen = |source| named("rest::session", source);
    assert_eq!(seen("use crate::driver::Driver;"), ["driver"]);
    assert_eq!(seen("use crate::{rest::Path, driver};"), ["rest", "driver"]);
    assert_eq!(
        seen("use crate::{\n    config::{self, Config},\n    driver::Driver,\n};"),
        ["config", "driver"]
    );
    assert_eq!(
        seen("fn f() -> crate::\n    driver::Driver { x::<crate::ffi::T>() }"),
        ["driver", "ffi"]
    );
    assert_eq!(seen("use super::super::driver::Driver;"), ["driver"]);
    assert_eq!(
        seen("use super::{Path, super::{driver, error}};"),
        ["driver", "error"]
    );
    assert_eq!(seen("mod t { use super::super::super::ffi; }"), ["ffi"]);
    assert_eq!(seen("use self::super::super::driver;"), ["driver"]);
    assert_eq!(named("rest", "use super::driver;"), ["driver"]);
    assert_eq!(
        seen("macro_rules! m { () => { $crate::ffi::x() } }"),
        ["ffi"]
    );
    assert_eq!(seen("use crate::*;"), ["*"]);
    assert_eq!(seen("use crate as everything;"), ["crate"]);
    assert_eq!(seen("use super::super as everything;"), ["crate"]);
    assert!(seen("use super::Path; pub(crate) fn f() {}").is_empty());
    assert!(seen("mod tests { use super::super::Path; }").is_empty());
    assert!(seen("/// [`x`](crate::driver)\nconst C: &str = \"crate::ffi\";").is_empty());
    assert!(!allowed("rest", "driver"));
    assert!(!allowed("config", "rest"));
    assert!(!allowed("appliance", "ffi"));
    assert!(!allowed("rest", "*"));
    assert!(!allowed("rest", "crate"));
    assert!(allowed("driver", "appliance"));
    assert!(allowed("ffi", "config"));
}

/// What starts a thread in the middle of an operation, and panics when it cannot, or installs a
/// handler for a signal. `src/local.rs` and `src/driver/image/child_process.rs` have what is to be used instead.
const ON_DEMAND: &[&str] = &[
    "spawn_blocking",
    "block_in_place",
    "lookup_host",
    "thread::spawn",
    "thread::scope",
    "tokio::process",
    "tokio::fs",
    "tokio::signal",
];

#[test]
fn no_operation_starts_a_thread_on_demand() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut threads = 0;
    for path in sources(&root) {
        let source = fs::read_to_string(&path).unwrap();
        // Tests stand at the end of a file, or are one.
        let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
        threads += code.matches("thread::Builder").count();
        let is_test = path.ends_with("flow/tests.rs") || path.ends_with("ffi/stress_test.rs");
        // The command is a host of the library: it has the process, and with it the signals.
        let is_host = path.ends_with("bin/zfssa/interrupts.rs");
        let found = ON_DEMAND
            .iter()
            .filter(|word| !(is_host && **word == "tokio::signal"))
            .filter(|word| code.contains(**word));
        if !is_test {
            wrong.extend(found.map(|word| format!("{}: {word}", path.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(threads > 0, "the sources were not read");
}
