//! Operations that attach volumes to hosts and detach them.

pub mod connections;
pub mod exports;
