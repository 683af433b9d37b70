//! Generator and check of `docs/operations.md`, and the locks and journals of each operation against
//! what its contract declares.
//!
//! It fails when the page is stale, and writes it anew with `ZFSSA_BLESS=1`. A binary of its own,
//! because the page is made from the description that `tests/header` has written.

mod page;
mod requests;
mod scenarios;

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::sync::Arc;
use std::time::Duration;

use scenarios::{prepared_for, run};
use support::{Fixture, SOON};
use zfssa::driver::OPERATIONS;
use zfssa_appliance::{Fault, FaultKind};

#[tokio::test]
async fn the_page_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md");
    let made = page::page(&requests::of_each().await);
    if std::env::var_os("ZFSSA_BLESS").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == made,
        "docs/operations.md is stale; write it anew with ZFSSA_BLESS=1"
    );
}

#[test]
fn every_function_that_starts_an_operation_is_described() {
    let described: BTreeSet<&str> = OPERATIONS.iter().map(|one| one.name).collect();
    assert_eq!(described.len(), OPERATIONS.len(), "one is there twice");
    let functions = page::functions();
    let functions: BTreeSet<&str> = functions.iter().map(String::as_str).collect();
    let undescribed: Vec<_> = functions.difference(&described).collect();
    assert!(undescribed.is_empty(), "{undescribed:?}");
    let missing: Vec<_> = described.difference(&functions).collect();
    assert!(missing.is_empty(), "{missing:?} cannot be called from C");
}

#[test]
fn a_depth_above_one_has_a_reason() {
    for described in OPERATIONS {
        let budgets = described.contract.budgets.iter();
        let deepest = budgets.map(|budget| budget.depth).max().unwrap_or(0);
        let reason = described.contract.depth_reason;
        assert_eq!(
            deepest > 1,
            reason.is_some(),
            "{}: a depth of {deepest}, {reason:?}",
            described.name
        );
    }
}

/// A kind of object, and whether its lock is held alone.
type Locks = BTreeSet<(String, bool)>;

/// What is locked at this moment, and whether there is a journal. The lock of a file that others
/// share can be shared by this test, too.
fn look(bench: &Fixture, locks: &mut Locks) -> bool {
    let files = std::fs::read_dir(bench.dir.path().join("locks"));
    for file in files.into_iter().flatten().flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".lock") {
            continue;
        }
        let kind = name.split('.').next().unwrap_or_default().to_owned();
        // One that is let go at this moment is not held.
        let Ok(opened) = File::open(file.path()) else {
            continue;
        };
        let alone = match opened.try_lock_shared() {
            Ok(()) => false,
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(error)) => panic!("{name}: {error}"),
        };
        locks.insert((kind, alone));
    }
    !bench.journals().is_empty()
}

/// Runs an operation, which stops at each of its requests in turn, and says what it held and
/// whether it kept a journal at any of them.
async fn held(operation: &'static str) -> (Locks, bool) {
    let (mut locks, mut journalled) = (Locks::new(), false);
    for nth in 1.. {
        let bench = Arc::new(prepared_for(operation).await);
        let hang = Fault::new(FaultKind::Hang { ms: None }).nth(nth);
        let hang = bench.appliance.faults().push(hang);
        let task = tokio::spawn({
            let bench = bench.clone();
            async move { run(&bench, operation).await }
        });
        let stops = async {
            while bench.appliance.held() == 0 && !task.is_finished() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(SOON, stops).await.unwrap();
        if bench.appliance.faults().fired(hang) == 0 {
            task.await.unwrap();
            break;
        }
        journalled |= look(&bench, &mut locks);
        bench.appliance.release();
        task.await.unwrap();
    }
    (locks, journalled)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locks_and_journals_are_what_the_operations_declare() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for described in OPERATIONS {
        tried += 1;
        let (locks, journalled) = held(described.name).await;
        let declared: Locks = described
            .contract
            .locks
            .iter()
            // No request is sent under the others.
            .filter(|lock| !lock.released_at_once)
            .map(|lock| (lock.kind.to_owned(), lock.alone))
            .collect();
        if locks != declared {
            wrong.push(format!(
                "{} holds {locks:?}, and declares {declared:?}",
                described.name
            ));
        }
        if journalled != described.contract.journalled.is_some() {
            wrong.push(format!(
                "{}: a journal was {}, and it declares {:?}",
                described.name,
                if journalled { "seen" } else { "never seen" },
                described.contract.journalled
            ));
        }
    }
    println!("{tried} operations");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
