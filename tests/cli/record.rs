//! Recordings of the command, and the trace of the repository, which is made here.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use support::recorded::{TRACE, driver_at, life_of_a_volume};
use support::{PASSWORD, repository};
use zfssa_appliance::{Fault, FaultKind, Replay, ReplayOptions, TlsOptions};

use crate::bench::Bench;
use crate::shape::shape;

/// The word in every secret of the tests, plain and in the three forms of base64.
const SECRETS: &[&str] = &["CANARY", "Q0FOQVJZ", "NBTkFSW", "DQU5BUl"];

/// A trace, which holds no secret and is read by its owner alone.
fn read(file: &Path) -> Vec<Value> {
    let mode = std::fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner reads a trace");
    read_text(&std::fs::read_to_string(file).unwrap())
}

fn read_text(text: &str) -> Vec<Value> {
    for secret in SECRETS {
        assert!(!text.contains(secret), "the trace holds a secret");
    }
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Records the life of a volume with a driver of this process; the text of the trace.
async fn recorded_life(bench: &Bench, file: &Path) -> String {
    let words = ["record", file.to_str().unwrap(), "--output", "json"];
    let mut child = bench.start(&words);
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    while !text.ends_with("}\n") {
        assert_ne!(output.read_line(&mut text).unwrap(), 0, "{text}");
    }
    let listening: Value = serde_json::from_str(&text).unwrap();
    let port = listening["san_api_port"].as_u64().unwrap();
    let address = SocketAddr::new([127, 0, 0, 1].into(), u16::try_from(port).unwrap());
    let sha256 = listening["zfssa_tls_pins"].as_str().unwrap();
    let driver = driver_at(address, sha256, PASSWORD);
    life_of_a_volume(&driver).await.unwrap();
    // SAFETY: the call takes numbers only, and the child is not waited for yet.
    assert_eq!(unsafe { libc::kill(child.id() as i32, libc::SIGTERM) }, 0);
    let mut said = String::new();
    let mut errors = child.stderr.take().unwrap();
    errors.read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    let trace = read(file);
    let count = trace.len() - 1;
    assert!(
        said.contains(&format!("wrote {count} exchanges to ")),
        "{said}"
    );
    assert_eq!(
        count,
        bench.fixture.appliance.trace().len(),
        "each request is recorded"
    );
    std::fs::read_to_string(file).unwrap()
}

/// The exchanges of a trace in an order of their own, without what differs from run to run.
fn exchanges(text: &str) -> Vec<String> {
    let mut shown: Vec<String> = Vec::new();
    for exchange in &read_text(text)[1..] {
        let answer = &exchange["answer"];
        let one = serde_json::json!([
            exchange["method"],
            exchange["target"],
            exchange["request"],
            answer["status"],
            shape(&answer["body"]),
        ]);
        shown.push(without_ids(&one.to_string()));
    }
    // The placeholders are numbered as the requests arrive, of which some are sent at once.
    shown.sort_by_cached_key(|one| with_placeholders(one, |kind, _| format!("{kind}-N")));
    let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut renumbered = |kind: &str, number: &str| {
        let numbers = given.entry(kind.to_owned()).or_default();
        let at = numbers.iter().position(|known| known == number);
        let at = at.unwrap_or_else(|| {
            numbers.push(number.to_owned());
            numbers.len() - 1
        });
        format!("{kind}-{}", at + 1)
    };
    let shown = shown.iter();
    shown
        .map(|one| with_placeholders(one, &mut renumbered))
        .collect()
}

/// The text with the kind and number of each placeholder replaced.
fn with_placeholders(text: &str, mut named: impl FnMut(&str, &str) -> String) -> String {
    let mut parts = text.split("MASKED-");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let (name, rest) = part.split_at(end.unwrap_or(part.len()));
        let (kind, number) = name.rsplit_once('-').expect("a placeholder has a number");
        shown += &format!("MASKED-{}{rest}", named(kind, number));
    }
    shown
}

/// The text with each run of hexadecimal digits and dashes replaced that is as long as a UUID.
fn without_ids(text: &str) -> String {
    let is_id = |c: char| c.is_ascii_hexdigit() || c == '-';
    let mut shown = String::new();
    let mut rest = text;
    while let Some(begin) = rest.find(is_id) {
        shown += &rest[..begin];
        let end = rest[begin..]
            .find(|c| !is_id(c))
            .map_or(rest.len(), |end| begin + end);
        shown += match end - begin {
            36.. => "ID",
            _ => &rest[begin..end],
        };
        rest = &rest[end..];
    }
    shown + rest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trace_of_the_repository_is_that_of_today() {
    let bench = Bench::raw().await;
    let now = recorded_life(&bench, &bench.home.path().join("trace")).await;
    if std::env::var_os("ZFSSA_BLESS").is_some() {
        std::fs::write(repository(TRACE), &now).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(repository(TRACE)).unwrap();
    let stale = "is stale: ZFSSA_BLESS=1 writes it";
    assert_eq!(exchanges(&kept), exchanges(&now), "{TRACE} {stale}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_is_recorded_and_played_back() {
    let bench = Bench::ready().await;
    let file = bench.home.path().join("trace");
    let name = file.to_str().unwrap();
    let words = ["record", name, "--", "volume", "create", "volume-a", "1"];
    let said = bench.done(&words);
    assert!(said.starts_with("created volume volume-a"), "{said}");
    assert!(bench.fixture.lun("volume-a").is_object());
    let trace = read(&file);
    let create =
        |line: &&Value| line["method"] == "POST" && line["answer"]["body"]["lun"].is_object();
    assert_eq!(trace.iter().filter(create).count(), 1, "{trace:?}");
    let asn = bench.fixture.appliance.asn().to_owned();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        !text.contains(&asn),
        "the serial number identifies the site"
    );
    assert!(!text.contains("appliance-0"), "so does the host name");

    let replay = Replay::start(ReplayOptions {
        trace: file.clone(),
        listen: "127.0.0.1:0".parse().unwrap(),
        tls: TlsOptions::default(),
    });
    let replay = replay.await.unwrap();
    let through = format!("{}={}", replay.address(), replay.certificate_sha256());
    let words = ["--through", &through, "volume", "create", "volume-a", "1"];
    assert_eq!(bench.done(&words), said);
    let report = replay.stop().await;
    assert_eq!(report.not_in_trace, [""; 0]);
    assert_eq!(report.not_asked_for, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_command_has_its_own_exit_code_and_an_answer_that_is_lost_is_recorded() {
    let bench = Bench::ready().await;
    let lost = Fault::new(FaultKind::ReplyLost).on("GET", "/luns/volume-a$");
    bench.fixture.appliance.faults().push(lost);
    let file = bench.home.path().join("trace");
    let name = file.to_str().unwrap();
    let ran = bench.run(&["record", name, "--", "volume", "show", "volume-a"]);
    assert_eq!(ran.code, 40, "{ran:?}");
    assert!(ran.stderr.contains("VOLUME_NOT_FOUND"), "{ran:?}");
    let trace = read(&file);
    let failures: Vec<&Value> = trace
        .iter()
        .filter(|line| line["failure"].is_string())
        .collect();
    assert_eq!(failures.len(), 1, "{trace:?}");
    assert_eq!(failures[0]["failure"], "lost");
    assert_eq!(failures[0]["answer"], Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_certificate_of_the_appliance_gets_no_request() {
    let bench = Bench::ready().await;
    bench.fixture.appliance.clear_trace();
    bench.fixture.appliance.rotate_certificate().unwrap();
    let file = bench.home.path().join("trace");
    let name = file.to_str().unwrap();
    let words = [
        "record",
        name,
        "--timeout",
        "5",
        "--",
        "stats",
        "--timeout",
        "5",
    ];
    let ran = bench.run(&words);
    assert_eq!(ran.code / 10, 2, "{ran:?}");
    assert!(bench.fixture.appliance.trace().is_empty());
    let trace = read(&file);
    assert!(trace.len() > 1, "{trace:?}");
    for exchange in &trace[1..] {
        assert_eq!(exchange["failure"], "connection", "{trace:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_host_reaches_the_proxy_and_no_file_is_replaced() {
    let bench = Bench::raw().await;
    let file = bench.home.path().join("trace");
    std::fs::write(&file, "kept").unwrap();
    let name = file.to_str().unwrap();
    let ran = bench.run(&["record", name, "--", "check"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept");
    for address in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        let ran = bench.run(&["record", "other", "--listen", address]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.stderr.contains("give an address of the loopback"),
            "{ran:?}"
        );
    }
}
