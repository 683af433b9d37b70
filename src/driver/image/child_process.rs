//! Child process of this process, waited for without a thread.
//!
//! The kernel's descriptor of a process (`pidfd_open`, since Linux 5.3) becomes readable when the
//! process ends, so the runtime waits for it as it does for a socket. If the kernel or a sandbox
//! provides none, the program is polled with pauses.
//!
//! The runtime's own support for processes is not used: for a program that is dropped before its
//! end, and for every program without such a descriptor, it installs a handler for SIGCHLD, and
//! signals belong to the host.

use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe::Receiver;

/// Pause between two polls of a program without a descriptor.
const PAUSE: Duration = Duration::from_millis(50);

/// Number of bytes of standard error that are kept: the last ones.
const WORDS: usize = 4 << 10;

/// A program that was started. Dropping it kills the program, and its process is reaped.
pub(in crate::driver) struct Running {
    process: Option<Process>,
    stdout: Receiver,
    stderr: Receiver,
}

/// Result of a program that ended.
pub(in crate::driver) struct Ended {
    pub(in crate::driver) status: ExitStatus,
    /// Its standard output, up to the given limit.
    pub(in crate::driver) output: Tail,
    /// The end of its standard error.
    pub(in crate::driver) words: Tail,
}

impl Running {
    /// Starts a program in the calling task's runtime. `input` is its whole standard input and must
    /// fit into a pipe's buffer of 4 KiB, since no task waits for the program to read it.
    pub(in crate::driver) fn start(
        command: &mut Command,
        input: Option<&str>,
    ) -> io::Result<Running> {
        let stdin = match input {
            Some(_) => Stdio::piped(),
            None => Stdio::null(),
        };
        let child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        // From here on it is killed and reaped, whatever fails.
        let mut process = Process::of(child);
        let missing = || io::Error::other("it has no pipe");
        let stdin = process.child.stdin.take();
        let stdout = process.child.stdout.take().ok_or_else(missing)?;
        let stderr = process.child.stderr.take().ok_or_else(missing)?;
        let running = Running {
            process: Some(process),
            stdout: Receiver::from_owned_fd(OwnedFd::from(stdout))?,
            stderr: Receiver::from_owned_fd(OwnedFd::from(stderr))?,
        };
        if let (Some(input), Some(mut stdin)) = (input, stdin) {
            stdin.write_all(input.as_bytes())?;
        }
        Ok(running)
    }

    /// Waits for its end, and reads both of its outputs meanwhile: otherwise it would stop when a
    /// pipe is full. `heard` receives the standard output as it arrives, and its last `most` bytes
    /// are kept.
    pub(in crate::driver) async fn end(
        mut self,
        most: usize,
        mut heard: impl FnMut(&Tail),
    ) -> io::Result<Ended> {
        let (mut output, mut words) = (Tail::new(most), Tail::new(WORDS));
        let Some(process) = &mut self.process else {
            return Err(io::Error::other("it has ended"));
        };
        let listen = follow(&self.stdout, |bytes| {
            output.add(bytes);
            heard(&output);
        });
        let complain = follow(&self.stderr, |bytes| words.add(bytes));
        let ((), (), status) = tokio::try_join!(listen, complain, process.ended())?;
        Ok(Ended {
            status,
            output,
            words,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        if process.kill()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            // A task that is dropped with its runtime waits in the drop of the process.
            runtime.spawn(async move { process.ended().await });
        }
    }
}

/// A child process, reaped when this is dropped.
struct Process {
    child: Child,
    /// The kernel's descriptor, which becomes readable when the process ends.
    end: Option<AsyncFd<OwnedFd>>,
}

impl Process {
    fn of(child: Child) -> Process {
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let end = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        #[allow(
            deprecated,
            reason = "unsound for a descriptor that is closed while it is registered; this one is \
                      owned by what registers it"
        )]
        let end = end.and_then(|end| AsyncFd::with_interest(end, Interest::READABLE).ok());
        Process { child, end }
    }

    /// Kills it, unless it has ended. True if it has to be reaped.
    fn kill(&mut self) -> bool {
        // An error: a host that waits for every child has reaped it already.
        if !matches!(self.child.try_wait(), Ok(None)) {
            return false;
        }
        let _ = match &self.end {
            // Never hits another process that got its number.
            Some(end) => pidfd_send_signal(end.get_ref(), Signal::KILL).map_err(io::Error::from),
            None => self.child.kill(),
        };
        true
    }

    /// Waits for its end and reaps it.
    async fn ended(&mut self) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            match &self.end {
                Some(end) => {
                    let mut readable = end.readable().await?;
                    if let Some(status) = self.child.try_wait()? {
                        return Ok(status);
                    }
                    readable.clear_ready();
                }
                None => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A program that was reaped is left alone. Any other is being killed: without a runtime,
        // this waits a moment, so that no zombie is left.
        self.kill();
        let _ = self.child.wait();
    }
}

/// The last bytes of a program's output.
pub(in crate::driver) struct Tail {
    bytes: Vec<u8>,
    most: usize,
    /// Whether there was more before them.
    pub(in crate::driver) cut: bool,
}

impl Tail {
    fn new(most: usize) -> Tail {
        Tail {
            bytes: Vec::new(),
            most,
            cut: false,
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        let over = self.bytes.len().saturating_sub(self.most);
        self.cut |= over > 0;
        self.bytes.drain(..over);
    }

    /// As text; invalid UTF-8 is replaced.
    pub(in crate::driver) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

/// Reads a pipe to its end.
async fn follow(pipe: &Receiver, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        pipe.readable().await?;
        match pipe.try_read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => take(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        // A program that never pauses must not keep the thread from other operations.
        tokio::task::consume_budget().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Time for what must happen soon.
    const SOON: Duration = Duration::from_secs(30);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn start(script: &str, input: Option<&str>) -> Running {
        Running::start(&mut shell(script), input).unwrap()
    }

    #[tokio::test]
    async fn both_outputs_are_read_and_the_last_of_them_is_kept() {
        // More than any pipe holds, on both, and one after the other.
        let script = "head -c 3000000 /dev/zero >&2; echo words >&2; \
                      head -c 3000000 /dev/zero; cat; exit 3";
        let ended = start(script, Some("input")).end(10, |_| {});
        let ended = tokio::time::timeout(SOON, ended).await;
        let ended = ended.expect("the program hangs").unwrap();
        assert_eq!(ended.status.code(), Some(3));
        assert_eq!(ended.output.text(), "\0\0\0\0\0input");
        assert!(ended.output.cut && ended.words.cut);
        assert_eq!(ended.words.bytes.len(), WORDS);
        assert!(ended.words.text().ends_with("\0words\n"));
    }

    /// With the kernel's descriptor, and without it.
    #[tokio::test]
    async fn the_end_is_seen_either_way() {
        for descriptor in [true, false] {
            let mut running = start("cat; exit 5", Some("x"));
            let process = running.process.as_mut().unwrap();
            assert!(process.end.is_some(), "this kernel is too old for the test");
            if !descriptor {
                process.end = None;
            }
            let ended = running.end(10, |_| {}).await.unwrap();
            assert_eq!(ended.status.code(), Some(5));
            assert!(!ended.output.cut);
        }
    }

    #[test]
    fn what_is_dropped_is_killed_and_reaped_with_a_runtime_and_after_it() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let there = |pid: u32| std::path::Path::new(&format!("/proc/{pid}")).exists();
        let pid = runtime.block_on(async {
            let running = start("exec sleep infinity", None);
            let pid = running.process.as_ref().unwrap().child.id();
            assert!(there(pid));
            drop(running);
            let gone = async {
                while there(pid) {
                    tokio::task::yield_now().await;
                }
            };
            let gone = tokio::time::timeout(SOON, gone).await;
            gone.expect("the program is there");
            let running = start("exec sleep infinity", None);
            let pid = running.process.as_ref().unwrap().child.id();
            // Ends with the runtime, before it was waited for.
            tokio::spawn(async move {
                let _running = running;
                std::future::pending::<()>().await;
            });
            pid
        });
        drop(runtime);
        assert!(!there(pid));
    }
}
