//! Options that only make sense, or none, together.

use std::path::PathBuf;

use zfssa::config::{Credentials, TlsMode};

use super::{errors, one_error, with};

const PIN: &str = "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef";

#[track_caller]
fn mode(pairs: &[(&str, &str)]) -> TlsMode {
    with(pairs).unwrap().tls
}

#[test]
fn tls_modes() {
    let file = PathBuf::from("/etc/zfssa/ca.pem");
    let ca = ("zfssa_tls_ca_file", "/etc/zfssa/ca.pem");
    assert_eq!(
        mode(&[ca]),
        TlsMode::System {
            ca_file: Some(file.clone())
        }
    );
    assert_eq!(
        mode(&[ca, ("zfssa_tls_mode", "ca")]),
        TlsMode::Ca { ca_file: file }
    );
    assert_eq!(mode(&[("zfssa_tls_mode", "insecure")]), TlsMode::Insecure);
    let config = with(&[("zfssa_tls_mode", "insecure")]).unwrap();
    assert!(
        config
            .warnings
            .iter()
            .any(|warning| warning.contains("password"))
    );
}

#[test]
fn a_password_or_a_token_file() {
    const FILE: (&str, &str) = ("zfssa_token_file", "/etc/zfssa/token");
    let config = with(&[("san_password", ""), FILE]).unwrap();
    assert_eq!(
        config.credentials,
        Credentials::TokenFile(PathBuf::from("/etc/zfssa/token"))
    );
    assert_eq!(config.option_text("san_password"), None);
    let text = config.option_text("zfssa_token_file");
    assert_eq!(text.as_deref(), Some("/etc/zfssa/token"));

    let both = errors(&[FILE]);
    one_error(&both, "zfssa_token_file", "san_password");
    assert!(both.to_string().contains("remove san_password"), "{both}");
    assert!(!both.to_string().contains("p4ssw0rd"), "{both}");
    let neither = errors(&[("san_password", " ")]);
    one_error(&neither, "san_password", "neither is zfssa_token_file");
    let relative = errors(&[("san_password", ""), ("zfssa_token_file", "token")]);
    one_error(&relative, "zfssa_token_file", "absolute path");
}

#[test]
fn pins_in_every_spelling() {
    let colons: Vec<_> = PIN
        .as_bytes()
        .chunks(2)
        .map(|c| std::str::from_utf8(c).unwrap())
        .collect();
    let colons = colons.join(":");
    let other = PIN.replace('0', "f");
    let openssl = format!("sha256 Fingerprint={}", colons.to_uppercase());
    let given = format!("{PIN}, {colons},{openssl},{other}");
    let TlsMode::Pin { pins } = mode(&[("zfssa_tls_mode", "pin"), ("zfssa_tls_pins", &given)])
    else {
        panic!("not pinned");
    };
    assert_eq!(pins.len(), 2, "the first three are one");
    assert_eq!(pins[0][..4], [0x01, 0x23, 0x45, 0x67]);
    for bad in [
        &PIN[1..],
        "x",
        &PIN.replace('0', "g"),
        &PIN.replacen("01", "0:1", 1),
        "é",
    ] {
        let found = errors(&[("zfssa_tls_mode", "pin"), ("zfssa_tls_pins", bad)]);
        one_error(&found, "zfssa_tls_pins", "fingerprint");
    }
}

#[test]
fn tls_contradictions() {
    let (pins, ca) = (("zfssa_tls_pins", PIN), ("zfssa_tls_ca_file", "/ca.pem"));
    let tls = |mode| ("zfssa_tls_mode", mode);
    one_error(&errors(&[tls("pin")]), "zfssa_tls_pins", "is required");
    one_error(&errors(&[tls("ca")]), "zfssa_tls_ca_file", "is required");
    for wrong in [
        &[pins][..],
        &[pins, tls("system")],
        &[pins, ca, tls("ca")],
        &[pins, tls("insecure")],
    ] {
        one_error(&errors(wrong), "zfssa_tls_pins", "zfssa_tls_mode = pin");
    }
    one_error(
        &errors(&[ca, pins, tls("pin")]),
        "zfssa_tls_ca_file",
        "does not use it",
    );
    one_error(
        &errors(&[ca, tls("insecure")]),
        "zfssa_tls_ca_file",
        "does not use it",
    );
}

#[test]
fn cinders_tls_options_stand_in() {
    let path = ("driver_ssl_cert_path", "/etc/ssl/zfssa");
    let on = ("driver_ssl_cert_verify", "True");
    let off = ("driver_ssl_cert_verify", "False");
    let ca = TlsMode::Ca {
        ca_file: PathBuf::from("/etc/ssl/zfssa"),
    };
    let system = TlsMode::System { ca_file: None };
    assert_eq!(mode(&[on]), system);
    assert_eq!(mode(&[on, path]), ca);
    assert_eq!(mode(&[path]), ca);
    // Verification is never switched off by what may be a mere default.
    assert_eq!(mode(&[off]), system);
    assert_eq!(mode(&[off, path]), ca);
    let warnings = with(&[off]).unwrap().warnings;
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("zfssa_tls_mode = insecure"))
    );
    // Ours win.
    assert_eq!(
        mode(&[on, path, ("zfssa_tls_mode", "insecure")]),
        TlsMode::Insecure
    );
    assert_eq!(mode(&[path, ("zfssa_tls_mode", "system")]), system);
}

#[test]
fn target_chap_needs_both_halves() {
    let user = ("zfssa_target_user", "host user");
    let secret = ("zfssa_target_password", "canary canary");
    let chap = with(&[user, secret]).unwrap().target_chap.unwrap();
    assert_eq!(
        (chap.user.as_str(), chap.secret.expose()),
        ("host user", "canary canary")
    );
    one_error(
        &errors(&[user]),
        "zfssa_target_password",
        "though zfssa_target_user is",
    );
    one_error(
        &errors(&[secret]),
        "zfssa_target_user",
        "though zfssa_target_password is",
    );
    for bad in ["canary-short", "canary-canary-canary"].map(|bad| bad.trim_end_matches("rt")) {
        let found = errors(&[user, ("zfssa_target_password", bad)]);
        one_error(&found, "zfssa_target_password", "12 to 16");
        assert!(!found.to_string().contains("canary"));
    }
}

#[test]
fn the_cache_needs_a_project_of_its_own() {
    let same = ("zfssa_cache_project", "cinder");
    one_error(&errors(&[same]), "zfssa_cache_project", "another project");
    assert!(with(&[same, ("zfssa_enable_local_cache", "no")]).is_ok());
}

#[test]
fn a_request_may_not_outlast_its_operation_unnoticed() {
    let config = with(&[("zfssa_rest_timeout", "700")]).unwrap();
    assert!(
        config
            .warnings
            .iter()
            .any(|warning| warning.contains("zfssa_operation_timeout"))
    );
}

#[test]
fn all_errors_come_together_and_in_order() {
    let found = errors(&[
        ("zfssa_typo", "1"),
        ("reserved_percentage", "101"),
        ("san_api_port", "0"),
        ("zfssa_lun_logbias", "speed"),
        ("zfssa_target_user", "u"),
    ]);
    let options: Vec<_> = found.0.iter().map(|error| error.option.as_str()).collect();
    assert_eq!(
        options,
        [
            "san_api_port",
            "zfssa_lun_logbias",
            "zfssa_target_password",
            "reserved_percentage",
            "zfssa_typo"
        ]
    );
    assert_eq!(found.to_string().lines().count(), 5);
    assert_eq!(
        found.to_string().lines().nth(1).unwrap(),
        "zfssa_lun_logbias = speed: is not one of the values allowed; \
         use one of `latency`, `throughput`"
    );
}
