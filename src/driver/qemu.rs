//! The transfer that is built in: `qemu-img` writes a local image file onto the LUN by iSCSI, so
//! that the host needs no initiator in its kernel.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::driver::{Connection, ImageTransfer, Progress, Transferring};
use crate::error::{Error, Outcome, Result, Status};

/// Writes a local image with `qemu-img convert`. The CHAP secret goes to the program through its
/// standard input; it stands neither among its arguments nor in a file.
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
    /// Formats whose headers this transfer can judge.
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
        let (info, _) = Running::start(info, None)?.output(None).await?;
        self.stands_alone(&info)?;

        let mut convert = self.command()?;
        convert.args(["convert", "-p", "-n", "--image-opts", &self.source()]);
        if connection.auth.is_some() {
            convert.args(["--object", "secret,id=chap,file=/dev/stdin"]);
        }
        convert.args(["--target-image-opts", &self.target(&connection)]);
        let secret = connection.auth.as_ref().map(|auth| auth.password.expose());
        let running = Running::start(convert, secret)?;
        running.output(Some(progress)).await?;
        Ok(())
    }

    /// The program, which does not outlive this process: what it would go on to write at an LU
    /// number may be another LUN by then. util-linux has the means; where it is missing, the
    /// program's own end must do.
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

/// A program at its path, or in `PATH` by its name alone.
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

/// A program that is ended when nobody waits for it any more.
struct Running(Arc<Mutex<Child>>);

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended and was waited for is not touched.
        let _ = lock(&self.0).kill();
    }
}

fn lock(child: &Mutex<Child>) -> std::sync::MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Running {
    fn start(mut command: Command, secret: Option<&str>) -> Result<Running> {
        let stdin = if secret.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        };
        let mut child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed("qemu-img cannot be started", error))?;
        if let (Some(secret), Some(mut stdin)) = (secret, child.stdin.take()) {
            // It fits into the pipe: no wait.
            let written = stdin.write_all(secret.as_bytes());
            written.map_err(|error| failed("qemu-img takes no secret", error))?;
        }
        Ok(Running(Arc::new(Mutex::new(child))))
    }

    /// Waits for its end, beside the runtime's workers. Answers with what it printed.
    async fn output(self, progress: Option<Progress>) -> Result<(String, ())> {
        let child = self.0.clone();
        let waited = tokio::task::spawn_blocking(move || wait(&child, progress.as_ref())).await;
        let (success, output, errors) = waited
            .map_err(|error| failed("the wait for qemu-img ended", error))?
            .map_err(|error| failed("qemu-img", error))?;
        if success {
            return Ok((output, ()));
        }
        let last = errors.trim().lines().last().unwrap_or("without a word");
        Err(failed("qemu-img failed", last))
    }
}

fn wait(
    child: &Mutex<Child>,
    progress: Option<&Progress>,
) -> std::io::Result<(bool, String, String)> {
    let (stdout, stderr) = {
        let mut child = lock(child);
        (child.stdout.take(), child.stderr.take())
    };
    // It says little on standard error, and only when it fails.
    let output = stdout.map_or(Ok(String::new()), |stdout| follow(stdout, progress))?;
    let mut errors = String::new();
    if let Some(mut stderr) = stderr {
        stderr.read_to_string(&mut errors)?;
    }
    let status = lock(child).wait()?;
    Ok((status.success(), output, errors))
}

/// Reads to the end. `    (12.34/100%)`, each followed by a carriage return, is progress.
fn follow(mut stdout: ChildStdout, progress: Option<&Progress>) -> std::io::Result<String> {
    let mut output = String::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stdout.read(&mut buffer)?;
        if read == 0 {
            return Ok(output);
        }
        output.push_str(&String::from_utf8_lossy(&buffer[..read]));
        let Some(progress) = progress else { continue };
        if let Some(percent) = last_percent(&output) {
            progress.set(percent);
        }
        let from = output.rfind('\r').map_or(0, |at| at + 1);
        output.drain(..from);
    }
}

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
