//! First configuration of a backend, without a terminal.

use std::os::unix::fs::PermissionsExt as _;

use crate::bench::{Bench, Ran};

fn init(bench: &Bench, more: &[&str]) -> Ran {
    let port = bench.fixture.appliance.port().to_string();
    let arguments = [
        &[
            "init",
            "--profile",
            "new",
            "--san-ip",
            "127.0.0.1",
            "--san-login",
            "root",
        ][..],
        &[
            "--san-api-port",
            &port,
            "--pool",
            "pool-0",
            "--project",
            "cinder",
        ],
        &[
            "--target-portal",
            "127.0.0.1:3260",
            "--target-interfaces",
            "ixgbe0",
        ],
        more,
    ]
    .concat();
    let mut command = bench.command(&arguments);
    command.env("ZFSSA_PASSWORD", support::PASSWORD);
    Ran::of(&arguments, command.output().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_profile_works_and_only_its_owner_reads_it() {
    let bench = Bench::raw().await;
    let fingerprint = bench.fixture.appliance.certificate_sha256();
    let ran = init(&bench, &["--fingerprint", &fingerprint]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let file = bench.profile("new");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    bench.done(&["setup", "--profile", "new"]);
    let said = bench.done(&["check", "--profile", "new"]);
    assert!(said.starts_with("the backend is ready\n"), "{said}");
    let text = std::fs::read_to_string(&file).unwrap();
    let journals = bench.home.path().join(".local/state/zfssa/new");
    assert!(
        text.contains(journals.to_str().unwrap()),
        "crashes are recovered"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_certificate_gets_no_password_and_no_profile() {
    let bench = Bench::raw().await;
    let other = "AB".repeat(32);
    for more in [&["--fingerprint", &other][..], &[]] {
        let ran = init(&bench, more);
        assert_eq!(ran.code, 2, "{ran:?}");
        let shown = bench.fixture.appliance.certificate_sha256();
        assert!(ran.stderr.contains(&shown), "{ran:?}");
        assert!(!bench.profile("new").exists());
    }
    let sent = bench.fixture.appliance.trace();
    assert!(sent.is_empty(), "a request was sent: {sent:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_that_exists_is_replaced_only_by_force() {
    let bench = Bench::raw().await;
    let fingerprint = bench.fixture.appliance.certificate_sha256();
    let file = bench.profile("new");
    std::fs::write(&file, "# mine\n").unwrap();
    let ran = init(&bench, &["--fingerprint", &fingerprint]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("--force"), "{ran:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "# mine\n");
    let ran = init(&bench, &["--fingerprint", &fingerprint, "--force"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .contains("zfssa_tls_pins")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn completions_pages_and_options_need_no_backend() {
    let bench = Bench::raw().await;
    std::fs::remove_dir_all(bench.home.path().join(".config")).unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = bench.done(&["completion", shell]);
        assert!(script.contains("from-image"), "{shell}");
    }
    let pages = tempfile::tempdir().unwrap();
    bench.done(&["man", pages.path().to_str().unwrap()]);
    let page = std::fs::read_to_string(pages.path().join("zfssa.1")).unwrap();
    assert!(page.contains("Exit codes"), "{page}");
    assert!(pages.path().join("zfssa-volume-create.1").exists());
    let options = bench.done(&["options", "tls"]);
    assert!(options.contains("zfssa_tls_pins"), "{options}");
}
