//! Objects of strange forms: for every list that the appliance shows, what others wrote there
//! breaks no operation, and what the driver needs and cannot read is an error that names it.
//! Nothing that cannot be read makes a deletion look safe, or a volume look lost.

mod snapshots;
mod unusual;

use std::time::Duration;

use serde_json::{Value, json};
use support::{Fixture, HOST_A, HOST_B, HOST_C, POOL, San, send, volume};
use zfssa::driver::{
    Audit, AuditReport, CheckForSetupError, CreateClonedVolume, CreateSnapshot, DeleteSnapshot,
    DeleteVolume, DoSetup, ExistingRef, GetManageableSnapshots, GetManageableVolumes,
    GetVolumeStats, InitializeConnection, KnownObject, KnownSnapshot, ListSnapshots, ListVolumes,
    ManageExistingGetSize, OneOrEvery, Recover, RevertToSnapshot, TerminateConnection, Unmanage,
    UpdateGroup, UpdateProviderInfo,
};
use zfssa::error::{Error, Outcome, Status};
use zfssa::rest::{Path, Request, Service};
use zfssa_appliance::Appliance;

const FOREIGN: &str = "foreign";
const FOREIGN_SNAPSHOT: &str = "foreign@by-hand";

fn own(text: &str) -> String {
    text.to_owned()
}

async fn make(bench: &Fixture, name: &str) {
    bench.driver.call(volume(name)).await.expect("a volume");
}

async fn take(bench: &Fixture, volume: &str, name: &str) {
    let take = CreateSnapshot {
        volume: own(volume),
        name: own(name),
    };
    bench.driver.call(take).await.expect("a snapshot");
}

fn delete(name: &str) -> DeleteVolume {
    DeleteVolume { name: own(name) }
}

fn delete_snapshot(volume: &str, name: &str) -> DeleteSnapshot {
    DeleteSnapshot {
        volume: own(volume),
        name: own(name),
    }
}

fn attach() -> InitializeConnection {
    InitializeConnection {
        volume: own("volume-1"),
        initiator: own(HOST_A),
        ..InitializeConnection::default()
    }
}

fn detach() -> TerminateConnection {
    TerminateConnection {
        volume: own("volume-1"),
        initiator: OneOrEvery::One(own(HOST_A)),
        ..TerminateConnection::default()
    }
}

fn known() -> UpdateProviderInfo {
    UpdateProviderInfo {
        volumes: vec![KnownObject {
            id: own("id"),
            name: own("volume-1"),
        }],
        snapshots: vec![KnownSnapshot {
            id: own("id of snapshot"),
            name: own("snapshot-1"),
            volume: own("volume-1"),
        }],
    }
}

fn audit(volumes: &[&str], snapshots: &[&str]) -> Audit {
    Audit {
        volumes: volumes.iter().map(|name| own(name)).collect(),
        snapshots: snapshots.iter().map(|name| own(name)).collect(),
        min_age: Some(Duration::ZERO),
        ..Audit::default()
    }
}

fn kinds(report: &AuditReport) -> Vec<(&str, &str, bool)> {
    let findings = report.findings.iter();
    findings
        .map(|found| (&*found.kind, found.object.as_str(), found.fixable))
        .collect()
}

/// A volume with a snapshot, and of every kind of object one of somebody else's.
async fn bench() -> Fixture {
    let bench = Fixture::ready().await;
    furnish(&bench).await;
    bench
}

async fn furnish(bench: &Fixture) {
    make(bench, "volume-1").await;
    take(bench, "volume-1", "snapshot-1").await;
    bench
        .foreign_lun(json!({"name": FOREIGN, "volsize": 1 << 30}))
        .await;
    take(bench, FOREIGN, "by-hand").await;
    let initiator = json!({"initiator": HOST_C, "alias": "c"});
    bench.foreign_san(San::New("initiators", initiator)).await;
    let group = json!({"name": FOREIGN, "initiators": [HOST_C]});
    bench.foreign_san(San::New("initiator-groups", group)).await;
    let target =
        json!({"alias": FOREIGN, "interfaces": ["ixgbe0"], "iqn": "iqn.2004-10.org.example:t"});
    bench.foreign_san(San::New("targets", target)).await;
    let group = json!({"name": FOREIGN, "targets": ["iqn.2004-10.org.example:t"]});
    bench.foreign_san(San::New("target-groups", group)).await;
    let property = json!({"property": FOREIGN, "type": "String", "description": "d"});
    bench.foreign_property(property).await;
    let projects = Path::new(Service::Storage)
        .fixed("pools")
        .name(POOL)
        .expect("a name")
        .fixed("projects");
    send(
        &bench.driver,
        &Request::post(projects, &json!({"name": FOREIGN})),
    )
    .await;
}

/// How an object is shown: properties that are set or, with the text `absent`, left out; or what
/// stands in its place.
type Form = Value;

fn show(appliance: &Appliance, kind: &str, name: &str, form: &Form) {
    let Value::Object(properties) = form else {
        return appliance.show_odd(kind, name, form.clone());
    };
    for (property, value) in properties {
        match value.as_str() {
            Some("absent") => appliance.show_without(kind, name, &[property]),
            _ => {
                let mut set = json!({});
                set[property] = value.clone();
                appliance.show_odd(kind, name, set);
            }
        }
    }
}

/// Every strange form of every kind of object of somebody else's.
fn foreign() -> Vec<(&'static str, &'static str, Form)> {
    let lun = [
        json!({"custom:cinder_managed": "n/a"}),
        json!({"custom:cinder_managed": {}}),
        json!({"compression": null}),
        json!({"targetgroup": null}),
        json!({"lunguid": null}),
        json!({"space_data": null}),
        json!({"space_data": "absent", "creation": null, "status": null}),
        json!({"volsize": "absent"}),
        json!({"volsize": null}),
        json!({"volsize": "big"}),
        json!({"origin": ""}),
        json!({"origin": null}),
        json!({"origin": {"share": null}}),
        json!({"initiatorgroup": null, "assignednumber": null}),
        json!({"initiatorgroup": 7}),
        json!({"name": null}),
        json!({"name": "absent"}),
        json!(null),
        json!("a word"),
    ];
    let snapshot = [
        json!({"numclones": null}),
        json!({"numclones": "absent"}),
        json!({"numclones": "n/a"}),
        json!({"creation": null}),
        json!({"share": null}),
        json!({"space_unique": null}),
        json!({"pool": null}),
        json!({"project": null}),
        json!({"type": null}),
        json!({"name": null}),
        json!(null),
    ];
    let initiator = [
        json!({"alias": null}),
        json!({"chapuser": null}),
        json!({"chapuser": 7}),
        json!({"initiator": null}),
        json!(null),
    ];
    let group = [
        json!({"initiators": null, "targets": null}),
        json!({"initiators": 7, "targets": {}}),
        json!({"name": null}),
        json!([]),
    ];
    let target = [
        json!({"alias": null}),
        json!({"auth": null}),
        json!({"state": null}),
        json!({"state": 1}),
        json!({"targetchapuser": null}),
        json!({"interfaces": null}),
        json!({"interfaces": {}}),
        json!({"iqn": null}),
        json!(null),
    ];
    let project = [
        json!({"name": null}),
        json!({"creation": null}),
        json!({"space_available": null, "space_total": null}),
        json!({"space_total": "much"}),
        json!(null),
    ];
    let property = [json!({"property": null}), json!({"type": null}), json!(1)];
    let mut all = Vec::new();
    let kinds: [(&str, &str, &[Form]); 8] = [
        ("lun", FOREIGN, &lun),
        ("snapshot", FOREIGN_SNAPSHOT, &snapshot),
        ("initiator", HOST_C, &initiator),
        ("initiator_group", FOREIGN, &group),
        ("target", FOREIGN, &target),
        ("target_group", FOREIGN, &group),
        ("project", FOREIGN, &project),
        ("property", FOREIGN, &property),
    ];
    for (kind, name, forms) in kinds {
        all.extend(forms.iter().map(|form| (kind, name, form.clone())));
    }
    all
}

/// Every operation that reads a list, with what it says to an object of somebody else's.
async fn use_every_list(bench: &Fixture) -> Vec<(&'static str, Result<(), Error>)> {
    let driver = &bench.driver;
    let listed = |wanted: &str, names: Vec<String>| {
        assert!(
            names.iter().any(|name| name == wanted),
            "{wanted}: {names:?}"
        );
    };
    let mut said = Vec::new();
    macro_rules! tried {
        ($name:literal, $operation:expr) => {
            tried!($name, $operation, |_| {})
        };
        ($name:literal, $operation:expr, $look:expr) => {
            said.push(($name, driver.call($operation).await.map($look)))
        };
    }
    tried!("do_setup", DoSetup {});
    tried!("check_for_setup_error", CheckForSetupError {});
    tried!("get_volume_stats", GetVolumeStats {}, |stats| {
        assert_eq!(stats.total_volumes, 2);
    });
    tried!("list_volumes", ListVolumes::default(), |list| {
        let names = list.volumes.into_iter().map(|volume| volume.name);
        listed("volume-1", names.collect());
    });
    let all = ListSnapshots {
        volume: OneOrEvery::Every,
        ..ListSnapshots::default()
    };
    tried!("list_snapshots", all, |list| {
        let names = list.snapshots.into_iter().map(|snapshot| snapshot.name);
        listed("snapshot-1", names.collect());
    });
    let of_one = ListSnapshots {
        volume: OneOrEvery::One(own("volume-1")),
        ..ListSnapshots::default()
    };
    tried!("list_snapshots of a volume", of_one);
    tried!(
        "get_manageable_volumes",
        GetManageableVolumes::default(),
        |list| {
            let names = list.entries.into_iter().map(|entry| entry.reference);
            listed("volume-1", names.collect());
        }
    );
    tried!(
        "get_manageable_snapshots",
        GetManageableSnapshots::default(),
        |list| {
            let names = list.entries.into_iter().map(|entry| entry.reference);
            listed("snapshot-1", names.collect());
        }
    );
    tried!("update_provider_info", known(), |info| {
        assert_eq!((info.volumes.len(), info.snapshots.len()), (1, 1));
        assert!(info.missing_volumes.is_empty() && info.missing_snapshots.is_empty());
    });
    let mut report = audit(&["volume-1"], &["snapshot-1"]);
    report.fix = true;
    tried!("audit", report, |report| assert_eq!(
        report.fixed, 0,
        "{report:?}"
    ));
    let guid = bench.lun("volume-1")["lunguid"].as_str().map(str::to_owned);
    let by_guid = ManageExistingGetSize {
        existing: ExistingRef {
            source_guid: guid.expect("a GUID"),
            ..ExistingRef::default()
        },
    };
    tried!("manage_existing_get_size", by_guid);
    let group = UpdateGroup {
        add_volumes: vec![own("volume-1")],
        ..UpdateGroup::default()
    };
    tried!("update_group", group);
    tried!("initialize_connection", attach());
    tried!("terminate_connection", detach(), |detached| {
        assert!(!detached.still_presented);
    });
    tried!("create_volume", volume("volume-2"));
    let revert = RevertToSnapshot {
        volume: own("volume-1"),
        snapshot: own("snapshot-1"),
        ..RevertToSnapshot::default()
    };
    tried!("revert_to_snapshot", revert);
    let clone = CreateClonedVolume {
        name: own("volume-3"),
        size_gib: 1,
        source_volume: own("volume-1"),
        ..CreateClonedVolume::default()
    };
    tried!("create_cloned_volume", clone);
    tried!("delete_volume of a clone", delete("volume-3"));
    tried!("delete_volume", delete("volume-2"));
    tried!("delete_volume again", delete("volume-2"));
    let recover = Recover {
        operations: vec![own("00000000-0000-4000-8000-000000000001")],
    };
    tried!("recover", recover);
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_wrote_breaks_nothing() {
    let bench = bench().await;
    let before = bench.state();
    let mut broken = Vec::new();
    let forms = foreign();
    let mut tried = 0;
    for (kind, name, form) in &forms {
        show(&bench.appliance, kind, name, form);
        for (operation, said) in use_every_list(&bench).await {
            tried += 1;
            if let Err(error) = said {
                broken.push(format!("{kind} {form}: {operation}: {error}"));
            }
        }
        bench.appliance.show_plain();
        assert_eq!(bench.state(), before, "{kind} {form}");
    }
    assert!(tried >= forms.len() * 21, "{tried}");
    assert!(
        broken.is_empty(),
        "{} of {tried}:\n{}",
        broken.len(),
        broken.join("\n")
    );
}

/// The error of an operation that needs what cannot be read.
fn named<T: std::fmt::Debug>(said: Result<T, Error>, words: &[&str]) -> Error {
    let error = said.expect_err("it cannot be known");
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word}: {text}");
    }
    error
}

#[tokio::test]
async fn what_is_needed_and_cannot_be_read_is_named() {
    let bench = bench().await;
    let (driver, appliance) = (&bench.driver, &bench.appliance);
    for (kind, name, form, words) in [
        (
            "property",
            "cinder_managed",
            json!({"type": 7}),
            ["cinder_managed", "`type`"],
        ),
        (
            "initiator",
            HOST_A,
            json!({"chapuser": 7}),
            [HOST_A, "`chapuser`"],
        ),
        (
            "initiator_group",
            "host-a",
            json!({"initiators": 7}),
            ["host-a", "`initiators`"],
        ),
        (
            "target",
            "tgt-grp",
            json!({"interfaces": {}}),
            ["tgt-grp", "`interfaces`"],
        ),
        (
            "target_group",
            "tgt-grp",
            json!({"targets": 7}),
            ["tgt-grp", "`targets`"],
        ),
    ] {
        appliance.show_odd(kind, name, form);
        let error = named(driver.call(DoSetup {}).await, &words);
        assert_eq!(error.outcome(), Outcome::None, "{error}");
        named(driver.call(CheckForSetupError {}).await, &words);
        appliance.show_plain();
    }
    // A volume that is asked for by its name.
    appliance.show_without("lun", "volume-1", &["volsize"]);
    let words = ["volume-1", "`volsize`"];
    named(driver.call(attach()).await, &words);
    named(driver.call(delete("volume-1")).await, &words);
    // One that bears the mark of this library is not left out of a list in silence.
    named(driver.call(ListVolumes::default()).await, &words);
    named(driver.call(known()).await, &words);
    appliance.show_plain();
    appliance.show_odd("lun", "volume-1", json!({"lunguid": null}));
    named(driver.call(known()).await, &["volume-1", "`lunguid`"]);
    appliance.show_plain();
    // Its snapshots.
    appliance.show_odd("snapshot", "snapshot-1", json!({"numclones": "n/a"}));
    let words = ["snapshot-1", "`numclones`"];
    let every = ListSnapshots {
        volume: OneOrEvery::Every,
        ..ListSnapshots::default()
    };
    let of_one = ListSnapshots {
        volume: OneOrEvery::One(own("volume-1")),
        ..ListSnapshots::default()
    };
    named(driver.call(every).await, &words);
    named(driver.call(of_one).await, &words);
    named(driver.call(known()).await, &words);
}

#[tokio::test]
async fn a_group_that_cannot_be_read_is_not_taken_for_another_hosts() {
    let bench = bench().await;
    bench.driver.call(attach()).await.expect("attached");
    bench
        .appliance
        .show_odd("initiator_group", "host-a", json!({"initiators": 7}));
    let error = named(
        bench.driver.call(detach()).await,
        &["host-a", "`initiators`"],
    );
    assert_eq!(error.outcome(), Outcome::None);
    assert_eq!(bench.seen_by("volume-1"), ["host-a"]);
    bench.appliance.show_plain();
    let detached = bench.driver.call(detach()).await.expect("detached");
    assert!(detached.changed && bench.seen_by("volume-1").is_empty());
}

#[tokio::test]
async fn an_audit_does_not_call_lost_what_it_cannot_read() {
    let bench = bench().await;
    for (kind, name, form) in [
        ("lun", "volume-1", json!({"volsize": "absent"})),
        ("lun", "volume-1", json!({"name": null})),
        ("lun", "volume-1", json!(null)),
        ("snapshot", "snapshot-1", json!({"share": null})),
        ("snapshot", "snapshot-1", json!({"numclones": "n/a"})),
        ("snapshot", "snapshot-1", json!({"name": null})),
    ] {
        show(&bench.appliance, kind, name, &form);
        let report = bench
            .driver
            .call(audit(&["volume-1"], &["snapshot-1"]))
            .await;
        let report = report.expect("a report");
        assert_eq!(kinds(&report), [], "{kind} {form}");
        let told = report.not_looked_at.iter();
        let told: Vec<_> = told.filter(|note| note.contains("read")).collect();
        assert_eq!(told.len(), 1, "{kind} {form}: {:?}", report.not_looked_at);
        bench.appliance.show_plain();
    }
    // What is lost is still told.
    let report = bench
        .driver
        .call(audit(&["volume-1", "volume-9"], &["snapshot-1"]))
        .await;
    let report = report.expect("a report");
    assert_eq!(kinds(&report), [("missing_volume", "volume-9", false)]);
}

#[tokio::test]
async fn names_of_what_cannot_be_read_are_taken() {
    let bench = bench().await;
    let taken = json!({"name": "unmanaged-volume-1", "volsize": 1 << 20});
    bench.foreign_lun(taken).await;
    bench
        .appliance
        .show_without("lun", "unmanaged-volume-1", &["volsize"]);
    let unmanage = Unmanage {
        name: own("volume-1"),
    };
    let unmanaged = bench.driver.call(unmanage).await.expect("unmanaged");
    assert_ne!(unmanaged.new_name, "unmanaged-volume-1");
    assert!(!bench.lun(&unmanaged.new_name).is_null());
    let group = |name: &str| UpdateGroup {
        add_volumes: vec![own(name)],
        ..UpdateGroup::default()
    };
    let known = bench.driver.call(group("unmanaged-volume-1")).await;
    known.expect("it is there, whatever it is");
    let absent = bench
        .driver
        .call(group("volume-9"))
        .await
        .expect_err("absent");
    assert_eq!(absent.status(), Status::VolumeNotFound);
}

/// A GUID tells the LUN that was looked at from another of its name.
#[tokio::test]
async fn a_volume_without_a_guid_is_neither_managed_nor_taken_for_another() {
    let bench = bench().await;
    bench
        .appliance
        .show_odd("lun", FOREIGN, json!({"lunguid": null}));
    let before = bench.state();
    let manage = zfssa::driver::ManageExisting {
        name: own("volume-7"),
        existing: ExistingRef {
            source_name: own(FOREIGN),
            ..ExistingRef::default()
        },
        ..zfssa::driver::ManageExisting::default()
    };
    let error = named(bench.driver.call(manage).await, &[FOREIGN, "`lunguid`"]);
    assert_eq!(error.outcome(), Outcome::None);
    assert_eq!(bench.state(), before);
}
