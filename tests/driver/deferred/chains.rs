//! Deferred deletions of a volume, its clone and the clone of that at the same moment: the lock of
//! each deferred volume, and names that are read again.

use std::time::Duration;

use support::{POOL, PROJECT, until};
use zfssa::appliance::{LunChange, ProjectRef};
use zfssa::driver::Call;
use zfssa::lock::{Held, Key, Locks, Space};

use super::races::{hold, waits_after};
use super::*;

/// Creates volume-1, its clone volume-2 and volume-3, a clone of that, and deletes volume-2, which
/// waits for volume-3. Returns the name that volume-2 has now.
async fn deferred_in_the_middle(bench: &Fixture) -> String {
    make(bench, "volume-1").await;
    clone(bench, "volume-2", "volume-1").await;
    clone(bench, "volume-3", "volume-2").await;
    delete(bench, "volume-2").await.unwrap();
    deferred(bench, "volume-2")
}

/// The locks of the fixture's driver, as another operation of this process has them.
fn locks(bench: &Fixture) -> Locks {
    let place = format!("{POOL}/{PROJECT}");
    let space = Space {
        appliance: bench.driver.config().appliance.to_string(),
        volumes: place,
        images: String::new(),
    };
    Locks::new(space, Vec::new())
}

/// Holds the lock of a volume, as an operation on it does.
async fn locked(bench: &Fixture, volume: &str) -> Held {
    let scope = bench.driver.scope(Call::default());
    let key = Key::Lun(own(volume));
    locks(bench).lock(&scope, key).await.unwrap()
}

/// The last clone is being deleted, and its chain is read, when the root is renamed.
#[tokio::test]
async fn an_origin_that_is_renamed_after_it_was_read_goes_too() {
    let bench = deferring().await;
    let before = bench.state();
    deferred_in_the_middle(&bench).await;
    hold(&bench, "DELETE", "/luns/volume-3$");
    let (last, root) = tokio::join!(delete(&bench, "volume-3"), async {
        assert!(until(|| bench.appliance.held() > 0).await);
        let root = delete(&bench, "volume-1").await;
        bench.appliance.release();
        root
    });
    last.unwrap();
    root.unwrap();
    assert_eq!(bench.state(), before);
}

/// The deletion of the deferred clone has read the root's former name, and ends after the rename.
#[tokio::test]
async fn a_volume_that_is_renamed_during_the_deletion_of_its_deferred_clone_goes_too() {
    let bench = deferring().await;
    let before = bench.state();
    let middle = deferred_in_the_middle(&bench).await;
    hold(&bench, "DELETE", &format!("/luns/{middle}$"));
    let (last, root) = tokio::join!(delete(&bench, "volume-3"), async {
        assert!(until(|| bench.appliance.held() > 0).await);
        let root = delete(&bench, "volume-1");
        let renamed = || bench.luns(0).iter().any(|name| name.ends_with("-volume-1"));
        waits_after(&bench, root, renamed).await
    });
    last.unwrap();
    root.unwrap();
    assert_eq!(bench.state(), before);
}

/// The same for a snapshot.
#[tokio::test]
async fn a_snapshot_that_is_renamed_during_the_deletion_of_its_deferred_clone_goes_too() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    let before = bench.state();
    take(&bench, "volume-1", "snapshot-1").await;
    let from = from_snapshot("volume-2", "volume-1", "snapshot-1");
    bench.driver.call(from).await.unwrap();
    clone(&bench, "volume-3", "volume-2").await;
    delete(&bench, "volume-2").await.unwrap();
    let middle = deferred(&bench, "volume-2");
    hold(&bench, "DELETE", &format!("/luns/{middle}$"));
    let (last, snapshot) = tokio::join!(delete(&bench, "volume-3"), async {
        assert!(until(|| bench.appliance.held() > 0).await);
        let delete = delete_snapshot(&bench, "volume-1", "snapshot-1");
        let renamed = || bench.snapshots_of("volume-1") != ["snapshot-1"];
        waits_after(&bench, delete, renamed).await
    });
    last.unwrap();
    snapshot.unwrap();
    assert_eq!(bench.state(), before);
}

/// The clone is renamed between the read of the dependents and the rename of its origin, and the
/// deletion of the clone by its new name has read the origin's former name.
#[tokio::test]
async fn a_volume_waits_for_a_clone_that_was_renamed_meanwhile() {
    let bench = deferring().await;
    let before = bench.state();
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    clone(&bench, "volume-3", "volume-2").await;
    hold(&bench, "PUT", "/luns/volume-1$");
    let root = delete(&bench, "volume-1");
    let renamed = || bench.luns(0).iter().any(|name| name.ends_with("-volume-1"));
    waits_for_the_new_name(&bench, root, renamed).await.unwrap();
    assert_eq!(bench.state(), before);
}

/// The same for the rename of a snapshot.
#[tokio::test]
async fn a_snapshot_waits_for_a_clone_that_was_renamed_meanwhile() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    let before = bench.state();
    take(&bench, "volume-1", "snapshot-1").await;
    let from = from_snapshot("volume-2", "volume-1", "snapshot-1");
    bench.driver.call(from).await.unwrap();
    clone(&bench, "volume-3", "volume-2").await;
    hold(&bench, "PUT", "/volume-1/snapshots/snapshot-1$");
    let snapshot = delete_snapshot(&bench, "volume-1", "snapshot-1");
    let renamed = || bench.snapshots_of("volume-1") != ["snapshot-1"];
    let deleted = waits_for_the_new_name(&bench, snapshot, renamed).await;
    deleted.unwrap();
    assert_eq!(bench.state(), before);
}

/// The result of a deferral whose rename is held while volume-2, a clone, is deferred. The test
/// deletes volume-3 and volume-2 as an operation that has the lock of volume-2 by its new name, and
/// knows only the former name of its origin.
async fn waits_for_the_new_name<T>(
    bench: &Fixture,
    deferral: impl Future<Output = T>,
    renamed: impl Fn() -> bool,
) -> T {
    const EARLY: &str = "the deferral does not wait for the operation on the clone";
    tokio::pin!(deferral);
    let locked = async {
        assert!(until(|| bench.appliance.held() > 0).await);
        delete(bench, "volume-2").await.unwrap();
        let middle = deferred(bench, "volume-2");
        let held = locked(bench, &middle).await;
        bench.appliance.release();
        assert!(until(renamed).await);
        (middle, held)
    };
    let (middle, held) = tokio::select! {
        _ = &mut deferral => panic!("{EARLY}"),
        locked = locked => locked,
    };
    let early = tokio::time::timeout(Duration::from_millis(300), &mut deferral).await;
    assert!(early.is_err(), "{EARLY}");
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let scope = bench.driver.scope(Call::default());
    let appliance = bench.driver.appliance();
    for name in ["volume-3", &middle] {
        let unprotected = LunChange {
            nodestroy: Some(false),
            ..LunChange::default()
        };
        let changed = appliance.change_lun(&scope, place, name, &unprotected);
        changed.await.unwrap();
        appliance.delete_lun(&scope, place, name).await.unwrap();
    }
    drop(held);
    deferral.await
}

/// Each of two clones sees the other when it is deleted.
#[tokio::test]
async fn a_deferred_snapshot_goes_with_the_last_of_two_clones_that_go_at_once() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    let before = bench.state();
    take(&bench, "volume-1", "snapshot-1").await;
    for name in ["volume-2", "volume-3"] {
        let from = from_snapshot(name, "volume-1", "snapshot-1");
        bench.driver.call(from).await.unwrap();
    }
    let deleted = delete_snapshot(&bench, "volume-1", "snapshot-1");
    deleted.await.unwrap();
    for name in ["volume-2", "volume-3"] {
        hold(&bench, "DELETE", &format!("/luns/{name}$"));
    }
    let (one, other, ()) = tokio::join!(
        delete(&bench, "volume-2"),
        delete(&bench, "volume-3"),
        async {
            assert!(until(|| bench.appliance.held() == 2).await);
            bench.appliance.release();
        }
    );
    one.unwrap();
    other.unwrap();
    assert_eq!(bench.state(), before);
}

/// A new clone takes the name of a deferred one while that is deleted.
#[tokio::test]
async fn a_snapshot_that_leaves_its_name_to_a_new_clone_goes_with_the_old_one() {
    let bench = deferring().await;
    let middle = deferred_in_the_middle(&bench).await;
    hold(&bench, "DELETE", &format!("/luns/{middle}$"));
    let (last, again) = tokio::join!(delete(&bench, "volume-3"), async {
        assert!(until(|| bench.appliance.held() > 0).await);
        let again = bench.driver.call(cloned("volume-2", "volume-1"));
        let renamed = || {
            let snapshots = bench.snapshots_of("volume-1");
            snapshots.iter().any(|name| name.starts_with("deleted-"))
        };
        waits_after(&bench, again, renamed).await
    });
    last.unwrap();
    again.unwrap();
    assert_eq!(bench.luns(0), ["volume-1", "volume-2"]);
    assert_eq!(bench.snapshots_of("volume-1"), ["tmp-snapshot-2"]);
}

/// Hosts without a common lock: the origin is renamed before the answer to the request that clears
/// the protection of the clone, and that answer shows the new name.
#[tokio::test]
async fn an_origin_that_another_host_renames_before_the_deletion_goes_too() {
    let bench = deferring().await;
    let before = bench.state();
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    hold(&bench, "PUT", "/luns/volume-2$");
    let another_host = bench.other_host(|_| {});
    let name = own("volume-2");
    let (clone, origin) = tokio::join!(another_host.call(DeleteVolume { name }), async {
        assert!(until(|| bench.appliance.held() > 0).await);
        let origin = delete(&bench, "volume-1").await;
        bench.appliance.release();
        origin
    });
    clone.unwrap();
    origin.unwrap();
    assert_eq!(bench.state(), before);
}

/// The deletion of the root of a chain, of its middle and of its end at once, from two drivers, by
/// as many chains as there are orders.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chains_that_are_deleted_at_once_leave_nothing() {
    let bench = deferring().await;
    let sibling = bench.driver_with(defer);
    let before = bench.state();
    let chain = |number: usize| [1, 2, 3, 4].map(|level| format!("volume-{number}{level}"));
    const ORDERS: [[usize; 4]; 6] = [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [1, 0, 3, 2],
        [3, 0, 2, 1],
        [2, 3, 0, 1],
        [0, 3, 1, 2],
    ];
    for number in 0..ORDERS.len() {
        let names = chain(number);
        make(&bench, &names[0]).await;
        for pair in names.windows(2) {
            clone(&bench, &pair[1], &pair[0]).await;
        }
        // Deferred already in every second chain.
        if number % 2 == 1 {
            delete(&bench, &names[2]).await.unwrap();
        }
    }
    let mut deletions = tokio::task::JoinSet::new();
    for (number, order) in ORDERS.into_iter().enumerate() {
        let names = chain(number);
        for (at, level) in order.into_iter().enumerate() {
            if number % 2 == 1 && level == 2 {
                continue;
            }
            let driver = [&bench.driver, &sibling][at % 2].clone();
            let name = names[level].clone();
            deletions.spawn(async move { driver.call(DeleteVolume { name }).await });
        }
    }
    while let Some(deleted) = deletions.join_next().await {
        assert!(deleted.unwrap().unwrap().existed);
    }
    assert_eq!(bench.state(), before);
    assert!(bench.journals().is_empty());
}
