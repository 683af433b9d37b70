//! Makes tables of the header: the argument structures with their members, the functions that take
//! them, and the views of a result. So a new operation is fuzzed without a word here.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

const HEADER: &str = "../include/zfssa.h";

fn main() {
    println!("cargo:rerun-if-changed={HEADER}");
    let header = without_comments(&fs::read_to_string(HEADER).expect("the header"));
    let structures = structures(&header);
    let mut out = String::from("pub static STRUCTURES: &[Structure] = &[\n");
    for (name, members) in &structures {
        let _ = writeln!(out, "Structure {{ name: {name:?}, members: &[");
        for member in members {
            let (kind, name) = kind(member, &structures);
            let _ = writeln!(out, "    Member {{ name: {name:?}, kind: Kind::{kind} }},");
        }
        out.push_str("]},\n");
    }
    out.push_str("];\n");
    let (mut declared, mut operations, mut views) = (String::new(), String::new(), String::new());
    for prototype in header.split(';').map(words) {
        let Some((before, parameters)) = prototype.split_once('(') else {
            continue;
        };
        let Some(name) = before.rsplit([' ', '*']).next() else {
            continue;
        };
        let args = format!("const {name}_args_t *args");
        if name.starts_with("zfssa_result_") && parameters == "const zfssa_result_t *result)" {
            let _ = writeln!(declared, "fn {name}(result: *const c_void) -> usize;");
            let _ = writeln!(views, "    {name},");
        } else if let Some(at) = position(&structures, &format!("{name}_args_t"))
            && parameters.contains(&args)
        {
            let _ = writeln!(
                declared,
                "fn {name}(driver: *mut c_void, args: *const c_void, call: *const c_void, \
                 ticket: *mut u64, err: *mut *mut c_void) -> i32;"
            );
            let _ = writeln!(operations, "    ({name}, {at}),");
        }
    }
    assert!(
        operations.lines().count() >= 30,
        "the header is read wrongly:\n{operations}"
    );
    assert!(
        views.lines().count() >= 20,
        "the header is read wrongly:\n{views}"
    );
    let _ = write!(
        out,
        "unsafe extern \"C\" {{\n{declared}}}\n\
         pub static OPERATIONS: &[(Operation, usize)] = &[\n{operations}];\n\
         pub static VIEWS: &[View] = &[\n{views}];\n\
         pub const CALL: usize = {};\n",
        position(&structures, "zfssa_call_t").expect("zfssa_call_t"),
    );
    let path = Path::new(&env::var("OUT_DIR").expect("OUT_DIR")).join("abi.rs");
    fs::write(path, out).expect("abi.rs");
}

fn without_comments(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(begin) = rest.find("/*") {
        plain.push_str(&rest[..begin]);
        rest = rest[begin..]
            .split_once("*/")
            .expect("the end of a comment")
            .1;
    }
    plain.push_str(rest);
    plain
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect::<Vec<_>>()
        .join("\n")
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

type Structures = Vec<(String, Vec<String>)>;

/// The structures that a host fills, and those that they point to.
fn structures(header: &str) -> Structures {
    let mut found = Vec::new();
    for part in header.split("typedef struct ").skip(1) {
        let Some((name, rest)) = part.split_once(" {") else {
            continue;
        };
        let (body, _) = rest.split_once('}').expect("the end of a structure");
        let filled = name.ends_with("_args_t")
            || name == "zfssa_call_t"
            || header.contains(&format!("const {name} *")) && !name.starts_with("zfssa_result");
        if filled && !name.contains("vtable") {
            let members = body
                .split(';')
                .map(words)
                .filter(|member| !member.is_empty());
            found.push((name.to_owned(), members.collect()));
        }
    }
    found
}

fn position(structures: &Structures, name: &str) -> Option<usize> {
    structures.iter().position(|(found, _)| found == name)
}

/// What a member is, and its name.
fn kind(member: &str, structures: &Structures) -> (String, String) {
    let at = member.rfind([' ', '*']).map_or(0, |at| at + 1);
    let (kind, name) = (member[..at].trim(), member[at..].to_owned());
    let kind = match kind {
        _ if name == "size" && kind == "uint32_t" => "Size".to_owned(),
        "uint32_t" | "int32_t" | "zfssa_status_t" | "zfssa_outcome_t" => "Four".to_owned(),
        "uint64_t" | "int64_t" | "zfssa_ticket_t" => "Eight".to_owned(),
        "const char *" => "Text".to_owned(),
        "const char *const *" => "Texts".to_owned(),
        "zfssa_callback_t" => "Callback".to_owned(),
        "zfssa_drop_t" => "Drop".to_owned(),
        "zfssa_queue_t *" => "Queue".to_owned(),
        "void *" => "Eight".to_owned(),
        other => {
            let pointed = other
                .strip_prefix("const ")
                .and_then(|text| text.strip_suffix(" *"));
            match pointed.and_then(|name| position(structures, name)) {
                Some(at) => format!("Array({at})"),
                // Views of results, which no host fills.
                None => "Eight".to_owned(),
            }
        }
    };
    (kind, name)
}
