//! Operations page: `docs/operations.md`, made of the declared facts and of the ABI's description.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use zfssa::driver::{Changes, Description, OPERATIONS};
use zfssa::error::Status;

use super::requests::Sent;

/// The words around the list of operations.
const FRAME: &str = include_str!("../../docs/operations.md.in");

const DESCRIPTION: &str = include_str!("../../docs/abi/zfssa.json");

/// Operations that no method of Cinder's drivers stands for.
const NOT_CINDERS: &[&str] = &[
    "echo",
    "get_certificate",
    "get_volume",
    "list_volumes",
    "list_snapshots",
    "recover",
    "audit",
    "create_api_token",
];

/// The part of the ABI's description that the page shows.
#[derive(Deserialize)]
struct Abi {
    functions: Vec<Function>,
    structures: Vec<Structure>,
    operations: Vec<Started>,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    doc: String,
}

#[derive(Deserialize)]
struct Structure {
    name: String,
    members: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    role: String,
    doc: String,
}

/// The function of an operation, and the accessor of its output.
#[derive(Deserialize)]
struct Started {
    name: String,
    function: String,
    arguments: String,
    accessor: Option<String>,
}

fn abi() -> Abi {
    serde_json::from_str(DESCRIPTION).unwrap()
}

/// Text of a comment as Markdown.
fn prose(comment: &str) -> String {
    comment.replace('<', "&lt;")
}

/// The members of an argument structure with their comments, but for those that every one has.
fn arguments(structure: &Structure) -> Vec<(String, String)> {
    let shown = structure
        .members
        .iter()
        .filter(|member| !matches!(member.role.as_str(), "size" | "reserved"));
    shown
        .map(
            |Member {
                 name, kind, doc, ..
             }| {
                let space = if kind.ends_with('*') { "" } else { " " };
                let about = prose(doc).replace("\n\n", " ").replace('|', "\\|");
                (format!("{kind}{space}{name}"), about)
            },
        )
        .collect()
}

/// The names of the operations that the ABI starts.
pub fn functions() -> Vec<String> {
    abi()
        .operations
        .into_iter()
        .map(|started| started.name)
        .collect()
}

pub fn page(sent: &BTreeMap<&str, Vec<Sent>>) -> String {
    let abi = abi();
    let mut table = String::from(
        "| operation | changes | requests (sequential depth) | locks | journalled |\n| --- | --- | --- | --- | --- |\n",
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
        list += &entry(described, &abi, &sent[name]);
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
        let long = match lock.released_at_once {
            true => ", and released at once",
            false => "",
        };
        format!("{}, {how}{long}", lock.what)
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
        return "any: the one given in `fail_with`".to_owned();
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

fn entry(described: &Description, abi: &Abi, sent: &[Sent]) -> String {
    let (name, contract) = (described.name, &described.contract);
    let started = abi.operations.iter().find(|started| started.name == name);
    let started = started.unwrap_or_else(|| panic!("no function starts {name}"));
    let function = abi
        .functions
        .iter()
        .find(|one| one.name == started.function);
    let about = prose(&function.unwrap().doc);
    let result = match &started.accessor {
        Some(accessor) => format!("`{accessor}()`"),
        None => "none but its JSON".to_owned(),
    };
    let function = format!("`{}()`, result: {result}", started.function);
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
        ("domain errors".to_owned(), errors(described)),
        ("outcomes of its errors".to_owned(), outcomes.join(", ")),
        (
            "requests (sequential depth)".to_owned(),
            budgets(described, "; "),
        ),
    ];
    if let Some(reason) = contract.depth_reason {
        lines.push(("why they wait for each other".to_owned(), reason.to_owned()));
    }
    lines.extend(sends(sent));
    lines.push(("locks".to_owned(), locks(described)));
    lines.push(("journalled".to_owned(), journalled));
    for (what, value) in lines {
        writeln!(text, "- {what}: {value}").unwrap();
    }
    let mut structures = abi.structures.iter();
    let members = structures
        .find(|structure| structure.name == started.arguments)
        .map(arguments)
        .unwrap_or_default();
    if !members.is_empty() {
        text += "\n| argument | |\n| --- | --- |\n";
        for (declaration, about) in members {
            writeln!(text, "| `{declaration}` | {about} |").unwrap();
        }
    }
    text
}
