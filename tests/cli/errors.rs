//! Error messages and exit codes.

use support::PROJECT;
use zfssa_appliance::{Fault, FaultKind};

use crate::bench::{Bench, Ran};

/// The first line on standard error.
fn first(ran: &Ran) -> &str {
    ran.stderr.lines().next().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_volume_has_its_code_and_the_outcome() {
    let bench = Bench::ready().await;
    let ran = bench.run(&["volume", "show", "volume-x"]);
    assert_eq!(ran.code, 40, "{ran:?}");
    assert!(
        first(&ran).starts_with("zfssa: VOLUME_NOT_FOUND: "),
        "{ran:?}"
    );
    assert!(first(&ran).contains("volume-x"), "{ran:?}");
    assert_eq!(ran.stdout, "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_volume_is_refused_and_unchanged() {
    let bench = Bench::ready().await;
    bench.done(&["volume", "create", "volume-a", "1"]);
    bench.done(&["snapshot", "create", "volume-a", "snapshot-1"]);
    let ran = bench.run(&["volume", "delete", "--yes", "volume-x", "volume-a"]);
    assert_eq!(ran.code / 10, 4, "{ran:?}");
    assert!(first(&ran).starts_with("zfssa: VOLUME_BUSY: "), "{ran:?}");
    assert_eq!(ran.stdout, "volume volume-x did not exist\n");
    assert!(bench.fixture.lun("volume-a").is_object());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_in_doubt_has_a_code_of_its_own() {
    let bench = Bench::ready().await;
    let lost = |method| Fault::new(FaultKind::Reset).on(method, "/luns");
    let faults = bench.fixture.appliance.faults();
    faults.push(lost("POST").after_commit());
    faults.push(lost("GET").forever());
    let ran = bench.run(&["volume", "create", "volume-a", "1", "--timeout", "20"]);
    assert_eq!(ran.code % 10, 3, "{ran:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_and_an_appliance_that_is_not_there_differ() {
    let bench = Bench::ready().await;
    let wrong = bench.home.path().join("password");
    std::fs::write(&wrong, "CANARY-wrong\n").unwrap();
    let ran = bench.run(&["stats", "--password-file", wrong.to_str().unwrap()]);
    assert_eq!(ran.code, 30, "{ran:?}");
    assert!(
        first(&ran).starts_with("zfssa: UNAUTHENTICATED: "),
        "{ran:?}"
    );
    let ran = bench.run(&["stats", "--set", "san_api_port=1"]);
    assert_eq!(ran.code, 20, "{ran:?}");
    assert!(first(&ran).starts_with("zfssa: CONNECT: "), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_configuration_names_the_option_and_sends_nothing() {
    let bench = Bench::ready().await;
    bench.fixture.appliance.clear_trace();
    for (arguments, words) in [
        (
            &["stats", "--set", "zfssa_lun_compression=best"][..],
            "zfssa_lun_compression = best",
        ),
        (
            &["stats", "--set", "zfssa_lun_compression"],
            "--set has no `=`",
        ),
        (&["stats", "--profile", "none"], "none.toml"),
        (
            &["stats", "--profile", "../default"],
            "--profile is ../default",
        ),
        (&["stats", "--cinder-conf", "/x"], "--section"),
        (&["stats", "--config", "/no/such.toml"], "/no/such.toml"),
        (&["options", "nothing"], "no option has nothing in its name"),
        (&["volume", "create", "a", "0"], "0"),
        (&["volume", "delete", "a"], "give --yes"),
    ] {
        let ran = bench.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(words), "{arguments:?}: {ran:?}");
    }
    assert!(bench.fixture.appliance.trace().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_taken_from_an_argument() {
    let bench = Bench::ready().await;
    for option in [
        "san_password",
        "zfssa_target_password",
        "zfssa_initiator_config",
    ] {
        let set = format!("{option}=CANARY-argument");
        let output = bench.command(&["stats", "--set", &set]).output().unwrap();
        let ran = Ran::of(&["stats", "--set", option], output);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(first(&ran).starts_with(&format!("zfssa: --set {option} is a secret")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_is_read_from_cinders_file_and_the_password_from_the_environment() {
    let bench = Bench::ready().await;
    let options = support::options_at(bench.fixture.appliance.port(), bench.fixture.ca.path());
    let mut section = "[zfssa]\n".to_owned();
    for (name, value) in options {
        if name != "san_password" {
            section += &format!("{name} = {}\n", value.replace('\n', " "));
        }
    }
    let file = bench.home.path().join("cinder.conf");
    std::fs::write(&file, section).unwrap();
    let file = file.to_str().unwrap();
    let arguments = [
        "stats",
        "--cinder-conf",
        file,
        "--section",
        "zfssa",
        "--output",
        "json",
    ];
    let ran = bench.run(&arguments);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(first(&ran).contains("ZFSSA_PASSWORD"), "{ran:?}");
    let output = bench
        .command(&arguments)
        .env("ZFSSA_PASSWORD", support::PASSWORD)
        .output()
        .unwrap();
    let ran = Ran::of(&arguments, output);
    assert_eq!(ran.code, 0, "{ran:?}");
    let stats: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(stats["location_info"].as_str().unwrap().contains(PROJECT));
}

/// The failure on the last line of standard error, as a program reads it.
fn json_error(ran: &Ran) -> serde_json::Value {
    let line = ran.stderr.lines().last().unwrap_or_default();
    let error: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(error["error"]["exit_code"], ran.code, "{ran:?}");
    error["error"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_reads_a_failure_as_json() {
    let bench = Bench::ready().await;
    bench.done(&["volume", "create", "volume-a", "1"]);
    bench.done(&["snapshot", "create", "volume-a", "snapshot-1"]);
    for format in ["json", "yaml"] {
        let delete = ["volume", "delete", "--yes", "volume-a", "--output", format];
        let ran = bench.run(&delete);
        let error = json_error(&ran);
        assert_eq!(error["status"], "VOLUME_BUSY");
        assert_eq!(error["outcome"], "NONE");
        assert!(error["message"].as_str().unwrap().contains("snapshot-1"));
        assert_eq!(error["left"], serde_json::json!([]));
        assert_eq!((ran.code, &*ran.stdout), (40, ""));
    }
    let ran = bench.run(&["stats", "--output", "json", "--profile", "none"]);
    let error = json_error(&ran);
    assert_eq!(error["status"], serde_json::Value::Null);
    assert_eq!(error["outcome"], serde_json::Value::Null);
    assert!(error["message"].as_str().unwrap().contains("none.toml"));
}
