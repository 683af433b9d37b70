//! Puts the header together: the manual, then one section for each file of `src/ffi`.

use cbindgen::{Builder, Config};
use zfssa::error::{Outcome, Status};

use super::{read, repository};

/// The sections, in the order of the header: what a section needs stands above it.
const SECTIONS: &[(&str, &str)] = &[
    ("Versions", "exports/version.rs"),
    ("Types", "types.rs"),
    ("Limits", "marshal/strings.rs"),
    ("Errors", "exports/error.rs"),
    ("Configurations", "exports/config.rs"),
    ("Options", "exports/options.rs"),
    ("Drivers", "exports/driver.rs"),
    ("Results", "exports/result.rs"),
    ("Tickets", "exports/ticket.rs"),
    ("Queues", "exports/queue.rs"),
    ("Progress", "exports/progress.rs"),
    ("Calls", "exports/call.rs"),
    ("Transfers", "exports/image_transfer.rs"),
    ("Logs", "exports/log.rs"),
    ("Operations: echo", "operations/echo.rs"),
    ("Operations: setup", "operations/setup.rs"),
    ("Volumes", "operations/volume/views.rs"),
    ("Operations: volumes", "operations/volume/volumes.rs"),
    ("Operations: snapshots", "operations/volume/snapshots.rs"),
    ("Operations: clones", "operations/volume/clones.rs"),
    (
        "Operations: connections",
        "operations/attach/connections.rs",
    ),
    ("Operations: images", "operations/image.rs"),
    ("Operations: exports", "operations/attach/exports.rs"),
    ("Operations: statistics", "operations/stats.rs"),
    ("Operations: management", "operations/manage/volumes.rs"),
    (
        "Operations: management of snapshots",
        "operations/manage/snapshots.rs",
    ),
    (
        "Operations: what could be managed",
        "operations/manage/candidates.rs",
    ),
    ("Operations: recovery", "operations/upkeep/recover.rs"),
    ("Operations: revert", "operations/volume/revert.rs"),
    ("Operations: retype", "operations/volume/retype.rs"),
    (
        "Operations: what is known",
        "operations/manage/provider_info.rs",
    ),
    ("Operations: groups", "operations/group.rs"),
    ("Operations: audit", "operations/upkeep/audit.rs"),
    (
        "Operations: moving volumes to other appliances",
        "operations/migrate.rs",
    ),
];

/// The whole header.
pub fn header() -> String {
    let mut text = read("src/ffi/manual.h");
    text.push_str("\n#ifndef ZFSSA_H\n#define ZFSSA_H\n\n#include <stdint.h>\n\n");
    text.push_str("#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
    let version = env!("CARGO_PKG_VERSION");
    for (title, file) in SECTIONS {
        text.push_str(&format!(
            "\n/* {} {title} */\n\n",
            "-".repeat(92 - title.len())
        ));
        match *title {
            "Versions" => text.push_str(&format!(
                "/** The version of this header. */\n#define ZFSSA_VERSION \"{version}\"\n\n"
            )),
            "Errors" => text.push_str(&numbers()),
            _ => {}
        }
        text.push_str(section(file).trim());
        text.push('\n');
    }
    let table = table(&text);
    text.push_str(&format!("\n/* {} Table */\n\n{table}", "-".repeat(87)));
    text.push_str("\n#ifdef __cplusplus\n}\n#endif\n\n#endif /* ZFSSA_H */\n");
    text
}

/// What cbindgen makes of one file.
fn section(file: &str) -> String {
    let mut config = Config::from_file(repository("cbindgen.toml")).unwrap();
    let source = read(format!("src/ffi/{file}"));
    // Objects without members are used in other sections only.
    config.export.include = words(&source, "pub struct ")
        .chain(words(&source, "pub type "))
        .collect();
    let bindings = Builder::new()
        .with_config(config)
        .with_src(repository(format!("src/ffi/{file}")))
        .generate()
        .unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut text = Vec::new();
    bindings.write(&mut text);
    narrow(&compact(&String::from_utf8(text).unwrap()))
        .replace("(struct zfssa_", "(zfssa_")
        .replace("const struct zfssa_", "const zfssa_")
        .replace(" struct zfssa_", " zfssa_")
        .replace("typedef zfssa_", "typedef struct zfssa_")
}

/// Comments of one line on one line.
fn compact(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < lines.len() {
        let comment = lines
            .get(at + 1)
            .and_then(|line| line.trim_start().strip_prefix("* "));
        match (
            lines[at].trim(),
            comment,
            lines.get(at + 2).map(|line| line.trim()),
        ) {
            ("/**", Some(words), Some("*/")) => {
                let indent = &lines[at][..lines[at].len() - 3];
                out.push_str(&format!("{indent}/** {words} */\n"));
                at += 3;
            }
            _ => {
                out.push_str(lines[at]);
                out.push('\n');
                at += 1;
            }
        }
    }
    out
}

/// The names that follow `keyword` and are C's.
fn words<'a>(source: &'a str, keyword: &'a str) -> impl Iterator<Item = String> + 'a {
    source.lines().filter_map(move |line| {
        let rest = line.strip_prefix(keyword)?;
        let name: String = rest
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        name.starts_with("zfssa_").then_some(name)
    })
}

/// The numbers of statuses and outcomes, from their tables.
fn numbers() -> String {
    let mut text = String::from("/** Success. */\n#define ZFSSA_OK 0\n");
    for status in Status::ALL {
        text.push_str(&format!(
            "/** {} */\n#define ZFSSA_E_{} ({})\n",
            status.description(),
            status.name(),
            status.code()
        ));
    }
    text.push('\n');
    for outcome in Outcome::ALL {
        text.push_str(&format!(
            "/** {} */\n#define ZFSSA_OUTCOME_{} {}\n",
            outcome.description(),
            outcome.name(),
            outcome.code()
        ));
    }
    text.push('\n');
    text
}

/// The names of the table's slots, in its order.
pub fn slots() -> Vec<String> {
    read("src/ffi/exports/vtable.rs")
        .lines()
        .filter_map(|line| line.trim().strip_suffix(" as Slot,"))
        .map(|path| path.rsplit("::").next().unwrap().to_owned())
        .collect()
}

/// The table's type, made of the prototypes in `text`, and the function that gives it.
fn table(text: &str) -> String {
    let getter = section("exports/vtable.rs");
    let getter = &getter[getter
        .find("/**\n * All functions in one static table")
        .unwrap()..];
    let mut table = String::from(
        "/**\n * Every function, by its name without the prefix, in the order in which they were \
         introduced.\n * Later versions append slots; `size` tells how many there are.\n */\n\
         typedef struct zfssa_vtable_t zfssa_vtable_t;\n\n\
         struct zfssa_vtable_t {\n    /** Bytes of the table. */\n    uint32_t size;\n    \
         /** As zfssa_abi_version(). */\n    uint32_t abi;\n",
    );
    let all = format!("{text}\n{getter}");
    for slot in slots() {
        let call = format!("{slot}(");
        let at = all
            .match_indices(&call)
            .map(|(at, _)| at)
            .find(|at| is_prototype(&all, *at))
            .unwrap_or_else(|| panic!("{slot} is in the table and not in the header"));
        let line = all[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = at + all[at..].find(';').unwrap();
        let result = &all[line..at];
        let arguments = squeeze(&all[at + slot.len()..end]);
        let name = slot.strip_prefix("zfssa_").unwrap();
        let head = format!("    {result}(*{name})");
        table.push_str(&format!("{}\n", wrap(&head, &arguments)));
    }
    table.push_str("};\n\n");
    table + getter.trim() + "\n"
}

/// Whether a name followed by `(` begins a function's declaration, and is not in a comment.
fn is_prototype(text: &str, at: usize) -> bool {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let before = &text[line..at];
    !before.is_empty() && !before.starts_with([' ', '/', '#'])
}

/// Prototypes that are too long when aligned, with one argument on a line.
fn narrow(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut whole = vec![line];
        if line.contains('(') && !line.starts_with([' ', '/', '#']) && !line.starts_with("typedef")
        {
            while !whole.last().unwrap().ends_with(';') {
                whole.push(lines.next().unwrap());
            }
        }
        if whole.len() > 1 && whole.iter().any(|line| line.len() > 100) {
            let (head, arguments) = line.split_once('(').unwrap();
            let rest = squeeze(&[&[arguments], &whole[1..]].concat().join(" "));
            let arguments = rest.strip_suffix(");").unwrap().replace(", ", ",\n    ");
            out.push_str(&format!("{head}(\n    {arguments});\n"));
        } else {
            whole
                .iter()
                .for_each(|line| out.push_str(&format!("{line}\n")));
        }
    }
    out
}

/// A slot on one line, or with one argument on a line where that is too long.
fn wrap(head: &str, arguments: &str) -> String {
    let line = format!("{head}{arguments};");
    if line.len() <= 100 {
        return line;
    }
    let indent = format!(",\n{}", " ".repeat(8));
    format!(
        "{head}({}{};",
        &indent[1..],
        arguments[1..].split(", ").collect::<Vec<_>>().join(&indent)
    )
}

fn squeeze(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace("( ", "(").replace(" )", ")")
}
