//! Properties of clones, of volumes from snapshots and of cached images.

use super::*;

#[tokio::test]
async fn a_clone_has_the_encryption_of_its_source_and_other_properties_of_its_type() {
    let bench = newest().await;
    let source = with("volume-1", own(ENCRYPTED));
    bench.driver.call(source).await.unwrap();
    let limited = spec_of(LunProperty::WriteLimit, "1048576");
    let made = bench.driver.call(clone("volume-2", limited)).await.unwrap();
    assert_eq!(shown(&made, LunProperty::Encryption), Some("aes-256-gcm"));
    assert_eq!(shown(&made, LunProperty::Keyname), Some("key-1"));
    assert_eq!(shown(&made, LunProperty::WriteLimit), Some("1048576"));
    // A type with the encryption of the source costs one look at it.
    let (made, cost) = bench.cost(clone("volume-3", own(ENCRYPTED))).await;
    assert_eq!(
        shown(&made.unwrap(), LunProperty::Encryption),
        Some("aes-256-gcm")
    );
    let (_, plain) = bench.cost(clone("volume-4", Vec::new())).await;
    assert_eq!(cost.requests, plain.requests + 1);
}

#[tokio::test]
async fn a_clone_of_another_encryption_is_refused_before_anything_is_made() {
    let bench = newest().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    let take = CreateSnapshot {
        volume: "volume-1".to_owned(),
        name: "snapshot-1".to_owned(),
    };
    bench.driver.call(take).await.unwrap();
    let before = bench.state();
    bench.appliance.clear_trace();
    let from_snapshot = CreateVolumeFromSnapshot {
        name: "volume-2".to_owned(),
        size_gib: 1,
        source_volume: "volume-1".to_owned(),
        snapshot: "snapshot-1".to_owned(),
        extra_specs: own(ENCRYPTED),
    };
    let group = CreateGroupFromSrc {
        id: "group-1".to_owned(),
        volumes: vec![GroupClone {
            name: "volume-2".to_owned(),
            size_gib: 1,
            source_volume: "volume-1".to_owned(),
            extra_specs: own(ENCRYPTED),
            ..GroupClone::default()
        }],
    };
    for error in [
        bench.driver.call(from_snapshot).await.unwrap_err(),
        bench
            .driver
            .call(clone("volume-2", own(ENCRYPTED)))
            .await
            .unwrap_err(),
        bench.driver.call(group).await.unwrap_err(),
    ] {
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::TypeMismatch, Outcome::None),
            "{error}"
        );
        let why = "encryption is off, not aes-256-gcm";
        assert!(error.message().contains(why), "{error}");
    }
    let trace = bench.appliance.trace();
    assert!(trace.iter().all(|exchange| exchange.method == "GET"));
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn a_clone_whose_property_is_passed_over_is_rolled_back_with_its_snapshot() {
    let bench = newest().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    let before = bench.state();
    let limit = || spec_of(LunProperty::WriteLimit, "1048576");
    let property = vec!["writelimit".to_owned()];
    bench
        .appliance
        .tune(|knobs| knobs.passes_over = property.clone());
    let error = bench.driver.call(clone("volume-2", limit())).await;
    let error = error.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::TypeMismatch, Outcome::RolledBack),
        "{error}"
    );
    names(&error, LunProperty::WriteLimit, "1048576");
    assert_eq!(bench.state(), before);
    // An appliance that refuses it.
    bench.appliance.tune(|knobs| {
        knobs.passes_over = Vec::new();
        knobs.lacks = property;
    });
    let error = bench.driver.call(clone("volume-2", limit())).await;
    let error = error.unwrap_err();
    names(&error, LunProperty::WriteLimit, "1048576");
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn a_clone_of_an_earlier_call_that_lacks_a_property_is_no_success() {
    let bench = newest().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    bench
        .driver
        .call(clone("volume-2", Vec::new()))
        .await
        .unwrap();
    let before = bench.state();
    let limit = spec_of(LunProperty::WriteLimit, "1048576");
    let error = bench.driver.call(clone("volume-2", limit)).await;
    let error = error.unwrap_err();
    assert_eq!(error.status(), Status::VolumeExists, "{error}");
    assert!(
        error.message().contains("writelimit is 0, not 1048576"),
        "{error}"
    );
    assert_eq!(bench.state(), before);
}

/// The default of the backend may be newer than the volume.
#[tokio::test]
async fn a_default_of_encryption_keeps_no_volume_from_being_cloned() {
    let bench = newest().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    let encrypting = bench.driver_with(|config| {
        config.set("zfssa_lun_encryption", "aes-256-gcm");
        config.set("zfssa_lun_keyname", "key-1");
    });
    let made = encrypting
        .call(clone("volume-2", Vec::new()))
        .await
        .unwrap();
    assert_eq!(shown(&made, LunProperty::Encryption), Some("off"));
}

/// The source was replaced since its encryption was read.
#[tokio::test]
async fn a_clone_that_shows_another_encryption_is_rolled_back() {
    let bench = newest().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    let before = bench.state();
    let encrypted = serde_json::json!({"encryption": "aes-256-gcm"});
    bench.appliance.show_odd("lun", "volume-1", encrypted);
    let error = bench.driver.call(clone("volume-2", own(ENCRYPTED))).await;
    let error = error.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::TypeMismatch, Outcome::RolledBack),
        "{error}"
    );
    names(&error, LunProperty::Encryption, "aes-256-gcm");
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn the_image_cache_declines_another_encryption() {
    let bench = newest().await;
    let before = bench.state();
    let declined = bench
        .driver
        .call(image("volume-1", ENCRYPTED))
        .await
        .unwrap();
    assert!(declined.volume.is_none(), "{declined:?}");
    assert!(
        declined.declined.contains("zfssa_lun_encryption"),
        "{declined:?}"
    );
    assert_eq!(bench.state(), before, "no entry is made for it");
    // With an entry, too; and another driver, whose cached images are encrypted, has its entry.
    bench.driver.call(image("volume-1", &[])).await.unwrap();
    let declined = bench
        .driver
        .call(image("volume-2", ENCRYPTED))
        .await
        .unwrap();
    assert!(declined.volume.is_none(), "{declined:?}");
    let encrypting = bench.driver_with(|config| {
        config.set("zfssa_lun_encryption", "aes-256-gcm");
        config.set("zfssa_lun_keyname", "key-1");
        config.set("zfssa_cache_project", "encrypted-cache");
    });
    encrypting.call(DoSetup {}).await.unwrap();
    let made = encrypting.call(image("volume-3", ENCRYPTED)).await.unwrap();
    let made = made.volume.unwrap();
    assert_eq!(shown(&made, LunProperty::Encryption), Some("aes-256-gcm"));
}

#[tokio::test]
async fn an_unencrypted_entry_serves_no_backend_that_encrypts() {
    let bench = newest().await;
    bench.driver.call(image("volume-1", &[])).await.unwrap();
    let encrypting = bench.driver_with(|config| {
        config.set("zfssa_lun_encryption", "aes-256-gcm");
        config.set("zfssa_lun_keyname", "key-1");
    });
    let declined = encrypting.call(image("volume-2", &[])).await.unwrap();
    assert!(declined.volume.is_none(), "{declined:?}");
    let why = "encryption is off, not aes-256-gcm";
    assert!(declined.declined.contains(why), "{declined:?}");
}
