//! File of a persistent API token, and how it is read.
//!
//! The file holds the token and nothing else; a newline at its end is ignored.

use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Outcome, Result, Status};
use crate::secret::Secret;

/// The longest token that is read, in bytes. Those of Oracle's documentation have 31.
pub const LONGEST_TOKEN: usize = 1024;

/// Reads the token of a file. Blocks, so it runs on the threads of [`crate::local`].
///
/// # Errors
///
/// `LocalIo` with the path and the remedy, never with the content: the file cannot be read, is a
/// directory or another thing that is not a regular file, can be read or written by every user of
/// the host, or holds no token.
pub fn read(path: &Path) -> Result<Secret> {
    let fail = |problem: String| Err(unusable(path, &problem));
    let cannot = |error: io::Error| {
        let remedy = "let the user of this process read it, or correct zfssa_token_file";
        unusable(path, &format!("cannot be read: {error}: {remedy}"))
    };
    // A pipe must not block the thread until a program writes into it.
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path);
    let mut file = opened.map_err(cannot)?;
    // Of the open file: the path may lead to another one by now.
    let found = file.metadata().map_err(cannot)?;
    if !found.is_file() {
        return fail("is not a regular file: give the path of a file with a token".to_owned());
    }
    if found.mode() & 0o007 != 0 && !canary!("token-file-open-to-all") {
        let mode = found.mode() & 0o777;
        return fail(format!(
            "is open to every user of the host (mode {mode:03o}): take that away, for example \
             with chmod o= (in a Kubernetes volume: defaultMode 0440)"
        ));
    }
    // One byte more than a token with its newline has, so that a longer file shows.
    let mut bytes = Zeroizing::new([0_u8; LONGEST_TOKEN + 3]);
    let mut length = 0;
    while length < bytes.len() {
        match file.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(cannot(error)),
        }
    }
    token(&bytes[..length]).map_err(|problem| unusable(path, &problem))
}

/// The token in the content of a file; the error has no part of it.
fn token(bytes: &[u8]) -> std::result::Result<Secret, String> {
    const REMEDY: &str = "write the token alone into it, on one line";
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(format!("is empty: {REMEDY}"));
    }
    if line.len() > LONGEST_TOKEN {
        return Err(format!(
            "is longer than {LONGEST_TOKEN} bytes, which no token is: {REMEDY}"
        ));
    }
    let odd = line.iter().position(|byte| !byte.is_ascii_graphic());
    match (odd, std::str::from_utf8(line)) {
        (None, Ok(token)) => Ok(Secret::from(token)),
        (odd, _) => Err(format!(
            "holds a character at byte {} that no token has, such as a blank, a line break or a \
             byte order mark: {REMEDY}",
            odd.unwrap_or_default() + 1
        )),
    }
}

/// The error of a token file; `problem` ends with the remedy.
pub(crate) fn unusable(path: &Path, problem: &str) -> Error {
    Error::new(
        Status::LocalIo,
        format!("token file {}: {problem}", path.display()),
    )
    .with_outcome(Outcome::None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::PathBuf;

    const TOKEN: &str = "CANARYtoken0123456789abcdefghij";

    fn file(root: &Path, content: impl AsRef<[u8]>, mode: u32) -> PathBuf {
        let path = root.join("token");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn one_newline_at_the_end_is_ignored() {
        let root = tempfile::tempdir().unwrap();
        for end in ["", "\n", "\r\n"] {
            let path = file(root.path(), format!("{TOKEN}{end}"), 0o640);
            assert_eq!(read(&path).unwrap().expose(), TOKEN);
        }
        let longest = "x".repeat(LONGEST_TOKEN);
        let path = file(root.path(), format!("{longest}\r\n"), 0o400);
        assert_eq!(read(&path).unwrap().expose(), longest);
        let link = root.path().join("link");
        symlink(&path, &link).unwrap();
        assert_eq!(read(&link).unwrap().expose(), longest);
    }

    #[test]
    fn an_unusable_file_is_named_with_the_remedy_and_without_its_content() {
        let root = tempfile::tempdir().unwrap();
        let long = TOKEN.repeat(LONGEST_TOKEN);
        let over = "x".repeat(LONGEST_TOKEN + 1);
        let cases: [(&[u8], u32, &str, &str); 11] = [
            (b"", 0o600, "is empty", "write the token alone"),
            (b"\n", 0o600, "is empty", "write the token alone"),
            (
                long.as_bytes(),
                0o600,
                "is longer than 1024 bytes",
                "write the token alone",
            ),
            (
                over.as_bytes(),
                0o600,
                "is longer than 1024 bytes",
                "write the token alone",
            ),
            (b"CANARY token", 0o600, "at byte 7", "on one line"),
            (b"CANARY\ntoken\n", 0o600, "at byte 7", "on one line"),
            (b"CANARY\n\n", 0o600, "at byte 7", "on one line"),
            (b"\xef\xbb\xbfCANARY", 0o600, "at byte 1", "byte order mark"),
            (b"CANARY\0", 0o600, "at byte 7", "on one line"),
            (TOKEN.as_bytes(), 0o644, "mode 644", "chmod o="),
            (TOKEN.as_bytes(), 0o602, "mode 602", "chmod o="),
        ];
        for (content, mode, problem, remedy) in cases {
            let path = file(root.path(), content, mode);
            let error = read(&path).unwrap_err();
            let words = format!("{error} {error:?}");
            assert_eq!(error.status(), Status::LocalIo, "{words}");
            for part in [problem, remedy, path.to_str().unwrap()] {
                assert!(words.contains(part), "{part}: {words}");
            }
            assert!(!words.contains("CANARY"), "{words}");
        }
        for (path, problem) in [
            (root.path().to_owned(), "is not a regular file"),
            (root.path().join("absent"), "cannot be read: No such file"),
        ] {
            let error = read(&path).unwrap_err();
            assert!(error.message().contains(problem), "{error}");
            assert!(error.message().contains(path.to_str().unwrap()), "{error}");
        }
        assert!(read(Path::new("/dev/null")).is_err());
    }
}
