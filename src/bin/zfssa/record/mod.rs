//! Recorder of the requests of any host to an appliance, with their answers.

mod identity;
mod masks;
pub mod proxy;
pub mod trace;

pub use identity::Identity;
