//! Documentation and its tables, held against the code and the tests.

mod canaries;
mod differences;
mod readme;
