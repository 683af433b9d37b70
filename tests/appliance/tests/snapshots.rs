//! Snapshots, clones, rollback and the recursive destruction.

mod common;

use common::{LUNS, POOL, PROJECT, start, start_with};
use serde_json::{Value, json};
use zfssa_appliance::{Cascade, Knobs, MASK_ALL, Options};

#[tokio::test]
async fn a_snapshot_from_its_creation_to_its_end() {
    let (appliance, rest) = start().await;
    rest.lun("a").await;
    let before = appliance.state();
    let snapshots = format!("{LUNS}/a/snapshots");
    assert_eq!(rest.get(&snapshots).await["snapshots"], json!([]));
    let snapshot = rest.snapshot("a", "s").await;
    assert_eq!(
        (
            &snapshot["name"],
            &snapshot["numclones"],
            &snapshot["share"]
        ),
        (&json!("s"), &json!(0), &json!("a"))
    );
    assert_eq!(snapshot["href"], format!("{snapshots}/s"));
    assert_eq!(
        rest.get(&format!("{snapshots}/s")).await["snapshot"],
        snapshot
    );
    assert_eq!(
        rest.get("/api/storage/v1/snapshots").await["snapshots"],
        json!([snapshot])
    );
    assert_eq!(
        rest.refused(409, "POST", &snapshots, Some(json!({"name": "s"})))
            .await,
        "ERR_OBJECT_EXISTS"
    );
    rest.refused(
        404,
        "POST",
        &format!("{LUNS}/none/snapshots"),
        Some(json!({"name": "s"})),
    )
    .await;
    rest.put(&format!("{snapshots}/s"), json!({"name": "t"}))
        .await;
    rest.refused(404, "GET", &format!("{snapshots}/s"), None)
        .await;
    rest.delete(&format!("{snapshots}/t")).await;
    rest.refused(404, "DELETE", &format!("{snapshots}/t"), None)
        .await;
    assert_eq!(appliance.state(), before);
}

#[tokio::test]
async fn a_clone_and_its_origin() {
    let (_appliance, rest) = start().await;
    let parent = rest.lun("a").await;
    rest.snapshot("a", "s").await;
    rest.put(&format!("{LUNS}/a"), json!({"volsize": "2g"}))
        .await;
    let clone = rest
        .clone_of(
            "a",
            "s",
            "c",
            json!({"nodestroy": true, "compression": "lzjb"}),
        )
        .await;
    assert_eq!(clone["volsize"], 1073741824.0, "as large as the LUN was");
    assert_eq!(
        clone["origin"],
        json!({"pool": "pool-0", "project": "default", "share": "a", "snapshot": "s", "collection": "local"})
    );
    assert_ne!(clone["lunguid"], parent["lunguid"]);
    assert_eq!(
        (&clone["nodestroy"], &clone["compression"]),
        (&json!(true), &json!("lzjb"))
    );
    assert_eq!(
        (&clone["initiatorgroup"], &clone["assignednumber"]),
        (&json!(["default"]), &json!(2))
    );
    let path = format!("{LUNS}/a/snapshots/s");
    assert_eq!(rest.get(&path).await["snapshot"]["numclones"], 1);
    let dependents = rest.get(&format!("{path}/dependents")).await;
    assert_eq!(
        dependents["dependents"],
        json!([{"project": "default", "share": "c", "href": format!("{LUNS}/c")}])
    );
    // Names follow.
    rest.put(&format!("{LUNS}/a"), json!({"name": "b"})).await;
    assert_eq!(
        rest.get(&format!("{LUNS}/c")).await["lun"]["origin"]["share"],
        "b"
    );
    let path = format!("{LUNS}/b/snapshots/s");
    for body in [
        json!({"share": "d", "project": "default", "volblocksize": 8192}),
        json!({"share": "d", "x": 1}),
    ] {
        rest.refused(400, "PUT", &format!("{path}/clone"), Some(body))
            .await;
    }
    let taken = Some(json!({"share": "c", "project": "default"}));
    assert_eq!(
        rest.refused(409, "PUT", &format!("{path}/clone"), taken)
            .await,
        "ERR_OBJECT_EXISTS"
    );
    rest.refused(
        404,
        "PUT",
        &format!("{path}/clone"),
        Some(json!({"share": "d", "project": "none"})),
    )
    .await;
    rest.refused(
        404,
        "PUT",
        &format!("{LUNS}/b/snapshots/none/clone"),
        Some(json!({"share": "d"})),
    )
    .await;
    let masked = rest
        .clone_of("b", "s", "m", json!({"initiatorgroup": MASK_ALL}))
        .await;
    assert_eq!(masked["initiatorgroup"], json!([MASK_ALL]));
}

#[tokio::test]
async fn clones_need_not_inherit_their_groups() {
    let knobs = Knobs {
        clone_inherits_initiatorgroup: false,
        ..Knobs::default()
    };
    let (_appliance, rest) = start_with(Options {
        knobs,
        ..Options::default()
    })
    .await;
    rest.lun("a").await;
    rest.snapshot("a", "s").await;
    assert_eq!(
        rest.clone_of("a", "s", "c", json!({})).await["initiatorgroup"],
        json!([MASK_ALL])
    );
}

/// a @s <- b @s <- c, and a @t <- d.
async fn family(knobs: Knobs) -> (zfssa_appliance::Appliance, common::Rest) {
    let (appliance, rest) = start_with(Options {
        knobs,
        ..Options::default()
    })
    .await;
    rest.lun("a").await;
    rest.snapshot("a", "s").await;
    rest.clone_of("a", "s", "b", json!({})).await;
    rest.snapshot("b", "s").await;
    rest.clone_of("b", "s", "c", json!({})).await;
    rest.snapshot("a", "t").await;
    rest.clone_of("a", "t", "d", json!({})).await;
    (appliance, rest)
}

async fn names(rest: &common::Rest) -> Vec<String> {
    let luns = rest.get(LUNS).await["luns"].clone();
    luns.as_array()
        .unwrap()
        .iter()
        .map(|lun| lun["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn destroying_a_snapshot_takes_its_clones_along() {
    let (_appliance, rest) = family(Knobs::default()).await;
    rest.delete(&format!("{LUNS}/a/snapshots/s")).await;
    assert_eq!(names(&rest).await, ["a", "d"]);
    rest.delete(&format!("{LUNS}/a")).await;
    assert_eq!(names(&rest).await, Vec::<String>::new());
}

#[tokio::test]
async fn nodestroy_on_any_of_them_stops_it() {
    let (appliance, rest) = family(Knobs::default()).await;
    rest.put(&format!("{LUNS}/c"), json!({"nodestroy": true}))
        .await;
    let before = appliance.state();
    for path in [
        format!("{LUNS}/a/snapshots/s"),
        format!("{LUNS}/a"),
        format!("{LUNS}/b?confirm=true"),
    ] {
        assert_eq!(rest.refused(403, "DELETE", &path, None).await, "ERR_DENIED");
    }
    assert_eq!(appliance.state(), before, "nothing is destroyed");
    rest.delete(&format!("{LUNS}/a/snapshots/t")).await;
}

#[tokio::test]
async fn where_confirmation_is_asked_for() {
    let knobs = Knobs {
        cascade: Cascade::ConfirmRequired,
        ..Knobs::default()
    };
    let (appliance, rest) = family(knobs).await;
    let before = appliance.state();
    for path in [
        format!("{LUNS}/a/snapshots/s"),
        format!("{LUNS}/a"),
        format!("{LUNS}/b"),
    ] {
        assert_eq!(
            rest.refused(409, "DELETE", &path, None).await,
            "ERR_CONFIRM_REQUIRED"
        );
    }
    let rollback = format!("{LUNS}/a/snapshots/s/rollback");
    assert_eq!(
        rest.refused(409, "PUT", &rollback, None).await,
        "ERR_CONFIRM_REQUIRED"
    );
    assert_eq!(appliance.state(), before);
    rest.delete(&format!("{LUNS}/c")).await;
    rest.delete(&format!("{LUNS}/a?confirm=true")).await;
    assert_eq!(names(&rest).await, Vec::<String>::new());
}

#[tokio::test]
async fn numclones_lags() {
    let knobs = Knobs {
        numclones_lag_ms: 3_600_000,
        ..Knobs::default()
    };
    let (appliance, rest) = start_with(Options {
        knobs,
        ..Options::default()
    })
    .await;
    rest.lun("a").await;
    rest.snapshot("a", "s").await;
    rest.clone_of("a", "s", "c", json!({})).await;
    rest.delete(&format!("{LUNS}/c")).await;
    let numclones =
        async || rest.get(&format!("{LUNS}/a/snapshots/s")).await["snapshot"]["numclones"].clone();
    assert_eq!(numclones().await, json!(1), "the old value");
    let dependents = rest.get(&format!("{LUNS}/a/snapshots/s/dependents")).await;
    assert_eq!(dependents["dependents"], json!([]), "the truth");
    appliance.tune(|knobs| knobs.numclones_lag_ms = 0);
    assert_eq!(numclones().await, json!(0));
}

#[tokio::test]
async fn rollback() {
    let (_appliance, rest) = family(Knobs::default()).await;
    let guid = rest.get(&format!("{LUNS}/a")).await["lun"]["lunguid"].clone();
    rest.put(&format!("{LUNS}/a"), json!({"volsize": "4g"}))
        .await;
    let answer = rest
        .expect(202, "PUT", &format!("{LUNS}/a/snapshots/s/rollback"), None)
        .await;
    assert_eq!(answer["snapshot"]["name"], "s");
    let lun = rest.get(&format!("{LUNS}/a")).await["lun"].clone();
    assert_eq!(
        (&lun["volsize"], &lun["lunguid"]),
        (&json!(1073741824.0), &guid)
    );
    rest.refused(404, "GET", &format!("{LUNS}/a/snapshots/t"), None)
        .await;
    assert_eq!(
        names(&rest).await,
        ["a", "b", "c"],
        "the clone of the newer snapshot went with it"
    );
}

#[tokio::test]
async fn snapshots_of_a_project() {
    let (appliance, rest) = start().await;
    rest.lun("a").await;
    rest.lun("b").await;
    let snapshots = format!("{PROJECT}/snapshots");
    let before = appliance.state();
    rest.post(&snapshots, json!({"name": "p"})).await;
    for lun in ["a", "b"] {
        rest.get(&format!("{LUNS}/{lun}/snapshots/p")).await;
    }
    assert_eq!(rest.get(&snapshots).await["snapshots"][0]["name"], "p");
    rest.refused(409, "POST", &snapshots, Some(json!({"name": "p"})))
        .await;
    rest.put(&format!("{snapshots}/p"), json!({"name": "q"}))
        .await;
    rest.get(&format!("{LUNS}/a/snapshots/q")).await;
    rest.delete(&format!("{snapshots}/q")).await;
    assert_eq!(appliance.state(), before);
    rest.snapshot("b", "r").await;
    let before = appliance.state();
    rest.refused(409, "POST", &snapshots, Some(json!({"name": "r"})))
        .await;
    assert_eq!(appliance.state(), before, "on every share or on none");
}

#[tokio::test]
async fn projects() {
    let (appliance, rest) = start().await;
    let before = appliance.state();
    let projects = format!("{POOL}/projects");
    let project = rest
        .post(
            &projects,
            json!({"name": "p", "compression": "lzjb", "quota": "10g"}),
        )
        .await;
    assert_eq!(project["project"]["quota"], 10737418240u64);
    assert_eq!(project["project"]["source"]["compression"], "local");
    assert_eq!(project["project"]["canonical_name"], "pool-0/local/p");
    assert_eq!(
        rest.refused(409, "POST", &projects, Some(json!({"name": "p"})))
            .await,
        "ERR_OBJECT_EXISTS"
    );
    assert_eq!(
        rest.refused(400, "POST", &projects, Some(json!({"name": "q", "x": 1})))
            .await,
        "ERR_UNKNOWN_ARG"
    );
    rest.refused(
        404,
        "POST",
        "/api/storage/v1/pools/none/projects",
        Some(json!({"name": "q"})),
    )
    .await;
    let all = rest.get("/api/storage/v1/projects").await["projects"].clone();
    let names = |all: &Value| {
        all.as_array()
            .unwrap()
            .iter()
            .map(|p| p["name"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&all), ["default", "p"]);
    assert_eq!(
        names(&rest.get(&format!("{projects}?start=1&limit=1")).await["projects"]),
        ["p"]
    );
    rest.post(
        &format!("{projects}/p/luns"),
        json!({"name": "a", "volsize": "1g", "nodestroy": true}),
    )
    .await;
    assert_eq!(
        rest.get(&format!("{projects}/p/luns/a")).await["lun"]["compression"],
        "lzjb"
    );
    rest.refused(403, "DELETE", &format!("{projects}/p"), None)
        .await;
    rest.put(&format!("{projects}/p"), json!({"name": "q"}))
        .await;
    rest.put(&format!("{projects}/q/luns/a"), json!({"nodestroy": false}))
        .await;
    rest.delete(&format!("{projects}/q")).await;
    assert_eq!(
        rest.refused(403, "DELETE", &format!("{projects}/default"), None)
            .await,
        "ERR_DENIED"
    );
    assert_eq!(appliance.state(), before, "the LUN went with its project");
}
