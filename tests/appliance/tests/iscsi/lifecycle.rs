//! Start, stop, and what is left.

use std::time::Duration;

use zfssa_appliance::data_plane::{DataPlaneOptions, TgtdDataPlane};
use zfssa_appliance::storage::DataPlane;

use crate::processes::processes_in;
use crate::rig::{Rig, guid};
use crate::{A, B, MIB};

#[tokio::test]
async fn nothing_is_left_when_it_stops() {
    // An address of its own: no other test opens this port again once it is free.
    let mut rig = Rig::at("127.0.0.77:0".parse().unwrap());
    let lun = rig.lun(1, 16 * MIB);
    rig.show(None, &[(1, &lun)]);
    rig.plane.snapshot_taken(&lun, "s-1");
    rig.settled().await;
    let mut session = rig.host(A).session(1);
    rig.host(B).io(1, &["read 0 512"]).succeeds();
    assert_eq!(rig.processes(), 2);
    assert_eq!(std::fs::read_dir(rig.directory()).unwrap().count(), 1);

    rig.plane.stop().unwrap();

    assert_eq!(rig.processes(), 0);
    assert_eq!(std::fs::read_dir(rig.directory()).unwrap().count(), 0);
    std::net::TcpStream::connect(rig.plane.portal()).unwrap_err();
    rig.plane.settled().await.unwrap_err();
    rig.plane.stop().unwrap();
    session.kill();
}

#[tokio::test]
async fn dropping_it_stops_it_and_a_dead_tgtd_is_replaced() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 16 * MIB);
    rig.show(Some(A), &[(1, &lun)]);
    rig.settled().await;
    rig.host(A).io(1, &["write -P 0x11 0 1M"]).succeeds();
    let [process] = processes_in(rig.directory())[..] else {
        panic!("one view, one process")
    };
    // SAFETY: plain numbers. The process was started by this test's data plane, which has not waited for it.
    assert_eq!(
        unsafe { libc::kill(process as libc::pid_t, libc::SIGKILL) },
        0
    );
    rig.host(A).io(1, &["read -P 0x11 0 1M"]).succeeds();
    let directory = rig.keep_directory();
    drop(rig);
    assert!(processes_in(directory.path()).is_empty());
}

#[tokio::test]
async fn many_initiators_do_not_pile_up_processes() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 16 * MIB);
    rig.show(None, &[(1, &lun)]);
    rig.settled().await;
    let mut session = rig.host(A).session(1);
    for n in 0..40 {
        rig.host(&format!("iqn.2000-01.example:host-{n}"))
            .inquiry(1, None);
    }
    assert!(rig.processes() <= 33, "{} processes", rig.processes());
    assert!(
        session.run("read 0 1M").contains("read 1048576"),
        "a view with a session must stay"
    );
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 16 * MIB);
    rig.show(Some(A), &[(0, &lun)]);
    rig.tell();
    let error = rig.plane.settled().await.unwrap_err();
    assert!(error.to_string().contains("LU number 0"), "{error}");
    rig.plane.snapshot_taken(&guid(99), "s-1");
    rig.plane.settled().await.unwrap_err();
    rig.plane.settled().await.unwrap();

    let taken = DataPlaneOptions {
        portal: rig.plane.portal(),
        ..DataPlaneOptions::default()
    };
    let error = TgtdDataPlane::start(taken).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    let nowhere = DataPlaneOptions {
        directory: Some("/nonexistent".into()),
        ..DataPlaneOptions::default()
    };
    assert_eq!(
        TgtdDataPlane::start(nowhere).unwrap_err().kind(),
        std::io::ErrorKind::NotFound
    );
}

#[tokio::test]
async fn settled_waits_for_what_was_told_before_it() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 16 * MIB);
    let settled = rig.plane.settled();
    tokio::time::timeout(Duration::from_secs(60), settled)
        .await
        .unwrap()
        .unwrap();
    assert!(rig.backing(&lun).exists());
}
