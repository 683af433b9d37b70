//! Retypes of which the appliance ignores a part, and whose rollback fails.

use super::*;

/// A volume, and an appliance that ignores its new limit of reads.
async fn limited() -> (Fixture, Retype) {
    let bench = newest().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    passes_over(&bench, &["readlimit"]);
    let specs = own(&[("zfssa:copies", "3"), ("zfssa:readlimit", "1048576")]);
    (bench, retype(specs))
}

fn passes_over(bench: &Fixture, properties: &[&str]) {
    let properties = properties.iter().map(|one| (*one).to_owned()).collect();
    bench.appliance.tune(|knobs| knobs.passes_over = properties);
}

/// The error of a retype when something else happens after its change and before the rollback of
/// that.
async fn meanwhile(bench: &Fixture, retype: Retype, happens: impl AsyncFnOnce(&Fixture)) -> Error {
    let held = Fault::new(FaultKind::Hang { ms: None }).on("PUT", "/luns/volume-1$");
    bench.appliance.faults().push(held.after_commit());
    let driver = bench.driver.clone();
    let retyping = tokio::spawn(async move { driver.call(retype).await });
    assert!(until(|| bench.appliance.held() == 1).await);
    happens(bench).await;
    bench.appliance.release();
    retyping.await.unwrap().unwrap_err()
}

#[track_caller]
fn is_applied(error: &Error) {
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::TypeMismatch, Outcome::Applied),
        "{error}"
    );
    names(error, LunProperty::ReadLimit, "1048576");
}

#[tokio::test]
async fn a_rollback_that_is_refused_is_not_said_to_be_done() {
    let (bench, retype) = limited().await;
    let denied = Fault::new(FaultKind::denied()).on("PUT", "/luns/volume-1$");
    bench.appliance.faults().push(denied.nth(2));
    is_applied(&bench.driver.call(retype).await.unwrap_err());
    assert_eq!(bench.lun("volume-1")["properties"]["copies"], 3);
}

#[tokio::test]
async fn a_rollback_that_is_ignored_is_not_said_to_be_done() {
    let (bench, retype) = limited().await;
    let error = meanwhile(&bench, retype, async |bench| {
        passes_over(bench, &["readlimit", "copies"]);
    });
    is_applied(&error.await);
    assert_eq!(bench.lun("volume-1")["properties"]["copies"], 3);
}

#[tokio::test]
async fn a_rollback_that_meets_another_lun_is_not_said_to_be_done() {
    let (bench, retype) = limited().await;
    let error = meanwhile(&bench, retype, async |bench| {
        bench.force_delete("volume-1").await;
        let other = serde_json::json!({"name": "volume-1", "volsize": GIB});
        bench.foreign_lun(other).await;
    });
    is_applied(&error.await);
}

/// A limit that does not end.
#[tokio::test]
async fn a_retype_whose_end_of_a_property_is_ignored_is_no_success() {
    let bench = newest().await;
    for property in ["writelimit", "copies"] {
        let made = own(&[("zfssa:copies", "2"), ("zfssa:writelimit", "1048576")]);
        passes_over(&bench, &[]);
        bench.driver.call(with("volume-1", made)).await.unwrap();
        passes_over(&bench, &[property]);
        let error = bench.driver.call(retype(Vec::new())).await.unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::StateChanged, Outcome::Unknown),
            "{property}: {error}"
        );
        bench.force_delete("volume-1").await;
    }
}
