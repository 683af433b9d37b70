//! Whom the transport trusts, and what it says when it does not.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::transport::*;
use zfssa::config::TlsMode;
use zfssa::error::{Error, Outcome, Status};
use zfssa::rest::{Request, Rest, Settings};
use zfssa_appliance::{Appliance, CertificateKind, Options, TlsOptions};

async fn with_certificate(certificate: CertificateKind, tls12_only: bool) -> Appliance {
    let tls = TlsOptions {
        certificate,
        tls12_only,
        names: Vec::new(),
    };
    let options = Options {
        tls,
        ..Options::default()
    };
    started(options).await.0
}

fn ca(path: &std::path::Path) -> TlsMode {
    TlsMode::Ca {
        ca_file: path.to_owned(),
    }
}

async fn try_once(settings: Settings) -> Result<Rest, Error> {
    let rest = Rest::new(settings).unwrap();
    rest.call(&scope(), &create("l0")).await.map(|_| rest)
}

/// A refused certificate costs one handshake, sends nothing and is told in words.
async fn refused(appliance: &Appliance, tls: TlsMode, status: Status, words: &[&str]) {
    let error = try_once(settings(appliance.port(), tls)).await.unwrap_err();
    assert_eq!(error.status(), status, "{error:?}");
    assert_eq!(error.outcome(), Outcome::None);
    for word in words {
        assert!(error.message().contains(word), "{word} in {error:?}");
    }
    assert_eq!(appliance.stats().requests, 0);
    assert_eq!(appliance.stats().connections, 1, "not tried again");
}

#[tokio::test]
async fn a_chain_to_the_given_authority_is_trusted() {
    for tls12_only in [false, true] {
        let appliance = with_certificate(CertificateKind::Good, tls12_only).await;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("ca.pem");
        fs::write(&file, appliance.ca_pem()).unwrap();
        for mode in [
            ca(&file),
            ca(directory.path()),
            TlsMode::System {
                ca_file: Some(file.clone()),
            },
        ] {
            let rest = Rest::new(settings(appliance.port(), mode)).unwrap();
            rest.call(&scope(), &Request::get(pools())).await.unwrap();
        }
        // By name as well as by address.
        let mut named = settings(appliance.port(), ca(&file));
        named.host = "localhost".to_owned();
        try_once(named).await.unwrap();
    }
}

#[tokio::test]
async fn what_nobody_vouches_for_is_refused() {
    let stranger = with_certificate(CertificateKind::Good, false).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, stranger.ca_pem()).unwrap();
    let good = with_certificate(CertificateKind::Good, false).await;
    let fingerprint = good.certificate_sha256();
    let words = ["not signed by a trusted", &fingerprint, "zfssa_tls_pins"];
    refused(&good, ca(file.path()), Status::Tls, &words).await;
    let good = with_certificate(CertificateKind::Good, false).await;
    let system = TlsMode::System { ca_file: None };
    // A machine without any roots says so before a connection is made.
    match Rest::new(settings(good.port(), system.clone())) {
        Ok(_) => refused(&good, system, Status::Tls, &["not signed by a trusted"]).await,
        Err(error) => assert_eq!(error.status(), Status::Tls),
    }
}

#[tokio::test]
async fn a_certificate_that_is_over_or_for_another_name_is_refused() {
    for (kind, word) in [
        (CertificateKind::Expired, "expired"),
        (CertificateKind::WrongName, "another name"),
    ] {
        for tls12_only in [false, true] {
            let appliance = with_certificate(kind, tls12_only).await;
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(&file, appliance.ca_pem()).unwrap();
            refused(&appliance, ca(file.path()), Status::Tls, &[word]).await;
        }
    }
}

#[tokio::test]
async fn a_certificate_in_the_file_is_trusted_as_it_is() {
    for kind in [CertificateKind::SelfSigned, CertificateKind::WrongName] {
        let appliance = with_certificate(kind, false).await;
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, appliance.certificate_pem()).unwrap();
        try_once(settings(appliance.port(), ca(file.path())))
            .await
            .unwrap();
    }
    let appliance = with_certificate(CertificateKind::Expired, false).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, appliance.certificate_pem()).unwrap();
    refused(&appliance, ca(file.path()), Status::Tls, &["expired"]).await;
}

#[tokio::test]
async fn a_pin_replaces_name_and_chain() {
    for kind in [
        CertificateKind::Good,
        CertificateKind::SelfSigned,
        CertificateKind::WrongName,
        CertificateKind::Expired,
    ] {
        for tls12_only in [false, true] {
            let appliance = with_certificate(kind, tls12_only).await;
            let right = bytes(&appliance.certificate_sha256());
            let pins = vec![[7; 32], right];
            try_once(settings(appliance.port(), TlsMode::Pin { pins }))
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn a_wrong_pin_is_told_with_both_fingerprints() {
    let appliance = with_certificate(CertificateKind::Good, false).await;
    let got = appliance.certificate_sha256();
    let expected = "07:07:07:07";
    let pins = vec![[7; 32]];
    refused(
        &appliance,
        TlsMode::Pin { pins },
        Status::TlsPin,
        &[&got, expected],
    )
    .await;
}

#[tokio::test]
async fn insecure_takes_anything() {
    let appliance = with_certificate(CertificateKind::Expired, false).await;
    try_once(settings(appliance.port(), TlsMode::Insecure))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_rotated_authority_is_found_without_a_restart() {
    let appliance = with_certificate(CertificateKind::Good, false).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, appliance.ca_pem()).unwrap();
    let rest = try_once(settings(appliance.port(), ca(file.path())))
        .await
        .unwrap();

    appliance.rotate_certificate().unwrap();
    // Open connections stay; a new one is refused until the file has the new authority.
    rest.log_out(&scope()).await;
    let error = rest
        .call(&scope(), &Request::get(pools()))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Status::Tls, "{error:?}");
    fs::write(&file, appliance.ca_pem()).unwrap();
    rest.call(&scope(), &Request::get(pools())).await.unwrap();

    // A file that is gone for a moment takes no trust away.
    fs::remove_file(file.path()).unwrap();
    rest.log_out(&scope()).await;
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
}

#[tokio::test]
async fn an_authority_that_was_taken_out_is_not_trusted_through_a_resumed_session() {
    let appliance = with_certificate(CertificateKind::Good, false).await;
    let stranger = with_certificate(CertificateKind::Good, false).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, appliance.ca_pem()).unwrap();
    let rest = try_once(settings(appliance.port(), ca(file.path())))
        .await
        .unwrap();
    rest.log_out(&scope()).await;
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
    assert_eq!(appliance.stats().handshakes_resumed, 1);
    rest.log_out(&scope()).await;
    fs::write(&file, stranger.ca_pem()).unwrap();
    let error = rest
        .call(&scope(), &Request::get(pools()))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Status::Tls, "{error:?}");
}

#[tokio::test]
async fn a_file_that_is_no_use_is_told_at_once() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let empty = tempfile::tempdir().unwrap();
    let missing = empty.path().join("missing.pem");
    for path in [file.path(), empty.path(), &missing] {
        let error = Rest::new(settings(215, ca(path))).unwrap_err();
        assert_eq!(error.status(), Status::Config, "{error:?}");
        assert!(
            error.message().contains(path.to_str().unwrap()),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn the_certificate_can_be_looked_at_whatever_is_trusted() {
    let appliance = with_certificate(CertificateKind::Expired, false).await;
    let pins = vec![[7; 32]];
    let rest = Rest::new(settings(appliance.port(), TlsMode::Pin { pins })).unwrap();
    let certificate = rest.certificate(&scope()).await.unwrap();
    assert_eq!(certificate.fingerprint(), appliance.certificate_sha256());
    let lines = |pem: String| pem.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(certificate.pem()), lines(appliance.certificate_pem()));
    assert_eq!(appliance.stats().requests, 0);
    // What was seen can be pinned.
    let pins = vec![certificate.sha256()];
    try_once(settings(appliance.port(), TlsMode::Pin { pins }))
        .await
        .unwrap();

    let port = appliance.port();
    appliance.stop().await;
    let rest = Rest::new(settings(port, TlsMode::Insecure)).unwrap();
    let error = rest.certificate(&scope()).await.unwrap_err();
    assert_eq!(error.status(), Status::Connect, "{error:?}");
}

/// Counts connections and never says a word; or says one that is not TLS.
async fn plain(greeting: Option<&'static [u8]>) -> (u16, Arc<AtomicUsize>) {
    use tokio::io::AsyncWriteExt;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = connections.clone();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::Relaxed);
            if let Some(greeting) = greeting {
                let _ = stream.write_all(greeting).await;
            }
            kept.push(stream);
        }
    });
    (port, connections)
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_told_as_such() {
    let (port, connections) = plain(Some(b"HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    let error = try_once(settings(port, TlsMode::Insecure))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Status::Tls, "{error:?}");
    assert!(error.message().contains("does not speak TLS"), "{error:?}");
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_server_that_says_nothing_costs_the_connect_timeout() {
    let (port, connections) = plain(None).await;
    let mut settings = settings(port, TlsMode::Insecure);
    settings.connect_timeout = Duration::from_millis(100);
    settings.max_attempts = 2;
    let error = try_once(settings.clone()).await.unwrap_err();
    assert_eq!(error.status(), Status::Connect, "{error:?}");
    assert_eq!(error.outcome(), Outcome::None);
    assert!(
        error.message().contains("zfssa_connect_timeout"),
        "{error:?}"
    );
    assert_eq!(connections.load(Ordering::Relaxed), 2);
    let rest = Rest::new(settings).unwrap();
    let error = rest.certificate(&scope()).await.unwrap_err();
    assert_eq!(error.status(), Status::Connect, "{error:?}");
}

/// Old appliances sign themselves a certificate of X.509 version 1.
#[tokio::test]
async fn a_certificate_of_version_one_is_pinned_or_taken_unseen() {
    for tls12_only in [false, true] {
        let appliance = with_certificate(CertificateKind::VersionOne, tls12_only).await;
        let shown = appliance.certificate_sha256();
        let pins = |flip: u8| {
            let mut pin = [0; 32];
            for (byte, pair) in pin.iter_mut().zip(shown.split(':')) {
                *byte = u8::from_str_radix(pair, 16).unwrap();
            }
            pin[31] ^= flip;
            TlsMode::Pin { pins: vec![pin] }
        };
        for mode in [pins(0), TlsMode::Insecure] {
            let rest = Rest::new(settings(appliance.port(), mode)).unwrap();
            rest.call(&scope(), &Request::get(pools())).await.unwrap();
        }
        let looking = Rest::new(settings(appliance.port(), pins(1))).unwrap();
        let seen = looking.certificate(&scope()).await.unwrap();
        assert_eq!(seen.fingerprint(), shown);
        let appliance = with_certificate(CertificateKind::VersionOne, tls12_only).await;
        refused(&appliance, pins(1), Status::TlsPin, &["fingerprint"]).await;
    }
}

/// A server that ends every handshake with this alert.
async fn alerting(alert: u8) -> u16 {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 4096];
            let _ = stream.read(&mut hello).await;
            // A record of TLS 1.2 with a fatal alert.
            let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, alert]).await;
        }
    });
    port
}

#[tokio::test]
async fn a_handshake_says_what_is_not_shared() {
    for (alert, words) in [
        (40, ["no cipher suite", "ECDHE"]),
        (71, ["no cipher suite", "ECDHE"]),
        (70, ["no version of TLS", "enable TLS 1.2 or 1.3"]),
    ] {
        let port = alerting(alert).await;
        let error = try_once(settings(port, TlsMode::Insecure))
            .await
            .unwrap_err();
        assert_eq!(error.status(), Status::Tls, "{error:?}");
        assert_eq!(error.outcome(), Outcome::None);
        for word in words {
            assert!(error.message().contains(word), "{word} in {error:?}");
        }
    }
}
