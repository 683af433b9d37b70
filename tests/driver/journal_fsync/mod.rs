//! What a journal announces is on the disk before it is sent: no record and no name of a journal
//! is without its `fsync` when the next request leaves the process.
//!
//! The simulator lives in this process, the driver in a child: this executable, started again with
//! a library before the C library that notes writes, syncs and what is sent.

mod token_file;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use support::{Fixture, config_at, only_test, path_text};
use zfssa::driver::{CreateClonedVolume, CreateVolume, DeleteVolume, Driver};

const PORT: &str = "ZFSSA_DURABLE_PORT";
const CA: &str = "ZFSSA_DURABLE_CA";
const STATE: &str = "ZFSSA_DURABLE_STATE";

/// Not a test of its own: what the child does. Without a port it does nothing.
#[tokio::test]
async fn child() {
    let Ok(port) = std::env::var(PORT) else {
        return;
    };
    let variable = |name| std::env::var(name).unwrap();
    let mut config = config_at(port.parse().unwrap(), Path::new(&variable(CA)));
    config.set("zfssa_state_dir", &variable(STATE));
    let driver = Driver::new(config.build().unwrap()).unwrap();
    let create = CreateVolume {
        name: "volume-1".into(),
        size_gib: 1,
        ..CreateVolume::default()
    };
    driver.call(create).await.unwrap();
    let clone = CreateClonedVolume {
        name: "volume-2".into(),
        id: "2".into(),
        size_gib: 2,
        source_volume: "volume-1".into(),
        ..CreateClonedVolume::default()
    };
    driver.call(clone).await.unwrap();
    let delete = DeleteVolume {
        name: "volume-2".into(),
    };
    driver.call(delete).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_journal_announces_is_on_the_disk_before_it_is_sent() {
    let bench = Fixture::ready().await;
    let noted = noted(&bench, only_test(module_path!(), "child")).await;
    let (mut unsynced, mut known) = (BTreeSet::new(), BTreeSet::new());
    let (mut journals, mut records, mut requests) = (0, 0, 0);
    for line in noted.lines() {
        match line.split_once(' ').unwrap() {
            ("write", path) => {
                records += 1;
                unsynced.insert(path);
                if known.insert(path) {
                    journals += 1;
                    // Its name is new in the directory.
                    let directory = Path::new(path).parent().unwrap();
                    unsynced.insert(directory.to_str().unwrap());
                }
            }
            ("sync", path) => {
                unsynced.remove(path);
            }
            ("unlink", path) => {
                known.remove(path);
            }
            // A journal is renamed only when a later one takes its name.
            ("rename", path) => panic!("{path} was renamed:\n{noted}"),
            _ => {
                assert!(
                    unsynced.is_empty(),
                    "sent before {unsynced:?} was synced:\n{noted}"
                );
                requests += 1;
            }
        }
    }
    // The journal of the clone and that of its deletion, each with a record for each step.
    assert_eq!((journals, known.len()), (2, 0), "{noted}");
    assert!(records >= 5 && requests > records, "{records} {requests}");
}

/// What a child does to files and sends, in its order. `arguments` name the test that is the child.
pub(super) async fn noted(bench: &Fixture, arguments: [String; 4]) -> String {
    let noted = bench.dir.path().join("noted");
    let library = bench.dir.path().join("syncs.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/driver/journal_fsync/syncs.c");
    let compiled = Command::new("cc")
        .args([
            "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o",
        ])
        .args([&library, &source])
        .arg("-ldl")
        .status();
    assert!(compiled.expect("a C compiler").success());
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(arguments)
        .env(PORT, bench.appliance.port().to_string())
        .env(CA, path_text(bench.ca.path()))
        .env(STATE, bench.dir.path().join("state/deep"))
        .env("LD_PRELOAD", &library)
        .env("ZFSSA_SYNCS", &noted)
        .stdout(Stdio::null());
    let status = tokio::task::spawn_blocking(move || child.status().unwrap());
    assert!(status.await.unwrap().success());
    std::fs::read_to_string(&noted).unwrap()
}
