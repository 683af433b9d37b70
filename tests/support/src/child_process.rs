//! Child process that a test can kill, stop and continue.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};

use crate::until_blocking;

/// A child process. It is killed when this is dropped, and at the latest when the thread that
/// started it ends.
pub struct ChildProcess(Child);

impl ChildProcess {
    /// Starts a program.
    pub fn start(command: &mut Command) -> std::io::Result<ChildProcess> {
        // SAFETY: prctl() is a system call, which a forked child may make.
        unsafe {
            command.pre_exec(|| {
                match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong) {
                    0 => Ok(()),
                    _ => Err(std::io::Error::last_os_error()),
                }
            });
        }
        command.spawn().map(ChildProcess)
    }

    /// Whether it runs. A stopped process does.
    pub fn runs(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Stops it with SIGSTOP: its connections stay, and it answers nothing.
    pub fn stop(&self) {
        self.signal(libc::SIGSTOP);
        assert!(until_blocking(|| self.state() == Some('T')), "it stops");
    }

    /// Continues a stopped process.
    pub fn go_on(&self) {
        self.signal(libc::SIGCONT);
    }

    fn signal(&self, signal: libc::c_int) {
        // SAFETY: kill() takes numbers only, and the child was not waited for.
        let sent = unsafe { libc::kill(self.0.id() as libc::pid_t, signal) };
        assert_eq!(sent, 0, "{}", std::io::Error::last_os_error());
    }

    /// The state of the process, as `/proc` has it: after the command in parentheses.
    fn state(&self) -> Option<char> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).ok()?;
        stat.rsplit_once(") ")?.1.chars().next()
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        self.kill();
    }
}
