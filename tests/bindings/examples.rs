//! The examples in C and C++: built strictly and run against a simulated appliance.
//!
//! What needs real iSCSI is run by the demo.

use std::path::PathBuf;

use support::etcd;
use support::host_programs::{Backend, Link, build, command, printed};
use support::repository;
use zfssa_appliance::{Exchange, Fault, FaultKind};

fn c(name: &str, link: Link) -> PathBuf {
    build(
        "cc",
        "gnu11",
        &repository(format!("examples/c/{name}.c")),
        link,
    )
}

/// How many requests of a method were answered with success at a path that ends so.
fn done(trace: &[Exchange], method: &str, in_path: &str) -> usize {
    trace
        .iter()
        .filter(|exchange| exchange.method == method && exchange.path.contains(in_path))
        .filter(|exchange| exchange.status.is_some_and(|status| status < 300))
        .count()
}

#[test]
fn blocking() {
    let backend = Backend::start();
    let program = c("blocking", Link::Shared);
    let said = printed(command(&program).arg(&backend.config).arg("volume-1"));
    assert_eq!(said, "made volume-1\ngrown to 3 GiB\ndeleted volume-1\n");
    assert_eq!(done(&backend.appliance.trace(), "POST", "/luns"), 1);
    assert!(backend.luns().is_empty());
}

#[test]
fn epoll_loop() {
    let backend = Backend::start();
    let program = c("epoll_loop", Link::Shared);
    let output = command(&program).arg(&backend.config).arg("40").output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    print!("{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said, "made 40, deleted 40\n");
    let trace = backend.appliance.trace();
    assert_eq!(done(&trace, "POST", "/luns"), 40);
    assert_eq!(done(&trace, "DELETE", "/luns/volume-"), 40);
    assert!(backend.luns().is_empty());
}

#[test]
fn callbacks() {
    let backend = Backend::start();
    let program = c("callbacks", Link::Shared);
    let said = printed(command(&program).arg(&backend.config).arg("volume-1"));
    assert_eq!(
        said,
        "made volume-1\ndeleted volume-1\ncontexts given up: 2\n"
    );
    assert!(backend.luns().is_empty());
}

/// Three processes on one volume: each keeps its attachment in each round, and in the end the volume
/// is presented to all three.
#[test]
fn fleet() {
    let backend = Backend::start();
    let etcd = etcd::Cluster::start(&etcd::Options::default());
    let text = std::fs::read_to_string(&backend.config).unwrap();
    // Nothing but etcd connects the processes, as if each ran on a machine of its own.
    let port = etcd.ports()[0];
    let shared = format!(
        "zfssa_coordination_url = 'etcd://127.0.0.1:{port}'\n\
         zfssa_lock_dir = 'none'\n\
         {text}
         host-c = [{{ iqn = 'iqn.2004-10.org.example:host-c' }}]"
    );
    std::fs::write(&backend.config, shared).unwrap();
    let program = c("fleet", Link::Shared);
    let hosts =
        ["host-a", "host-b", "host-c"].map(|host| format!("iqn.2004-10.org.example:{host}"));
    std::thread::scope(|scope| {
        for host in &hosts {
            let mut command = command(&program);
            command.arg(&backend.config).args(["volume-1", host, "15"]);
            scope.spawn(move || {
                let said = printed(&mut command);
                let last = said.lines().last().unwrap();
                assert_eq!(last, "attached 15 times, and never lost it");
            });
        }
    });
    assert_eq!(backend.groups("volume-1"), ["host-a", "host-b", "host-c"]);
}

/// With a program in the place of qemu-img; `image_bytes` has the real one.
#[test]
fn clone_image() {
    use std::os::unix::fs::PermissionsExt as _;

    let backend = Backend::start();
    let program = c("clone_image", Link::Shared);
    let files = tempfile::tempdir().unwrap();
    let (image, qemu) = (files.path().join("image"), files.path().join("qemu"));
    std::fs::write(&image, "bytes").unwrap();
    let script = "#!/bin/sh\n[ \"$1\" = info ] && { echo '{}'; exit 0; }\ncat > /dev/null\n";
    std::fs::write(&qemu, script).unwrap();
    std::fs::set_permissions(&qemu, std::fs::Permissions::from_mode(0o700)).unwrap();
    for (volume, how) in [("volume-1", "written"), ("volume-2", "there")] {
        let mut command = command(&program);
        command.arg(&backend.config).arg(volume).arg(&image);
        command.args(["raw", "1048576", "iqn.2004-10.org.example:host-a"]);
        let said = printed(command.arg(&qemu));
        let (last, made) = (
            said.lines().last().unwrap(),
            format!("made {volume}, a clone of "),
        );
        assert!(last.starts_with(&made) && last.ends_with(how), "{said}");
        assert!(said.lines().count() > 1, "no progress: {said}");
    }
    assert_eq!(backend.luns().len(), 2);
}

#[test]
fn cancel_and_deadline() {
    let backend = Backend::start();
    // No volume is ever made, and what is asked for is never answered.
    let never = Fault::new(FaultKind::Hang { ms: None }).on("POST", "/luns$");
    backend.appliance.faults().push(never.forever());
    let program = c("cancel_and_deadline", Link::Shared);
    let said = printed(command(&program).arg(&backend.config).arg("volume-1"));
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(
        lines[0].starts_with("deadline: DEADLINE, outcome "),
        "{said}"
    );
    assert_eq!(lines[1], "wait: TIMED_OUT");
    assert!(
        lines[2].starts_with("cancel: CANCELLED, outcome "),
        "{said}"
    );
    backend.appliance.faults().clear();
    backend.appliance.release();
}

#[test]
fn load_at_run_time() {
    let backend = Backend::start();
    let program = c("load_at_run_time", Link::Loaded);
    let said = printed(command(&program).arg(&backend.config));
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[0], concat!("libzfssa ", env!("CARGO_PKG_VERSION")));
    assert!(lines[1].starts_with("target iqn."), "{said}");
    assert_eq!(lines[2], "objects left: 0");
    assert!(
        done(&backend.appliance.trace(), "PUT", "/")
            + done(&backend.appliance.trace(), "POST", "/")
            > 0
    );
}

#[test]
fn static_embedding() {
    let backend = Backend::start();
    let program = c("static_embedding", Link::Static);
    // Without the directory of the shared library: there is none to be found.
    let said = printed(std::process::Command::new(&program).arg(&backend.config));
    assert!(said.contains("log: do_setup: "), "{said}");
    let last = said.lines().find(|line| line.starts_with("embedded: "));
    let last = last.unwrap_or_else(|| panic!("{said}"));
    assert!(last.ends_with(" GiB free in pool-0"), "{last}");
    assert!(!said.contains("CANARY"));
}

#[test]
fn futures() {
    let source = repository("examples/cpp/futures.cpp");
    for compiler in ["g++", "clang++"] {
        let backend = Backend::start();
        let program = build(compiler, "c++17", &source, Link::Shared);
        let said = printed(command(&program).arg(&backend.config).args(["a", "b", "a"]));
        let mut lines: Vec<_> = said.lines().collect();
        lines.sort_unstable();
        assert_eq!(
            lines,
            [
                "VOLUME_EXISTS, outcome REJECTED",
                "deleted 2",
                "made a",
                "made b"
            ],
            "{compiler}"
        );
        assert!(backend.luns().is_empty());
    }
}

#[test]
fn coroutines() {
    let backend = Backend::start();
    let source = repository("examples/cpp/coroutines.cpp");
    let program = build("g++", "c++20", &source, Link::Shared);
    let said = printed(command(&program).arg(&backend.config).arg("10"));
    assert_eq!(said, "10 volumes came and went, 20 GiB in all\n");
    assert_eq!(done(&backend.appliance.trace(), "POST", "/snapshots"), 20);
    assert!(backend.luns().is_empty());
}

/// Nothing among the examples is left untried.
#[test]
fn every_example_is_here() {
    let tests = std::fs::read_to_string(repository("tests/bindings/examples.rs")).unwrap();
    let demo = std::fs::read_to_string(repository(".ci/demo")).unwrap();
    for directory in ["examples/c", "examples/cpp"] {
        for entry in std::fs::read_dir(repository(directory)).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            let program = std::fs::read_to_string(&path)
                .unwrap()
                .contains("int main(");
            let run_here = tests.contains(&format!("fn {stem}()"));
            assert!(
                !program || run_here || demo.contains(&format!("build/{stem} ")),
                "{stem} is not run"
            );
        }
    }
}
