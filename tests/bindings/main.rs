//! C++ binding, examples, and one scenario for every language.

mod cpp;
mod examples;
mod scenario;
