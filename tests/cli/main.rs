//! The command `zfssa`, as a process, on the simulated appliance.

mod audit;
mod bench;
mod errors;
mod init;
mod interrupts;
mod operations;
mod record;
mod session;
mod shape;
mod terminal;
mod terminal_session;
mod traceparent;
mod verify;
mod watch;
