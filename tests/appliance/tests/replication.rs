//! Replication between two appliances, by link and by admin port, and of one with itself.

mod common;

use common::{LUNS, POOL, PROJECT, Rest, start, start_with};
use serde_json::{Value, json};
use zfssa_appliance::{Appliance, Knobs, Options, Release};

const REPLICATION: &str = "/api/storage/v1/replication";
const SHARE: &str = "/api/storage/v1/pools/pool-0/projects/default/filesystems/a/replication";

async fn target(rest: &Rest, hostname: &str) -> Value {
    let body = json!({"hostname": hostname, "root_password": "secret", "label": "other"});
    rest.post(&format!("{REPLICATION}/targets"), body).await["target"].clone()
}

/// Two appliances; the second is a target of the first under the address 192.0.2.2.
async fn pair(knobs: Knobs) -> ((Appliance, Rest), (Appliance, Rest)) {
    let source = start_with(Options {
        knobs,
        nodename: "source".to_owned(),
        ..Options::default()
    })
    .await;
    let other = start_with(Options {
        nodename: "other".to_owned(),
        ..Options::default()
    })
    .await;
    source.0.link("192.0.2.2", &other.0);
    target(&source.1, "192.0.2.2").await;
    (source, other)
}

/// A share-level action for the LUN "a"; gives its identifier.
async fn action(rest: &Rest) -> String {
    rest.put(SHARE, json!({"inherited": false})).await;
    let body = json!({"pool": "pool-0", "project": "default", "share": "a", "target": "other", "target_pool": "pool-0"});
    let action = rest.post(&format!("{REPLICATION}/actions"), body).await["action"].clone();
    assert_eq!(
        (&action["state"], &action["last_result"]),
        (&json!("idle"), &json!("<unknown>"))
    );
    action["id"].as_str().unwrap().to_owned()
}

async fn state_of(rest: &Rest, id: &str) -> (Value, Value, Value) {
    let action = rest.get(&format!("{REPLICATION}/actions/{id}")).await["action"].clone();
    (
        action["state"].clone(),
        action["last_result"].clone(),
        action["last_try"].clone(),
    )
}

async fn send(rest: &Rest, id: &str) {
    rest.expect(
        202,
        "PUT",
        &format!("{REPLICATION}/actions/{id}/sendupdate"),
        None,
    )
    .await;
}

/// Waits until an update has ended.
async fn wait(rest: &Rest, id: &str, last_try: &Value) -> Value {
    loop {
        let (state, result, now) = state_of(rest, id).await;
        if state == "idle" && now != *last_try {
            return result;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_volume_moves_to_another_appliance() {
    let ((source, rest), (other, other_rest)) = pair(Knobs::default()).await;
    other_rest
        .post(
            "/api/storage/v1/schema",
            json!({"property": "note", "type": "String"}),
        )
        .await;
    rest.post(
        "/api/storage/v1/schema",
        json!({"property": "note", "type": "String"}),
    )
    .await;
    rest.post(
        "/api/storage/v1/schema",
        json!({"property": "here", "type": "String"}),
    )
    .await;
    rest.lun("a").await;
    let body = json!({"custom:note": "n", "custom:here": "h", "compression": "lzjb"});
    let guid = rest.put(&format!("{LUNS}/a"), body).await["lun"]["lunguid"].clone();
    rest.snapshot("a", "s").await;
    let action = action(&rest).await;
    assert_eq!(
        rest.get(&format!("{REPLICATION}/targets/other")).await["target"]["actions"],
        1
    );
    send(&rest, &action).await;
    assert_eq!(state_of(&rest, &action).await.1, "success");
    rest.delete(&format!("{REPLICATION}/actions/{action}"))
        .await;

    // The package outlives its action.
    let sources = other_rest.get(&format!("{REPLICATION}/sources")).await["sources"].clone();
    assert_eq!(
        (&sources[0]["name"], &sources[0]["asn"]),
        (&json!("source"), &json!(source.asn()))
    );
    let packages = format!("{REPLICATION}/sources/source/packages");
    let package = other_rest
        .get(&format!("{REPLICATION}/sources/source"))
        .await["source"]["packages"][0]
        .clone();
    assert_eq!(
        (&package["id"], &package["project"]),
        (&json!(action), &json!("default"))
    );
    let sever = format!("{packages}/{action}/sever");
    let taken = Some(json!({"projname": "default"}));
    assert_eq!(
        other_rest.refused(409, "PUT", &sever, taken).await,
        "ERR_OBJECT_EXISTS"
    );
    other_rest
        .expect(202, "PUT", &sever, Some(json!({"projname": action})))
        .await;
    other_rest
        .refused(404, "GET", &format!("{packages}/{action}"), None)
        .await;
    let path = format!("{POOL}/projects/{action}");
    let lun = other_rest.get(&format!("{path}/luns/a")).await["lun"].clone();
    assert_eq!(
        (&lun["custom:note"], &lun["compression"]),
        (&json!("n"), &json!("lzjb"))
    );
    assert!(
        lun.get("custom:here").is_none(),
        "its schema does not have it"
    );
    assert_ne!(lun["lunguid"], guid);
    other_rest.get(&format!("{path}/luns/a/snapshots/s")).await;
    other_rest
        .put(
            &format!("{path}/filesystems/a"),
            json!({"project": "default"}),
        )
        .await;
    other_rest.delete(&path).await;
    other_rest.get(&format!("{LUNS}/a")).await;
    assert_eq!(
        other.state()["pools"]["pool-0"]["projects"]
            .as_object()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn between_two_programs_by_their_admin_ports() {
    let (source, rest) = start_with(Options {
        nodename: "source".to_owned(),
        ..Options::default()
    })
    .await;
    let (other, other_rest) = start().await;
    source.link_admin("192.0.2.2", &other.admin_url().unwrap());
    let body = json!({"hostname": "192.0.2.2", "root_password": "wrong", "label": "other"});
    rest.refused(400, "POST", &format!("{REPLICATION}/targets"), Some(body))
        .await;
    let body = json!({"hostname": "192.0.2.9", "root_password": "secret", "label": "other"});
    rest.refused(400, "POST", &format!("{REPLICATION}/targets"), Some(body))
        .await;
    let target = target(&rest, "192.0.2.2").await;
    assert_eq!(
        (&target["address"], &target["asn"]),
        (&json!("192.0.2.2:216"), &json!(other.asn()))
    );
    assert_eq!(
        other_rest.get(&format!("{REPLICATION}/sources")).await["sources"][0]["asn"],
        source.asn()
    );
    rest.lun("a").await;
    let action = action(&rest).await;
    send(&rest, &action).await;
    assert_eq!(state_of(&rest, &action).await.1, "success");
    let sever = format!("{REPLICATION}/sources/source/packages/{action}/sever");
    other_rest
        .expect(202, "PUT", &sever, Some(json!({"projname": "p"})))
        .await;
    other_rest.get(&format!("{POOL}/projects/p/luns/a")).await;
}

#[tokio::test]
async fn an_appliance_with_itself() {
    let (appliance, rest) = start().await;
    let target = target(&rest, "localhost").await;
    assert_eq!(target["asn"], appliance.asn());
    rest.lun("a").await;
    let action = action(&rest).await;
    send(&rest, &action).await;
    let sever = format!("{REPLICATION}/sources/appliance-0/packages/{action}/sever");
    rest.expect(202, "PUT", &sever, Some(json!({"projname": "p"})))
        .await;
    let lun = rest.get(&format!("{POOL}/projects/p/luns/a")).await["lun"].clone();
    assert_eq!(
        (&lun["initiatorgroup"], &lun["assignednumber"]),
        (&json!(["default"]), &json!(2))
    );
    rest.delete(&format!("{REPLICATION}/actions/{action}"))
        .await;
    rest.delete(&format!("{REPLICATION}/targets/other")).await;
}

#[tokio::test]
async fn an_update_takes_its_time() {
    let knobs = Knobs {
        replication_ms: 50,
        replication_start_lag_ms: 10,
        ..Knobs::default()
    };
    let ((source, rest), (_other, other_rest)) = pair(knobs).await;
    rest.lun("a").await;
    let action = action(&rest).await;
    send(&rest, &action).await;
    // What is sent is what was there when it began; the new size is for the next update.
    let unknown = json!("<unknown>");
    assert_eq!(wait(&rest, &action, &unknown).await, "success");
    let (_, _, first) = state_of(&rest, &action).await;
    assert_ne!(first, unknown);
    send(&rest, &action).await;
    // The old result shows while the new update runs.
    let mut seen_sending = false;
    loop {
        let (state, result, now) = state_of(&rest, &action).await;
        assert_eq!(result, "success");
        seen_sending |= state == "sending";
        if now != first {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(seen_sending);
    source.tune(|knobs| knobs.replication_result = "failed (connection failed)".to_owned());
    let (_, _, second) = state_of(&rest, &action).await;
    send(&rest, &action).await;
    assert_eq!(
        wait(&rest, &action, &second).await,
        "failed (connection failed)"
    );
    drop(other_rest);
}

#[tokio::test]
async fn cancelling() {
    let ((_source, rest), (other, other_rest)) = pair(Knobs {
        replication_ms: 3_600_000,
        ..Knobs::default()
    })
    .await;
    rest.lun("a").await;
    let action = action(&rest).await;
    let path = format!("{REPLICATION}/actions/{action}");
    let answer = rest
        .expect(409, "PUT", &format!("{path}/cancelupdate"), None)
        .await;
    assert_eq!(
        answer["cancelupdate"]["AKSH_ERROR"],
        "EAK_NAS_REPL_BADSTATE"
    );
    send(&rest, &action).await;
    assert_eq!(state_of(&rest, &action).await.0, "sending");
    rest.refused(409, "PUT", &format!("{path}/sendupdate"), None)
        .await;
    rest.refused(409, "DELETE", &path, None).await;
    // The package shows up while the first update runs.
    while other.state()["replication"]["sources"]["source"]["packages"]
        .as_object()
        .unwrap()
        .is_empty()
    {
        tokio::task::yield_now().await;
    }
    let package = format!("{REPLICATION}/sources/source/packages/{action}");
    assert_eq!(
        other_rest.get(&package).await["package"]["last_result"],
        "<unknown>"
    );
    other_rest
        .refused(
            409,
            "PUT",
            &format!("{package}/sever"),
            Some(json!({"projname": "p"})),
        )
        .await;
    rest.expect(202, "PUT", &format!("{path}/cancelupdate"), None)
        .await;
    let (state, result, _) = state_of(&rest, &action).await;
    assert_eq!((state, result), (json!("idle"), json!("cancelled")));
    rest.delete(&path).await;
    other_rest.delete(&package).await;
}

#[tokio::test]
async fn a_project_and_its_contextual_actions() {
    let ((source, rest), (_other, other_rest)) = pair(Knobs::default()).await;
    rest.lun("a").await;
    rest.lun("b").await;
    rest.put(SHARE, json!({"inherited": false})).await;
    let actions = format!("{PROJECT}/replication/actions");
    let body = json!({"target": "other", "pool": "pool-0", "continuous": "true"});
    let action = rest.post(&actions, body).await["action"].clone();
    assert_eq!(
        (&action["share"], &action["continuous"]),
        (&json!(""), &json!(true))
    );
    assert_eq!(rest.get(&actions).await["actions"], json!([action]));
    let id = action["id"].as_str().unwrap();
    rest.put(
        &format!("{REPLICATION}/actions/{id}"),
        json!({"include_snaps": false}),
    )
    .await;
    rest.expect(202, "PUT", &format!("{actions}/{id}/sendupdate"), None)
        .await;
    source.tune(|knobs| knobs.flat_actions = false);
    rest.refused(
        405,
        "POST",
        &format!("{REPLICATION}/actions"),
        Some(json!({})),
    )
    .await;
    // Share "a" does not follow the project; its own action may be made under it.
    let of_share = format!("{LUNS}/a/replication/actions");
    rest.post(&of_share, json!({"target": "other", "pool": "pool-0"}))
        .await;
    rest.refused(
        409,
        "POST",
        &format!("{LUNS}/b/replication/actions"),
        Some(json!({"target": "other", "pool": "pool-0"})),
    )
    .await;
    rest.refused(409, "DELETE", &format!("{REPLICATION}/targets/other"), None)
        .await;

    other_rest
        .refused(404, "GET", &format!("{REPLICATION}/packages"), None)
        .await;
    _other.tune(|knobs| knobs.release = Release::Os88);
    let package = format!("{REPLICATION}/packages/{id}");
    assert_eq!(other_rest.get(&package).await["package"]["href"], package);
    assert_eq!(
        other_rest.get(&format!("{package}/clone/conflicts")).await["conflicts"],
        json!([])
    );
    other_rest
        .expect(
            202,
            "PUT",
            &format!("{package}/clone"),
            Some(json!({"projname": "copy"})),
        )
        .await;
    other_rest
        .get(&format!("{POOL}/projects/copy/luns/b"))
        .await;
    other_rest
        .refused(404, "GET", &format!("{POOL}/projects/copy/luns/a"), None)
        .await;
    let reverse = format!("{package}/pkgreverse");
    other_rest
        .refused(409, "PUT", &reverse, Some(json!({"projname": "back"})))
        .await;
    _other.link("192.0.2.1", &source);
    target(&other_rest, "192.0.2.1").await;
    other_rest
        .expect(202, "PUT", &reverse, Some(json!({"projname": "back"})))
        .await;
    let back = other_rest
        .get(&format!("{POOL}/projects/back/replication/actions"))
        .await["actions"]
        .clone();
    assert_eq!(back[0]["target"], source.asn());
    let id = back[0]["id"].as_str().unwrap();
    other_rest
        .expect(
            202,
            "PUT",
            &format!("{REPLICATION}/actions/{id}/sendupdate"),
            None,
        )
        .await;
    let name = rest.get(&format!("{REPLICATION}/sources")).await["sources"][0]["name"].clone();
    rest.get(&format!(
        "{REPLICATION}/sources/{}/packages/{id}",
        name.as_str().unwrap()
    ))
    .await;
}

#[tokio::test]
async fn what_keeps_an_update_from_arriving() {
    let ((_source, rest), (_other, other_rest)) = pair(Knobs::default()).await;
    rest.lun("a").await;
    let action = action(&rest).await;
    other_rest
        .expect(
            202,
            "PUT",
            "/api/service/v1/services/replication/disable",
            None,
        )
        .await;
    send(&rest, &action).await;
    let (state, result, _) = state_of(&rest, &action).await;
    assert_eq!(state, "idle");
    assert!(result.as_str().unwrap().starts_with("failed"), "{result}");
    rest.expect(
        202,
        "PUT",
        "/api/service/v1/services/replication/disable",
        None,
    )
    .await;
    rest.refused(
        409,
        "PUT",
        &format!("{REPLICATION}/actions/{action}/sendupdate"),
        None,
    )
    .await;
    rest.delete(&format!("{LUNS}/a")).await;
    rest.refused(404, "GET", &format!("{REPLICATION}/actions/{action}"), None)
        .await;
}
