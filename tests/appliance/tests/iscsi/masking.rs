//! Who sees which LUN, and under which name and number.

use crate::rig::{Rig, TARGET};
use crate::{A, B, MIB};

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
