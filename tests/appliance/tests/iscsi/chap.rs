//! CHAP in both directions.

use zfssa_appliance::storage::Chap;

use crate::rig::Rig;
use crate::{A, B, MIB};

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
