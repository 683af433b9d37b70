//! A persistent token in a file, in place of logins.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use support::transport::*;
use tempfile::TempDir;
use tokio::task::JoinSet;
use zfssa::error::{Outcome, Status};
use zfssa::rest::{Authentication, Request, Rest, Settings};
use zfssa_appliance::{Appliance, Fault, FaultKind, Options, Release, User};

const LIFE: Duration = Duration::from_secs(3600);

/// An appliance with a token of root, the token's file, and settings that name the file.
struct Site {
    appliance: Appliance,
    settings: Settings,
    directory: TempDir,
    token: String,
}

impl Site {
    async fn new() -> Site {
        let (appliance, mut settings) = appliance().await;
        appliance.tune(|knobs| knobs.release = Release::Os88);
        let token = appliance.add_token("root", "test", LIFE);
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("token");
        write(&file, &token);
        settings.authentication = Authentication::TokenFile(file);
        Site {
            appliance,
            settings,
            directory,
            token,
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("token")
    }

    fn rest(&self) -> Rest {
        rest(&self.settings)
    }

    fn requests(&self, part: &str) -> usize {
        let trace = self.appliance.trace();
        trace.iter().filter(|e| e.path.contains(part)).count()
    }
}

/// Replaces a file at once.
fn write(path: &Path, token: &str) {
    let draft = path.with_extension("draft");
    fs::write(&draft, format!("{token}\n")).unwrap();
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(&draft, path).unwrap();
}

async fn read(rest: &Rest) -> zfssa::Result<()> {
    let answer = rest.call(&scope(), &Request::get(pools())).await;
    answer.map(drop)
}

#[tokio::test]
async fn requests_need_no_login_and_leave_no_session() {
    let site = Site::new().await;
    let rest = site.rest();
    read(&rest).await.unwrap();
    rest.call(&scope(), &create("l0")).await.unwrap();
    rest.log_out(&scope()).await;
    read(&rest).await.unwrap();
    assert_eq!(site.requests("/access"), 0);
    assert_eq!(site.appliance.trace().len(), 3);
    assert_eq!(rest.metrics().logins, 0);
    assert_eq!(site.appliance.tokens().len(), 1, "no logout revokes it");
}

#[tokio::test]
async fn a_takeover_does_not_end_it() {
    let options = Options {
        cluster: Some(Default::default()),
        ..Options::default()
    };
    let (appliance, mut settings) = started(options).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    write(&file, &appliance.add_token("root", "test", LIFE));
    settings.authentication = Authentication::TokenFile(file);
    let rest = rest(&settings);
    read(&rest).await.unwrap();
    assert!(appliance.take_over());
    read(&rest).await.unwrap();
    assert_eq!(logins(&appliance), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_is_replaced_while_sixty_four_callers_work() {
    let site = Site::new().await;
    let rest = site.rest();
    let (stop, done) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let mut callers = JoinSet::new();
    for caller in 0..64 {
        let (rest, stop, done) = (rest.clone(), stop.clone(), done.clone());
        callers.spawn(async move {
            let mut round = 0;
            while !stop.load(Ordering::Relaxed) {
                read(&rest).await.unwrap();
                let name = format!("l{caller}-{round}");
                if caller % 8 == 0 {
                    rest.call(&scope(), &create(&name)).await.unwrap();
                }
                round += 1;
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    for round in 0..5 {
        let reached = done.load(Ordering::Relaxed) + 64;
        assert!(until(|| done.load(Ordering::Relaxed) >= reached).await);
        // The order that the documentation asks for: the new token is in place, then the former one
        // ends.
        let (former, next) = (site.appliance.tokens(), format!("next-{round}"));
        write(&site.file(), &site.appliance.add_token("root", &next, LIFE));
        for token in former {
            let tokens = zfssa::rest::Path::new(zfssa::rest::Service::User)
                .fixed("users/root/preferences/tokens")
                .name(&token.id)
                .unwrap();
            let settings = Settings {
                api_version: zfssa::rest::ApiVersion::V2,
                authentication: Authentication::EachRequest(PASSWORD.into()),
                ..site.settings.clone()
            };
            let admin = support::transport::rest(&settings);
            admin
                .call(&scope(), &Request::delete(tokens))
                .await
                .unwrap();
        }
    }
    let reached = done.load(Ordering::Relaxed) + 64;
    assert!(until(|| done.load(Ordering::Relaxed) >= reached).await);
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    assert_eq!(logins(&site.appliance), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_expired_token_is_told_once_with_its_file_and_remedy() {
    for status in [401, 500] {
        let site = Site::new().await;
        site.appliance.tune(|knobs| knobs.expired_status = status);
        let rest = site.rest();
        read(&rest).await.unwrap();
        site.appliance.expire_tokens();
        site.appliance.clear_trace();
        let mut callers = JoinSet::new();
        for _ in 0..64 {
            let rest = rest.clone();
            callers.spawn(async move { read(&rest).await.unwrap_err() });
        }
        let expected = match status {
            401 => Status::Unauthenticated,
            _ => Status::Fault,
        };
        for error in callers.join_all().await {
            assert_eq!(error.status(), expected, "{error:?}");
            assert_eq!(error.outcome(), Outcome::None);
            assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
            if status == 401 {
                let words = error.message();
                assert!(words.contains(site.file().to_str().unwrap()), "{words}");
                assert!(words.contains("expired") && words.contains("write a new token"));
            }
        }
        if status == 401 {
            assert_eq!(site.requests("/access"), 1, "checked once for all");
            let error = rest.call(&scope(), &create("l0")).await.unwrap_err();
            assert_eq!(error.outcome(), Outcome::None);
            assert_eq!(site.requests("/access"), 1, "and not again at once");
        }
        // A new token in the file works at once.
        write(
            &site.file(),
            &site.appliance.add_token("root", "next", LIFE),
        );
        read(&rest).await.unwrap();
        // A later answer that blames the session is not taken for the refusal of the former token.
        let once = Fault::new(FaultKind::unauthorized()).on("GET", "/pools");
        site.appliance.faults().push(once);
        read(&rest).await.unwrap();
        assert_eq!(logins(&site.appliance), 0);
    }
}

#[tokio::test]
async fn a_user_without_the_authorization_is_not_told_of_a_bad_token() {
    let (appliance, mut settings) = started(Options {
        users: vec![User {
            name: "reader".to_owned(),
            password: "CANARY-reads".to_owned(),
            may_change: false,
        }],
        ..Options::default()
    })
    .await;
    appliance.tune(|knobs| knobs.unauthorized_status = 401);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    write(&file, &appliance.add_token("reader", "test", LIFE));
    settings.login = "reader".to_owned();
    settings.authentication = Authentication::TokenFile(file);
    let rest = rest(&settings);
    for _ in 0..10 {
        let error = rest.call(&scope(), &create("l0")).await.unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::Denied, Outcome::Rejected),
            "{error:?}"
        );
    }
    let checks = count(&appliance.trace(), "GET", "/access");
    assert_eq!(checks, 1);
    read(&rest).await.unwrap();
    // It was under suspicion for a while, and is no session that a logout may end.
    rest.log_out(&scope()).await;
    assert_eq!(count(&appliance.trace(), "DELETE", "/access"), 0);
    assert_eq!(appliance.tokens().len(), 1);
}

#[tokio::test]
async fn an_unusable_file_fails_before_any_request() {
    let site = Site::new().await;
    let rest = site.rest();
    fs::set_permissions(site.file(), fs::Permissions::from_mode(0o644)).unwrap();
    let open = read(&rest).await.unwrap_err();
    fs::write(site.file(), "").unwrap();
    fs::set_permissions(site.file(), fs::Permissions::from_mode(0o600)).unwrap();
    let empty = read(&rest).await.unwrap_err();
    fs::write(site.file(), "CANARY".repeat(1000)).unwrap();
    let large = read(&rest).await.unwrap_err();
    fs::remove_file(site.file()).unwrap();
    let absent = read(&rest).await.unwrap_err();
    fs::create_dir(site.file()).unwrap();
    let directory = read(&rest).await.unwrap_err();
    for (error, problem) in [
        (open, "mode 644"),
        (empty, "is empty"),
        (large, "is longer"),
        (absent, "cannot be read"),
        (directory, "is not a regular file"),
    ] {
        assert_eq!(error.status(), Status::LocalIo, "{error:?}");
        assert_eq!(error.outcome(), Outcome::None, "{error:?}");
        let words = format!("{error} {error:?}");
        assert!(words.contains(problem), "{words}");
        assert!(words.contains(site.file().to_str().unwrap()), "{words}");
        assert!(!words.contains("CANARY"), "{words}");
    }
    assert_eq!(site.appliance.trace().len(), 0);
    fs::remove_dir(site.file()).unwrap();
    write(&site.file(), &site.token);
    read(&rest).await.unwrap();
}

#[tokio::test]
async fn a_lasting_fault_of_the_appliance_is_no_fault_of_the_token() {
    let site = Site::new().await;
    let rest = site.rest();
    site.appliance.faults().push(
        Fault::new(FaultKind::internal())
            .on("GET", "storage")
            .forever(),
    );
    for _ in 0..10 {
        let error = read(&rest).await.unwrap_err();
        assert_eq!(error.status(), Status::Fault, "{error:?}");
    }
    assert_eq!(site.requests("/access"), 1, "one check in 10 seconds");
}

#[tokio::test]
async fn a_password_with_each_request_makes_no_session() {
    let (appliance, mut settings) = appliance().await;
    settings.authentication = Authentication::EachRequest(PASSWORD.into());
    let rest = rest(&settings);
    read(&rest).await.unwrap();
    rest.log_out(&scope()).await;
    assert_eq!(appliance.trace().len(), 1);
    assert_eq!(appliance.sessions(), 0);
    settings.authentication = Authentication::EachRequest("CANARY-wrong".into());
    let rest = support::transport::rest(&settings);
    let error = read(&rest).await.unwrap_err();
    assert_eq!(error.status(), Status::Unauthenticated, "{error:?}");
    assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
    assert_eq!(appliance.trace().len(), 2, "a wrong password is sent once");
}
