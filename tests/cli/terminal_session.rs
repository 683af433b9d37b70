//! The session on a terminal in docs/command-session.txt, recorded from the command on the
//! simulated appliance.

use support::{HOST_A, PASSWORD, repository};

use crate::bench::Bench;
use crate::session::{fingerprint, without_age, without_target};
use crate::terminal::Terminal;

const PAGE: &str = "docs/command-session.txt";

/// Lines of the recorded screen: more than any command prints.
const LINES: u16 = 2000;
pub const COLUMNS: u16 = 100;

const ABOUT: &str = "\
A session of the command zfssa on a terminal, from the first profile to the audit. A test recorded
it on the simulated appliance: ZFSSA_BLESS=1 cargo test --features cli --test cli terminal_session
writes it. Times, the fingerprint, the port, UUIDs and the name of the target are those of an
example. The middle of the table of verify is left out: docs/command.md has its rows.
";

/// The commands after `init`, each with its question and the key that answers.
const COMMANDS: &[(&str, Option<(&str, &str)>)] = &[
    ("setup", None),
    ("check", None),
    ("verify", None),
    ("volume create db-1 10", None),
    ("snapshot create db-1 monday", None),
    ("snapshot clone db-1 monday db-2", None),
    ("volume attach db-1 --initiator HOST", None),
    ("volume ls", None),
    (
        "volume delete db-1",
        Some(("Delete db-1 with all data?", "y")),
    ),
    ("volume detach db-1 --initiator HOST --still-attached", None),
    ("audit --min-age 0", None),
    (
        "volume delete db-2",
        Some(("Delete db-2 with all data?", "y")),
    ),
    (
        "snapshot delete db-1 monday",
        Some(("Delete snapshot monday of volume db-1?", "y")),
    ),
    (
        "volume delete db-1",
        Some(("Delete db-1 with all data?", "y")),
    ),
    ("volume ls", None),
];

/// The lines of `verify` that are kept at its begin and at its end. The rows between have times.
const KEPT_OF_VERIFY: [usize; 2] = [10, 5];

/// What a person sees in the end: lines that were overwritten or erased are not there.
pub fn seen(screen: &str) -> String {
    let size = |number| std::num::NonZero::new(number).unwrap();
    let mut parser = vt100::Parser::new(size(LINES), size(COLUMNS), 0);
    parser.process(screen.as_bytes());
    let text = parser.screen().contents();
    text.trim_end().to_owned()
}

/// The text without the rows in its middle.
fn shortened(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let [begin, end] = KEPT_OF_VERIFY;
    let parts = [&lines[..begin], &[" …"], &lines[lines.len() - end..]];
    parts.concat().join("\n")
}

/// The text with each random UUID replaced.
fn without_uuid(text: &str) -> String {
    const PREFIX: &str = "zfssa-verify-";
    const UUID: &str = "3f2b8c5e-1d4a-4e6f-9a7b-5c0d2e8f1a36";
    let mut parts = text.split(PREFIX);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shown += PREFIX;
        shown += UUID;
        shown += part.get(UUID.len()..).unwrap_or_default();
    }
    shown
}

async fn recorded(bench: &Bench, arguments: &str, answers: &[(&str, &str)]) -> String {
    let words: Vec<&str> = arguments.split(' ').collect();
    let mut terminal = Terminal::start(bench.command(&words));
    for (question, keys) in answers {
        terminal.answer(question, keys).await;
    }
    let (code, screen) = terminal.end().await;
    let mut shown = seen(&screen);
    if arguments == "verify" {
        shown = shortened(&shown);
    }
    let mut text = format!("$ zfssa {arguments}\n{shown}\n");
    if code != 0 {
        text += &format!("$ echo $?\n{code}\n");
    }
    let port = bench.fixture.appliance.port().to_string();
    let home = bench.home.path().to_str().unwrap();
    let shown = bench.fixture.appliance.certificate_sha256();
    let text = text.replace(home, "/home/operator");
    let text = text.replace(&shown, &fingerprint()).replace(&port, "215");
    let text = without_uuid(&without_target(&text));
    let lines: Vec<String> = text.lines().map(without_age).collect();
    lines.join("\n") + "\n"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_session_of_the_file_is_that_of_today() {
    let bench = Bench::raw().await;
    std::fs::remove_file(bench.profile("default")).unwrap();
    let port = bench.fixture.appliance.port().to_string();
    let password = format!("{PASSWORD}\n");
    let answers = [
        ("Address of the appliance", "127.0.0.1\r"),
        ("console show the same?", "y"),
        ("User", "root\r"),
        ("Password", &password),
        ("Pool", "pool-0\r"),
        ("Project", "\r"),
        ("Portals", "127.0.0.1:3260\r"),
        ("Network interfaces", "ixgbe0\r"),
        ("Initiator group", "\r"),
    ];
    let mut text = recorded(&bench, &format!("init --san-api-port {port}"), &answers).await;
    for (command, answer) in COMMANDS {
        let answers: Vec<(&str, &str)> = answer.iter().copied().collect();
        text += "\n";
        text += &recorded(&bench, &command.replace("HOST", HOST_A), &answers).await;
    }
    let now = format!("{ABOUT}\n{text}");
    if std::env::var_os("ZFSSA_BLESS").is_some() {
        std::fs::write(repository(PAGE), &now).unwrap();
        return;
    }
    let page = std::fs::read_to_string(repository(PAGE)).unwrap();
    assert_eq!(page, now, "{PAGE} is stale: ZFSSA_BLESS=1 writes it");
}
