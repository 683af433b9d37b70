//! Member of a cluster of etcd: one child process.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::child_process::ChildProcess;

/// One member. Dropping it kills its process.
pub struct Member {
    pub name: String,
    pub client_port: u16,
    pub peer_port: u16,
    /// Its data directory is `NAME.data` there, its log `NAME.log`.
    dir: PathBuf,
    arguments: Vec<String>,
    process: Option<ChildProcess>,
}

impl Member {
    /// A member that is not started.
    pub fn new(name: String, dir: PathBuf, ports: [u16; 2], arguments: Vec<String>) -> Member {
        let [client_port, peer_port] = ports;
        Member {
            name,
            client_port,
            peer_port,
            dir,
            arguments,
            process: None,
        }
    }

    /// Starts its process, also again after it was killed.
    pub fn start(&mut self) {
        assert!(self.process.is_none(), "{} runs", self.name);
        let log = File::options().create(true).append(true).open(self.log());
        let log = log.unwrap();
        let mut command = Command::new("etcd");
        command
            .args(["--name", &self.name, "--data-dir"])
            .arg(self.dir.join(format!("{}.data", self.name)))
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        let process = ChildProcess::start(&mut command);
        self.process = Some(process.expect("etcd, of Debian's package etcd-server"));
    }

    fn log(&self) -> PathBuf {
        self.dir.join(format!("{}.log", self.name))
    }

    /// What its process printed so far.
    pub fn printed(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Whether its process runs.
    pub fn runs(&mut self) -> bool {
        self.process.as_mut().is_some_and(ChildProcess::runs)
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Stops it with SIGSTOP.
    pub fn stop(&self) {
        self.process.as_ref().expect("a process").stop();
    }

    /// Continues a stopped one.
    pub fn go_on(&self) {
        self.process.as_ref().expect("a process").go_on();
    }
}
