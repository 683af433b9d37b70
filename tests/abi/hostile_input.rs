//! Hostile input: every exported function × every bad argument, generated from the description of
//! the ABI, so that a new function cannot be forgotten.
//!
//! Each call gives an error or the value that the header promises or, where it allows the
//! argument, works; none crashes. A failure leaves NULL or 0 in what the function would have
//! given. The same calls with good arguments work.

mod arguments;
mod description;
mod program;
mod structures;

use std::fmt::Write as _;
use std::path::Path;

use support::c_harness::run_source;

use arguments::{
    Wanted, bad_texts, consumes, gives_status, handle_of, may_be_null, takes_no_good_arguments,
};
use description::{Description, named};
use program::{PREPARE, Program};

fn generate(description: &str) -> (String, usize) {
    let Description {
        functions,
        structures,
    } = serde_json::from_str(description).unwrap();
    assert!(
        functions.len() > 60,
        "only {} functions were found",
        functions.len()
    );
    assert!(
        structures.len() > 15,
        "only {} structures were found",
        structures.len()
    );
    let mut program = Program {
        structures: &structures,
        text: PREPARE.to_owned(),
        cases: Vec::new(),
        calls: 0,
    };
    for function in &functions {
        let name = &function.name;
        program.begin(name);
        let wanted = if takes_no_good_arguments(name) {
            Wanted::Any
        } else {
            Wanted::Accepted
        };
        program.call(function, None, "", wanted, &format!("{name}: good"));
        if consumes(function) {
            program.text.push_str("    prepare();\n");
        }
        for (index, parameter) in function.parameters.iter().enumerate() {
            if parameter.kind.ends_with('*') {
                let wanted = Wanted::refused(!may_be_null(name, parameter, &structures));
                let what = format!("{name}: {} NULL", parameter.name);
                program.call(function, Some((index, "NULL")), "", wanted, &what);
            }
            if parameter.kind == "const char *" {
                for (words, value) in bad_texts(parameter) {
                    let what = format!("{name}: {} {words}", parameter.name);
                    program.call(function, Some((index, value)), "", Wanted::Refused, &what);
                }
            }
            if parameter.kind == "zfssa_ticket_t" {
                for ticket in ["0", "1", "UINT64_MAX", "0x123456789abcdef0"] {
                    let what = format!("{name}: ticket {ticket}");
                    program.call(function, Some((index, ticket)), "", Wanted::Stale, &what);
                }
            }
            if !parameter.kind.contains('*') && parameter.kind != "zfssa_ticket_t" {
                let wild = if parameter.kind.contains("int64") {
                    "INT64_MIN"
                } else {
                    "0x7fffffff"
                };
                // A wait without end, or a queue that would be written past its end, is asked
                // for by the caller and not hostile.
                if !matches!(parameter.name.as_str(), "max" | "function" | "drop") {
                    let what = format!("{name}: {} wild", parameter.name);
                    // Of those that give values, all but the names of numbers know the number.
                    let value = !gives_status(function) && function.result != "const char *";
                    let wanted = Wanted::refused(value);
                    program.call(function, Some((index, wild)), "", wanted, &what);
                }
            }
        }
        if let Some(structure) = named(&structures, &format!("{name}_args_t")) {
            program.structure(function, "args", structure);
        }
        if function.parameters.iter().any(|found| found.name == "call") {
            let structure = named(&structures, "zfssa_call_t").expect("the call's structure");
            program.structure(function, "call", structure);
        }
        for (index, parameter) in function.parameters.iter().enumerate() {
            let Some(object) = handle_of(parameter) else {
                continue;
            };
            let wanted = Wanted::refused(!function.name.ends_with("_free"));
            // Freed a moment ago.
            let what = format!("{name}: {object} after it was freed");
            let fill = format!("    zfssa_{object}_free({object});\n");
            program.call(function, Some((index, object)), &fill, wanted, &what);
            program.text.push_str("    prepare();\n");
            let other = if object == "queue" { "config" } else { "queue" };
            for garbage in [other, "0x10", "0x200000000010", "UINTPTR_MAX"] {
                let what = format!("{name}: {garbage} as {object}");
                let garbage = format!("({})(uintptr_t){garbage}", parameter.kind);
                program.call(function, Some((index, &garbage)), "", wanted, &what);
            }
        }
        program.end();
    }
    let mut text = program.text;
    text.push_str(
        "\nint main(int argc, char **argv)\n{\n    static const test_case_t cases[] = {\n",
    );
    for case in &program.cases {
        let _ = writeln!(text, "        {{\"{case}\", case_{case}}},");
    }
    text.push_str("        {NULL, NULL},\n    };\n    return run_case(cases, argc, argv);\n}\n");
    (text, program.calls)
}

#[test]
fn no_hostile_argument_crashes_or_is_taken_for_good() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let description = std::fs::read_to_string(root.join("docs/abi/zfssa.json")).unwrap();
    let (program, calls) = generate(&description);
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile.c");
    std::fs::write(&source, program).unwrap();
    println!("{calls} hostile calls");
    assert!(calls > 500, "only {calls} calls");
    run_source(&source);
}
