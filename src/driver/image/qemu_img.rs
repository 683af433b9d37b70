//! Image transfer by `qemu-img`, which writes a local image file onto the LUN over iSCSI, so that
//! the host needs no kernel initiator.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::driver::attach::connection::Connection;
use crate::driver::image::child_process::{Running, Tail};
use crate::driver::image::transfer::{ImageTransfer, Transferring};
use crate::error::{Error, Outcome, Result, Status};
use crate::progress::Progress;

/// Longest image description that is read. That of a VMDK lists each of its extents.
const LONGEST_INFO: usize = 4 << 20;

/// Number of bytes of printed progress that are kept: more than one line.
const LONGEST_PROGRESS: usize = 256;

/// Writes a local image with `qemu-img convert`. The CHAP secret goes to the program through its
/// standard input; it appears neither in the arguments nor in a file.
#[derive(Clone, Debug)]
pub struct QemuImg {
    /// The image, an absolute path.
    pub image: PathBuf,
    /// `raw`, `qcow2` or `vmdk`. Never guessed: a guess would let the image's author choose.
    pub format: String,
    /// The iSCSI name to log in with; the one that the operation presents the LUN to.
    pub initiator: String,
    /// The program; `qemu-img` is looked for in `PATH`.
    pub program: PathBuf,
}

impl ImageTransfer for QemuImg {
    fn transfer<'a>(&'a self, connection: Connection, progress: &'a Progress) -> Transferring<'a> {
        Box::pin(self.run(connection, progress.clone()))
    }
}

impl QemuImg {
    /// Formats whose headers this transfer can check.
    pub const FORMATS: &[&str] = &["raw", "qcow2", "vmdk"];

    async fn run(&self, connection: Connection, progress: Progress) -> Result<()> {
        if !Self::FORMATS.contains(&self.format.as_str()) {
            return Err(Error::invalid_argument(
                "image format",
                &self.format,
                "use raw, qcow2 or vmdk",
            ));
        }
        let mut info = self.command()?;
        info.args(["info", "--output=json", "--image-opts", &self.source()]);
        let info = run(info, None, LONGEST_INFO, |_| {}).await?;
        if info.cut {
            let reason = format!("its output is longer than {LONGEST_INFO} bytes");
            return Err(failed("qemu-img info", reason));
        }
        self.stands_alone(&info.text())?;

        let mut convert = self.command()?;
        convert.args(["convert", "-p", "-n", "--image-opts", &self.source()]);
        if connection.auth.is_some() {
            convert.args(["--object", "secret,id=chap,file=/dev/stdin"]);
        }
        convert.args(["--target-image-opts", &self.target(&connection)]);
        let secret = connection.auth.as_ref().map(|auth| auth.password.expose());
        let heard = |said: &Tail| {
            if let Some(percent) = last_percent(&said.text()) {
                progress.set(percent);
            }
        };
        run(convert, secret, LONGEST_PROGRESS, heard).await?;
        Ok(())
    }

    /// The program must not outlive this process: the LU number that it writes to may belong to
    /// another LUN by then. `setpriv` of util-linux ensures this; without it, the program ends by
    /// itself. The kernel watches the thread that starts the program, so that is a thread of the
    /// runtime, which lives as long as the operation.
    fn command(&self) -> Result<Command> {
        let program = found(&self.program).ok_or_else(|| {
            let reason = format!(
                "there is no {}; install qemu-utils, or name the program",
                self.program.display()
            );
            failed("qemu-img cannot be started", reason)
        })?;
        Ok(match found(Path::new("setpriv")) {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command.args(["--pdeathsig", "KILL", "--"]).arg(program);
                command
            }
            None => Command::new(program),
        })
    }

    fn source(&self) -> String {
        let name = escaped(&self.image.to_string_lossy());
        format!(
            "driver={},file.driver=file,file.filename={name}",
            self.format
        )
    }

    fn target(&self, connection: &Connection) -> String {
        // libiscsi wants a number above 255 as it is on the wire: in flat addressing.
        let lun = match connection.target_lun {
            small @ 0..=255 => small,
            large => large | 0x4000,
        };
        let mut target = format!(
            "driver=iscsi,transport=tcp,portal={},target={},lun={lun},initiator-name={}",
            escaped(&connection.target_portal),
            escaped(&connection.target_iqn),
            escaped(&self.initiator),
        );
        if let Some(auth) = &connection.auth {
            let user = escaped(&auth.username);
            target.push_str(&format!(",user={user},password-secret=chap"));
        }
        target
    }

    /// Refuses an image that refers to other files: it would carry their content into a volume.
    fn stands_alone(&self, info: &str) -> Result<()> {
        let refuse = |what: &str| {
            Err(Error::new(
                Status::Transfer,
                format!(
                    "{} refers to another file ({what}), which is not followed; flatten it first",
                    self.image.display()
                ),
            ))
        };
        let info: Value = serde_json::from_str(info)
            .map_err(|error| Error::new(Status::Transfer, format!("qemu-img info: {error}")))?;
        if info.get("backing-filename").is_some() {
            return refuse("a backing file");
        }
        let data = info.pointer("/format-specific/data");
        if data.is_some_and(|data| data.get("data-file").is_some()) {
            return refuse("a data file");
        }
        let extents = data.and_then(|data| data.get("extents")?.as_array());
        let own = |extent: &Value| {
            let name = extent.get("filename").and_then(Value::as_str);
            name.is_none_or(|name| Path::new(name) == self.image)
        };
        if extents.is_some_and(|extents| !extents.iter().all(own)) {
            return refuse("an extent");
        }
        Ok(())
    }
}

/// A program by its path, or by its name in `PATH`.
fn found(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return program.is_file().then(|| program.to_owned());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|candidate| candidate.is_file())
}

/// A value among QEMU's options: a comma is doubled.
fn escaped(text: &str) -> String {
    text.replace(',', ",,")
}

fn failed(what: &str, error: impl std::fmt::Display) -> Error {
    Error::new(Status::Transfer, format!("{what}: {error}")).with_outcome(Outcome::None)
}

/// Runs a program to its end. Returns its output, or the end of its standard error.
async fn run(
    mut command: Command,
    secret: Option<&str>,
    most: usize,
    heard: impl FnMut(&Tail),
) -> Result<Tail> {
    let running = Running::start(&mut command, secret)
        .map_err(|error| failed("qemu-img cannot be started", error))?;
    let ended = running.end(most, heard).await;
    let ended = ended.map_err(|error| failed("qemu-img", error))?;
    if ended.status.success() {
        return Ok(ended.output);
    }
    let words = ended.words.text();
    let last = words.trim().lines().last().unwrap_or("without output");
    Err(failed("qemu-img failed", last))
}

/// The last progress: `    (12.34/100%)`, each followed by a carriage return.
fn last_percent(text: &str) -> Option<f64> {
    let end = text.rfind("/100%)")?;
    let start = text[..end].rfind('(')? + 1;
    text[start..end].trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_the_last_that_was_printed() {
        assert_eq!(
            last_percent("    (0.00/100%)\r    (12.50/100%)\r"),
            Some(12.5)
        );
        assert_eq!(last_percent("    (100.00/100%)\r    (1"), Some(100.0));
        assert_eq!(last_percent("nothing"), None);
    }

    #[test]
    fn names_cannot_add_options() {
        assert_eq!(escaped("a,driver=x"), "a,,driver=x");
    }
}
