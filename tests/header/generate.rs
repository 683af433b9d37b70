//! Text of `include/zfssa.h` and `include/zfssa_dl.h`, from the model and its layout.

use std::fmt::Write as _;

use zfssa::driver::{Description, OPERATIONS};
use zfssa::error::{Outcome, Status};

use super::facts::{self, Role};
use super::layout::{self, lay_out};
use super::model::{Function, Model, Parameter, Structure, TypeKind};
use super::read;

/// Columns of the header.
const WIDTH: usize = 100;

/// The whole of `zfssa.h`.
pub fn header(model: &Model) -> String {
    let groups = lay_out(model);
    let contents: String = groups.iter().map(contents_of).collect();
    let mut text = read("src/ffi/manual.h").replace(" * @CONTENTS@\n", &contents);
    text.push_str("\n#ifndef ZFSSA_H\n#define ZFSSA_H\n\n#include <stdint.h>\n\n");
    text.push_str("#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
    for (index, group) in groups.iter().enumerate() {
        write!(
            text,
            "\n/* {} */\n/** @name {}\n * @{{ */\n\n",
            "-".repeat(WIDTH - 6),
            group.title
        )
        .unwrap();
        if index == 0 {
            let version = env!("CARGO_PKG_VERSION");
            text += &comment("", "Version of this header.");
            writeln!(text, "#define ZFSSA_VERSION \"{version}\"\n").unwrap();
        }
        let items: String = group.items.iter().map(|name| item(model, name)).collect();
        text += &items.replace("\n\n\n", "\n\n");
        text = text.replace("* @{ */\n\n\n", "* @{ */\n\n");
        text.truncate(text.trim_end().len());
        text.push_str("\n\n/** @} */\n");
    }
    text.push_str("\n#ifdef __cplusplus\n}\n#endif\n\n#endif /* ZFSSA_H */\n");
    text
}

/// The whole of `zfssa_dl.h`.
pub fn table_header(model: &Model) -> String {
    let mut text = String::from(
        "/* zfssa_dl.h: the functions of zfssa.h in one table, for hosts that load the library with\n \
         * dlopen(). One dlsym() for zfssa_get_vtable is enough.\n *\n \
         * Generated from the library's sources by tests/header; do not edit. */\n\
         #ifndef ZFSSA_DL_H\n#define ZFSSA_DL_H\n\n#include \"zfssa.h\"\n\n\
         #ifdef __cplusplus\nextern \"C\" {\n#endif\n\n",
    );
    let table = model.types.iter().find(|of| of.name == "zfssa_vtable_t");
    text += &comment("", &table.unwrap().doc);
    text.push_str("typedef struct zfssa_vtable_t zfssa_vtable_t;\n\nstruct zfssa_vtable_t {\n");
    text.push_str("    /** Bytes of the table. */\n    uint32_t size;\n");
    text.push_str("    /** As zfssa_abi_version(). */\n    uint32_t abi;\n");
    for slot in slots() {
        let function = model.function(&slot);
        let function = function.unwrap_or_else(|| panic!("{slot} is in the table alone"));
        let name = slot.strip_prefix("zfssa_").unwrap();
        let head = declared(&function.returns, &format!("(*{name})"));
        text += &prototype("    ", &head, &function.parameters);
    }
    text.push_str("};\n");
    text += &item(model, "zfssa_get_vtable");
    text.push_str("#ifdef __cplusplus\n}\n#endif\n\n#endif /* ZFSSA_DL_H */\n");
    text
}

/// A group's lines in the list of contents: its title and its functions but for the accessors.
fn contents_of(group: &layout::Laid) -> String {
    let functions = group.items.iter().filter(|name| {
        let shown = name.starts_with("zfssa_") && !name.ends_with("_t");
        shown && (!name.starts_with("zfssa_result_") || group.title == "Results")
    });
    let functions: Vec<&str> = functions.map(String::as_str).collect();
    let mut functions = functions.join(" ");
    if functions.is_empty() {
        functions = match group.title {
            "Progress" => "zfssa_result_progress",
            "Call" => "zfssa_call_t, zfssa_callback_t, zfssa_drop_t",
            "Limits" => "ZFSSA_MAX_...",
            "Types" => "zfssa_driver_t, zfssa_ticket_t and the other objects",
            _ => "",
        }
        .to_owned();
    }
    let lines = wrapped(&functions, WIDTH - 26);
    let mut titles = vec![String::new(); lines.len()];
    titles[0] = group.title.to_owned();
    let lines = titles.iter().zip(lines);
    lines
        .map(|(title, line)| format!(" *   {title:<20} {line}\n"))
        .collect()
}

/// The names of the table's slots, in its order.
pub fn slots() -> Vec<String> {
    read("src/ffi/exports/vtable.rs")
        .lines()
        .filter_map(|line| line.trim().strip_suffix(" as Slot,"))
        .map(|path| path.rsplit("::").next().unwrap().to_owned())
        .collect()
}

/// A declaration with its comment, and an empty line where the next is no number of its family.
fn item(model: &Model, name: &str) -> String {
    if let Some(constant) = model.constants.iter().find(|found| found.name == name) {
        let declaration = format!("#define {name} {}", constant.value);
        let family = |name: &str| name.rsplit_once('_').map(|(family, _)| family.to_owned());
        let same = model.constants.iter().filter(|one| {
            family(&one.name) == family(name)
                || one.name.starts_with("ZFSSA_E_") && name.starts_with("ZFSSA_E_")
        });
        let longest = same.map(|one| one.name.len() + one.value.len() + 9).max();
        return trailing(&declaration, &constant.doc, longest.unwrap_or(0));
    }
    if let Some(structure) = model.structure(name) {
        return format!("\n{}", structure_text(model, structure));
    }
    if let Some(function) = model.function(name) {
        let mut doc = function.doc.clone();
        if let Some(operation) = function.operation() {
            let described = OPERATIONS.iter().find(|found| found.name == operation);
            doc += &format!("\n\n{}", contract(function, described.unwrap()));
        }
        if function.since != "1.0" {
            doc += &format!(" Since {}.", function.since);
        }
        let head = declared(&function.returns, name);
        let text = prototype("", &head, &function.parameters);
        return format!("\n{}{text}\n", comment("", &doc));
    }
    let of = model.types.iter().find(|of| of.name == name);
    let of = of.unwrap_or_else(|| panic!("there is no {name}"));
    let declaration = match &of.kind {
        TypeKind::Opaque => format!("typedef struct {name} {name};\n"),
        TypeKind::Number(number) => format!("typedef {number} {name};\n"),
        TypeKind::Callback {
            returns,
            parameters,
        } => prototype("", &format!("typedef {returns} (*{name})"), parameters),
    };
    format!("\n{}{declaration}\n", comment("", &of.doc))
}

/// The lines that the operation's contract adds to the comment of its function.
fn contract(function: &Function, described: &Description) -> String {
    let contract = &described.contract;
    let mut lines = Vec::new();
    lines.push(match &function.result {
        Some(accessor) => format!("Result: {accessor}()."),
        None => "Result: none but zfssa_result_json().".to_owned(),
    });
    let errors: Vec<String> = match contract.errors {
        errors if errors == Status::ALL => vec!["any status".to_owned()],
        [] => vec!["none of its own".to_owned()],
        errors => errors
            .iter()
            .map(|error| format!("ZFSSA_E_{}", error.name()))
            .collect(),
    };
    lines.push(format!("Errors: {}.", errors.join(", ")));
    let outcomes = match contract.outcomes() {
        outcomes if outcomes == Outcome::ALL => "any".to_owned(),
        outcomes => {
            let names: Vec<&str> = outcomes.iter().map(|outcome| outcome.name()).collect();
            names.join(", ")
        }
    };
    lines.push(format!("Outcomes: {outcomes}."));
    let budgets = contract.budgets.iter().map(|budget| {
        let case = match budget.case {
            "" => String::new(),
            case => format!("{case}: "),
        };
        format!("{case}{} (depth {})", budget.requests, budget.depth)
    });
    let budgets: Vec<String> = budgets.collect();
    if !budgets.is_empty() {
        lines.push(format!("Requests: {}.", budgets.join("; ")));
    }
    let locks = contract.locks.iter().map(|lock| {
        let how = match (lock.alone, lock.released_at_once) {
            (true, _) => "",
            (false, false) => " (shared)",
            (false, true) => " (shared, and released at once)",
        };
        format!("{}{how}", lock.what)
    });
    let locks: Vec<String> = locks.collect();
    if !locks.is_empty() {
        lines.push(format!("Locks: {}.", locks.join("; ")));
    }
    if let Some(what) = contract.journalled {
        lines.push(format!("Journalled: {what}."));
    }
    lines.join("\n")
}

fn structure_text(model: &Model, structure: &Structure) -> String {
    let name = &structure.name;
    let mut text = comment("", &structure.doc);
    writeln!(text, "typedef struct {name} {{").unwrap();
    let members: Vec<(String, &str)> = structure
        .members
        .iter()
        .map(|member| {
            let declaration = format!("    {};", declared(&member.kind, &member.name));
            let plain = match facts::role(structure, member) {
                Role::Size | Role::Reserved => true,
                Role::Count => facts::facts(model, structure, member).counts.len() == 1,
                Role::Flags => facts::facts(model, structure, member).flags.is_empty(),
                _ => false,
            };
            (declaration, if plain { "" } else { member.doc.as_str() })
        })
        .collect();
    let short = members.iter().filter(|(declaration, doc)| {
        !doc.is_empty() && declaration.len() + doc.len() + 11 <= WIDTH
    });
    let column = short
        .map(|(declaration, _)| declaration.len())
        .max()
        .unwrap_or(0);
    for (declaration, doc) in members {
        match doc {
            "" => writeln!(text, "{declaration}").unwrap(),
            doc => text += &trailing(&declaration, doc, column),
        }
    }
    writeln!(text, "}} {name};\n").unwrap();
    text
}

/// A declaration with its comment behind it where both fit on one line, and above it otherwise.
fn trailing(declaration: &str, doc: &str, column: usize) -> String {
    let column = column.max(declaration.len());
    let line = format!("{declaration:<column$} /**< {doc} */\n");
    if line.len() <= WIDTH + 1 && !doc.contains('\n') {
        return line;
    }
    let indent = &declaration[..declaration.len() - declaration.trim_start().len()];
    format!("{}{declaration}\n", comment(indent, doc))
}

/// A comment of Doxygen's, wrapped; paragraphs are lines, or apart by an empty line.
fn comment(indent: &str, text: &str) -> String {
    let line = format!("{indent}/** {text} */\n");
    if line.len() <= WIDTH + 1 && !text.contains('\n') {
        return line;
    }
    let mut out = format!("{indent}/**\n");
    for paragraph in text.split('\n') {
        for line in wrapped(paragraph, WIDTH - indent.len() - 3) {
            writeln!(out, "{}", format!("{indent} * {line}").trim_end()).unwrap();
        }
    }
    out + indent + " */\n"
}

/// Lines of at most this many columns; an empty text is one empty line.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().unwrap();
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// A type with a name, as C writes it.
fn declared(kind: &str, name: &str) -> String {
    let space = if kind.ends_with('*') { "" } else { " " };
    format!("{kind}{space}{name}")
}

/// A prototype whose parameters fill the lines.
fn prototype(indent: &str, head: &str, parameters: &[Parameter]) -> String {
    let mut declared: Vec<String> = parameters
        .iter()
        .map(|parameter| declared(&parameter.kind, &parameter.name))
        .collect();
    if declared.is_empty() {
        declared.push("void".to_owned());
    }
    let head = format!("{indent}{head}(");
    let longest = declared.iter().map(String::len).max().unwrap_or(0);
    let aligned = head.len() + longest + 2 <= WIDTH;
    let column = if aligned {
        head.len()
    } else {
        indent.len() + 8
    };
    let mut lines = vec![head];
    if !aligned {
        lines.push(" ".repeat(column));
    }
    let last = declared.len() - 1;
    for (index, parameter) in declared.into_iter().enumerate() {
        let end = if index == last { ");" } else { "," };
        let line = lines.last_mut().unwrap();
        let first = line.ends_with('(') || line.trim().is_empty();
        let space = if first { "" } else { " " };
        if first || line.len() + space.len() + parameter.len() + end.len() <= WIDTH {
            *line += &format!("{space}{parameter}{end}");
        } else {
            lines.push(format!("{}{parameter}{end}", " ".repeat(column)));
        }
    }
    let one = lines
        .iter()
        .map(|line| line.trim_start())
        .collect::<String>();
    let one = format!("{indent}{}", one.replace(",", ", ").replace(",  ", ", "));
    if one.len() <= WIDTH {
        return one + "\n";
    }
    lines.join("\n") + "\n"
}
