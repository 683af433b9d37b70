//! One login for all, and none too many.

use std::time::Duration;

use support::transport::*;
use tokio::task::JoinSet;
use zfssa::error::{Error, Outcome, Status};
use zfssa::rest::{ApiVersion, Authentication, Path, Request, Rest, Service};
use zfssa::secret::Secret;
use zfssa_appliance::{Fault, FaultKind, Options, Release, User};

/// The results of the same request by so many callers at once.
async fn together(rest: &Rest, callers: usize, request: Request) -> Vec<Option<Error>> {
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (rest, request) = (rest.clone(), request.clone());
        tasks.spawn(async move { rest.call(&scope(), &request).await.err() });
    }
    tasks.join_all().await
}

fn none_failed(results: &[Option<Error>]) {
    assert!(results.iter().all(Option::is_none), "{results:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_callers_log_in_once() {
    let (appliance, settings) = appliance().await;
    let rest = rest(&settings);
    none_failed(&together(&rest, 200, Request::get(pools())).await);
    assert_eq!(logins(&appliance), 1);
    assert_eq!(rest.metrics().logins, 1);
    assert_eq!(appliance.trace().len(), 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_expired_session_is_renewed_once_for_all() {
    for status in [401, 500] {
        let (appliance, settings) = appliance().await;
        appliance.tune(|knobs| knobs.expired_status = status);
        let rest = rest(&settings);
        none_failed(&together(&rest, 50, Request::get(pools())).await);
        appliance.expire_sessions();
        appliance.clear_trace();
        none_failed(&together(&rest, 200, Request::get(pools())).await);
        assert_eq!(logins(&appliance), 1, "with {status}");
        let reads = appliance.trace().len() - 1;
        assert!((200..=216).contains(&reads), "{reads} reads with {status}");
        assert_eq!(appliance.sessions(), 1);
    }
}

#[tokio::test]
async fn a_refusal_that_comes_late_does_not_end_the_session_made_since() {
    let (appliance, settings) = appliance().await;
    let rest = rest(&settings);
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
    appliance.expire_sessions();
    appliance.clear_trace();
    appliance.faults().push(
        Fault::new(FaultKind::Hang { ms: None })
            .on("GET", "/projects")
            .after_commit(),
    );
    let late = rest.clone();
    let late = tokio::spawn(async move {
        let projects = pool().fixed("projects");
        late.call(&scope(), &Request::get(projects)).await
    });
    assert!(until(|| appliance.held() > 0).await);
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
    appliance.release();
    late.await.unwrap().unwrap();
    assert_eq!(logins(&appliance), 1);
}

#[tokio::test]
async fn a_change_follows_a_401_but_never_a_500() {
    let (appliance, settings) = appliance().await;
    let rest = rest(&settings);
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
    appliance.expire_sessions();
    let answer = rest.call(&scope(), &create("l0")).await.unwrap();
    assert_eq!(answer.status(), 201);

    appliance.tune(|knobs| knobs.expired_status = 500);
    appliance.expire_sessions();
    appliance.clear_trace();
    let error = rest.call(&scope(), &create("l1")).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(error.status(), Status::Fault);
    assert_eq!(
        appliance.trace().len(),
        1,
        "not sent again, nor a login before it is needed"
    );
    // The session is in doubt now, so the one who reads back logs in first.
    let absent = rest
        .call(&scope(), &Request::get(lun("l1")))
        .await
        .unwrap_err();
    assert_eq!(absent.status(), Status::NotFound);
    assert_eq!(logins(&appliance), 1);
    assert_eq!(appliance.trace().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_wrong_password_is_sent_once_whoever_asks() {
    let (appliance, mut settings) = appliance().await;
    settings.authentication = Authentication::Session(Secret::new("CANARY-in-a-mine"));
    let rest = rest(&settings);
    let results = together(&rest, 100, Request::get(pools())).await;
    for error in results.into_iter().map(Option::unwrap) {
        assert_eq!(error.status(), Status::Unauthenticated, "{error:?}");
        assert_eq!(error.outcome(), Outcome::None);
        assert_eq!(error.http_status(), Some(401));
        assert!(!format!("{error:?}").contains("CANARY"));
    }
    // A change is refused as fast, and nothing of it is sent.
    let error = rest.call(&scope(), &create("l0")).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Unauthenticated, Outcome::None)
    );
    assert_eq!(appliance.trace().len(), 1);
}

#[tokio::test]
async fn what_the_user_may_not_do_does_not_fill_the_appliance_with_sessions() {
    for status in [401, 403] {
        let (appliance, mut settings) = started(Options {
            users: vec![User {
                name: "reader".to_owned(),
                password: "CANARY-reads".to_owned(),
                may_change: false,
            }],
            ..Options::default()
        })
        .await;
        appliance.tune(|knobs| knobs.unauthorized_status = status);
        settings.login = "reader".to_owned();
        settings.authentication = Authentication::Session(Secret::new("CANARY-reads"));
        let rest = rest(&settings);
        rest.call(&scope(), &Request::get(pools())).await.unwrap();
        for _ in 0..10 {
            let error = rest.call(&scope(), &create("l0")).await.unwrap_err();
            assert_eq!(error.status(), Status::Denied, "{error:?}");
            assert_eq!(error.outcome(), Outcome::Rejected);
            assert_eq!(error.http_status(), Some(status));
        }
        let expected = if status == 401 { 2 } else { 1 };
        assert_eq!(logins(&appliance), expected, "with {status}");
        rest.log_out(&scope()).await;
        assert_eq!(
            appliance.sessions(),
            0,
            "replaced sessions are logged out as well"
        );
    }
}

#[tokio::test]
async fn an_appliance_with_a_lasting_fault_is_not_filled_with_sessions() {
    let (appliance, mut settings) = appliance().await;
    settings.max_attempts = 2;
    appliance.faults().push(
        Fault::new(FaultKind::internal())
            .on("GET", "storage")
            .forever(),
    );
    let rest = rest(&settings);
    for _ in 0..10 {
        let error = rest
            .call(&scope(), &Request::get(pools()))
            .await
            .unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::Fault, Outcome::None)
        );
    }
    assert_eq!(
        logins(&appliance),
        2,
        "the first, and one because of the first 500"
    );
}

#[tokio::test]
async fn logging_out_ends_the_session_and_the_connections() {
    let (appliance, settings) = appliance().await;
    let rest = rest(&settings);
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
    assert_eq!(appliance.sessions(), 1);
    rest.log_out(&scope()).await;
    assert_eq!(appliance.sessions(), 0);
    rest.log_out(&scope()).await;
    assert_eq!(
        appliance.trace().len(),
        3,
        "there is nothing to log out a second time"
    );
    // It is not the end of the client.
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
    assert_eq!(appliance.stats().connections, 2);
}

#[tokio::test]
async fn a_login_answers_for_itself() {
    for (kind, status, requests) in [
        (
            FaultKind::status(404, "ERR_NOT_FOUND"),
            Status::RestUnavailable,
            1,
        ),
        (FaultKind::Html { status: 404 }, Status::RestUnavailable, 1),
        (FaultKind::Html { status: 503 }, Status::RestUnavailable, 3),
        (FaultKind::Busy { retry_after: None }, Status::Busy, 3),
        (FaultKind::denied(), Status::Unauthenticated, 1),
        (FaultKind::internal(), Status::Fault, 3),
        (FaultKind::Reset, Status::ConnectionLost, 3),
        (FaultKind::ReplyLost, Status::ConnectionLost, 3),
        (
            FaultKind::Redirect {
                status: 302,
                location: "https://elsewhere.example/".to_owned(),
            },
            Status::Protocol,
            3,
        ),
    ] {
        let (appliance, mut settings) = appliance().await;
        settings.max_attempts = 3;
        appliance
            .faults()
            .push(Fault::new(kind.clone()).on("POST", "/api/access").forever());
        let error = rest(&settings)
            .call(&scope(), &create("l0"))
            .await
            .unwrap_err();
        assert_eq!(error.status(), status, "{kind:?}: {error:?}");
        assert_eq!(error.outcome(), Outcome::None, "{kind:?}");
        assert_eq!(appliance.trace().len(), requests, "{kind:?}");
    }
}

#[tokio::test]
async fn a_login_is_repeated_until_the_appliance_is_there() {
    let (appliance, settings) = appliance().await;
    appliance.faults().push(
        Fault::new(FaultKind::Busy { retry_after: None })
            .on("POST", "/api/access")
            .times(2),
    );
    rest(&settings).call(&scope(), &create("l0")).await.unwrap();
    assert_eq!(logins(&appliance), 3);
}

#[tokio::test]
async fn a_caller_who_gives_up_leaves_no_session_behind() {
    let (appliance, settings) = appliance().await;
    appliance.faults().push(
        Fault::new(FaultKind::Hang { ms: Some(300) })
            .on("POST", "/api/access")
            .after_commit(),
    );
    let rest = rest(&settings);
    let (short, _) = within(Duration::from_millis(100));
    let error = rest.call(&short, &create("l0")).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Deadline, Outcome::None)
    );
    // The login went on, and the next caller has its session.
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
    assert_eq!(logins(&appliance), 1);
    rest.log_out(&scope()).await;
    assert_eq!(appliance.sessions(), 0);
}

#[tokio::test]
async fn one_connection_is_enough_for_login_and_requests() {
    let (appliance, mut settings) = appliance().await;
    settings.max_connections = 1;
    let rest = rest(&settings);
    none_failed(&together(&rest, 20, Request::get(pools())).await);
    appliance.expire_sessions();
    none_failed(&together(&rest, 20, Request::get(pools())).await);
    rest.log_out(&scope()).await;
    assert_eq!(appliance.stats().connections, 1);
    assert_eq!(logins(&appliance), 2);
}

#[tokio::test]
async fn the_second_version_of_the_api_has_its_own_addresses() {
    let (appliance, mut settings) = appliance().await;
    appliance.tune(|knobs| knobs.release = Release::Os88);
    settings.api_version = ApiVersion::V2;
    let rest = rest(&settings);
    let version = Path::new(Service::System).fixed("version");
    rest.call(&scope(), &Request::get(version)).await.unwrap();
    let paths: Vec<String> = appliance.trace().into_iter().map(|e| e.path).collect();
    assert_eq!(paths, ["/api/access/v2", "/api/system/v2/version"]);
}
