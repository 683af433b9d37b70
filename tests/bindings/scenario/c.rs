//! The scenario through the C ABI: a program in C is written from it, one call after another.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use serde_json::{Map, Value};

use super::Ground;
use super::transcript::{Answer, Transcript};
use support::c_harness;

/// Runs a call and says in one line what it gave; on the appliance's turn, says `TURN` and waits
/// for a line.
const PRELUDE: &str = r#"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zfssa.h"

static zfssa_driver_t *driver;
static zfssa_ticket_t ticket;
static zfssa_error_t *error;

static void must(zfssa_status_t status)
{
    if (status == ZFSSA_OK)
        return;
    fprintf(stderr, "%s\n", error != NULL ? zfssa_error_info(error)->text : "an error");
    exit(1);
}

static void failed(const char *operation, const zfssa_error_t *why)
{
    const zfssa_error_info_t *info = zfssa_error_info(why);

    printf("%s\t%s\t%s\t%s\tnull\n", operation, zfssa_status_name(info->status),
           zfssa_outcome_name(info->outcome), info->fault != NULL ? info->fault : "");
}

static void report(const char *operation, zfssa_status_t status)
{
    zfssa_result_t *result = NULL;

    if (status != ZFSSA_OK) {
        failed(operation, error);
        zfssa_error_free(error);
        error = NULL;
        return;
    }
    must(zfssa_ticket_wait(ticket, -1, &result, &error));
    if (zfssa_result_status(result) != ZFSSA_OK)
        failed(operation, zfssa_result_error(result));
    else
        printf("%s\tOK\t\t\t%s\n", operation, zfssa_result_json(result, NULL));
    zfssa_result_free(result);
}

static void turn(void)
{
    char line[16];

    puts("TURN");
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL)
        exit(1);
}
"#;

pub fn run(ground: &Ground) -> Transcript {
    let source = ground.directory.path().join("scenario.c");
    std::fs::write(&source, program(ground)).unwrap();
    let mut child = c_harness::command_of(&c_harness::compile(&source))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut turns = ground
        .steps()
        .into_iter()
        .filter_map(|step| step.into_call().err());
    let mut calls = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if line == "TURN" {
            ground.turn(&turns.next().expect("a turn of the appliance"));
            input.write_all(b"\n").unwrap();
            continue;
        }
        let [operation, status, outcome, fault, result] = line.split('\t').collect::<Vec<_>>()[..]
        else {
            panic!("not five fields: {line}");
        };
        calls.push(Answer {
            operation: operation.to_owned(),
            status: status.to_owned(),
            outcome: outcome.to_owned(),
            fault: fault.to_owned(),
            result: serde_json::from_str(result).unwrap(),
        });
    }
    assert!(child.wait().unwrap().success());
    Transcript { calls }
}

fn program(ground: &Ground) -> String {
    let mut text = PRELUDE.to_owned();
    let mut main = String::new();
    for (number, step) in ground.steps().into_iter().enumerate() {
        match step.into_call() {
            Ok(call) => {
                write!(text, "\nstatic void step_{number}(void)\n{{\n").unwrap();
                text.push_str(&body(&call.operation, &call.args));
                text.push_str("}\n");
                writeln!(main, "    step_{number}();").unwrap();
            }
            Err(_) => main.push_str("    turn();\n"),
        }
    }
    text.push_str("\nint main(void)\n{\n    zfssa_config_t *config = NULL;\n\n");
    text.push_str("    must(zfssa_config_new(&config, &error));\n");
    for (name, value) in ground.options() {
        let (name, value) = (literal(&name), literal(&value));
        writeln!(
            text,
            "    must(zfssa_config_set(config, {name}, {value}, &error));"
        )
        .unwrap();
    }
    text.push_str("    must(zfssa_driver_new(config, &driver, &error));\n");
    text.push_str("    zfssa_config_free(config);\n");
    text.push_str(&main);
    text.push_str("    zfssa_driver_free(driver);\n    return 0;\n}\n");
    text
}

/// The statements of one call.
fn body(operation: &str, args: &Map<String, Value>) -> String {
    let mut pairs = String::new();
    let mut members = String::new();
    for (name, value) in args {
        match value {
            Value::String(text) => writeln!(members, "    args.{name} = {};", literal(text)),
            Value::Object(entries) => {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(key, value)| {
                        format!("{{{}, {}}}", literal(key), literal(value.as_str().unwrap()))
                    })
                    .collect();
                let list = entries.join(", ");
                writeln!(
                    pairs,
                    "    static const zfssa_pair_t {name}[] = {{{list}}};"
                )
                .unwrap();
                let count = entries.len();
                writeln!(
                    members,
                    "    args.{name} = {name};\n    args.{name}_count = {count};"
                )
            }
            number => writeln!(members, "    args.{name} = {number};"),
        }
        .unwrap();
    }
    format!(
        "{pairs}    zfssa_{operation}_args_t args;\n\n    memset(&args, 0, sizeof args);\n    \
         args.size = sizeof args;\n{members}    report({}, zfssa_{operation}(driver, &args, NULL, \
         &ticket, &error));\n",
        literal(operation)
    )
}

/// A string literal of C, byte by byte where a byte is not plain.
fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => literal.extend(['\\', char::from(byte)]),
            b' '..=b'~' => literal.push(char::from(byte)),
            // Three digits: a digit that follows is not taken in.
            _ => write!(literal, "\\{byte:03o}").unwrap(),
        }
    }
    literal.push('"');
    literal
}
