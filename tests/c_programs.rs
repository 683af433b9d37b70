//! The C programs of `tests/c`.

mod c_harness;

use c_harness::run;

#[test]
fn echo() {
    run("echo");
}
