//! The front: the public portal. It reads who logs in to what, and carries the connection to the `tgtd` of that view.

use std::io;
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::admission::is_name;
use super::discovery;
use super::pdu::{LoginStatus, Pdu, opcode};
use super::worker::{Job, Pass};

/// How long a new connection may take to say who it is.
const FIRST_WORDS: Duration = Duration::from_secs(30);

/// Takes connections for as long as the task lives.
pub(super) async fn serve(listener: TcpListener, jobs: Sender<Job>) {
    loop {
        match listener.accept().await {
            Ok((host, _)) => {
                let jobs = jobs.clone();
                // A connection that fails is the host's to notice.
                tokio::spawn(async move { connection(host, &jobs).await });
            }
            // No descriptors are left, or the host was gone already. The first needs time to pass.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn connection(mut host: TcpStream, jobs: &Sender<Job>) -> io::Result<()> {
    host.set_nodelay(true)?;
    let mut raw = Vec::new();
    let first = timeout(FIRST_WORDS, Pdu::read(&mut host, &mut raw))
        .await
        .map_err(io::Error::from)??;
    let Some(first) = first.filter(|first| first.opcode() == opcode::LOGIN) else {
        return Ok(());
    };
    if first.value("SessionType") == Some("Discovery") {
        let portal = host.local_addr()?;
        let targets = ask(jobs, Job::Targets).await.unwrap_or_default();
        let targets: Vec<_> = targets
            .into_iter()
            .map(|iqn| (iqn, format!("{portal},1")))
            .collect();
        return discovery::serve(&mut host, first, &targets).await;
    }
    match log_in(&first, jobs).await {
        Ok((mut tgtd, pass)) => pass.visit.carry(&mut host, &mut tgtd, &raw).await,
        Err(status) => {
            host.write_all(&Pdu::refuse_login(&first, status).encode())
                .await?;
            host.shutdown().await
        }
    }
}

async fn log_in(first: &Pdu, jobs: &Sender<Job>) -> Result<(TcpStream, Pass), LoginStatus> {
    // The names have to be in the first request (RFC 7143, 6.2). One that goes on would need an answer of ours in
    // between, and then tgtd would not know what has been said.
    if first.continues() {
        return Err(LoginStatus::InitiatorError);
    }
    let name = |key| first.value(key).ok_or(LoginStatus::MissingParameter);
    let (initiator, target) = (name("InitiatorName")?, name("TargetName")?);
    if !is_name(initiator) {
        return Err(LoginStatus::InitiatorError);
    }
    let (target, initiator) = (target.to_owned(), initiator.to_owned());
    let pass = ask(jobs, |reply| Job::LogIn {
        target,
        initiator,
        reply,
    })
    .await
    .ok_or(LoginStatus::ServiceUnavailable)??;
    let tgtd = TcpStream::connect(pass.portal)
        .await
        .map_err(|_| LoginStatus::ServiceUnavailable)?;
    tgtd.set_nodelay(true)
        .map_err(|_| LoginStatus::ServiceUnavailable)?;
    Ok((tgtd, pass))
}

/// The worker's answer; `None` when it has stopped.
async fn ask<T>(jobs: &Sender<Job>, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Option<T> {
    let (reply, answer) = oneshot::channel();
    jobs.send(job(reply)).ok()?;
    answer.await.ok()
}
