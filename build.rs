//! Link arguments of the shared library: its SONAME, and the promise that it stays mapped.
//!
//! `nodelete`: engine threads outlive `dlclose`, so unmapping their code would crash the host.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=packaging/link-arguments");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        for argument in include_str!("packaging/link-arguments").lines() {
            println!("cargo:rustc-cdylib-link-arg={argument}");
        }
    }
}
