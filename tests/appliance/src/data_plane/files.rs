//! The bytes: one sparse file per LUN and per snapshot, in one directory that belongs to the data plane.
//!
//! A LUN keeps its inode for life. What changes its content (a rollback, an update of a replica) writes into the same
//! inode, so that a `tgtd` that has the file open goes on with the new bytes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

/// How the names of the directories of all data planes begin.
pub(super) const PREFIX: &str = "zfssa-data-plane-";

/// The files of one data plane.
pub(super) struct Files {
    directory: PathBuf,
}

/// The two kinds of bytes. They have name spaces of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Lun,
    Snapshot,
}

impl Files {
    pub(super) fn new(directory: &Path) -> Files {
        Files {
            directory: directory.to_owned(),
        }
    }

    /// The file's name inside the directory, where every `tgtd` has its working directory.
    ///
    /// The name reaches `tgtd` in a comma-separated list of options, and it must not lead out of the directory: so
    /// only the characters that a GUID or a UUID has are allowed.
    pub(super) fn name(kind: Kind, id: &str) -> io::Result<String> {
        let harmless = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if id.is_empty() || id.len() > 128 || !id.chars().all(harmless) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{id:?} cannot name a file"),
            ));
        }
        Ok(match kind {
            Kind::Lun => format!("lun-{id}"),
            Kind::Snapshot => format!("snapshot-{id}"),
        })
    }

    /// The directory itself.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    fn path(&self, kind: Kind, id: &str) -> io::Result<PathBuf> {
        Ok(self.directory.join(Files::name(kind, id)?))
    }

    pub(super) fn create_lun(&self, guid: &str, size: u64) -> io::Result<()> {
        let path = self.path(Kind::Lun, guid)?;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|e| about(&path, e))?;
        file.set_len(size).map_err(|e| about(&path, e))
    }

    pub(super) fn resize_lun(&self, guid: &str, size: u64) -> io::Result<()> {
        let path = self.path(Kind::Lun, guid)?;
        let file = OpenOptions::new()
            .write(true)
            .open(&path)
            .map_err(|e| about(&path, e))?;
        file.set_len(size).map_err(|e| about(&path, e))
    }

    pub(super) fn lun_size(&self, guid: &str) -> io::Result<u64> {
        let path = self.path(Kind::Lun, guid)?;
        Ok(fs::metadata(&path).map_err(|e| about(&path, e))?.len())
    }

    pub(super) fn delete(&self, kind: Kind, id: &str) -> io::Result<()> {
        let path = self.path(kind, id)?;
        fs::remove_file(&path).map_err(|e| about(&path, e))
    }

    /// The file of a snapshot or a LUN, whichever has the id. A snapshot may be one of another data plane in the same
    /// parent directory: that is how bytes get from one simulator's process to another's.
    pub(super) fn find(&self, id: &str) -> io::Result<PathBuf> {
        let here = [self.path(Kind::Snapshot, id)?, self.path(Kind::Lun, id)?];
        if let Some(path) = here.into_iter().find(|path| path.exists()) {
            return Ok(path);
        }
        let name = Files::name(Kind::Snapshot, id)?;
        let parent = self.directory.parent().unwrap_or(&self.directory);
        for neighbour in fs::read_dir(parent)?.flatten() {
            if neighbour.file_name().to_string_lossy().starts_with(PREFIX) {
                let path = neighbour.path().join(&name);
                if path.exists() {
                    return Ok(path);
                }
            }
        }
        let here = parent.display();
        Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("neither a snapshot nor a LUN of a data plane in {here} has the id {id}"),
        ))
    }

    /// Makes `to` hold exactly what `from` holds, size and holes too. `to` keeps its inode if it is there already.
    pub(super) fn copy(&self, from: (Kind, &str), to: (Kind, &str)) -> io::Result<()> {
        self.copy_file(&self.path(from.0, from.1)?, to)
    }

    /// The same from a file that was found.
    pub(super) fn copy_file(&self, from: &Path, to: (Kind, &str)) -> io::Result<()> {
        let to = self.path(to.0, to.1)?;
        let source = File::open(from).map_err(|e| about(from, e))?;
        let is_new = !to.exists();
        let target = OpenOptions::new()
            .write(true)
            .create(true)
            // Not truncated here but in `copy_sparse`: the two paths can be the same file only by a mistake of the
            // caller, and that mistake must not cost the bytes.
            .truncate(false)
            .open(&to)
            .map_err(|e| about(&to, e))?;
        copy_sparse(&source, &target).map_err(|e| {
            if is_new {
                // Half a copy must not pass for a whole one later. The error that stopped it is the one to report.
                let _ = fs::remove_file(&to);
            }
            about(&to, e)
        })
    }
}

/// Replaces all of `target` by `source`: shared extents where the file system can, else the data without the holes.
fn copy_sparse(source: &File, target: &File) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let (from, to) = (source.metadata()?, target.metadata()?);
    if (from.dev(), from.ino()) == (to.dev(), to.ino()) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a file cannot be copied onto itself",
        ));
    }
    // Both ways leave what the target has behind the source's end, and the second one what it has under its holes.
    target.set_len(0)?;
    if reflink(source, target)? {
        return Ok(());
    }
    let size = from.len();
    target.set_len(size)?;
    let (mut source, mut target) = (source, target);
    let mut position = 0;
    while let Some(data) = seek(source, position, libc::SEEK_DATA)? {
        let hole = seek(source, data, libc::SEEK_HOLE)?
            .unwrap_or(size)
            .min(size);
        if data >= hole {
            break;
        }
        source.seek(SeekFrom::Start(data))?;
        target.seek(SeekFrom::Start(data))?;
        let copied = io::copy(&mut io::Read::take(&mut source, hole - data), &mut target)?;
        if copied != hole - data {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the source shrank while it was copied",
            ));
        }
        position = hole;
    }
    Ok(())
}

/// Shares the extents of `source` with `target`. `Ok(false)`: this pair of files cannot.
fn reflink(source: &File, target: &File) -> io::Result<bool> {
    // SAFETY: both descriptors are open for the length of the call, and FICLONE takes a descriptor by value: the
    // kernel reads and writes no memory of this process.
    let result = unsafe { libc::ioctl(target.as_raw_fd(), libc::FICLONE as _, source.as_raw_fd()) };
    if result == 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::EOPNOTSUPP | libc::ENOTTY | libc::EXDEV | libc::EINVAL | libc::ENOSYS) => {
            Ok(false)
        }
        _ => Err(error),
    }
}

/// The next data or hole at or after `position`; `None` when there is none up to the end of the file.
fn seek(file: &File, position: u64, whence: libc::c_int) -> io::Result<Option<u64>> {
    let offset = libc::off64_t::try_from(position).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open for the length of the call, and the other arguments are plain numbers.
    let found = unsafe { libc::lseek64(file.as_raw_fd(), offset, whence) };
    if found >= 0 {
        return Ok(Some(found as u64));
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::ENXIO) => Ok(None),
        _ => Err(error),
    }
}

fn about(path: &Path, error: io::Error) -> io::Error {
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy();
    io::Error::new(error.kind(), format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileExt, MetadataExt};

    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn a_copy_has_the_bytes_and_the_holes() {
        let directory = tempfile::tempdir().unwrap();
        let files = Files::new(directory.path());
        files.create_lun("A", 64 * MIB).unwrap();
        let lun = OpenOptions::new()
            .write(true)
            .open(directory.path().join("lun-A"))
            .unwrap();
        lun.write_all_at(&[7; 4096], 10 * MIB).unwrap();
        lun.write_all_at(&[8; 100], 64 * MIB - 100).unwrap();

        files.copy((Kind::Lun, "A"), (Kind::Snapshot, "s")).unwrap();

        let path = directory.path().join("snapshot-s");
        assert!(fs::read(&path).unwrap() == fs::read(directory.path().join("lun-A")).unwrap());
        let allocated = fs::metadata(&path).unwrap().blocks() * 512;
        assert!(
            allocated < MIB,
            "the copy takes {allocated} bytes, the holes were filled"
        );
    }

    #[test]
    fn a_copy_into_a_file_replaces_all_of_it_and_keeps_the_inode() {
        let directory = tempfile::tempdir().unwrap();
        let files = Files::new(directory.path());
        files.create_lun("A", 4 * MIB).unwrap();
        files.copy((Kind::Lun, "A"), (Kind::Snapshot, "s")).unwrap();
        let path = directory.path().join("lun-A");
        let lun = OpenOptions::new().write(true).open(&path).unwrap();
        lun.set_len(8 * MIB).unwrap();
        lun.write_all_at(&[9; 8192], 0).unwrap();
        lun.write_all_at(&[9; 8192], 7 * MIB).unwrap();
        let inode = fs::metadata(&path).unwrap().ino();

        files.copy((Kind::Snapshot, "s"), (Kind::Lun, "A")).unwrap();

        assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
        assert!(
            fs::read(&path).unwrap() == vec![0; 4 * MIB as usize],
            "the old bytes must be gone"
        );
    }

    #[test]
    fn a_file_is_not_copied_onto_itself() {
        let directory = tempfile::tempdir().unwrap();
        let files = Files::new(directory.path());
        files.create_lun("A", MIB).unwrap();
        files.copy((Kind::Lun, "A"), (Kind::Lun, "A")).unwrap_err();
        assert_eq!(files.lun_size("A").unwrap(), MIB);
    }

    #[test]
    fn names_stay_in_the_directory() {
        for id in ["", "../x", "a/b", "a,b", "a b", "a\0"] {
            Files::name(Kind::Lun, id).unwrap_err();
        }
        assert_eq!(
            Files::name(Kind::Snapshot, "12-ab").unwrap(),
            "snapshot-12-ab"
        );
    }
}
