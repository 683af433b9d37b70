//! Questions, and colour, on a pseudo-terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::FromRawFd as _;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};

use support::{PASSWORD, until};

use crate::bench::Bench;
use crate::terminal_session::COLUMNS;

/// A command on a terminal.
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<String>>,
    /// Ends when the command's end of the terminal is closed and everything was read.
    reader: std::thread::JoinHandle<()>,
    /// Bytes of the screen before the last answer.
    seen: usize,
}

/// The two ends of a new pseudo-terminal: that of the test and that of the command.
fn pseudo_terminal() -> (File, File) {
    let (mut ours, mut theirs) = (-1, -1);
    let (name, modes) = (std::ptr::null_mut(), std::ptr::null());
    let size = libc::winsize {
        ws_row: 50,
        ws_col: COLUMNS,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: both descriptors are written to live integers; the size is read;
    // the other pointers may be null.
    let opened = unsafe { libc::openpty(&mut ours, &mut theirs, name, modes, &size) };
    assert_eq!(opened, 0, "{}", std::io::Error::last_os_error());
    // SAFETY: the call has just opened both, and nothing else owns them.
    unsafe { (File::from_raw_fd(ours), File::from_raw_fd(theirs)) }
}

impl Terminal {
    pub fn start(mut command: Command) -> Terminal {
        let (ours, theirs) = pseudo_terminal();
        command
            .env("TERM", "xterm-256color")
            .stdin(theirs.try_clone().unwrap())
            .stdout(theirs.try_clone().unwrap())
            .stderr(theirs);
        let child = command.spawn().unwrap();
        // The command's end closes with the child, and with it the reader below ends.
        drop(command);
        let screen = Arc::new(Mutex::new(String::new()));
        let (mut reader, writes) = (ours.try_clone().unwrap(), screen.clone());
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..length]);
                writes.lock().unwrap().push_str(&text);
            }
        });
        Terminal {
            child,
            keyboard: ours,
            screen,
            reader,
            seen: 0,
        }
    }

    pub fn screen(&self) -> String {
        self.screen.lock().unwrap().clone()
    }

    /// Waits for a question that came after the last answer, and types the answer.
    pub async fn answer(&mut self, question: &str, keys: &str) {
        let asked = until(|| self.screen()[self.seen..].contains(question)).await;
        assert!(asked, "no question {question}: {}", self.screen());
        self.seen = self.screen().len();
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Sends the command a signal.
    pub fn signal(&self, signal: libc::c_int) {
        // SAFETY: the call takes numbers only, and the child is not waited for yet.
        assert_eq!(unsafe { libc::kill(self.child.id() as i32, signal) }, 0);
    }

    /// Waits for the end of the command; its exit code and the whole screen, free of secrets.
    pub async fn end(mut self) -> (i32, String) {
        let mut status = None;
        let ended = until(|| {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        assert!(ended.await, "it goes on: {}", self.screen());
        let screen = self.screen.clone();
        self.reader.join().unwrap();
        let screen = screen.lock().unwrap().clone();
        assert!(!screen.contains("CANARY"), "a secret is on the screen");
        println!("{screen}");
        (status.unwrap().code().unwrap(), screen)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn init_asks_for_the_answers_and_shows_the_fingerprint() {
    let bench = Bench::raw().await;
    let port = bench.fixture.appliance.port().to_string();
    let arguments = ["init", "--profile", "new", "--san-api-port", &port];
    let mut terminal = Terminal::start(bench.command(&arguments));
    terminal
        .answer("Address of the appliance", "127.0.0.1\r")
        .await;
    terminal.answer("console show the same?", "y").await;
    terminal.answer("User", "root\r").await;
    terminal.answer("Password", &format!("{PASSWORD}\n")).await;
    terminal.answer("Pool", "pool-0\r").await;
    terminal.answer("Project", "\r").await;
    terminal.answer("Portals", "127.0.0.1:3260\r").await;
    terminal.answer("Network interfaces", "ixgbe0\r").await;
    terminal.answer("Initiator group", "\r").await;
    let (code, screen) = terminal.end().await;
    assert_eq!(code, 0, "{screen}");
    let fingerprint = bench.fixture.appliance.certificate_sha256();
    assert!(screen.contains(&fingerprint), "{screen}");
    bench.done(&["setup", "--profile", "new"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fingerprint_that_differs_ends_init() {
    let bench = Bench::raw().await;
    let port = bench.fixture.appliance.port().to_string();
    let host = "127.0.0.1";
    let arguments = [
        "init",
        "--profile",
        "new",
        "--san-ip",
        host,
        "--san-api-port",
        &port,
    ];
    let mut terminal = Terminal::start(bench.command(&arguments));
    terminal.answer("console show the same?", "n").await;
    let (code, screen) = terminal.end().await;
    assert_eq!(code, 1, "{screen}");
    assert!(!bench.profile("new").exists());
    assert!(bench.fixture.appliance.trace().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_is_asked_for() {
    let bench = Bench::ready().await;
    bench.done(&["volume", "create", "volume-a", "1"]);
    for (key, code, is_left) in [("n", 1, true), ("y", 0, false)] {
        let mut terminal = Terminal::start(bench.command(&["volume", "delete", "volume-a"]));
        terminal.answer("Delete volume-a with all data?", key).await;
        let (ended, screen) = terminal.end().await;
        assert_eq!(ended, code, "{screen}");
        assert_eq!(bench.fixture.lun("volume-a").is_object(), is_left);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audit_asks_for_each_kind() {
    let bench = Bench::ready().await;
    for volume in ["volume-a", "volume-b"] {
        bench.done(&["volume", "create", volume, "1"]);
    }
    bench.done(&["snapshot", "create", "volume-a", "tmp-snapshot-left"]);
    let list = bench.home.path().join("volumes");
    std::fs::write(&list, "volume-a\n").unwrap();
    let fix = [
        "audit",
        "--min-age",
        "0",
        "--fix",
        "--fix-volumes",
        "--volumes",
    ];
    let arguments = [&fix[..], &[list.to_str().unwrap()]].concat();
    let mut terminal = Terminal::start(bench.command(&arguments));
    terminal
        .answer("Delete temporary_snapshot volume-a@tmp-snapshot-left?", "y")
        .await;
    terminal
        .answer("Delete volume volume-b with all data?", "n")
        .await;
    let (code, screen) = terminal.end().await;
    assert_eq!(code, 0, "{screen}");
    assert!(bench.fixture.snapshots_of("volume-a").is_empty());
    assert!(bench.fixture.lun("volume-b").is_object());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn colour_is_for_terminals() {
    let bench = Bench::raw().await;
    const ESCAPE: char = '\u{1b}';
    let help = bench.done(&["--help"]);
    assert!(!help.contains(ESCAPE), "{help}");
    let (_, screen) = Terminal::start(bench.command(&["--help"])).end().await;
    assert!(screen.contains(ESCAPE), "{screen}");
    let mut plain = bench.command(&["--help"]);
    plain.env("NO_COLOR", "1");
    let (_, screen) = Terminal::start(plain).end().await;
    assert!(!screen.contains(ESCAPE), "{screen}");
}
