//! LUNs: create, read, modify, destroy, present, move, and run out of space.

mod common;

use common::{LUNS, POOL, PROJECT, Rest, SAN, start, start_with};
use serde_json::{Value, json};
use zfssa_appliance::{Knobs, MASK_ALL, Options, PoolOptions, Release};

async fn group(rest: &Rest, name: &str, initiators: Value) {
    rest.post(
        &format!("{SAN}/initiator-groups"),
        json!({"name": name, "initiators": initiators}),
    )
    .await;
}

#[tokio::test]
async fn a_lun_from_its_creation_to_its_end() {
    let (appliance, rest) = start().await;
    let before = appliance.state();
    let lun = rest
        .post(
            LUNS,
            json!({"name": "a", "volsize": "10g", "volblocksize": "8k"}),
        )
        .await["lun"]
        .clone();
    assert_eq!(
        lun["volsize"].to_string(),
        "10737418240.0",
        "sizes are reals in version 1"
    );
    assert_eq!(lun["volblocksize"].to_string(), "8192");
    assert_eq!(lun["href"], format!("{LUNS}/a"));
    assert_eq!(lun["canonical_name"], "pool-0/local/default/a");
    assert_eq!(lun["initiatorgroup"], json!(["default"]));
    assert_eq!(lun["assignednumber"], json!(1));
    assert_eq!(lun["source"]["compression"], "inherited");
    let guid = lun["lunguid"].as_str().unwrap();
    assert!(guid.len() == 32 && guid.starts_with("600144F0"), "{guid}");
    assert!(lun.get("origin").is_none());
    assert_eq!(rest.get(&format!("{LUNS}/a")).await["lun"], lun);
    assert_eq!(rest.get(LUNS).await["luns"], json!([lun]));
    assert_eq!(rest.get("/api/storage/v1/luns").await["luns"], json!([lun]));
    assert_ne!(appliance.state(), before);
    rest.delete(&format!("{LUNS}/a")).await;
    assert_eq!(
        rest.refused(404, "GET", &format!("{LUNS}/a"), None).await,
        "ERR_NOT_FOUND"
    );
    assert_eq!(
        rest.refused(404, "DELETE", &format!("{LUNS}/a"), None)
            .await,
        "ERR_NOT_FOUND"
    );
    assert_eq!(appliance.state(), before, "nothing is left of it");
}

#[tokio::test]
async fn what_create_refuses() {
    let (appliance, rest) = start().await;
    rest.lun("a").await;
    let before = appliance.state();
    for (status, name, body) in [
        (
            409,
            "ERR_OBJECT_EXISTS",
            json!({"name": "a", "volsize": "1g"}),
        ),
        (400, "ERR_MISSING_ARG", json!({"name": "b"})),
        (400, "ERR_MISSING_ARG", json!({"volsize": "1g"})),
        (
            400,
            "ERR_INVALID_ARG",
            json!({"name": "b", "volsize": "huge"}),
        ),
        (
            400,
            "ERR_INVALID_ARG",
            json!({"name": "b", "volsize": 1000}),
        ),
        (
            400,
            "ERR_INVALID_ARG",
            json!({"name": "b/c", "volsize": "1g"}),
        ),
        (
            400,
            "ERR_INVALID_ARG",
            json!({"name": "b", "volsize": "1g", "volblocksize": 1000}),
        ),
        (
            400,
            "ERR_INVALID_ARG",
            json!({"name": "b", "volsize": "1g", "initiatorgroup": "nobody"}),
        ),
        (
            400,
            "ERR_INVALID_ARG",
            json!({"name": "b", "volsize": "1g", "targetgroup": "nobody"}),
        ),
        (
            400,
            "ERR_INVALID_ARG",
            json!({"name": "b", "volsize": "1g", "compression": "zip"}),
        ),
        (
            400,
            "ERR_UNKNOWN_ARG",
            json!({"name": "b", "volsize": "1g", "colour": "red"}),
        ),
        (
            400,
            "ERR_UNKNOWN_ARG",
            json!({"name": "b", "volsize": "1g", "custom:none": "x"}),
        ),
        (
            400,
            "ERR_INVALID_ARG",
            json!({"name": "b", "volsize": "1g", "lunguid": "x"}),
        ),
    ] {
        assert_eq!(
            rest.refused(status, "POST", LUNS, Some(body.clone())).await,
            name,
            "{body}"
        );
    }
    let nowhere = format!("{POOL}/projects/none/luns");
    rest.refused(
        404,
        "POST",
        &nowhere,
        Some(json!({"name": "b", "volsize": "1g"})),
    )
    .await;
    assert_eq!(
        appliance.state(),
        before,
        "a refused request changes nothing"
    );
}

#[tokio::test]
async fn modify() {
    let (appliance, rest) = start().await;
    let path = format!("{LUNS}/a");
    rest.lun("a").await;
    assert_eq!(
        rest.put(&path, json!({"volsize": 2147483648u64})).await["lun"]["volsize"],
        2147483648.0
    );
    assert_eq!(
        rest.put(&path, json!({"volsize": "3g"})).await["lun"]["volsize"],
        3221225472.0
    );
    let lun = rest
        .put(&path, json!({"compression": "lzjb", "nodestroy": "true"}))
        .await["lun"]
        .clone();
    assert_eq!(
        (&lun["compression"], &lun["source"]["compression"]),
        (&json!("lzjb"), &json!("local"))
    );
    assert_eq!(lun["nodestroy"], true);
    let lun = rest.put(&path, json!({"unset": ["compression"]})).await["lun"].clone();
    assert_eq!(
        (&lun["compression"], &lun["source"]["compression"]),
        (&json!("off"), &json!("inherited"))
    );
    assert_eq!(rest.refused(403, "DELETE", &path, None).await, "ERR_DENIED");
    rest.put(&path, json!({"nodestroy": false})).await;
    let before = appliance.state();
    assert_eq!(
        rest.refused(400, "PUT", &path, Some(json!({"volblocksize": 4096})))
            .await,
        "ERR_INVALID_ARG"
    );
    let mixed = json!({"sparse": false, "colour": "red"});
    assert_eq!(
        rest.refused(400, "PUT", &path, Some(mixed)).await,
        "ERR_UNKNOWN_ARG"
    );
    assert_eq!(appliance.state(), before, "all of a request or nothing");
    rest.put(PROJECT, json!({"compression": "gzip"})).await;
    assert_eq!(
        rest.get(&path).await["lun"]["compression"],
        "gzip",
        "inherited"
    );
    rest.delete(&path).await;
}

#[tokio::test]
async fn rename_and_move() {
    let (_appliance, rest) = start().await;
    let guid = rest.lun("a").await["lunguid"].clone();
    rest.lun("b").await;
    assert_eq!(
        rest.refused(409, "PUT", &format!("{LUNS}/a"), Some(json!({"name": "b"})))
            .await,
        "ERR_OBJECT_EXISTS"
    );
    rest.put(&format!("{LUNS}/a"), json!({"name": "c"})).await;
    rest.refused(404, "GET", &format!("{LUNS}/a"), None).await;
    rest.post(&format!("{POOL}/projects"), json!({"name": "other"}))
        .await;
    // Through the path of filesystems, as Oracle's driver does it.
    let moved = rest
        .put(
            &format!("{PROJECT}/filesystems/c"),
            json!({"project": "other"}),
        )
        .await;
    assert_eq!(
        (&moved["lun"]["project"], &moved["lun"]["lunguid"]),
        (&json!("other"), &guid)
    );
    rest.get(&format!("{POOL}/projects/other/luns/c")).await;
    rest.refused(404, "GET", &format!("{LUNS}/c"), None).await;
    rest.post(LUNS, json!({"name": "c", "volsize": "1g", "sparse": true}))
        .await;
    let clash = Some(json!({"project": "other"}));
    assert_eq!(
        rest.refused(409, "PUT", &format!("{LUNS}/c"), clash).await,
        "ERR_OBJECT_EXISTS"
    );
    rest.refused(
        404,
        "PUT",
        &format!("{LUNS}/c"),
        Some(json!({"project": "none"})),
    )
    .await;
}

#[tokio::test]
async fn custom_properties_follow_the_schema() {
    let (_appliance, rest) = start().await;
    let schema = "/api/storage/v1/schema";
    rest.post(
        schema,
        json!({"property": "flag", "type": "Boolean", "description": "a flag"}),
    )
    .await;
    rest.post(
        schema,
        json!({"property": "note", "type": "String", "description": "a note"}),
    )
    .await;
    let again = Some(json!({"property": "flag", "type": "Boolean", "description": "a flag"}));
    assert_eq!(
        rest.refused(409, "POST", schema, again).await,
        "ERR_OBJECT_EXISTS"
    );
    let body = json!({"name": "a", "volsize": "1g", "custom:flag": true, "custom:note": "n"});
    let lun = rest.post(LUNS, body).await["lun"].clone();
    assert_eq!(
        (&lun["custom:flag"], &lun["custom:note"]),
        (&json!(true), &json!("n"))
    );
    let path = format!("{LUNS}/a");
    rest.refused(400, "PUT", &path, Some(json!({"custom:flag": "perhaps"})))
        .await;
    let lun = rest.put(&path, json!({"unset": ["custom:note"]})).await["lun"].clone();
    assert!(lun.get("custom:note").is_none());
    rest.put(&format!("{schema}/note"), json!({"description": "another"}))
        .await;
    assert_eq!(
        rest.get(&format!("{schema}/note")).await["property"]["description"],
        "another"
    );
    assert_eq!(
        rest.get(schema).await["properties"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    rest.delete(&format!("{schema}/flag")).await;
    rest.refused(404, "GET", &format!("{schema}/flag"), None)
        .await;
    let lun = rest.get(&path).await["lun"].clone();
    assert!(
        lun.get("custom:flag").is_none(),
        "the values go with the property"
    );
}

#[tokio::test]
async fn numbers_are_unique_in_every_view() {
    let (_appliance, rest) = start().await;
    group(&rest, "g1", json!(["iqn.1993-08.org.debian:1"])).await;
    group(&rest, "g2", json!(["iqn.1993-08.org.debian:2"])).await;
    group(
        &rest,
        "both",
        json!(["iqn.1993-08.org.debian:1", "iqn.1993-08.org.debian:2"]),
    )
    .await;
    let make = async |name: &str, groups: Value| {
        let body = json!({"name": name, "volsize": "1g", "sparse": true, "initiatorgroup": groups});
        rest.post(LUNS, body).await["lun"]["assignednumber"].clone()
    };
    assert_eq!(make("a", json!("g1")).await, json!(1));
    assert_eq!(make("b", json!("g2")).await, json!(1), "another view");
    assert_eq!(
        make("c", json!("both")).await,
        json!(2),
        "overlaps with both"
    );
    assert_eq!(make("d", json!(["g1", "g2"])).await, json!([3, 3]));
    assert_eq!(
        make("e", json!("default")).await,
        json!(4),
        "everybody sees it"
    );
    assert_eq!(make("f", json!(MASK_ALL)).await, json!(0));
    // The same initiator in two groups meets the LUN at one number.
    let lun = rest
        .put(
            &format!("{LUNS}/f"),
            json!({"initiatorgroup": ["g1", "both"]}),
        )
        .await["lun"]
        .clone();
    assert_eq!(lun["initiatorgroup"], json!(["g1", "both"]));
    assert_eq!(lun["assignednumber"], json!([5, 5]));
    // A number given up is given again.
    rest.put(&format!("{LUNS}/a"), json!({"initiatorgroup": MASK_ALL}))
        .await;
    assert_eq!(make("g", json!("g1")).await, json!(1));
    // A group that stays keeps its number.
    let lun = rest
        .put(
            &format!("{LUNS}/c"),
            json!({"initiatorgroup": ["g2", "both"]}),
        )
        .await["lun"]
        .clone();
    assert_eq!(lun["assignednumber"], json!([2, 2]));
    // Nobody may come to meet two LUNs at one number.
    let members = json!({"initiators": ["iqn.1993-08.org.debian:1", "iqn.1993-08.org.debian:2"]});
    rest.refused(
        409,
        "PUT",
        &format!("{SAN}/initiator-groups/g1"),
        Some(members),
    )
    .await;
    let taken = json!({"initiatorgroup": "g1", "lunumber": 2});
    rest.refused(409, "PUT", &format!("{LUNS}/a"), Some(taken))
        .await;
    let lun = rest
        .put(
            &format!("{LUNS}/a"),
            json!({"initiatorgroup": "g1", "lunumber": 77}),
        )
        .await["lun"]
        .clone();
    assert_eq!(lun["assignednumber"], json!(77));
}

#[tokio::test]
async fn space_runs_out() {
    let pools = vec![PoolOptions {
        name: "pool-0".to_owned(),
        size: 10 << 30,
    }];
    let (appliance, rest) = start_with(Options {
        pools,
        ..Options::default()
    })
    .await;
    let lun = rest.post(LUNS, json!({"name": "a", "volsize": "1g"})).await["lun"].clone();
    assert_eq!(lun["space_total"], 1107820544.0, "as it was seen on OS8.6");
    assert_eq!(rest.get(POOL).await["pool"]["usage"]["used"], 1107820544.0);
    let project = rest.get(PROJECT).await["project"].clone();
    assert_eq!(
        project["space_available"],
        (10u64 << 30) as f64 - 1107820544.0
    );
    assert_eq!(project["space_total"], 1107820544.0);
    let before = appliance.state();
    rest.refused(
        400,
        "POST",
        LUNS,
        Some(json!({"name": "b", "volsize": "9g"})),
    )
    .await;
    rest.refused(
        400,
        "PUT",
        &format!("{LUNS}/a"),
        Some(json!({"volsize": "10g"})),
    )
    .await;
    assert_eq!(appliance.state(), before);
    rest.post(
        LUNS,
        json!({"name": "thin", "volsize": "900g", "sparse": true}),
    )
    .await;
    appliance.tune(|knobs| {
        knobs.no_space_status = 507;
        knobs.no_space_name = "ERR_NO_SPACE".to_owned();
    });
    let answer = rest
        .refused(
            507,
            "POST",
            LUNS,
            Some(json!({"name": "b", "volsize": "9g"})),
        )
        .await;
    assert_eq!(answer, "ERR_NO_SPACE");
    rest.put(PROJECT, json!({"quota": "2g"})).await;
    rest.refused(
        507,
        "POST",
        LUNS,
        Some(json!({"name": "b", "volsize": "1g"})),
    )
    .await;
}

#[tokio::test]
async fn a_snapshot_of_a_thick_lun_can_fail_for_space() {
    let pools = vec![PoolOptions {
        name: "pool-0".to_owned(),
        size: 3 << 30,
    }];
    let knobs = Knobs {
        written_percent: 100,
        ..Knobs::default()
    };
    let (_appliance, rest) = start_with(Options {
        pools,
        knobs,
        ..Options::default()
    })
    .await;
    rest.post(LUNS, json!({"name": "a", "volsize": "1g"})).await;
    rest.snapshot("a", "s").await;
    rest.post(LUNS, json!({"name": "b", "volsize": "512m"}))
        .await;
    rest.refused(
        400,
        "POST",
        &format!("{LUNS}/b/snapshots"),
        Some(json!({"name": "s"})),
    )
    .await;
}

#[tokio::test]
async fn thin_luns_take_what_is_written() {
    let pools = vec![PoolOptions {
        name: "pool-0".to_owned(),
        size: 4 << 30,
    }];
    let (appliance, rest) = start_with(Options {
        pools,
        ..Options::default()
    })
    .await;
    let thin = |name: &str, size: &str| json!({"name": name, "volsize": size, "sparse": true});
    rest.post(LUNS, thin("a", "4g")).await;
    rest.post(LUNS, thin("b", "4g")).await;
    appliance.tune(|knobs| knobs.written_percent = 40);
    let before = appliance.state();
    rest.refused(400, "POST", LUNS, Some(thin("c", "3g"))).await;
    rest.refused(
        400,
        "PUT",
        &format!("{LUNS}/a"),
        Some(json!({"volsize": "8g"})),
    )
    .await;
    assert_eq!(appliance.state(), before);
    rest.post(LUNS, thin("c", "1g")).await;
}

#[tokio::test]
async fn the_other_dialects() {
    let (appliance, rest) = start().await;
    group(&rest, "g1", json!([])).await;
    rest.lun("a").await;
    rest.put(
        &format!("{LUNS}/a"),
        json!({"initiatorgroup": ["g1", "default"]}),
    )
    .await;
    assert_eq!(
        rest.get(&format!("{LUNS}/a")).await["lun"]["assignednumber"],
        json!([1, 1])
    );
    rest.refused(404, "GET", "/api/storage/v2/luns", None).await;
    appliance.tune(|knobs| knobs.release = Release::Os88);
    rest.put(&format!("{LUNS}/a"), json!({"initiatorgroup": "g1"}))
        .await;
    let lun = rest
        .get("/api/storage/v2/pools/pool-0/projects/default/luns/a")
        .await["lun"]
        .clone();
    assert_eq!(
        (&lun["initiatorgroup"], &lun["assignednumber"]),
        (&json!(["g1"]), &json!([1]))
    );
    assert_eq!(
        lun["href"],
        "/api/storage/v2/pools/pool-0/projects/default/luns/a"
    );
    assert_eq!(&lun["creation"].as_str().unwrap()[10..11], "T");
    assert_eq!(&lun["creation"].as_str().unwrap()[4..5], "-");
    assert!(lun["space_total"].is_u64());
    appliance.tune(|knobs| knobs.release = Release::R2013_1_2);
    let lun = rest.get(&format!("{LUNS}/a")).await["lun"].clone();
    assert_eq!(
        (&lun["initiatorgroup"], &lun["assignednumber"]),
        (&json!("g1"), &json!(1))
    );
    rest.refused(
        400,
        "PUT",
        &format!("{LUNS}/a"),
        Some(json!({"initiatorgroup": ["g1"]})),
    )
    .await;
    rest.put(&format!("{LUNS}/a"), json!({"initiatorgroup": "default"}))
        .await;
}
