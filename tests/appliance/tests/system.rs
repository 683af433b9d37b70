//! Version, cluster, services, pools, and the SAN objects.

mod common;

use common::{LUNS, POOL, Rest, SAN, start, start_with};
use serde_json::{Value, json};
use zfssa_appliance::{ClusterOptions, Fault, FaultKind, Options};

#[tokio::test]
async fn who_it_is_and_what_it_owns() {
    let asn = "c79d8f07-4146-4ca8-d0a1-ef0d2bcea217";
    let (appliance, rest) = start_with(Options {
        nodename: "zfs".to_owned(),
        asn: Some(asn.to_owned()),
        ..Options::default()
    })
    .await;
    let version = rest.get("/api/system/v1/version").await["version"].clone();
    assert_eq!(
        (&version["asn"], &version["nodename"]),
        (&json!(asn), &json!("zfs"))
    );
    assert_eq!(appliance.asn(), asn);
    let pool = rest.get(POOL).await["pool"].clone();
    assert_eq!(
        (&pool["asn"], &pool["owner"], &pool["status"]),
        (&json!(asn), &json!("zfs"), &json!("online"))
    );
    assert_eq!(pool["usage"]["total"].to_string(), "1099511627776.0");
    assert_eq!(
        rest.get("/api/storage/v1/pools").await["pools"],
        json!([pool])
    );
    rest.refused(404, "GET", "/api/storage/v1/pools/none", None)
        .await;
    let cluster = rest.get("/api/hardware/v1/cluster").await["cluster"].clone();
    assert_eq!(
        (&cluster["state"], &cluster["peer_asn"]),
        (&json!("AKCS_UNCONFIGURED"), &json!(""))
    );
    assert!(!appliance.take_over(), "there is nobody to take over");
    let lun = rest.lun("a").await;
    assert!(
        lun["lunguid"]
            .as_str()
            .unwrap()
            .starts_with("600144F0EF0D2BCE0000"),
        "{}",
        lun["lunguid"]
    );
}

#[tokio::test]
async fn takeover_and_failback() {
    let (appliance, rest) = start_with(Options {
        cluster: Some(ClusterOptions::default()),
        ..Options::default()
    })
    .await;
    let peer = Rest::at(appliance.peer_url().unwrap(), &appliance.ca_pem());
    let cluster = async |rest: &Rest| rest.get("/api/hardware/v1/cluster").await["cluster"].clone();
    let name =
        async |rest: &Rest| rest.get("/api/system/v1/version").await["version"]["nodename"].clone();
    assert_eq!(cluster(&rest).await["state"], "AKCS_CLUSTERED");
    rest.lun("a").await;
    assert_eq!(
        peer.get(POOL).await["pool"],
        json!({"status": "exported", "name": "pool-0", "href": POOL})
    );
    peer.refused(404, "GET", LUNS, None).await;
    let login = rest.send("POST", "/api/access/v1", None).await;
    let token = login.headers()["x-auth-session"]
        .to_str()
        .unwrap()
        .to_owned();
    drop(login);
    let with_token = async |rest: &Rest, token: &str| {
        let request = rest
            .client
            .get(format!("{}/api/system/v1/version", rest.url));
        request
            .header("X-Auth-Session", token)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(
        (
            with_token(&rest, &token).await,
            with_token(&peer, &token).await
        ),
        (200, 401),
        "tokens are per head"
    );
    let login = peer.send("POST", "/api/access/v1", None).await;
    let peer_token = login.headers()["x-auth-session"]
        .to_str()
        .unwrap()
        .to_owned();
    drop(login);
    let before = appliance.state();
    let id = appliance
        .faults()
        .push(Fault::new(FaultKind::Hang { ms: None }).on("GET", "/luns$"));
    let held = tokio::spawn(async move { rest.try_send("GET", LUNS, None).await });
    while appliance.faults().fired(id) == 0 {
        tokio::task::yield_now().await;
    }

    assert!(appliance.take_over());
    assert_eq!(
        appliance.sessions(),
        1,
        "those of the head that went down are lost"
    );
    assert!(
        held.await.unwrap().is_err(),
        "connections of the address that moves are reset"
    );
    // The address answers from the other head.
    let rest = Rest::new(&appliance);
    let (version, pool) = (name(&rest).await, rest.get(POOL).await["pool"].clone());
    assert_eq!(
        (&version, &pool["owner"]),
        (&json!("appliance-1"), &json!("appliance-0"))
    );
    let state = cluster(&rest).await;
    assert_eq!(
        (&state["state"], &state["peer_state"]),
        (&json!("AKCS_OWNER"), &json!("AKCS_STRIPPED"))
    );
    assert_eq!(
        (&state["peer_asn"], &state["peer_hostname"]),
        (&pool["asn"], &pool["owner"])
    );
    assert_eq!(with_token(&rest, &token).await, 401);
    assert_eq!(
        with_token(&rest, &peer_token).await,
        200,
        "the head is the peer now"
    );
    rest.get(&format!("{LUNS}/a")).await;
    peer.get(&format!("{LUNS}/a")).await;
    assert!(!appliance.take_over(), "once is enough");

    assert!(appliance.fail_back());
    let rest = Rest::new(&appliance);
    assert_eq!(name(&rest).await, "appliance-0");
    assert_eq!(
        (
            with_token(&rest, &peer_token).await,
            with_token(&peer, &peer_token).await
        ),
        (401, 200)
    );
    assert_eq!(appliance.state(), before);
    // By REST, as an administrator does it on the head that is to take over.
    peer.expect(202, "PUT", "/api/hardware/v1/cluster/takeover", None)
        .await;
    let rest = Rest::new(&appliance);
    assert_eq!(name(&rest).await, "appliance-1");
    peer.refused(409, "PUT", "/api/hardware/v1/cluster/takeover", None)
        .await;
    peer.expect(202, "PUT", "/api/hardware/v1/cluster/failback", None)
        .await;
    let rest = Rest::new(&appliance);
    assert_eq!(name(&rest).await, "appliance-0");
}

#[tokio::test]
async fn services() {
    let (_appliance, rest) = start().await;
    let list = rest.get("/api/service/v1/services").await["services"].clone();
    let iscsi = list
        .as_array()
        .unwrap()
        .iter()
        .find(|service| service["name"] == "iscsi")
        .unwrap();
    assert_eq!(iscsi["<status>"], "online");
    let path = "/api/service/v1/services/iscsi";
    assert_eq!(
        rest.expect(202, "PUT", &format!("{path}/disable"), None)
            .await["service"]["<status>"],
        "disabled"
    );
    assert_eq!(rest.get(path).await["service"]["<status>"], "disabled");
    assert_eq!(
        rest.put(path, json!({"<status>": "enable", "isns": true}))
            .await["service"]["<status>"],
        "online"
    );
    assert_eq!(rest.get(path).await["service"]["isns"], true);
    rest.refused(404, "GET", "/api/service/v1/services/none", None)
        .await;
    rest.refused(405, "DELETE", path, None).await;
}

#[tokio::test]
async fn initiators_and_targets() {
    let (appliance, rest) = start().await;
    let before = appliance.state();
    let initiators = format!("{SAN}/initiators");
    let iqn = "iqn.1993-08.org.debian:01:abc";
    let body =
        json!({"initiator": iqn, "alias": "host", "chapuser": "u", "chapsecret": "twelve-chars"});
    let made = rest.post(&initiators, body.clone()).await["initiator"].clone();
    assert_eq!(
        (&made["chapuser"], &made["chapsecret"]),
        (&json!("u"), &json!(""))
    );
    assert_eq!(
        rest.get(&format!("{initiators}/{iqn}")).await["initiator"],
        made
    );
    assert_eq!(
        rest.get(&format!("{initiators}/alias=host")).await["initiator"],
        made
    );
    assert_eq!(rest.get(&initiators).await["initiators"], json!([made]));
    assert_eq!(
        rest.refused(409, "POST", &initiators, Some(body)).await,
        "ERR_OBJECT_EXISTS"
    );
    for body in [
        json!({"initiator": "host-1", "alias": "x"}),
        json!({"initiator": "iqn.x", "alias": "x", "chapuser": "u"}),
        json!({"initiator": "iqn.x", "alias": "x", "chapuser": "u", "chapsecret": "short"}),
    ] {
        rest.refused(400, "POST", &initiators, Some(body)).await;
    }
    let with_chap = appliance.state();
    rest.put(
        &format!("{initiators}/alias=host"),
        json!({"chapsecret": "another-secret"}),
    )
    .await;
    assert_ne!(
        appliance.state(),
        with_chap,
        "the state tells secrets apart without telling them"
    );

    let targets = format!("{SAN}/targets");
    let body = json!({"alias": "t", "interfaces": ["ixgbe0"], "auth": "none"});
    let target = rest.post(&targets, body.clone()).await["target"].clone();
    let target_iqn = target["iqn"].as_str().unwrap();
    assert!(
        target_iqn.starts_with("iqn.1986-03.com.sun:02:"),
        "{target_iqn}"
    );
    assert_eq!(
        rest.get(&format!("{targets}/{target_iqn}")).await["target"],
        target
    );
    assert_eq!(
        rest.get(&format!("{targets}/alias=t")).await["target"],
        target
    );
    rest.refused(409, "POST", &targets, Some(body)).await;
    rest.refused(
        400,
        "POST",
        &targets,
        Some(json!({"alias": "u", "interfaces": ["eth0"]})),
    )
    .await;
    rest.refused(
        400,
        "POST",
        &targets,
        Some(json!({"alias": "u", "auth": "magic"})),
    )
    .await;
    rest.put(&format!("{targets}/alias=t"), json!({"auth": "chap"}))
        .await;
    assert_eq!(
        rest.get(&format!("{targets}/alias=t")).await["target"]["auth"],
        "chap"
    );
    rest.delete(&format!("{targets}/alias=t")).await;
    rest.delete(&format!("{initiators}/{iqn}")).await;
    rest.refused(404, "GET", &format!("{initiators}/alias=host"), None)
        .await;
    assert_eq!(appliance.state(), before);
}

#[tokio::test]
async fn groups() {
    let (_appliance, rest) = start().await;
    for (kind, key) in [
        ("initiator-groups", "initiators"),
        ("target-groups", "targets"),
    ] {
        let groups = format!("{SAN}/{kind}");
        let body = |members: Value| {
            let mut body = json!({"name": "g"});
            body[key] = members;
            body
        };
        rest.post(&groups, body(json!(["iqn.a"]))).await;
        assert_eq!(
            rest.refused(409, "POST", &groups, Some(body(json!([]))))
                .await,
            "ERR_OBJECT_EXISTS"
        );
        let mut change = body(json!(["iqn.b", "iqn.c", "iqn.b"]));
        change.as_object_mut().unwrap().remove("name");
        let group = rest.put(&format!("{groups}/g"), change).await["group"].clone();
        assert_eq!(
            group[key],
            json!(["iqn.b", "iqn.c"]),
            "members are replaced, not added"
        );
        let names: Vec<Value> = rest.get(&groups).await["groups"]
            .as_array()
            .unwrap()
            .iter()
            .map(|g| g["name"].clone())
            .collect();
        assert_eq!(names, ["default", "g"]);
        rest.refused(403, "DELETE", &format!("{groups}/default"), None)
            .await;
        rest.refused(404, "GET", &format!("{groups}/none"), None)
            .await;
    }
    let body = json!({"name": "a", "volsize": "1g", "initiatorgroup": "g", "targetgroup": "g"});
    rest.post(LUNS, body).await;
    rest.refused(409, "DELETE", &format!("{SAN}/initiator-groups/g"), None)
        .await;
    rest.refused(409, "DELETE", &format!("{SAN}/target-groups/g"), None)
        .await;
    rest.delete(&format!("{LUNS}/a")).await;
    rest.delete(&format!("{SAN}/initiator-groups/g")).await;
    rest.delete(&format!("{SAN}/target-groups/g")).await;
}
