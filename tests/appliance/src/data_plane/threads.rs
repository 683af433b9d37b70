//! The threads of another process: are they all asleep?

use std::fs;
use std::io;
use std::time::{Duration, Instant};

/// How long to wait for what usually takes a millisecond, but with a slow disk behind as long as its cache is flushed.
const PATIENCE: Duration = Duration::from_secs(30);

/// The threads of a child that has not been waited for, so that its process id cannot belong to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threads {
    process: u32,
}

impl Threads {
    pub(super) fn of(process: u32) -> Threads {
        Threads { process }
    }

    /// Waits until the process has nothing more to do with what it was sent: every thread sleeps, and slept all the
    /// time between two looks.
    pub(super) fn wait_until_idle(self) -> io::Result<()> {
        self.wait_until(PATIENCE, asleep_since_last_look())
    }

    fn wait_until(
        self,
        patience: Duration,
        mut condition: impl FnMut(&[Thread]) -> bool,
    ) -> io::Result<()> {
        let deadline = Instant::now() + patience;
        loop {
            let threads = self.look()?;
            if condition(&threads) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("tgtd does not come to rest: {threads:?}"),
                ));
            }
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    fn look(self) -> io::Result<Vec<Thread>> {
        let mut threads = Vec::new();
        for entry in fs::read_dir(format!("/proc/{}/task", self.process))? {
            // A thread can end between the listing and the reading.
            if let Ok(status) = fs::read_to_string(entry?.path().join("status")) {
                threads.push(Thread::parse(&status));
            }
        }
        Ok(threads)
    }
}

/// Nobody runs or waits for a disk, and nobody did since the look before.
fn asleep_since_last_look() -> impl FnMut(&[Thread]) -> bool {
    let mut before = Vec::new();
    move |threads| {
        let asleep = threads
            .iter()
            .all(|thread| matches!(thread.state, 'S' | 'Z' | 'X'))
            && before == threads;
        before = threads.to_vec();
        asleep
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Thread {
    id: String,
    state: char,
    /// How often it went to sleep or was interrupted: it moved between two looks if this did.
    switches: Vec<String>,
}

impl Thread {
    fn parse(status: &str) -> Thread {
        let mut thread = Thread {
            id: String::new(),
            state: '?',
            switches: Vec::new(),
        };
        for (name, value) in status.lines().filter_map(|line| line.split_once(':')) {
            match name {
                "Pid" => thread.id = value.trim().to_owned(),
                "State" => thread.state = value.trim().chars().next().unwrap_or('?'),
                "voluntary_ctxt_switches" | "nonvoluntary_ctxt_switches" => {
                    thread.switches.push(value.trim().to_owned());
                }
                _ => {}
            }
        }
        thread
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_busy_process_is_not_idle() {
        let mut busy = Command::new("sh")
            .args(["-c", "while :; do :; done"])
            .spawn()
            .unwrap();
        let threads = Threads::of(busy.id());
        let running = |threads: &[Thread]| threads.iter().any(|thread| thread.state == 'R');
        threads.wait_until(PATIENCE, running).unwrap();
        let error = threads
            .wait_until(Duration::from_millis(50), asleep_since_last_look())
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        busy.kill().unwrap();
        busy.wait().unwrap();
    }

    #[test]
    fn a_process_that_waits_is_idle() {
        let mut cat = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Threads::of(cat.id()).wait_until_idle().unwrap();
        drop(cat.stdin.take());
        let mut rest = String::new();
        cat.stdout
            .take()
            .unwrap()
            .read_to_string(&mut rest)
            .unwrap();
        cat.wait().unwrap();
    }
}
