//! The data plane with real hosts: `iscsi-ls`, `iscsi-inq`, `qemu-img` and `qemu-io` against the public portal.

#[path = "../common/mod.rs"]
mod common;
mod host;
mod processes;
mod rig;

mod chap;
mod copies;
mod lifecycle;
mod masking;
mod program;
mod rest;
mod sessions;

/// Two initiators.
const A: &str = "iqn.1993-08.org.debian:01:host-a";
const B: &str = "iqn.1993-08.org.debian:01:host-b";
const MIB: u64 = 1 << 20;
