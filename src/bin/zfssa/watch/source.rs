//! Source of log lines: a file that is followed when it is rotated, or a pipe.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;

use crate::watch::tally::Tally;

/// Longest line that is read, in bytes.
const LONGEST_LINE: usize = 1 << 20;

/// How often a file is looked at for new lines. It is a file of the local host, so that a read
/// does not wait.
const LOOK: Duration = Duration::from_millis(100);

/// Standard input, opened again so that reading it does not block.
const STANDARD_INPUT: &str = "/proc/self/fd/0";

/// Where the lines come from.
pub struct Source {
    from: From,
    lines: Lines,
    buffer: Vec<u8>,
}

enum From {
    File(Followed),
    Pipe(pipe::Receiver),
}

/// A file by its name. A file that takes its name is read next.
struct Followed {
    path: PathBuf,
    file: File,
    at: u64,
    follows: bool,
}

/// What a read found.
#[derive(PartialEq, Eq)]
pub enum Found {
    Lines,
    /// Nothing now, and maybe later.
    Nothing,
    /// There will be nothing more.
    End,
}

impl Source {
    /// Opens a file, or standard input for `None` or `-`. Without `follows`, the end of a file is
    /// the end of the lines. Needs a tokio runtime.
    pub fn open(path: Option<&Path>, follows: bool) -> io::Result<Source> {
        let path = path.filter(|path| *path != Path::new("-"));
        let (path, follows) = match path {
            Some(path) => (path, follows),
            None => (Path::new(STANDARD_INPUT), false),
        };
        let kind = std::fs::metadata(path)?.file_type();
        let from = if kind.is_fifo() {
            From::Pipe(pipe::OpenOptions::new().open_receiver(path)?)
        } else if kind.is_file() {
            From::File(Followed {
                path: path.to_owned(),
                file: File::open(path)?,
                at: 0,
                follows,
            })
        } else {
            return Err(io::Error::other("is neither a file nor a pipe"));
        };
        Ok(Source {
            from,
            lines: Lines::default(),
            buffer: vec![0; 1 << 16],
        })
    }

    /// Waits for bytes, and counts the lines that they complete. Dropping the future loses nothing.
    pub async fn read(&mut self, tally: &mut Tally) -> io::Result<Found> {
        let read = match &mut self.from {
            From::Pipe(pipe) => match pipe.read(&mut self.buffer).await? {
                0 => Found::End,
                read => return Ok(self.take(read, tally)),
            },
            From::File(file) => match file.read(&mut self.buffer)? {
                0 if file.renew()? => Found::Nothing,
                0 if !file.follows => Found::End,
                0 => {
                    tokio::time::sleep(LOOK).await;
                    Found::Nothing
                }
                read => return Ok(self.take(read, tally)),
            },
        };
        if read == Found::End {
            self.lines.end(tally);
        }
        Ok(read)
    }

    fn take(&mut self, read: usize, tally: &mut Tally) -> Found {
        self.lines.add(&self.buffer[..read], tally);
        Found::Lines
    }
}

impl Followed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }

    /// At the end of the file: begins with the file that has the name now, or again with one that
    /// was made shorter. Returns whether there is more to read.
    fn renew(&mut self) -> io::Result<bool> {
        if !self.follows {
            return Ok(false);
        }
        let own = self.file.metadata()?;
        // Between the removal and the creation of a rotation there is no file.
        let Ok(named) = std::fs::metadata(&self.path) else {
            return Ok(false);
        };
        let is_same =
            |one: &Metadata, other: &Metadata| (one.dev(), one.ino()) == (other.dev(), other.ino());
        if !is_same(&own, &named) && own.len() <= self.at {
            let Ok(file) = File::open(&self.path) else {
                return Ok(false);
            };
            (self.file, self.at) = (file, 0);
            return Ok(true);
        }
        if own.len() < self.at {
            self.file.rewind()?;
            self.at = 0;
            return Ok(true);
        }
        Ok(false)
    }
}

/// Lines that arrive in parts.
#[derive(Default)]
struct Lines {
    part: Vec<u8>,
    /// Whether the rest of the line is left out.
    is_too_long: bool,
}

impl Lines {
    fn add(&mut self, bytes: &[u8], tally: &mut Tally) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, is_end) = match part.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (part, false),
            };
            self.is_too_long |= self.part.len() + text.len() > LONGEST_LINE;
            match self.is_too_long {
                true => self.part.clear(),
                false => self.part.extend_from_slice(text),
            }
            if is_end {
                self.end(tally);
            }
        }
    }

    fn end(&mut self, tally: &mut Tally) {
        match std::mem::take(&mut self.is_too_long) {
            true => tally.skip(),
            false => tally.add(&self.part),
        }
        self.part.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_and_one_that_is_too_long_is_skipped() {
        let (mut lines, mut tally) = (Lines::default(), Tally::default());
        let line = br#"{"msg":"done","target":"zfssa","operation":"echo","operation_id":"1"}"#;
        for part in line.chunks(7) {
            lines.add(part, &mut tally);
        }
        lines.add(b"\n\n", &mut tally);
        for _ in 0..3 {
            lines.add(&vec![b'x'; LONGEST_LINE / 2], &mut tally);
        }
        lines.add(b"\n", &mut tally);
        lines.add(line, &mut tally);
        lines.end(&mut tally);
        let summary = tally.summary();
        assert_eq!((summary.lines, summary.skipped), (3, 1));
        assert_eq!(summary.operations[0].done, 2);
    }
}
