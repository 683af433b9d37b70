//! A migration whose deletion of the source is still under way when its process ends, or when its
//! answer is lost. Whenever the appliance carries it out, one good copy is left.

use support::matrix::ID;
use support::{Fixture, SOON};
use zfssa::appliance::{LunChange, ProjectRef};
use zfssa::driver::{Call, DeleteVolume, GetVolume, Recover, Recovered, Settled};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::{Fault, FaultKind};

const SOURCE: usize = 0;
const OTHER: usize = 1;
const DELETION: (&str, &str) = ("DELETE", "/luns/volume-1$");

async fn bench() -> Fixture {
    Fixture::pair_with_volume(|_| {}).await
}

fn hang() -> Fault {
    Fault::new(FaultKind::Hang { ms: None }).on(DELETION.0, DELETION.1)
}

/// The process of a migration ends while the source is being deleted. The fault's number.
async fn dies_deleting(bench: &Fixture) -> u64 {
    let fault = bench.appliance.faults().push(hang());
    bench.dies_held(ID, bench.migration("volume-1")).await;
    assert_eq!(bench.luns(SOURCE), ["volume-1"]);
    assert_eq!(bench.luns(OTHER), ["volume-1"]);
    fault
}

/// The deletion is carried out now.
async fn arrives(bench: &Fixture, fault: u64) {
    bench.appliance.release();
    bench.answered(fault).await;
}

/// What recovery says when nothing is in doubt any more.
async fn recover(bench: &Fixture) -> Vec<Recovered> {
    let begun = std::time::Instant::now();
    loop {
        let recover = Recover {
            operations: vec![ID.to_owned()],
        };
        let recovered = bench.driver.call(recover).await.unwrap().recovered;
        if recovered.iter().all(|one| one.settled != Settled::InDoubt) {
            return recovered;
        }
        assert!(begun.elapsed() < SOON, "{recovered:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

fn only(recovered: &[Recovered]) -> &Recovered {
    assert_eq!(recovered.len(), 1, "{recovered:?}");
    &recovered[0]
}

async fn copy_is_whole(bench: &Fixture) {
    let get = GetVolume {
        name: "volume-1".to_owned(),
    };
    let copy = bench.other().driver.call(get).await.unwrap();
    assert_eq!(copy.managed, Some(true));
    assert!(copy.initiator_groups.is_empty());
}

#[tokio::test]
async fn recovery_goes_on_whenever_the_deletion_is_carried_out() {
    for late in [false, true] {
        let bench = bench().await;
        let deletion = dies_deleting(&bench).await;
        if !late {
            arrives(&bench, deletion).await;
        }
        let recovered = recover(&bench).await;
        assert_eq!(only(&recovered).settled, Settled::Finished, "{recovered:?}");
        assert!(bench.luns(SOURCE).is_empty());
        assert!(bench.journals().is_empty());
        if late {
            arrives(&bench, deletion).await;
        }
        copy_is_whole(&bench).await;
        let again = bench.call_as(ID, bench.migration("volume-1")).await;
        assert!(again.unwrap().migrated);
    }
}

async fn change_source(bench: &Fixture, change: &LunChange<'_>) {
    let place = ProjectRef {
        pool: support::POOL,
        project: support::PROJECT,
    };
    let scope = bench.driver.scope(Call::default());
    let source = bench.driver.appliance();
    let changed = source.change_lun(&scope, place, "volume-1", change).await;
    changed.unwrap();
}

/// Somebody used the source since, past this library. Nobody can tell which of them is the volume.
#[tokio::test]
async fn a_source_that_changed_since_is_kept_from_the_deletion() {
    let bench = bench().await;
    let deletion = dies_deleting(&bench).await;
    let grown = LunChange {
        size: Some(2 << 30),
        ..LunChange::default()
    };
    change_source(&bench, &grown).await;
    let recovered = recover(&bench).await;
    assert_eq!(only(&recovered).settled, Settled::Failed, "{recovered:?}");
    let told = &only(&recovered).message;
    assert!(
        told.contains("here and at") && told.contains("nodestroy"),
        "{told}"
    );
    arrives(&bench, deletion).await;
    assert_eq!(bench.luns(SOURCE), ["volume-1"], "the deletion was refused");
    copy_is_whole(&bench).await;

    a_person_keeps_the_source(&bench).await;
    let source = bench.lun("volume-1");
    assert_eq!(source["nodestroy"], false, "{source}");
    assert_eq!(source["volsize"], 2_u64 << 30, "{source}");
    assert!(bench.journals().is_empty());
}

/// A person deletes the copy, and what is left of the migration is taken back.
async fn a_person_keeps_the_source(bench: &Fixture) {
    bench.other().driver.call(delete()).await.unwrap();
    let recovered = recover(bench).await;
    assert_eq!(
        only(&recovered).settled,
        Settled::RolledBack,
        "{recovered:?}"
    );
}

fn delete() -> DeleteVolume {
    DeleteVolume {
        name: "volume-1".to_owned(),
    }
}

#[tokio::test]
async fn without_the_journal_both_are_kept_from_the_deletion() {
    let bench = bench().await;
    let before = bench.state();
    let deletion = dies_deleting(&bench).await;
    std::fs::remove_dir_all(bench.dir.path().join("state")).unwrap();
    let recovered = recover(&bench).await;
    assert_eq!(only(&recovered).settled, Settled::Failed, "{recovered:?}");
    arrives(&bench, deletion).await;
    assert_eq!(bench.luns(SOURCE), ["volume-1"], "the deletion was refused");
    copy_is_whole(&bench).await;

    a_person_keeps_the_source(&bench).await;
    assert_eq!(bench.state(), before);
}

/// The journal was lost for a while, the copy is gone, and the source is the only one.
#[tokio::test]
async fn an_only_source_is_kept_from_the_deletion() {
    let bench = bench().await;
    let before = bench.state();
    let deletion = dies_deleting(&bench).await;
    bench.other().driver.call(delete()).await.unwrap();
    let first = bench.driver.call(Recover::default()).await.unwrap();
    assert_eq!(
        only(&first.recovered).settled,
        Settled::InDoubt,
        "{first:?}"
    );
    arrives(&bench, deletion).await;
    assert_eq!(bench.luns(SOURCE), ["volume-1"], "the deletion was refused");
    let recovered = recover(&bench).await;
    assert_eq!(
        only(&recovered).settled,
        Settled::RolledBack,
        "{recovered:?}"
    );
    assert_eq!(bench.state(), before);
    assert!(bench.journals().is_empty());
}

/// A try that was not answered is not over because a later one is refused.
#[tokio::test]
async fn a_refusal_after_a_lost_answer_does_not_cost_the_copy() {
    for refusal in [FaultKind::denied(), FaultKind::state_changed()] {
        let bench = bench().await;
        let faults = bench.appliance.faults();
        let deletion =
            faults.push(Fault::new(FaultKind::late_until_released()).on(DELETION.0, DELETION.1));
        let later = Fault::new(FaultKind::internal()).on(DELETION.0, DELETION.1);
        faults.push(later.nth(2));
        let refused = Fault::new(refusal).on(DELETION.0, DELETION.1);
        faults.push(refused.nth(3).forever());
        let migrated = bench.call_as(ID, bench.migration("volume-1")).await;
        let migrated = migrated.unwrap();
        assert!(
            migrated.migrated && !migrated.left_behind.is_empty(),
            "{migrated:?}"
        );
        arrives(&bench, deletion).await;
        faults.clear();
        copy_is_whole(&bench).await;
        let recovered = recover(&bench).await;
        assert_eq!(only(&recovered).settled, Settled::Finished, "{recovered:?}");
        assert!(bench.luns(SOURCE).is_empty());
        assert!(bench.journals().is_empty());
    }
}

/// The deletion of a copy that was rolled back does not reach the copy of the next migration. Each
/// migration logs in at the destination with a client of its own.
#[tokio::test]
async fn a_copy_made_after_a_repeated_deletion_of_the_last_one_stays() {
    let bench = bench().await;
    let faults = bench.other().appliance.faults();
    // The simulator checks a session when it carries a request out, so the first one stays.
    faults.push(Fault::new(FaultKind::denied()).on("DELETE", "/api/access/"));
    // The copy has its name in its project, and is not adopted.
    faults.push(Fault::new(FaultKind::denied()).on("PUT", "/luns/volume-1$"));
    let late = FaultKind::Late {
        requests: None,
        ms: Some(800),
    };
    let late = faults.push(Fault::new(late).on(DELETION.0, DELETION.1));
    let error = bench.call_as(ID, bench.migration("volume-1")).await;
    let error = error.unwrap_err();
    assert_eq!(error.outcome(), Outcome::RolledBack, "{error:?}");
    let migrated = bench
        .call_as(ID, bench.migration("volume-1"))
        .await
        .unwrap();
    assert!(migrated.migrated, "{migrated:?}");
    support::answered_by(&bench.other().appliance, late).await;
    copy_is_whole(&bench).await;
    assert!(bench.luns(SOURCE).is_empty());
}

/// A volume that does not follow the replication of its project is left so.
#[tokio::test]
async fn undoing_gives_back_the_replication_that_was_there() {
    for lost in [false, true] {
        let bench = bench().await;
        let place = ProjectRef {
            pool: support::POOL,
            project: support::PROJECT,
        };
        let scope = bench.driver.scope(Call::default());
        let appliance = bench.driver.appliance();
        let inherited = appliance.inherit_replication(&scope, place, "volume-1", false);
        inherited.await.unwrap();
        let before = bench.state();
        let fault = Fault::new(FaultKind::denied()).on("PUT", "/sever$");
        bench.other().appliance.faults().push(fault);
        if lost {
            // As long as the action cannot be deleted, undoing stops there.
            let stuck = Fault::new(FaultKind::denied()).on("DELETE", "/replication/actions/");
            bench.appliance.faults().push(stuck.forever());
        }
        let error = bench.call_as(ID, bench.migration("volume-1")).await;
        let error = error.unwrap_err();
        if lost {
            assert_eq!(error.outcome(), Outcome::Partial, "{error:?}");
            bench.appliance.faults().clear();
            std::fs::remove_dir_all(bench.dir.path().join("state")).unwrap();
            let recovered = recover(&bench).await;
            assert_eq!(
                only(&recovered).settled,
                Settled::RolledBack,
                "{recovered:?}"
            );
        } else {
            assert_eq!(error.outcome(), Outcome::RolledBack, "{error:?}");
            assert_eq!(error.status(), Status::Denied, "{error:?}");
        }
        assert_eq!(bench.state(), before, "{lost}");
    }
}
