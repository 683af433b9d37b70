//! How many GETs a second the appliance answers over kept-alive TLS, the client on the same machine.
//!
//! `cargo run --release -p zfssa-appliance --example throughput -- [SECONDS] [CONNECTIONS]`
//!
//! The client writes one request and reads the answer to it, on each connection, and does nothing with it, so that the
//! number is as much the appliance's as it can be on one machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use zfssa_appliance::{Appliance, Options};

const LUNS: &str = "/api/storage/v1/pools/pool-0/projects/default/luns";

type Failure = Box<dyn std::error::Error + Send + Sync>;

struct Connection {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(appliance: &Appliance, connector: &TlsConnector) -> Result<Connection, Failure> {
        let stream = TcpStream::connect((appliance.host(), appliance.port())).await?;
        stream.set_nodelay(true)?;
        let stream = connector
            .connect(ServerName::try_from("localhost")?, stream)
            .await?;
        Ok(Connection {
            stream,
            buffer: vec![0; 64 * 1024],
        })
    }

    /// Sends a request and gives the head of its answer.
    async fn exchange(&mut self, request: &[u8]) -> Result<&str, Failure> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                return Err("the connection was closed".into());
            }
            filled += read;
            let Some(end) = self.buffer[..filled]
                .windows(4)
                .position(|four| four == b"\r\n\r\n")
            else {
                continue;
            };
            let head = std::str::from_utf8(&self.buffer[..end])?;
            let length = value(head, "content-length").map_or(Ok(0), str::parse::<usize>)?;
            if filled >= end + 4 + length {
                return Ok(std::str::from_utf8(&self.buffer[..end])?);
            }
        }
    }
}

fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let line = head
        .lines()
        .find(|line| line.len() > name.len() && line[..name.len()].eq_ignore_ascii_case(name))?;
    line.split_once(':').map(|(_, value)| value.trim())
}

fn request(method: &str, path: &str, more: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{more}Content-Length: {length}\r\n\r\n{body}").into_bytes()
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let connections: usize = arguments.next().map_or(Ok(16), |text| text.parse())?;
    let appliance = Arc::new(Appliance::start_blocking(Options {
        threads: 1,
        ..Options::default()
    })?);
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(
        appliance.ca_pem().as_bytes(),
    )?)?;
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()?
    .with_root_certificates(roots)
    .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(measure(
        appliance,
        connector,
        connections,
        Duration::from_secs(seconds),
    ))
}

async fn measure(
    appliance: Arc<Appliance>,
    connector: TlsConnector,
    connections: usize,
    time: Duration,
) -> Result<(), Failure> {
    let mut first = Connection::open(&appliance, &connector).await?;
    let basic = "Authorization: Basic cm9vdDpzZWNyZXQ=\r\n";
    let head = first
        .exchange(&request("POST", "/api/access/v1", basic, ""))
        .await?;
    let token = format!(
        "X-Auth-Session: {}\r\n",
        value(head, "x-auth-session").ok_or("no token")?
    );
    for number in 0..100 {
        let body = format!("{{\"name\":\"volume-{number}\",\"volsize\":\"1g\",\"sparse\":true}}");
        let json = format!("{token}Content-Type: application/json\r\n");
        let head = first.exchange(&request("POST", LUNS, &json, &body)).await?;
        assert!(head.starts_with("HTTP/1.1 201"), "{head}");
    }
    let (stop, count) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let mut clients = tokio::task::JoinSet::new();
    let begin = Instant::now();
    for number in 0..connections {
        let mut connection = Connection::open(&appliance, &connector).await?;
        let (stop, count) = (stop.clone(), count.clone());
        let get = request(
            "GET",
            &format!("{LUNS}/volume-{}", number % 100),
            &token,
            "",
        );
        clients.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let head = connection.exchange(&get).await?;
                assert!(head.starts_with("HTTP/1.1 200"), "{head}");
                count.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<(), Failure>(())
        });
    }
    tokio::time::sleep(time).await;
    let (done, took) = (count.load(Ordering::Relaxed), begin.elapsed());
    stop.store(true, Ordering::Relaxed);
    while let Some(client) = clients.join_next().await {
        client??;
    }
    println!(
        "{:.0} GETs of a LUN a second, {connections} connections",
        done as f64 / took.as_secs_f64()
    );
    Ok(())
}
