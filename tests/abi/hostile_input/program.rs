//! The C program that makes the calls.

use std::fmt::Write as _;

use super::arguments::{Wanted, gives_status, good, right_value, takes_no_good_array};
use super::description::{Function, Structure, named};
use super::structures::{bad_structures, filled};

pub(super) const PREPARE: &str = r#"
#include "test.h"
#include "zfssa_dl.h"

static zfssa_config_t *config;
static zfssa_driver_t *driver;
static zfssa_queue_t *queue;
static zfssa_result_t *result;
static zfssa_error_t *error;
static zfssa_metrics_t *metrics;
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
    OK(zfssa_driver_metrics(driver, &metrics, &err));
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

pub(super) const LOCALS: &str = "    zfssa_error_t *err = (zfssa_error_t *)RUBBISH; zfssa_ticket_t ticket = RUBBISH;\n\
    zfssa_result_t *got = (zfssa_result_t *)RUBBISH; zfssa_config_t *new_config = (zfssa_config_t *)RUBBISH;\n\
    zfssa_driver_t *new_driver = (zfssa_driver_t *)RUBBISH; zfssa_queue_t *new_queue = (zfssa_queue_t *)RUBBISH;\n\
    zfssa_metrics_t *new_metrics = (zfssa_metrics_t *)RUBBISH; (void)new_metrics;\n\
    zfssa_call_t call; uint64_t length = RUBBISH; uint32_t count = RUBBISH; int32_t fd = RUBBISH;\n\
    memset(&call, 0, sizeof call); call.size = sizeof call; call.timeout_ms = 1;\n\
    (void)err; (void)ticket; (void)got; (void)new_config; (void)new_driver; (void)new_queue;\n\
    (void)length; (void)count; (void)fd;\n";

/// What a function gives through pointers: how that is passed, what is NULL or 0 when it fails,
/// and how what it gave is given back.
pub(super) const OUTPUTS: &[(&str, &str, &str)] = &[
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
    (
        "&new_metrics",
        "new_metrics == NULL",
        "zfssa_metrics_free(new_metrics);",
    ),
    ("&count", "count == 0", ""),
    ("&length", "length == 0", ""),
    ("&fd", "fd == -1", ""),
];

pub(super) struct Program<'a> {
    pub(super) structures: &'a [Structure],
    pub(super) text: String,
    pub(super) cases: Vec<String>,
    pub(super) calls: usize,
}

impl Program<'_> {
    pub(super) fn begin(&mut self, case: &str) {
        self.cases.push(case.to_owned());
        let _ = write!(
            self.text,
            "\nstatic void case_{case}(void)\n{{\n    prepare();\n"
        );
    }

    pub(super) fn end(&mut self) {
        self.text.push_str("}\n");
    }

    /// A call with one argument replaced; `fill` runs before it.
    pub(super) fn call(
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
    pub(super) fn structure(
        &mut self,
        function: &Function,
        parameter: &str,
        structure: &Structure,
    ) {
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
