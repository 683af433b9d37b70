//! Prose lint: phrases that the style rule of CONTRIBUTING.md refuses, in comments, messages and
//! documentation; and file paths in the documentation, which must exist.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Refused phrases with the replacement to suggest. They match whole words, in any case.
const PHRASES: &[(&str, &str)] = &[
    // Subjects without a name.
    (
        "whoever",
        "name the subject: \"any thread that\", \"the process that\"",
    ),
    (
        "nobody",
        "name the subject: \"no host\", \"no process\", \"no caller\"",
    ),
    (
        "somebody",
        "name the subject: \"another host\", \"a caller\"",
    ),
    (
        "everybody",
        "name the subject: \"every host\", \"all callers\"",
    ),
    ("those who", "name the subject"),
    (
        "whom",
        "name the object: \"certificates to trust\", \"hosts that may attach\"",
    ),
    ("who sees", "\"presentation\""),
    ("what is known", "name the fact"),
    ("what is wrong", "\"error\", \"problem\""),
    ("the world of", "name the object"),
    ("a thing", "name the object"),
    // Verbs of speech for what software does.
    ("is told", "\"is reported\", \"receives\""),
    ("are told", "\"are reported\", \"receive\""),
    ("be told", "\"be reported\""),
    ("was told", "\"was reported\", \"received\""),
    ("tells of", "\"reports\""),
    ("told apart", "\"distinguished\""),
    ("is said", "\"is reported\""),
    ("are said", "\"are reported\""),
    ("be said", "\"be reported\""),
    ("says so", "\"reports it\", \"states it\""),
    ("in words", "drop it, or \"as text\""),
    ("with words", "\"with an error\""),
    ("without a word", "\"without output\""),
    ("its word", "name the message"),
    ("honest", "state the fact"),
    ("we hope", "state the fact"),
    // Verbs that stand for the exact one.
    ("stands", "\"is\", \"represents\""),
    ("gives", "\"returns\", \"sets\""),
    ("give back", "\"return\", \"restore\""),
    ("gave back", "\"returned\", \"restored\""),
    ("given back", "\"returned\", \"restored\""),
    ("thrown away", "\"discarded\""),
    ("throws away", "\"discards\""),
    ("let go", "\"released\""),
    ("lets go", "\"releases\""),
    ("passed over", "\"skipped\", \"ignored\""),
    ("held against", "\"checked against\""),
    ("can be had", "\"is available\""),
    ("cannot be had", "\"is not available\""),
    ("put off", "\"deferred\""),
    ("belief", "\"cache\", \"assumption\""),
    ("believed", "\"trusted\", \"used from the cache\""),
    ("looked after", "\"read back\", \"checked\""),
    ("a look", "\"a read\", \"a check\""),
    ("the look", "\"the read\", \"the check\""),
    ("another look", "\"another read\""),
    ("in the way", "\"blocks\""),
    ("goes its way", "name the step"),
    // Going back has three verbs: roll back (steps), revert (a volume), recover (after a crash).
    ("turned round", "\"rolled back\""),
    ("turns round", "\"rolls back\""),
    ("turn round", "\"roll back\""),
    ("the way back", "\"rollback\""),
    ("taken back", "\"rolled back\""),
    ("takes back", "\"rolls back\""),
    ("take back", "\"roll back\""),
    ("taking back", "\"rolling back\""),
    ("set back", "\"reverted\", \"revert\""),
    ("sets back", "\"reverts\""),
    ("setting back", "\"reverting\""),
    ("undone", "\"rolled back\""),
    ("undoing", "\"rollback\", \"rolling back\""),
    ("undoes", "\"rolls back\""),
    // Nouns and particles.
    ("of ours", "\"the library's …\""),
    ("tries", "\"attempts\""),
    ("a try", "\"an attempt\""),
    ("each try", "\"each attempt\""),
    ("first try", "\"first attempt\""),
    ("last try", "\"last attempt\""),
    ("beside", "\"in addition to\", \"next to\""),
    ("anew", "\"again\""),
    ("seldom", "\"rarely\""),
    ("for good", "\"permanently\""),
    ("be it", "\"whether\""),
    ("come what may", "\"in any case\""),
];

/// "A function of the host's": a genitive twice. "The host's function" says the same.
const OWNERS: &[&str] = &[
    "host",
    "caller",
    "library",
    "engine",
    "appliance",
    "operation",
    "driver",
];

/// Words that make a clause of a file's first line.
const CLAUSES: &[&str] = &[
    "what",
    "who",
    "whom",
    "whose",
    "whether",
    "how",
    "when",
    "where",
    "which",
    "why",
    "from",
    "nothing",
    "everything",
];

/// Nouns in -ing that may begin a file's first line.
const NOUNS: &[&str] = &[
    "string", "logging", "locking", "naming", "setting", "mapping",
];

/// A phrase that a file may hold, with the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Generated page, whose sources (the header, and the page's frame) are checked themselves.
const GENERATED: &str = "docs/operations.md";

/// Documents in addition to the pages of `docs`.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "tests/appliance/README.md",
    "tests/config/options.md.in",
    "docs/operations.md.in",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder with one of these extensions, as paths in the repository.
fn files(folder: &str, extensions: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            let extension = path.extension().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                folders.push(path);
            } else if extensions.contains(&&*extension) {
                let path = path.strip_prefix(root()).unwrap();
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A piece of prose and the line where it begins, 0 where that is not known.
struct Prose {
    line: usize,
    text: String,
}

/// Comments of a source, consecutive lines as one text.
fn comments(source: &str) -> Vec<Prose> {
    let mut found: Vec<Prose> = Vec::new();
    let mut open = false;
    for (at, line) in source.lines().enumerate() {
        let Some(comment) = line.trim_start().strip_prefix("//") else {
            open = false;
            continue;
        };
        let comment = comment.trim_start_matches(['/', '!']).trim();
        match found.last_mut() {
            Some(prose) if open => prose.text.push_str(&format!(" {comment}")),
            _ => found.push(Prose {
                line: at + 1,
                text: comment.to_owned(),
            }),
        }
        open = true;
    }
    found
}

/// String literals in the arguments of `Error::…(…)` and of `tracing::…!(…)`.
fn messages(source: &str) -> Vec<Prose> {
    let tokens: TokenStream = source.parse().expect("a source of Rust");
    let mut found = Vec::new();
    collect(&tokens.into_iter().collect::<Vec<_>>(), false, &mut found);
    found
}

fn collect(tokens: &[TokenTree], inside: bool, found: &mut Vec<Prose>) {
    let is = |at: usize, name: &str| matches!(tokens.get(at), Some(TokenTree::Ident(ident)) if ident == name);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                // `Error :: new ( … )` and `tracing :: warn ! ( … )`.
                let call = group.delimiter() == Delimiter::Parenthesis
                    && (at >= 4 && is(at - 4, "Error") || at >= 5 && is(at - 5, "tracing"));
                let inner: Vec<_> = group.stream().into_iter().collect();
                collect(&inner, inside || call, found);
            }
            TokenTree::Literal(literal) if inside => {
                let text = literal.to_string();
                if text.starts_with(['"', 'r']) {
                    found.push(Prose { line: 0, text });
                }
            }
            _ => {}
        }
    }
}

/// Paragraphs of a page in Markdown, without code.
fn paragraphs(page: &str) -> Vec<Prose> {
    let mut found = Vec::new();
    let mut code = false;
    for (at, line) in page.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            code = !code;
        } else if !code {
            found.push(Prose {
                line: at + 1,
                text: without_code(line),
            });
        }
    }
    found
}

/// A line without what stands in backticks, in addresses of links, and in quotation marks.
fn without_code(line: &str) -> String {
    let mut text = String::new();
    for (at, part) in line.split('`').enumerate() {
        text.push_str(if at % 2 == 0 { part } else { "`…`" });
    }
    text
}

/// Comments of a C header, each as one text.
fn header_comments(header: &str) -> Vec<Prose> {
    let mut found = Vec::new();
    for (at, _) in header.match_indices("/*") {
        let rest = &header[at..];
        let comment = &rest[..rest.find("*/").unwrap_or(rest.len())];
        found.push(Prose {
            line: header[..at].matches('\n').count() + 1,
            text: comment.replace('*', " "),
        });
    }
    found
}

/// Lower case, single spaces.
fn plain(text: &str) -> String {
    let text = without_code(text).to_lowercase();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn has_phrase(text: &str, phrase: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    text.match_indices(phrase).any(|(at, _)| {
        !letter(text[..at].chars().next_back()) && !letter(text[at + phrase.len()..].chars().next())
    })
}

/// The owner of "of the host's", where no noun follows.
fn double_genitive(text: &str) -> Option<&'static str> {
    OWNERS.iter().copied().find(|owner| {
        let phrase = format!("of the {owner}'s");
        let mut after = text
            .match_indices(&phrase)
            .map(|(at, _)| &text[at + phrase.len()..]);
        after.any(|rest| {
            rest.is_empty()
                || rest.starts_with(['.', ',', ';', ':', ')'])
                || rest.starts_with(" that ")
        })
    })
}

/// The refused phrases of a file.
fn refused(path: &str, prose: &[Prose]) -> Vec<String> {
    let mut found = Vec::new();
    for Prose { line, text } in prose {
        let text = plain(text);
        if let Some(owner) = double_genitive(&text) {
            found.push(format!(
                "{path}:{line}: \"of the {owner}'s\": \"the {owner}'s …\""
            ));
        }
        for (phrase, instead) in PHRASES {
            let excepted = EXCEPTIONS.iter().any(|(p, f, _)| *p == path && f == phrase);
            if !excepted && has_phrase(&text, phrase) {
                let place = match line {
                    0 => format!("{path}: the message {text}"),
                    line => format!("{path}:{line}"),
                };
                found.push(format!("{place}: {phrase:?}: {instead}"));
            }
        }
    }
    found
}

#[test]
fn comments_and_messages_use_the_words_of_the_field() {
    let mut wrong = Vec::new();
    for path in files("src", &["rs"]) {
        let source = read(&path);
        wrong.extend(refused(&path, &comments(&source)));
        wrong.extend(refused(&path, &messages(&source)));
    }
    assert!(
        wrong.is_empty(),
        "{}\n{} phrases",
        wrong.join("\n"),
        wrong.len()
    );
}

#[test]
fn the_header_and_the_pages_use_the_words_of_the_field() {
    let mut wrong = refused(
        "include/zfssa.h",
        &header_comments(&read("include/zfssa.h")),
    );
    let documents = DOCUMENTS.iter().map(|path| (*path).to_owned());
    let pages = files("docs", &["md"]).into_iter();
    for path in pages.filter(|page| page != GENERATED).chain(documents) {
        wrong.extend(refused(&path, &paragraphs(&read(&path))));
    }
    assert!(
        wrong.is_empty(),
        "{}\n{} phrases",
        wrong.join("\n"),
        wrong.len()
    );
}

#[test]
fn every_file_begins_with_a_noun_phrase() {
    let mut wrong = Vec::new();
    for path in files("src", &["rs"]) {
        let source = read(&path);
        let first = source.lines().next().unwrap_or_default();
        let Some(line) = first.strip_prefix("//! ") else {
            wrong.push(format!("{path}: the first line is no `//!` comment"));
            continue;
        };
        let word = line
            .split(|c: char| !c.is_alphanumeric())
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let gerund = word.len() > 4 && word.ends_with("ing") && !NOUNS.contains(&&*word);
        if gerund || CLAUSES.contains(&&*word) {
            wrong.push(format!("{path}: {line}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\n{} files",
        wrong.join("\n"),
        wrong.len()
    );
}

#[test]
fn every_path_in_the_documentation_exists() {
    // Made by `make fuzz`.
    const MADE: &[&str] = &["fuzz/work", "fuzz/artifacts"];
    const TOPS: &[&str] = &[
        "src/",
        "tests/",
        "include/",
        "bindings/",
        "examples/",
        "docs/",
        "packaging/",
        ".ci/",
        "fuzz/",
        "benches/",
    ];
    let mut wrong = Vec::new();
    let pages = [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
    ];
    let pages = pages.iter().map(|page| (*page).to_owned());
    for page in files("docs", &["md"]).into_iter().chain(pages) {
        let text = read(&page);
        let quoted = text.split('`').skip(1).step_by(2);
        for quoted in quoted.flat_map(str::split_whitespace) {
            let path = quoted.split("::").next().unwrap_or_default();
            let path = path.split(':').next().unwrap_or_default();
            let path = path.trim_end_matches([',', '.', ';']);
            let named = TOPS.iter().any(|top| path.starts_with(top));
            let pattern = path.contains(['*', '<', '{', '…']);
            if named && !pattern && !MADE.contains(&path) && !root().join(path).exists() {
                wrong.push(format!("{page}: {path} does not exist"));
            }
        }
        for link in text.split("](").skip(1) {
            let link = link.split([')', '#']).next().unwrap_or_default();
            let base = root().join(&page);
            let there = base.parent().unwrap().join(link).exists();
            if !link.is_empty() && !link.contains("://") && !there {
                wrong.push(format!("{page}: the link {link} leads nowhere"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn exceptions_are_needed() {
    for (path, phrase, reason) in EXCEPTIONS {
        assert!(!reason.is_empty(), "{path}: {phrase}");
        assert!(
            plain(&read(path)).contains(phrase),
            "{path} has no {phrase:?}"
        );
    }
}
