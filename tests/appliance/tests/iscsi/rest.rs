//! From REST to the wire: what is done to the appliance is what a host finds.

use std::sync::Arc;

use serde_json::{Value, json};
use zfssa_appliance::data_plane::{DataPlaneOptions, TgtdDataPlane};
use zfssa_appliance::storage::DataPlane;
use zfssa_appliance::{Appliance, MASK_ALL, Options};

use crate::common::{LUNS, Rest, SAN};
use crate::host::Host;
use crate::{A, B};

/// An appliance with a data plane, one target, and a group for each of two hosts.
struct Rig {
    appliance: Appliance,
    plane: Arc<TgtdDataPlane>,
    rest: Rest,
    target: String,
}

impl Rig {
    async fn new() -> Rig {
        let plane = TgtdDataPlane::start(DataPlaneOptions::default()).unwrap();
        let options = Options {
            data_plane: Some(plane.clone() as Arc<dyn DataPlane>),
            ..Options::default()
        };
        let appliance = Appliance::start(options).await.unwrap();
        let rest = Rest::new(&appliance);
        let target = set_up(&rest).await;
        Rig {
            appliance,
            plane,
            rest,
            target,
        }
    }

    async fn end(self) {
        self.appliance.stop().await;
        self.plane.stop().unwrap();
    }

    fn host(&self, initiator: &str) -> Host {
        Host::new(self.plane.portal(), initiator).at(&self.target)
    }

    async fn present(&self, lun: &str, groups: Value) -> Value {
        self.rest
            .put(&format!("{LUNS}/{lun}"), json!({"initiatorgroup": groups}))
            .await["lun"]
            .clone()
    }
}

/// Makes target, target group and initiator groups, and gives the target's IQN.
pub async fn set_up(rest: &Rest) -> String {
    let target = json!({"alias": "target", "interfaces": ["ixgbe0"], "auth": "none"});
    let target = rest.post(&format!("{SAN}/targets"), target).await["target"]["iqn"]
        .as_str()
        .unwrap()
        .to_owned();
    rest.post(
        &format!("{SAN}/target-groups"),
        json!({"name": "targets", "targets": [target]}),
    )
    .await;
    for (group, initiator) in [("group-a", A), ("group-b", B)] {
        rest.post(
            &format!("{SAN}/initiators"),
            json!({"initiator": initiator, "alias": group}),
        )
        .await;
        rest.post(
            &format!("{SAN}/initiator-groups"),
            json!({"name": group, "initiators": [initiator]}),
        )
        .await;
    }
    target
}

pub async fn masked_lun(rest: &Rest, name: &str) -> Value {
    let body = json!({
        "name": name, "volsize": "64m", "sparse": true, "targetgroup": "targets", "initiatorgroup": MASK_ALL
    });
    rest.post(LUNS, body).await["lun"].clone()
}

fn number(lun: &Value, index: usize) -> u32 {
    let number = lun["assignednumber"]
        .get(index)
        .unwrap_or(&lun["assignednumber"]);
    number
        .as_u64()
        .unwrap_or_else(|| panic!("no LU number in {lun}")) as u32
}

#[tokio::test]
async fn the_life_of_a_volume() {
    let rig = Rig::new().await;
    let (a, b) = (rig.host(A), rig.host(B));
    masked_lun(&rig.rest, "volume").await;
    assert_eq!(a.disks(), [(rig.target.clone(), vec![])]);

    // Attach.
    let shown = rig.present("volume", json!(["group-a"])).await;
    let on_a = number(&shown, 0);
    assert_eq!(a.disks()[0].1, [(on_a, 63)]);
    assert_eq!(b.disks()[0].1, []);
    assert!(
        a.inquiry(on_a, Some(0x80))
            .contains(shown["lunguid"].as_str().unwrap())
    );
    a.io(on_a, &["write -P 0x11 0 32M"]).succeeds();

    // Snapshot and clone; the clone is not the origin's host's to see.
    rig.rest.snapshot("volume", "snap").await;
    a.io(on_a, &["write -P 0x22 0 16M"]).succeeds();
    let clone = json!({"initiatorgroup": [MASK_ALL], "targetgroup": "targets"});
    rig.rest.clone_of("volume", "snap", "clone", clone).await;
    let clone = rig.present("clone", json!(["group-b"])).await;
    b.io(
        number(&clone, 0),
        &["read -P 0x11 0 32M", "read -P 0 32M 32M"],
    )
    .succeeds();
    assert_eq!(a.disks()[0].1, [(on_a, 63)]);

    // Attached to both hosts, each at the number that the aligned lists say.
    let both = rig.present("volume", json!(["group-a", "group-b"])).await;
    assert_eq!(both["initiatorgroup"], json!(["group-a", "group-b"]));
    a.io(number(&both, 0), &["write -P 0x33 0 1M", "flush"])
        .succeeds();
    b.io(number(&both, 1), &["read -P 0x33 0 1M"]).succeeds();

    // Extend under a session, and detach that host only.
    let mut session = a.session(number(&both, 0));
    rig.rest
        .put(&format!("{LUNS}/volume"), json!({"volsize": 128 << 20}))
        .await;
    session.run("truncate 128M");
    assert!(session.run("write -P 0x44 127M 1M").contains("wrote"));
    rig.present("volume", json!(["group-b"])).await;
    assert!(session.run("write -P 0x55 127M 1M").contains("failed"));
    b.io(number(&both, 1), &["read -P 0x44 127M 1M"]).succeeds();

    // Roll back, and delete both with a host on each.
    rig.rest
        .expect(
            202,
            "PUT",
            &format!("{LUNS}/volume/snapshots/snap/rollback"),
            None,
        )
        .await;
    b.io(number(&both, 1), &["read -P 0x11 0 32M"]).succeeds();
    rig.rest.delete(&format!("{LUNS}/clone")).await;
    rig.rest.delete(&format!("{LUNS}/volume")).await;
    assert_eq!(b.disks()[0].1, []);
    rig.end().await;
}

#[tokio::test]
async fn membership_of_groups_counts_at_once() {
    let rig = Rig::new().await;
    masked_lun(&rig.rest, "volume").await;
    let shown = rig.present("volume", json!(["group-a"])).await;
    let mut session = rig.host(A).session(number(&shown, 0));
    assert!(session.run("write -P 0x11 0 1M").contains("wrote"));
    rig.rest
        .put(
            &format!("{SAN}/initiator-groups/group-a"),
            json!({"initiators": [B]}),
        )
        .await;
    assert!(session.run("read 0 1M").contains("failed"));
    rig.host(B)
        .io(number(&shown, 0), &["read -P 0x11 0 1M"])
        .succeeds();
    let shown = rig.present("volume", json!(["default"])).await;
    rig.host("iqn.2000-01.example:any")
        .io(number(&shown, 0), &["read -P 0x11 0 1M"])
        .succeeds();
    rig.end().await;
}

#[tokio::test]
async fn chap_is_set_over_rest() {
    let rig = Rig::new().await;
    masked_lun(&rig.rest, "volume").await;
    let shown = number(
        &rig.present("volume", json!(["group-a", "group-b"])).await,
        0,
    );
    rig.rest
        .put(
            &format!("{SAN}/targets/{}", rig.target),
            json!({"auth": "chap"}),
        )
        .await;
    let chap = json!({"chapuser": "name-a", "chapsecret": "secret-of-a-123"});
    rig.rest.put(&format!("{SAN}/initiators/{A}"), chap).await;
    let a = rig.host(A);
    a.io(shown, &["read 0 512"])
        .is_refused("Authentication failure");
    a.with_chap("name-a", "wrong-secret-123")
        .io(shown, &["read 0 512"])
        .is_refused("Authentication failure");
    a.with_chap("name-a", "secret-of-a-123")
        .io(shown, &["read 0 512"])
        .succeeds();
    rig.host(B).io(shown, &["read 0 512"]).is_refused("");
    rig.end().await;
}

#[tokio::test]
async fn a_reset_takes_everything_off_the_wire() {
    let rig = Rig::new().await;
    masked_lun(&rig.rest, "volume").await;
    rig.rest.snapshot("volume", "snap").await;
    let shown = number(&rig.present("volume", json!(["group-a"])).await, 0);
    let mut session = rig.host(A).session(shown);
    assert!(session.run("read 0 1M").contains("read 1048576"));
    rig.appliance.reset();
    rig.plane.settled().await.unwrap();
    assert_eq!(rig.host(A).discovery(), "");
    session.kill();
    rig.end().await;
}
