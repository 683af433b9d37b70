//! A migration dies at any request, and its journal is lost: the mark on its volume leads
//! recovery to what it made at both ends. A copy that is a volume already is never deleted.

use std::time::Duration;

use serde_json::Value;
use support::matrix::ID;
use support::pair::account_on;
use support::{Fixture, POOL, PROJECT, answered_by, path_text, until};
use zfssa::appliance::{NewAction, ProjectRef};
use zfssa::driver::{
    Audit, AuditReport, Call, Driver, GetVolume, Recover, RecoverReport, Recovered, Settled,
    Timeout,
};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::{Fault, FaultKind};

const SOURCE: usize = 0;

async fn bench() -> Fixture {
    Fixture::pair_with_volume(|config| {
        config.set("zfssa_rest_timeout", "5");
    })
    .await
}

/// Where a migration dies: at its n-th request to an appliance, which is carried out or not.
#[derive(Clone, Copy, Debug)]
struct Death {
    side: usize,
    nth: usize,
    after: bool,
}

/// Begins the migration under [`ID`] and ends it there without a word, and its journal with it.
async fn dies(bench: &Fixture, death: Death) {
    let fault = Fault::new(FaultKind::Hang { ms: None }).nth(death.nth as u64);
    dies_at(bench, death.side, fault, death.after).await;
}

async fn dies_at(bench: &Fixture, side: usize, mut fault: Fault, after: bool) {
    if after {
        fault = fault.after_commit();
    }
    let fault = dies_during(bench, side, fault).await;
    let appliance = bench.appliances()[side];
    if after {
        appliance.release();
    } else {
        appliance.forget_held();
    }
    answered_by(appliance, fault).await;
}

/// Ends it while an appliance is at work on its request, and its journal with it.
async fn dies_during(bench: &Fixture, side: usize, fault: Fault) -> u64 {
    let appliance = bench.appliances()[side];
    let fault = appliance.faults().push(fault);
    let driver = bench.driver.clone();
    let migration = bench.migration("volume-1");
    let call = Call {
        operation_id: Some(ID.to_owned()),
        ..Call::default()
    };
    let dying = tokio::spawn(async move {
        let scope = driver.scope(call);
        driver.run(migration, &scope).await.map(drop)
    });
    assert!(until(|| appliance.held() > 0).await, "it gets there");
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    appliance.faults().clear();
    let state = bench.dir.path().join("state");
    if state.exists() {
        std::fs::remove_dir_all(state).unwrap();
    }
    fault
}

async fn recover(driver: &Driver) -> RecoverReport {
    let recover = Recover {
        operations: vec![ID.to_owned()],
    };
    driver.call(recover).await.unwrap()
}

fn only(report: &RecoverReport) -> &Recovered {
    assert_eq!(report.recovered.len(), 1, "{report:?}");
    &report.recovered[0]
}

/// The states before and after, and the numbers of requests to the appliances.
async fn flawless() -> (Value, Value, Vec<usize>) {
    let bench = bench().await;
    let before = bench.state();
    for appliance in bench.appliances() {
        appliance.clear_trace();
    }
    let migrated = bench.call_as(ID, bench.migration("volume-1")).await;
    assert!(migrated.unwrap().migrated);
    let requests = bench.appliances().into_iter().map(|one| one.trace().len());
    (before, bench.state(), requests.collect())
}

/// Every death of a migration.
fn deaths(requests: &[usize]) -> Vec<Death> {
    let sides = requests.iter().enumerate();
    let nths = sides.flat_map(|(side, count)| (1..=*count).map(move |nth| (side, nth)));
    nths.flat_map(|(side, nth)| [false, true].map(|after| Death { side, nth, after }))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_without_its_journal_is_taken_back_from_everywhere() {
    let (before, after, requests) = flawless().await;
    let (mut taken_back, mut both, mut moved, mut nothing) = (0, 0, 0, 0);
    for death in deaths(&requests) {
        let bench = bench().await;
        dies(&bench, death).await;
        let left = bench.state();
        // At the destination nothing of it is anybody's business.
        let there = recover(&bench.other().driver).await;
        assert!(there.recovered.is_empty(), "{death:?}: {there:?}");
        assert_eq!(bench.state(), left, "{death:?}");

        let report = recover(&bench.driver).await;
        let state = bench.state();
        if left == after || left == before {
            assert!(report.recovered.is_empty(), "{death:?}: {report:?}");
            assert_eq!(state, left, "{death:?}");
            moved += usize::from(left == after);
            nothing += usize::from(left == before);
        } else if only(&report).settled == Settled::RolledBack {
            assert_eq!(state, before, "{death:?}: {report:?}");
            assert!(recover(&bench.driver).await.recovered.is_empty());
            taken_back += 1;
        } else {
            both_stand(&bench, &only(&report).message).await;
            both += 1;
        }
    }
    println!("{taken_back} taken back, {both} both kept, {moved} moved, {nothing} nothing to do");
    assert!(taken_back > 20 && both > 0 && moved > 0 && nothing > 0);
}

/// Both are whole volumes, and both are kept.
async fn both_stand(bench: &Fixture, told: &str) {
    assert!(told.contains("here and at"), "{told}");
    assert_eq!(bench.luns(SOURCE), ["volume-1"]);
    let copy = GetVolume {
        name: "volume-1".into(),
    };
    let copy = bench.other().driver.call(copy).await.unwrap();
    assert_eq!(copy.managed, Some(true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_call_again_needs_no_journal() {
    let (_, after, requests) = flawless().await;
    let (mut moved, mut both) = (0, 0);
    for death in deaths(&requests) {
        let bench = bench().await;
        dies(&bench, death).await;
        match bench.call_as(ID, bench.migration("volume-1")).await {
            Ok(migrated) => {
                assert!(migrated.migrated, "{death:?}: {}", migrated.reason);
                assert_eq!(bench.state(), after, "{death:?}");
                moved += 1;
            }
            Err(error) => {
                assert_eq!(error.outcome(), Outcome::None, "{death:?}: {error}");
                both_stand(&bench, &error.to_string()).await;
                both += 1;
            }
        }
    }
    println!("{moved} moved, {both} both kept");
    assert!(moved > 20 && both > 0);
}

/// The appliance carries the last request out when recovery has looked. Without the journal nothing
/// tells that it was sent, so it may leave its trace: the flag of the replication.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_carried_out_after_recovery_a_good_volume_is_left() {
    let (before, after, requests) = flawless().await;
    let (mut here, mut there, mut both, mut traces) = (0, 0, 0, 0);
    for death in deaths(&requests).into_iter().filter(|death| !death.after) {
        let bench = bench().await;
        let appliance = bench.appliances()[death.side];
        let hang = Fault::new(FaultKind::Hang { ms: None }).nth(death.nth as u64);
        let late = dies_during(&bench, death.side, hang).await;
        recover(&bench.driver).await;
        appliance.release();
        answered_by(appliance, late).await;
        recover(&bench.driver).await;
        let state = bench.state();
        let lun = |side: &str| {
            let project = &state[side]["pools"][POOL]["projects"][PROJECT];
            project["luns"]["volume-1"].clone()
        };
        match (lun("source").is_null(), lun("other").is_null()) {
            (false, true) => {
                let was = &before["source"]["pools"][POOL]["projects"][PROJECT]["luns"];
                let mut now = lun("source");
                let flag = &mut now["replication_inherited"];
                traces += usize::from(*flag == false);
                *flag = Value::Bool(true);
                assert_eq!(now, was["volume-1"], "{death:?}");
                here += 1;
            }
            (true, false) => {
                assert_eq!(state, after, "{death:?}");
                there += 1;
            }
            (false, false) => {
                let report = recover(&bench.driver).await;
                both_stand(&bench, &only(&report).message).await;
                both += 1;
            }
            (true, true) => panic!("{death:?}: the volume is gone"),
        }
    }
    println!(
        "{here} at the source, {traces} of them with a trace, {there} at the destination, {both} \
         both kept"
    );
    assert!(here > 10 && both > 0 && traces <= 1);
}

/// A migration that died after its update had arrived.
async fn died_after_the_update() -> Fixture {
    let bench = bench().await;
    let fault = Fault::new(FaultKind::Hang { ms: None }).on("DELETE", "/replication/actions/");
    dies_at(&bench, SOURCE, fault, false).await;
    bench
}

async fn audit(bench: &Fixture, change: impl FnOnce(&mut Audit)) -> AuditReport {
    let mut audit = Audit {
        volumes: vec!["volume-1".to_owned()],
        min_age: Some(Duration::ZERO),
        ..Audit::default()
    };
    change(&mut audit);
    bench.driver.call(audit).await.unwrap()
}

#[tokio::test]
async fn the_audit_finds_a_migration_by_its_mark_and_takes_it_back() {
    let bench = died_after_the_update().await;
    let seen = audit(&bench, |_| {}).await;
    assert_eq!(seen.findings.len(), 1, "{seen:?}");
    let migration = &seen.findings[0];
    assert_eq!(
        (&*migration.kind, &*migration.object),
        ("migration", "volume-1")
    );
    assert!(
        migration.fixable && migration.detail.contains(ID),
        "{seen:?}"
    );
    // A young one may be under way.
    let young = audit(&bench, |audit| {
        audit.min_age = None;
        audit.fix = true;
    });
    assert!(young.await.findings.is_empty());

    let fixed = audit(&bench, |audit| audit.fix = true).await;
    assert!(fixed.findings[0].fixed, "{fixed:?}");
    let (before, ..) = flawless().await;
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn an_update_that_is_sent_is_no_leftover() {
    let bench = bench().await;
    bench
        .appliance
        .tune(|knobs| knobs.replication_ms = 3_600_000);
    let looking = Fault::new(FaultKind::Hang { ms: None }).on("GET", "/replication/actions/.");
    dies_at(&bench, SOURCE, looking.nth(2), false).await;
    let fixed = audit(&bench, |audit| audit.fix = true).await;
    assert_eq!(fixed.findings.len(), 1, "{fixed:?}");
    assert!(!fixed.findings[0].fixable, "{fixed:?}");
    assert!(fixed.findings[0].detail.contains("sending"), "{fixed:?}");
}

#[tokio::test]
async fn replication_that_an_administrator_set_up_since_is_not_taken_away() {
    let bench = bench().await;
    let marking = Fault::new(FaultKind::Hang { ms: None }).on("PUT", "/luns/volume-1$");
    dies_at(&bench, SOURCE, marking, true).await;
    let (scope, appliance) = (
        bench.driver.scope(Call::default()),
        bench.driver.appliance(),
    );
    let target = appliance
        .replication_targets(&scope)
        .await
        .unwrap()
        .whole()
        .unwrap();
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let stopped = appliance.inherit_replication(&scope, place, "volume-1", false);
    stopped.await.unwrap();
    let action = NewAction {
        pool: POOL,
        project: PROJECT,
        share: "volume-1",
        target: &target[0].label,
        target_pool: POOL,
        continuous: false,
        include_snaps: false,
    };
    let action = appliance.create_replication_action(&scope, &action).await;
    let action = action.unwrap();
    appliance.send_update(&scope, &action).await.unwrap();
    let look = || appliance.find_replication_action(&scope, &action.id);
    while look().await.unwrap().unwrap().state != "idle" {}

    let report = recover(&bench.driver).await;
    assert_eq!(only(&report).settled, Settled::Failed, "{report:?}");
    assert!(only(&report).message.contains(&action.id), "{report:?}");
    assert!(look().await.unwrap().is_some());
}

/// A migration is under way, and another host, which shares neither locks nor journals, takes it
/// for dead.
async fn taken_for_dead(held: Fault) -> (Fixture, Recovered) {
    let bench = bench().await;
    let before = bench.state();
    let other = &bench.other().appliance;
    other.faults().push(held);
    let (driver, migration) = (bench.driver.clone(), bench.migration("volume-1"));
    let living = tokio::spawn(async move {
        let call = Call {
            operation_id: Some(ID.to_owned()),
            ..Call::default()
        };
        driver.run(migration, &driver.scope(call)).await
    });
    assert!(until(|| other.held() > 0).await);
    let destinations = account_on(other);
    let elsewhere = bench.other_host(|config| {
        config.set("zfssa_migration_destinations", &destinations);
    });
    let report = recover(&elsewhere).await;
    other.release();
    let error = living.await.unwrap().unwrap_err();
    assert_eq!(error.outcome(), Outcome::RolledBack, "{error:?}");
    assert_eq!(bench.state(), before);
    assert!(bench.journals().is_empty());
    let recovered = only(&report).clone();
    (bench, recovered)
}

#[tokio::test]
async fn a_migration_that_is_taken_for_dead_keeps_its_source() {
    let hang = || Fault::new(FaultKind::Hang { ms: None });
    let (_bench, early) = taken_for_dead(hang().on("PUT", "/sever$")).await;
    assert_eq!(early.settled, Settled::RolledBack, "{early:?}");
    // The copy is a volume already, and the source is deleted next.
    let adopted = hang().on("PUT", "/projects/cinder/luns/volume-1$");
    let (_bench, late) = taken_for_dead(adopted.after_commit()).await;
    assert_eq!(late.settled, Settled::Failed, "{late:?}");
}

#[tokio::test]
async fn a_migration_whose_journal_is_held_is_left_alone() {
    let bench = bench().await;
    let other = &bench.other().appliance;
    other
        .faults()
        .push(Fault::new(FaultKind::Hang { ms: None }).on("PUT", "/sever$"));
    let (driver, migration) = (bench.driver.clone(), bench.migration("volume-1"));
    let living = tokio::spawn(async move { driver.call(migration).await });
    assert!(until(|| other.held() > 0).await);
    // Another driver of the host, with the journals.
    let sibling = bench.driver_with(|config| {
        config.set(
            "zfssa_state_dir",
            path_text(&bench.dir.path().join("state")),
        );
        config.set("zfssa_migration_destinations", &account_on(other));
    });
    let under_way = bench.state();
    let fixing = Audit {
        volumes: vec!["volume-1".to_owned()],
        min_age: Some(Duration::ZERO),
        fix: true,
        ..Audit::default()
    };
    let report = sibling.call(fixing).await.unwrap();
    assert!(report.findings.is_empty(), "{report:?}");
    let call = Call {
        timeout: Timeout::After(Duration::from_millis(100)),
        ..Call::default()
    };
    let scope = sibling.scope(call);
    let error = sibling.run(bench.migration("volume-1"), &scope).await;
    let error = error.unwrap_err();
    assert_eq!(error.status(), Status::Deadline, "{error}");
    assert_eq!(error.outcome(), Outcome::None);
    assert_eq!(bench.state(), under_way);
    other.release();
    assert!(living.await.unwrap().unwrap().migrated);
}
