//! The file operations of journals: nothing of what they mean.
//!
//! All of them block, for the time of an `fsync`, so they run beside the runtime's workers.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, Outcome, Result, Status};

/// What the name of a journal ends with once it was set aside.
pub(super) const SET_ASIDE: &str = ".set-aside";

/// What came of opening a file that others may have.
pub(super) enum Opened {
    /// It is ours as long as the handle is open.
    Ours(File),
    /// Another handle holds it.
    Busy,
    /// There is none.
    Absent,
}

/// Runs what blocks where it may.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        Error::new(Status::Shutdown, "the runtime ended during work on a file")
            .with_cause(error)
            .with_outcome(Outcome::None)
    })
}

/// The error of a file or directory that could not be used.
pub(super) fn failed(path: &Path, what: &str, error: &io::Error) -> Error {
    Error::new(
        Status::LocalIo,
        format!(
            "{} cannot be {what}: {error}; check the directory that zfssa_state_dir names",
            path.display()
        ),
    )
}

/// Makes a file that does not exist, with its first bytes, all on the disk and locked. `None`
/// when one is there.
pub(super) fn create(path: &Path, bytes: &[u8]) -> io::Result<Option<File>> {
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
            // Another flow may make it at the same time; whether it is there now says nothing
            // about the moment before.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_directory(directory)?;
                continue;
            }
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Ok(()) if file.metadata()?.nlink() > 0 => {}
            // Somebody who looks for leftovers was quicker, found it empty, and takes it away.
            Ok(()) | Err(TryLockError::WouldBlock) => continue,
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let written = file
            .write_all(bytes)
            .and_then(|()| file.sync_all())
            .and_then(|()| sync_directory(directory));
        if let Err(error) = written {
            // Nothing was begun, so nothing is lost with it.
            let _ = fs::remove_file(path);
            return Err(error);
        }
        return Ok(Some(file));
    }
}

fn make_directory(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)?;
    path.parent().map_or(Ok(()), sync_directory)
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
        // Its holder may have removed it between the two calls.
        Ok(()) if file.metadata()?.nlink() == 0 => Ok(Opened::Absent),
        Ok(()) => Ok(Opened::Ours(file)),
        Err(TryLockError::WouldBlock) => Ok(Opened::Busy),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// All of it.
pub(super) fn read(mut file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Adds bytes, on the disk when this returns.
pub(super) fn append(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_data()
}

/// Cuts off what a record that was not finished left behind.
pub(super) fn cut(file: &File, length: usize) -> io::Result<()> {
    file.set_len(length as u64)?;
    file.sync_data()
}

/// Removes a file, for good when this returns.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => sync_directory(path.parent().unwrap_or(Path::new("."))),
    }
}

/// Gives a file another name, so that nobody takes it for a journal and a person can look at it.
pub(super) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    for number in 0_u32.. {
        let mut name = path.as_os_str().to_owned();
        name.push(SET_ASIDE);
        if number > 0 {
            name.push(format!("-{number}"));
        }
        let aside = PathBuf::from(name);
        if fs::symlink_metadata(&aside).is_ok() {
            continue;
        }
        fs::rename(path, &aside)?;
        sync_directory(path.parent().unwrap_or(Path::new(".")))?;
        return Ok(aside);
    }
    Err(io::Error::other("every name is taken"))
}

/// The files of a directory whose names are wanted, in order.
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
