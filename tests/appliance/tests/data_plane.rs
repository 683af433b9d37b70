//! What a data plane is told, and that a reply waits for it.

mod common;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use common::{LUNS, POOL, SAN, start_with};
use serde_json::json;
use zfssa_appliance::storage::{DataPlane, LunBytes, Presentation};
use zfssa_appliance::{MASK_ALL, Options};

/// Keeps in words what it was told. Bytes are a word too: what a LUN holds.
#[derive(Default)]
struct Recorder {
    told: Mutex<Vec<String>>,
    bytes: Mutex<BTreeMap<String, String>>,
    shown: Mutex<Presentation>,
    broken: AtomicBool,
}

impl Recorder {
    fn tell(&self, what: String) {
        self.told.lock().unwrap().push(what);
    }

    fn set(&self, key: &str, bytes: Option<String>) {
        let mut all = self.bytes.lock().unwrap();
        match bytes {
            Some(bytes) => all.insert(key.to_owned(), bytes),
            None => all.remove(key),
        };
    }

    fn get(&self, key: &str) -> String {
        self.bytes
            .lock()
            .unwrap()
            .get(key)
            .unwrap_or_else(|| panic!("{key} is not there"))
            .clone()
    }

    fn words(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }
}

impl DataPlane for Recorder {
    fn lun_created(&self, lun: &LunBytes) {
        self.set(&lun.guid, Some("zeroes".to_owned()));
        self.tell(format!("create {} {}", lun.volsize >> 30, lun.blocksize));
    }
    fn lun_resized(&self, guid: &str, volsize: u64) {
        self.get(guid);
        self.tell(format!("resize {}", volsize >> 30));
    }
    fn lun_deleted(&self, guid: &str) {
        self.get(guid);
        let shown = self.shown.lock().unwrap();
        let mut views = shown
            .targets
            .values()
            .flat_map(|target| target.views.values().flatten());
        assert!(
            !views.any(|(_, seen)| seen == guid),
            "it vanishes from sight before it goes"
        );
        drop(shown);
        self.set(guid, None);
        self.tell("delete".to_owned());
    }
    fn snapshot_taken(&self, lun: &str, snapshot: &str) {
        self.set(snapshot, Some(self.get(lun)));
        self.tell("snapshot".to_owned());
    }
    fn snapshot_deleted(&self, snapshot: &str) {
        self.get(snapshot);
        self.set(snapshot, None);
        self.tell("drop".to_owned());
    }
    fn cloned(&self, snapshot: &str, clone: &LunBytes) {
        self.set(&clone.guid, Some(self.get(snapshot)));
        self.tell(format!("clone {}", clone.volsize >> 30));
    }
    fn rolled_back(&self, lun: &str, snapshot: &str) {
        self.set(lun, Some(self.get(snapshot)));
        self.tell("rollback".to_owned());
    }
    fn replicated(&self, source: &str, copy: &LunBytes) {
        self.set(&copy.guid, Some(self.get(source)));
        self.tell(format!("replicate {}", copy.volsize >> 30));
    }
    fn presentation_changed(&self, presentation: &Presentation) {
        *self.shown.lock().unwrap() = presentation.clone();
    }
    fn settled(&self) -> Pin<Box<dyn Future<Output = std::io::Result<()>> + Send + '_>> {
        let broken = self.broken.load(Ordering::Relaxed);
        Box::pin(async move {
            if broken {
                Err(std::io::Error::other("disk full"))
            } else {
                Ok(())
            }
        })
    }
}

#[tokio::test]
async fn bytes() {
    let plane = Arc::new(Recorder::default());
    let (appliance, rest) = start_with(Options {
        data_plane: Some(plane.clone()),
        ..Options::default()
    })
    .await;
    let guid = rest.lun("a").await["lunguid"].as_str().unwrap().to_owned();
    plane.set(&guid, Some("one".to_owned()));
    rest.snapshot("a", "s").await;
    plane.set(&guid, Some("two".to_owned()));
    rest.put(&format!("{LUNS}/a"), json!({"volsize": "2g", "name": "b"}))
        .await;
    let clone = rest.clone_of("b", "s", "c", json!({"volsize": "3g"})).await;
    assert_eq!(plane.get(clone["lunguid"].as_str().unwrap()), "one");
    rest.expect(202, "PUT", &format!("{LUNS}/b/snapshots/s/rollback"), None)
        .await;
    assert_eq!(plane.get(&guid), "one");
    assert_eq!(
        plane.words(),
        [
            "create 1 8192",
            "snapshot",
            "resize 2",
            "clone 1",
            "resize 3",
            "rollback",
            "resize 1"
        ]
    );
    rest.delete(&format!("{LUNS}/b")).await;
    assert_eq!(
        plane.words(),
        ["delete", "drop", "delete"],
        "the clone first"
    );
    rest.refused(
        409,
        "POST",
        &format!("{POOL}/projects"),
        Some(json!({"name": "default"})),
    )
    .await;
    assert!(plane.words().is_empty());
    rest.lun("a").await;
    appliance.reset();
    assert!(plane.bytes.lock().unwrap().is_empty());
    plane.broken.store(true, Ordering::Relaxed);
    rest.refused(
        500,
        "POST",
        LUNS,
        Some(json!({"name": "x", "volsize": "1g"})),
    )
    .await;
}

#[tokio::test]
async fn replication_sends_what_was_there_when_it_began() {
    let plane = Arc::new(Recorder::default());
    let (appliance, rest) = start_with(Options {
        data_plane: Some(plane.clone()),
        ..Options::default()
    })
    .await;
    let replication = "/api/storage/v1/replication";
    let target = json!({"hostname": "localhost", "root_password": "secret", "label": "me"});
    rest.post(&format!("{replication}/targets"), target).await;
    let guid = rest.lun("a").await["lunguid"].as_str().unwrap().to_owned();
    plane.set(&guid, Some("one".to_owned()));
    rest.snapshot("a", "s").await;
    plane.set(&guid, Some("two".to_owned()));
    rest.put(
        &format!("{LUNS}/a/replication"),
        json!({"inherited": false}),
    )
    .await;
    let body = json!({"target": "me", "pool": "pool-0"});
    let action = rest
        .post(&format!("{LUNS}/a/replication/actions"), body)
        .await["action"]["id"]
        .clone();
    let action = action.as_str().unwrap();
    appliance.tune(|knobs| knobs.replication_ms = 20);
    rest.expect(
        202,
        "PUT",
        &format!("{replication}/actions/{action}/sendupdate"),
        None,
    )
    .await;
    while plane
        .told
        .lock()
        .unwrap()
        .iter()
        .filter(|word| *word == "snapshot")
        .count()
        < 2
    {
        tokio::task::yield_now().await;
    }
    plane.set(&guid, Some("three".to_owned()));
    loop {
        let state = rest.get(&format!("{replication}/actions/{action}")).await;
        if state["action"]["last_result"] == "success" {
            break;
        }
    }
    let package = format!("{replication}/sources/appliance-0/packages/{action}");
    rest.expect(
        202,
        "PUT",
        &format!("{package}/sever"),
        Some(json!({"projname": "p"})),
    )
    .await;
    let path = format!("{POOL}/projects/p/luns/a");
    let copy = rest.get(&path).await["lun"]["lunguid"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(plane.get(&copy), "two");
    rest.expect(202, "PUT", &format!("{path}/snapshots/s/rollback"), None)
        .await;
    assert_eq!(plane.get(&copy), "one");
    rest.delete(&format!("{POOL}/projects/p")).await;
    rest.delete(&format!("{LUNS}/a")).await;
    assert!(
        plane.bytes.lock().unwrap().is_empty(),
        "nothing is left behind"
    );
}

#[tokio::test]
async fn presentation() {
    let plane = Arc::new(Recorder::default());
    let (appliance, rest) = start_with(Options {
        data_plane: Some(plane.clone()),
        ..Options::default()
    })
    .await;
    let (one, two) = ("iqn.1993-08.org.debian:1", "iqn.1993-08.org.debian:2");
    let target = rest
        .post(
            &format!("{SAN}/targets"),
            json!({"alias": "t", "auth": "chap", "targetchapuser": "t",
        "targetchapsecret": "target-secret"}),
        )
        .await["target"]["iqn"]
        .clone();
    let other = rest
        .post(&format!("{SAN}/targets"), json!({"alias": "u"}))
        .await["target"]["iqn"]
        .clone();
    let (target, other) = (target.as_str().unwrap(), other.as_str().unwrap());
    rest.post(
        &format!("{SAN}/target-groups"),
        json!({"name": "tg", "targets": [target]}),
    )
    .await;
    let body =
        json!({"initiator": one, "alias": "one", "chapuser": "u", "chapsecret": "very-secret-1"});
    rest.post(&format!("{SAN}/initiators"), body).await;
    rest.post(
        &format!("{SAN}/initiator-groups"),
        json!({"name": "g", "initiators": [one]}),
    )
    .await;
    let mut make = Vec::new();
    for (name, group) in [("a", "g"), ("b", "default"), ("c", MASK_ALL)] {
        let body =
            json!({"name": name, "volsize": "1g", "targetgroup": "tg", "initiatorgroup": group});
        make.push(
            rest.post(LUNS, body).await["lun"]["lunguid"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    let shown = plane.shown.lock().unwrap().clone();
    assert_eq!(shown.appliance, appliance.asn());
    let view = &shown.targets[target];
    assert!(view.requires_chap && !shown.targets[other].requires_chap);
    assert_eq!(
        view.target_chap.as_ref().map(|chap| chap.secret.as_str()),
        Some("target-secret")
    );
    assert_eq!(shown.initiator_chap[one].secret, "very-secret-1");
    assert!(!format!("{shown:?}").contains("very-secret-1"));
    let (a, b) = ((1, make[0].clone()), (2, make[1].clone()));
    let both = BTreeMap::from([
        (Some(one.to_owned()), vec![a.clone(), b.clone()]),
        (None, vec![b.clone()]),
    ]);
    assert_eq!(view.views, both);
    assert!(shown.targets[other].views.is_empty());
    // A change of the group changes who sees what.
    rest.put(
        &format!("{SAN}/initiator-groups/g"),
        json!({"initiators": [two]}),
    )
    .await;
    let views = || plane.shown.lock().unwrap().targets[target].views.clone();
    assert_eq!(
        views().keys().cloned().collect::<Vec<_>>(),
        [None, Some(two.to_owned())]
    );
    rest.put(&format!("{LUNS}/b"), json!({"status": "offline"}))
        .await;
    assert_eq!(views(), BTreeMap::from([(Some(two.to_owned()), vec![a])]));
    // A LUN vanishes from sight before its bytes go: the recorder looks.
    rest.delete(&format!("{LUNS}/a")).await;
    assert!(views().is_empty());
    rest.put(&format!("{LUNS}/b"), json!({"status": "online"}))
        .await;
    rest.expect(202, "PUT", "/api/service/v1/services/iscsi/disable", None)
        .await;
    assert!(views().is_empty());
}
