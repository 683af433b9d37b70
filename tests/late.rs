//! Requests that are not answered and carried out late: what their operations say until then, and
//! what the same call finds afterwards.

mod common;

use common::Bench;
use common::matrix::ID;
use zfssa::driver::{CreateSnapshot, CreateVolume, DeleteVolume, Operation};
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
    bench: &Bench,
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
        let bench = Bench::ready().await;
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
        let bench = Bench::ready().await;
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
    let bench = Bench::ready().await;
    bench.call_as(ID, volume_1()).await.unwrap();
    let faults = bench.appliance.faults();
    faults.push(Fault::new(unreadable()).on("POST", "/luns$").after_commit());
    let again = bench.call_as(ID, volume_1()).await.unwrap();
    assert_eq!(again.name, "volume-1");

    let take = || CreateSnapshot {
        volume: "volume-1".to_owned(),
        name: "snapshot-1".to_owned(),
    };
    assert!(bench.call_as(ID, take()).await.unwrap().created);
    faults.push(Fault::new(unreadable()).on("POST", "/snapshots$"));
    assert!(!bench.call_as(ID, take()).await.unwrap().created);

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
