//! One failure in each step of a migration, with the names that the steps have in the former
//! driver. There, all but the flawless one left something behind: a package, a second copy, a
//! volume that does not inherit its project's replication, or a volume that was gone while the
//! host pointed to it. Here the volume is where it was, in the state in which it was, and nothing
//! is left; or it has moved.

use support::{Fixture, PROJECT};
use zfssa::driver::{GetVolume, Recover, Settled};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::{Fault, FaultKind};

/// The appliances, by number.
const SOURCE: usize = 0;
const OTHER: usize = 1;

const DELETE_SOURCE: &str = "/projects/cinder/luns/volume-1$";

async fn bench() -> Fixture {
    Fixture::pair_with_volume(|config| {
        config.set("zfssa_rest_timeout", "1");
    })
    .await
}

/// Migrates while one appliance refuses or breaks off a request. The migration fails, all is as
/// it was, and without the failure the same migration works.
async fn rolls_back(side: usize, fault: Fault) {
    let bench = bench().await;
    let before = bench.state();
    let faults = bench.appliances()[side].faults();
    faults.push(fault);
    let error = bench
        .driver
        .call(bench.migration("volume-1"))
        .await
        .unwrap_err();
    assert!(faults.report()[0].fired > 0, "the request was never sent");
    faults.clear();
    let nothing = [Outcome::Rejected, Outcome::RolledBack];
    assert!(nothing.contains(&error.outcome()), "{error:?}");
    assert_eq!(bench.state(), before);
    assert!(bench.journals().is_empty());
    let again = bench.driver.call(bench.migration("volume-1")).await;
    assert!(again.unwrap().migrated);
}

/// The volume is at the destination and nowhere else, whole, and nothing is left of the way.
async fn has_moved(bench: &Fixture) {
    let look = GetVolume {
        name: "volume-1".into(),
    };
    let there = bench.other().driver.call(look).await.unwrap();
    assert_eq!(there.size_bytes, support::GIB);
    assert!(bench.luns(SOURCE).is_empty());
    for appliance in bench.appliances() {
        let state = appliance.state();
        let actions = &state["replication"]["actions"];
        assert!(actions.as_object().unwrap().is_empty(), "{actions}");
        for source in state["replication"]["sources"]
            .as_object()
            .unwrap()
            .values()
        {
            assert!(source["packages"].as_object().unwrap().is_empty());
        }
        let projects = state["pools"]["pool-0"]["projects"].as_object().unwrap();
        let known = ["default", PROJECT, "os-cinder-cache"];
        assert!(projects.keys().all(|name| known.contains(&name.as_str())));
    }
    assert!(bench.journals().is_empty());
}

#[tokio::test]
async fn matrix_none() {
    let bench = bench().await;
    let migrated = bench.driver.call(bench.migration("volume-1")).await;
    assert!(migrated.unwrap().migrated);
    has_moved(&bench).await;
}

#[tokio::test]
async fn matrix_init() {
    let inherit = Fault::new(FaultKind::denied()).on("PUT", "/volume-1/replication$");
    rolls_back(SOURCE, inherit).await;
}

#[tokio::test]
async fn matrix_create_action() {
    let create = Fault::new(FaultKind::denied()).on("POST", "/replication/actions$");
    rolls_back(SOURCE, create.forever()).await;
}

#[tokio::test]
async fn matrix_send_update() {
    let send = |kind| Fault::new(kind).on("PUT", "/sendupdate$");
    rolls_back(SOURCE, send(FaultKind::denied()).forever()).await;
    rolls_back(SOURCE, send(FaultKind::internal()).forever()).await;
    // An update that was begun, though nobody said so, is found.
    let bench = bench().await;
    let lost = send(FaultKind::Reset).after_commit();
    bench.appliance.faults().push(lost);
    let migrated = bench.driver.call(bench.migration("volume-1")).await;
    assert!(migrated.unwrap().migrated);
    has_moved(&bench).await;
}

#[tokio::test]
async fn matrix_update_that_fails() {
    let bench = bench().await;
    let before = bench.state();
    let failing = "failed (connection failed)";
    bench
        .appliance
        .tune(|knobs| knobs.replication_result = failing.to_owned());
    let error = bench
        .driver
        .call(bench.migration("volume-1"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains(failing), "{error}");
    assert_eq!(error.outcome(), Outcome::RolledBack);
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn matrix_delete_action() {
    let delete = Fault::new(FaultKind::denied()).on("DELETE", "/replication/actions/");
    rolls_back(SOURCE, delete).await;
}

#[tokio::test]
async fn matrix_get_source() {
    let sources = Fault::new(FaultKind::denied()).on("GET", "/replication/sources$");
    rolls_back(OTHER, sources).await;
}

#[tokio::test]
async fn matrix_sever() {
    let sever = |kind| Fault::new(kind).on("PUT", "/sever$");
    rolls_back(OTHER, sever(FaultKind::denied()).forever()).await;
    rolls_back(OTHER, sever(FaultKind::internal()).forever()).await;
}

#[tokio::test]
async fn matrix_move() {
    let moving = |kind| Fault::new(kind).on("PUT", "/filesystems/volume-1$");
    rolls_back(OTHER, moving(FaultKind::denied()).forever()).await;
    rolls_back(OTHER, moving(FaultKind::object_exists()).forever()).await;
}

#[tokio::test]
async fn matrix_delete_project() {
    let delete = |kind| Fault::new(kind).on("DELETE", "/projects/[0-9a-f-]{36}$");
    rolls_back(OTHER, delete(FaultKind::denied())).await;
    rolls_back(OTHER, delete(FaultKind::internal()).times(3)).await;
}

#[tokio::test]
async fn matrix_prove_copy() {
    let adopt = Fault::new(FaultKind::denied()).on("PUT", "/projects/cinder/luns/volume-1$");
    rolls_back(OTHER, adopt).await;
}

#[tokio::test]
async fn matrix_delete_src_that_is_refused() {
    let delete = |kind| Fault::new(kind).on("DELETE", DELETE_SOURCE).forever();
    rolls_back(SOURCE, delete(FaultKind::denied())).await;
    rolls_back(SOURCE, delete(FaultKind::confirm_required())).await;
}

/// The appliance is too busy to delete, or nobody knows whether it did: the copy is the volume,
/// and recovery deletes the source.
async fn source_is_deleted_later(kind: FaultKind, times: u64) {
    let bench = bench().await;
    let label = format!("{kind:?}");
    let fault = Fault::new(kind).on("DELETE", DELETE_SOURCE);
    bench.appliance.faults().push(fault.times(times));
    let migrated = bench.driver.call(bench.migration("volume-1")).await;
    let migrated = migrated.unwrap_or_else(|error| panic!("{label}: {error:?}"));
    assert!(migrated.migrated, "{label}");
    assert_eq!(migrated.left_behind.len(), 1, "{label}");
    assert!(migrated.left_behind[0].contains("volume-1"), "{label}");
    assert_eq!(bench.luns(SOURCE), ["volume-1"], "{label}");
    assert_eq!(bench.luns(OTHER), ["volume-1"], "{label}");
    assert_eq!(bench.journals().len(), 1, "{label}");

    // As long as the source cannot be deleted, recovery says so and keeps the journal.
    let report = bench.driver.call(Recover::default()).await.unwrap();
    assert_eq!(report.recovered[0].settled, Settled::Failed, "{report:?}");
    assert_eq!(bench.luns(OTHER), ["volume-1"], "{label}");
    assert_eq!(bench.journals().len(), 1, "{label}");
    bench.appliance.faults().clear();
    let report = bench.driver.call(Recover::default()).await.unwrap();
    assert_eq!(report.recovered[0].settled, Settled::Finished, "{report:?}");
    has_moved(&bench).await;
}

#[tokio::test]
async fn matrix_delete_src_that_is_put_off() {
    source_is_deleted_later(FaultKind::Busy { retry_after: None }, 1_000).await;
    source_is_deleted_later(FaultKind::state_changed(), 1_000).await;
    source_is_deleted_later(FaultKind::Reset, 1_000).await;
}

#[tokio::test]
async fn matrix_delete_src_whose_answer_is_lost() {
    let bench = bench().await;
    let fault = Fault::new(FaultKind::ReplyLost).on("DELETE", DELETE_SOURCE);
    bench.appliance.faults().push(fault.after_commit());
    let migrated = bench.driver.call(bench.migration("volume-1")).await;
    let migrated = migrated.unwrap();
    assert!(migrated.migrated && migrated.left_behind.is_empty());
    has_moved(&bench).await;
}

#[tokio::test]
async fn matrix_delete_src_by_a_head_that_does_not_serve_the_pool() {
    let bench = bench().await;
    let gone = || Fault::new(FaultKind::not_found());
    let faults = bench.appliance.faults();
    faults.push(gone().on("DELETE", DELETE_SOURCE).forever());
    faults.push(gone().on("GET", "/projects/cinder$").forever());
    let migrated = bench.driver.call(bench.migration("volume-1")).await;
    let migrated = migrated.unwrap();
    assert!(migrated.migrated);
    assert_eq!(migrated.left_behind.len(), 1, "its 404 is not believed");
    faults.clear();
    let report = bench.driver.call(Recover::default()).await.unwrap();
    assert_eq!(report.recovered[0].settled, Settled::Finished, "{report:?}");
    has_moved(&bench).await;
}

#[tokio::test]
async fn matrix_logout() {
    for kind in [FaultKind::internal(), FaultKind::Reset, FaultKind::Garbage] {
        let bench = bench().await;
        let logout = Fault::new(kind).on("DELETE", "/access/").forever();
        let faults = bench.appliances()[OTHER].faults();
        faults.push(logout);
        let migrated = bench.driver.call(bench.migration("volume-1")).await;
        assert!(migrated.unwrap().migrated);
        assert!(faults.report()[0].fired > 0, "there was no logout");
        has_moved(&bench).await;
    }
}

#[tokio::test]
async fn a_copy_is_never_deleted_when_the_source_is_gone() {
    let bench = bench().await;
    let faults = bench.appliances()[OTHER].faults();
    // The copy is in place; before its proof fails, somebody deletes the source.
    let proof = Fault::new(FaultKind::Hang { ms: None });
    faults.push(proof.on("PUT", "/projects/cinder/luns/volume-1$").forever());
    let driver = bench.driver.clone();
    let migration = bench.migration("volume-1");
    let migrating = tokio::spawn(async move { driver.call(migration).await });
    let other = &bench.other().appliance;
    assert!(support::until(|| other.held() > 0).await);
    let scope = bench.driver.scope(zfssa::driver::Call::default());
    let place = zfssa::appliance::ProjectRef {
        pool: support::POOL,
        project: PROJECT,
    };
    let deleted = bench
        .driver
        .appliance()
        .delete_lun(&scope, place, "volume-1");
    assert!(deleted.await.unwrap());
    faults.clear();
    faults.push(Fault::new(FaultKind::denied()).on("PUT", "/luns/volume-1$"));
    other.forget_held();
    let error = migrating.await.unwrap().unwrap_err();
    // The change of the copy that was not answered may still be made.
    assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
    assert_ne!(error.status(), Status::Internal);
    assert_eq!(bench.luns(OTHER), ["volume-1"], "the only copy is kept");
}
