//! Two processes attach the same volumes to hosts at the same time. A mapping change reads who
//! sees a LUN and writes the union, so without locks between the processes one would now and then
//! write over the other's. None may be lost.
//!
//! The simulator lives in this process, the drivers in two children: this executable, started
//! again.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use support::{Fixture, POOL, PROJECT, config_at, only_test, path_text, until};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use zfssa::config::ConfigBuilder;
use zfssa::driver::{CreateVolume, DoSetup, Driver, InitializeConnection};
use zfssa_appliance::{Fault, FaultKind, Options};

const VOLUMES: usize = 200;
const HOSTS: usize = 20;
const AT_ONCE: usize = 100;

const PORT: &str = "ZFSSA_PROCESSES_PORT";
const CA: &str = "ZFSSA_PROCESSES_CA";
const DIR: &str = "ZFSSA_PROCESSES_DIR";
const PART: &str = "ZFSSA_PROCESSES_PART";

fn host(number: usize) -> String {
    format!("iqn.2004-10.org.example:host-{number}")
}

fn volume(number: usize) -> String {
    format!("volume-{number}")
}

/// Every host in a group of its own.
fn with_hosts(config: &mut ConfigBuilder) {
    let groups: Vec<String> = (0..HOSTS)
        .map(|number| {
            let iqn = host(number);
            format!("'host-{number}': [{{'iqn': '{iqn}', 'user': '', 'password': ''}}]")
        })
        .collect();
    let groups = format!("{{{}}}", groups.join(", "));
    config.set("zfssa_initiator_config", &groups);
}

/// Not a test of its own: what a child does.
#[test]
fn child() {
    in_child(with_hosts, attach_all);
}

/// Runs a part of a test if this process is a child.
pub fn in_child<W: Future<Output = ()>>(
    adjust: impl FnOnce(&mut ConfigBuilder),
    work: impl FnOnce(Driver, usize) -> W,
) {
    let Ok(part) = std::env::var(PART) else {
        return;
    };
    let part: usize = part.parse().unwrap();
    let variable = |name| std::env::var(name).unwrap();
    let port = variable(PORT).parse().unwrap();
    let mut config = config_at(port, Path::new(&variable(CA)));
    config.set("zfssa_lock_dir", &format!("{}/locks", variable(DIR)));
    adjust(&mut config);
    let driver = Driver::new(config.build().unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work(driver, part));
}

/// Attaches every volume to every second host.
async fn attach_all(driver: Driver, part: usize) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for number in 0..VOLUMES {
        for initiator in (part..HOSTS).step_by(2) {
            let place = places.clone().acquire_owned().await.unwrap();
            let driver = driver.clone();
            tasks.spawn(async move {
                let attach = InitializeConnection {
                    volume: volume(number),
                    initiator: host(initiator),
                    ..InitializeConnection::default()
                };
                driver.call(attach).await.unwrap();
                drop(place);
            });
        }
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

/// Runs the two parts of a test, in a child each: the test `child` of a module.
pub async fn both_end_well(bench: &Fixture, module: &str) {
    let mut children = [start(bench, module, 0), start(bench, module, 1)];
    let statuses = tokio::task::spawn_blocking(move || {
        children
            .each_mut()
            .map(|child| child.wait().unwrap().success())
    });
    assert_eq!(statuses.await.unwrap(), [true, true]);
}

fn start(bench: &Fixture, module: &str, part: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(only_test(module, "child"))
        .env(PART, part.to_string())
        .env(PORT, bench.appliance.port().to_string())
        .env(CA, path_text(bench.ca.path()))
        .env(DIR, path_text(bench.dir.path()))
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Whatever one setup is about to make, that of another host may make first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_setups_at_once_both_succeed() {
    for nth in 1.. {
        let bench = Arc::new(Fixture::raw(Options::default(), |_| {}).await);
        let other = bench.other_host(|_| {});
        let hang = Fault::new(FaultKind::Hang { ms: None });
        let hang = hang.on("POST", "/(san|storage)/").nth(nth);
        let hang = bench.appliance.faults().push(hang);
        let first = tokio::spawn({
            let bench = bench.clone();
            async move { bench.driver.call(DoSetup {}).await }
        });
        assert!(until(|| bench.appliance.held() > 0 || first.is_finished()).await);
        if bench.appliance.faults().fired(hang) == 0 {
            first.await.unwrap().unwrap();
            assert!(nth > 8, "a setup that makes little");
            break;
        }
        other.call(DoSetup {}).await.unwrap();
        bench.appliance.release();
        first.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_lose_no_mapping() {
    let bench = Fixture::raw(Options::default(), with_hosts).await;
    bench.driver.call(DoSetup {}).await.unwrap();
    for number in 0..VOLUMES {
        let create = CreateVolume {
            name: volume(number),
            size_gib: 1,
            ..CreateVolume::default()
        };
        bench.driver.call(create).await.unwrap();
    }
    both_end_well(&bench, module_path!()).await;
    let state = bench.appliance.state();
    let luns = &state["pools"][POOL]["projects"][PROJECT]["luns"];
    let mut mappings = 0;
    let mut lost = Vec::new();
    for number in 0..VOLUMES {
        let name = volume(number);
        let views = luns[&name]["views"].as_array().unwrap();
        mappings += views.len();
        for host in 0..HOSTS {
            let group = format!("host-{host}");
            if !views.iter().any(|view| view["group"] == group.as_str()) {
                lost.push(format!("{name} for {group}"));
            }
        }
    }
    println!("{mappings} mappings, {} lost", lost.len());
    assert!(lost.is_empty(), "{}", lost.join("\n"));
    assert_eq!(mappings, VOLUMES * HOSTS);
    let locks = std::fs::read_dir(bench.dir.path().join("locks")).unwrap();
    assert_eq!(locks.count(), 0, "lock files are left");
}
