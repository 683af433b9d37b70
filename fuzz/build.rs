//! Tables of the ABI for the fuzzer: the argument structures with their members, the functions that
//! take them, and the accessors of a result. A new operation is fuzzed without a change here.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde_json::Value;

const DESCRIPTION: &str = "../docs/abi/zfssa.json";

fn main() {
    println!("cargo:rerun-if-changed={DESCRIPTION}");
    let text = fs::read_to_string(DESCRIPTION).expect("the description of the ABI");
    let abi: Value = serde_json::from_str(&text).expect("a description in JSON");
    let structures: Vec<&Value> = list(&abi, "structures")
        .iter()
        .filter(|one| {
            let filled = matches!(text_of(one, "role"), "arguments" | "element" | "view");
            filled || text_of(one, "name") == "zfssa_call_t"
        })
        .collect();
    let mut out = String::from("pub static STRUCTURES: &[Structure] = &[\n");
    for structure in &structures {
        let name = text_of(structure, "name");
        let _ = writeln!(out, "Structure {{ name: {name:?}, members: &[");
        for member in list(structure, "members") {
            let (kind, name) = (kind(member, &structures), text_of(member, "name"));
            let _ = writeln!(out, "    Member {{ name: {name:?}, kind: Kind::{kind} }},");
        }
        out.push_str("]},\n");
    }
    out.push_str("];\n");
    let (mut declared, mut operations, mut views) = (String::new(), String::new(), String::new());
    for operation in list(&abi, "operations") {
        let name = text_of(operation, "function");
        let at = position(&structures, text_of(operation, "arguments")).expect("the arguments");
        let _ = writeln!(
            declared,
            "fn {name}(driver: *mut c_void, args: *const c_void, call: *const c_void, \
             ticket: *mut u64, err: *mut *mut c_void) -> i32;"
        );
        let _ = writeln!(operations, "    ({name}, {at}),");
    }
    for function in list(&abi, "functions") {
        let name = text_of(function, "name");
        let parameters = list(function, "parameters");
        let takes_result =
            parameters.len() == 1 && text_of(&parameters[0], "type") == "const zfssa_result_t *";
        if name.starts_with("zfssa_result_") && takes_result {
            let _ = writeln!(declared, "fn {name}(result: *const c_void) -> usize;");
            let _ = writeln!(views, "    {name},");
        }
    }
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

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn position(structures: &[&Value], name: &str) -> Option<usize> {
    structures
        .iter()
        .position(|found| text_of(found, "name") == name)
}

/// The kind of value that a member holds.
fn kind(member: &Value, structures: &[&Value]) -> String {
    let kind = match text_of(member, "type") {
        "uint32_t" if text_of(member, "role") == "size" => "Size",
        "uint32_t" | "int32_t" | "zfssa_status_t" | "zfssa_outcome_t" => "Four",
        "uint64_t" | "int64_t" | "zfssa_ticket_t" | "void *" => "Eight",
        "const char *" => "Text",
        "const char *const *" => "Texts",
        "zfssa_callback_t" => "Callback",
        "zfssa_drop_t" => "Drop",
        "zfssa_queue_t *" => "Queue",
        other => {
            let pointed = other.strip_prefix("const ");
            let pointed = pointed.and_then(|text| text.strip_suffix(" *"));
            match pointed.and_then(|name| position(structures, name)) {
                Some(at) => return format!("Array({at})"),
                // Views of results, which no host fills.
                None => "Eight",
            }
        }
    };
    kind.to_owned()
}
