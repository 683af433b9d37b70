//! The data plane with real hosts: `iscsi-ls`, `iscsi-inq`, `qemu-img` and `qemu-io` against the public portal.

#[path = "iscsi/host.rs"]
mod host;
#[path = "iscsi/rig.rs"]
mod rig;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rig::{Rig, TARGET, guid, processes_in};
use zfssa_appliance::data_plane::{DataPlaneOptions, TgtdDataPlane};
use zfssa_appliance::storage::{Chap, DataPlane};

const A: &str = "iqn.1993-08.org.debian:01:host-a";
const B: &str = "iqn.1993-08.org.debian:01:host-b";
const MIB: u64 = 1 << 20;

#[tokio::test]
async fn only_the_presented_initiator_reaches_a_lun() {
    let mut rig = Rig::new();
    let (lun, other) = (rig.lun(1, 64 * MIB), rig.lun(2, 32 * MIB));
    rig.show(Some(A), &[(7, &lun)]);
    rig.show(Some(B), &[(7, &other), (200, &other), (300, &other)]);
    rig.settled().await;
    let (a, b, stranger) = (
        rig.host(A),
        rig.host(B),
        rig.host("iqn.2000-01.example:stranger"),
    );

    assert_eq!(a.disks(), [(TARGET.to_owned(), vec![(7, 63)])]);
    // libiscsi has a number above 255 as it is on the wire, with the mark of flat addressing.
    assert_eq!(
        b.disks(),
        [(
            TARGET.to_owned(),
            vec![(7, 31), (200, 31), (0x4000 + 300, 31)]
        )]
    );
    assert_eq!(stranger.disks(), [(TARGET.to_owned(), vec![])]);

    a.io(7, &["write -P 0x5a 1M 4M", "flush"]).succeeds();
    a.io(7, &["read -P 0x5a 1M 4M", "read -P 0 0 1M"])
        .succeeds();
    // The same number is another LUN for B, and nothing for the rest.
    b.io(7, &["read -P 0 0 32M"]).succeeds();
    b.io(0x4000 + 300, &["read -P 0 0 32M"]).succeeds();
    b.io(1, &["read 0 512"]).fails();
    a.io(200, &["read 0 512"]).fails();
    stranger.io(7, &["read 0 512"]).fails();
    stranger.io(7, &["write 0 512"]).fails();
}

#[tokio::test]
async fn the_lun_has_the_identity_that_the_appliance_gives_it() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 16 * MIB);
    rig.show(Some(A), &[(1, &lun)]);
    rig.settled().await;
    let standard = rig.host(A).inquiry(1, None);
    assert!(
        standard.contains("Vendor:SUN") && standard.contains("Product:ZFS Storage Sim"),
        "{standard}"
    );
    let serial = rig.host(A).inquiry(1, Some(0x80));
    assert!(serial.contains(&lun), "{serial}");
}

#[tokio::test]
async fn a_lun_of_the_default_group_is_for_everybody_but_an_entry_of_ones_own_is_complete() {
    let mut rig = Rig::new();
    let (everybodys, own) = (rig.lun(1, 16 * MIB), rig.lun(2, 32 * MIB));
    rig.show(None, &[(1, &everybodys)]);
    rig.show(Some(B), &[(2, &own)]);
    rig.settled().await;
    assert_eq!(rig.host(A).disks()[0].1, [(1, 15)]);
    assert_eq!(
        rig.host("iqn.2000-01.example:stranger").disks()[0].1,
        [(1, 15)]
    );
    assert_eq!(rig.host(B).disks()[0].1, [(2, 31)]);

    rig.hide(None);
    rig.settled().await;
    assert_eq!(rig.host(A).disks()[0].1, []);
}

#[tokio::test]
async fn a_clone_has_the_snapshots_bytes_whatever_becomes_of_the_origin() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 64 * MIB);
    rig.show(Some(A), &[(1, &lun)]);
    rig.settled().await;
    let (a, b) = (rig.host(A), rig.host(B));
    a.io(1, &["write -P 0x11 0 8M"]).succeeds();

    rig.plane.snapshot_taken(&lun, "s-1");
    rig.settled().await;
    a.io(1, &["write -P 0x22 0 4M", "write -P 0x22 60M 4M"])
        .succeeds();
    let clone = rig.bytes(2, 64 * MIB);
    rig.plane.cloned("s-1", &clone);
    rig.show(Some(B), &[(1, &clone.guid)]);
    rig.settled().await;
    b.io(1, &["read -P 0x11 0 8M", "read -P 0 8M 56M"])
        .succeeds();
    a.io(
        1,
        &[
            "read -P 0x22 0 4M",
            "read -P 0x11 4M 4M",
            "read -P 0x22 60M 4M",
        ],
    )
    .succeeds();

    // Neither hangs on the other, nor the clone on its snapshot.
    b.io(1, &["write -P 0x33 0 1M"]).succeeds();
    a.io(1, &["read -P 0x22 0 4M"]).succeeds();
    rig.hide(Some(A));
    rig.plane.snapshot_deleted("s-1");
    rig.plane.lun_deleted(&lun);
    rig.settled().await;
    b.io(1, &["read -P 0x33 0 1M", "read -P 0x11 1M 7M"])
        .succeeds();
}

#[tokio::test]
async fn an_image_arrives_byte_for_byte() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 16 * MIB);
    rig.show(Some(A), &[(4, &lun)]);
    rig.settled().await;
    let image = rig.directory().join("image.raw");
    let bytes: Vec<u8> = (0..16 * MIB / 8)
        .flat_map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_le_bytes())
        .collect();
    std::fs::write(&image, &bytes).unwrap();
    let a = rig.host(A);
    a.upload(&image, 4).succeeds();
    let back = rig.directory().join("back.raw");
    a.download(4, &back).succeeds();
    assert!(std::fs::read(&back).unwrap() == bytes);
}

#[tokio::test]
async fn a_rollback_brings_the_bytes_and_the_size_back_under_a_session() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 32 * MIB);
    rig.show(Some(A), &[(1, &lun)]);
    rig.settled().await;
    let mut session = rig.host(A).session(1);
    session.run("write -P 0x11 0 8M");
    rig.plane.snapshot_taken(&lun, "s-1");
    rig.plane.lun_resized(&lun, 64 * MIB);
    rig.settled().await;
    session.run("write -P 0x22 0 32M");
    rig.plane.rolled_back(&lun, "s-1");
    rig.settled().await;
    assert!(!session.run("read -P 0x11 0 8M").contains("fail"));
    assert!(!session.run("read -P 0 8M 24M").contains("fail"));
    assert_eq!(rig.host(A).disks()[0].1, [(1, 31)]);
}

#[tokio::test]
async fn a_replica_follows_its_source() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 16 * MIB);
    rig.show(Some(A), &[(1, &lun)]);
    rig.settled().await;
    rig.host(A).io(1, &["write -P 0x11 0 8M"]).succeeds();
    let mut copy = rig.bytes(2, 16 * MIB);
    rig.plane.replicated(&lun, &copy);
    rig.settled().await;
    rig.host(A).io(1, &["write -P 0x22 0 1M"]).succeeds();
    rig.plane.lun_resized(&lun, 32 * MIB);
    rig.plane.snapshot_taken(&lun, "s-1");
    rig.settled().await;
    rig.host(A).io(1, &["write -P 0x33 0 8M"]).succeeds();
    copy.volsize = 32 * MIB;
    rig.plane.replicated("s-1", &copy);
    rig.show(Some(B), &[(9, &copy.guid)]);
    rig.settled().await;
    rig.host(B)
        .io(
            9,
            &[
                "read -P 0x22 0 1M",
                "read -P 0x11 1M 7M",
                "read -P 0 8M 24M",
            ],
        )
        .succeeds();
}

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

#[tokio::test]
async fn a_snapshot_is_of_one_moment() {
    use std::os::unix::fs::FileExt;
    let mut rig = Rig::new();
    let lun = rig.lun(1, 128 * MIB);
    rig.show(Some(A), &[(1, &lun)]);
    rig.settled().await;
    let mut session = rig.host(A).session(1);
    // Enough that a copy takes longer than a write.
    assert!(session.run("write -P 0 0 128M").contains("wrote"));
    let done = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let done = Arc::clone(&done);
        move || {
            for round in (1..=255).cycle() {
                // The second write begins when the first one has been answered.
                assert!(
                    session
                        .run(&format!("write -P {round} 0 4k"))
                        .contains("wrote")
                );
                assert!(
                    session
                        .run(&format!("write -P {round} 127M 4k"))
                        .contains("wrote")
                );
                if done.load(Ordering::SeqCst) {
                    return;
                }
            }
        }
    });
    for n in 0..10 {
        rig.plane.snapshot_taken(&lun, &format!("s-{n}"));
        rig.plane.settled().await.unwrap();
        let snapshot = std::fs::File::open(rig.snapshot(&format!("s-{n}"))).unwrap();
        let (mut first, mut second) = ([0], [0]);
        snapshot.read_exact_at(&mut first, 0).unwrap();
        snapshot.read_exact_at(&mut second, 127 * MIB).unwrap();
        let behind = (i32::from(first[0]) - i32::from(second[0])).rem_euclid(255);
        assert!(
            behind <= 1,
            "the second write is in the snapshot and the first is not: {first:?} {second:?}"
        );
    }
    done.store(true, Ordering::SeqCst);
    writer.join().unwrap();
}

#[tokio::test]
async fn chap_lets_in_who_knows_the_secret() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 16 * MIB);
    rig.show(None, &[(1, &lun)]);
    rig.chap_required = true;
    rig.initiator_chap(A, "name-a", "secret-of-a-123");
    rig.initiator_chap(B, "name-a", "secret-of-b-123");
    rig.settled().await;
    let (a, b) = (rig.host(A), rig.host(B));
    a.io(1, &["read 0 512"])
        .is_refused("Authentication failure");
    a.with_chap("name-a", "wrong-secret-123")
        .io(1, &["read 0 512"])
        .is_refused("Authentication failure");
    a.with_chap("name-b", "secret-of-a-123")
        .io(1, &["read 0 512"])
        .is_refused("Authentication failure");
    a.with_chap("name-a", "secret-of-b-123")
        .io(1, &["read 0 512"])
        .is_refused("Authentication failure");
    a.with_chap("name-a", "secret-of-a-123")
        .io(1, &["write -P 0x11 0 1M"])
        .succeeds();
    b.with_chap("name-a", "secret-of-b-123")
        .io(1, &["read -P 0x11 0 1M"])
        .succeeds();
    assert_eq!(
        a.with_chap("name-a", "secret-of-a-123").disks()[0].1,
        [(1, 15)]
    );
    let stranger = rig.host("iqn.2000-01.example:stranger");
    stranger.io(1, &["read 0 512"]).is_refused("");
    stranger
        .with_chap("name-a", "secret-of-a-123")
        .io(1, &["read 0 512"])
        .is_refused("");
}

#[tokio::test]
async fn a_changed_secret_counts_from_the_next_login() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 16 * MIB);
    rig.show(Some(A), &[(1, &lun)]);
    rig.settled().await;
    let a = rig.host(A);
    a.io(1, &["read 0 512"]).succeeds();
    rig.chap_required = true;
    rig.initiator_chap(A, "name-a", "first-secret-123");
    rig.settled().await;
    a.io(1, &["read 0 512"])
        .is_refused("Authentication failure");
    let mut session = a.with_chap("name-a", "first-secret-123").session(1);
    assert!(session.run("read 0 1M").contains("read 1048576"));

    rig.initiator_chap(A, "name-a", "second-secret-123");
    rig.settled().await;
    a.with_chap("name-a", "first-secret-123")
        .io(1, &["read 0 512"])
        .is_refused("Authentication failure");
    a.with_chap("name-a", "second-secret-123")
        .io(1, &["read 0 512"])
        .succeeds();
    assert!(
        session.run("read 0 1M").contains("read 1048576"),
        "a session that is logged in stays"
    );

    rig.chap_required = false;
    rig.settled().await;
    a.io(1, &["read 0 512"]).succeeds();
    a.with_chap("name-a", "anything-at-all")
        .io(1, &["read 0 512"])
        .succeeds();
}

#[tokio::test]
async fn the_target_proves_itself_too() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 16 * MIB);
    rig.show(Some(A), &[(1, &lun)]);
    rig.chap_required = true;
    rig.initiator_chap(A, "name-a", "secret-of-a-123");
    rig.target_chap = Some(Chap {
        user: "the-target".to_owned(),
        secret: "secret-of-target".to_owned(),
    });
    rig.settled().await;
    let a = rig.host(A).with_chap("name-a", "secret-of-a-123");
    a.expecting("the-target", "secret-of-target")
        .inquiry(1, None);
    let refused = a.expecting("the-target", "another-secret-1").try_inquiry(1);
    assert!(
        !refused.status.success()
            || String::from_utf8_lossy(&refused.stderr).contains("Authentication failed")
    );
    rig.target_chap = None;
    rig.settled().await;
    assert!(
        !a.expecting("the-target", "secret-of-target")
            .try_inquiry(1)
            .status
            .success()
    );
    a.inquiry(1, None);
}

#[tokio::test]
async fn discovery_shows_public_names_and_the_public_portal() {
    let mut rig = Rig::new();
    let lun = rig.lun(1, 16 * MIB);
    rig.show(Some(A), &[(1, &lun)]);
    rig.settled().await;
    rig.host(A).io(1, &["read 0 512"]).succeeds();
    let expected = format!("Target:{TARGET} Portal:{},1\n", rig.plane.portal());
    for host in [
        rig.host(A),
        rig.host(B),
        rig.host(A).with_chap("name-a", "secret-of-a-123"),
    ] {
        assert_eq!(host.discovery(), expected);
    }
    rig.host(A)
        .at("iqn.1986-03.com.sun:02:none")
        .io(1, &["read 0 512"])
        .is_refused("Target not found");
}

#[tokio::test]
async fn two_planes_have_nothing_in_common() {
    let (mut one, mut two) = (Rig::new(), Rig::new());
    let (first, second) = (one.lun(1, 16 * MIB), two.lun(1, 32 * MIB));
    assert_eq!(first, second);
    one.show(Some(A), &[(1, &first)]);
    two.show(Some(A), &[(1, &second)]);
    one.settled().await;
    two.settled().await;
    one.host(A).io(1, &["write -P 0x11 0 1M"]).succeeds();
    two.host(A).io(1, &["read -P 0 0 32M"]).succeeds();
    one.plane.stop().unwrap();
    two.host(A).io(1, &["write -P 0x22 0 1M"]).succeeds();
}

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
    assert_eq!(processes_in(directory.path()), []);
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
