//! Import graph of the files under `src`: circles within a floor, and folders that are too big.
//!
//! An import is a path from `crate`, `super`, `self` or a child module. It leads to the file that
//! defines the name: a re-export (`use` in another file) is followed, so a `mod.rs` that only
//! re-exports is neither the start nor the end of an import. What a `mod.rs` defines itself
//! counts like the contents of any other file, and so does what it uses. Moving a name to
//! `mod.rs` therefore does not hide a circle. Code under `#[cfg(test)]` is not read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Files and folders that may import each other in a circle. A circle must lie within one of
/// these lists, and a list without a circle is an error.
const CIRCLES: &[&[&str]] = &[
    // One state machine: every accepted operation completes exactly once.
    &["ffi/completion/"],
];

/// The most files in a folder.
const MOST_FILES: usize = 15;

/// A module's file: what it declares, and the paths in it.
#[derive(Default)]
struct File {
    /// Child modules with files of their own.
    children: BTreeSet<String>,
    /// Names that `use` brings in, with the paths they stand for, from the crate's root.
    aliases: BTreeMap<String, Vec<String>>,
    /// Paths from the crate's root that the file's code imports.
    paths: BTreeSet<Vec<String>>,
}

struct Reader<'a> {
    /// The module that is read, such as `["rest", "session"]`.
    module: Vec<String>,
    /// Whether it is the module of the file, and not one inside it.
    top: bool,
    file: &'a mut File,
    /// Identifiers outside `use`.
    words: &'a mut BTreeSet<String>,
    /// Paths of `use` and whether they are re-exported, by the name that they bring in.
    uses: &'a mut Vec<(String, Vec<String>, bool)>,
}

fn flat(stream: TokenStream) -> Vec<TokenTree> {
    stream.into_iter().collect()
}

fn ident(token: Option<&TokenTree>) -> Option<String> {
    match token {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    }
}

fn punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn group(token: Option<&TokenTree>, wanted: Delimiter) -> Option<Vec<TokenTree>> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == wanted => Some(flat(group.stream())),
        _ => None,
    }
}

/// Whether it is the `(in path)` of a visibility.
fn restriction(token: Option<&TokenTree>) -> bool {
    let inner = group(token, Delimiter::Parenthesis).unwrap_or_default();
    ident(inner.first()).as_deref() == Some("in")
}

fn step(tokens: &[TokenTree], at: usize) -> bool {
    punct(tokens.get(at), ':') && punct(tokens.get(at + 1), ':')
}

impl Reader<'_> {
    fn read(&mut self, tokens: &[TokenTree]) {
        let mut at = 0;
        while at < tokens.len() {
            if let Some(end) = test_item(tokens, at) {
                at = end;
                continue;
            }
            let goes_on = at >= 2 && step(tokens, at - 2);
            match ident(tokens.get(at)).as_deref() {
                // `pub(in path)` says who may import, and imports nothing.
                Some("pub") if restriction(tokens.get(at + 1)) => {
                    at += 2;
                    continue;
                }
                Some("mod") => {
                    let name = ident(tokens.get(at + 1)).unwrap_or_default();
                    if let Some(inner) = group(tokens.get(at + 2), Delimiter::Brace) {
                        let mut module = self.module.clone();
                        module.push(name);
                        let mut inside = Reader {
                            module,
                            top: false,
                            file: &mut *self.file,
                            words: &mut *self.words,
                            uses: &mut *self.uses,
                        };
                        inside.read(&inner);
                    }
                    at += 3;
                    continue;
                }
                Some("use") => {
                    let end = (at..tokens.len())
                        .find(|at| punct(tokens.get(*at), ';'))
                        .unwrap_or(tokens.len());
                    let public = at > 0
                        && (ident(tokens.get(at - 1)).as_deref() == Some("pub")
                            || group(tokens.get(at - 1), Delimiter::Parenthesis).is_some());
                    let mut found = Vec::new();
                    branches(&tokens[at + 1..end], &[], &mut found);
                    for (name, path) in found {
                        if let Some(path) = self.absolute(&path) {
                            self.uses.push((name, path, public && self.top));
                        }
                    }
                    at = end + 1;
                    continue;
                }
                Some(word) if !goes_on => {
                    self.words.insert(word.to_owned());
                    if step(tokens, at + 1) {
                        let mut found = Vec::new();
                        branches(&tokens[at..], &[], &mut found);
                        for (_, path) in found {
                            self.file.paths.extend(self.absolute(&path));
                        }
                    }
                }
                _ => {}
            }
            if let Some(TokenTree::Group(group)) = tokens.get(at) {
                self.read(&flat(group.stream()));
            }
            at += 1;
        }
    }

    /// A path from the crate's root, for a path that begins there, here, or at a child module.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let mut module = self.module.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                module.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|part| part == "super") {
                    module.pop();
                    rest = &rest[1..];
                }
            }
            name if self.top && self.file.children.contains(name) => {}
            _ => return None,
        }
        module.extend(rest.iter().cloned());
        Some(module)
    }
}

/// The end of an item under `#[cfg(test)]` that begins at a token, if one does.
fn test_item(tokens: &[TokenTree], at: usize) -> Option<usize> {
    let attribute = group(tokens.get(at + 1), Delimiter::Bracket)?;
    let inner = group(attribute.get(1), Delimiter::Parenthesis)?;
    let is_test = punct(tokens.get(at), '#')
        && ident(attribute.first()).as_deref() == Some("cfg")
        && inner.len() == 1
        && ident(inner.first()).as_deref() == Some("test");
    let end = (at + 2..tokens.len()).find(|at| {
        punct(tokens.get(*at), ';') || group(tokens.get(*at), Delimiter::Brace).is_some()
    });
    is_test.then(|| end.unwrap_or(tokens.len()) + 1)
}

/// The paths that begin at a token, with the name that each would have after `use`.
fn branches(tokens: &[TokenTree], before: &[String], found: &mut Vec<(String, Vec<String>)>) {
    let mut path = before.to_vec();
    let mut at = 0;
    while let Some(part) = ident(tokens.get(at)) {
        if part != "self" || path.is_empty() {
            path.push(part);
        }
        at += 1;
        if !step(tokens, at) {
            break;
        }
        at += 2;
    }
    if let Some(inner) = group(tokens.get(at), Delimiter::Brace)
        && at > 0
        && step(tokens, at - 2)
    {
        let parts = inner.split(|token| punct(Some(token), ','));
        parts.for_each(|part| branches(part, &path, found));
        return;
    }
    let mut name = path.last().cloned().unwrap_or_default();
    if ident(tokens.get(at)).as_deref() == Some("as") {
        name = ident(tokens.get(at + 1)).unwrap_or_default();
    } else if punct(tokens.get(at), '*') {
        name = "*".to_owned();
    }
    if !path.is_empty() {
        found.push((name, path));
    }
}

/// Child modules that a file declares; those of tests are left out.
fn children(tokens: &[TokenTree]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(end) = test_item(tokens, at) {
            at = end;
            continue;
        }
        if ident(tokens.get(at)).as_deref() == Some("mod") && punct(tokens.get(at + 2), ';') {
            found.extend(ident(tokens.get(at + 1)));
        }
        at += 1;
    }
    found
}

fn read(module: &[&str], source: &str) -> File {
    let tokens = flat(source.parse().expect("a source of Rust"));
    let mut file = File {
        children: children(&tokens),
        ..File::default()
    };
    let (mut words, mut uses) = (BTreeSet::new(), Vec::new());
    Reader {
        module: module.iter().map(|part| (*part).to_owned()).collect(),
        top: true,
        file: &mut file,
        words: &mut words,
        uses: &mut uses,
    }
    .read(&tokens);
    for (name, path, reexport) in uses {
        // A re-export is an import where the file uses the name itself.
        if !reexport || words.contains(&name) {
            file.paths.insert(path.clone());
        }
        file.aliases.insert(name, path);
    }
    file
}

type Files = BTreeMap<Vec<String>, File>;

/// The module whose file defines what a path names.
fn definition(files: &Files, path: &[String]) -> Option<Vec<String>> {
    let mut path = path.to_vec();
    // A chain of re-exports is short; one that goes in a circle does not compile.
    for _ in 0..10 {
        let known = (0..=path.len())
            .rev()
            .find(|n| files.contains_key(&path[..*n]))?;
        let (module, rest) = path.split_at(known);
        let aliases = &files[module].aliases;
        match rest.first().and_then(|name| aliases.get(name)) {
            Some(target) => path = [target, &rest[1..]].concat(),
            None => return Some(module.to_vec()),
        }
    }
    None
}

type Graph = BTreeMap<String, BTreeSet<String>>;

fn graph(files: &Files, names: &BTreeMap<Vec<String>, String>) -> Graph {
    let mut graph = Graph::new();
    for (module, file) in files {
        let from = &names[module];
        let to = file.paths.iter().filter_map(|path| definition(files, path));
        let to = to.map(|module| names[&module].clone());
        graph.insert(from.clone(), to.filter(|to| to != from).collect());
    }
    graph
}

/// The groups of files that reach each other.
fn circles(graph: &Graph) -> Vec<BTreeSet<String>> {
    let reach = |from: &String| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            for to in graph.get(at).into_iter().flatten() {
                if seen.insert(to.clone()) {
                    open.push(to);
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> =
        graph.keys().map(|file| (file, reach(file))).collect();
    let mut found = BTreeSet::new();
    for (file, from_here) in &reached {
        if from_here.contains(*file) {
            let circle = from_here
                .iter()
                .filter(|to| reached.get(to).is_some_and(|back| back.contains(*file)));
            found.insert(circle.cloned().collect::<BTreeSet<String>>());
        }
    }
    found.into_iter().collect()
}

fn load() -> (Files, BTreeMap<Vec<String>, String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut files, mut names) = (Files::new(), BTreeMap::new());
    let mut open = vec![Vec::<String>::new()];
    while let Some(module) = open.pop() {
        let path = module.join("/");
        let places = match path.as_str() {
            "" => vec!["lib.rs".to_owned()],
            path => vec![format!("{path}.rs"), format!("{path}/mod.rs")],
        };
        let name = places.into_iter().find(|name| root.join(name).exists());
        let name = name.unwrap_or_else(|| panic!("no file for {path}"));
        let source = fs::read_to_string(root.join(&name)).unwrap();
        let parts: Vec<&str> = module.iter().map(String::as_str).collect();
        let file = read(&parts, &source);
        open.extend(
            file.children
                .iter()
                .map(|child| [module.as_slice(), std::slice::from_ref(child)].concat()),
        );
        names.insert(module.clone(), name);
        files.insert(module, file);
    }
    (files, names)
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let (files, names) = load();
    let graph = graph(&files, &names);
    let mut counts = BTreeMap::<&str, (usize, usize)>::new();
    for (from, to) in &graph {
        let floor = |name: &str| name.split('/').next().unwrap_or_default().to_owned();
        let own = to.iter().filter(|to| floor(to) == floor(from)).count();
        let count = counts.entry(from.split('/').next().unwrap()).or_default();
        *count = (count.0 + 1, count.1 + own);
    }
    println!("files and inner imports: {counts:?}");
    assert!(graph.len() > 150, "the sources were not read");
    let found = circles(&graph);
    let within = |circle: &BTreeSet<String>, list: &&[&str]| {
        circle.iter().all(|file| {
            list.iter()
                .any(|entry| file == entry || entry.ends_with('/') && file.starts_with(entry))
        })
    };
    let mut wrong = String::new();
    for circle in &found {
        if CIRCLES.iter().any(|list| within(circle, list)) {
            continue;
        }
        wrong += &format!("a circle of {} files:\n", circle.len());
        for from in circle {
            let to: Vec<&str> = graph[from]
                .intersection(circle)
                .map(String::as_str)
                .collect();
            wrong += &format!("  {from} imports {}\n", to.join(", "));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    for list in CIRCLES {
        let is_used = found.iter().any(|circle| within(circle, list));
        assert!(
            is_used,
            "take {list:?} off CIRCLES: there is no circle any more"
        );
    }
}

#[test]
fn a_folder_has_few_files() {
    let (_, names) = load();
    let mut folders = BTreeMap::<&str, usize>::new();
    for name in names.values() {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        *folders.entry(folder).or_default() += 1;
    }
    for (folder, count) in folders {
        assert!(
            count <= MOST_FILES,
            "src/{folder} has {count} files, at most {MOST_FILES}"
        );
    }
}

#[test]
fn circles_are_found_through_reexports_and_inner_modules() {
    let of = |sources: &[(&[&str], &str)]| {
        let (mut files, mut names) = (Files::new(), BTreeMap::new());
        for (module, source) in sources {
            let path: Vec<String> = module.iter().map(|part| (*part).to_owned()).collect();
            let file = read(module, source);
            let name = match file.children.is_empty() {
                true => format!("{}.rs", path.join("/")),
                false => format!("{}/mod.rs", path.join("/")),
            };
            names.insert(path.clone(), name);
            files.insert(path, file);
        }
        circles(&graph(&files, &names))
    };
    let (root, a, b): (&[&str], &[&str], &[&str]) = (&["r"], &["r", "a"], &["r", "b"]);
    let one = |names: &[&str]| vec![names.iter().map(|name| (*name).to_owned()).collect()];
    // A re-export of what nobody leads back to.
    let faces = "mod a; mod b; pub use a::A; use b::B as C;";
    assert!(of(&[(root, faces), (a, "use super::C;"), (b, "")]).is_empty());
    // Back through a re-export, a rename, a path in a body, and braces.
    for back in [
        "use crate::r::A;",
        "fn f() { crate::r::a::f() }",
        "use super::{A as X};",
        "mod m { use super::super::A; }",
        "fn f() { m!(crate::r::A) }",
    ] {
        let found = of(&[(root, faces), (a, "use super::C;"), (b, back)]);
        assert_eq!(found, one(&["r/a.rs", "r/b.rs"]), "{back}");
    }
    // What mod.rs defines and uses counts.
    for root_source in [
        "mod a; mod b; pub struct S(a::A);",
        "mod a; mod b; use a::A; pub struct S(A);",
        "mod a; mod b; pub use a::A; pub struct S(A);",
    ] {
        let sources = [(root, root_source), (a, "use super::S;"), (b, "")];
        assert_eq!(of(&sources), one(&["r/a.rs", "r/mod.rs"]));
    }
    let tests = "#[cfg(test)] mod tests { use crate::r::a::A; }";
    assert!(of(&[(root, faces), (a, "use super::C;"), (b, tests)]).is_empty());
    let visible = "pub(in crate::r::a) struct S;";
    assert!(of(&[(root, faces), (a, "use super::C;"), (b, visible)]).is_empty());
}
