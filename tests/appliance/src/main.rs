//! `zfssa-appliance`: the simulator as a program.
//!
//! It prints one line of JSON when it is ready and ends cleanly on SIGTERM and SIGINT.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use zfssa_appliance::data_plane::{DataPlaneArguments, TgtdDataPlane};
use zfssa_appliance::storage::DataPlane;
use zfssa_appliance::{
    Appliance, CertificateKind, ClusterOptions, Fleet, Knobs, Options, PoolOptions, Profile,
    Release, Replay, ReplayOptions, ReplayReport, TlsOptions, parse_size,
};

/// A simulator of the Oracle ZFS Storage Appliance.
#[derive(Parser)]
#[command(name = "zfssa-appliance", version)]
struct Arguments {
    /// Where the REST service listens; port 0 chooses a free one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Where the admin port listens (plain HTTP without authentication, so keep it on the loopback).
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    admin: SocketAddr,
    /// No admin port.
    #[arg(long, conflicts_with = "admin")]
    no_admin: bool,
    /// The appliance's name.
    #[arg(long, default_value = "appliance-0")]
    nodename: String,
    /// The appliance's serial number, a UUID.
    #[arg(long)]
    asn: Option<String>,
    /// The administrator.
    #[arg(long, default_value = "root")]
    user: String,
    /// The administrator's password (visible to other users of the machine in the list of processes).
    #[arg(long, default_value = "secret")]
    password: String,
    /// A file with the administrator's password; one line break at its end does not count.
    #[arg(long, conflicts_with = "password", value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The environment variable with the administrator's password.
    #[arg(long, conflicts_with_all = ["password", "password_file"], value_name = "NAME")]
    password_env: Option<String>,
    /// The name of a pool; several may be given.
    #[arg(long, default_value = "pool-0", value_name = "NAME")]
    pool: Vec<String>,
    /// The size of each pool, such as 1TiB or 500g.
    #[arg(long, default_value = "1TiB", value_parser = size, value_name = "SIZE")]
    pool_size: u64,
    /// Many LUNs, initiator groups and snapshots in the project `default` of the pool `pool-0`.
    #[arg(long, value_name = "LUNS[,GROUPS[,SNAPSHOTS]]")]
    fleet: Option<Fleet>,
    /// A network interface that targets may name; several may be given.
    #[arg(long, default_values_t = ["ixgbe0".to_owned(), "ixgbe1".to_owned()], value_name = "NAME")]
    interface: Vec<String>,
    /// Where to write the certificate of the CA (PEM).
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Where to write the server's certificate (PEM).
    #[arg(long, value_name = "FILE")]
    certificate_file: Option<PathBuf>,
    /// The kind of certificate: good, expired, wrong_name or self_signed.
    #[arg(long, default_value = "good", value_parser = certificate, value_name = "KIND")]
    certificate: CertificateKind,
    /// One more DNS name or address in the certificate; several may be given.
    #[arg(long, value_name = "NAME")]
    certificate_name: Vec<String>,
    /// Speak TLS 1.2 and nothing newer.
    #[arg(long)]
    tls12_only: bool,
    /// The software release: 2013.1.2, OS8.7 (the default) or OS8.8.
    #[arg(long)]
    release: Option<Release>,
    /// A cluster of two heads; the peer's own address.
    #[arg(long, value_name = "ADDRESS")]
    cluster: Option<SocketAddr>,
    /// The profile of a real appliance, which `zfssa verify --simulator-profile` writes: the knobs to begin with.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Knobs to begin with, in place of those of the profile, as a JSON object: see the README.
    #[arg(long, default_value = "{}", value_name = "JSON")]
    knobs: String,
    /// Answers from a trace of `zfssa record` instead of simulating an appliance. At the end, standard error has the
    /// requests that the trace does not have, for which the exit code is 1, and the exchanges that were not asked for.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["admin", "profile", "knobs", "fleet", "cluster", "data_plane"]
    )]
    replay: Option<PathBuf>,
    /// How many exchanges the trace keeps; 0 switches it off.
    #[arg(long, default_value_t = 100_000, value_name = "NUMBER")]
    trace: usize,
    /// Worker threads.
    #[arg(long, default_value_t = 2, value_name = "NUMBER")]
    threads: usize,
    /// Where to write the line that is printed when the program is ready.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// End when the parent process ends.
    #[arg(long)]
    exit_with_parent: bool,
    #[command(flatten)]
    data_plane: DataPlaneArguments,
}

fn size(text: &str) -> Result<u64, String> {
    parse_size(text).ok_or_else(|| "expecting a size such as 1TiB".to_owned())
}

fn certificate(text: &str) -> Result<CertificateKind, String> {
    serde_json::from_value(text.into())
        .map_err(|_| "expecting good, expired, wrong_name or self_signed".to_owned())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("zfssa-appliance: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    if arguments.exit_with_parent {
        exit_with_parent()?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(arguments.threads.max(1))
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Before the line that says "ready": a signal right after it must find somebody at home.
        let (mut terminate, mut interrupt) = (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
        );
        if let Some(trace) = arguments.replay.clone() {
            let replay = start_replay(trace, &arguments).await?;
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            return judge(&replay.stop().await);
        }
        let ready_file = arguments.ready_file.clone();
        let plane = arguments.data_plane.start()?;
        let mut options = options(arguments)?;
        options.data_plane = plane.clone().map(|plane| plane as Arc<dyn DataPlane>);
        let appliance = Appliance::start(options).await?;
        announce(&appliance, plane.as_deref(), ready_file)?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        appliance.stop().await;
        if let Some(plane) = plane {
            plane.stop()?;
        }
        Ok(())
    })
}

async fn start_replay(trace: PathBuf, arguments: &Arguments) -> std::io::Result<Replay> {
    let replay = Replay::start(ReplayOptions {
        trace,
        listen: arguments.listen,
        tls: tls_options(arguments),
    })
    .await?;
    if let Some(path) = &arguments.ca_file {
        std::fs::write(path, replay.ca_pem())?;
    }
    let address = replay.address();
    let line = json!({
        "url": format!("https://localhost:{}", address.port()),
        "host": address.ip().to_string(),
        "port": address.port(),
        "ca_file": arguments.ca_file,
        "certificate_sha256": replay.certificate_sha256(),
        "pid": std::process::id(),
    });
    say(&line, arguments.ready_file.as_deref())?;
    Ok(replay)
}

/// Prints how requests and trace differ. A request that the trace does not have is a failure.
fn judge(report: &ReplayReport) -> Result<(), Box<dyn std::error::Error>> {
    for request in &report.not_in_trace {
        eprintln!("not in the trace: {request}");
    }
    for exchange in &report.not_asked_for {
        eprintln!("not asked for: {exchange}");
    }
    match report.not_in_trace.len() {
        0 => Ok(()),
        count => Err(format!("{count} requests are not in the trace").into()),
    }
}

fn tls_options(arguments: &Arguments) -> TlsOptions {
    TlsOptions {
        certificate: arguments.certificate,
        tls12_only: arguments.tls12_only,
        names: arguments.certificate_name.clone(),
    }
}

fn options(arguments: Arguments) -> Result<Options, Box<dyn std::error::Error>> {
    let knobs = knobs(&arguments)?;
    let tls = tls_options(&arguments);
    let password = if let Some(path) = &arguments.password_file {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        text.strip_suffix('\n').unwrap_or(&text).to_owned()
    } else if let Some(name) = &arguments.password_env {
        std::env::var(name).map_err(|error| format!("{name}: {error}"))?
    } else {
        arguments.password
    };
    let size = arguments.pool_size;
    Ok(Options {
        listen: arguments.listen,
        admin: (!arguments.no_admin).then_some(arguments.admin),
        nodename: arguments.nodename,
        asn: arguments.asn,
        user: arguments.user,
        password,
        pools: arguments
            .pool
            .into_iter()
            .map(|name| PoolOptions { name, size })
            .collect(),
        fleet: arguments.fleet,
        interfaces: arguments.interface,
        ca_file: arguments.ca_file,
        certificate_file: arguments.certificate_file,
        tls,
        cluster: arguments.cluster.map(|peer_listen| ClusterOptions {
            peer_listen,
            ..ClusterOptions::default()
        }),
        knobs,
        trace: arguments.trace,
        ..Options::default()
    })
}

/// The knobs of the profile, then those of `--knobs`, then the release.
fn knobs(arguments: &Arguments) -> Result<Knobs, Box<dyn std::error::Error>> {
    let mut knobs = match &arguments.profile {
        Some(path) => {
            let shown = path.display();
            let text =
                std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
            Profile::parse(&text)
                .map_err(|error| format!("{shown}: {error}"))?
                .knobs
        }
        None => Knobs::default(),
    };
    knobs = serde_json::from_str(&arguments.knobs)
        .and_then(|changes| knobs.with(changes))
        .map_err(|error| format!("--knobs: {error}"))?;
    if let Some(release) = arguments.release {
        knobs.release = release;
    }
    Ok(knobs)
}

fn announce(
    appliance: &Appliance,
    plane: Option<&TgtdDataPlane>,
    ready_file: Option<PathBuf>,
) -> std::io::Result<()> {
    let line = json!({
        "url": appliance.url(),
        "host": appliance.host(),
        "port": appliance.port(),
        "admin": appliance.admin_url(),
        "peer_url": appliance.peer_url(),
        "ca_file": appliance.ca_file(),
        "certificate_sha256": appliance.certificate_sha256(),
        "asn": appliance.asn(),
        "portal": plane.map(|plane| plane.portal().to_string()),
        "pid": std::process::id(),
    });
    say(&line, ready_file.as_deref())
}

/// Prints the line on standard output and writes it to the ready file, which appears as a whole or
/// not at all.
fn say(line: &serde_json::Value, ready_file: Option<&Path>) -> std::io::Result<()> {
    if let Some(path) = ready_file {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let mut file =
            tempfile::NamedTempFile::new_in(folder.unwrap_or(std::path::Path::new(".")))?;
        writeln!(file, "{line}")?;
        file.persist(path)?;
    }
    let mut out = std::io::stdout().lock();
    // Nobody may be reading any more; that is no reason to end.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    Ok(())
}

fn exit_with_parent() -> std::io::Result<()> {
    // SAFETY: both calls take and return numbers only; PR_SET_PDEATHSIG concerns this process alone.
    let (parent, failed) = unsafe {
        let parent = libc::getppid();
        (
            parent,
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) != 0,
        )
    };
    if failed {
        return Err(std::io::Error::last_os_error());
    }
    // The parent may have ended before the call; then the signal never comes.
    // SAFETY: as above.
    if unsafe { libc::getppid() } != parent {
        return Err(std::io::Error::other("the parent process has ended"));
    }
    Ok(())
}
