//! The program with `--data-plane`, started as a user would.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::{LUNS, POOL, Rest};
use crate::host::Host;
use crate::processes::processes_in;
use crate::rest::{masked_lun, set_up};
use crate::{A, B};

/// A running program.
struct Program {
    child: Child,
    ready: Value,
    rest: Rest,
}

impl Program {
    fn start(directory: &Path) -> Program {
        let ca_file = tempfile::NamedTempFile::new().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_zfssa-appliance"))
            .args(["--exit-with-parent", "--data-plane", "--data-plane-dir"])
            .arg(directory)
            .arg("--ca-file")
            .arg(ca_file.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let ca_pem = std::fs::read_to_string(ca_file.path()).unwrap();
        let rest = Rest::at(ready["url"].as_str().unwrap().to_owned(), &ca_pem);
        Program { child, ready, rest }
    }

    fn host(&self, initiator: &str, target: &str) -> Host {
        let portal = self.ready["portal"].as_str().unwrap().parse().unwrap();
        Host::new(portal, initiator).at(target)
    }

    fn signal(&mut self, signal: libc::c_int) {
        // SAFETY: plain numbers. The child has not been waited for, so the number is still its own.
        assert_eq!(
            unsafe { libc::kill(self.child.id() as libc::pid_t, signal) },
            0
        );
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_program_leaves_nothing_however_it_ends() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGKILL] {
        let directory = tempfile::tempdir().unwrap();
        let mut program = Program::start(directory.path());
        let target = set_up(&program.rest).await;
        masked_lun(&program.rest, "volume").await;
        let attached = json!({"initiatorgroup": ["group-a"]});
        program.rest.put(&format!("{LUNS}/volume"), attached).await;
        let mut session = program.host(A, &target).session(1);
        assert!(session.run("write 0 1M").contains("wrote"));
        assert_eq!(processes_in(directory.path()).len(), 1);

        program.signal(signal);

        // After SIGKILL others have to see to it, a moment later.
        let left = || {
            (
                processes_in(directory.path()).len(),
                std::fs::read_dir(directory.path()).unwrap().count(),
            )
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        while left() != (0, 0) {
            assert!(
                signal == libc::SIGKILL && Instant::now() < deadline,
                "signal {signal} left {:?}",
                left()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        session.kill();
    }
}

#[tokio::test]
async fn a_volume_moves_with_its_bytes_to_the_appliance_of_another_process() {
    const REPLICATION: &str = "/api/storage/v1/replication";
    let directory = tempfile::tempdir().unwrap();
    let (source, other) = (
        Program::start(directory.path()),
        Program::start(directory.path()),
    );
    let peer = json!({"hostname": "192.0.2.2", "admin": other.ready["admin"]}).to_string();
    let peers = format!("{}/peers", source.ready["admin"].as_str().unwrap());
    let introduced = source
        .rest
        .client
        .post(peers)
        .body(peer)
        .send()
        .await
        .unwrap();
    assert!(introduced.status().is_success());

    let target = set_up(&source.rest).await;
    masked_lun(&source.rest, "volume").await;
    let attached = json!({"initiatorgroup": ["group-a"]});
    source.rest.put(&format!("{LUNS}/volume"), attached).await;
    source
        .host(A, &target)
        .io(1, &["write -P 0x11 0 8M", "write -P 0x22 56M 8M"])
        .succeeds();

    let peer = json!({"hostname": "192.0.2.2", "root_password": "secret", "label": "other"});
    source
        .rest
        .post(&format!("{REPLICATION}/targets"), peer)
        .await;
    let own = format!("{POOL}/projects/default/filesystems/volume/replication");
    source.rest.put(&own, json!({"inherited": false})).await;
    let action = json!({
        "pool": "pool-0", "project": "default", "share": "volume", "target": "other", "target_pool": "pool-0"
    });
    let action = source
        .rest
        .post(&format!("{REPLICATION}/actions"), action)
        .await["action"]["id"]
        .clone();
    let action = action.as_str().unwrap();
    let update = format!("{REPLICATION}/actions/{action}");
    source
        .rest
        .expect(202, "PUT", &format!("{update}/sendupdate"), None)
        .await;
    let deadline = Instant::now() + Duration::from_secs(30);
    while source.rest.get(&update).await["action"]["last_result"] != "success" {
        assert!(
            Instant::now() < deadline,
            "{}",
            source.rest.get(&update).await
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // What comes after the update stays behind.
    source
        .host(A, &target)
        .io(1, &["write -P 0x33 0 1M"])
        .succeeds();

    let target = set_up(&other.rest).await;
    let packages =
        other.rest.get(&format!("{REPLICATION}/sources")).await["sources"][0]["name"].clone();
    let sever = format!(
        "{REPLICATION}/sources/{}/packages/{action}/sever",
        packages.as_str().unwrap()
    );
    other
        .rest
        .expect(202, "PUT", &sever, Some(json!({"projname": "moved"})))
        .await;
    let moved = format!("{POOL}/projects/moved/luns/volume");
    let attached = json!({"initiatorgroup": ["group-b"], "targetgroup": "targets"});
    other.rest.put(&moved, attached).await;
    other
        .host(B, &target)
        .io(
            1,
            &[
                "read -P 0x11 0 8M",
                "read -P 0 8M 48M",
                "read -P 0x22 56M 8M",
            ],
        )
        .succeeds();
}
