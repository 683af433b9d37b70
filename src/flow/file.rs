//! File operations for journals, independent of their content.
//!
//! All of them block, for the time of an `fsync`, so they run on the threads of [`crate::local`].

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, Status};

/// Suffix of a journal that was set aside.
pub(super) const SET_ASIDE: &str = ".set-aside";

/// Result of opening a file that another process may hold.
pub(super) enum Opened {
    /// This process holds the lock while the handle is open.
    Ours(File),
    /// Another handle holds it.
    Busy,
    /// There is no such file.
    Absent,
}

/// Error of a file or directory that could not be used.
pub(super) fn failed(path: &Path, what: &str, error: &io::Error) -> Error {
    Error::new(
        Status::LocalIo,
        format!(
            "{} cannot be {what}: {error}; check the directory that zfssa_state_dir names",
            path.display()
        ),
    )
}

/// Newly created file. It is removed again unless [`Made::keep`] is called: the caller may have
/// stopped waiting, and then no step was begun.
pub(super) struct Made {
    file: Option<File>,
    path: PathBuf,
}

impl Made {
    /// Keeps it.
    pub(super) fn keep(mut self) -> Option<File> {
        self.file.take()
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if self.file.is_some() {
            // While its lock is held, which ends with the file.
            let _ = remove(&self.path);
        }
    }
}

/// Creates and locks a file with its first bytes, synced to disk. `None` if the file exists.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<Option<Made>> {
    let directory = path.parent().unwrap_or(Path::new("."));
    loop {
        let opened = OpenOptions::new()
            .create_new(true)
            .append(true)
            .read(true)
            .mode(0o600)
            .open(path);
        let mut file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
            // Another flow may create the directory at the same time, so its existence now proves
            // nothing about the moment of the failure.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_directory(directory)?;
                continue;
            }
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Ok(()) if file.metadata()?.nlink() > 0 => {}
            // A search for leftovers was quicker, found the file empty, and removes it.
            Ok(()) | Err(TryLockError::WouldBlock) => continue,
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let written = file
            .write_all(bytes)
            .and_then(|()| file.sync_all())
            .and_then(|()| sync_directory(directory));
        if let Err(error) = written {
            // No step was begun, so nothing is lost with it.
            let _ = fs::remove_file(path);
            return Err(error);
        }
        return Ok(Some(Made {
            file: Some(file),
            path: path.to_owned(),
        }));
    }
}

/// Creates a directory and its missing parents. The parent of each new directory is synced:
/// otherwise a crash could lose the directory with its journal.
fn make_directory(path: &Path) -> io::Result<()> {
    make_directory_with(path, &mut sync_directory)
}

fn make_directory_with(
    path: &Path,
    sync: &mut impl FnMut(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let above = match path.parent() {
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
        None => return Ok(()),
    };
    let make = || fs::DirBuilder::new().mode(0o700).create(path);
    let mut made = make();
    if let Err(error) = &made
        && error.kind() == io::ErrorKind::NotFound
    {
        make_directory_with(above, sync)?;
        made = make();
    }
    match made {
        Ok(()) => {}
        // Another process may have created it a moment ago and not synced it yet.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        Err(error) => return Err(error),
    }
    sync(above)
}

fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Opens and locks a file that exists.
pub(super) fn open(path: &Path) -> io::Result<Opened> {
    let opened = OpenOptions::new().append(true).read(true).open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Opened::Absent),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        // The holder may have removed or renamed the file between the two calls, and another file
        // may have its name.
        Ok(()) if !is_at(&file, path)? => Ok(Opened::Absent),
        Ok(()) => Ok(Opened::Ours(file)),
        Err(TryLockError::WouldBlock) => Ok(Opened::Busy),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let own = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (own.dev(), own.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// All of it.
pub(super) fn read(mut file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Appends bytes and syncs them to disk.
pub(super) fn append(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    if canary!("record-not-synced") {
        return Ok(());
    }
    file.sync_data()
}

/// Truncates the file after its last complete record.
pub(super) fn cut(file: &File, length: usize) -> io::Result<()> {
    file.set_len(length as u64)?;
    file.sync_data()
}

/// Removes a file and syncs its directory.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => sync_directory(path.parent().unwrap_or(Path::new("."))),
    }
}

/// Renames a file so that it no longer counts as a journal and an operator can inspect it.
pub(super) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    rename(path, |number| {
        let mut name = path.as_os_str().to_owned();
        name.push(SET_ASIDE);
        if number > 0 {
            name.push(format!("-{number}"));
        }
        PathBuf::from(name)
    })
}

/// Renames a journal to another journal name.
pub(super) fn step_aside(path: &Path, suffix: &str) -> io::Result<PathBuf> {
    rename(path, |number| {
        path.with_extension(format!("{number}{suffix}"))
    })
}

/// Renames a file to the first name that is free.
fn rename(path: &Path, name: impl Fn(u32) -> PathBuf) -> io::Result<PathBuf> {
    for number in 0_u32.. {
        let free = name(number);
        if fs::symlink_metadata(&free).is_ok() {
            continue;
        }
        fs::rename(path, &free)?;
        sync_directory(path.parent().unwrap_or(Path::new(".")))?;
        return Ok(free);
    }
    Err(io::Error::other("every name is taken"))
}

/// Files of a directory whose names match, in order.
pub(super) fn list(directory: &Path, wanted: fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if wanted(&entry.file_name().to_string_lossy()) && entry.file_type()?.is_file() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_new_directory_is_synced_where_its_name_is() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        let mut synced = Vec::new();
        make_directory_with(&at("a/b/c"), &mut |path| {
            synced.push(path.to_owned());
            Ok(())
        })
        .unwrap();
        assert!(at("a/b/c").is_dir());
        assert_eq!(synced, [root.path().to_owned(), at("a"), at("a/b")]);
        // A directory that cannot be created is an error.
        fs::write(at("file"), "").unwrap();
        assert!(make_directory(&at("file")).is_err());
        assert!(make_directory(&at("file/below")).is_err());
    }

    #[test]
    fn a_file_that_is_not_kept_goes() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("one");
        drop(create(&path, b"x").unwrap());
        assert!(!path.exists());
        let kept = create(&path, b"x").unwrap().unwrap().keep();
        drop(kept);
        assert!(path.exists());
    }
}
