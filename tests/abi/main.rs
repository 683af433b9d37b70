//! C ABI: C programs, compiled as a host would and run one process a case.
//!
//! The memory checkers run exactly this binary (`.ci/test`).

mod c_operations;
mod c_programs;
mod hostile_input;
