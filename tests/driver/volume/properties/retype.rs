//! Properties that a retype changes, and those that it cannot change.

use super::*;

#[tokio::test]
async fn retype_changes_what_can_change_and_back() {
    let bench = newest().await;
    let before = bench.driver.call(volume("volume-1")).await.unwrap();
    for (property, value) in EACH.iter().filter(|(property, _)| !property.is_fixed()) {
        let typed = retype(spec_of(*property, value));
        let (done, cost) = bench.cost(typed.clone()).await;
        let done = done.unwrap();
        assert!(done.in_place && done.changes.len() == 1, "{done:?}");
        assert!(done.changes[0].starts_with(property.name()), "{done:?}");
        assert_eq!(cost.requests, 2);
        assert_eq!(shown(&done.volume, *property), Some(*value));
        let again = bench.driver.call(typed).await.unwrap();
        assert!(again.changes.is_empty(), "{again:?}");
        // A type without the property: it is the project's again, and a limit ends.
        let done = bench.driver.call(retype(Vec::new())).await.unwrap();
        match property {
            LunProperty::WriteCache => {
                assert!(done.changes.is_empty(), "{done:?}");
                let off = spec_of(*property, "false");
                bench.driver.call(retype(off)).await.unwrap();
            }
            _ => assert_eq!(done.volume.properties, before.properties, "{done:?}"),
        }
    }
}

#[tokio::test]
async fn retype_to_another_encryption_is_not_in_place() {
    let bench = newest().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    let encrypted = with("volume-2", own(ENCRYPTED));
    bench.driver.call(encrypted).await.unwrap();
    let before = bench.state();
    let other_key = own(&[
        ("zfssa:encryption", "aes-256-gcm"),
        ("zfssa:keyname", "key-2"),
        ("zfssa:dedup", "true"),
    ]);
    for (name, specs, reason) in [
        (
            "volume-1",
            own(ENCRYPTED),
            "encryption is off, not aes-256-gcm",
        ),
        (
            "volume-2",
            own(&[("zfssa:encryption", "off")]),
            "encryption is aes-256-gcm, not off",
        ),
        ("volume-2", other_key, "keyname is key-1, not key-2"),
    ] {
        let typed = Retype {
            name: name.to_owned(),
            extra_specs: specs,
        };
        let done = bench.driver.call(typed).await.unwrap();
        assert!(!done.in_place && done.changes.is_empty(), "{done:?}");
        assert!(done.reason.contains(reason), "{}", done.reason);
        assert_eq!(bench.state(), before);
    }
    // A type that says nothing of encryption leaves it.
    let typed = Retype {
        name: "volume-2".to_owned(),
        extra_specs: Vec::new(),
    };
    assert!(bench.driver.call(typed).await.unwrap().in_place);
}

#[tokio::test]
async fn a_retype_that_is_passed_over_in_part_is_rolled_back() {
    let bench = newest().await;
    let made = own(&[("zfssa:copies", "2"), ("zfssa:writelimit", "1048576")]);
    bench.driver.call(with("volume-1", made)).await.unwrap();
    let before = bench.state();
    for lacks in [Vec::new(), vec!["readlimit".to_owned()]] {
        bench.appliance.tune(|knobs| {
            knobs.lacks = lacks;
            knobs.passes_over = vec!["readlimit".to_owned()];
        });
        let specs = own(&[
            ("zfssa:compression", "lz4"),
            ("zfssa:logbias", "throughput"),
            ("zfssa:sparse", "false"),
            ("zfssa:dedup", "true"),
            ("zfssa:copies", "3"),
            ("zfssa:readlimit", "1048576"),
        ]);
        let error = bench.driver.call(retype(specs)).await.unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::TypeMismatch, Outcome::RolledBack),
            "{error}"
        );
        names(&error, LunProperty::ReadLimit, "1048576");
        assert_eq!(bench.state(), before);
    }
}

#[tokio::test]
async fn a_retype_that_the_appliance_refuses_names_the_property() {
    let bench = newest().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    let before = bench.state();
    bench
        .appliance
        .tune(|knobs| knobs.lacks = vec!["dedup".to_owned()]);
    let specs = own(&[("zfssa:compression", "lz4"), ("zfssa:dedup", "true")]);
    let error = bench.driver.call(retype(specs)).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected, "{error}");
    names(&error, LunProperty::Dedup, "true");
    assert_eq!(bench.state(), before);
}
