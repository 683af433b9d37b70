//! A host with an initiator name: the tools of `libiscsi` and QEMU.
#![allow(dead_code)]

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};

/// A host that logs in with one initiator name.
#[derive(Clone)]
pub struct Host {
    portal: SocketAddr,
    initiator: String,
    target: String,
    chap: Option<(String, String)>,
    target_chap: Option<(String, String)>,
}

/// What became of a tool's run.
#[must_use]
pub struct Outcome {
    succeeded: bool,
    said: String,
}

impl Outcome {
    pub fn succeeds(&self) {
        assert!(self.succeeded, "{}", self.said);
    }

    pub fn fails(&self) {
        assert!(!self.succeeded, "it should have failed: {}", self.said);
    }

    /// The login fails, for the reason that iSCSI calls `why`.
    pub fn is_refused(&self, why: &str) {
        self.fails();
        assert!(
            self.said.contains("Failed to log in") && self.said.contains(why),
            "{}",
            self.said
        );
    }
}

impl Host {
    /// A host that knows the portal, and no target yet.
    pub fn new(portal: SocketAddr, initiator: &str) -> Host {
        Host {
            portal,
            initiator: initiator.to_owned(),
            target: String::new(),
            chap: None,
            target_chap: None,
        }
    }

    pub fn with_chap(&self, user: &str, secret: &str) -> Host {
        Host {
            chap: Some((user.to_owned(), secret.to_owned())),
            ..self.clone()
        }
    }

    /// The target has to prove itself.
    pub fn expecting(&self, user: &str, secret: &str) -> Host {
        Host {
            target_chap: Some((user.to_owned(), secret.to_owned())),
            ..self.clone()
        }
    }

    pub fn at(&self, target: &str) -> Host {
        Host {
            target: target.to_owned(),
            ..self.clone()
        }
    }

    /// What `iscsi-ls` says without looking for LUNs.
    pub fn discovery(&self) -> String {
        let output = self
            .libiscsi("iscsi-ls", &[])
            .arg(format!("iscsi://{}", self.portal))
            .output()
            .unwrap();
        text(&output)
    }

    /// Every target with its disks: LU number, and size as `iscsi-ls` prints it: mebibytes, one less than there are.
    pub fn disks(&self) -> Vec<(String, Vec<(u32, u64)>)> {
        let output = self
            .libiscsi("iscsi-ls", &["-s"])
            .arg(format!("iscsi://{}", self.portal))
            .output()
            .unwrap();
        let said = text(&output);
        assert!(output.status.success(), "{said}");
        let mut targets = Vec::new();
        for line in said.lines() {
            if let Some(rest) = line.strip_prefix("Target:") {
                targets.push((rest.split(' ').next().unwrap().to_owned(), Vec::new()));
            } else if let Some((number, size)) = line.strip_prefix("Lun:").and_then(disk) {
                targets.last_mut().unwrap().1.push((number, size));
            }
        }
        targets
    }

    /// `iscsi-inq` of an LU: the standard data, or a page of the vital product data.
    pub fn inquiry(&self, lun: u32, page: Option<u8>) -> String {
        let page = page.map(|page| page.to_string());
        let options: Vec<&str> = page
            .iter()
            .flat_map(|page| ["-e", "1", "-c", page])
            .collect();
        let output = self
            .libiscsi("iscsi-inq", &options)
            .arg(self.url(lun))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output));
        text(&output)
    }

    pub fn try_inquiry(&self, lun: u32) -> Output {
        self.libiscsi("iscsi-inq", &[])
            .arg(self.url(lun))
            .output()
            .unwrap()
    }

    /// Runs `qemu-io` with commands, until one fails.
    pub fn io(&self, lun: u32, commands: &[&str]) -> Outcome {
        let mut qemu_io = self.qemu("qemu-io", &[]);
        qemu_io.args(["--image-opts", &self.image(lun)]);
        for command in commands {
            qemu_io.args(["-c", command]);
        }
        outcome(&mut qemu_io)
    }

    pub fn upload(&self, image: &Path, lun: u32) -> Outcome {
        let mut convert = self.qemu("qemu-img", &["convert"]);
        convert
            .args(["-n", "-f", "raw"])
            .arg(image)
            .args(["--target-image-opts", &self.image(lun)]);
        outcome(&mut convert)
    }

    pub fn download(&self, lun: u32, image: &Path) -> Outcome {
        let mut convert = self.qemu("qemu-img", &["convert"]);
        convert
            .args(["-O", "raw", "--image-opts", &self.image(lun)])
            .arg(image);
        outcome(&mut convert)
    }

    /// An open disk that takes one command after another.
    pub fn session(&self, lun: u32) -> Session {
        let mut qemu_io = self.qemu("sh", &["-c", "exec qemu-io \"$@\" 2>&1", "sh"]);
        qemu_io.args(["--image-opts", &self.image(lun)]);
        let mut child = qemu_io
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut session = Session { child, stdin };
        session.prompt();
        session
    }

    /// Writes without end, many commands at once.
    pub fn load(&self, lun: u32) -> Load {
        let mut bench = self.qemu("qemu-img", &["bench"]);
        bench.args([
            "-w",
            "-c",
            "1000000000",
            "-d",
            "64",
            "-s",
            "65536",
            "--image-opts",
            &self.image(lun),
        ]);
        Load(
            bench
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        )
    }

    fn url(&self, lun: u32) -> String {
        format!("iscsi://{}/{}/{lun}", self.portal, self.target)
    }

    fn image(&self, lun: u32) -> String {
        let Host {
            portal,
            target,
            initiator,
            ..
        } = self;
        let chap = self
            .chap
            .as_ref()
            .map(|(user, _)| format!(",user={user},password-secret=chap"))
            .unwrap_or_default();
        format!(
            "driver=iscsi,transport=tcp,portal={portal},target={target},lun={lun},initiator-name={initiator}{chap}"
        )
    }

    fn qemu(&self, program: &str, before: &[&str]) -> Command {
        let mut command = command(program);
        command.args(before);
        if let Some((_, secret)) = &self.chap {
            command.args(["--object", &format!("secret,id=chap,data={secret}")]);
        }
        command
    }

    fn libiscsi(&self, program: &str, options: &[&str]) -> Command {
        let mut command = command(program);
        command.args(["-i", &self.initiator]).args(options);
        for (kind, chap) in [("", &self.chap), ("TARGET_", &self.target_chap)] {
            if let Some((user, secret)) = chap {
                command.env(format!("LIBISCSI_CHAP_{kind}USERNAME"), user);
                command.env(format!("LIBISCSI_CHAP_{kind}PASSWORD"), secret);
            }
        }
        command
    }
}

/// `qemu-io` with an open disk.
pub struct Session {
    child: Child,
    stdin: ChildStdin,
}

impl Session {
    /// Runs a command and gives what it said.
    pub fn run(&mut self, command: &str) -> String {
        writeln!(self.stdin, "{command}").unwrap();
        self.prompt()
    }

    fn prompt(&mut self) -> String {
        let mut said = Vec::new();
        let mut byte = [0];
        while !said.ends_with(b"qemu-io> ") {
            let count = self.child.stdout.as_mut().unwrap().read(&mut byte).unwrap();
            assert_eq!(
                count,
                1,
                "qemu-io ended: {}",
                String::from_utf8_lossy(&said)
            );
            said.push(byte[0]);
        }
        String::from_utf8(said).unwrap()
    }

    pub fn kill(&mut self) {
        terminate(&mut self.child);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A host that writes all the time.
pub struct Load(Child);

impl Load {
    pub fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    /// Waits until it has ended by itself.
    pub fn ended(mut self) -> ExitStatus {
        self.0.wait().unwrap()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        terminate(&mut self.0);
    }
}

/// Ends a tool. `timeout` hands SIGTERM on to the tool it runs, which SIGKILL would leave behind.
fn terminate(child: &mut Child) {
    if let Ok(None) = child.try_wait() {
        // SAFETY: plain numbers. The child has not been waited for, so the number is still its own.
        unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGTERM) };
    }
    let _ = child.wait();
}

/// No tool may hang for ever when something is broken: QEMU goes on trying to log in.
fn command(program: &str) -> Command {
    let mut command = Command::new("timeout");
    command
        .args(["--signal=KILL", "60", program])
        .stdin(Stdio::null());
    command
}

fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().unwrap();
    let said = format!(
        "{command:?}: {}{}",
        text(&output),
        String::from_utf8_lossy(&output.stderr)
    );
    // qemu-io ends with 0 after a wrong pattern.
    Outcome {
        succeeded: output.status.success() && !said.contains("Pattern verification failed"),
        said,
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Number and size of a line such as `7    Type:DIRECT_ACCESS (Size:63M)`.
fn disk(line: &str) -> Option<(u32, u64)> {
    let (number, rest) = line.split_once(' ')?;
    let (_, size) = rest.split_once("DIRECT_ACCESS (Size:")?;
    let (size, unit) = size
        .trim_end()
        .strip_suffix(')')?
        .split_at(size.trim_end().len() - 2);
    Some((
        number.parse().ok()?,
        size.parse::<u64>().ok()? << if unit == "G" { 10 } else { 0 },
    ))
}
