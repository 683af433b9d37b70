//! Trace of real exchanges, which `zfssa-appliance --replay` answers from.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;

use clap::Args;
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use tokio::net::TcpListener;
use zfssa::rest::{Forward, Settings};

use crate::backend::BackendArguments;
use crate::exit::Failure;
use crate::interrupts::{ChildSignals, Interrupts};
use crate::output::{Output, properties};
use crate::record::Identity;
use crate::record::proxy::Proxy;
use crate::record::trace::Trace;

/// What to record.
#[derive(Args)]
pub struct Record {
    /// New file of the trace.
    file: PathBuf,
    /// Address of this host's loopback where the proxy listens; port 0 chooses a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Keeps addresses, host names and serial numbers in the trace. Secrets are masked in any case.
    #[arg(long)]
    identify: bool,
    /// A command of zfssa with its arguments, whose requests are recorded.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Where the proxy listens.
#[derive(Serialize)]
struct Listening {
    san_ip: String,
    san_api_port: u16,
    zfssa_tls_mode: &'static str,
    zfssa_tls_pins: String,
}

impl Record {
    pub async fn run(self, backend: &BackendArguments, output: &Output) -> Result<(), Failure> {
        if !self.listen.ip().is_loopback() {
            return Err(Failure::usage(format!(
                "--listen is {}: give an address of the loopback, such as 127.0.0.1:0",
                self.listen
            )));
        }
        let config = backend.configuration_without_password()?;
        let forward = Forward::new(&Settings::from(&config))?;
        // From here on, a signal ends the recording and not the process.
        let mut interrupts = Interrupts::new().map_err(|e| Failure::local("signals", e))?;
        let identity = Identity::new(self.listen.ip());
        let identity = identity.map_err(|error| Failure::local("the certificate", error))?;
        let listener = TcpListener::bind(self.listen).await;
        let listener = listener.map_err(|error| Failure::local(self.listen, error))?;
        let shown = self.file.display();
        let trace = Trace::create(&self.file, self.identify);
        let trace = Arc::new(trace.map_err(|error| Failure::local(shown, error))?);
        let proxy = Proxy::start(listener, identity, forward, trace.clone());
        let proxy = proxy.map_err(|error| Failure::local(self.listen, error))?;
        let ended = match self.command.is_empty() {
            true => {
                announce(&proxy, output)?;
                interrupts.next().await;
                Ok(())
            }
            false => run_through(&proxy, backend, &self.command).await,
        };
        proxy.stop().await;
        let count = trace.finish();
        let count = count.map_err(|error| Failure::local(self.file.display(), error))?;
        eprintln!("zfssa: wrote {count} exchanges to {}", self.file.display());
        ended
    }
}

fn announce(proxy: &Proxy, output: &Output) -> Result<(), Failure> {
    let listening = Listening {
        san_ip: proxy.address.ip().to_string(),
        san_api_port: proxy.address.port(),
        zfssa_tls_mode: "pin",
        zfssa_tls_pins: proxy.sha256.clone(),
    };
    output.show(&listening, || {
        let options = properties([
            ("san_ip", listening.san_ip.clone()),
            ("san_api_port", listening.san_api_port.to_string()),
            ("zfssa_tls_mode", listening.zfssa_tls_mode.to_owned()),
            ("zfssa_tls_pins", listening.zfssa_tls_pins.clone()),
        ]);
        format!("{options}\nrecording hosts with these options; Ctrl-C ends the recording")
    })
}

/// Runs this program on the same backend with the proxy in place of the appliance.
async fn run_through(
    proxy: &Proxy,
    backend: &BackendArguments,
    command: &[OsString],
) -> Result<(), Failure> {
    let unable = |error: std::io::Error| Failure::local("the recorded command", error);
    let program = std::env::current_exe().map_err(unable)?;
    let mut signals = ChildSignals::new().map_err(unable)?;
    let mut child = std::process::Command::new(program)
        .args(backend.words())
        .arg("--through")
        .arg(format!("{}={}", proxy.address, proxy.sha256))
        .args(command)
        .spawn()
        .map_err(unable)?;
    loop {
        if let Some(ended) = child.try_wait().map_err(unable)? {
            return of_child(ended);
        }
        // Ctrl-C reaches the command by itself, since it has the same terminal.
        if signals.is_told_to_end().await {
            let id = i32::try_from(child.id()).ok();
            if let Some(id) = id.and_then(Pid::from_raw) {
                // The child was not waited for yet, so the id is still its own.
                let _ = kill_process(id, Signal::TERM);
            }
        }
    }
}

/// The recorded command has reported its failure; its exit code is that of the recording.
fn of_child(status: ExitStatus) -> Result<(), Failure> {
    match status.code().map(u8::try_from) {
        Some(Ok(0)) => Ok(()),
        Some(Ok(code)) => Err(Failure::Reported(code)),
        _ => Err(Failure::local("the recorded command", status)),
    }
}
