//! A token file is on the disk, with its name, before the former tokens are revoked: after a crash
//! of the host it holds a token that is valid.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use support::{Fixture, config_at, only_test, path_text};
use zfssa::driver::{CreateApiToken, DoSetup, Driver};
use zfssa_appliance::{Options, Release};

use super::{CA, PORT, STATE, noted};

/// Not a test of its own: what the child does. Without a port it does nothing.
#[tokio::test]
async fn child() {
    let Ok(port) = std::env::var(PORT) else {
        return;
    };
    let variable = |name| std::env::var(name).unwrap();
    let config = config_at(port.parse().unwrap(), Path::new(&variable(CA)));
    let driver = Driver::new(config.build().unwrap()).unwrap();
    let directory = Path::new(&variable(STATE)).to_owned();
    std::fs::create_dir_all(&directory).unwrap();
    for _ in 0..2 {
        let token = CreateApiToken {
            name: "host-1".to_owned(),
            lifetime: Duration::from_secs(3600),
            token_file: path_text(&directory.join("token")).to_owned(),
            ..CreateApiToken::default()
        };
        driver.call(token).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_file_is_on_the_disk_before_the_former_token_is_revoked() {
    let mut options = Options::default();
    options.knobs.release = Release::Os88;
    let bench = Fixture::raw(options, |_| {}).await;
    bench.driver.call(DoSetup {}).await.unwrap();
    let noted = noted(&bench, only_test(module_path!(), "child")).await;
    let mut unsynced = BTreeSet::new();
    let (mut written, mut replaced, mut sent_since) = (0, 0, 0);
    for line in noted.lines() {
        match line.split_once(' ').unwrap() {
            ("write", path) => {
                written += 1;
                unsynced.insert(path);
            }
            ("sync", path) => {
                unsynced.remove(path);
                sent_since = 0;
            }
            ("rename", path) => {
                assert!(unsynced.is_empty(), "{unsynced:?} not synced:\n{noted}");
                replaced += 1;
                unsynced.insert(Path::new(path).parent().unwrap().to_str().unwrap());
            }
            ("unlink", path) => panic!("{path} was removed:\n{noted}"),
            // The connection that proved the token may be closed before the directory is synced.
            _ => sent_since += 1,
        }
    }
    assert!(unsynced.is_empty(), "{unsynced:?} not synced:\n{noted}");
    assert_eq!(replaced, 2, "{noted}");
    assert!(
        written >= 2 && sent_since >= 1,
        "revoked too early:\n{noted}"
    );
}
