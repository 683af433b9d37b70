//! Fleets: a request for one object visits no more objects of an appliance that has many.

mod common;

use std::collections::BTreeSet;

use common::{LUNS, Rest, SAN, start, start_with};
use serde_json::{Value, json};
use zfssa_appliance::{Appliance, Fleet, Knobs, Options, PoolOptions};

fn fleet(luns: u32) -> Fleet {
    Fleet {
        luns,
        groups: luns / 5,
        snapshots: luns,
        ..Fleet::default()
    }
}

/// The requests of a host for single objects, by what they do, and the objects that each visited.
async fn visits(luns: u32) -> Vec<(&'static str, u64)> {
    let (appliance, rest) = start().await;
    appliance.add_fleet(&fleet(luns));
    let mut requests: Vec<(&str, &str, String, Value)> = Vec::new();
    let mut add = |what, method, path: String, body| requests.push((what, method, path, body));
    let lun = format!("{LUNS}/fleet-000007");
    let (new, snapshots) = (format!("{LUNS}/new"), format!("{lun}/snapshots"));
    let (groups, initiators) = (
        format!("{SAN}/initiator-groups"),
        format!("{SAN}/initiators"),
    );
    let viewer = json!({"initiatorgroup": ["fleet-group-000002"]});
    let all = json!({"initiatorgroup": ["default"]});
    let none = json!({"initiatorgroup": ["com.sun.ms.vss.hg.maskAll"]});
    let thin = json!({"name": "new", "volsize": "1g", "sparse": true});
    add("read a LUN", "GET", lun.clone(), Value::Null);
    add("create a LUN", "POST", LUNS.to_owned(), thin);
    add("mask it", "PUT", new.clone(), none.clone());
    add("attach it", "PUT", new.clone(), viewer);
    add("present it to all", "PUT", new.clone(), all);
    add("detach it", "PUT", new.clone(), none);
    add("resize it", "PUT", new.clone(), json!({"volsize": "2g"}));
    add("rename it", "PUT", new.clone(), json!({"name": "newer"}));
    add("delete it", "DELETE", format!("{LUNS}/newer"), Value::Null);
    let named = |name: &str| json!({ "name": name });
    add("take a snapshot", "POST", snapshots.clone(), named("s"));
    add("read it", "GET", format!("{snapshots}/s"), Value::Null);
    let clone = json!({"project": "default", "share": "clone"});
    add("clone it", "PUT", format!("{snapshots}/s/clone"), clone);
    add(
        "delete it with its clone",
        "DELETE",
        format!("{snapshots}/s"),
        Value::Null,
    );
    let host = json!({"initiator": "iqn.2004-10.org.example:new", "alias": "new"});
    add("create an initiator", "POST", initiators.clone(), host);
    add(
        "read it by alias",
        "GET",
        format!("{initiators}/alias=new"),
        Value::Null,
    );
    let members = json!({"name": "group", "initiators": ["iqn.2004-10.org.example:new"]});
    add("create a group", "POST", groups.clone(), members);
    let both = json!({"initiators": ["iqn.2004-10.org.example:new", "iqn.2004-10.org.example:fleet-000001"]});
    add("add a member", "PUT", format!("{groups}/group"), both);
    add(
        "rename a group",
        "PUT",
        format!("{groups}/group"),
        named("other"),
    );
    add(
        "delete a group",
        "DELETE",
        format!("{groups}/other"),
        Value::Null,
    );
    let group = format!("{groups}/fleet-group-000001");
    let more = json!({"initiators": ["iqn.2004-10.org.example:fleet-000001", "iqn.2004-10.org.example:more"]});
    add("add a member to a group in use", "PUT", group, more);
    add(
        "read the pool",
        "GET",
        "/api/storage/v1/pools/pool-0".to_owned(),
        Value::Null,
    );
    let project = "/api/storage/v1/pools/pool-0/projects/default";
    add("read the project", "GET", project.to_owned(), Value::Null);
    add(
        "change the project",
        "PUT",
        project.to_owned(),
        json!({"compression": "lz4"}),
    );
    let mut counts = Vec::new();
    for (what, method, path, body) in requests {
        let before = appliance.stats().objects_visited;
        let body = (!body.is_null()).then_some(body);
        let (status, answer) = rest.call(method, &path, body).await;
        assert!((200..300).contains(&status), "{what}: {status} {answer}");
        counts.push((what, appliance.stats().objects_visited - before));
    }
    counts
}

#[tokio::test]
async fn single_objects_cost_the_same_in_a_fleet() {
    let (few, many) = (visits(10).await, visits(2000).await);
    assert_eq!(few, many);
}

#[tokio::test]
async fn a_fleet_has_what_was_asked_for_and_grows() {
    let (appliance, rest) = start().await;
    appliance.add_fleet(&fleet(10));
    let first = appliance.state();
    appliance.add_fleet(&fleet(10));
    assert_eq!(appliance.state(), first, "it is there already");
    appliance.add_fleet(&fleet(40));
    let luns = rest.get(LUNS).await["luns"].clone();
    let luns = luns.as_array().unwrap();
    assert_eq!(luns.len(), 40);
    let guids: BTreeSet<&str> = luns
        .iter()
        .map(|lun| lun["lunguid"].as_str().unwrap())
        .collect();
    assert_eq!(guids.len(), 40);
    // Of the five groups of two LUNs each, the last four LUNs of eight groups have joined the first.
    let seen: BTreeSet<(String, u64)> = luns
        .iter()
        .map(|lun| {
            let group = lun["initiatorgroup"].to_string();
            (group, lun["assignednumber"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(seen.len(), 40, "an initiator meets two LUNs at one number");
    let snapshots = rest.get("/api/storage/v1/snapshots").await["snapshots"].clone();
    assert_eq!(snapshots.as_array().unwrap().len(), 40);
    let page = rest.get("/api/storage/v1/snapshots?start=38&limit=5").await;
    assert_eq!(
        page["snapshots"],
        json!(snapshots.as_array().unwrap()[38..])
    );
    let groups = rest.get(&format!("{SAN}/initiator-groups")).await["groups"].clone();
    assert_eq!(
        groups.as_array().unwrap().len(),
        8 + 1,
        "with the default group"
    );
}

#[tokio::test]
async fn a_fleet_is_like_a_lun() {
    let (appliance, rest) = start().await;
    let model = json!({"name": "model", "volsize": "3g", "volblocksize": "16k", "sparse": true});
    rest.post(LUNS, model).await;
    let like = Some("model".to_owned());
    appliance.add_fleet(&Fleet { like, ..fleet(2) });
    let model = rest.get(&format!("{LUNS}/model")).await["lun"].clone();
    let copy = rest.get(&format!("{LUNS}/fleet-000002")).await["lun"].clone();
    for property in ["volsize", "volblocksize", "sparse", "nodestroy"] {
        assert_eq!(copy[property], model[property], "{property}");
    }
    assert_ne!(copy["id"], model["id"]);
    assert_eq!(copy["initiatorgroup"], json!(["com.sun.ms.vss.hg.maskAll"]));
}

#[tokio::test]
async fn an_appliance_begins_with_a_fleet_and_has_it_again_after_a_reset() {
    let options = Options {
        fleet: Some("20,4,20".parse().unwrap()),
        ..Options::default()
    };
    let (appliance, rest) = start_with(options).await;
    rest.delete(&format!("{LUNS}/fleet-000001")).await;
    appliance.reset();
    let count = |list: &Value| list.as_array().unwrap().len();
    assert_eq!(count(&rest.get(LUNS).await["luns"]), 20);
    for wrong in ["", "1,2,3,4", "ten", "1,"] {
        assert!(wrong.parse::<Fleet>().is_err(), "{wrong}");
    }
}

/// What each project and pool shows of its usage, and the sums of what its LUNs show.
async fn assert_sums(rest: &Rest, appliance: &Appliance) {
    let luns = rest.get("/api/storage/v1/luns").await["luns"].clone();
    let sum = |key: &str| -> f64 {
        let luns = luns.as_array().unwrap().iter();
        luns.map(|lun| lun[key].as_f64().unwrap()).sum()
    };
    let mut projects = 0.0;
    for project in rest.get("/api/storage/v1/projects").await["projects"]
        .as_array()
        .unwrap()
    {
        projects += project["space_total"].as_f64().unwrap();
    }
    assert_eq!(projects, sum("space_total"));
    let used = appliance.state()["pools"]["pool-0"]["used"]
        .as_f64()
        .unwrap();
    assert_eq!(used, sum("space_total"));
}

#[tokio::test]
async fn usage_follows_every_change() {
    let options = Options {
        pools: vec![PoolOptions {
            size: 1 << 44,
            ..PoolOptions::default()
        }],
        knobs: Knobs {
            written_percent: 10,
            ..Knobs::default()
        },
        ..Options::default()
    };
    let (appliance, rest) = start_with(options).await;
    let projects = "/api/storage/v1/pools/pool-0/projects";
    rest.post(projects, json!({"name": "second"})).await;
    rest.post(LUNS, json!({"name": "thick", "volsize": "4g"}))
        .await;
    rest.post(
        LUNS,
        json!({"name": "thin", "volsize": "7g", "sparse": true}),
    )
    .await;
    assert_sums(&rest, &appliance).await;
    for lun in ["thick", "thin"] {
        rest.snapshot(lun, "s").await;
        rest.snapshot(lun, "t").await;
        assert_sums(&rest, &appliance).await;
        rest.put(&format!("{LUNS}/{lun}"), json!({"volsize": "9g"}))
            .await;
        rest.snapshot(lun, "u").await;
        assert_sums(&rest, &appliance).await;
    }
    rest.put(&format!("{LUNS}/thick/snapshots/s/rollback"), json!({}))
        .await;
    assert_sums(&rest, &appliance).await;
    rest.clone_of("thin", "t", "clone", json!({})).await;
    rest.put(
        &format!("{LUNS}/thick"),
        json!({"project": "second", "name": "moved"}),
    )
    .await;
    assert_sums(&rest, &appliance).await;
    rest.put(&format!("{projects}/second"), json!({"name": "third"}))
        .await;
    assert_sums(&rest, &appliance).await;
    appliance.tune(|knobs| knobs.written_percent = 33);
    assert_sums(&rest, &appliance).await;
    rest.delete(&format!("{LUNS}/thin/snapshots/t")).await;
    assert_sums(&rest, &appliance).await;
    rest.delete(&format!("{projects}/third")).await;
    rest.delete(&format!("{LUNS}/thin")).await;
    assert_sums(&rest, &appliance).await;
    assert_eq!(appliance.state()["pools"]["pool-0"]["used"], 0);
}
