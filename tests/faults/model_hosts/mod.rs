//! Several hosts at once on the same volumes, late requests, heads that move, and a check of every
//! history.
//!
//! Four drivers on two machines work on three volumes. In every second round all of them have one
//! lock in common, and all do everything. In the others each machine has locks of its own, and a
//! volume is changed by the drivers of one machine, while those of the other look at it, and take
//! snapshots of one that is not deleted: that is what is promised without a common lock. Faults
//! strike the next request, some requests are carried out late, and heads take over.
//!
//! Every answer must be true at some moment between its call and itself, in one order for all
//! hosts, and so must what the appliance shows in the end (`model_hosts/history.rs`). So a success
//! that did not last, a refusal that changed something, a host that sees what it was detached
//! from, and a volume that is lost or comes back are found. A round that fails is shrunk to the
//! steps that matter. The seed is printed; `ZFSSA_MODEL_SEED` repeats it, and
//! `ZFSSA_MODEL_ROUNDS` says how many rounds are played.

mod history;
mod plan;
mod play;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{SystemTime, UNIX_EPOCH};

use history::{Came, Event, Lun, Repeated, can_be};
use plan::{Action, Step, VOLUMES, WORKERS};
use play::{SNAPSHOT, Worker, host, volume};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use serde_json::Value;
use support::{Fixture, POOL, PROJECT, heavy_turn_blocking, path_text, until};
use tokio::task::JoinSet;
use zfssa::config::ConfigBuilder;
use zfssa::driver::{DoSetup, Driver};
use zfssa_appliance::{ClusterOptions, Exchange, FaultKind, MASK_ALL, Options};

const ROUNDS: u64 = 40;
/// The longest plan of a worker.
const LENGTH: usize = 24;
/// Milliseconds that shrinking may take.
const SHRINKING: u32 = 60_000;

/// Requests of a round, at most.
const TRACE: usize = 100_000;

/// The machine of a worker.
fn machine(worker: usize) -> usize {
    worker / 2
}

fn configure(bench_dir: &std::path::Path, worker: usize, common: bool, config: &mut ConfigBuilder) {
    let groups: Vec<String> = (0..WORKERS)
        .map(|number| {
            let iqn = host(number);
            format!("'host-{number}': [{{'iqn': '{iqn}', 'user': '', 'password': ''}}]")
        })
        .collect();
    let groups = format!("{{{}}}", groups.join(", "));
    config.set("zfssa_initiator_config", &groups);
    config.set("zfssa_late_request_timeout", "1");
    config.set("zfssa_rest_timeout", "60");
    config.set("zfssa_operation_timeout", "300");
    let state = bench_dir.join(format!("state-{worker}"));
    config.set("zfssa_state_dir", path_text(&state));
    let machine = if common { 0 } else { machine(worker) };
    let locks = bench_dir.join(format!("locks-{machine}"));
    config.set("zfssa_lock_dir", path_text(&locks));
    // Drivers that call the appliance otherwise have no lock in common.
    config.set("san_ip", ["127.0.0.1", "localhost"][machine]);
}

/// What is promised without a common lock. What is read on one machine and written then may be
/// overwritten from the other, and a volume may be deleted there with a snapshot that was taken
/// after the look for snapshots.
fn may_without_lock(worker: usize, step: &Step) -> bool {
    let kept = step.volume == 0;
    match step.action {
        Action::Look => true,
        Action::TakeSnapshot | Action::DeleteSnapshot if kept => true,
        Action::Delete if kept => false,
        _ => machine(worker) == step.volume % 2,
    }
}

/// What an administrator finds of a volume.
fn found(state: &Value, number: usize) -> Option<Lun> {
    let lun = &state["pools"][POOL]["projects"][PROJECT]["luns"][volume(number)];
    lun.as_object()?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let views = list(&lun["views"]).into_iter();
    let groups = views.filter_map(|view| view["group"].as_str().map(str::to_owned));
    let snapshots = list(&lun["snapshots"]);
    Some(Lun {
        gib: lun["volsize"].as_u64().unwrap_or_default() >> 30,
        hosts: groups
            .filter(|group| group != MASK_ALL)
            .map(|group| group["host-".len()..].parse().expect("a worker's group"))
            .collect(),
        snapshot: snapshots.iter().any(|one| one["name"] == SNAPSHOT),
    })
}

/// Whether an action is the one that is meant.
type IsMeant = fn(&Action) -> bool;

/// The volume of a request that may be sent again as it is, and which actions send it. Lists of
/// initiator groups are not: they are read again before each request.
fn meant(exchange: &Exchange) -> Option<(usize, IsMeant)> {
    let (_, path) = exchange.path.split_once("/luns")?;
    let body: Value = serde_json::from_str(exchange.body.as_deref().unwrap_or("{}")).ok()?;
    let mut names = path.split('/').skip(1);
    let name = names.next().or(body["name"].as_str())?;
    let number = (0..VOLUMES).find(|number| volume(*number) == name)?;
    let is_meant: IsMeant = match (exchange.method.as_str(), names.next()) {
        ("POST", None) => |action| matches!(action, Action::Create { .. }),
        ("DELETE", None) => |action| matches!(action, Action::Delete),
        ("PUT", None) if !body["volsize"].is_null() => {
            |action| matches!(action, Action::Extend { .. })
        }
        ("POST", Some("snapshots")) => |action| matches!(action, Action::TakeSnapshot),
        ("DELETE", Some("snapshots")) => |action| matches!(action, Action::DeleteSnapshot),
        _ => return None,
    };
    Some((number, is_meant))
}

/// One round; what is wrong after it. How many answers were given.
async fn round(plans: Vec<Vec<Step>>, common: bool) -> Result<usize, String> {
    let options = Options {
        trace: TRACE,
        cluster: Some(ClusterOptions::default()),
        ..Options::default()
    };
    let bench = Arc::new(Fixture::raw(options, |_| {}).await);
    let clock = Arc::new(AtomicU64::new(0));
    let driver = |worker| -> Driver {
        bench.driver_with(|config| configure(bench.dir.path(), worker, common, config))
    };
    driver(0).call(DoSetup {}).await.expect("setup");
    let mut workers = JoinSet::new();
    for (number, plan) in plans.into_iter().enumerate() {
        let worker = Worker {
            bench: bench.clone(),
            number,
            driver: driver(number),
            clock: clock.clone(),
            may: if common {
                |_, _| true
            } else {
                may_without_lock
            },
        };
        workers.spawn(worker.play(plan));
    }
    let mut wrong = Vec::new();
    let mut histories: BTreeMap<usize, Vec<Event>> = BTreeMap::new();
    let mut answers = 0;
    while let Some(played) = workers.join_next().await {
        let played = played.map_err(|panic| panic.to_string())?;
        wrong.extend(played.wrong);
        answers += played.events.len();
        for (volume, event) in played.events {
            histories.entry(volume).or_default().push(event);
        }
    }
    let appliance = &bench.appliance;
    let report = appliance.faults().report();
    appliance.faults().clear();
    appliance.release();
    assert!(until(|| appliance.held() == 0).await, "requests stay held");
    let trace = appliance.trace();
    for exchange in &trace {
        let fault = report.iter().find(|fault| exchange.fault == Some(fault.id));
        let (Some(fault), Some((volume, is_meant))) = (fault, meant(exchange)) else {
            continue;
        };
        let repeated = match fault.fault.kind {
            FaultKind::Late { .. } => Repeated::Later,
            _ => Repeated::BeforeTheAnswer,
        };
        let events = histories.get_mut(&volume).into_iter().flatten();
        for event in events.filter(|event| is_meant(&event.action)) {
            event.repeated = event.repeated.max(repeated);
        }
    }

    let state = bench.state();
    for number in 0..VOLUMES {
        let mut history = histories.remove(&number).unwrap_or_default();
        history.push(Event {
            worker: WORKERS,
            action: Action::Look,
            begun: u64::MAX,
            ended: u64::MAX,
            came: Came::Is(found(&state, number)),
            repeated: Repeated::Not,
        });
        if !can_be(&history) {
            history.sort_by_key(|event| event.begun);
            let told: Vec<String> = history.iter().map(|one| format!("  {one:?}")).collect();
            wrong.push(format!("volume {number} cannot be:\n{}", told.join("\n")));
        }
    }
    let luns = state["pools"][POOL]["projects"][PROJECT]["luns"].as_object();
    let known = |name: &String| (0..VOLUMES).any(|number| volume(number) == *name);
    let orphaned = luns.into_iter().flatten().map(|(name, _)| name);
    wrong.extend(
        orphaned
            .filter(|name| !known(name))
            .map(|name| format!("orphaned: {name}")),
    );
    match wrong.is_empty() {
        true => Ok(answers),
        false => Err(wrong.join("\n")),
    }
}

/// The steps that matter.
fn told(plans: &[Vec<Step>]) -> String {
    let workers = plans.iter().enumerate().map(|(worker, plan)| {
        let steps: String = plan.iter().map(|step| format!("\n  {step:?}")).collect();
        format!("worker {worker}:{steps}\n")
    });
    workers.collect()
}

fn number_from(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

#[test]
fn every_answer_to_any_of_several_hosts_is_true() {
    let _turn = heavy_turn_blocking();
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = number_from("ZFSSA_MODEL_SEED").unwrap_or_else(|| now().as_nanos() as u64);
    println!("ZFSSA_MODEL_SEED={seed}");
    let rounds = number_from("ZFSSA_MODEL_ROUNDS").unwrap_or(ROUNDS);
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
    let total = std::cell::Cell::new(0);
    for number in 0..rounds {
        let common = number % 2 == 0;
        let plans = plan::plans(LENGTH).new_tree(&mut runner).unwrap();
        assert_eq!(plans.current().len(), WORKERS);
        let passed = runner.run_one(plans, |plans| {
            let answers = runtime
                .block_on(round(plans, common))
                .map_err(TestCaseError::fail)?;
            total.set(total.get() + answers);
            Ok(())
        });
        if let Err(TestError::Fail(reason, plans)) = passed {
            panic!(
                "ZFSSA_MODEL_SEED={seed}, round {number}, common lock: {common}\n{}\n{reason}",
                told(&plans)
            );
        }
    }
    println!("{} answers in {rounds} rounds, seed {seed}", total.get());
    assert!(total.get() > 0);
}
