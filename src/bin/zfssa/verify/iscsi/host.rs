//! Hosts of the probes: sessions whose calls run off the threads of the runtime.

use std::fmt;

use zfssa::Outcome;
use zfssa::scope::Scope;

use crate::verify::answer::Trouble;
use crate::verify::iscsi::disk::{Disk, Fault};
use crate::verify::iscsi::library::Functions;
use crate::verify::iscsi::session::{End, LIMIT, Login, Reply, Session};

/// A host that is logged in to a target.
pub struct Host {
    session: Option<Session>,
    scope: Scope,
}

impl Host {
    /// Logs in. A refusal is a result of its own.
    pub async fn log_in(
        functions: Functions,
        login: &Login,
        scope: &Scope,
    ) -> Result<Result<Host, End>, Trouble> {
        let (login, in_thread) = (login.clone(), scope.clone());
        let session = off(move || Session::log_in(functions, &login, &in_thread)).await?;
        match session {
            Ok(session) => Ok(Ok(Host {
                session: Some(session),
                scope: scope.clone(),
            })),
            Err(End::Stopped(stop)) => Err(stop.error(Outcome::None).into()),
            Err(end) => Ok(Err(end)),
        }
    }

    /// Runs some commands.
    pub async fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Disk<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Trouble> {
        let Some(mut session) = self.session.take() else {
            return Err(End::Lost.into());
        };
        let scope = self.scope.clone();
        let (session, result) = off(move || {
            let mut disk = Disk {
                session: &mut session,
                scope: &scope,
            };
            let result = work(&mut disk);
            (session, result)
        })
        .await?;
        self.session = Some(session);
        Ok(result?)
    }

    /// Logs out, also after the run was cancelled.
    pub async fn log_out(mut self) {
        if let Some(session) = self.session.take() {
            // The connection ends in any case.
            let _ = off(move || session.log_out()).await;
        }
    }
}

/// Runs calls that wait in a thread of their own.
async fn off<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Trouble> {
    let (done, result) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("zfssa-iscsi".to_owned());
    // This side always waits for the result, so that the session comes back.
    let started = thread.spawn(move || drop(done.send(work())));
    started.map_err(|_| Trouble::Unexpected("iSCSI: no thread can be started".to_owned()))?;
    let result = result.await;
    result.map_err(|_| Trouble::Unexpected("iSCSI: a thread panicked".to_owned()))
}

impl From<End> for Trouble {
    fn from(end: End) -> Trouble {
        match end {
            End::Stopped(stop) => stop.error(Outcome::None).into(),
            other => Trouble::Unexpected(format!("iSCSI: {other}")),
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        let text = match fault {
            Fault::End(end) => return end.into(),
            Fault::Reply(reply) => format!("SCSI: {reply}"),
            Fault::Foreign => "another LUN is at the LU number: its data were not touched".into(),
        };
        Trouble::Unexpected(text)
    }
}

/// Free of names and addresses, as the report needs it.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Stopped(_) => f.write_str("cancelled"),
            End::Elapsed => write!(f, "no answer in {} s", LIMIT.as_secs()),
            End::Lost => f.write_str("no connection"),
            End::Refused(status) => write!(f, "login status {status:#06x}"),
            End::Unproven => f.write_str("the target did not prove its identity"),
        }
    }
}

/// Such as `good`, or sense key, code and qualifier as in `5/25/00`.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reply::Good => f.write_str("good"),
            Reply::Sense(key, code) => write!(f, "{key:x}/{:02x}/{:02x}", code >> 8, code & 0xff),
            Reply::Status(status) => write!(f, "status {status:#04x}"),
        }
    }
}
