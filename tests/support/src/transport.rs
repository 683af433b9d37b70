//! What the tests of the transport share.

pub use crate::until;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use zfssa::config::TlsMode;
use zfssa::rest::{ApiVersion, Authentication, Path, Request, Rest, Service, Settings};
use zfssa::scope::Scope;
use zfssa::secret::Secret;
use zfssa_appliance::{Appliance, Exchange, Options};

/// Every secret of the tests holds this word, and nothing that they print may.
pub const PASSWORD: &str = "CANARY-password-3b70";

/// An appliance, and the settings of a client that trusts it.
pub async fn appliance() -> (Appliance, Settings) {
    started(Options::default()).await
}

/// The same for an appliance with options.
pub async fn started(options: Options) -> (Appliance, Settings) {
    crate::trace_everything();
    let options = Options {
        password: PASSWORD.to_owned(),
        ..options
    };
    let appliance = Appliance::start(options).await.unwrap();
    let settings = settings(appliance.port(), pin(&appliance));
    (appliance, settings)
}

pub fn settings(port: u16, tls: TlsMode) -> Settings {
    Settings {
        host: "127.0.0.1".to_owned(),
        port,
        login: "root".to_owned(),
        authentication: Authentication::Session(Secret::new(PASSWORD)),
        tls,
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(20),
        max_connections: 16,
        max_attempts: 4,
        max_list_items: 1_000_000,
        api_version: ApiVersion::V1,
    }
}

pub fn pin(appliance: &Appliance) -> TlsMode {
    TlsMode::Pin {
        pins: vec![bytes(&appliance.certificate_sha256())],
    }
}

pub fn bytes(fingerprint: &str) -> [u8; 32] {
    let bytes: Vec<u8> = fingerprint
        .split(':')
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect();
    bytes.try_into().unwrap()
}

pub fn rest(settings: &Settings) -> Rest {
    Rest::new(settings.clone()).unwrap()
}

/// A scope without bounds, for tests that end by themselves.
pub fn scope() -> Scope {
    within(None).0
}

/// A scope with a deadline, and its cancellation.
pub fn within(timeout: impl Into<Option<Duration>>) -> (Scope, CancellationToken) {
    let cancel = CancellationToken::new();
    let scope = Scope::new(
        "test",
        timeout.into(),
        Duration::from_secs(10),
        cancel.clone(),
        CancellationToken::new(),
    );
    (scope, cancel)
}

pub fn pools() -> Path {
    Path::new(Service::Storage).fixed("pools")
}

pub fn pool() -> Path {
    pools().name("pool-0").unwrap()
}

pub fn luns() -> Path {
    let project = pool().fixed("projects").name("default").unwrap();
    project.fixed("luns")
}

pub fn lun(name: &str) -> Path {
    luns().name(name).unwrap()
}

pub fn create(name: &str) -> Request {
    let body = serde_json::json!({"name": name, "volsize": 1 << 20, "sparse": true});
    Request::post(luns(), &body)
}

/// How many requests of the trace have this method and a path with this part.
pub fn count(trace: &[Exchange], method: &str, part: &str) -> usize {
    trace
        .iter()
        .filter(|exchange| exchange.method == method && exchange.path.contains(part))
        .count()
}

pub fn logins(appliance: &Appliance) -> usize {
    count(&appliance.trace(), "POST", "/api/access/")
}

/// Runs `total` GETs, `concurrency` at a time, each by a task of its own.
pub async fn storm(rest: &Rest, total: usize, concurrency: usize) {
    let left = Arc::new(std::sync::atomic::AtomicUsize::new(total));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..concurrency {
        let (rest, left) = (rest.clone(), left.clone());
        tasks.spawn(async move {
            let (scope, request) = (scope(), Request::get(pools()));
            while left
                .fetch_update(
                    std::sync::atomic::Ordering::Relaxed,
                    std::sync::atomic::Ordering::Relaxed,
                    |left| left.checked_sub(1),
                )
                .is_ok()
            {
                rest.call(&scope, &request).await.unwrap();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}
