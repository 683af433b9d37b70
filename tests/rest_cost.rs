//! What a call costs beside a bare HTTP client, in instructions and allocations.
//!
//! Instructions are counted by callgrind over two lengths of the same loop, so that what happens
//! once drops out; allocations are counted here. Run it with
//! `cargo test --test rest_cost -- --ignored --nocapture`.

mod rest_common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use rest_common::*;
use zfssa::config::TlsMode;
use zfssa::rest::Request;

static CALLS: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The appliance, in a process of its own.
#[tokio::test]
#[ignore = "started by the others here"]
async fn serve() {
    if std::env::var("SERVE").is_err() {
        return;
    }
    let (appliance, settings) = appliance().await;
    appliance.set_trace(0);
    let rest = rest(&settings);
    rest.call(&scope(), &create("l0")).await.unwrap();
    println!(
        "\nport {} {}",
        appliance.port(),
        appliance.certificate_sha256()
    );
    std::future::pending::<()>().await;
}

fn start(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command
}

fn served() -> (Child, String, String) {
    let mut child = start("serve")
        .env("SERVE", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines {
        let line = line.unwrap();
        if let Some(rest) = line.strip_prefix("port ") {
            let (port, pin) = rest.split_once(' ').unwrap();
            return (child, port.to_owned(), pin.to_owned());
        }
    }
    panic!("the appliance did not start");
}

/// One loop, told by the environment what to do.
#[tokio::test]
#[ignore = "started by the others here"]
async fn run() {
    if std::env::var("WHAT").is_err() {
        return;
    }
    let env = |name: &str| std::env::var(name).unwrap();
    let (count, port): (usize, u16) = (env("COUNT").parse().unwrap(), env("PORT").parse().unwrap());
    let settings = settings(
        port,
        TlsMode::Pin {
            pins: vec![bytes(&env("PIN"))],
        },
    );
    let rest = rest(&settings);
    let (scope, request) = (scope(), Request::get(lun("l0")));
    let mut before = 0;
    match env("WHAT").as_str() {
        "rest" => {
            for round in 0..=count {
                if round == 1 {
                    before = CALLS.load(Ordering::Relaxed);
                }
                let answer = rest.call(&scope, &request).await.unwrap();
                answer.json::<serde_json::Value>().unwrap();
            }
        }
        _ => {
            let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
            let verifier = std::sync::Arc::new(Anything(provider.clone()));
            let tls = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .unwrap()
                .dangerous()
                .with_custom_certificate_verifier(verifier)
                .with_no_client_auth();
            let client = reqwest::Client::builder()
                .tls_backend_preconfigured(tls)
                .http1_only()
                .build()
                .unwrap();
            let base = rest.endpoint();
            let login = client
                .post(format!("{base}/api/access/v1"))
                .basic_auth("root", Some(PASSWORD));
            let token = login.send().await.unwrap().headers()["x-auth-session"].clone();
            let url = format!("{base}/api/storage/v1/pools/pool-0/projects/default/luns/l0");
            for round in 0..=count {
                if round == 1 {
                    before = CALLS.load(Ordering::Relaxed);
                }
                let request = client.get(&url).header("x-auth-session", token.clone());
                let body = request.send().await.unwrap().bytes().await.unwrap();
                serde_json::from_slice::<serde_json::Value>(&body).unwrap();
            }
        }
    }
    let calls = CALLS.load(Ordering::Relaxed) - before;
    println!("\nallocations {}", calls / count);
}

#[derive(Debug)]
struct Anything(std::sync::Arc<rustls::crypto::CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: &rustls::pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

fn number(text: &str, after: &str) -> Option<u64> {
    let at = text.find(after)? + after.len();
    let digits: String = text[at..]
        .trim_start()
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == ',')
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

#[test]
#[ignore = "takes a minute and wants valgrind and an optimised build"]
fn a_call_costs_little_more_than_a_bare_request() {
    let (mut appliance, port, pin) = served();
    let measure = |what: &str| {
        let instructions = |count: u64| {
            let output = Command::new("valgrind")
                .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
                .arg(std::env::current_exe().unwrap())
                .args(["--exact", "run", "--ignored", "--nocapture"])
                .envs([("PORT", &port), ("PIN", &pin)])
                .envs([("WHAT", what.to_owned()), ("COUNT", count.to_string())])
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            number(&text, "Collected :").unwrap_or_else(|| panic!("{text}"))
        };
        let output = start("run")
            .envs([("PORT", &port), ("PIN", &pin)])
            .envs([("WHAT", what), ("COUNT", "1000")])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let allocations = number(&text, "allocations").unwrap_or_else(|| panic!("{text}"));
        let each = (instructions(1200) - instructions(200)) / 1000;
        println!("{what}: {each} instructions, {allocations} allocations");
        each as f64
    };
    let (bare, ours) = (measure("bare"), measure("rest"));
    appliance.kill().unwrap();
    assert!(ours <= 1.2 * bare, "{:.2} times", ours / bare);
}
