//! Every journalled flow, killed at every request: before the appliance gets it, and after the
//! appliance carried it out while the answer is under way. Then recovery in a new process, which
//! is killed at every request in the same way (a sample of those pairs), and recovery again.
//!
//! After that the appliance shows the state before the operation or the one after it, nothing
//! else; no journal is left; and the same call, made again, leads to the state after it.
//!
//! The simulator lives in this process. The driver lives in children: this executable, started
//! again with the task in its environment.

mod common;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use common::{Bench, HOST_A, PROJECT, SOON, config_at, path_text};
use serde_json::Value;
use zfssa::driver::{
    Answer, Call, CloneImage, CreateClonedVolume, CreateSnapshot, CreateVolume,
    CreateVolumeFromSnapshot, DeleteVolume, DoSetup, Driver, Handed, Recover, Settled,
};
use zfssa_appliance::{Fault, FaultKind, Options};

/// The operation under test, and those before it.
const ID: &str = "6a7b2a10-0000-4000-8000-000000000001";
const PREPARED: &str = "6a7b2a10-0000-4000-8000-000000000000";

/// What a child is told.
const TASK: &str = "ZFSSA_KILL_TASK";
const PORT: &str = "ZFSSA_KILL_PORT";
const CA: &str = "ZFSSA_KILL_CA";
const DIR: &str = "ZFSSA_KILL_DIR";

/// Of the pairs of a kill and a kill of the recovery, one in so many is tried; all of them with
/// `ZFSSA_KILL_ALL` set.
const SAMPLE: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    FromSnapshot,
    FromSnapshotLarger,
    Clone,
    CloneLarger,
    DeleteClone,
    DeleteCloneOfSnapshot,
    CloneImage,
    DeleteLastOfImage,
}

const SCENARIOS: &[Scenario] = &[
    Scenario::FromSnapshot,
    Scenario::FromSnapshotLarger,
    Scenario::Clone,
    Scenario::CloneLarger,
    Scenario::DeleteClone,
    Scenario::DeleteCloneOfSnapshot,
    Scenario::CloneImage,
    Scenario::DeleteLastOfImage,
];

fn own(text: &str) -> String {
    text.to_owned()
}

fn clone(size_gib: u64) -> CreateClonedVolume {
    CreateClonedVolume {
        name: own("volume-2"),
        size_gib,
        source_volume: own("volume-1"),
        ..CreateClonedVolume::default()
    }
}

fn from_snapshot(size_gib: u64) -> CreateVolumeFromSnapshot {
    CreateVolumeFromSnapshot {
        name: own("volume-2"),
        size_gib,
        source_volume: own("volume-1"),
        snapshot: own("snapshot-1"),
        ..CreateVolumeFromSnapshot::default()
    }
}

fn from_image() -> CloneImage {
    CloneImage {
        name: own("volume-2"),
        size_gib: 2,
        extra_specs: Vec::new(),
        image_id: own("img-1"),
        image_updated_at: own("v1"),
        image_virtual_size: 1,
        initiator: own(HOST_A),
        transfer: Arc::new(Handed::new(|_, _, answer: Answer| answer.done())),
    }
}

impl Scenario {
    /// An appliance on which it can run.
    async fn prepare(self) -> Bench {
        let bench = Bench::raw(Options::default(), |_| {}).await;
        bench.call_as(PREPARED, DoSetup {}).await.unwrap();
        let volume = CreateVolume {
            name: own("volume-1"),
            size_gib: 1,
            ..CreateVolume::default()
        };
        bench.call_as(PREPARED, volume).await.unwrap();
        let snapshot = CreateSnapshot {
            volume: own("volume-1"),
            name: own("snapshot-1"),
        };
        bench.call_as(PREPARED, snapshot).await.unwrap();
        match self {
            Scenario::DeleteClone => {
                bench.call_as(PREPARED, clone(1)).await.unwrap();
            }
            Scenario::DeleteCloneOfSnapshot => {
                bench.call_as(PREPARED, from_snapshot(1)).await.unwrap();
            }
            Scenario::DeleteLastOfImage => {
                bench.call_as(PREPARED, from_image()).await.unwrap();
            }
            _ => {}
        }
        bench
    }

    /// Whether a state that is neither that before nor that after is good all the same: a cache
    /// entry is complete, hidden and ready for the next volume, and the volume is not there.
    fn allows(self, state: &Value, before: &Value) -> bool {
        let luns = |state: &Value, project: &str| {
            state["pools"][common::POOL]["projects"][project]["luns"].clone()
        };
        let entry = &luns(state, "os-cinder-cache")["os-cache-vol-img-1"];
        self == Scenario::CloneImage
            && luns(state, PROJECT) == luns(before, PROJECT)
            && entry["snapshots"][0]["name"] == "image-img-1"
            && entry["snapshots"][0]["clones"]
                .as_array()
                .is_some_and(Vec::is_empty)
            && entry["views"][0]["group"] == zfssa_appliance::MASK_ALL
    }

    /// The operation, in a child.
    async fn run(self, driver: &Driver) {
        let call = Call {
            operation_id: Some(own(ID)),
            ..Call::default()
        };
        let scope = driver.scope(call);
        let delete = DeleteVolume {
            name: own("volume-2"),
        };
        match self {
            Scenario::FromSnapshot => drop(driver.run(from_snapshot(1), &scope).await.unwrap()),
            Scenario::FromSnapshotLarger => {
                drop(driver.run(from_snapshot(3), &scope).await.unwrap());
            }
            Scenario::Clone => drop(driver.run(clone(1), &scope).await.unwrap()),
            Scenario::CloneLarger => drop(driver.run(clone(3), &scope).await.unwrap()),
            Scenario::CloneImage => drop(driver.run(from_image(), &scope).await.unwrap()),
            Scenario::DeleteClone
            | Scenario::DeleteCloneOfSnapshot
            | Scenario::DeleteLastOfImage => {
                let _ = driver.run(delete, &scope).await.unwrap();
            }
        }
    }
}

/// Not a test of its own: what a child does. Without a task it does nothing.
#[test]
fn child() {
    let Ok(task) = std::env::var(TASK) else {
        return;
    };
    let variable = |name| std::env::var(name).unwrap();
    let dir = variable(DIR);
    let port = variable(PORT).parse().unwrap();
    let mut config = config_at(port, Path::new(&variable(CA)));
    config.set("zfssa_state_dir", &format!("{dir}/state"));
    config.set("zfssa_lock_dir", &format!("{dir}/locks"));
    let driver = Driver::new(config.build().unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        match task.as_str() {
            "recover" => {
                let report = driver.call(Recover::default()).await.unwrap();
                let failed = |one: &&zfssa::driver::Recovered| one.settled == Settled::Failed;
                assert!(report.recovered.iter().find(failed).is_none(), "{report:?}");
                assert!(report.findings.is_empty(), "{report:?}");
            }
            _ => {
                let scenario = SCENARIOS
                    .iter()
                    .find(|scenario| format!("{scenario:?}") == task);
                scenario.unwrap().run(&driver).await;
            }
        }
    });
}

/// A process that is killed when nobody waits for it any more.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(bench: &Bench, task: &str) -> Process {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture", "--test-threads=1"])
        .env(TASK, task)
        .env(PORT, bench.appliance.port().to_string())
        .env(CA, path_text(bench.ca.path()))
        .env(DIR, path_text(bench.dir.path()))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    Process(child.unwrap())
}

/// Waits for what happens in another process or in the simulator.
async fn until(mut condition: impl FnMut() -> bool) -> bool {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(SOON, wait).await.is_ok()
}

/// Runs a task to its end; what went wrong, if anything.
async fn complete(bench: &Bench, task: &str) -> Option<String> {
    let mut process = start(bench, task);
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

/// When a process is killed: at its n-th request, before the appliance has carried it out, or
/// after it has and before its answer arrives.
#[derive(Clone, Copy, Debug)]
struct Kill {
    nth: usize,
    after: bool,
}

impl Kill {
    fn all(requests: usize) -> Vec<Kill> {
        (1..=requests)
            .flat_map(|nth| [false, true].map(|after| Kill { nth, after }))
            .collect()
    }
}

/// Runs a task and kills its process. False when it ended before.
async fn kill(bench: &Bench, task: &str, kill: Kill) -> bool {
    let mut fault = Fault::new(FaultKind::Hang { ms: None }).nth(kill.nth as u64);
    if kill.after {
        fault = fault.after_commit();
    }
    let fault = bench.appliance.faults().push(fault);
    let mut process = start(bench, task);
    let mut ended = false;
    let over = until(|| {
        ended = process.0.try_wait().unwrap().is_some();
        ended || bench.appliance.held() > 0
    });
    assert!(
        over.await,
        "{task} neither ends nor sends its request {}",
        kill.nth
    );
    let struck = bench.appliance.held() > 0;
    drop(process);
    if struck {
        if kill.after {
            bench.appliance.release();
        } else {
            bench.appliance.forget_held();
        }
        bench.answered(fault).await;
    }
    bench.appliance.faults().clear();
    struck
}

struct Expected {
    before: Value,
    after: Value,
    requests: usize,
}

async fn expected(scenario: Scenario) -> Expected {
    let bench = scenario.prepare().await;
    let before = bench.state();
    bench.appliance.clear_trace();
    if let Some(wrong) = complete(&bench, &format!("{scenario:?}")).await {
        panic!("{wrong}");
    }
    Expected {
        before,
        after: bench.state(),
        requests: bench.appliance.trace().len(),
    }
}

/// What must hold after recovery.
async fn judge(bench: &Bench, scenario: Scenario, expected: &Expected) -> Vec<String> {
    let mut wrong = Vec::new();
    wrong.extend(complete(bench, "recover").await);
    let state = bench.state();
    let settled = state == expected.before || state == expected.after;
    if !settled && !scenario.allows(&state, &expected.before) {
        let luns = &state["pools"][common::POOL]["projects"][PROJECT];
        wrong.push(format!("neither before nor after: {luns}"));
    }
    let journals = bench.journals();
    if !journals.is_empty() {
        wrong.push(format!("journals are left: {journals:?}"));
    }
    wrong.extend(complete(bench, &format!("{scenario:?}")).await);
    if bench.state() != expected.after {
        wrong.push("the same call again does not converge".to_owned());
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_may_die_at_any_request() {
    let mut cases = 0;
    let mut pairs = 0;
    let mut violations = Vec::new();
    let sample = if std::env::var_os("ZFSSA_KILL_ALL").is_some() {
        1
    } else {
        SAMPLE
    };
    for &scenario in SCENARIOS {
        let expected = expected(scenario).await;
        assert!(expected.requests > 1);
        let task = format!("{scenario:?}");
        for first in Kill::all(expected.requests) {
            let bench = scenario.prepare().await;
            assert!(kill(&bench, &task, first).await, "{task} {first:?}");
            cases += 1;
            let wrong = judge(&bench, scenario, &expected).await;
            let label = |text| format!("{task}, killed {first:?}: {text}");
            violations.extend(wrong.into_iter().map(label));
            // The recovery of this is killed, too, at each of its requests.
            for second in Kill::all(12) {
                pairs += 1;
                if pairs % sample != 0 {
                    continue;
                }
                let bench = scenario.prepare().await;
                assert!(kill(&bench, &task, first).await, "{task} {first:?}");
                if !kill(&bench, "recover", second).await {
                    break;
                }
                cases += 1;
                let wrong = judge(&bench, scenario, &expected).await;
                let label = |text| format!("{task}, killed {first:?}, then {second:?}: {text}");
                violations.extend(wrong.into_iter().map(label));
            }
        }
    }
    println!("{cases} cases, {} violations", violations.len());
    assert!(cases > 50, "only {cases} cases were tried");
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
