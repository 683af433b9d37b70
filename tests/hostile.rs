//! Hostile input: every exported function × every bad argument, generated from the header, so
//! that a new function cannot be forgotten. Each call gives an error or, where the header allows
//! the argument, works; none crashes. Run under valgrind and the address sanitizer too.

mod c_harness;

use std::fmt::Write as _;
use std::path::Path;

/// `const char *name` and the like.
#[derive(Clone, Debug)]
struct Parameter {
    kind: String,
    name: String,
    /// The header says that it is required.
    required: bool,
}

#[derive(Debug)]
struct Function {
    result: String,
    name: String,
    parameters: Vec<Parameter>,
}

#[derive(Debug)]
struct Structure {
    name: String,
    members: Vec<Parameter>,
}

/// Stands before a member whose comment says that it is required.
const REQUIRED: &str = "required_ ";

/// The header without comments and preprocessor lines.
fn bare(header: &str) -> String {
    let mut text = String::new();
    let mut rest = header;
    while let Some(start) = rest.find("/*") {
        text.push_str(&rest[..start]);
        let end = rest[start..].find("*/").expect("a closed comment");
        if rest[start..start + end].contains("; required") {
            text.push_str(REQUIRED);
        }
        rest = &rest[start + end + 2..];
    }
    text.push_str(rest);
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .collect::<Vec<_>>()
        .join(" ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn parameter(text: &str) -> Option<Parameter> {
    let text = text.trim();
    let (required, text) = match text.strip_prefix(REQUIRED) {
        Some(rest) => (true, rest.trim()),
        None => (false, text),
    };
    let split = text.rfind([' ', '*'])? + 1;
    let (kind, name) = text.split_at(split);
    Some(Parameter {
        kind: kind.trim().to_owned(),
        name: name.to_owned(),
        required,
    })
}

fn functions(header: &str) -> Vec<Function> {
    header
        .split(';')
        .filter_map(|statement| {
            let statement = statement.trim().trim_start_matches("extern \"C\" {").trim();
            let open = statement.find('(')?;
            if statement.contains("typedef") || statement.contains('{') || statement.contains('}') {
                return None;
            }
            let head = parameter(&statement[..open])?;
            let list = statement[open + 1..].strip_suffix(')')?;
            let parameters = list.split(',').filter_map(parameter).collect();
            head.name.starts_with("zfssa_").then_some(Function {
                result: head.kind,
                name: head.name,
                parameters,
            })
        })
        .collect()
}

/// The structures that a host fills.
fn structures(header: &str) -> Vec<Structure> {
    header
        .split("typedef struct ")
        .skip(1)
        .filter_map(|rest| {
            let (name, rest) = rest.split_once(" {")?;
            let body = rest.split('}').next()?;
            let filled = name.ends_with("_args_t") || name == "zfssa_call_t";
            filled.then(|| Structure {
                name: name.to_owned(),
                members: body.split(';').filter_map(parameter).collect(),
            })
        })
        .collect()
}

/// An expression of C for a good argument, given the objects that `PREPARE` makes.
fn good(function: &Function, parameter: &Parameter) -> String {
    let kind = parameter.kind.as_str();
    match kind {
        "zfssa_error_t **" => "&err".to_owned(),
        "zfssa_ticket_t *" => "&ticket".to_owned(),
        "zfssa_ticket_t" => "echo(driver, 0, NULL)".to_owned(),
        "zfssa_result_t **" => "&got".to_owned(),
        "zfssa_config_t **" => "&new_config".to_owned(),
        "zfssa_driver_t **" => "&new_driver".to_owned(),
        "zfssa_queue_t **" => "&new_queue".to_owned(),
        "zfssa_event_t *" => "events".to_owned(),
        "zfssa_config_t *" | "const zfssa_config_t *" => "config".to_owned(),
        "zfssa_driver_t *" => "driver".to_owned(),
        "zfssa_queue_t *" => "queue".to_owned(),
        "zfssa_result_t *" | "const zfssa_result_t *" => "result".to_owned(),
        "zfssa_error_t *" | "const zfssa_error_t *" => "error".to_owned(),
        "const zfssa_call_t *" => "&call".to_owned(),
        "uint64_t *" => "&length".to_owned(),
        "uint32_t *" => "&count".to_owned(),
        "int32_t *" => "&fd".to_owned(),
        "void *" => "NULL".to_owned(),
        "const char *" => match parameter.name.as_str() {
            "name" => "\"zfssa_pool\"".to_owned(),
            "section" => "NULL".to_owned(),
            _ => "\"value\"".to_owned(),
        },
        _ if kind.ends_with("_args_t *") => "&args".to_owned(),
        _ if parameter.name == "event_size" => "(uint32_t)sizeof *events".to_owned(),
        _ if parameter.name == "max" => "8".to_owned(),
        _ if parameter.name == "abi_major" => "ZFSSA_ABI_MAJOR".to_owned(),
        _ if kind.starts_with("uint") || kind.starts_with("int") || kind.ends_with("status_t") => {
            "0".to_owned()
        }
        _ if kind.ends_with("outcome_t") => "0".to_owned(),
        _ if !kind.contains('*') && kind.starts_with("zfssa_") => "0".to_owned(),
        _ => panic!(
            "{}: what is a good {kind} {}?",
            function.name, parameter.name
        ),
    }
}

/// Pointers that the header allows to be NULL, by name or by function and name.
fn may_be_null(function: &str, parameter: &Parameter, structures: &[Structure]) -> bool {
    let optional_arguments = parameter.name == "args" && {
        let name = format!("{function}_args_t");
        let own = structures.iter().find(|structure| structure.name == name);
        // All members optional: the operations that take everything from the configuration.
        own.is_none_or(|structure| !structure.members.iter().any(|member| member.required))
    };
    matches!(
        parameter.name.as_str(),
        "err" | "call" | "section" | "length" | "function" | "context" | "drop"
    ) || (function == "zfssa_config_set" && parameter.name == "value")
        || optional_arguments
        || function.ends_with("_free")
}

const PREPARE: &str = r#"
#include "test.h"

static zfssa_config_t *config;
static zfssa_driver_t *driver;
static zfssa_queue_t *queue;
static zfssa_result_t *result;
static zfssa_error_t *error;
static zfssa_event_t events[8];

static void prepare(void)
{
    zfssa_ticket_t ticket;
    config = test_config();
    driver = test_driver();
    OK(zfssa_queue_new(&queue, &err));
    ticket = echo(driver, 0, NULL);
    OK(zfssa_wait(ticket, 10000, &result, &err));
    CHECK(zfssa_config_set(NULL, "a", "b", &error) != ZFSSA_OK);
    /* So that taking from it does not wait. */
    OK(zfssa_queue_wake(queue, &err));
}

/* The status of a bad call: an error with words, or what the header allows. */
static void judge(const char *what, zfssa_status_t status, zfssa_error_t *err, int must_fail)
{
    if (must_fail && status == ZFSSA_OK) {
        fprintf(stderr, "%s: was accepted\n", what);
        exit(1);
    }
    if (status == ZFSSA_E_INTERNAL) {
        fprintf(stderr, "%s: a defect: %s\n", what, err ? zfssa_error_info(err)->text : "");
        exit(1);
    }
    if (err != NULL) {
        CHECK(zfssa_error_info(err)->message[0] != '\0');
        zfssa_error_free(err);
    }
}
"#;

const LOCALS: &str = "    zfssa_error_t *err = NULL; zfssa_ticket_t ticket = 0; zfssa_result_t *got = NULL;\n\
    zfssa_config_t *new_config = NULL; zfssa_driver_t *new_driver = NULL; zfssa_queue_t *new_queue = NULL;\n\
    zfssa_call_t call; uint64_t length = 0; uint32_t count = 0; int32_t fd = 0;\n\
    memset(&call, 0, sizeof call); call.size = sizeof call; call.timeout_ms = 1;\n\
    (void)err; (void)ticket; (void)got; (void)new_config; (void)new_driver; (void)new_queue;\n\
    (void)length; (void)count; (void)fd;\n";

/// Whether a call ends the object, so that it cannot be one of many.
fn consumes(function: &Function) -> bool {
    function.name.ends_with("_free") || function.name == "zfssa_driver_close"
}

struct Program<'a> {
    structures: &'a [Structure],
    text: String,
    cases: Vec<String>,
    calls: usize,
}

impl Program<'_> {
    fn begin(&mut self, case: &str) {
        self.cases.push(case.to_owned());
        let _ = write!(
            self.text,
            "\nstatic void case_{case}(void)\n{{\n    prepare();\n"
        );
    }

    fn end(&mut self) {
        self.text.push_str("}\n");
    }

    /// A call with one argument replaced; `fill` runs before it.
    fn call(
        &mut self,
        function: &Function,
        bad: Option<(usize, &str)>,
        fill: &str,
        must_fail: bool,
        what: &str,
    ) {
        self.calls += 1;
        let arguments: Vec<String> = function
            .parameters
            .iter()
            .enumerate()
            .map(|(index, parameter)| match bad {
                Some((at, text)) if at == index => text.to_owned(),
                _ => good(function, parameter),
            })
            .collect();
        let arguments = arguments.join(", ");
        let name = &function.name;
        let own = format!("{name}_args_t");
        let _ = write!(self.text, "    {{\n{LOCALS}");
        if self
            .structures
            .iter()
            .any(|structure| structure.name == own)
        {
            let _ = writeln!(
                self.text,
                "    {own} args; memset(&args, 0, sizeof args); args.size = sizeof args; (void)args;"
            );
            self.text.push_str(&self.filled(&own));
        }
        self.text.push_str(fill);
        let _ = if function.result == "zfssa_status_t" && function.name != "zfssa_result_status" {
            let takes_err = function.parameters.iter().any(|p| p.name == "err");
            let err = match bad {
                Some((at, _)) if function.parameters[at].name == "err" => "NULL",
                _ if takes_err => "err",
                _ => "NULL",
            };
            writeln!(
                self.text,
                "    const zfssa_status_t status = {name}({arguments});\n    \
                 judge(\"{what}\", status, {err}, {});",
                i32::from(must_fail)
            )
        } else if function.result == "void" {
            writeln!(self.text, "    {name}({arguments});")
        } else {
            writeln!(self.text, "    (void){name}({arguments});")
        };
        self.text.push_str(
            "    zfssa_result_free(got); zfssa_config_free(new_config);\n    \
             zfssa_driver_free(new_driver); zfssa_queue_free(new_queue); zfssa_detach(ticket, NULL);\n    }\n",
        );
    }

    /// Good values for the members that an operation needs.
    fn filled(&self, structure: &str) -> String {
        let structure = self.structures.iter().find(|found| found.name == structure);
        let members = structure
            .map(|found| found.members.as_slice())
            .unwrap_or_default();
        let mut text = String::new();
        for member in members {
            if member.required {
                let _ = writeln!(text, "    args.{} = \"x\";", member.name);
            } else if member.name == "size_gib" {
                text.push_str("    args.size_gib = 1;\n");
            }
        }
        text
    }
}

/// The bad values of a structure's members, as statements, and whether they must be refused.
fn bad_structures(variable: &str, structure: &Structure) -> Vec<(String, bool, String)> {
    let mut bad = Vec::new();
    let mut add = |what: String, must_fail: bool, statement: String| {
        bad.push((what, must_fail, format!("    {statement}\n")));
    };
    for size in ["0", "1", "3", "7"] {
        add(
            format!("size {size}"),
            size != "7",
            format!("{variable}.size = {size};"),
        );
    }
    // A structure of a later version, with something in the part that is not known here.
    add(
        "a tail that asks for something".to_owned(),
        true,
        format!(
            "struct {{ __typeof__({variable}) known; uint64_t more; }} later; \
             memset(&later, 0, sizeof later); later.known = {variable}; later.more = 1; \
             later.known.size = sizeof later;"
        ),
    );
    for member in &structure.members {
        let name = &member.name;
        match member.kind.as_str() {
            "const char *" => {
                add(
                    format!("{name} in bad UTF-8"),
                    true,
                    format!("{variable}.{name} = \"\\xff\\xfe\";"),
                );
                if member.required {
                    add(
                        format!("{name} NULL"),
                        true,
                        format!("{variable}.{name} = NULL;"),
                    );
                }
                if name != "message" {
                    add(
                        format!("{name} with control characters"),
                        // Some end up in no request of this test's appliance, which is not there.
                        false,
                        format!("{variable}.{name} = \"a\\r\\nb\\x01\";"),
                    );
                }
            }
            "uint32_t" if name == "flags" || name == "reserved" => {
                add(
                    format!("{name} unknown"),
                    true,
                    format!("{variable}.{name} = 0x80000000u;"),
                );
            }
            "uint32_t" if name.ends_with("_count") => {
                add(
                    format!("{name} without the array"),
                    true,
                    format!("{variable}.{name} = 3;"),
                );
                add(
                    format!("{name} beyond all"),
                    true,
                    format!("{variable}.{name} = UINT32_MAX;"),
                );
            }
            "uint64_t" | "int64_t" if name == "size_gib" || name == "timeout_ms" => {
                add(
                    format!("{name} huge"),
                    false,
                    format!("{variable}.{name} = INT64_MAX;"),
                );
                add(
                    format!("{name} odd"),
                    false,
                    format!("{variable}.{name} = (int64_t)-2;"),
                );
            }
            _ => {}
        }
    }
    bad
}

fn generate(header: &str) -> (String, usize) {
    let header = bare(header);
    let functions = functions(&header);
    let structures = structures(&header);
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
    for function in functions
        .iter()
        .filter(|function| function.name != "zfssa_get_vtable")
    {
        let name = &function.name;
        program.begin(name);
        for (index, parameter) in function.parameters.iter().enumerate() {
            if parameter.kind.ends_with('*') {
                let must_fail = !may_be_null(name, parameter, &structures);
                let what = format!("{name}: {} NULL", parameter.name);
                program.call(function, Some((index, "NULL")), "", must_fail, &what);
            }
            if parameter.kind == "const char *" {
                let what = format!("{name}: {} in bad UTF-8", parameter.name);
                program.call(function, Some((index, "\"\\xc3\\x28\"")), "", true, &what);
                let what = format!("{name}: {} with control characters", parameter.name);
                program.call(
                    function,
                    Some((index, "\"a\\x01\\r\\n\"")),
                    "",
                    false,
                    &what,
                );
            }
            if parameter.kind == "zfssa_ticket_t" {
                for ticket in ["0", "1", "UINT64_MAX", "0x123456789abcdef0"] {
                    let what = format!("{name}: ticket {ticket}");
                    // Cancelling or giving up what is over is harmless.
                    let must_fail = name == "zfssa_wait";
                    program.call(function, Some((index, ticket)), "", must_fail, &what);
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
                    program.call(function, Some((index, wild)), "", false, &what);
                }
            }
        }
        for structure in &structures {
            let own = structure.name == format!("{name}_args_t");
            let is_call = structure.name == "zfssa_call_t"
                && function
                    .parameters
                    .iter()
                    .any(|parameter| parameter.name == "call");
            if !own && !is_call {
                continue;
            }
            let variable = if own { "args" } else { "call" };
            let parameter = if own { "args" } else { "call" };
            let index = function
                .parameters
                .iter()
                .position(|found| found.name == parameter)
                .expect("the parameter of its structure");
            for (what, must_fail, fill) in bad_structures(variable, structure) {
                let argument = if fill.contains(" later;") {
                    format!("(const {} *)(const void *)&later", structure.name)
                } else {
                    format!("&{variable}")
                };
                let what = format!("{name}: {variable}: {what}");
                program.call(function, Some((index, &argument)), &fill, must_fail, &what);
            }
        }
        // Freed a moment ago: told where it can be, and never a crash.
        let freed = [
            ("zfssa_config_t *", "config", "zfssa_config_free(config);"),
            ("zfssa_driver_t *", "driver", "zfssa_driver_free(driver);"),
            ("zfssa_queue_t *", "queue", "zfssa_queue_free(queue);"),
            ("zfssa_result_t *", "result", "zfssa_result_free(result);"),
            ("zfssa_error_t *", "error", "zfssa_error_free(error);"),
        ];
        for (kind, object, free) in freed {
            let index = function
                .parameters
                .iter()
                .position(|parameter| parameter.kind.trim_start_matches("const ") == kind);
            if let Some(index) = index {
                let what = format!("{name}: {object} after it was freed");
                let must_fail = !consumes(function);
                let fill = format!("    {free}\n");
                program.call(function, Some((index, object)), &fill, must_fail, &what);
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
    let header = std::fs::read_to_string(root.join("include/zfssa.h")).unwrap();
    let (program, calls) = generate(&header);
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile.c");
    std::fs::write(&source, program).unwrap();
    println!("{calls} hostile calls");
    assert!(calls > 500, "only {calls} calls");
    c_harness::run_source(&source);
}
