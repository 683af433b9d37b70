//! Many workers at once, random operations, and a model that knows what must come of each.
//!
//! Sixteen workers play random plans on one backend. Each has volumes and a host of its own,
//! whose fate the model knows exactly; and all of them share the host's initiator groups, the
//! volumes that they clone and attach, and the entries of the image cache, where their work must
//! add up. In every second round the appliance strikes some requests with faults, and the model
//! takes an error at its word: what says that nothing changed must have changed nothing. In half of
//! the rounds the deletion of volumes and snapshots with clones is deferred: the name is free at
//! once, no object that has a clone goes, it goes with the last one, and in the end nothing is left.
//!
//! At the end of a round the model and the appliance must be equal, object by object; the audit
//! finds nothing; no journal and no lock file is left. A round that fails is shrunk to the steps
//! that matter. The seed is printed; `ZFSSA_MODEL_SEED` repeats it, and
//! `ZFSSA_MODEL_OPERATIONS` says how many operations are tried.

mod compare;
mod plan;
mod play;
mod world;

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use plan::{SHARED, Step, WORKERS};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use support::{Fixture, SOON};
use tokio::task::JoinSet;
use world::World;
use zfssa::config::ConfigBuilder;
use zfssa::driver::{Audit, CreateSnapshot, CreateVolume, DoSetup, Recover, Settled};
use zfssa_appliance::Options;

const OPERATIONS: usize = 10_000;
/// The longest plan of a worker.
const LENGTH: usize = 120;
/// Milliseconds that shrinking may take.
const SHRINKING: u32 = 60_000;

/// Every worker's host in a group of its own.
fn with_hosts(config: &mut ConfigBuilder) {
    let groups: Vec<String> = (0..WORKERS)
        .map(|number| {
            let iqn = play::host(number);
            format!("'host-{number}': [{{'iqn': '{iqn}', 'user': '', 'password': ''}}]")
        })
        .collect();
    config.set(
        "zfssa_initiator_config",
        &format!("{{{}}}", groups.join(", ")),
    );
    config.set("zfssa_enable_local_cache", "True");
}

/// A backend with the volumes that all workers share.
async fn prepare(defers: bool) -> Fixture {
    let options = Options {
        trace: 0,
        ..Options::default()
    };
    let bench = Fixture::raw(options, |config| {
        with_hosts(config);
        if defers {
            config.set("zfssa_delete_with_clones", "defer");
        }
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    for number in 0..SHARED {
        let volume = CreateVolume {
            name: play::shared(number),
            size_gib: 1,
            ..CreateVolume::default()
        };
        bench.driver.call(volume).await.unwrap();
        let take = CreateSnapshot {
            volume: play::shared(number),
            name: play::snapshot(0),
        };
        bench.driver.call(take).await.unwrap();
    }
    bench
}

/// Operations, and those that faults kept from being done.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    operations: usize,
    failures: usize,
    faults: u64,
    /// Volumes and snapshots whose deletion was deferred.
    deferred: usize,
}

/// Settles what operations left whose requests may still have been under way. Recovery looks again
/// when it is called again, until none of them can be carried out any more.
async fn recover(bench: &Fixture) -> Result<(), String> {
    let begun = Instant::now();
    loop {
        let report = bench.driver.call(Recover::default()).await;
        let report = report.map_err(|error| format!("recovery fails: {error:?}"))?;
        let has = |settled| report.recovered.iter().any(|one| one.settled == settled);
        if has(Settled::Failed) {
            return Err(format!("recovery fails: {report:?}"));
        }
        if !has(Settled::InDoubt) {
            return Ok(());
        }
        if begun.elapsed() > SOON {
            return Err(format!("recovery stays in doubt: {report:?}"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Deletes deferred objects that wait for nothing, since a fault kept the deletion of their last
/// clone from deleting them.
async fn finish_deferred(bench: &Fixture) -> Vec<String> {
    loop {
        let fix = Audit {
            fix: true,
            ..Audit::default()
        };
        match bench.driver.call(fix).await {
            Ok(report) if report.fixed == 0 => return Vec::new(),
            Ok(_) => {}
            Err(error) => return vec![format!("the audit fails: {error:?}")],
        }
    }
}

/// Deletes all volumes of all workers at once, after which no deferred object is left.
async fn nothing_is_left(bench: &Arc<Fixture>, worlds: Vec<World>, troubled: bool) -> Vec<String> {
    let mut workers = JoinSet::new();
    for world in worlds {
        let bench = bench.clone();
        workers.spawn(async move { play::delete_all(&bench, world).await });
    }
    let (mut worlds, mut wrong) = (Vec::new(), Vec::new());
    while let Some(deleted) = workers.join_next().await {
        match deleted.map_err(|panic| panic.to_string()).flatten() {
            Ok(world) => worlds.push(world),
            Err(text) => wrong.push(text),
        }
    }
    let state = bench.appliance.state();
    if wrong.is_empty() {
        wrong.extend(compare::differences(&worlds, &state, troubled));
        let deferred = worlds.iter().filter(|world| !world.deferred.is_empty());
        wrong.extend(deferred.map(|world| format!("deferred at the end: {:?}", world.deferred)));
    }
    wrong
}

/// One round; what is wrong after it.
async fn round(plans: Vec<Vec<Step>>, defers: bool) -> Result<Count, String> {
    let bench = Arc::new(prepare(defers).await);
    let groups = bench.state()["initiator_groups"].clone();
    let mut workers = JoinSet::new();
    for (worker, plan) in plans.into_iter().enumerate() {
        workers.spawn(play::play(bench.clone(), worker, defers, plan));
    }
    let mut count = Count::default();
    let mut worlds: Vec<World> = Vec::new();
    let mut failures = Vec::new();
    let mut wrong = Vec::new();
    while let Some(played) = workers.join_next().await {
        match played.map_err(|panic| panic.to_string()).flatten() {
            Ok(played) => {
                count.operations += played.operations;
                count.failures += played.failures.len();
                count.deferred += played.world.deferrals;
                failures.extend(played.failures);
                worlds.push(played.world);
            }
            Err(text) => wrong.push(text),
        }
    }
    let faults = bench.appliance.faults().report();
    count.faults = faults.iter().map(|fault| fault.fired).sum();
    bench.appliance.faults().clear();
    let troubled = count.faults > 0;
    if let Err(text) = recover(&bench).await {
        wrong.push(text);
    }
    if !troubled {
        let unasked = failures.iter();
        wrong.extend(unasked.map(|text| format!("fails without a fault: {text}")));
    }
    if troubled && defers {
        wrong.extend(finish_deferred(&bench).await);
    }
    if wrong.is_empty() {
        let state = bench.state();
        wrong.extend(compare::differences(
            &worlds,
            &bench.appliance.state(),
            troubled,
        ));
        if state["initiator_groups"] != groups {
            wrong.push(format!("groups are now {}", state["initiator_groups"]));
        }
        wrong.extend(compare::audited(&bench, &worlds, troubled).await);
    }
    if wrong.is_empty() && defers {
        wrong.extend(nothing_is_left(&bench, worlds, troubled).await);
    }
    if wrong.is_empty() {
        let journals = bench.journals();
        wrong.extend(journals.iter().map(|name| format!("journal {name}")));
        let locks = std::fs::read_dir(bench.dir.path().join("locks")).unwrap();
        wrong.extend(locks.flatten().map(|file| format!("{file:?} is left")));
    }
    if wrong.is_empty() {
        return Ok(count);
    }
    if troubled {
        wrong.extend(failures.iter().map(|text| format!("failed: {text}")));
    }
    Err(wrong.join("\n"))
}

/// The steps that matter.
fn told(plans: &[Vec<Step>]) -> String {
    let workers = plans
        .iter()
        .enumerate()
        .filter(|(_, plan)| !plan.is_empty());
    let told = workers.map(|(worker, plan)| {
        let steps: String = plan.iter().map(|step| format!("\n  {step:?}")).collect();
        format!("worker {worker}:{steps}\n")
    });
    told.collect()
}

fn number_from(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
    )
}

#[test]
fn model_and_appliance_are_equal_after_any_operations_of_many_workers() {
    let _turn = support::heavy_turn_blocking();
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = number_from("ZFSSA_MODEL_SEED").unwrap_or_else(|| now().as_nanos() as u64);
    println!("ZFSSA_MODEL_SEED={seed}");
    let wanted = number_from("ZFSSA_MODEL_OPERATIONS").map_or(OPERATIONS, |one| one as usize);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(Config {
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_time: SHRINKING,
        failure_persistence: None,
        ..Config::default()
    });
    let total = Cell::new(Count::default());
    for number in 0.. {
        if total.get().operations >= wanted {
            break;
        }
        let (troubled, defers) = (number % 2 == 1, number % 4 >= 2);
        let plans = plan::plans(LENGTH, troubled, defers);
        let plans = plans.new_tree(&mut runner).unwrap();
        assert!(plans.current().len() == WORKERS);
        let begun = Instant::now();
        let passed = runner.run_one(plans, |plans| {
            let count = runtime
                .block_on(round(plans, defers))
                .map_err(TestCaseError::fail)?;
            println!(
                "round {number}, defers {defers}: {count:?} in {:?}",
                begun.elapsed()
            );
            let before = total.get();
            total.set(Count {
                operations: before.operations + count.operations,
                failures: before.failures + count.failures,
                deferred: before.deferred + count.deferred,
                faults: before.faults + count.faults,
            });
            Ok(())
        });
        if let Err(TestError::Fail(reason, plans)) = passed {
            panic!(
                "ZFSSA_MODEL_SEED={seed}, round {number}:\n{}\n{reason}",
                told(&plans)
            );
        }
    }
    let total = total.get();
    println!("{total:?}, seed {seed}");
    assert!(total.operations >= wanted);
    assert!(total.faults > 0 || wanted < OPERATIONS, "no fault struck");
    assert!(
        total.deferred > 0 || wanted < OPERATIONS,
        "nothing deferred"
    );
}
