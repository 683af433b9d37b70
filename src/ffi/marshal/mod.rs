//! Strings, structures and arrays that come from C or go to it.

pub mod host_memory;
pub mod strings;
pub mod versioned_struct;
pub mod view_memory;
