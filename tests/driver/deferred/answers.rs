//! Answers to the rename of a deferral: the reserved name is taken, the object is absent, moved to
//! another cluster head, or another one by now.

use serde_json::{Value, json};
use support::{until, volume};
use zfssa::driver::Driver;
use zfssa::error::{Outcome, Status};
use zfssa_appliance::{Fault, FaultKind};

use super::races::hold;
use super::*;

/// A volume with a clone, and a snapshot with a clone.
async fn prepared() -> Fixture {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    make(&bench, "volume-3").await;
    take(&bench, "volume-3", "snapshot-1").await;
    let from = from_snapshot("volume-4", "volume-3", "snapshot-1");
    bench.driver.call(from).await.unwrap();
    bench
}

fn another_host(bench: &Fixture) -> Driver {
    bench.other_host(|config| {
        config.set("zfssa_delete_with_clones", "defer");
    })
}

/// The names that requests asked for.
fn asked(bench: &Fixture) -> Vec<Value> {
    let trace = bench.appliance.trace();
    let puts = trace.iter().filter(|one| one.method == "PUT");
    let bodies = puts.filter_map(|one| serde_json::from_str::<Value>(one.body.as_deref()?).ok());
    let names = bodies.map(|body| body["name"].clone());
    names.filter(Value::is_string).collect()
}

#[tokio::test]
async fn a_name_that_is_taken_leads_to_the_next_one() {
    let bench = prepared().await;
    for path in ["/luns/volume-1$", "/volume-3/snapshots/snapshot-1$"] {
        let taken = Fault::new(FaultKind::object_exists()).on("PUT", path);
        bench.appliance.faults().push(taken);
    }
    bench.appliance.clear_trace();
    delete(&bench, "volume-1").await.unwrap();
    let deleted = delete_snapshot(&bench, "volume-3", "snapshot-1");
    deleted.await.unwrap();
    let names = asked(&bench);
    let [first, second, third, fourth] = names.as_slice() else {
        panic!("{names:?}");
    };
    assert!(first != second && third != fourth, "{names:?}");
    assert_eq!(json!(deferred(&bench, "volume-1")), *second);
    assert_eq!(bench.snapshots_of("volume-3"), [fourth.as_str().unwrap()]);
}

#[tokio::test]
async fn names_that_are_all_taken_are_an_error_and_change_nothing() {
    let bench = prepared().await;
    let before = bench.state();
    let taken = Fault::new(FaultKind::object_exists()).on("PUT", "/luns/|/snapshots/");
    bench.appliance.faults().push(taken.forever());
    let deleted = delete_snapshot(&bench, "volume-3", "snapshot-1").await;
    for error in [delete(&bench, "volume-1").await, deleted] {
        let error = error.unwrap_err();
        assert_eq!(error.status(), Status::Exists, "{error:?}");
        assert_eq!(error.outcome(), Outcome::Rejected, "{error:?}");
    }
    bench.appliance.faults().clear();
    assert_eq!(bench.state(), before);
}

/// Two hosts without a common lock defer the same objects.
#[tokio::test]
async fn what_another_host_deferred_meanwhile_is_deleted() {
    let bench = prepared().await;
    let another_host = another_host(&bench);
    hold(&bench, "PUT", "/luns/volume-1$");
    let (deleted, ()) = tokio::join!(delete(&bench, "volume-1"), async {
        assert!(until(|| bench.appliance.held() > 0).await);
        let name = own("volume-1");
        another_host.call(DeleteVolume { name }).await.unwrap();
        bench.appliance.release();
    });
    assert!(deleted.unwrap().existed);
    hold(&bench, "PUT", "/volume-3/snapshots/snapshot-1$");
    let deleted = delete_snapshot(&bench, "volume-3", "snapshot-1");
    let (deleted, ()) = tokio::join!(deleted, async {
        assert!(until(|| bench.appliance.held() > 0).await);
        let delete = DeleteSnapshot {
            volume: own("volume-3"),
            name: own("snapshot-1"),
        };
        another_host.call(delete).await.unwrap();
        bench.appliance.release();
    });
    assert!(deleted.unwrap().existed);
    assert_eq!(volumes(&bench).await, ["volume-2", "volume-3", "volume-4"]);
    assert_eq!(bench.snapshots_of("volume-3").len(), 1);
    for name in ["volume-2", "volume-4", "volume-3"] {
        delete(&bench, name).await.unwrap();
    }
    assert!(bench.luns(0).is_empty());
}

/// The other host has made a new volume of the name since, which waits for nothing and is hidden
/// from no host.
#[tokio::test]
async fn a_new_volume_keeps_its_name_when_the_former_one_is_deferred_twice() {
    let bench = prepared().await;
    let another_host = another_host(&bench);
    hold(&bench, "PUT", "/luns/volume-1$");
    let (deleted, made) = tokio::join!(delete(&bench, "volume-1"), async {
        assert!(until(|| bench.appliance.held() > 0).await);
        let name = own("volume-1");
        another_host.call(DeleteVolume { name }).await.unwrap();
        another_host.call(volume("volume-1")).await.unwrap();
        let made = bench.lun("volume-1");
        bench.appliance.release();
        made
    });
    assert!(deleted.unwrap().existed);
    assert_eq!(bench.lun("volume-1"), made);
    delete(&bench, "volume-2").await.unwrap();
    assert_eq!(bench.luns(0), ["volume-1", "volume-3", "volume-4"]);
}

/// The former volume is gone, so that its reserved name is free for the new one.
#[tokio::test]
async fn a_rename_that_meets_another_volume_is_no_success_and_deletes_nothing() {
    let bench = prepared().await;
    let another_host = another_host(&bench);
    hold(&bench, "PUT", "/luns/volume-1$");
    let (deleted, made) = tokio::join!(delete(&bench, "volume-1"), async {
        assert!(until(|| bench.appliance.held() > 0).await);
        for name in ["volume-2", "volume-1"].map(own) {
            another_host.call(DeleteVolume { name }).await.unwrap();
        }
        another_host.call(volume("volume-1")).await.unwrap();
        let made = bench.lun("volume-1")["lunguid"].clone();
        bench.appliance.release();
        made
    });
    let error = deleted.unwrap_err();
    assert_eq!(error.status(), Status::StateChanged, "{error:?}");
    assert_eq!(error.outcome(), Outcome::Partial, "{error:?}");
    let name = deferred(&bench, "volume-1");
    assert!(error.left_behind()[0].contains(&name), "{error:?}");
    assert_eq!(bench.lun(&name)["lunguid"], made);
}

/// The rename meets a snapshot that was taken later, which gets its name back.
#[tokio::test]
async fn a_rename_that_meets_another_snapshot_is_taken_back() {
    let bench = prepared().await;
    hold(&bench, "PUT", "/volume-3/snapshots/snapshot-1$");
    let deleted = delete_snapshot(&bench, "volume-3", "snapshot-1");
    let (deleted, later) = tokio::join!(deleted, async {
        assert!(until(|| bench.appliance.held() > 0).await);
        let former = taken_at(&bench, "snapshot-1").await;
        delete(&bench, "volume-4").await.unwrap();
        let later = take_later(&bench, &former).await;
        bench.appliance.release();
        later
    });
    let error = deleted.unwrap_err();
    assert_eq!(error.status(), Status::StateChanged, "{error:?}");
    assert_eq!(error.outcome(), Outcome::None, "{error:?}");
    assert_eq!(bench.snapshots_of("volume-3"), ["snapshot-1"]);
    assert_eq!(taken_at(&bench, "snapshot-1").await, later);
}

/// The former snapshot has its reserved name already, and the new one keeps its own.
#[tokio::test]
async fn a_new_snapshot_keeps_its_name_when_the_former_one_is_deferred_twice() {
    let bench = prepared().await;
    hold(&bench, "PUT", "/volume-3/snapshots/snapshot-1$");
    let deleted = delete_snapshot(&bench, "volume-3", "snapshot-1");
    let (deleted, later) = tokio::join!(deleted, async {
        assert!(until(|| bench.appliance.held() > 0).await);
        let former = taken_at(&bench, "snapshot-1").await;
        let later = take_later(&bench, &former).await;
        bench.appliance.release();
        later
    });
    assert!(deleted.unwrap().existed);
    assert_eq!(taken_at(&bench, "snapshot-1").await, later);
    assert_eq!(bench.snapshots_of("volume-3").len(), 2);
}

/// When a snapshot of volume-3 was taken.
async fn taken_at(bench: &Fixture, name: &str) -> String {
    let listed = bench.driver.call(ListSnapshots {
        volume: own("volume-3").into(),
        ..ListSnapshots::default()
    });
    let mut snapshots = listed.await.unwrap().snapshots.into_iter();
    let found = snapshots.find(|one| one.name == name);
    found.expect("it exists").created_at
}

/// Another host deletes snapshot-1 of volume-3 and takes it again, in a later second.
async fn take_later(bench: &Fixture, former: &str) -> String {
    let another_host = another_host(bench);
    loop {
        let (volume, name) = (own("volume-3"), own("snapshot-1"));
        let delete = DeleteSnapshot { volume, name };
        another_host.call(delete).await.unwrap();
        let (volume, name) = (own("volume-3"), own("snapshot-1"));
        let take = CreateSnapshot { volume, name };
        let taken = another_host.call(take).await.unwrap();
        if taken.created_at != former {
            return taken.created_at;
        }
    }
}

/// The head that answers does not serve the pool at this moment.
#[tokio::test]
async fn a_404_for_an_object_that_exists_is_no_success() {
    let bench = prepared().await;
    let before = bench.state();
    let moved = Fault::new(FaultKind::not_found()).on("PUT", "/luns/|/snapshots/");
    bench.appliance.faults().push(moved.times(2));
    let deleted = delete_snapshot(&bench, "volume-3", "snapshot-1").await;
    for error in [deleted, delete(&bench, "volume-1").await] {
        let error = error.unwrap_err();
        assert_eq!(error.status(), Status::PoolNotOwned, "{error:?}");
        assert_eq!(error.outcome(), Outcome::Rejected, "{error:?}");
    }
    assert_eq!(bench.state(), before);
}

/// The request is answered with success, and the answer shows the volume presented as before.
#[tokio::test]
async fn a_mask_that_does_not_show_is_no_success() {
    let bench = prepared().await;
    let denied = Fault::new(FaultKind::denied()).on("PUT", "/luns/volume-1$");
    bench.appliance.faults().push(denied);
    bench.appliance.clear_trace();
    delete(&bench, "volume-1").await.unwrap_err();
    let names = asked(&bench);
    let name = names[0].as_str().unwrap();
    let presented = json!({"initiatorgroup": ["host-a"]});
    bench.appliance.show_odd("lun", name, presented);
    let error = delete(&bench, "volume-1").await.unwrap_err();
    assert_eq!(error.status(), Status::StateChanged, "{error:?}");
    assert_eq!(error.outcome(), Outcome::Partial, "{error:?}");
    assert!(error.left_behind()[0].contains(name), "{error:?}");
}
