//! The page, made of the declared facts and of the header.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use zfssa::driver::{Changes, Description, OPERATIONS};
use zfssa::error::Status;

use super::requests::Sent;

/// The words around the list of operations.
const FRAME: &str = include_str!("../../docs/operations.md.in");

const HEADER: &str = include_str!("../../include/zfssa.h");

/// Operations that no method of Cinder's drivers stands for.
const NOT_CINDERS: &[&str] = &[
    "echo",
    "get_certificate",
    "get_volume",
    "list_volumes",
    "list_snapshots",
    "recover",
    "audit",
];

/// A piece of the header: its comment, and its first lines.
struct Piece {
    comment: String,
    code: String,
}

/// The header in pieces, by the name of what each declares.
fn pieces() -> BTreeMap<String, Piece> {
    let mut pieces = BTreeMap::new();
    for part in HEADER.split("\n/**").skip(1) {
        let (comment, code) = part.split_once("*/\n").unwrap_or((part, ""));
        let end = if code.starts_with("typedef struct") {
            code.find("\n}")
        } else {
            code.find(';')
        };
        let code = &code[..end.unwrap_or(0)];
        let named = if code.starts_with("typedef struct") {
            code.split_whitespace().nth(2)
        } else {
            let before = code.split('(').next().unwrap_or_default();
            before.split_whitespace().last()
        };
        let Some(name) = named.filter(|name| name.starts_with("zfssa_")) else {
            continue;
        };
        let piece = Piece {
            comment: prose(comment),
            code: code.to_owned(),
        };
        pieces.insert(name.to_owned(), piece);
    }
    pieces
}

/// A comment as one text, its paragraphs apart.
fn prose(comment: &str) -> String {
    let lines = comment
        .lines()
        .map(|line| line.trim().trim_start_matches('*').trim());
    let mut text = String::new();
    for line in lines {
        if line.is_empty() {
            text.push_str("\n\n");
        } else {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push(' ');
            }
            text.push_str(line);
        }
    }
    text.trim().replace('<', "&lt;")
}

/// The members of an argument structure with their comments, but for those that every one has.
fn arguments(code: &str) -> Vec<(String, String)> {
    let mut members = Vec::new();
    for part in code.split("/**").skip(1) {
        let (comment, declaration) = part.split_once("*/").unwrap_or((part, ""));
        let declaration = declaration.split(';').next().unwrap_or_default().trim();
        let name = declaration.rsplit([' ', '*']).next().unwrap_or_default();
        if !matches!(name, "size" | "reserved") {
            let about = prose(comment).replace("\n\n", " ").replace('|', "\\|");
            members.push((declaration.to_owned(), about));
        }
    }
    members
}

/// The names of the functions that start an operation.
pub fn functions() -> Vec<String> {
    let starts = |(name, piece): (String, Piece)| {
        let starts = !piece.code.starts_with("typedef")
            && piece.code.contains("zfssa_ticket_t *ticket")
            && piece.code.contains("const zfssa_call_t *call");
        starts.then(|| name["zfssa_".len()..].to_owned())
    };
    pieces().into_iter().filter_map(starts).collect()
}

pub fn page(sent: &BTreeMap<&str, Vec<Sent>>) -> String {
    let pieces = pieces();
    let mut table = String::from(
        "| operation | changes | requests (in a row) | locks | journalled |\n| --- | --- | --- | --- | --- |\n",
    );
    let mut list = String::new();
    for described in OPERATIONS {
        let name = described.name;
        let row = [
            format!("[`{name}`](#{name})"),
            changes(described).to_owned(),
            budgets(described, "; "),
            locks(described),
            described.contract.journalled.unwrap_or("no").to_owned(),
        ];
        writeln!(table, "| {} |", row.join(" | ")).unwrap();
        list += &entry(described, &pieces, &sent[name]);
    }
    FRAME
        .replace("@TABLE@\n", &table)
        .replace("@OPERATIONS@\n", list.trim_start())
}

fn changes(described: &Description) -> &'static str {
    match described.contract.changes {
        Changes::Nothing => "nothing",
        Changes::One => "one change",
        Changes::Several => "several changes",
    }
}

fn budgets(described: &Description, between: &str) -> String {
    let budgets = described.contract.budgets.iter().map(|budget| {
        let case = match budget.case {
            "" => String::new(),
            case => format!("{case}: "),
        };
        format!("{case}{} ({})", budget.requests, budget.depth)
    });
    let budgets: Vec<String> = budgets.collect();
    if budgets.is_empty() {
        return "no promise".to_owned();
    }
    budgets.join(between)
}

fn locks(described: &Description) -> String {
    let locks = described.contract.locks.iter().map(|lock| {
        let how = if lock.alone { "alone" } else { "shared" };
        format!("{}, {how}", lock.what)
    });
    let locks: Vec<String> = locks.collect();
    if locks.is_empty() {
        return "none".to_owned();
    }
    locks.join("; ")
}

/// The subject's statuses that an operation can fail with.
fn errors(described: &Description) -> String {
    let errors = described.contract.errors;
    if errors == Status::ALL {
        return "any, as it is told".to_owned();
    }
    if errors.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<String> = errors
        .iter()
        .map(|status| format!("`{}`", status.name()))
        .collect();
    names.join(", ")
}

/// What it sends, where it sends anything.
fn sends(sent: &[Sent]) -> Vec<(String, String)> {
    let wheres = ["", " to the destination"];
    let mut lines = Vec::new();
    for (sent, place) in sent.iter().zip(wheres) {
        for (what, requests) in [("reads", &sent.reads), ("changes", &sent.changes)] {
            if !requests.is_empty() {
                lines.push((format!("sends{place}, {what}"), requests.join(", ")));
            }
        }
    }
    lines
}

fn entry(described: &Description, pieces: &BTreeMap<String, Piece>, sent: &[Sent]) -> String {
    let (name, contract) = (described.name, &described.contract);
    let function = format!("zfssa_{name}");
    let piece = pieces.get(&function);
    let piece = piece.unwrap_or_else(|| panic!("the header has no {function}()"));
    let (about, bounds) = piece.comment.rsplit_once("\n\n").unwrap_or_default();
    let result = bounds.split("Result: ").nth(1).unwrap_or_default();
    let result = result.split(". ").next().unwrap_or_default();
    let result = result.trim_end_matches('.');
    assert!(
        !result.is_empty(),
        "{function} does not say what its result is"
    );
    let function = format!("`{function}()`, result: `{result}`");
    let mut text = format!("\n### {name}\n\n{about}\n\n");
    let outcomes: Vec<String> = contract
        .outcomes()
        .iter()
        .map(|outcome| format!("`{}`", outcome.name()))
        .collect();
    let journalled = match contract.journalled {
        Some(what) => format!("yes: {what}"),
        None => "no".to_owned(),
    };
    let cinder = match NOT_CINDERS.contains(&name) {
        true => "none".to_owned(),
        false => format!("`{name}`"),
    };
    let mut lines = vec![
        ("Cinder's method".to_owned(), cinder),
        ("C function".to_owned(), function),
        ("changes".to_owned(), changes(described).to_owned()),
        ("errors of its subject".to_owned(), errors(described)),
        ("outcomes of its errors".to_owned(), outcomes.join(", ")),
        ("requests (in a row)".to_owned(), budgets(described, "; ")),
    ];
    lines.extend(sends(sent));
    lines.push(("locks".to_owned(), locks(described)));
    lines.push(("journalled".to_owned(), journalled));
    for (what, value) in lines {
        writeln!(text, "- {what}: {value}").unwrap();
    }
    let structure = pieces.get(&format!("zfssa_{name}_args_t"));
    let members = structure
        .map(|piece| arguments(&piece.code))
        .unwrap_or_default();
    if !members.is_empty() {
        text += "\n| argument | |\n| --- | --- |\n";
        for (declaration, about) in members {
            writeln!(text, "| `{declaration}` | {about} |").unwrap();
        }
    }
    text
}
