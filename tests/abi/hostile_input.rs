//! Hostile input: every exported function × every bad argument, generated from the description of
//! the ABI, so that a new function cannot be forgotten.
//!
//! Each call gives an error or the value that the header promises or, where it allows the
//! argument, works; none crashes. A failure leaves NULL or 0 in what the function would have
//! given. The same calls with good arguments work.

use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;
use support::c_harness::run_source;

/// The description of the ABI, `docs/abi/zfssa.json`.
#[derive(Deserialize)]
struct Description {
    functions: Vec<Function>,
    structures: Vec<Structure>,
}

/// A parameter of a function, or a member of a structure.
#[derive(Clone, Debug, Deserialize)]
struct Parameter {
    /// As C spells it: `const char *`.
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    required: bool,
    /// Required, and an empty text will do.
    #[serde(default)]
    may_be_empty: bool,
}

#[derive(Debug, Deserialize)]
struct Function {
    #[serde(rename = "returns")]
    result: String,
    name: String,
    parameters: Vec<Parameter>,
}

#[derive(Debug, Deserialize)]
struct Structure {
    name: String,
    members: Vec<Parameter>,
}

/// Texts that may hold control characters: what is free text, and what is read as a file's name
/// or content, of which validation tells.
const FREE_TEXTS: &[&str] = &["message", "value", "path", "toml", "conf"];

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
            "section" if function.name.ends_with("_toml") => "NULL".to_owned(),
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
        "err" | "call" | "length" | "function" | "context" | "drop"
    ) || (function == "zfssa_config_set" && parameter.name == "value")
        || (function.ends_with("_toml") && parameter.name == "section")
        || optional_arguments
        || function.ends_with("_free")
}

const PREPARE: &str = r#"
#include "test.h"
#include "zfssa_dl.h"

static zfssa_config_t *config;
static zfssa_driver_t *driver;
static zfssa_queue_t *queue;
static zfssa_result_t *result;
static zfssa_error_t *error;
static zfssa_event_t events[8];

typedef enum { ANY, REFUSED, STALE, ACCEPTED } wanted_t;

/* What a place holds before a call that should clear it. */
#define RUBBISH 0x5a5a5a50

static void prepare(void)
{
    zfssa_ticket_t ticket;
    config = test_config();
    driver = test_driver();
    OK(zfssa_queue_new(&queue, &err));
    ticket = echo(driver, 0, NULL);
    OK(zfssa_ticket_wait(ticket, 10000, &result, &err));
    CHECK(zfssa_config_set(NULL, "a", "b", &error) != ZFSSA_OK);
    /* So that taking from it does not wait. */
    OK(zfssa_queue_wake(queue, &err));
}

/* The status of a call: an error with words, or what the header allows. */
static void judge(const char *what, zfssa_status_t status, zfssa_error_t *err, wanted_t wanted)
{
    if (wanted == REFUSED && status == ZFSSA_OK) {
        fprintf(stderr, "%s: was accepted\n", what);
        exit(1);
    }
    if ((wanted == ACCEPTED && status != ZFSSA_OK) ||
        (wanted == STALE && status != ZFSSA_E_STALE) || status == ZFSSA_E_INTERNAL) {
        fprintf(stderr, "%s: gave %s: %s\n", what, zfssa_status_name(status),
                err != NULL ? zfssa_error_info(err)->text : "");
        exit(1);
    }
    if (err != NULL) {
        CHECK(status != ZFSSA_OK && zfssa_error_info(err)->status == status);
        CHECK(zfssa_error_info(err)->message[0] != '\0');
        zfssa_error_free(err);
    }
}

/* Whether a function that gives a value gave what it should. */
static void judge_value(const char *what, int is_right)
{
    if (!is_right) {
        fprintf(stderr, "%s: gave another value\n", what);
        exit(1);
    }
}
"#;

const LOCALS: &str = "    zfssa_error_t *err = (zfssa_error_t *)RUBBISH; zfssa_ticket_t ticket = RUBBISH;\n\
    zfssa_result_t *got = (zfssa_result_t *)RUBBISH; zfssa_config_t *new_config = (zfssa_config_t *)RUBBISH;\n\
    zfssa_driver_t *new_driver = (zfssa_driver_t *)RUBBISH; zfssa_queue_t *new_queue = (zfssa_queue_t *)RUBBISH;\n\
    zfssa_call_t call; uint64_t length = RUBBISH; uint32_t count = RUBBISH; int32_t fd = RUBBISH;\n\
    memset(&call, 0, sizeof call); call.size = sizeof call; call.timeout_ms = 1;\n\
    (void)err; (void)ticket; (void)got; (void)new_config; (void)new_driver; (void)new_queue;\n\
    (void)length; (void)count; (void)fd;\n";

/// What a function gives through pointers: how that is passed, what is NULL or 0 when it fails,
/// and how what it gave is given back.
const OUTPUTS: &[(&str, &str, &str)] = &[
    (
        "&ticket",
        "ticket == 0",
        "zfssa_ticket_abandon(ticket, NULL);",
    ),
    ("&got", "got == NULL", "zfssa_result_free(got);"),
    (
        "&new_config",
        "new_config == NULL",
        "zfssa_config_free(new_config);",
    ),
    (
        "&new_driver",
        "new_driver == NULL",
        "zfssa_driver_free(new_driver);",
    ),
    (
        "&new_queue",
        "new_queue == NULL",
        "zfssa_queue_free(new_queue);",
    ),
    ("&count", "count == 0", ""),
    ("&length", "length == 0", ""),
    ("&fd", "fd == -1", ""),
];

/// What a call must come to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Whatever the header allows.
    Any,
    Refused,
    /// Refused as a ticket that stands for nothing.
    Stale,
    Accepted,
}

impl Wanted {
    fn refused(when: bool) -> Wanted {
        if when { Wanted::Refused } else { Wanted::Any }
    }

    fn in_c(self) -> &'static str {
        match self {
            Wanted::Any => "ANY",
            Wanted::Refused => "REFUSED",
            Wanted::Stale => "STALE",
            Wanted::Accepted => "ACCEPTED",
        }
    }
}

/// Handles of C, by their types.
const HANDLES: &[(&str, &str)] = &[
    ("zfssa_config_t *", "config"),
    ("zfssa_driver_t *", "driver"),
    ("zfssa_queue_t *", "queue"),
    ("zfssa_result_t *", "result"),
    ("zfssa_error_t *", "error"),
];

fn handle_of(parameter: &Parameter) -> Option<&'static str> {
    let kind = parameter.kind.trim_start_matches("const ");
    let found = HANDLES.iter().find(|(handle, _)| *handle == kind);
    found.map(|(_, object)| *object)
}

/// Whether a call ends the object, so that it cannot be one of many.
fn consumes(function: &Function) -> bool {
    function.name.ends_with("_free") || function.name == "zfssa_driver_close"
}

/// Functions that do not take the arguments that are good for the others, and why.
fn takes_no_good_arguments(function: &str) -> bool {
    const EXCEPTIONS: &[(&str, &str)] = &[
        (
            "zfssa_ticket_wait",
            "it need not be over when it only looks",
        ),
        ("zfssa_transfer_finish", "an echo has no image"),
        (
            "zfssa_driver_close",
            "it need not be over when it does not wait",
        ),
    ];
    EXCEPTIONS.iter().any(|(name, _)| *name == function)
}

/// Arrays that a function takes only together with another member, and why.
fn takes_no_good_array(function: &str, array: &str) -> bool {
    const EXCEPTIONS: &[(&str, &str, &str)] = &[(
        "zfssa_terminate_connection",
        "still_attached",
        "together with a flag that says what it means",
    )];
    EXCEPTIONS
        .iter()
        .any(|(name, member, _)| *name == function && array.starts_with(member))
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
        wanted: Wanted,
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
        let passed = |text: &str| arguments.iter().any(|argument| argument == text);
        let outputs = OUTPUTS.iter().filter(|(output, ..)| passed(output));
        let outputs: Vec<_> = outputs.collect();
        let err = if passed("&err") { "err" } else { "NULL" };
        let arguments = arguments.join(", ");
        let name = &function.name;
        let own = format!("{name}_args_t");
        let _ = write!(self.text, "    {{\n{LOCALS}");
        if let Some(structure) = named(self.structures, &own) {
            let _ = writeln!(
                self.text,
                "    {own} args; memset(&args, 0, sizeof args); args.size = sizeof args; (void)args;"
            );
            self.text.push_str(&filled("args", structure));
        }
        if name == "zfssa_clone_image" {
            // Somebody has to be asked for the image.
            self.text.push_str("    call.queue = queue;\n");
        }
        self.text.push_str(fill);
        let _ = if function.result == "void" {
            // What is no such object is left alone.
            let alive = if bad.is_some() { "== alive" } else { "< alive" };
            writeln!(
                self.text,
                "    const uint64_t alive = zfssa_objects_alive();\n    {name}({arguments});\n    \
                 judge_value(\"{what}\", zfssa_objects_alive() {alive});"
            )
        } else if gives_status(function) {
            writeln!(
                self.text,
                "    const zfssa_status_t status = {name}({arguments});\n    \
                 judge(\"{what}\", status, {err}, {});",
                wanted.in_c()
            )
        } else {
            let right = right_value(function, wanted);
            writeln!(
                self.text,
                "    judge_value(\"{what}\", {name}({arguments}) {right});"
            )
        };
        if gives_status(function) {
            for (_, cleared, give_back) in outputs {
                let _ = writeln!(
                    self.text,
                    "    if (status != ZFSSA_OK) CHECK({cleared}); else {{ {give_back} }}"
                );
            }
        } else if wanted == Wanted::Refused {
            for (_, cleared, _) in outputs {
                let _ = writeln!(self.text, "    CHECK({cleared});");
            }
        }
        self.text.push_str("    }\n");
    }

    /// Calls with everything that is bad about a structure that the host fills.
    fn structure(&mut self, function: &Function, parameter: &str, structure: &Structure) {
        let index = function
            .parameters
            .iter()
            .position(|found| found.name == parameter)
            .expect("the parameter of its structure");
        let name = &function.name;
        for case in bad_structures(self.structures, parameter, structure) {
            let argument = if case.fill.contains(" later;") {
                format!("(const {} *)(const void *)&later", structure.name)
            } else {
                format!("&{parameter}")
            };
            let what = format!("{name}: {parameter}: {}", case.what);
            // That good elements are taken shows that bad ones are refused for what they are.
            let wanted = match case.wanted {
                Wanted::Accepted if takes_no_good_array(name, &case.what) => Wanted::Any,
                wanted => wanted,
            };
            let fill = format!("    {}\n", case.fill);
            self.call(function, Some((index, &argument)), &fill, wanted, &what);
        }
    }
}

/// Whether a function's result is how the call went.
fn gives_status(function: &Function) -> bool {
    function.result == "zfssa_status_t" && function.name != "zfssa_result_status"
}

/// The comparison that holds for the value of a function that cannot fail.
fn right_value(function: &Function, wanted: Wanted) -> &'static str {
    let takes_handle = function.parameters.iter().any(|p| handle_of(p).is_some());
    match (function.name.as_str(), wanted) {
        ("zfssa_result_status", Wanted::Refused) => "== ZFSSA_E_INVALID_ARGUMENT",
        (_, Wanted::Refused) => "== 0",
        // Never NULL, whatever the number.
        _ if !takes_handle && function.result == "const char *" => "!= NULL",
        // All types of values compare with 0; with it, any value is right.
        _ => "!= 0 || 1",
    }
}

fn named<'a>(structures: &'a [Structure], name: &str) -> Option<&'a Structure> {
    structures.iter().find(|structure| structure.name == name)
}

/// Good values for the members that must be there.
fn filled(variable: &str, structure: &Structure) -> String {
    let mut text = String::new();
    for member in &structure.members {
        if member.required {
            let _ = writeln!(text, "    {variable}.{} = \"x\";", member.name);
        } else if member.name == "size_gib" {
            let _ = writeln!(text, "    {variable}.size_gib = 1;");
        } else if member.name == "image_virtual_size" {
            let _ = writeln!(text, "    {variable}.image_virtual_size = 1;");
        }
    }
    text
}

/// One thing that is wrong about a structure, or right.
struct Case {
    what: String,
    wanted: Wanted,
    /// Statements that make it so.
    fill: String,
}

/// The bad values of a structure that begins with its size.
fn bad_structures(structures: &[Structure], variable: &str, structure: &Structure) -> Vec<Case> {
    let mut bad = Vec::new();
    for size in ["0", "1", "3", "7"] {
        bad.push(Case {
            what: format!("size {size}"),
            wanted: Wanted::Refused,
            fill: format!("{variable}.size = {size};"),
        });
    }
    // A structure of a later version, with something in the part that is not known here.
    bad.push(Case {
        what: "a tail that asks for something".to_owned(),
        wanted: Wanted::Refused,
        fill: format!(
            "struct {{ __typeof__({variable}) known; uint64_t more; }} later; \
             memset(&later, 0, sizeof later); later.known = {variable}; later.more = 1; \
             later.known.size = sizeof later;"
        ),
    });
    bad.extend(bad_members(structures, variable, structure));
    bad
}

/// The bad values of a structure's members.
fn bad_members(structures: &[Structure], variable: &str, structure: &Structure) -> Vec<Case> {
    let mut bad = Vec::new();
    let mut add = |what: String, wanted: Wanted, fill: String| {
        bad.push(Case { what, wanted, fill });
    };
    let refused = Wanted::Refused;
    for member in &structure.members {
        let name = &member.name;
        let place = format!("{variable}.{name}");
        match member.kind.as_str() {
            "const char *" => {
                for (words, value) in bad_texts(member) {
                    let fill = format!("{place} = {value};");
                    add(format!("{name} {words}"), refused, fill);
                }
            }
            "uint32_t" if name == "flags" || name == "reserved" => {
                let fill = format!("{place} = 0x80000000u;");
                add(format!("{name} unknown"), refused, fill);
            }
            "uint32_t" if name.ends_with("_count") => {
                let fill = format!("{place} = 3;");
                add(format!("{name} without the array"), refused, fill);
                // With an array, so that it is the number that is refused.
                let array = name.trim_end_matches("_count");
                let fill = format!(
                    "{place} = UINT32_MAX; {variable}.{array} = (const void *)\"a few bytes\";"
                );
                add(format!("{name} beyond all"), refused, fill);
            }
            "uint64_t" | "int64_t" if name == "size_gib" || name == "timeout_ms" => {
                let fill = format!("{place} = INT64_MAX;");
                add(format!("{name} huge"), Wanted::Any, fill);
                let fill = format!("{place} = (int64_t)-2;");
                add(format!("{name} odd"), Wanted::Any, fill);
            }
            _ => {}
        }
        let count = format!("{name}_count");
        if structure.members.iter().any(|other| other.name == count) {
            for case in bad_elements(structures, variable, member) {
                add(case.what, case.wanted, case.fill);
            }
        }
    }
    bad
}

/// Texts whose NULL means no more than an empty text does, and why. Any other that may be NULL is
/// refused when it is empty, so that nothing wide is asked for by mistake.
fn says_nothing_when_empty(member: &str) -> bool {
    const EXCEPTIONS: &[(&str, &str)] = &[
        ("message", "NULL is an empty message"),
        (
            "value",
            "an option's value is what it is, and is judged with the others",
        ),
        ("toml", "it is a file without options"),
        ("conf", "it is a file without options"),
        ("location_info", "either is a reason to decline"),
        ("status", "an empty one is no status that migrates"),
        ("vendor_name", "an empty one is not Oracle"),
        ("storage_protocol", "an empty one is not iSCSI"),
    ];
    EXCEPTIONS.iter().any(|(name, _)| *name == member)
}

/// Texts that a member or element may not be, as expressions of C.
fn bad_texts(member: &Parameter) -> Vec<(&'static str, &'static str)> {
    let mut bad = vec![("in bad UTF-8", r#""\xff\xfe""#)];
    if !FREE_TEXTS.contains(&member.name.as_str()) {
        bad.push(("with control characters", r#""a\r\nb\x01""#));
    }
    if member.required {
        bad.push(("NULL", "NULL"));
    }
    if !(member.may_be_empty || says_nothing_when_empty(&member.name)) {
        bad.push(("empty", r#""""#));
    }
    bad
}

/// Arrays of two with everything that can be wrong about the second, and one that is good.
fn bad_elements(structures: &[Structure], variable: &str, array: &Parameter) -> Vec<Case> {
    let name = &array.name;
    let items = format!("{}_{name}", variable.replace(['.', '[', ']'], "_"));
    let link = format!("{variable}.{name} = {items}; {variable}.{name}_count = 2;");
    let kind = array.kind.strip_prefix("const ").unwrap_or(&array.kind);
    if kind == "char *const *" {
        let element = Parameter {
            kind: "const char *".to_owned(),
            name: name.clone(),
            required: true,
            may_be_empty: false,
        };
        let mut cases: Vec<Case> = bad_texts(&element)
            .into_iter()
            .map(|(words, value)| Case {
                what: format!("{name}[1] {words}"),
                wanted: Wanted::Refused,
                fill: format!("const char *const {items}[2] = {{\"x\", {value}}}; {link}"),
            })
            .collect();
        cases.push(Case {
            what: format!("{name} with good elements"),
            wanted: Wanted::Accepted,
            fill: format!("const char *const {items}[2] = {{\"x\", \"y\"}}; {link}"),
        });
        return cases;
    }
    let element = kind.trim_end_matches(" *");
    let element =
        named(structures, element).unwrap_or_else(|| panic!("what is in {name}: {kind}?"));
    let second = format!("{items}[1]");
    let good = format!(
        "{} {items}[2]; memset({items}, 0, sizeof {items}); {link}\n{}{}",
        element.name,
        filled(&format!("{items}[0]"), element),
        filled(&second, element)
    );
    let mut cases = vec![Case {
        what: format!("{name} with good elements"),
        wanted: Wanted::Accepted,
        fill: good.clone(),
    }];
    for case in bad_members(structures, &second, element) {
        cases.push(Case {
            what: format!("{name}[1].{}", case.what),
            wanted: case.wanted,
            fill: format!("{good}{}", case.fill),
        });
    }
    cases
}

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
