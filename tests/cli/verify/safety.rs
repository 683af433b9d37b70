//! What an examination leaves, refuses and reveals.

use serde_json::{Value, json};
use support::{POOL, until};
use zfssa::rest::{Path, Request, Service};
use zfssa_appliance::{Fault, FaultKind};

use crate::bench::{Bench, Ran};
use crate::verify::{examined, verified};

/// Creates a project as another program would.
async fn foreign_project(bench: &Bench, name: &str) {
    let path = Path::new(Service::Storage)
        .fixed("pools")
        .name(POOL)
        .unwrap()
        .fixed("projects");
    let scope = bench.fixture.driver.scope(zfssa::Call::default());
    let rest = bench.fixture.driver.appliance().rest();
    let request = Request::post(path, &json!({ "name": name }));
    rest.call(&scope, &request).await.expect("a good answer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_report_names_no_site() {
    let bench = Bench::ready().await;
    let appliance = &bench.fixture.appliance;
    let port = appliance.port().to_string();
    let asn = appliance.asn();
    let own = ["127.0.0.1", "localhost", "appliance-0", &asn, &port, POOL];
    let plain = verified(&bench, &[]);
    for word in own.iter().chain(&[support::PASSWORD, "zfssa-verify-"]) {
        for text in [&plain.ran.stdout, &plain.profile] {
            assert!(!text.contains(word), "{word} is in {text}");
        }
    }
    let ran = bench.run(&["verify"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for word in own {
        assert!(!ran.stdout.contains(word), "{word} is in {}", ran.stdout);
    }
    let identified = verified(&bench, &["--identify"]);
    let identity = &identified.report["identity"];
    assert_eq!(identity["serial_number"], asn);
    assert_eq!(identity["name"], "appliance-0");
    assert_eq!(identity["address"], "127.0.0.1");
    assert_eq!(identity["pool"], POOL);
    assert!(!identified.profile.contains(&asn));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_of_another_program_is_refused_by_name() {
    let bench = Bench::ready().await;
    foreign_project(&bench, "zfssa-verify-taken").await;
    let lun = json!({ "name": "verify-lun", "volsize": 1 << 30 });
    bench
        .fixture
        .foreign_lun_in("zfssa-verify-taken", lun)
        .await;
    let before = bench.fixture.state();
    let ran = bench.run(&["verify", "--operation-id", "taken"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stderr.contains("project zfssa-verify-taken of pool"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("exists"), "{ran:?}");
    assert_eq!(bench.fixture.state(), before);
    for name in ["cinder", "default", "zfssa-verify-", "zfssa-verify-a/b"] {
        let ran = bench.run(&["verify", "--remove", name, "--yes"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.stderr.contains(&format!("project {name} is not one")),
            "{ran:?}"
        );
        assert_eq!(bench.fixture.state(), before);
    }
}

/// A project that appears between the read and the creation.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_that_another_program_makes_meanwhile_stays() {
    let bench = Bench::ready().await;
    let appliance = &bench.fixture.appliance;
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("POST", "/projects$");
    let hang = appliance.faults().push(hang);
    let child = bench.start(&["verify", "--operation-id", "raced"]);
    assert!(until(|| appliance.faults().fired(hang) == 1).await);
    foreign_project(&bench, "zfssa-verify-raced").await;
    let before = bench.fixture.state();
    appliance.release();
    let ran = Ran::of(&["verify"], child.wait_with_output().unwrap());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stderr.contains("project zfssa-verify-raced of pool"),
        "{ran:?}"
    );
    assert_eq!(bench.fixture.state(), before);
}

/// Another program's LUN in the scratch project is kept, and so is the project.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lun_of_another_program_is_kept_and_named() {
    let bench = Bench::ready().await;
    let appliance = &bench.fixture.appliance;
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("POST", "/snapshots$");
    let hang = appliance.faults().push(hang);
    let child = bench.start(&["verify", "--operation-id", "shared"]);
    assert!(until(|| appliance.faults().fired(hang) == 1).await);
    let lun = json!({ "name": "database", "volsize": 1 << 30 });
    bench
        .fixture
        .foreign_lun_in("zfssa-verify-shared", lun)
        .await;
    appliance.release();
    let ran = Ran::of(&["verify"], child.wait_with_output().unwrap());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stderr.contains("left: LUN database in project"),
        "{ran:?}"
    );
    let projects = &bench.fixture.state()["pools"][POOL]["projects"];
    let luns = projects["zfssa-verify-shared"]["luns"].as_object().unwrap();
    assert_eq!(luns.keys().collect::<Vec<_>>(), ["database"]);
}

/// A clone that another program makes of a scratch snapshot survives, and so does its origin.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clone_of_another_program_is_kept_with_its_origin() {
    for (lun, probe) in [
        ("verify-origin", "cascade"),
        ("verify-with-clone", "delete_snapshot_of_guarded"),
    ] {
        let bench = Bench::ready().await;
        let appliance = &bench.fixture.appliance;
        let path = format!("/{lun}/snapshots/verify-snapshot/dependents$");
        // The probe of the count reads the dependents of the first one, too.
        let nth = if probe == "cascade" { 2 } else { 1 };
        let hang = Fault::new(FaultKind::Hang { ms: None })
            .on("GET", &path)
            .nth(nth);
        let hang = appliance.faults().push(hang);
        let report = bench.home.path().join("r");
        let arguments = ["verify", "--operation-id", "cloned", "--report"];
        let child = bench.start(&[&arguments[..], &[report.to_str().unwrap()]].concat());
        assert!(until(|| appliance.faults().fired(hang) == 1).await);
        let path = Path::new(Service::Storage)
            .fixed("pools")
            .name(POOL)
            .and_then(|path| path.fixed("projects").name("zfssa-verify-cloned"))
            .and_then(|path| path.fixed("luns").name(lun))
            .and_then(|path| path.fixed("snapshots").name("verify-snapshot"))
            .unwrap()
            .fixed("clone");
        let clone = json!({ "share": "database", "project": support::PROJECT });
        support::send(&bench.fixture.driver, &Request::put(path, &clone)).await;
        appliance.release();
        let ran = Ran::of(&["verify"], child.wait_with_output().unwrap());
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(
            ran.stderr.contains(&format!("left: LUN {lun} in")),
            "{ran:?}"
        );
        assert!(bench.fixture.lun("database").is_object(), "{ran:?}");
        let report: Value =
            serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
        let mut findings = report["findings"].as_array().unwrap().iter();
        let finding = findings.find(|one| one["name"] == probe).unwrap();
        assert_eq!(finding["state"], "undetermined", "{finding}");
    }
}

/// The name of an id proves nothing: another run may have the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_creation_under_an_id_is_named_and_kept() {
    let bench = Bench::ready().await;
    let lost = Fault::new(FaultKind::ReplyLost).after_commit();
    let lost = lost.on("POST", "/projects$");
    bench.fixture.appliance.faults().push(lost);
    let ran = bench.run(&["verify", "--operation-id", "lost", "--output", "json"]);
    assert_eq!(ran.code, 25, "{ran:?}");
    let error: Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
    let left = format!("project zfssa-verify-lost of pool {POOL}");
    assert_eq!(error["error"]["left"], json!([left]), "{ran:?}");
    assert_eq!(error["error"]["outcome"], "PARTIAL", "{ran:?}");
    let projects = &bench.fixture.state()["pools"][POOL]["projects"];
    assert!(projects["zfssa-verify-lost"].is_object());
}

/// A group of another program with the name of the run is neither used nor deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_of_another_program_stays_and_sees_nothing() {
    let bench = Bench::ready().await;
    let group = json!({ "name": "zfssa-verify-group", "initiators": [support::HOST_A] });
    let change = support::San::New("initiator-groups", group);
    bench.fixture.foreign_san(change).await;
    let before = bench.fixture.state();
    bench.fixture.appliance.clear_trace();
    let verified = examined(&bench, &["--operation-id", "group"]);
    assert_eq!(bench.fixture.state(), before);
    for name in [
        "group_of_unknown_initiator",
        "first_lu_number",
        "groups_in_use_stay",
    ] {
        assert_eq!(verified.finding(name)["state"], "undetermined", "{name}");
    }
    let trace = bench.fixture.appliance.trace();
    let of_group = |path: &str| path.contains("initiator-groups/zfssa-verify-group");
    let changes = trace
        .iter()
        .filter(|one| one.method != "GET" && of_group(&one.path));
    assert_eq!(changes.count(), 0);
}

/// A 404 of a head that does not serve the pool is no absence.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_of_a_pool_that_is_not_served_is_not_said_to_be_gone() {
    let bench = Bench::ready().await;
    foreign_project(&bench, "zfssa-verify-moved").await;
    let appliance = &bench.fixture.appliance;
    let gone = FaultKind::Status {
        status: 404,
        name: "ERR_NOT_FOUND".to_owned(),
    };
    let gone = Fault::new(gone).on("GET", "/projects/zfssa-verify-moved$");
    appliance.faults().push(gone.forever());
    appliance.tune(|knobs| knobs.pool_status = "exported".to_owned());
    let arguments = ["verify", "--remove", "zfssa-verify-moved", "--yes"];
    let ran = bench.run(&arguments);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stderr.contains("left: project zfssa-verify-moved"),
        "{ran:?}"
    );
    appliance.faults().clear();
    appliance.tune(|knobs| knobs.pool_status = "online".to_owned());
    bench.done(&arguments);
    let projects = &bench.fixture.state()["pools"][POOL]["projects"];
    assert!(projects["zfssa-verify-moved"].is_null());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_removes_the_scratch_project() {
    for (signal, path) in [
        (rustix::process::Signal::INT, "/snapshots$"),
        (rustix::process::Signal::TERM, "/luns$"),
    ] {
        let bench = Bench::ready().await;
        let before = bench.fixture.state();
        let appliance = &bench.fixture.appliance;
        let hang = Fault::new(FaultKind::Hang { ms: None }).on("POST", path);
        let hang = appliance.faults().push(hang);
        let child = bench.start(&["verify"]);
        assert!(until(|| appliance.faults().fired(hang) == 1).await);
        let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
        let ran = Ran::of(&["verify"], child.wait_with_output().unwrap());
        assert_eq!(ran.code, 14, "{ran:?}");
        assert!(
            ran.stderr.contains("removing the scratch project"),
            "{ran:?}"
        );
        assert_eq!(ran.stdout, "");
        assert_eq!(bench.fixture.state(), before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_run_is_removed_by_its_name() {
    let bench = Bench::ready().await;
    let before = bench.fixture.state();
    let appliance = &bench.fixture.appliance;
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("PUT", "/clone$");
    let hang = appliance.faults().push(hang);
    let mut child = bench.start(&["verify", "--operation-id", "killed"]);
    assert!(until(|| appliance.faults().fired(hang) == 1).await);
    child.kill().unwrap();
    child.wait().unwrap();
    appliance.release();
    assert_ne!(bench.fixture.state(), before);
    let remove = ["verify", "--remove", "zfssa-verify-killed"];
    let ran = bench.run(&remove);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("--yes"), "{ran:?}");
    bench.done(&[&remove[..], &["--yes"]].concat());
    assert_eq!(bench.fixture.state(), before);
}

/// Each change of the run, by method and path, loses its answer in each way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_leave_nothing() {
    let bench = Bench::ready().await;
    let before = bench.fixture.state();
    let appliance = &bench.fixture.appliance;
    let late = || FaultKind::Late {
        requests: None,
        ms: Some(300),
    };
    for (method, path) in [
        ("POST", "/projects$"),
        ("POST", "/luns$"),
        ("POST", "/initiator-groups$"),
        ("POST", "/snapshots$"),
        ("PUT", "/clone$"),
        ("PUT", "/luns/verify-protected$"),
        ("DELETE", "/luns/verify-clone$"),
        ("DELETE", "/projects/zfssa-verify"),
        ("DELETE", "/initiator-groups/zfssa-verify"),
    ] {
        for fault in [
            Fault::new(FaultKind::ReplyLost).after_commit(),
            Fault::new(FaultKind::ReplyLost),
            Fault::new(late()),
        ] {
            let fault = fault.on(method, path);
            let shown = format!("{fault:?}");
            let fault = appliance.faults().push(fault);
            let ran = bench.run(&["verify", "--output", "json"]);
            assert_eq!(appliance.faults().fired(fault), 1, "{shown}: {ran:?}");
            appliance.faults().clear();
            assert_eq!(bench.fixture.state(), before, "{shown}: {ran:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_that_fails_has_no_value_and_the_others_run() {
    let bench = Bench::ready().await;
    let before = bench.fixture.state();
    let kind = FaultKind::Status {
        status: 400,
        name: "ERR_ODD".to_owned(),
    };
    let odd = Fault::new(kind).on("PUT", "/clone$").forever();
    bench.fixture.appliance.faults().push(odd);
    let lost = Fault::new(FaultKind::Reset).on("POST", "/initiator-groups$");
    bench.fixture.appliance.faults().push(lost.forever());
    let verified = examined(&bench, &[]);
    // The engine's message names the address; the report has the status alone.
    let finding = verified.finding("group_of_unknown_initiator");
    assert_eq!(finding["seen"], "CONNECTION_LOST", "{finding}");
    for name in ["clone_size", "cascade", "numclones_lag_ms"] {
        let finding = verified.finding(name);
        assert_eq!(finding["state"], "undetermined", "{finding}");
        assert_eq!(finding["value"], Value::Null, "{finding}");
        assert!(
            finding["seen"].as_str().unwrap().contains("400 ERR_"),
            "{finding}"
        );
    }
    assert_eq!(verified.finding("no_space_status")["state"], "observed");
    assert_eq!(bench.fixture.state(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_sends_nothing() {
    let bench = Bench::ready().await;
    bench.fixture.appliance.clear_trace();
    let said = bench.done(&["verify", "--dry-run", "--operation-id", "dry"]);
    assert!(said.contains("zfssa-verify-dry"), "{said}");
    let ran = bench.run(&["verify", "--operation-id", "a/b"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let ran = bench.run(&["verify", "--report", "/no/such/directory/report"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("/no/such/directory/report"), "{ran:?}");
    assert!(bench.fixture.appliance.trace().is_empty());
}
