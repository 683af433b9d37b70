//! The terminal session in docs/command.md, recorded from the command on the simulated appliance.

use support::page::check_part;
use support::{HOST_A, PASSWORD};

use crate::bench::{Bench, Ran};

const PAGE: &str = "docs/command.md";
const BEGIN: &str = "<!-- session -->\n";
const END: &str = "<!-- /session -->\n";

/// The commands of the session after `init`.
const COMMANDS: &[&str] = &[
    "setup",
    "check",
    "stats",
    "volume create db-1 10 --dry-run",
    "volume create db-1 10",
    "snapshot create db-1 monday",
    "snapshot clone db-1 monday db-2",
    "volume ls",
    "snapshot ls db-1",
    "volume attach db-1 --initiator HOST",
    "volume delete db-1 --yes",
    "volume detach db-1 --initiator HOST --still-attached",
    "volume extend db-1 20",
    "volume show db-3",
    "audit --min-age 0",
    "volume delete db-2 --yes",
    "snapshot delete db-1 monday --yes",
    "volume delete db-1 --yes",
    "volume ls",
];

/// A fingerprint for the page: that of a simulated appliance differs from run to run.
pub fn fingerprint() -> String {
    vec!["5E"; 32].join(":")
}

/// The end of a line that is an age in seconds.
pub fn without_age(line: &str) -> String {
    let words: Vec<&str> = line.rsplitn(3, ' ').collect();
    match words.as_slice() {
        ["s", number, rest] if number.parse::<u32>().is_ok() => format!("{rest} 0 s"),
        _ => line.to_owned(),
    }
}

/// The text with the name of the target replaced, which the appliance chooses at random.
pub fn without_target(text: &str) -> String {
    const PREFIX: &str = "iqn.1986-03.com.sun:02:";
    const UUID: &str = "0b7ac3d0-8c3f-4f1e-9d2f-7a1c5e3b9f10";
    let mut parts = text.split(PREFIX);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shown += PREFIX;
        shown += UUID;
        shown += &part[UUID.len()..];
    }
    shown
}

fn recorded(bench: &Bench, arguments: &str, port: &str) -> String {
    let words: Vec<&str> = arguments.split(' ').collect();
    let mut command = bench.command(&words);
    command.env("ZFSSA_PASSWORD", PASSWORD);
    let ran = Ran::of(&words, command.output().unwrap());
    let mut text = format!("$ zfssa {arguments}\n{}{}", ran.stdout, ran.stderr);
    if ran.code != 0 {
        text += &format!("$ echo $?\n{}\n", ran.code);
    }
    let home = bench.home.path().to_str().unwrap();
    let shown = bench.fixture.appliance.certificate_sha256();
    let text = text.replace(home, "/home/operator");
    let text = text.replace(&shown, &fingerprint()).replace(port, "215");
    let text = without_target(&text);
    let lines: Vec<String> = text.lines().map(without_age).collect();
    lines.join("\n") + "\n"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_session_of_the_page_is_that_of_today() {
    let bench = Bench::raw().await;
    std::fs::remove_file(bench.profile("default")).unwrap();
    let port = bench.fixture.appliance.port().to_string();
    let shown = bench.fixture.appliance.certificate_sha256();
    let init = [
        &format!("init --san-ip 127.0.0.1 --san-api-port {port} --san-login root"),
        "--pool pool-0 --project cinder",
        "--target-portal 127.0.0.1:3260 --target-interfaces ixgbe0",
        &format!("--fingerprint {shown}"),
    ]
    .join(" ");
    let mut text = recorded(&bench, &init, &port);
    for command in COMMANDS {
        text += "\n";
        text += &recorded(&bench, &command.replace("HOST", HOST_A), &port);
    }
    check_part(PAGE, BEGIN, END, &format!("```console\n{text}```\n"));
}
