//! The C programs of `tests/c`.

use support::c_harness::run;

#[test]
fn echo() {
    run("echo");
}

#[test]
fn process() {
    run("process");
}

#[test]
fn log() {
    run("log");
}

#[test]
fn progress() {
    run("progress");
}

#[test]
fn metrics() {
    run("metrics");
}

#[test]
fn cost() {
    run("cost");
}

/// Uses nothing of the library by name, so that the linker leaves it out.
#[test]
fn dlopen() {
    run("dlopen");
}
