//! Documentation and its tables, held against the code and the tests.

mod canaries;
mod differences;
mod metrics;
mod modules_by_operation;
mod readme;
