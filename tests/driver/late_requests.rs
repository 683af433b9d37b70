//! Requests that are not answered and carried out late: what their operations say until then, and
//! what the same call finds afterwards.

use std::time::Duration;

use support::matrix::ID;
use support::{Fixture, GIB, POOL, PROJECT, until};
use zfssa::appliance::{LunChange, ProjectRef};
use zfssa::driver::{
    Call, CreateClonedVolume, CreateSnapshot, CreateVolume, DeleteSnapshot, DeleteVolume,
    ExistingRef, ExtendVolume, ManageExisting, Operation, RevertToSnapshot, Timeout, Unmanage,
    UnmanageSnapshot,
};
use zfssa::error::{Error, Outcome, Status};
use zfssa_appliance::{Fault, FaultKind};

fn volume_1() -> CreateVolume {
    CreateVolume {
        name: "volume-1".to_owned(),
        size_gib: 1,
        ..CreateVolume::default()
    }
}

fn deletion() -> DeleteVolume {
    DeleteVolume {
        name: "volume-1".to_owned(),
    }
}

/// Runs an operation whose change is sent several times: the first is carried out late, the others
/// are answered so.
async fn late_then<O: Operation>(
    bench: &Fixture,
    (method, path): (&str, &str),
    answers: &[FaultKind],
    operation: O,
) -> Result<O::Output, Error> {
    let faults = bench.appliance.faults();
    let late = Fault::new(FaultKind::late_until_released()).on(method, path);
    let late = faults.push(late);
    for (number, answer) in answers.iter().enumerate() {
        let fault = Fault::new(answer.clone()).on(method, path);
        faults.push(fault.nth(number as u64 + 2));
    }
    let result = bench.call_as(ID, operation).await;
    assert_eq!(bench.appliance.held(), 1, "it is under way");
    bench.appliance.release();
    bench.answered(late).await;
    faults.clear();
    result
}

#[tokio::test]
async fn a_creation_that_is_under_way_is_never_said_to_be_refused() {
    for answers in [
        [FaultKind::internal(), FaultKind::internal()],
        [FaultKind::Reset, FaultKind::denied()],
        [FaultKind::denied(), FaultKind::denied()],
        [FaultKind::state_changed(), FaultKind::state_changed()],
    ] {
        let bench = Fixture::ready().await;
        let result = late_then(&bench, ("POST", "/luns$"), &answers, volume_1()).await;
        let error = result.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{answers:?}: {error:?}");
        assert_eq!(bench.luns(0), ["volume-1"], "{answers:?}");
        let found = bench.call_as(ID, volume_1()).await.unwrap();
        assert_eq!(found.name, "volume-1");
    }
}

#[tokio::test]
async fn a_deletion_that_is_under_way_is_never_said_to_be_refused() {
    for answers in [
        [FaultKind::internal(), FaultKind::denied()],
        [FaultKind::confirm_required(), FaultKind::internal()],
        [FaultKind::internal(), FaultKind::internal()],
    ] {
        let bench = Fixture::ready().await;
        bench.driver.call(volume_1()).await.unwrap();
        let deleted = late_then(&bench, ("DELETE", "/luns/volume-1$"), &answers, deletion());
        let error = deleted.await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{answers:?}: {error:?}");
        assert!(bench.luns(0).is_empty(), "{answers:?}");
        bench.call_as(ID, deletion()).await.unwrap();
    }
}

/// The answer to the first call was lost; the second one meets the LUN of the first.
#[tokio::test]
async fn a_conflict_that_cannot_be_read_is_looked_at() {
    let unreadable = || FaultKind::Html { status: 409 };
    let bench = Fixture::ready().await;
    bench.call_as(ID, volume_1()).await.unwrap();
    let faults = bench.appliance.faults();
    faults.push(Fault::new(unreadable()).on("POST", "/luns$").after_commit());
    let again = bench.call_as(ID, volume_1()).await.unwrap();
    assert_eq!(again.name, "volume-1");

    assert!(bench.call_as(ID, snapshot_1()).await.unwrap().created);
    faults.push(Fault::new(unreadable()).on("POST", "/snapshots$"));
    assert!(!bench.call_as(ID, snapshot_1()).await.unwrap().created);

    // What is not there was not made by anybody.
    let other = CreateVolume {
        name: "volume-2".to_owned(),
        ..volume_1()
    };
    faults.push(Fault::new(unreadable()).on("POST", "/luns$"));
    let error = bench.call_as(ID, other).await.unwrap_err();
    assert_eq!(error.status(), Status::StateChanged, "{error:?}");
    assert_eq!(error.outcome(), Outcome::Rejected, "{error:?}");
    assert_eq!(bench.luns(0), ["volume-1"]);
}

/// Carried out within the time that the tests configure for late requests, which is a second, and
/// when the last repetition of a request is answered.
fn in_time() -> FaultKind {
    FaultKind::Late {
        requests: None,
        ms: Some(800),
    }
}

fn fault_on(bench: &Fixture, kind: FaultKind, (method, path): (&str, &str)) -> u64 {
    bench
        .appliance
        .faults()
        .push(Fault::new(kind).on(method, path))
}

#[tokio::test]
async fn a_volume_whose_creation_was_repeated_stays_deleted() {
    let bench = Fixture::ready().await;
    let late = fault_on(&bench, in_time(), ("POST", "/luns$"));
    assert!(bench.driver.call(volume_1()).await.unwrap().created);
    assert!(bench.driver.call(deletion()).await.unwrap().existed);
    bench.answered(late).await;
    assert!(bench.luns(0).is_empty(), "{:?}", bench.luns(0));
}

#[tokio::test]
async fn a_snapshot_whose_creation_was_repeated_stays_deleted() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume_1()).await.unwrap();
    let late = fault_on(&bench, in_time(), ("POST", "/snapshots$"));
    bench.driver.call(snapshot_1()).await.unwrap();
    let delete = DeleteSnapshot {
        volume: "volume-1".to_owned(),
        name: "snapshot-1".to_owned(),
    };
    assert!(bench.driver.call(delete).await.unwrap().existed);
    bench.answered(late).await;
    assert!(bench.snapshots_of("volume-1").is_empty());
}

/// A deletion that was repeated does not take what has the name afterwards.
#[tokio::test]
async fn a_volume_made_after_a_repeated_deletion_stays() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume_1()).await.unwrap();
    let late = fault_on(&bench, in_time(), ("DELETE", "/luns/volume-1$"));
    bench.driver.call(deletion()).await.unwrap();
    bench.driver.call(volume_1()).await.unwrap();
    bench.answered(late).await;
    assert_eq!(bench.luns(0), ["volume-1"]);
}

/// The name is given to a LUN that is adopted.
#[tokio::test]
async fn a_lun_adopted_after_a_repeated_deletion_stays() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume_1()).await.unwrap();
    let other = CreateVolume {
        name: "data".to_owned(),
        ..volume_1()
    };
    bench.driver.call(other).await.unwrap();
    bench
        .driver
        .call(Unmanage {
            name: "data".to_owned(),
        })
        .await
        .unwrap();
    let late = fault_on(&bench, in_time(), ("DELETE", "/luns/volume-1$"));
    bench.driver.call(deletion()).await.unwrap();
    let adopt = ManageExisting {
        name: "volume-1".to_owned(),
        existing: ExistingRef {
            source_name: bench.luns(0).remove(0),
            ..ExistingRef::default()
        },
        ..ManageExisting::default()
    };
    bench.driver.call(adopt).await.unwrap();
    bench.answered(late).await;
    assert_eq!(bench.luns(0), ["volume-1"]);
}

/// A change of a volume that was deleted does not reach the next volume of its name.
#[tokio::test]
async fn a_volume_made_after_a_late_change_of_its_namesake_is_not_changed() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume_1()).await.unwrap();
    let extend = ExtendVolume {
        name: "volume-1".to_owned(),
        size_gib: 2,
    };
    let late = bench
        .appliance
        .faults()
        .push(Fault::new(in_time()).on("PUT", "/luns/volume-1$"));
    let refused = Fault::new(FaultKind::denied()).on("PUT", "/luns/volume-1$");
    bench.appliance.faults().push(refused);
    let error = bench.driver.call(extend).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
    bench.driver.call(deletion()).await.unwrap();
    bench.driver.call(volume_1()).await.unwrap();
    bench.answered(late).await;
    assert_eq!(bench.lun("volume-1")["volsize"], GIB);
}

/// Three tries of a clone without an answer, of which the first is carried out in the end.
#[tokio::test]
async fn a_clone_is_said_to_be_rolled_back_when_it_cannot_arrive_any_more() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume_1()).await.unwrap();
    let before = bench.state();
    let clone = ("PUT", "/clone$");
    let late = fault_on(&bench, in_time(), clone);
    for nth in [2, 3] {
        let lost = Fault::new(FaultKind::Reset).on(clone.0, clone.1).nth(nth);
        bench.appliance.faults().push(lost);
    }
    let error = bench.driver.call(cloned()).await.unwrap_err();
    bench.answered(late).await;
    if error.outcome() == Outcome::RolledBack {
        assert_eq!(bench.state(), before, "{error:?}");
    } else {
        assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
    }
    bench.appliance.faults().clear();
    bench.driver.call(cloned()).await.unwrap();
}

/// What happens to a volume after it was set back is not set back by an earlier try.
#[tokio::test]
async fn a_volume_that_was_set_back_twice_is_not_set_back_later() {
    let grow = || ExtendVolume {
        name: "volume-1".to_owned(),
        size_gib: 3,
    };
    let revert = || RevertToSnapshot {
        volume: "volume-1".to_owned(),
        snapshot: "snapshot-1".to_owned(),
        ..RevertToSnapshot::default()
    };
    let size = |bench: &Fixture| bench.lun("volume-1")["volsize"].as_u64().unwrap() / GIB;
    // The operation has the time to wait for its own first try, or its repetition has to.
    for time in [None, Some(Duration::from_millis(200))] {
        let bench = Fixture::ready().await;
        bench.driver.call(volume_1()).await.unwrap();
        bench.driver.call(snapshot_1()).await.unwrap();
        let late = fault_on(&bench, in_time(), ("PUT", "/rollback$"));
        let call = Call {
            timeout: time.map_or(Timeout::Configured, Timeout::After),
            ..Call::default()
        };
        let first = bench.driver.run(revert(), &bench.driver.scope(call)).await;
        if time.is_some() {
            assert_eq!(first.unwrap_err().outcome(), Outcome::Unknown);
            bench.driver.call(revert()).await.unwrap();
        } else {
            first.unwrap();
        }
        bench.driver.call(grow()).await.unwrap();
        bench.answered(late).await;
        assert_eq!(size(&bench), 3, "{time:?}");
    }
}

fn snapshot_1() -> CreateSnapshot {
    CreateSnapshot {
        volume: "volume-1".to_owned(),
        name: "snapshot-1".to_owned(),
    }
}

fn cloned() -> CreateClonedVolume {
    CreateClonedVolume {
        name: "volume-2".to_owned(),
        size_gib: 1,
        source_volume: "volume-1".to_owned(),
        ..CreateClonedVolume::default()
    }
}

/// The name was taken for a moment, says the answer to a repetition.
#[tokio::test]
async fn a_name_that_was_taken_for_a_moment_ends_no_doubt() {
    let bench = Fixture::ready().await;
    let answers = [FaultKind::object_exists()];
    let result = late_then(&bench, ("POST", "/luns$"), &answers, volume_1()).await;
    let error = result.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
    assert_eq!(bench.luns(0), ["volume-1"]);

    let snapshots = ("POST", "/snapshots$");
    let result = late_then(&bench, snapshots, &answers, snapshot_1()).await;
    let error = result.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
    assert_eq!(bench.snapshots_of("volume-1"), ["snapshot-1"]);
}

/// The engine goes on with the next free name, and the answer to that rename is clear. The first
/// one is under way all the same.
#[tokio::test]
async fn a_rename_that_is_under_way_is_never_said_to_be_refused() {
    for last in [FaultKind::denied(), FaultKind::not_found()] {
        let answers = [FaultKind::object_exists(), last];
        let bench = Fixture::ready().await;
        bench.driver.call(volume_1()).await.unwrap();
        let unmanage = Unmanage {
            name: "volume-1".to_owned(),
        };
        let renamed = ("PUT", "/luns/volume-1$");
        let error = late_then(&bench, renamed, &answers, unmanage).await;
        let error = error.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{answers:?}: {error:?}");
        assert_eq!(bench.luns(0), ["unmanaged-volume-1"], "{answers:?}");

        let bench = Fixture::ready().await;
        bench.driver.call(volume_1()).await.unwrap();
        bench.driver.call(snapshot_1()).await.unwrap();
        let unmanage = UnmanageSnapshot {
            volume: "volume-1".to_owned(),
            name: "snapshot-1".to_owned(),
        };
        let renamed = ("PUT", "/snapshots/snapshot-1$");
        let error = late_then(&bench, renamed, &answers, unmanage).await;
        let error = error.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{answers:?}: {error:?}");
        let snapshots = bench.snapshots_of("volume-1");
        assert_eq!(snapshots, ["unmanaged-snapshot-1"], "{answers:?}");
    }
}

/// A deletion of a clone that failed protects the clone again. If that is carried out late, during
/// the next deletion, it may fail that one, and no later one.
#[tokio::test]
async fn a_late_protection_of_a_clone_fails_one_deletion_at_most() {
    let delete = || DeleteVolume {
        name: "volume-2".to_owned(),
    };
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let (mut requests, mut failed) = (0, 0);
    for unprotected_before in [true, false] {
        for nth in 1.. {
            let bench = Fixture::ready().await;
            bench.driver.call(volume_1()).await.unwrap();
            let before = bench.state();
            bench.driver.call(cloned()).await.unwrap();
            let other = bench.other_host(|_| {});
            let scope = other.scope(Call::default());
            let protect = async |protection: bool| {
                let change = LunChange {
                    nodestroy: Some(protection),
                    ..LunChange::default()
                };
                let appliance = other.appliance();
                appliance
                    .change_lun(&scope, place, "volume-2", &change)
                    .await
            };
            protect(!unprotected_before).await.unwrap();
            let hang = Fault::new(FaultKind::Hang { ms: None }).nth(nth);
            bench.appliance.faults().push(hang);
            let driver = bench.driver.clone();
            let deleting = tokio::spawn(async move { driver.call(delete()).await });
            let over = || bench.appliance.held() > 0 || deleting.is_finished();
            assert!(until(over).await);
            if bench.appliance.held() == 0 {
                deleting.await.unwrap().unwrap();
                break;
            }
            requests += 1;
            // It finds no LUN if the held request is sent after the deletion.
            let late = protect(true).await;
            bench.appliance.release();
            if let Err(error) = deleting.await.unwrap() {
                assert!(late.is_ok(), "{nth}: {error:?}");
                assert_eq!(bench.luns(0), ["volume-1", "volume-2"], "{nth}: {error:?}");
                failed += 1;
                bench.driver.call(delete()).await.unwrap();
            }
            assert_eq!(bench.state(), before, "{nth}");
        }
    }
    assert!(
        requests > 6 && failed > 1,
        "{failed} of {requests} deletions failed"
    );
}
