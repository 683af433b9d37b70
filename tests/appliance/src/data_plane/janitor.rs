//! Removes the data plane's directory even if this process is killed.
//!
//! `SIGKILL` leaves no time to clean up, test runners use it freely, and the bytes of LUNs are many. So a small shell
//! waits on a pipe, whose other end closes with this process whatever way it ends.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The shell that waits. When this is dropped, what is left of the directory is removed.
pub(super) struct Janitor(Child);

impl Janitor {
    pub(super) fn watch(directory: &Path) -> io::Result<Janitor> {
        Command::new("/bin/sh")
            // `read` returns at the end of the pipe: nobody ever writes to it.
            .args([
                "-c",
                r#"trap "" HUP INT TERM; read -r _; rm -rf -- "$1""#,
                "zfssa-janitor",
            ])
            .arg(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Neither in the way of an unmount, nor killed together with the group of whoever started us.
            .current_dir("/")
            .process_group(0)
            .spawn()
            .map(Janitor)
    }
}

impl Drop for Janitor {
    fn drop(&mut self) {
        // Waiting closes the pipe first.
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_goes_with_its_owner() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("a directory with 'quotes' and -rf");
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join("lun-A"), "bytes").unwrap();
        let janitor = Janitor::watch(&directory).unwrap();
        assert!(directory.exists());
        drop(janitor);
        assert!(!directory.exists());
        assert!(parent.path().exists());
    }
}
