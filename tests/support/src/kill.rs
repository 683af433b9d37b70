//! Processes that are killed at every request: before the appliance gets it, after the appliance
//! carried it out while the answer is under way, and while the appliance is at work on it, which
//! carries it out when recovery has looked for it. Then recovery in a new process, which is killed
//! at every request in the same way (a sample of those pairs), and recovery again, until it says
//! that nothing is in doubt any more.
//!
//! After that the appliances show the state before the operation or the one after it, nothing
//! else; no journal is left; and the same call, made again, leads to the state after it.
//!
//! The simulators live in this process. The driver lives in children: this executable, started
//! again with the task in its environment.

use std::fmt::Debug;
use std::future::Future;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use zfssa::config::ConfigBuilder;
use zfssa::driver::{Call, Driver, Recover, Settled};
use zfssa::scope::Scope;
use zfssa_appliance::{Appliance, Fault, FaultKind};

use crate::matrix::ID;
use crate::pair::account_on;
use crate::{Fixture, POOL, PROJECT, SOON, answered_by, config_at, only_test, path_text, until};

/// What a child is told.
const TASK: &str = "ZFSSA_KILL_TASK";
const PORT: &str = "ZFSSA_KILL_PORT";
const CA: &str = "ZFSSA_KILL_CA";
/// The directory of the children: journals, lock files, and what else a scenario has there.
pub const DIR: &str = "ZFSSA_KILL_DIR";
const DESTINATIONS: &str = "ZFSSA_KILL_DESTINATIONS";
/// Where volumes migrate to.
pub const LOCATION: &str = "ZFSSA_KILL_LOCATION";

/// An operation whose process is killed.
pub trait Scenario: Copy + Debug + Eq + Send + Sync + 'static {
    /// The module of the test `child`, which the children run.
    const MODULE: &'static str;

    /// Appliances on which it can run.
    fn prepare(self) -> impl Future<Output = Fixture> + Send;

    /// Whether a state that is neither that before nor that after is good all the same.
    fn allows(self, state: &Value, before: &Value) -> bool {
        let _ = (state, before);
        false
    }

    /// Changes the configuration of the children.
    fn adjust(config: &mut ConfigBuilder) {
        let _ = config;
    }

    /// The operation, in a child, in a scope under [`ID`].
    fn run(self, driver: &Driver, scope: &Scope) -> impl Future<Output = ()>;
}

/// What a child does. Without a task it does nothing.
pub fn child<S: Scenario>(scenarios: &[S]) {
    let Ok(task) = std::env::var(TASK) else {
        return;
    };
    let variable = |name| std::env::var(name).unwrap();
    let dir = variable(DIR);
    let port = variable(PORT).parse().unwrap();
    let mut config = config_at(port, Path::new(&variable(CA)));
    config.set("zfssa_state_dir", &format!("{dir}/state"));
    config.set("zfssa_lock_dir", &format!("{dir}/locks"));
    if let Ok(destinations) = std::env::var(DESTINATIONS) {
        config.set("zfssa_migration_destinations", &destinations);
    }
    S::adjust(&mut config);
    let driver = Driver::new(config.build().unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        match task.as_str() {
            LOOK => drop(driver.call(Recover::default()).await.unwrap()),
            RECOVER => recover(&driver).await,
            _ => {
                let scenario = scenarios
                    .iter()
                    .find(|scenario| format!("{scenario:?}") == task);
                let call = Call {
                    operation_id: Some(ID.to_owned()),
                    ..Call::default()
                };
                let scope = driver.scope(call);
                scenario.unwrap().run(&driver, &scope).await;
            }
        }
    });
}

/// One look of recovery, whatever it says.
const LOOK: &str = "look";
/// Recovery until nothing is in doubt.
const RECOVER: &str = "recover";

async fn recover(driver: &Driver) {
    let begun = Instant::now();
    loop {
        let report = driver.call(Recover::default()).await.unwrap();
        let is = |settled| report.recovered.iter().any(|one| one.settled == settled);
        assert!(!is(Settled::Failed), "{report:?}");
        assert!(report.findings.is_empty(), "{report:?}");
        if !is(Settled::InDoubt) {
            return;
        }
        assert!(begun.elapsed() < SOON, "it stays in doubt: {report:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A process that is killed when nobody waits for it any more.
pub struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start<S: Scenario>(bench: &Fixture, task: &str) -> Process {
    let mut command = Command::new(std::env::current_exe().unwrap());
    if let Some(other) = &bench.other {
        command
            .env(DESTINATIONS, account_on(&other.appliance))
            .env(LOCATION, &other.location_info);
    }
    let child = command
        .args(only_test(S::MODULE, "child"))
        .env(TASK, task)
        .env(PORT, bench.appliance.port().to_string())
        .env(CA, path_text(bench.ca.path()))
        .env(DIR, path_text(bench.dir.path()))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    Process(child.unwrap())
}

/// A process that works on a task, and whose request the fault holds.
pub async fn working<S: Scenario>(bench: &Fixture, task: &str, fault: Fault) -> Process {
    bench.appliance.faults().push(fault);
    let process = start::<S>(bench, task);
    assert!(until(|| bench.appliance.held() > 0).await, "it gets there");
    process
}

impl Process {
    /// Whether it ends well.
    pub async fn ends(mut self) -> bool {
        let ended = until(|| self.0.try_wait().unwrap().is_some()).await;
        ended && self.0.wait().unwrap().success()
    }
}

/// Runs a task to its end; what went wrong, if anything.
async fn complete<S: Scenario>(bench: &Fixture, task: &str) -> Option<String> {
    let mut process = start::<S>(bench, task);
    if !until(|| process.0.try_wait().unwrap().is_some()).await {
        return Some(format!("{task} does not end"));
    }
    let mut text = String::new();
    if let Some(mut stderr) = process.0.stderr.take() {
        use std::io::Read as _;
        let _ = stderr.read_to_string(&mut text);
    }
    let status = process.0.wait().unwrap();
    (!status.success()).then(|| format!("{task} fails: {text}"))
}

/// What becomes of the request at which a process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It never gets there.
    Lost,
    /// It is carried out, and its answer does not arrive.
    Done,
    /// It is carried out when recovery has looked.
    Late,
}

/// When a process is killed: at its n-th request to one of the appliances.
#[derive(Clone, Copy, Debug)]
struct Kill {
    side: usize,
    nth: usize,
    fate: Fate,
}

impl Kill {
    /// All kills of a process that sends so many requests to each appliance.
    fn all(requests: &[usize]) -> Vec<Kill> {
        let sides = requests.iter().enumerate();
        let nths = sides.flat_map(|(side, count)| (1..=*count).map(move |nth| (side, nth)));
        let fates = [Fate::Lost, Fate::Done, Fate::Late];
        nths.flat_map(|(side, nth)| fates.map(|fate| Kill { side, nth, fate }))
            .collect()
    }
}

/// A request that is still under way when its process is dead.
struct UnderWay<'a> {
    appliance: &'a Appliance,
    fault: u64,
}

/// Runs a task and kills its process. None when it ended before.
async fn kill<'a, S: Scenario>(
    bench: &'a Fixture,
    task: &str,
    kill: Kill,
) -> Option<Vec<UnderWay<'a>>> {
    let mut fault = Fault::new(FaultKind::Hang { ms: None }).nth(kill.nth as u64);
    if kill.fate == Fate::Done {
        fault = fault.after_commit();
    }
    let appliance = bench.appliances()[kill.side];
    let held = appliance.held();
    let fault = appliance.faults().push(fault);
    let mut process = start::<S>(bench, task);
    let mut ended = false;
    let over = until(|| {
        ended = process.0.try_wait().unwrap().is_some();
        ended || appliance.held() > held
    });
    assert!(over.await, "{task} neither ends nor gets to {kill:?}");
    let struck = appliance.held() > held;
    drop(process);
    let mut under_way = Vec::new();
    if struck {
        match kill.fate {
            Fate::Lost => appliance.forget_held(),
            Fate::Done => appliance.release(),
            Fate::Late => under_way.push(UnderWay { appliance, fault }),
        }
        if kill.fate != Fate::Late {
            answered_by(appliance, fault).await;
        }
    }
    appliance.faults().clear();
    struck.then_some(under_way)
}

struct Expected {
    before: Value,
    after: Value,
    /// To each appliance.
    requests: Vec<usize>,
}

async fn expected<S: Scenario>(scenario: S) -> Expected {
    let bench = scenario.prepare().await;
    let before = bench.state();
    for appliance in bench.appliances() {
        appliance.clear_trace();
    }
    if let Some(wrong) = complete::<S>(&bench, &format!("{scenario:?}")).await {
        panic!("{wrong}");
    }
    Expected {
        before,
        after: bench.state(),
        requests: bench
            .appliances()
            .iter()
            .map(|appliance| appliance.trace().len())
            .collect(),
    }
}

/// What must hold after recovery.
async fn judge<S: Scenario>(
    bench: &Fixture,
    scenario: S,
    expected: &Expected,
    under_way: Vec<UnderWay<'_>>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    if !under_way.is_empty() {
        wrong.extend(complete::<S>(bench, LOOK).await);
    }
    for UnderWay { appliance, fault } in under_way {
        appliance.release();
        answered_by(appliance, fault).await;
    }
    wrong.extend(complete::<S>(bench, RECOVER).await);
    let state = bench.state();
    let settled = state == expected.before || state == expected.after;
    if !settled && !scenario.allows(&state, &expected.before) {
        let luns = match &bench.other {
            Some(_) => &state,
            None => &state["pools"][POOL]["projects"][PROJECT],
        };
        wrong.push(format!("neither before nor after: {luns}"));
    }
    let journals = bench.journals();
    if !journals.is_empty() {
        wrong.push(format!("journals are left: {journals:?}"));
    }
    wrong.extend(complete::<S>(bench, &format!("{scenario:?}")).await);
    if bench.state() != expected.after {
        wrong.push("the same call again does not converge".to_owned());
    }
    wrong
}

/// One kill, or a kill and another one of the recovery after it.
#[derive(Clone, Copy)]
struct Case<S> {
    scenario: S,
    first: Kill,
    second: Option<Kill>,
}

/// All kills, and of the pairs of a kill and a kill of the recovery one in `sample`.
fn cases<S: Scenario>(scenario: S, sent: &[usize], sample: usize) -> Vec<Case<S>> {
    let mut cases = Vec::new();
    for first in Kill::all(sent) {
        let case = |second| Case {
            scenario,
            first,
            second,
        };
        cases.push(case(None));
        // The recovery is killed at each of its requests, too, which are fewer. One request at a
        // time is under way.
        if first.fate != Fate::Late {
            let kills = Kill::all(&vec![12; sent.len()]).into_iter();
            cases.extend(kills.map(Some).map(case));
        }
    }
    let mut pairs = 0;
    cases.retain(|case| {
        pairs += usize::from(case.second.is_some());
        case.second.is_none() || pairs % sample == 0
    });
    cases
}

/// What goes wrong in a case; none when the recovery ended before it was to be killed.
async fn violations<S: Scenario>(case: Case<S>, expected: &Expected) -> Option<Vec<String>> {
    let Case {
        scenario,
        first,
        second,
    } = case;
    let task = format!("{scenario:?}");
    let bench = scenario.prepare().await;
    let killed = kill::<S>(&bench, &task, first).await;
    let mut under_way = killed.unwrap_or_else(|| panic!("{task} {first:?}"));
    if let Some(second) = second {
        under_way.extend(kill::<S>(&bench, RECOVER, second).await?);
    }
    let wrong = judge(&bench, scenario, expected, under_way).await;
    let label = |text| format!("{task}, killed {first:?}, then {second:?}: {text}");
    Some(wrong.into_iter().map(label).collect())
}

/// Tries all kills, and of the pairs of a kill and a kill of the recovery one in `sample`; all of
/// them with `ZFSSA_KILL_ALL` set. Fails with all violations.
pub async fn hold<S: Scenario>(scenarios: &[S], sample: usize, least: usize) {
    let _turn = crate::heavy_turn().await;
    let sample = if std::env::var_os("ZFSSA_KILL_ALL").is_some() {
        1
    } else {
        sample
    };
    // A case waits for its processes most of the time.
    let at_once = Arc::new(Semaphore::new(10));
    let mut running = JoinSet::new();
    for &scenario in scenarios {
        let expected = Arc::new(expected(scenario).await);
        assert!(expected.requests.iter().sum::<usize>() > 1);
        for case in cases(scenario, &expected.requests, sample) {
            let (expected, at_once) = (expected.clone(), at_once.clone());
            running.spawn(async move {
                let _turn = at_once.acquire().await;
                let kills = std::iter::once(case.first).chain(case.second);
                let late = kills.into_iter().any(|kill: Kill| kill.fate == Fate::Late);
                (late, violations(case, &expected).await)
            });
        }
    }
    let (mut count, mut late, mut wrong) = (0, 0, Vec::new());
    while let Some(case) = running.join_next().await {
        if let (is_late, Some(violations)) = case.unwrap() {
            count += 1;
            late += usize::from(is_late);
            wrong.extend(violations);
        }
    }
    let late = format!("{late} of them with a request that is carried out late");
    println!("{count} cases, {late}, {} violations", wrong.len());
    assert!(count > least, "only {count} cases were tried");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
