//! Draft of a token file: the next content, until it has been proven to work.
//!
//! Every function here blocks, so it runs on the threads of [`crate::local`].

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use crate::error::{Error, Outcome, Result, Status};
use crate::secret::Secret;
use crate::token_file::unusable;

/// Suffix of a draft.
const DRAFT: &str = ".new";

/// The next content of a token file, in a file next to it. While a draft exists, no other process of
/// the host can make one for the same file. Removed when it is dropped, unless it was published.
#[derive(Debug)]
pub struct Draft {
    file: File,
    path: PathBuf,
    target: PathBuf,
    published: bool,
}

impl Draft {
    /// Creates the draft, so that it is known before a token is made that the directory can be
    /// written to.
    ///
    /// # Errors
    ///
    /// `LocalIo`: the directory is missing or cannot be written to, something else has the name of
    /// the draft, or `target` exists and is not a regular file. `Again`: another call is replacing
    /// the token file.
    pub fn begin(target: &Path) -> Result<Draft> {
        // A link stays, and the file that it leads to is replaced.
        let target = match fs::canonicalize(target) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => target.to_owned(),
            Err(error) => return Err(unwritable(target, &error)),
        };
        if target.exists() && !target.is_file() {
            let problem = "is not a regular file: give the path of a file for the token";
            return Err(unusable(&target, problem));
        }
        let mut path = target.clone().into_os_string();
        path.push(DRAFT);
        let path = PathBuf::from(path);
        loop {
            let opened = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .mode(0o600)
                .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
                .open(&path);
            let file = opened.map_err(|error| unwritable(&path, &error))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::new(
                        Status::Again,
                        format!(
                            "token file {}: another call is replacing it: call again",
                            target.display()
                        ),
                    )
                    .with_outcome(Outcome::None));
                }
                Err(TryLockError::Error(error)) => return Err(unwritable(&path, &error)),
            }
            let found = file.metadata().map_err(|error| unwritable(&path, &error))?;
            if !is_own(&found, geteuid().as_raw()) {
                let problem = "is not a file of this process's user alone: remove it";
                return Err(unusable(&path, problem));
            }
            // The process that held the lock before published or removed this file.
            let there = fs::symlink_metadata(&path).ok();
            if there.is_none_or(|there| (there.dev(), there.ino()) != (found.dev(), found.ino())) {
                continue;
            }
            return Ok(Draft {
                file,
                path,
                target,
                published: false,
            });
        }
    }

    /// Path of the draft, for a client that proves the token.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Path of the file that the draft becomes.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Writes the token, and syncs it to disk. The draft has owner, group and the group's right to
    /// read of the file that it will replace, or belongs to this process's user alone.
    ///
    /// # Errors
    ///
    /// `LocalIo`.
    pub fn write(&mut self, token: &Secret) -> Result<()> {
        let write = |draft: &mut Draft| {
            // What a process left that died in the middle.
            draft.file.set_len(0)?;
            let mut mode = 0o600;
            match fs::metadata(&draft.target) {
                Ok(former) => {
                    let own = draft.file.metadata()?;
                    if (own.uid(), own.gid()) != (former.uid(), former.gid()) {
                        fchown(&draft.file, Some(former.uid()), Some(former.gid()))?;
                    }
                    mode |= former.mode() & 0o040;
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            draft
                .file
                .set_permissions(fs::Permissions::from_mode(mode))?;
            draft.file.write_all(token.expose().as_bytes())?;
            draft.file.write_all(b"\n")?;
            if canary!("token-file-not-synced") {
                return Ok(());
            }
            draft.file.sync_all()
        };
        write(self).map_err(|error| unwritable(&self.path, &error))
    }

    /// Replaces the token file by the draft, at once: a reader sees the former token or the new one,
    /// also after a crash. Returns whether the replacement survives a crash.
    ///
    /// # Errors
    ///
    /// `LocalIo`: the file is as it was.
    pub fn publish(mut self) -> Result<Result<()>> {
        fs::rename(&self.path, &self.target).map_err(|error| unwritable(&self.target, &error))?;
        self.published = true;
        let directory = self
            .target
            .parent()
            .filter(|path| !path.as_os_str().is_empty());
        if canary!("token-directory-not-synced") {
            return Ok(Ok(()));
        }
        let synced = File::open(directory.unwrap_or(Path::new(".")))
            .and_then(|directory| directory.sync_all());
        Ok(synced.map_err(|error| unwritable(&self.target, &error)))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.published {
            // While its lock is held, which ends with the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether a draft is a regular file of one name that belongs to this user. Another user could
/// change a file of another owner, and a second name would show the token elsewhere.
fn is_own(draft: &Metadata, user: u32) -> bool {
    let owned = draft.uid() == user || canary!("token-draft-of-another-user");
    draft.is_file() && owned && draft.nlink() == 1
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    let remedy = "let the user of this process write to its directory, and keep its owner";
    unusable(path, &format!("cannot be written: {error}: {remedy}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token_file::read;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    const TOKEN: &str = "CANARYtoken0123456789abcdefghij";

    fn file(root: &Path, content: &str, mode: u32) -> PathBuf {
        let path = root.join("token");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_draft_replaces_the_file_at_once_and_keeps_its_readers() {
        let root = tempfile::tempdir().unwrap();
        let path = file(root.path(), "former\n", 0o640);
        let link = root.path().join("link");
        symlink(&path, &link).unwrap();
        let mut draft = Draft::begin(&link).unwrap();
        draft.write(&Secret::new(TOKEN)).unwrap();
        assert_eq!(read(&path).unwrap().expose(), "former");
        assert_eq!(read(draft.path()).unwrap().expose(), TOKEN);
        draft.publish().unwrap().unwrap();
        assert_eq!(read(&link).unwrap().expose(), TOKEN);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2);
    }

    #[test]
    fn the_group_gets_no_more_than_the_right_to_read() {
        let root = tempfile::tempdir().unwrap();
        let path = file(root.path(), "former\n", 0o670);
        let mut draft = Draft::begin(&path).unwrap();
        draft.write(&Secret::new(TOKEN)).unwrap();
        draft.publish().unwrap().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_new_file_belongs_to_its_user_alone() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("token");
        let mut draft = Draft::begin(&path).unwrap();
        draft.write(&Secret::new(TOKEN)).unwrap();
        draft.publish().unwrap().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_draft_excludes_others_and_goes_when_it_is_dropped() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("token");
        let draft = Draft::begin(&path).unwrap();
        let error = Draft::begin(&path).unwrap_err();
        assert_eq!(error.status(), Status::Again, "{error}");
        drop(draft);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
        // What a dead process left is no obstacle, and nothing of it stays.
        fs::write(root.path().join("token.new"), TOKEN.repeat(2)).unwrap();
        let mut draft = Draft::begin(&path).unwrap();
        draft.write(&Secret::new("short")).unwrap();
        draft.publish().unwrap().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "short\n");
    }

    #[test]
    fn a_draft_of_another_user_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let draft = fs::metadata(file(root.path(), "", 0o600)).unwrap();
        assert!(is_own(&draft, draft.uid()));
        assert!(!is_own(&draft, draft.uid() + 1));
    }

    #[test]
    fn a_planted_draft_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("token");
        fs::write(root.path().join("elsewhere"), "").unwrap();
        symlink(root.path().join("elsewhere"), root.path().join("token.new")).unwrap();
        let error = Draft::begin(&path).unwrap_err();
        assert!(error.message().contains("cannot be written"), "{error}");
        fs::remove_file(root.path().join("token.new")).unwrap();
        fs::hard_link(root.path().join("elsewhere"), root.path().join("token.new")).unwrap();
        let error = Draft::begin(&path).unwrap_err();
        assert!(error.message().contains("remove it"), "{error}");
        // A pipe, without a reader and with one.
        fs::remove_file(root.path().join("token.new")).unwrap();
        let pipe = root.path().join("token.new");
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let error = Draft::begin(&path).unwrap_err();
        assert!(error.message().contains("cannot be written"), "{error}");
        let nonblocking = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(&pipe);
        let reader = nonblocking.unwrap();
        let error = Draft::begin(&path).unwrap_err();
        assert!(error.message().contains("remove it"), "{error}");
        drop(reader);
        for target in [root.path().to_owned(), root.path().join("absent/token")] {
            let error = Draft::begin(&target).unwrap_err();
            assert_eq!(error.status(), Status::LocalIo, "{error}");
        }
    }
}
