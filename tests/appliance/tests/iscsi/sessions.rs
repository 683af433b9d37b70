//! What changes under a session: it is cut where it has to be, and goes on where it can.

use zfssa_appliance::storage::DataPlane;

use crate::rig::Rig;
use crate::{A, B, MIB};

#[tokio::test]
async fn a_detach_cuts_this_host_at_once_and_no_other() {
    let mut rig = Rig::new();
    let (lun, kept) = (rig.lun(1, 16 * MIB), rig.lun(2, 16 * MIB));
    rig.show(Some(A), &[(1, &lun), (2, &kept)]);
    rig.show(Some(B), &[(1, &lun)]);
    rig.settled().await;
    let (mut cut, mut same_host, mut other) = (
        rig.host(A).session(1),
        rig.host(A).session(2),
        rig.host(B).session(1),
    );
    for session in [&mut cut, &mut same_host, &mut other] {
        assert!(session.run("write -P 0x11 0 1M").contains("wrote"));
    }

    rig.show(Some(A), &[(2, &kept)]);
    rig.settled().await;

    assert!(cut.run("write -P 0x22 0 1M").contains("failed"));
    assert!(cut.run("read 0 1M").contains("failed"));
    // Not only does it work: the session is the one that it was.
    assert!(same_host.run("write -P 0x22 0 1M").contains("wrote"));
    assert!(
        other
            .run("read -P 0x11 0 1M")
            .contains("read 1048576/1048576")
    );
    assert_eq!(rig.processes(), 2);
}

#[tokio::test]
async fn a_detach_cuts_a_host_that_is_busy() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 64 * MIB);
    rig.show(Some(A), &[(1, &lun)]);
    rig.settled().await;
    let load = rig.host(A).load(1);
    rig.written(&lun).await;
    rig.hide(Some(A));
    rig.settled().await;
    // No write of the load may come after this one.
    let marked = rig.backing(&lun);
    std::fs::write(&marked, vec![0x77; 64 * MIB as usize]).unwrap();
    assert!(
        !load.ended().success(),
        "the load did not notice that its LUN is gone"
    );
    assert!(
        std::fs::read(&marked)
            .unwrap()
            .iter()
            .all(|byte| *byte == 0x77)
    );
}

#[tokio::test]
async fn a_deleted_lun_is_gone_for_the_session_that_has_it() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 16 * MIB);
    rig.show(Some(A), &[(1, &lun)]);
    rig.settled().await;
    let mut session = rig.host(A).session(1);
    assert!(session.run("write 0 1M").contains("wrote"));
    let file = rig.backing(&lun);
    rig.plane.lun_deleted(&lun);
    rig.settled().await;
    assert!(!file.exists());
    assert!(session.run("read 0 1M").contains("failed"));
}

#[tokio::test]
async fn a_resize_is_seen_by_a_new_login_and_by_a_rescan() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 16 * MIB);
    rig.show(Some(A), &[(1, &lun)]);
    rig.settled().await;
    let mut session = rig.host(A).session(1);
    assert!(session.run("write -P 0x11 0 16M").contains("wrote"));
    rig.plane.lun_resized(&lun, 128 * MIB);
    rig.settled().await;
    assert_eq!(rig.host(A).disks()[0].1, [(1, 127)]);
    rig.host(A)
        .io(1, &["read -P 0x11 0 16M", "write -P 0x22 127M 1M"])
        .succeeds();
    // QEMU reads the capacity of an open disk again when it is told to "truncate" it.
    session.run("truncate 128M");
    assert!(session.run("length").contains("128 MiB"));
    assert!(
        session
            .run("read -P 0x22 127M 1M")
            .contains("read 1048576/1048576")
    );
}

#[tokio::test]
async fn resizes_and_snapshots_do_not_disturb_a_busy_host() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 64 * MIB);
    rig.show(Some(A), &[(1, &lun)]);
    rig.settled().await;
    let mut load = rig.host(A).load(1);
    rig.written(&lun).await;
    for round in 1..=60 {
        rig.plane.lun_resized(&lun, (64 + round) * MIB);
        rig.settled().await;
        if round % 10 == 0 {
            rig.plane.snapshot_taken(&lun, &format!("s-{round}"));
            rig.settled().await;
        }
    }
    assert!(load.is_running(), "the load failed");
    // The load would survive a restart of its tgtd by a new login, so look at that too.
    assert_eq!(
        rig.started(),
        1,
        "the tgtd of the busy host was started again"
    );
    rig.hide(Some(A));
    rig.settled().await;
    load.ended();
}
