//! Credentials, sessions, TLS, and the shape of requests and answers.

mod common;

use common::{LUNS, PROJECT, Rest, start, start_with, trusting};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use zfssa_appliance::{
    Appliance, CertificateKind, Fault, FaultKind, Knobs, Options, Release, TlsOptions, User,
};

async fn log_in(rest: &Rest) -> Response {
    rest.send("POST", "/api/access/v1", None).await
}

async fn token(rest: &Rest) -> String {
    let answer = log_in(rest).await;
    assert_eq!(answer.status(), 201);
    answer.headers()["x-auth-session"]
        .to_str()
        .unwrap()
        .to_owned()
}

async fn with_token(rest: &Rest, method: &str, path: &str, token: &str) -> (u16, Value) {
    let request = rest
        .client
        .request(method.parse().unwrap(), format!("{}{path}", rest.url));
    let answer = request
        .header("X-Auth-Session", token)
        .send()
        .await
        .unwrap();
    (
        answer.status().as_u16(),
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default(),
    )
}

#[tokio::test]
async fn log_in_use_and_log_out() {
    let (appliance, rest) = start().await;
    let answer = log_in(&rest).await;
    assert_eq!(answer.headers()["x-zfssa-access-api"], "1.0");
    assert!(answer.headers().contains_key("x-zfssa-version"));
    let token = answer.headers()["x-auth-session"]
        .to_str()
        .unwrap()
        .to_owned();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["access"]["services"][0]["name"], "access");
    assert_eq!(with_token(&rest, "GET", LUNS, &token).await.0, 200);
    assert_eq!(appliance.sessions(), 1);
    assert_eq!(
        with_token(&rest, "GET", "/api/access/v1", &token).await.1["services"][0]["name"],
        "access"
    );
    assert_eq!(
        with_token(&rest, "DELETE", "/api/access/v1", &token)
            .await
            .0,
        204
    );
    let (status, fault) = with_token(&rest, "GET", LUNS, &token).await;
    assert_eq!(
        (status, &fault["fault"]["name"]),
        (401, &json!("ERR_UNAUTHORIZED"))
    );
    assert_eq!((appliance.sessions(), appliance.stats().logins), (0, 1));
}

#[tokio::test]
async fn the_other_credentials() {
    let (_appliance, rest) = start().await;
    let request = rest.client.get(format!("{}{LUNS}", rest.url));
    let pair = request
        .try_clone()
        .unwrap()
        .header("X-Auth-User", "root")
        .header("X-Auth-Key", "secret");
    assert_eq!(pair.send().await.unwrap().status(), 200);
    assert_eq!(
        request.try_clone().unwrap().send().await.unwrap().status(),
        401
    );
    assert_eq!(
        request
            .basic_auth("root", Some("wrong"))
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
}

#[tokio::test]
async fn sessions_expire() {
    let (appliance, rest) = start().await;
    let first = token(&rest).await;
    appliance.expire_sessions();
    assert_eq!(with_token(&rest, "GET", LUNS, &first).await.0, 401);
    appliance.tune(|knobs| knobs.expired_status = 500);
    let (status, fault) = with_token(&rest, "GET", LUNS, &first).await;
    assert_eq!((status, &fault["fault"]["code"]), (500, &json!(500)));
    appliance.tune(|knobs| {
        knobs.expired_status = 401;
        knobs.session_ttl_ms = 0;
    });
    let second = token(&rest).await;
    assert_eq!(
        with_token(&rest, "GET", LUNS, &second).await.0,
        401,
        "its time is over at once"
    );
}

#[tokio::test]
async fn sessions_are_capped() {
    let (_appliance, rest) = start_with(Options {
        knobs: Knobs {
            session_cap: 2,
            ..Knobs::default()
        },
        ..Options::default()
    })
    .await;
    let first = token(&rest).await;
    token(&rest).await;
    let answer = log_in(&rest).await;
    assert_eq!(answer.status(), 503);
    assert_eq!(
        answer.json::<Value>().await.unwrap()["fault"]["name"],
        "ERR_BUSY"
    );
    with_token(&rest, "DELETE", "/api/access/v1", &first).await;
    token(&rest).await;
}

#[tokio::test]
async fn rest_disabled_or_absent() {
    let (appliance, rest) = start().await;
    appliance.tune(|knobs| knobs.rest_enabled = false);
    assert_eq!(log_in(&rest).await.status(), 503);
    appliance.tune(|knobs| knobs.rest_present = false);
    assert_eq!(log_in(&rest).await.status(), 404);
}

#[tokio::test]
async fn users_without_the_right_to_change() {
    let users = vec![User {
        name: "reader".to_owned(),
        password: "pw".to_owned(),
        may_change: false,
    }];
    let (appliance, mut rest) = start_with(Options {
        users,
        ..Options::default()
    })
    .await;
    (rest.user, rest.password) = ("reader".to_owned(), "pw".to_owned());
    rest.get(LUNS).await;
    let body = json!({"name": "a", "volsize": "1g"});
    assert_eq!(
        rest.refused(403, "POST", LUNS, Some(body.clone())).await,
        "ERR_DENIED"
    );
    appliance.tune(|knobs| knobs.unauthorized_status = 401);
    assert_eq!(
        rest.refused(401, "POST", LUNS, Some(body)).await,
        "ERR_UNAUTHORIZED"
    );
    token(&rest).await;
}

#[tokio::test]
async fn version_two_names_its_tokens() {
    let (appliance, rest) = start().await;
    assert_eq!(rest.call("POST", "/api/access/v2", None).await.0, 404);
    appliance.tune(|knobs| knobs.release = Release::Os88);
    let answer = rest
        .send("POST", "/api/access/v2", Some(&json!({"name": "mine"})))
        .await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["x-auth-name"]),
        (201, &"mine".parse().unwrap())
    );
    let token = answer.headers()["x-auth-session"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        with_token(&rest, "GET", LUNS, &token).await.0,
        200,
        "good for both versions"
    );
}

#[tokio::test]
async fn requests_of_odd_shapes() {
    let (_appliance, rest) = start().await;
    rest.lun("a").await;
    let name = rest.get(&format!("{LUNS}/a")).await["lun"]["name"].clone();
    for path in [
        format!("/{LUNS}//a"),
        format!("{}/%61", LUNS.replace("/pools/", "//pools/")),
        format!("{LUNS}/a?x=y"),
    ] {
        assert_eq!(rest.get(&path).await["lun"]["name"], name, "{path}");
    }
    // Bodies of GET and DELETE are ignored, whatever they are.
    let request = rest
        .client
        .get(format!("{}{LUNS}/a", rest.url))
        .basic_auth("root", Some("secret"))
        .body("null");
    assert_eq!(request.send().await.unwrap().status(), 200);
    let post = |content_type: &str, body: &'static str| {
        let request = rest
            .client
            .post(format!("{}{LUNS}", rest.url))
            .basic_auth("root", Some("secret"));
        request
            .header("content-type", content_type)
            .body(body)
            .send()
    };
    assert_eq!(post("text/plain", "x").await.unwrap().status(), 415);
    assert_eq!(post("application/json", "{").await.unwrap().status(), 400);
    assert_eq!(post("application/json", "[]").await.unwrap().status(), 400);
    assert_eq!(
        post("application/json", "null").await.unwrap().status(),
        400,
        "as an empty object: the name is missing"
    );
    let huge = format!("{{\"name\":\"{}\"}}", "x".repeat(2 << 20));
    let request = rest
        .client
        .post(format!("{}{LUNS}", rest.url))
        .basic_auth("root", Some("secret"));
    assert_eq!(
        request
            .header("content-type", "application/json")
            .body(huge)
            .send()
            .await
            .unwrap()
            .status(),
        413
    );
    rest.refused(405, "PATCH", &format!("{LUNS}/a"), None).await;
    rest.refused(405, "DELETE", LUNS, None).await;
    for path in [
        "/",
        "/api",
        "/api/storage",
        "/api/storage/v9/luns",
        "/api/nothing/v1",
        "/api/storage/v1/nothing",
    ] {
        rest.refused(404, "GET", path, None).await;
    }
    rest.delete(&format!("{LUNS}/a")).await;
}

#[tokio::test]
async fn headers_and_bodies_of_answers() {
    let (appliance, rest) = start().await;
    for (path, header) in [
        (LUNS, "x-zfssa-storage-api"),
        ("/api/storage/v1/schema", "x-zfssa-nas-api"),
        ("/api/hardware/v1/cluster", "x-zfssa-appliance-api"),
        ("/api/service/v1/services", "x-zfssa-service-api"),
        ("/api/san/v1/iscsi/targets", "x-zfssa-san-api"),
    ] {
        let answer = rest.send("GET", path, None).await;
        assert_eq!(answer.headers()[header], "1.0", "{path}");
        assert_eq!(answer.headers()["content-type"], "application/json");
    }
    let answer = rest
        .send("POST", LUNS, Some(&json!({"name": "a", "volsize": "1g"})))
        .await;
    assert_eq!(answer.headers()["location"], format!("{LUNS}/a").as_str());
    appliance.tune(|knobs| {
        knobs.chunked = true;
        knobs.legacy_fault_bodies = true;
    });
    let answer = rest.send("GET", &format!("{LUNS}/none"), None).await;
    assert_eq!(answer.headers()["transfer-encoding"], "chunked");
    let fault: Value = answer.json().await.unwrap();
    assert_eq!(
        (&fault["fault"]["message"], &fault["fault"]["code"]),
        (&json!("ERR_NOT_FOUND"), &json!(404))
    );
    assert!(fault["fault"]["details"].is_string());
}

#[tokio::test]
async fn the_trace_keeps_no_secret() {
    let (appliance, rest) = start().await;
    let session = token(&rest).await;
    let secret = "very-secret-1";
    let body = json!({"initiator": "iqn.1993-08.org.debian:1", "alias": "i", "chapuser": "u", "chapsecret": secret});
    let created = rest.post("/api/san/v1/iscsi/initiators", body).await;
    assert_eq!(created["initiator"]["chapsecret"], "");
    with_token(&rest, "GET", LUNS, &session).await;
    let trace = appliance.trace();
    let text = serde_json::to_string(&trace).unwrap() + &appliance.state().to_string();
    for hidden in [secret, &session, "cm9vdDpzZWNyZXQ"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    assert_eq!(
        trace[1].body.as_deref().map(|body| body.contains("***")),
        Some(true)
    );
    assert_eq!(
        trace.iter().map(|e| e.session).collect::<Vec<_>>(),
        [false, false, true]
    );
    assert_eq!(zfssa_appliance::sequential_depth(&trace), 3);
    appliance.set_trace(0);
    rest.get(PROJECT).await;
    assert!(appliance.trace().is_empty());
}

#[tokio::test]
async fn connections_are_kept_and_tls_sessions_resumed() {
    let (appliance, rest) = start().await;
    for _ in 0..5 {
        rest.get(LUNS).await;
    }
    assert_eq!(
        (appliance.stats().connections, appliance.stats().requests),
        (1, 5)
    );
    let config = trusting(&appliance.ca_pem());
    for _ in 0..2 {
        let client = Client::builder()
            .tls_backend_preconfigured(config.clone())
            .no_proxy()
            .build()
            .unwrap();
        let request = client
            .get(format!("{}{LUNS}", appliance.url()))
            .basic_auth("root", Some("secret"));
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    let stats = appliance.stats();
    assert_eq!((stats.handshakes_full, stats.handshakes_resumed), (2, 1));
    assert_eq!(
        appliance.trace().iter().map(|e| e.connection).max(),
        Some(3)
    );
}

#[tokio::test]
async fn certificates() {
    let (appliance, rest) = start().await;
    rest.get(LUNS).await;
    let (ca, sha256) = (appliance.ca_pem(), appliance.certificate_sha256());
    assert_eq!(sha256.len(), 32 * 3 - 1);
    appliance.rotate_certificate().unwrap();
    assert_ne!(
        (appliance.ca_pem(), appliance.certificate_sha256()),
        (ca.clone(), sha256)
    );
    rest.get(LUNS).await;
    let request = |pem: &str| {
        let rest = Rest::at(appliance.url(), pem);
        async move { rest.try_send("GET", LUNS, None).await }
    };
    assert!(
        request(&ca).await.is_err(),
        "the old CA does not vouch for the new certificate"
    );
    assert!(request(&appliance.ca_pem()).await.is_ok());
    for (kind, good) in [
        (CertificateKind::Expired, false),
        (CertificateKind::WrongName, false),
        (CertificateKind::Good, true),
    ] {
        appliance
            .set_tls(&TlsOptions {
                certificate: kind,
                ..TlsOptions::default()
            })
            .unwrap();
        assert_eq!(request(&appliance.ca_pem()).await.is_ok(), good, "{kind:?}");
    }
    let tls = TlsOptions {
        certificate: CertificateKind::SelfSigned,
        tls12_only: true,
        ..TlsOptions::default()
    };
    appliance.set_tls(&tls).unwrap();
    assert_eq!(appliance.ca_pem(), appliance.certificate_pem());
    assert!(request(&ca).await.is_err());
    assert!(
        request(&appliance.ca_pem()).await.is_ok(),
        "a self-signed certificate can be trusted by itself"
    );
    assert!(appliance.stats().handshakes_failed >= 4);
}

#[test]
fn an_appliance_with_threads_of_its_own() {
    let appliance = Appliance::start_blocking(Options::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let rest = Rest::new(&appliance);
        rest.get(LUNS).await;
        let port = appliance.port();
        appliance.stop().await;
        assert!(
            tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .is_err()
        );
        assert!(rest.try_send("GET", LUNS, None).await.is_err());
        // Dropped within a runtime.
        let another = tokio::task::spawn_blocking(|| Appliance::start_blocking(Options::default()))
            .await
            .unwrap();
        drop(another.unwrap());
    });
}

#[tokio::test]
async fn a_log_out_does_not_stop_a_request_that_is_under_way() {
    let (appliance, rest) = start().await;
    let token = token(&rest).await;
    rest.lun("volume-1").await;
    let volume = format!("{LUNS}/volume-1");
    let fault = Fault::new(FaultKind::late_until_released()).on("DELETE", "/volume-1$");
    let id = appliance.faults().push(fault);
    let deletion = rest
        .client
        .delete(format!("{}{volume}", rest.url))
        .header("X-Auth-Session", &token);
    assert!(deletion.send().await.is_err(), "it is not answered");
    let log_out = with_token(&rest, "DELETE", "/api/access/v1", &token).await;
    assert_eq!(log_out.0, 204);
    rest.get(&volume).await;
    appliance.release();
    while !appliance.trace().iter().any(|e| e.fault == Some(id)) {
        tokio::task::yield_now().await;
    }
    rest.refused(404, "GET", &volume, None).await;
}
