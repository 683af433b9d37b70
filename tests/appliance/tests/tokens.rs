//! Persistent tokens.

mod common;

use std::time::Duration;

use common::{LUNS, Rest, start_with};
use reqwest::Response;
use serde_json::{Value, json};
use zfssa_appliance::{Appliance, Options};

const TOKENS: &str = "/api/user/v2/users/root/preferences/tokens";

async fn started() -> (Appliance, Rest) {
    let mut options = Options::default();
    options.knobs.release = zfssa_appliance::Release::Os88;
    start_with(options).await
}

async fn with_token(rest: &Rest, method: &str, path: &str, token: &str) -> Response {
    let url = format!("{}{path}", rest.url);
    let request = rest.client.request(method.parse().unwrap(), url);
    request
        .header("X-Auth-Session", token)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_token_is_made_used_listed_and_revoked() {
    let (appliance, rest) = started().await;
    let body = json!({"name": "host-1", "preserve": true, "expiration": 3600});
    let answer = rest.send("POST", TOKENS, Some(&body)).await;
    assert_eq!(answer.status(), 201);
    let token = answer.headers()["x-auth-session"]
        .to_str()
        .unwrap()
        .to_owned();
    let made: Value = answer.json().await.unwrap();
    assert_eq!(made["token"]["name"], "host-1");
    assert_eq!(made["token"]["preserve"], true);
    let id = made["token"]["id"].as_str().unwrap();
    assert_eq!(with_token(&rest, "GET", LUNS, &token).await.status(), 200);
    assert_eq!(appliance.sessions(), 0);
    let listed: Value = with_token(&rest, "GET", TOKENS, &token)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(listed["tokens"], json!([made["token"]]));
    let by_value = format!("{TOKENS}?token={token}");
    let found: Value = rest
        .send("GET", &by_value, None)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(found["tokens"][0]["id"], id);
    let one = format!("{TOKENS}/{id}");
    let found: Value = rest.send("GET", &one, None).await.json().await.unwrap();
    assert_eq!(found["token"], made["token"]);
    assert_eq!(rest.send("DELETE", &one, None).await.status(), 204);
    assert_eq!(rest.send("DELETE", &one, None).await.status(), 404);
    assert_eq!(with_token(&rest, "GET", LUNS, &token).await.status(), 401);
    assert!(appliance.tokens().is_empty());
}

#[tokio::test]
async fn a_token_expires_and_outlives_sessions() {
    let (appliance, rest) = started().await;
    let token = appliance.add_token("root", "host-1", Duration::from_secs(60));
    appliance.expire_sessions();
    assert_eq!(with_token(&rest, "GET", LUNS, &token).await.status(), 200);
    appliance.expire_tokens();
    assert_eq!(with_token(&rest, "GET", LUNS, &token).await.status(), 401);
    assert!(appliance.tokens().is_empty());
}

#[tokio::test]
async fn what_is_no_request_for_a_token_is_refused() {
    let (appliance, rest) = started().await;
    let token = appliance.add_token("root", "host-1", Duration::from_secs(60));
    let good = json!({"name": "a", "preserve": true, "expiration": 60});
    for (path, body, status) in [
        (TOKENS, json!({"name": "a", "preserve": true}), 400),
        (TOKENS, json!({"name": "a", "expiration": 60}), 400),
        (TOKENS, json!({"preserve": true, "expiration": "soon"}), 400),
        (
            TOKENS,
            json!({"preserve": true, "expiration": 1, "odd": 1}),
            400,
        ),
        (
            "/api/user/v2/users/other/preferences/tokens",
            good.clone(),
            403,
        ),
        (
            "/api/user/v1/users/root/preferences/tokens",
            good.clone(),
            404,
        ),
    ] {
        let answer = rest.send("POST", path, Some(&body)).await;
        assert_eq!(answer.status(), status, "{path} {body}");
    }
    let url = format!("{}{TOKENS}", rest.url);
    let by_token = rest.client.post(url).header("X-Auth-Session", &token);
    assert_eq!(by_token.json(&good).send().await.unwrap().status(), 403);
    assert_eq!(appliance.tokens().len(), 1);
}
