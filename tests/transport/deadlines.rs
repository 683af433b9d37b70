//! Deadlines, cancellation, waiting, and hosts that try to lead elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use support::only_test;
use support::transport::*;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use zfssa::error::{Outcome, Status};
use zfssa::rest::{Method, Request};
use zfssa_appliance::{Fault, FaultKind, Latency};

const SOON: Duration = Duration::from_millis(200);

/// Far less than the request's own time.
const LONGEST: Duration = Duration::from_secs(10);

/// A deadline was waited for, and nothing else.
fn took(begun: Instant, expected: Duration) {
    let took = begun.elapsed();
    assert!(took >= expected && took < LONGEST, "{took:?}");
}

/// Where time passes: in the login, in the wait for a slot, in the answer, between repetitions.
#[tokio::test]
async fn the_deadline_covers_everything() {
    // The login.
    let (appliance, settings) = appliance().await;
    let hang = |method, path| Fault::new(FaultKind::Hang { ms: None }).on(method, path);
    appliance.faults().push(hang("POST", "/api/access"));
    let rest = rest(&settings);
    let (begun, (scope, _)) = (Instant::now(), within(SOON));
    let error = rest.call(&scope, &create("l0")).await.unwrap_err();
    took(begun, SOON);
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Deadline, Outcome::None)
    );
    appliance.release();

    // The answer: a change may have been made, a read changes nothing.
    for (request, outcome) in [
        (create("l0"), Outcome::Unknown),
        (Request::get(luns()), Outcome::None),
    ] {
        appliance
            .faults()
            .push(hang(request.method().name(), "/luns"));
        let (begun, (scope, _)) = (Instant::now(), within(SOON));
        let error = rest.call(&scope, &request).await.unwrap_err();
        took(begun, SOON);
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::Deadline, outcome)
        );
        appliance.release();
    }
    appliance.faults().clear();

    // Repetitions: the last failure is told too, since it says more than that time is over.
    let busy = Fault::new(FaultKind::Busy { retry_after: None });
    appliance.faults().push(busy.on("GET", "/luns").forever());
    let mut endless = settings.clone();
    endless.max_attempts = u32::MAX;
    let rest = support::transport::rest(&endless);
    let (begun, (scope, _)) = (Instant::now(), within(SOON));
    let error = rest.call(&scope, &Request::get(luns())).await.unwrap_err();
    assert!(begun.elapsed() < LONGEST);
    match error.status() {
        Status::Busy => {}
        Status::Deadline => assert!(error.to_string().contains("too busy"), "{error:?}"),
        _ => panic!("{error:?}"),
    }

    // Time that is over already.
    tokio::time::sleep(SOON).await;
    let before = rest.metrics().requests;
    let error = rest.call(&scope, &create("l1")).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Deadline, Outcome::None)
    );
    assert_eq!(rest.metrics().requests, before);
}

#[tokio::test]
async fn the_wait_for_a_slot_is_within_the_deadline_and_can_be_cancelled() {
    let (appliance, mut settings) = appliance().await;
    settings.max_connections = 1;
    let rest = rest(&settings);
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
    appliance
        .faults()
        .push(Fault::new(FaultKind::Hang { ms: None }).on("GET", "/luns"));
    let holder = rest.clone();
    let held = tokio::spawn(async move { holder.call(&scope(), &Request::get(luns())).await });
    assert!(until(|| appliance.held() > 0).await);

    let (begun, (scope, _)) = (Instant::now(), within(SOON));
    let error = rest.call(&scope, &create("l0")).await.unwrap_err();
    took(begun, SOON);
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Deadline, Outcome::None)
    );

    let (scope, cancel) = within(None);
    let request = create("l0");
    // The call is polled first, so it waits when the cancellation comes.
    let (result, ()) = tokio::join!(rest.call(&scope, &request), async { cancel.cancel() });
    let error = result.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Cancelled, Outcome::None)
    );

    appliance.release();
    held.await.unwrap().unwrap();
    rest.call(&support::transport::scope(), &create("l0"))
        .await
        .unwrap();
    assert_eq!(count(&appliance.trace(), "POST", "/luns"), 1);
}

#[tokio::test]
async fn a_cancelled_change_says_that_it_may_have_been_made() {
    let (appliance, settings) = appliance().await;
    let rest = rest(&settings);
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
    for (request, outcome) in [
        (create("l0"), Outcome::Unknown),
        (Request::get(luns()), Outcome::None),
    ] {
        appliance
            .faults()
            .push(Fault::new(FaultKind::Hang { ms: None }).on(request.method().name(), "/luns"));
        let (scope, cancel) = within(None);
        let (result, ()) = tokio::join!(rest.call(&scope, &request), async {
            assert!(until(|| appliance.held() > 0).await);
            cancel.cancel();
        });
        let error = result.unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::Cancelled, outcome)
        );
        appliance.release();
    }
}

#[tokio::test]
async fn time_over_while_connecting_is_no_harm_done() {
    // The address accepts and says nothing, so the handshake never ends.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut settings = settings(port, zfssa::config::TlsMode::Insecure);
    settings.max_attempts = 1;
    for (connect, request) in [(5000, 100), (100, 5000)] {
        settings.connect_timeout = Duration::from_millis(connect);
        settings.request_timeout = Duration::from_millis(request);
        let error = rest(&settings)
            .call(&scope(), &create("l0"))
            .await
            .unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::Connect, Outcome::None)
        );
    }
}

/// The appliance lets the session stand and ends the connections, as in a takeover; the next
/// connection is accepted and never answered.
#[tokio::test]
async fn time_over_while_connecting_anew_is_no_harm_done() {
    let (appliance, settings) = appliance().await;
    let port = appliance.port();
    let rest = rest(&settings);
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
    appliance.stop().await;
    let _listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    // Whoever asks now finds its connection gone, and its lane with it.
    let (soon, _) = within(SOON);
    let _ = rest.call(&soon, &Request::get(pools())).await;
    let (soon, _) = within(SOON);
    let error = rest.call(&soon, &create("l0")).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Deadline, Outcome::None)
    );
}

/// A future that is dropped at any time leaves a client that works.
#[tokio::test]
async fn a_dropped_call_leaves_nothing_behind() {
    let (appliance, mut settings) = appliance().await;
    settings.max_connections = 2;
    let rest = rest(&settings);
    for micros in (0..6000).step_by(60) {
        let (request, scope) = (Request::get(luns()), scope());
        let call = rest.call(&scope, &request);
        let _ = tokio::time::timeout(Duration::from_micros(micros), call).await;
        if micros % 600 == 0 {
            appliance.expire_sessions();
        }
    }
    // Within this time a login that was under way has ended.
    rest.call(&scope(), &create("l0")).await.unwrap();
    assert_eq!(rest.metrics().in_flight, 0);
    assert_eq!(rest.metrics().limit, 2);
    tokio::time::timeout(Duration::from_secs(5), storm(&rest, 100, 10))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_thousand_waiting_operations_are_served_in_turn() {
    let (appliance, settings) = appliance().await;
    appliance.set_latency(Latency {
        get_ms: 5,
        ..Latency::default()
    });
    let rest = rest(&settings);
    let mut tasks = JoinSet::new();
    let done = Arc::new(AtomicUsize::new(0));
    let disorder = Arc::new(AtomicUsize::new(0));
    for number in 0..1000 {
        let (rest, done, disorder) = (rest.clone(), done.clone(), disorder.clone());
        tasks.spawn(async move {
            rest.call(&scope(), &Request::get(pools())).await.unwrap();
            let place = done.fetch_add(1, Ordering::Relaxed);
            disorder.fetch_max(place.abs_diff(number), Ordering::Relaxed);
        });
    }
    tasks.join_all().await;
    let stats = appliance.stats();
    assert_eq!((stats.logins, stats.connections), (1, 16));
    assert!(stats.most_in_flight <= 16);
    let disorder = disorder.load(Ordering::Relaxed);
    assert!(
        disorder <= 64,
        "one was served {disorder} places off its turn"
    );
}

#[tokio::test]
async fn an_appliance_that_is_busy_is_asked_less_at_a_time() {
    let (appliance, mut settings) = appliance().await;
    settings.max_attempts = 10;
    appliance.tune(|knobs| knobs.max_concurrent = 4);
    appliance.set_latency(Latency {
        get_ms: 20,
        ..Latency::default()
    });
    let rest = rest(&settings);
    storm(&rest, 16, 1).await;
    let mut tasks = JoinSet::new();
    for _ in 0..300 {
        let rest = rest.clone();
        tasks.spawn(async move { rest.call(&scope(), &Request::get(pools())).await.is_ok() });
    }
    let served = tasks.join_all().await.into_iter().filter(|ok| *ok).count();
    assert!(served > 250, "{served}");
    assert!(rest.metrics().limit < 12, "{:?}", rest.metrics());
}

#[tokio::test]
async fn an_appliance_that_queues_inside_is_asked_less_at_a_time() {
    let (appliance, settings) = appliance().await;
    appliance.tune(|knobs| knobs.workers = 1);
    appliance.set_latency(Latency {
        get_ms: 20,
        ..Latency::default()
    });
    let rest = rest(&settings);
    storm(&rest, 10, 1).await;
    assert_eq!(rest.metrics().limit, 16);
    storm(&rest, 200, 64).await;
    let limit = rest.metrics().limit;
    assert!((1..10).contains(&limit), "{limit}");
}

/// Accepts connections and counts the bytes that come.
async fn listen() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = connections.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    (address, connections)
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let (elsewhere, connections) = listen().await;
    for method in [Method::Get, Method::Post] {
        for status in [301, 302, 303, 307, 308] {
            let (appliance, settings) = appliance().await;
            let location = format!("https://{elsewhere}/api/storage/v1/pools");
            appliance.faults().push(
                Fault::new(FaultKind::Redirect { status, location }).on(method.name(), "/luns"),
            );
            let request = match method {
                Method::Get => Request::get(luns()),
                _ => create("l0"),
            };
            let error = rest(&settings).call(&scope(), &request).await.unwrap_err();
            assert_eq!(error.status(), Status::Protocol);
            assert_eq!(error.http_status(), Some(status));
        }
    }
    assert_eq!(connections.load(Ordering::Relaxed), 0);
}

/// Runs only in the process that the next test starts.
#[tokio::test]
#[ignore = "needs the environment that the test of proxies makes"]
async fn with_a_proxy_in_the_environment() {
    if std::env::var("HTTPS_PROXY").is_err() {
        return;
    }
    let (_appliance, settings) = appliance().await;
    rest(&settings).call(&scope(), &create("l0")).await.unwrap();
}

#[tokio::test]
async fn proxies_of_the_environment_are_not_used() {
    let (proxy, connections) = listen().await;
    let proxy = format!("http://{proxy}");
    let mut command = tokio::task::spawn_blocking(move || {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command
            .args(only_test(module_path!(), "with_a_proxy_in_the_environment"))
            .arg("--ignored");
        for name in [
            "HTTPS_PROXY",
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
            "HTTP_PROXY",
        ] {
            command.env(name, &proxy);
        }
        command.env_remove("NO_PROXY").env_remove("no_proxy");
        command.output().unwrap()
    });
    let output = (&mut command).await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
    assert_eq!(connections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn odd_names_arrive_as_they_are() {
    let (appliance, settings) = appliance().await;
    let rest = rest(&settings);
    for name in [
        "a b", "ä", "%41", "a?b", "a#b", "a%2fb", "a;b", "a:b@c=d", "+", "...",
    ] {
        let path = luns().name(name).unwrap();
        // The appliance knows no such LUN, and says so of exactly this name.
        let error = rest
            .call(&scope(), &Request::get(path.clone()))
            .await
            .unwrap_err();
        assert_eq!(error.status(), Status::NotFound, "{name}");
        let sent = appliance.trace().pop().unwrap().path;
        assert_eq!(
            sent,
            format!("/api/storage/v1{}", &path.to_string()["storage".len()..])
        );
    }
}
