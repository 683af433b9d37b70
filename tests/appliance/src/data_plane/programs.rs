//! Where `tgtd` and `tgtadm` are, and what to say when they are not.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

/// The two programs of Debian's package `tgt`.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    pub(super) tgtd: PathBuf,
    pub(super) tgtadm: PathBuf,
}

impl Programs {
    pub(super) fn find() -> io::Result<Programs> {
        let path = env::var_os("PATH").unwrap_or_default();
        // Debian keeps both in /usr/sbin, which an ordinary user's PATH lacks.
        let folders = env::split_paths(&path)
            .chain(["/usr/sbin".into(), "/sbin".into()])
            .collect::<Vec<PathBuf>>();
        Programs::find_in(&folders)
    }

    fn find_in(folders: &[PathBuf]) -> io::Result<Programs> {
        let find = |name: &str| {
            folders.iter().map(|folder| folder.join(name)).find(|path| is_executable(path)).ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::NotFound,
                    format!(
                        "{name} was not found. The data plane needs Debian's package tgt, and the hosts need \
                         libiscsi-bin, qemu-utils and qemu-block-extra: \
                         apt-get install tgt libiscsi-bin qemu-utils qemu-block-extra"
                    ),
                )
            })
        };
        Ok(Programs {
            tgtd: find("tgtd")?,
            tgtadm: find("tgtadm")?,
        })
    }
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_tgt_is_told_what_to_install() {
        let empty = tempfile::tempdir().unwrap();
        let error = Programs::find_in(&[empty.path().to_owned()]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        for package in ["tgt", "libiscsi-bin", "qemu-utils", "qemu-block-extra"] {
            assert!(error.to_string().contains(package), "{error}");
        }
    }
}
