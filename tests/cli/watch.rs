//! The view of a log: counts, rotation, and the picture on a terminal.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use support::until;
use zfssa_appliance::{Fault, FaultKind};

use crate::bench::{Bench, Ran};
use crate::terminal::Terminal;
use crate::terminal_session::seen;

/// Records as the CSI driver writes them: Go's JSON handler, with the attributes of the binding.
const OF_GO: &str = r#"{"time":"2026-03-04T05:06:07.123456789+01:00","level":"DEBUG","msg":"answered","operation":"create_volume","resource":"pvc-1","operation_id":"op-1","target":"zfssa::rest","attempt":1,"id":"op-1","milliseconds":20,"request":"POST storage/pools/p/projects/c/luns","status":201}
{"time":"2026-03-04T05:06:09.1+01:00","level":"DEBUG","msg":"answered","operation":"create_volume","resource":"pvc-2","operation_id":"op-2","target":"zfssa::rest","attempt":1,"id":"op-2","milliseconds":40,"request":"POST storage/pools/p/projects/c/luns","status":503}
{"time":"2026-03-04T05:06:09.2+01:00","level":"WARN","msg":"repeated","operation":"create_volume","resource":"pvc-2","operation_id":"op-2","target":"zfssa::rest","attempt":1,"error":"busy (BUSY, outcome REJECTED)","wait":10}
{"time":"2026-03-04T05:06:10+01:00","level":"INFO","msg":"call","method":"CreateVolume","code":"OK","took":1000000}
{"time":"2026-03-04T05:06:11+01:00","level":"INFO","msg":"done","operation":"create_volume","resource":"pvc-1","operation_id":"op-1","target":"zfssa::driver::operation","requests":3}
"#;

/// Runs the command on a log in standard input; its result as JSON.
fn summed_up(bench: &Bench, log: &str) -> Value {
    let words = ["watch", "--output", "json"];
    let mut command = bench.command(&words);
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(log.as_bytes()).unwrap();
    drop(input);
    let ran = Ran::of(&words, child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_go_is_summed_up() {
    let bench = Bench::raw().await;
    let summary = summed_up(&bench, &format!("panic: not JSON\n\n{OF_GO}"));
    assert_eq!(
        summary,
        json!({
            "lines": 6, "skipped": 2,
            "first": "2026-03-04T05:06:07.123456789+01:00",
            "last": "2026-03-04T05:06:11+01:00",
            "operations": [
                {"operation": "create_volume", "under_way": 1, "done": 1, "failed": []},
            ],
            "requests": [{
                "request": "POST luns", "count": 2, "unanswered": 0, "per_second": 0.5,
                "mean_ms": 30.0, "longest_ms": 40,
            }],
            "limits": {"busy": 1, "not_repeated": 0},
            "retries": 1,
            "faults": [{"fault": "503", "count": 1}],
            "last_errors": [],
        })
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_the_command_is_summed_up() {
    let bench = Bench::ready().await;
    let lost = Fault::new(FaultKind::ReplyLost).on("GET", "/luns/volume-b$");
    bench.fixture.appliance.faults().push(lost);
    let mut log = String::new();
    for (words, code) in [
        (["volume", "create", "volume-a", "1"], 0),
        (["volume", "create", "volume-b", "1"], 0),
        (["volume", "show", "volume-c", "--yes"], 40),
        (["volume", "show", "volume-b", "--yes"], 0),
    ] {
        let words = [&words[..], &["--verbose", "--output", "json"]].concat();
        let ran = bench.run(&words);
        assert_eq!(ran.code, code, "{ran:?}");
        log += &ran.stderr;
    }
    let summary = summed_up(&bench, &log);
    let operations = &summary["operations"];
    let created = json!({"operation": "create_volume", "under_way": 0, "done": 2, "failed": []});
    assert_eq!(operations[0], created, "{summary:#}");
    let failed = json!([{"status": "VOLUME_NOT_FOUND", "outcome": "NONE", "count": 1}]);
    assert_eq!(operations[1]["failed"], failed, "{summary:#}");
    assert_eq!(operations[1]["done"], 1, "{summary:#}");
    // The failure of the command itself is no record of the engine.
    assert_eq!(summary["skipped"], 1, "{summary:#}");
    assert_eq!(summary["retries"], 1, "{summary:#}");
    let sent = bench.fixture.appliance.trace();
    let counts = summary["requests"].as_array().unwrap();
    let reads = counts
        .iter()
        .find(|one| one["request"] == "GET luns")
        .unwrap();
    let trace = sent
        .iter()
        .filter(|one| one.method == "GET" && one.path.contains("/luns"));
    assert_eq!(reads["count"], trace.count(), "{summary:#}");
    assert_eq!(reads["unanswered"], 1, "{summary:#}");
    let error = &summary["last_errors"][0];
    assert_eq!(error["resource"], "volume-c", "{summary:#}");
}

/// Appends records of ended operations.
fn append(file: &Path, operation: &str, count: usize) {
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)
        .unwrap();
    for id in 0..count {
        let line = json!({
            "time": "2026-03-04T05:06:07Z", "level": "INFO", "msg": "done", "target": "zfssa",
            "operation": operation, "operation_id": id.to_string(), "requests": 1,
        });
        writeln!(file, "{line}").unwrap();
    }
}

/// Waits until a person sees the row of an operation with so many ended calls.
async fn until_seen(terminal: &Terminal, operation: &str, done: usize) {
    let row = [
        operation.to_owned(),
        "0".to_owned(),
        done.to_string(),
        "-".to_owned(),
    ];
    let is_seen = || {
        let screen = seen(&terminal.screen());
        screen
            .lines()
            .any(|line| line.split_whitespace().eq(row.iter().map(String::as_str)))
    };
    assert!(
        until(is_seen).await,
        "{operation} {done}: {}",
        seen(&terminal.screen())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_followed_through_its_rotation_and_drawn_in_place() {
    let bench = Bench::raw().await;
    let file = bench.home.path().join("log");
    append(&file, "first", 1);
    let terminal = Terminal::start(bench.command(&["watch", file.to_str().unwrap()]));
    until_seen(&terminal, "first", 1).await;
    append(&file, "first", 2);
    until_seen(&terminal, "first", 3).await;
    // Renamed, and for a moment there is none.
    std::fs::rename(&file, bench.home.path().join("log.1")).unwrap();
    append(&file, "second", 5);
    until_seen(&terminal, "second", 5).await;
    // Made empty and written again.
    File::create(&file).unwrap();
    append(&file, "third", 1);
    until_seen(&terminal, "third", 1).await;
    let line = br#"{"msg":"failed","target":"zfssa","operation":"fourth","error":"\u001b[2J"}"#;
    let mut log = OpenOptions::new().append(true).open(&file).unwrap();
    log.write_all(&[line, &b"\n"[..]].concat()).unwrap();
    let has_error = || seen(&terminal.screen()).contains("fourth: ?[2J");
    assert!(until(has_error).await, "{}", seen(&terminal.screen()));
    terminal.signal(libc::SIGINT);
    let (code, screen) = terminal.end().await;
    assert_eq!(code, 0, "{screen}");
    let screen = seen(&screen);
    assert_eq!(screen.matches("OPERATION").count(), 1, "{screen}");
    assert!(screen.contains("first"), "{screen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_terminal_the_end_of_a_file_ends_the_view() {
    let bench = Bench::raw().await;
    let file = bench.home.path().join("log");
    append(&file, "echo", 2);
    let said = bench.done(&["watch", file.to_str().unwrap()]);
    assert!(
        said.starts_with("2 lines, 0 of them skipped, from 2026-03-04T05:06:07Z"),
        "{said}"
    );
    let missing = bench.run(&["watch", "/no/such/log"]);
    assert_eq!(missing.code, 1, "{missing:?}");
    let folder = bench.run(&["watch", "/"]);
    assert!(
        folder.stderr.contains("is neither a file nor a pipe"),
        "{folder:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn summaries_of_an_interval_come_while_the_lines_do() {
    let bench = Bench::raw().await;
    let file = bench.home.path().join("log");
    append(&file, "echo", 2);
    let words = [
        "watch",
        file.to_str().unwrap(),
        "--interval",
        "1",
        "--output",
        "json",
    ];
    let printed = bench.home.path().join("printed");
    let mut command = bench.command(&words);
    command.stdout(File::create(&printed).unwrap());
    let mut child = command.spawn().unwrap();
    let has = |count: usize| {
        let text = std::fs::read_to_string(&printed).unwrap();
        let summaries = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
        let counts = summaries
            .map_while(Result::ok)
            .map(|one| one["operations"][0]["done"].clone());
        counts.last() == Some(json!(count))
    };
    assert!(until(|| has(2)).await, "no summary comes");
    append(&file, "echo", 3);
    assert!(until(|| has(5)).await, "the file is not followed");
    // SAFETY: the call takes numbers only, and the child is not waited for yet.
    assert_eq!(unsafe { libc::kill(child.id() as i32, libc::SIGTERM) }, 0);
    assert!(child.wait().unwrap().success());
}
