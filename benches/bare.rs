//! The least that can be done: a loop of reqwest that sends the requests of `create_volume` one
//! after another over one kept-alive TLS connection, reads each answer and looks at its status.
//! What the engine costs is measured beside this.
//!
//!     bare URL CA.pem USER PASSWORD-FILE COUNT PREFIX

use std::error::Error;
use std::sync::Arc;

use reqwest::Client;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, url, ca, user, password, count, prefix] = arguments.as_slice() else {
        // Cargo runs every bench target; without arguments there is nothing to compare with.
        return Ok(());
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let password = std::fs::read_to_string(password)?;
    runtime.block_on(series(url, ca, user, &password, count.parse()?, prefix))
}

async fn series(
    url: &str,
    ca: &str,
    user: &str,
    password: &str,
    count: usize,
    prefix: &str,
) -> Outcome<()> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca)? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .http1_only()
        .build()?;
    let login = client
        .post(format!("{url}/api/access/v1"))
        .header("X-Auth-User", user)
        .header("X-Auth-Key", password)
        .send()
        .await?;
    let session = login
        .headers()
        .get("X-Auth-Session")
        .ok_or("no session")?
        .clone();
    let luns = format!("{url}/api/storage/v1/pools/pool-0/projects/cinder/luns");
    for number in 0..count {
        let answer = client
            .post(&luns)
            .header("X-Auth-Session", session.clone())
            .json(&json!({
                "name": format!("volume-{prefix}-{number}"),
                "volsize": 1u64 << 30,
                "volblocksize": 8192,
                "sparse": true,
                "compression": "off",
                "logbias": "latency",
                "targetgroup": "tgt-grp",
                "initiatorgroup": "com.sun.ms.vss.hg.maskAll",
                "custom:cinder_managed": true,
                "custom:zfssa_operation": "00000000-0000-4000-8000-000000000000",
            }))
            .send()
            .await?;
        let status = answer.status();
        let body: serde_json::Value = answer.json().await?;
        if status != 201 {
            return Err(format!("{status}: {body}").into());
        }
    }
    Ok(())
}
