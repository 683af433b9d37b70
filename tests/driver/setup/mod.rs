//! Set-up of a backend, and the check before it.

mod check;
mod do_setup;
