//! Persistent API tokens: their creation, and the revocation of those that they replace.

pub(super) mod create;
mod draft;
