//! Snapshots, clones, rollbacks and replicas hold the bytes that they have to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zfssa_appliance::storage::DataPlane;

use crate::rig::Rig;
use crate::{A, B, MIB};

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
async fn a_snapshot_is_of_one_moment() {
    use std::os::unix::fs::FileExt;
    let mut rig = Rig::new();
    let lun = rig.lun(1, 32 * MIB);
    rig.show(Some(A), &[(1, &lun)]);
    rig.settled().await;
    let mut session = rig.host(A).session(1);
    // Enough that a copy takes longer than a write.
    assert!(session.run("write -P 0 0 32M").contains("wrote"));
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
                        .run(&format!("write -P {round} 31M 4k"))
                        .contains("wrote")
                );
                if done.load(Ordering::SeqCst) {
                    return;
                }
            }
        }
    });
    for n in 0..8 {
        rig.plane.snapshot_taken(&lun, &format!("s-{n}"));
        rig.plane.settled().await.unwrap();
        let snapshot = std::fs::File::open(rig.snapshot(&format!("s-{n}"))).unwrap();
        let (mut first, mut second) = ([0], [0]);
        snapshot.read_exact_at(&mut first, 0).unwrap();
        snapshot.read_exact_at(&mut second, 31 * MIB).unwrap();
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
async fn a_hole_that_a_host_makes_is_zero_and_takes_no_space() {
    use std::os::unix::fs::MetadataExt;
    let mut rig = Rig::new();
    let lun = rig.lun(1, 64 * MIB);
    rig.show(Some(A), &[(1, &lun)]);
    rig.settled().await;
    let a = rig.host(A);
    a.io(
        1,
        &["write -P 0x11 0 32M", "discard 8M 16M", "write -z 0 1M"],
    )
    .succeeds();
    a.io(
        1,
        &[
            "read -P 0 0 1M",
            "read -P 0x11 1M 7M",
            "read -P 0 8M 16M",
            "read -P 0x11 24M 8M",
        ],
    )
    .succeeds();
    rig.plane.snapshot_taken(&lun, "s-1");
    rig.plane.cloned("s-1", &rig.bytes(2, 64 * MIB));
    rig.settled().await;
    for file in [
        rig.backing(&lun),
        rig.snapshot("s-1"),
        rig.backing(&crate::rig::guid(2)),
    ] {
        let allocated = std::fs::metadata(&file).unwrap().blocks() * 512;
        assert!(
            allocated <= 17 * MIB,
            "{} takes {allocated} bytes",
            file.display()
        );
    }
}
