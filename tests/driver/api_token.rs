//! Creation and rotation of persistent API tokens, and a backend that lives on one.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use support::{Fixture, PASSWORD, path_text, until, volume};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use zfssa::driver::*;
use zfssa::error::{Error, Outcome, Status};
use zfssa_appliance::{Fault, FaultKind, Options, Release};

const TOKENS: &str = "/preferences/tokens";

/// An appliance with API v2, set up, and a driver with the password.
async fn ready() -> Fixture {
    let mut options = Options::default();
    options.knobs.release = Release::Os88;
    let bench = Fixture::raw(options, |_| {}).await;
    bench.driver.call(DoSetup {}).await.unwrap();
    bench
}

fn file(bench: &Fixture) -> PathBuf {
    bench.dir.path().join("token")
}

fn content(bench: &Fixture) -> String {
    fs::read_to_string(file(bench))
        .unwrap()
        .trim_end()
        .to_owned()
}

fn token(bench: &Fixture, name: &str) -> CreateApiToken {
    CreateApiToken {
        name: name.to_owned(),
        lifetime: Duration::from_secs(3600),
        token_file: path_text(&file(bench)).to_owned(),
        ..CreateApiToken::default()
    }
}

/// A driver whose only credential is the token file.
fn by_token(bench: &Fixture) -> Driver {
    bench.driver_with(|config| {
        config.unset("san_password");
        config.set("zfssa_token_file", path_text(&file(bench)));
    })
}

fn names(bench: &Fixture) -> Vec<String> {
    bench
        .appliance
        .tokens()
        .into_iter()
        .map(|token| token.name)
        .collect()
}

#[tokio::test]
async fn a_backend_lives_on_a_token_alone() {
    let bench = ready().await;
    let made = bench.driver.call(token(&bench, "host-1")).await.unwrap();
    assert_eq!(made.token_file, path_text(&file(&bench)));
    assert_eq!(names(&bench), std::slice::from_ref(&made.name));
    assert_eq!(made.id, bench.appliance.tokens()[0].id);
    assert_eq!(made.expiration, bench.appliance.tokens()[0].expiration);
    assert!(made.name.starts_with("host-1-"), "{made:?}");
    assert_eq!(
        fs::metadata(file(&bench)).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let value = content(&bench);
    assert!(!serde_json::to_string(&made).unwrap().contains(&value));

    bench.driver.log_out(Duration::from_secs(5)).await;
    bench.appliance.clear_trace();
    let driver = by_token(&bench);
    driver.call(DoSetup {}).await.unwrap();
    driver.call(volume("volume-1")).await.unwrap();
    let gone = DeleteVolume {
        name: "volume-1".to_owned(),
    };
    assert!(driver.call(gone).await.unwrap().existed);
    driver.log_out(Duration::from_secs(5)).await;
    let trace = bench.appliance.trace();
    assert!(
        trace.iter().all(|exchange| exchange.session),
        "a password was sent"
    );
    assert!(
        trace
            .iter()
            .all(|exchange| !exchange.path.contains("/access"))
    );
    assert!(bench.appliance.find_token(&value).is_some());
}

#[tokio::test]
async fn a_rotation_revokes_the_tokens_of_its_name_and_no_other() {
    let bench = ready().await;
    let life = Duration::from_secs(3600);
    for other in [
        "host-10-01234567",
        "host-1-0123456",
        "host-1-x0123456",
        "host-1",
    ] {
        bench.appliance.add_token("root", other, life);
    }
    let first = bench.driver.call(token(&bench, "host-1")).await.unwrap();
    assert!(first.revoked.is_empty(), "{first:?}");
    let former = content(&bench);
    let second = bench.driver.call(token(&bench, "host-1")).await.unwrap();
    assert_eq!(second.revoked, std::slice::from_ref(&first.name));
    assert_ne!(content(&bench), former);
    assert!(bench.appliance.find_token(&former).is_none());
    let third = CreateApiToken {
        keep_former: true,
        ..token(&bench, "host-1")
    };
    let third = bench.driver.call(third).await.unwrap();
    assert!(third.revoked.is_empty());
    let fourth = bench.driver.call(token(&bench, "host-1")).await.unwrap();
    assert_eq!(fourth.revoked, [second.name, third.name]);
    assert_eq!(names(&bench).len(), 5, "{:?}", names(&bench));
    let left = fs::read_dir(bench.dir.path()).unwrap().flatten();
    let drafts = left.filter(|entry| entry.file_name().to_string_lossy().ends_with(".new"));
    assert_eq!(drafts.count(), 0);
}

#[tokio::test]
async fn a_backend_with_a_token_needs_the_password_for_the_next() {
    let bench = ready().await;
    bench.driver.call(token(&bench, "host-1")).await.unwrap();
    let driver = by_token(&bench);
    let rotation = CreateApiToken {
        name: "host-1".to_owned(),
        lifetime: Duration::from_secs(3600),
        ..CreateApiToken::default()
    };
    bench.appliance.clear_trace();
    let error = driver.call(rotation.clone()).await.unwrap_err();
    assert_eq!(error.status(), Status::InvalidArgument, "{error:?}");
    assert!(error.message().starts_with("password is empty"), "{error}");
    let wrong = CreateApiToken {
        password: "CANARY-wrong".into(),
        ..rotation.clone()
    };
    let error = driver.call(wrong).await.unwrap_err();
    assert_eq!(error.status(), Status::Unauthenticated, "{error:?}");
    assert!(
        !format!("{error} {error:?}").contains("CANARY"),
        "{error:?}"
    );
    assert_eq!(bench.appliance.trace().len(), 1);
    let right = CreateApiToken {
        password: PASSWORD.into(),
        ..rotation
    };
    assert_eq!(driver.call(right).await.unwrap().revoked.len(), 1);
    driver.call(volume("volume-1")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rotation_disturbs_none_of_sixty_four_callers() {
    let bench = Arc::new(ready().await);
    bench.driver.call(token(&bench, "host-1")).await.unwrap();
    let driver = by_token(&bench);
    driver.call(volume("volume-1")).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let done = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..64 {
        let (driver, stop, done) = (driver.clone(), stop.clone(), done.clone());
        callers.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let name = "volume-1".to_owned();
                driver.call(GetVolume { name }).await.unwrap();
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    for _ in 0..5 {
        let reached = done.load(Ordering::Relaxed) + 64;
        assert!(until(|| done.load(Ordering::Relaxed) >= reached).await);
        let rotated = bench.driver.call(token(&bench, "host-1")).await.unwrap();
        assert_eq!(rotated.revoked.len(), 1);
    }
    let reached = done.load(Ordering::Relaxed) + 64;
    assert!(until(|| done.load(Ordering::Relaxed) >= reached).await);
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    assert_eq!(names(&bench).len(), 1);
}

#[tokio::test]
async fn what_cannot_be_written_is_told_before_a_token_is_made() {
    let bench = ready().await;
    let root = bench.dir.path();
    fs::create_dir(root.join("directory")).unwrap();
    bench.appliance.clear_trace();
    for (path, status) in [
        (root.join("absent/token"), Status::LocalIo),
        (root.join("directory"), Status::LocalIo),
        (PathBuf::from("token"), Status::InvalidArgument),
        (PathBuf::new(), Status::InvalidArgument),
    ] {
        let operation = CreateApiToken {
            token_file: path_text(&path).to_owned(),
            ..token(&bench, "host-1")
        };
        let error = bench.driver.call(operation).await.unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (status, Outcome::None),
            "{error:?}"
        );
    }
    for name in ["", "a b", "a/b", "ä", &"x".repeat(49)] {
        let error = bench.driver.call(token(&bench, name)).await.unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument, "{error:?}");
        assert!(error.message().starts_with("name is"), "{error}");
    }
    for seconds in [0, 59, 315_360_001] {
        let operation = CreateApiToken {
            lifetime: Duration::from_secs(seconds),
            ..token(&bench, "host-1")
        };
        let error = bench.driver.call(operation).await.unwrap_err();
        let words = format!("lifetime is {seconds}: give 60 to 315360000 seconds");
        assert!(error.message().contains(&words), "{error}");
    }
    assert_eq!(bench.appliance.trace().len(), 0);
}

#[tokio::test]
async fn a_token_that_does_not_work_replaces_none() {
    let bench = ready().await;
    bench.driver.call(token(&bench, "host-1")).await.unwrap();
    let (former, known) = (content(&bench), names(&bench));
    let refused = Fault::new(FaultKind::unauthorized()).on("GET", "/system/|/access/");
    bench.appliance.faults().push(refused.forever());
    let error = bench
        .driver
        .call(token(&bench, "host-1"))
        .await
        .unwrap_err();
    bench.appliance.faults().clear();
    assert_eq!(error.status(), Status::Unauthenticated, "{error:?}");
    assert_eq!(error.outcome(), Outcome::RolledBack);
    assert!(error.message().contains("does not work"), "{error}");
    assert_eq!((content(&bench), names(&bench)), (former, known));
    assert!(!bench.dir.path().join("token.new").exists());
}

#[tokio::test]
async fn a_former_token_that_stays_is_named() {
    let bench = ready().await;
    let first = bench.driver.call(token(&bench, "host-1")).await.unwrap();
    let kept = Fault::new(FaultKind::denied()).on("DELETE", TOKENS);
    bench.appliance.faults().push(kept.forever());
    let error = bench
        .driver
        .call(token(&bench, "host-1"))
        .await
        .unwrap_err();
    bench.appliance.faults().clear();
    assert_eq!(error.outcome(), Outcome::Partial, "{error:?}");
    assert_eq!(error.left_behind(), [format!("API token {}", first.name)]);
    assert_ne!(bench.appliance.find_token(&content(&bench)), None);
    let next = bench.driver.call(token(&bench, "host-1")).await.unwrap();
    assert_eq!(next.revoked.len(), 2);
}

#[tokio::test]
async fn two_calls_do_not_replace_one_file_together() {
    let bench = ready().await;
    let held = Fault::new(FaultKind::Hang { ms: None }).on("POST", TOKENS);
    bench.appliance.faults().push(held);
    let (driver, operation) = (bench.driver.clone(), token(&bench, "host-1"));
    let first = tokio::spawn(async move { driver.call(operation).await });
    assert!(until(|| bench.appliance.held() > 0).await);
    let error = bench
        .driver
        .call(token(&bench, "host-1"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Again, Outcome::None)
    );
    bench.appliance.release();
    first.await.unwrap().unwrap();
    assert_eq!(names(&bench).len(), 1);
}

#[tokio::test]
async fn an_appliance_without_the_second_version_makes_no_token() {
    let bench = ready().await;
    bench.appliance.tune(|knobs| knobs.release = Release::Os87);
    let error = bench
        .driver
        .call(token(&bench, "host-1"))
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::None, "{error:?}");
    assert_eq!(error.status(), Status::RestUnavailable, "{error:?}");
    assert!(error.message().contains("OS8.8"), "{error}");
    assert!(!file(&bench).exists());
}

/// A call that is cancelled while it proves the token.
#[tokio::test]
async fn a_call_that_is_cancelled_before_the_file_is_replaced_leaves_no_token() {
    let bench = ready().await;
    bench.driver.call(token(&bench, "host-1")).await.unwrap();
    let (former, known) = (content(&bench), names(&bench));
    let proof = Fault::new(FaultKind::Hang { ms: None }).on("GET", "/system/");
    bench.appliance.faults().push(proof);
    let cancel = CancellationToken::new();
    let scope = bench.driver.scope(Call {
        cancel: cancel.clone(),
        ..Call::default()
    });
    let cancelled = async {
        assert!(until(|| bench.appliance.held() == 1).await);
        cancel.cancel();
    };
    let rotated = bench.driver.run(token(&bench, "host-1"), &scope);
    let (rotated, ()) = tokio::join!(rotated, cancelled);
    let error = rotated.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Cancelled, Outcome::RolledBack),
        "{error:?}"
    );
    assert_eq!((content(&bench), names(&bench)), (former, known));
    assert!(!bench.dir.path().join("token.new").exists());
}

/// The answer to the first creation is lost. Its token is revoked, and one that another call of the
/// name made meanwhile is not.
#[tokio::test]
async fn a_token_whose_answer_was_lost_is_revoked_and_that_of_another_call_is_not() {
    let bench = ready().await;
    bench.driver.call(token(&bench, "host-1")).await.unwrap();
    let faults = bench.appliance.faults();
    let lost = Fault::new(FaultKind::ReplyLost).on("POST", TOKENS);
    faults.push(lost.after_commit());
    faults.push(Fault::new(FaultKind::Hang { ms: None }).on("POST", TOKENS));
    let (driver, rotation) = (bench.driver.clone(), token(&bench, "host-1"));
    let rotating = tokio::spawn(async move { driver.call(rotation).await });
    assert!(until(|| bench.appliance.held() == 1).await);
    let of_other = "host-1-01234567";
    let life = Duration::from_secs(3600);
    bench.appliance.add_token("root", of_other, life);
    bench.appliance.release();
    let made = rotating.await.unwrap().unwrap();
    assert_eq!(made.revoked.len(), 2, "{made:?}");
    let mut left = names(&bench);
    left.sort();
    let mut expected = [of_other.to_owned(), made.name];
    expected.sort();
    assert_eq!(left, expected);
}

/// The list in which the token of the lost answer would show is refused.
#[tokio::test]
async fn a_token_whose_answer_was_lost_is_named_if_it_cannot_be_revoked() {
    let bench = ready().await;
    let faults = bench.appliance.faults();
    let lost = Fault::new(FaultKind::ReplyLost).on("POST", TOKENS);
    faults.push(lost.after_commit());
    faults.push(Fault::new(FaultKind::denied()).on("GET", TOKENS).nth(2));
    let error = bench
        .driver
        .call(token(&bench, "host-1"))
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Partial, "{error:?}");
    assert_eq!(error.left_behind().len(), 1, "{error:?}");
    let left = error.left_behind()[0].strip_prefix("API token ");
    assert!(names(&bench).iter().any(|name| Some(name.as_str()) == left));
    assert!(bench.appliance.find_token(&content(&bench)).is_some());
}

/// Revoking a token twice is the same as once.
#[tokio::test]
async fn a_revocation_whose_answer_is_lost_is_asked_for_again() {
    for after in [false, true] {
        let bench = ready().await;
        let first = bench.driver.call(token(&bench, "host-1")).await.unwrap();
        let mut lost = Fault::new(FaultKind::ReplyLost).on("DELETE", TOKENS);
        if after {
            lost = lost.after_commit();
        }
        bench.appliance.faults().push(lost);
        let second = bench.driver.call(token(&bench, "host-1")).await.unwrap();
        assert_eq!(second.revoked, [first.name]);
        assert_eq!(names(&bench), [second.name]);
    }
}

#[tokio::test]
async fn each_token_that_a_failed_call_leaves_is_named() {
    let left = |error: &Error| {
        let named = error.left_behind().iter();
        let mut named: Vec<String> = named
            .map(|left| left.strip_prefix("API token ").unwrap().to_owned())
            .collect();
        named.sort();
        named
    };
    let there = |bench: &Fixture| {
        let mut names = names(bench);
        names.sort();
        names
    };
    // No creation is answered.
    let bench = ready().await;
    let lost = || Fault::new(FaultKind::ReplyLost).on("POST", TOKENS);
    let faults = bench.appliance.faults();
    faults.push(lost().after_commit().forever());
    let error = bench.driver.call(token(&bench, "host-1")).await;
    let error = error.unwrap_err();
    assert_eq!(left(&error), there(&bench), "{error:?}");
    assert_eq!(left(&error).len(), 3, "{error:?}");
    // One is not answered, and the token of the next does not work and cannot be revoked.
    let bench = ready().await;
    let faults = bench.appliance.faults();
    faults.push(lost().after_commit());
    let refused = |kind, method, path| faults.push(Fault::new(kind).on(method, path).forever());
    refused(FaultKind::unauthorized(), "GET", "/system/|/access/");
    refused(FaultKind::denied(), "DELETE", TOKENS);
    let error = bench.driver.call(token(&bench, "host-1")).await;
    let error = error.unwrap_err();
    assert_eq!(left(&error), there(&bench), "{error:?}");
    assert_eq!(left(&error).len(), 2, "{error:?}");
}
