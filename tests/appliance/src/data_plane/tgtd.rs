//! One `tgtd` process: started, told what to serve through `tgtadm`, and killed for certain.
//!
//! Each process serves one target to one initiator, so that masking is a matter of which process a login reaches.
//! All of its files (control socket, lock, log) have relative names in its working directory, the data plane's
//! directory. That keeps the socket's path short and commas out of `tgtd`'s option lists.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::programs::Programs;
use super::threads::Threads;
use crate::storage::Chap;

/// How long a process may take to answer its first question. Usually it is 10 ms.
const START: Duration = Duration::from_secs(20);
/// Every process has one target, and this is its number.
const TID: &str = "1";

/// A running `tgtd` that is killed when this is dropped.
pub(super) struct Tgtd {
    child: Child,
    programs: Programs,
    directory: PathBuf,
    number: u16,
    portal: SocketAddr,
}

/// Why `tgtadm` did not do what it was told.
#[derive(Debug)]
pub(super) enum AdminError {
    /// The LU has commands in flight, so it cannot be removed now.
    Active,
    Failed(io::Error),
}

impl From<io::Error> for AdminError {
    fn from(error: io::Error) -> AdminError {
        AdminError::Failed(error)
    }
}

impl From<AdminError> for io::Error {
    fn from(error: AdminError) -> io::Error {
        match error {
            AdminError::Active => {
                io::Error::new(io::ErrorKind::ResourceBusy, "the LU has commands in flight")
            }
            AdminError::Failed(error) => error,
        }
    }
}

impl Tgtd {
    /// Starts a process without any target, and waits until it answers. `number` tells it from its siblings in
    /// `directory`.
    ///
    /// The process lives no longer than the calling THREAD, which is how Linux counts a parent's death.
    pub(super) fn start(programs: &Programs, directory: &Path, number: u16) -> io::Result<Tgtd> {
        let portal = random_portal();
        let log = fs::File::create(directory.join(log_name(number)))?;
        let mut command = Command::new(&programs.tgtd);
        command
            .arg("-f")
            .args(["--control-port", &number.to_string()])
            // Threads per LU. tgtd's own 16 buy nothing on a page cache.
            .args(["--nr_iothreads", "2"])
            .args(["--iscsi", &format!("portal={portal}")])
            .current_dir(directory)
            .env("TGT_IPC_SOCKET", socket_stem(number))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let parent = std::process::id() as libc::pid_t;
        // SAFETY: the closure runs in the forked child, where only async-signal-safe calls are allowed: prctl,
        // getppid and _exit are, and nothing is allocated.
        unsafe {
            command.pre_exec(move || {
                if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                    return Err(io::Error::last_os_error());
                }
                // The parent can have died before the signal was asked for.
                if libc::getppid() != parent {
                    libc::_exit(1);
                }
                Ok(())
            });
        }
        let child = command.spawn().map_err(|e| {
            io::Error::new(
                e.kind(),
                format!("cannot start {}: {e}", programs.tgtd.display()),
            )
        })?;
        let mut tgtd = Tgtd {
            child,
            programs: programs.clone(),
            directory: directory.to_owned(),
            number,
            portal,
        };
        tgtd.wait_until_it_answers()?;
        tgtd.wait_for_a_portal()?;
        Ok(tgtd)
    }

    fn wait_until_it_answers(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + START;
        loop {
            let error = match self.admin(&["--mode", "system", "--op", "show"]) {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!(
                    "tgtd ended with {status}: {}",
                    self.log_tail()
                )));
            }
            if Instant::now() > deadline {
                let error = io::Error::from(error);
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("tgtd does not answer: {error}: {}", self.log_tail()),
                ));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// `tgtd` goes on without a portal when the address is taken. So ask, and offer others.
    fn wait_for_a_portal(&mut self) -> io::Result<()> {
        for _ in 0..20 {
            let shown = self.admin(&["--mode", "portal", "--op", "show"])?;
            if shown.contains(&format!("Portal: {},", self.portal)) {
                return Ok(());
            }
            self.portal = random_portal();
            // Whether it worked is seen by the next `show`.
            let _ = self.admin(&[
                "--mode",
                "portal",
                "--op",
                "new",
                "--param",
                &format!("portal={}", self.portal),
            ]);
        }
        Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            format!("tgtd cannot listen: {}", self.log_tail()),
        ))
    }

    /// Where the process takes iSCSI connections.
    pub(super) fn portal(&self) -> SocketAddr {
        self.portal
    }

    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The threads of the process, to see or stop what they do.
    pub(super) fn threads(&self) -> Threads {
        Threads::of(self.child.id())
    }

    /// Makes the target, and lets `initiator` and nobody else log in to it.
    pub(super) fn add_target(&self, iqn: &str, initiator: &str) -> Result<(), AdminError> {
        self.admin(&[
            "--mode",
            "target",
            "--op",
            "new",
            "--tid",
            TID,
            "--targetname",
            iqn,
        ])?;
        self.admin(&[
            "--mode",
            "target",
            "--op",
            "bind",
            "--tid",
            TID,
            "--initiator-name",
            initiator,
        ])?;
        Ok(())
    }

    /// Adds an LU on `file` in the working directory, with the identity that the appliance gives its LUNs.
    pub(super) fn add_lu(&self, number: u32, guid: &str, file: &str) -> Result<(), AdminError> {
        let number = number.to_string();
        let lu = ["--mode", "logicalunit", "--tid", TID, "--lun", &number];
        let with = |rest: &[&str]| self.admin(&[&lu[..], rest].concat());
        with(&["--op", "new", "--backing-store", file, "--bstype", "rdwr"])?;
        // The GUID is an NAA identifier of type 6, and tgtd makes exactly that of 32 hexadecimal digits.
        let identity = format!(
            "scsi_id={guid},scsi_sn={guid},vendor_id=SUN,product_id=ZFS Storage Sim,thin_provisioning=1,rotation_rate=1"
        );
        with(&["--op", "update", "--params", &identity])?;
        Ok(())
    }

    /// Has the LU open its file again, which is how it learns a new size. To the sessions it never goes away.
    pub(super) fn reopen_lu(&self, number: u32, file: &str) -> Result<(), AdminError> {
        // One request, so no command gets between the two: tgtd handles requests and commands in one thread.
        let parameters = format!("online=0,path={file}");
        let number = number.to_string();
        self.admin(&[
            "--mode",
            "logicalunit",
            "--op",
            "update",
            "--tid",
            TID,
            "--lun",
            &number,
            "--params",
            &parameters,
        ])?;
        Ok(())
    }

    pub(super) fn remove_lu(&self, number: u32) -> Result<(), AdminError> {
        self.admin(&[
            "--mode",
            "logicalunit",
            "--op",
            "delete",
            "--tid",
            TID,
            "--lun",
            &number.to_string(),
        ])?;
        Ok(())
    }

    /// Adds a CHAP account to the target: what an initiator must prove, or with `outgoing` what the target proves.
    pub(super) fn add_account(&self, chap: &Chap, outgoing: bool) -> Result<(), AdminError> {
        // The secret is an argument of a process for some milliseconds. tgtadm has no other way, and these are
        // secrets of a test.
        self.admin(&[
            "--mode",
            "account",
            "--op",
            "new",
            "--user",
            &chap.user,
            "--password",
            &chap.secret,
        ])?;
        self.bind_account(&chap.user, outgoing)
    }

    /// Binds an account that was added in the other direction.
    pub(super) fn bind_account(&self, user: &str, outgoing: bool) -> Result<(), AdminError> {
        let mut bind = vec![
            "--mode", "account", "--op", "bind", "--tid", TID, "--user", user,
        ];
        if outgoing {
            bind.push("--outgoing");
        }
        self.admin(&bind)?;
        Ok(())
    }

    /// Removes an account, and with it its bindings.
    pub(super) fn remove_account(&self, user: &str) -> Result<(), AdminError> {
        self.admin(&["--mode", "account", "--op", "delete", "--user", user])?;
        Ok(())
    }

    fn admin(&self, arguments: &[&str]) -> Result<String, AdminError> {
        let output = Command::new(&self.programs.tgtadm)
            .args(["--control-port", &self.number.to_string(), "--lld", "iscsi"])
            .args(arguments)
            .current_dir(&self.directory)
            .env("TGT_IPC_SOCKET", socket_stem(self.number))
            .stdin(Stdio::null())
            .output()?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        if said.contains("still active") {
            return Err(AdminError::Active);
        }
        // Mode and operation only: the other arguments can be a secret.
        let what = arguments
            .iter()
            .take(4)
            .copied()
            .collect::<Vec<_>>()
            .join(" ");
        Err(AdminError::Failed(io::Error::other(format!(
            "tgtadm {what}: {}",
            said.trim()
        ))))
    }

    fn log_tail(&self) -> String {
        let log =
            fs::read_to_string(self.directory.join(log_name(self.number))).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(3)..].join("; ")
    }
}

impl Drop for Tgtd {
    fn drop(&mut self) {
        // tgtd does not end on SIGTERM. It holds nothing that a SIGKILL could spoil: writes are in the page cache.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let socket = format!("{}.{}", socket_stem(self.number), self.number);
        for file in [format!("{socket}.lock"), socket, log_name(self.number)] {
            let _ = fs::remove_file(self.directory.join(file));
        }
    }
}

fn socket_stem(number: u16) -> String {
    format!("control-{number}")
}

fn log_name(number: u16) -> String {
    format!("tgtd-{number}.log")
}

/// An address of the loopback network that nobody else has, very likely: `tgtd` cannot be asked which free port the
/// kernel chose, so the address is chosen here, among 2^24 addresses and below the ephemeral ports.
fn random_portal() -> SocketAddr {
    let random = uuid::Uuid::new_v4().into_bytes();
    let address = Ipv4Addr::new(127, random[0] % 254 + 1, random[1], random[2] % 254 + 1);
    let port = 20_000 + u16::from_be_bytes([random[3], random[4]]) % 10_000;
    SocketAddr::new(IpAddr::V4(address), port)
}
