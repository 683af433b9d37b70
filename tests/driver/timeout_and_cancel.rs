//! Deadlines, cancellation and shutdown: what a caller is told, and what stands.

use std::time::Duration;

use support::{Fixture, SOON, volume};
use tokio_util::sync::CancellationToken;
use zfssa::driver::{Call, CreateClonedVolume, DeleteVolume, GetVolume, Operation, Timeout};
use zfssa::error::{Error, Outcome, Status};
use zfssa_appliance::{Fault, FaultKind};

fn clone_of(source: &str) -> CreateClonedVolume {
    CreateClonedVolume {
        name: "volume-2".to_owned(),
        size_gib: 2,
        source_volume: source.to_owned(),
        ..CreateClonedVolume::default()
    }
}

fn forever() -> FaultKind {
    FaultKind::Hang { ms: None }
}

/// Runs an operation while something is done at the moment when a fault strikes.
async fn run_and<O: Operation>(
    bench: &Fixture,
    operation: O,
    cancel: CancellationToken,
    fault: Fault,
    then: impl FnOnce(),
) -> Result<O::Output, Error> {
    let id = bench.appliance.faults().push(fault);
    let scope = bench.driver.scope(Call {
        cancel,
        ..Call::default()
    });
    let struck = async {
        while bench.appliance.faults().fired(id) == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        then();
    };
    let running = async { tokio::join!(bench.driver.run(operation, &scope), struck).0 };
    let result = tokio::time::timeout(SOON, running).await;
    bench.appliance.faults().clear();
    result.expect("it ends soon")
}

/// Runs an operation and cancels it when a fault strikes.
async fn cancel_at<O: Operation>(
    bench: &Fixture,
    operation: O,
    fault: Fault,
) -> Result<O::Output, Error> {
    let cancel = CancellationToken::new();
    run_and(bench, operation, cancel.clone(), fault, || cancel.cancel()).await
}

#[tokio::test]
async fn a_cancelled_look_up_sent_nothing_that_changes() {
    let bench = Fixture::ready().await;
    let look = GetVolume {
        name: "volume-1".to_owned(),
    };
    let fault = Fault::new(forever()).on("GET", "/luns/");
    let error = cancel_at(&bench, look, fault).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Cancelled, Outcome::None)
    );
    assert_eq!(error.operation(), Some("get_volume"));
}

#[tokio::test]
async fn a_change_that_was_made_when_it_was_cancelled_is_reported_as_made() {
    let bench = Fixture::ready().await;
    let fault = Fault::new(forever()).on("POST", "/luns$").after_commit();
    let made = cancel_at(&bench, volume("volume-1"), fault).await;
    assert!(made.unwrap().created, "reading back showed the volume");
}

#[tokio::test]
async fn a_cancelled_clone_is_rolled_back() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    let before = bench.state();
    // The clone is made and about to grow.
    let fault = Fault::new(forever()).on("PUT", "/luns/volume-2$");
    let error = cancel_at(&bench, clone_of("volume-1"), fault)
        .await
        .unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Cancelled, Outcome::RolledBack)
    );
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn a_deadline_covers_the_whole_operation() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    let before = bench.state();
    let fault = Fault::new(forever()).on("PUT", "/luns/volume-2$");
    bench.appliance.faults().push(fault);
    let scope = bench.driver.scope(Call {
        timeout: Timeout::After(Duration::from_millis(700)),
        ..Call::default()
    });
    let running = bench.driver.run(clone_of("volume-1"), &scope);
    let error = tokio::time::timeout(SOON, running)
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Deadline, Outcome::RolledBack)
    );
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn a_deadline_that_has_passed_sends_nothing() {
    let bench = Fixture::ready().await;
    bench.appliance.clear_trace();
    let scope = bench.driver.scope(Call {
        timeout: Timeout::After(Duration::ZERO),
        ..Call::default()
    });
    let error = bench
        .driver
        .run(volume("volume-1"), &scope)
        .await
        .unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Deadline, Outcome::None)
    );
    assert!(bench.appliance.trace().is_empty());
}

#[tokio::test]
async fn a_driver_that_is_shut_down_undoes_and_refuses() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    let before = bench.state();
    let fault = Fault::new(forever()).on("PUT", "/luns/volume-2$");
    let never = CancellationToken::new();
    let cloning = run_and(&bench, clone_of("volume-1"), never, fault, || {
        bench.driver.shut_down();
    });
    let error = cloning.await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Shutdown, Outcome::RolledBack)
    );
    assert_eq!(bench.state(), before);
    let delete = DeleteVolume {
        name: "volume-1".to_owned(),
    };
    let error = bench.driver.call(delete).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Shutdown, Outcome::None)
    );
    assert_eq!(bench.state(), before);
}
