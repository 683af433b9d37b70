//! Processes that are killed at every request: before the appliance gets it, after the appliance
//! carried it out while the answer is under way, and while the appliance is at work on it, which
//! carries it out when recovery has looked for it. Then recovery in a new process, which is killed
//! at every request in the same way (a sample of those pairs), and recovery again, until it says
//! that nothing is in doubt any more.
//!
//! After that the appliances show the state before the operation or the one after it, nothing
//! else; no journal is left; and the same call, made again, leads to the state after it.
//!
//! With a cluster of etcd, each process is a host of its own: it has its own directories, and what a
//! dead host left is recovered by another one, when the lease of the dead one has ended.
//!
//! The simulators live in this process. The driver lives in children: this executable, started
//! again with the task in its environment.

use std::fmt::Debug;
use std::future::Future;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use zfssa::config::ConfigBuilder;
use zfssa::driver::{Call, Driver, Recover, RecoverReport, Settled};
use zfssa::flow::Finding;
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
/// Members of the cluster of etcd, if there is one.
const COORDINATION: &str = "ZFSSA_KILL_COORDINATION";
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

/// The cluster of etcd in which processes coordinate that are hosts of their own.
#[derive(Debug)]
pub struct Coordination {
    url: String,
    hosts: AtomicUsize,
}

impl Coordination {
    /// Members as `host:port`, separated by commas.
    pub fn new(members: &str) -> Coordination {
        Coordination {
            url: format!("etcd://{members}"),
            hosts: AtomicUsize::new(0),
        }
    }
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
    if let Ok(url) = std::env::var(COORDINATION) {
        for (name, value) in [
            ("zfssa_coordination_url", url.as_str()),
            // The lease of a dead host ends soon.
            ("zfssa_rest_timeout", "3"),
            ("zfssa_coordination_ttl", "8"),
        ] {
            config.set(name, value);
        }
    }
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
            LOOK => look(&driver).await,
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

async fn look(driver: &Driver) {
    let begun = Instant::now();
    while is_held(&driver.call(Recover::default()).await.unwrap()) {
        assert!(begun.elapsed() < SOON, "the lease of the dead host goes on");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Whether a dead host holds a journal still.
fn is_held(report: &RecoverReport) -> bool {
    let held = |finding: &Finding| matches!(finding, Finding::Busy { owner: Some(_), .. });
    report.findings.iter().any(held)
}

async fn recover(driver: &Driver) {
    let begun = Instant::now();
    loop {
        let report = driver.call(Recover::default()).await.unwrap();
        let is = |settled| report.recovered.iter().any(|one| one.settled == settled);
        assert!(!is(Settled::Failed), "{report:?}");
        let held = is_held(&report);
        assert!(held || report.findings.is_empty(), "{report:?}");
        if !held && !is(Settled::InDoubt) {
            break;
        }
        assert!(begun.elapsed() < SOON, "it stays in doubt: {report:?}");
        // A lease takes seconds to end.
        let pause = if held { 500 } else { 100 };
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    let report = driver.call(Recover::default()).await.unwrap();
    assert!(report.recovered.is_empty(), "a journal is left: {report:?}");
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
    let mut dir = bench.dir.path().to_owned();
    if let Some(coordination) = &bench.coordination {
        let number = coordination.hosts.fetch_add(1, Ordering::Relaxed);
        dir.push(format!("host-{number}"));
        command.env(COORDINATION, &coordination.url);
    }
    let child = command
        .args(only_test(S::MODULE, "child"))
        .env(TASK, task)
        .env(PORT, bench.appliance.port().to_string())
        .env(CA, path_text(bench.ca.path()))
        .env(DIR, path_text(&dir))
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

/// The ground of a case, on which each process is a host of its own if there are members of etcd.
async fn ground<S: Scenario>(scenario: S, members: Option<&str>) -> Fixture {
    let mut bench = scenario.prepare().await;
    bench.coordination = members.map(Coordination::new);
    bench
}

async fn expected<S: Scenario>(scenario: S, members: Option<&str>) -> Expected {
    let bench = ground(scenario, members).await;
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
async fn violations<S: Scenario>(
    case: Case<S>,
    expected: &Expected,
    members: Option<&str>,
) -> Option<Vec<String>> {
    let Case {
        scenario,
        first,
        second,
    } = case;
    let task = format!("{scenario:?}");
    let bench = ground(scenario, members).await;
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
    hold_with(scenarios, sample, least, None).await;
}

/// The same with hosts that coordinate in a cluster of etcd.
pub async fn hold_among_hosts<S: Scenario>(
    scenarios: &[S],
    sample: usize,
    least: usize,
    members: &str,
) {
    hold_with(scenarios, sample, least, Some(members)).await;
}

async fn hold_with<S: Scenario>(
    scenarios: &[S],
    sample: usize,
    least: usize,
    members: Option<&str>,
) {
    let _turn = crate::heavy_turn().await;
    let sample = if std::env::var_os("ZFSSA_KILL_ALL").is_some() {
        1
    } else {
        sample
    };
    // A case waits for its processes most of the time.
    let at_once = Arc::new(Semaphore::new(if members.is_some() { 16 } else { 10 }));
    let members: Option<Arc<str>> = members.map(Arc::from);
    let mut running = JoinSet::new();
    for &scenario in scenarios {
        let expected = Arc::new(expected(scenario, members.as_deref()).await);
        assert!(expected.requests.iter().sum::<usize>() > 1);
        for case in cases(scenario, &expected.requests, sample) {
            let (expected, at_once) = (expected.clone(), at_once.clone());
            let members = members.clone();
            running.spawn(async move {
                let _turn = at_once.acquire().await;
                let kills = std::iter::once(case.first).chain(case.second);
                let late = kills.into_iter().any(|kill: Kill| kill.fate == Fate::Late);
                (late, violations(case, &expected, members.as_deref()).await)
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
