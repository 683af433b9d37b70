//! Client of etcd's JSON gateway (`/v3/…`, etcd 3.4 and later).
//!
//! The gateway needs no code beyond the HTTP client and the JSON reader that the engine has. Keys
//! and values are in Base64, 64-bit numbers are texts, and members that are zero, false or empty
//! are left out.

mod answer;
mod client;
mod failure;
mod txn;

pub use answer::{Answer, KeyValue};
pub use client::Etcd;
pub(super) use client::Unmade;
pub(super) use failure::Failure;
pub use txn::{Compare, Op, Txn};
