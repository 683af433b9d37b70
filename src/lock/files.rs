//! Locks among the processes of one host: advisory locks on files.
//!
//! The kernel frees the lock of a process that dies. The last holder removes the file, so that
//! files do not pile up; each new holder checks that its file still has its name.
//!
//! A wait polls the lock with pauses of 1 to 5 milliseconds, so that it blocks no thread and leaves
//! none behind when it ends early. A process with many waiters for one lock could take it again and
//! again during the pauses of other processes. To prevent this, a waiter creates a second file next
//! to the lock file, and a new waiter that finds that file waits for one pause first.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::backoff::{Backoff, jitter};
use crate::digest;
use crate::error::{Error, Outcome, Result, Status};
use crate::lock::{Mode, Name, Shared, Token, Wait, Waiting};
use crate::scope::Scope;

/// First pause; each next pause is twice as long, up to the longest.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(4);

/// Locks as files of a directory.
#[derive(Debug)]
pub struct FileLocks {
    directory: PathBuf,
}

impl FileLocks {
    /// Locks in a directory, which is created on first use.
    pub fn new(directory: PathBuf) -> FileLocks {
        FileLocks { directory }
    }

    fn path(&self, of: &Name) -> PathBuf {
        let (kind, name) = (of.kind, of.name.as_str());
        let parts = [of.appliance.as_str(), of.place.as_str(), kind, name];
        let parts = parts.iter().flat_map(|part| [part.as_bytes(), &[0]]);
        let digits = digest::short_hex(parts, 16);
        let plain: String = name
            .chars()
            .take(64)
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        self.directory.join(format!("{kind}.{plain}.{digits}.lock"))
    }

    async fn acquire(
        &self,
        scope: &Scope,
        name: &Name,
        mode: Mode,
        wait: &Wait<'_>,
    ) -> Result<Token> {
        let path = self.path(name);
        let wanted = path.with_extension("wanted");
        let failed = |error: io::Error| {
            Error::new(
                Status::LocalIo,
                format!(
                    "the lock {} cannot be used: {error}; check the directory that \
                     zfssa_lock_dir names",
                    path.display()
                ),
            )
        };
        if fs::symlink_metadata(&wanted).is_ok() {
            wait.contended();
            scope.sleep(LONGEST * 2).await?;
        }
        let mut pauses = Backoff::doubling(SHORTEST, LONGEST);
        let mut asked = false;
        loop {
            if let Some(file) = self.attempt(&path, mode).map_err(failed)? {
                // Other waiters create it again.
                let _ = fs::remove_file(&wanted);
                return Ok(Box::new(LockFile { path, mode, file }));
            }
            wait.contended();
            if asked {
                let _ = open(&wanted);
            }
            asked = true;
            let pause = pauses.next();
            scope
                .bound(tokio::time::sleep(pause + jitter(pause / 4)))
                .await
                .map_err(|stop| stop.error(Outcome::None))?;
        }
    }

    /// The lock, if it is free now.
    fn attempt(&self, path: &Path, mode: Mode) -> io::Result<Option<File>> {
        loop {
            let file = match open(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    DirBuilder::new()
                        .recursive(true)
                        .mode(0o700)
                        .create(&self.directory)?;
                    open(path)?
                }
                other => other?,
            };
            let locked = match mode {
                _ if canary!("lock-file-not-locked") => Ok(()),
                Mode::Alone => file.try_lock(),
                Mode::Shared => file.try_lock_shared(),
            };
            match locked {
                Ok(()) if file.metadata()?.nlink() > 0 => return Ok(Some(file)),
                // The holder removed the file between the two calls: its lock protects nothing any
                // more.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        // In a directory that others can write, a link could point anywhere.
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)
}

impl Shared for FileLocks {
    fn acquire<'a>(
        &'a self,
        scope: &'a Scope,
        name: &'a Name,
        mode: Mode,
        wait: &'a Wait<'_>,
    ) -> Waiting<'a> {
        Box::pin(self.acquire(scope, name, mode, wait))
    }
}

/// A lock on a file, until it is dropped.
#[derive(Debug)]
struct LockFile {
    path: PathBuf,
    mode: Mode,
    file: File,
}

impl LockFile {
    /// Whether no other process holds the lock, so that the file can be removed. A shared holder
    /// checks this by taking the lock exclusively. That is not atomic: another process may have
    /// removed the file in between, and a third may have created a file of the same name.
    fn is_last(&self) -> bool {
        self.mode == Mode::Alone
            || (self.file.try_lock().is_ok()
                && self.file.metadata().is_ok_and(|file| file.nlink() > 0))
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        if self.is_last() {
            // While the lock is held: afterwards the file may belong to another process.
            let _ = fs::remove_file(&self.path);
        }
        // Closing is not enough if a forked child has the descriptor, too.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::{Key, Locks, Space};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio_util::sync::CancellationToken;

    fn scope(time: Option<Duration>) -> Scope {
        let token = CancellationToken::new;
        Scope::new("test", time, Duration::ZERO, token(), token())
    }

    /// Locks as another process would see them.
    fn locks(directory: &Path, place: &str) -> Locks {
        let space = Space {
            appliance: "a:215".to_owned(),
            volumes: place.to_owned(),
            images: "p/images".to_owned(),
        };
        let files = Box::new(FileLocks::new(directory.to_owned()));
        Locks::of_one_process(space, vec![files])
    }

    fn lun() -> Key {
        Key::Lun("volume-1".into())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_of_many_processes_has_it() {
        let directory = tempfile::tempdir().unwrap();
        let inside = Arc::new(AtomicUsize::new(0));
        let mut tasks = Vec::new();
        for _ in 0..4 {
            let process = Arc::new(locks(directory.path(), "p/c"));
            for _ in 0..25 {
                let (process, inside) = (process.clone(), inside.clone());
                tasks.push(tokio::spawn(async move {
                    let _held = process.lock(&scope(None), lun()).await.unwrap();
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    tokio::task::yield_now().await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                }));
            }
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn sharers_share_and_keep_others_out() {
        let directory = tempfile::tempdir().unwrap();
        let (one, other) = (
            locks(directory.path(), "p/c"),
            locks(directory.path(), "p/c"),
        );
        let soon = || scope(Some(Duration::from_millis(60)));
        let first = one.share(&scope(None), lun()).await.unwrap();
        let second = other.share(&scope(None), lun()).await.unwrap();
        let error = other.lock(&soon(), lun()).await.unwrap_err();
        assert_eq!(error.status(), Status::Deadline);
        drop(second);
        assert!(other.lock(&soon(), lun()).await.is_err());
        drop(first);
        let held = other.lock(&scope(None), lun()).await.unwrap();
        assert!(one.share(&soon(), lun()).await.is_err());
        // Another object, and another project, are free.
        let _else = one.lock(&soon(), Key::Setup).await.unwrap();
        let elsewhere = locks(directory.path(), "p/d");
        let _elsewhere = elsewhere.lock(&soon(), lun()).await.unwrap();
        // Two projects of volumes may have one of images.
        let image = || Key::Image("img-1".into());
        let _image = one.lock(&soon(), image()).await.unwrap();
        assert!(elsewhere.lock(&soon(), image()).await.is_err());
        drop(held);
        let _held = one.lock(&scope(None), lun()).await.unwrap();
    }

    #[tokio::test]
    async fn a_queue_of_one_process_lets_another_in() {
        const QUEUE: usize = 200;
        let directory = tempfile::tempdir().unwrap();
        let (busy, other) = (
            locks(directory.path(), "p/c"),
            locks(directory.path(), "p/c"),
        );
        let busy = Arc::new(busy);
        let taken = Arc::new(AtomicUsize::new(0));
        let held = busy.lock(&scope(None), lun()).await.unwrap();
        let queue: Vec<_> = (0..QUEUE)
            .map(|_| {
                let (busy, taken) = (busy.clone(), taken.clone());
                tokio::spawn(async move {
                    let _held = busy.lock(&scope(None), lun()).await.unwrap();
                    taken.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(2)).await;
                })
            })
            .collect();
        let waiting = tokio::spawn(async move {
            let _held = other.lock(&scope(None), lun()).await.unwrap();
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(held);
        waiting.await.unwrap();
        let before = taken.load(Ordering::SeqCst);
        assert!(before < QUEUE / 4, "{before} of {QUEUE} were served first");
        for task in queue {
            task.await.unwrap();
        }
    }

    #[test]
    fn a_lock_that_is_freed_is_free_though_a_forked_child_has_its_descriptor() {
        let directory = tempfile::tempdir().unwrap();
        let files = FileLocks::new(directory.path().to_owned());
        let path = directory.path().join("lun.v.lock");
        let file = files.attempt(&path, Mode::Alone).unwrap().unwrap();
        // As fork() does it: one more descriptor of the same open file.
        let _of_child = file.try_clone().unwrap();
        assert!(files.attempt(&path, Mode::Alone).unwrap().is_none());
        drop(LockFile {
            // The file stays, as if it could not be removed.
            path: directory.path().join("another"),
            mode: Mode::Alone,
            file,
        });
        assert!(files.attempt(&path, Mode::Alone).unwrap().is_some());
    }

    #[tokio::test]
    async fn a_directory_that_is_none_is_said_so() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let locks = locks(&file.path().join("below"), "p/c");
        let error = locks.lock(&scope(None), lun()).await.unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::LocalIo, Outcome::None)
        );
        assert!(error.message().contains("zfssa_lock_dir"), "{error}");
    }
}
