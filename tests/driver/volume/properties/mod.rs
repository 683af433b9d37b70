//! Properties of volume types beside size and provisioning: encryption, caches, copies and limits.

mod copies;
mod images;
mod retype;
mod rollback;

use std::sync::Arc;

use support::{Cost, Fixture, GIB, HOST_A, until, volume};
use zfssa::config::{LunProperty, PropertyValue};
use zfssa::driver::{
    CloneImage, CreateClonedVolume, CreateGroupFromSrc, CreateSnapshot, CreateVolume,
    CreateVolumeFromSnapshot, DoSetup, Driver, ExistingRef, GetVolume, GroupClone, HostTransfer,
    ListVolumes, ManageExisting, Retype, TransferReply, Volume,
};
use zfssa::error::{Error, Outcome, Status};
use zfssa_appliance::{Fault, FaultKind, Options, Release};

type Specs = &'static [(&'static str, &'static str)];

const ENCRYPTED: Specs = &[
    ("zfssa:encryption", "aes-256-gcm"),
    ("zfssa:keyname", "key-1"),
];

/// Each property with a value that an appliance takes, and which it does not have by default.
const EACH: &[(LunProperty, &str)] = &[
    (LunProperty::Encryption, "aes-256-gcm"),
    (LunProperty::Dedup, "true"),
    (LunProperty::SecondaryCache, "metadata"),
    (LunProperty::WriteCache, "true"),
    (LunProperty::Copies, "2"),
    (LunProperty::ReadLimit, "1048576"),
    (LunProperty::WriteLimit, "2097152"),
];

fn own(specs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = specs.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// The extra specs that set one property.
fn spec_of(property: LunProperty, value: &str) -> Vec<(String, String)> {
    match property {
        LunProperty::Encryption => own(ENCRYPTED),
        _ => own(&[(property.extra_spec(), value)]),
    }
}

fn with(name: &str, extra_specs: Vec<(String, String)>) -> CreateVolume {
    CreateVolume {
        extra_specs,
        ..volume(name)
    }
}

fn retype(extra_specs: Vec<(String, String)>) -> Retype {
    Retype {
        name: "volume-1".to_owned(),
        extra_specs,
    }
}

fn clone(name: &str, extra_specs: Vec<(String, String)>) -> CreateClonedVolume {
    CreateClonedVolume {
        name: name.to_owned(),
        size_gib: 1,
        source_volume: "volume-1".to_owned(),
        extra_specs,
        ..CreateClonedVolume::default()
    }
}

/// A volume of an image that the cache may hold.
fn image(name: &str, specs: Specs) -> CloneImage {
    CloneImage {
        name: name.to_owned(),
        size_gib: 1,
        extra_specs: own(specs),
        image_id: "img-1".to_owned(),
        image_updated_at: "v1".to_owned(),
        image_virtual_size: GIB / 2,
        initiator: HOST_A.to_owned(),
        transfer: Arc::new(HostTransfer::new(|_, _, answer: TransferReply| {
            answer.done()
        })),
    }
}

fn shown(volume: &Volume, property: LunProperty) -> Option<&str> {
    let mut properties = volume.properties.iter();
    let found = properties.find(|shown| shown.name == property.name())?;
    Some(&found.value)
}

/// An appliance that has every property.
async fn newest() -> Fixture {
    let mut options = Options::default();
    options.knobs.release = Release::Os88;
    let bench = Fixture::raw(options, |_| {}).await;
    bench.driver.call(DoSetup {}).await.unwrap();
    bench
}

/// An error that names the property, its value, the appliance's software and the extra spec.
#[track_caller]
fn names(error: &Error, property: LunProperty, value: &str) {
    let software = Release::Os88.software_version();
    for part in [property.name(), value, software, property.extra_spec()] {
        assert!(error.message().contains(part), "{part}: {error}");
    }
}

#[tokio::test]
async fn each_property_is_set_at_creation_and_shown_without_a_further_request() {
    let bench = newest().await;
    for (property, value) in EACH {
        let name = format!("volume-{property}");
        let create = with(&name, spec_of(*property, value));
        let (made, cost) = bench.cost(create.clone()).await;
        let made = made.unwrap();
        assert_eq!(
            cost,
            Cost {
                requests: 1,
                depth: 1
            },
            "{property}"
        );
        assert_eq!(shown(&made, *property), Some(*value), "{property}");
        let read = bench.driver.call(GetVolume { name: name.clone() }).await;
        assert_eq!(read.unwrap().properties, made.properties);
        let listed = ListVolumes {
            prefix: Some(name),
            ..ListVolumes::default()
        };
        let listed = bench.driver.call(listed).await.unwrap();
        assert_eq!(listed.volumes[0].properties, made.properties);
        // The same call again finds the volume, and one of another type does not.
        let again = bench.driver.call(create.clone()).await.unwrap();
        assert_eq!(again.properties, made.properties);
        let other = match property {
            LunProperty::Encryption => own(&[("zfssa:encryption", "off")]),
            LunProperty::SecondaryCache => spec_of(*property, "none"),
            LunProperty::Dedup | LunProperty::WriteCache => spec_of(*property, "false"),
            LunProperty::Copies => spec_of(*property, "3"),
            _ => spec_of(*property, "4194304"),
        };
        let other = bench.driver.call(with(&create.name, other)).await;
        let error = other.unwrap_err();
        assert_eq!(error.status(), Status::VolumeExists, "{error}");
        assert!(error.message().contains(property.name()), "{error}");
    }
}

#[tokio::test]
async fn the_backends_defaults_apply_and_a_type_overrides_them() {
    let mut options = Options::default();
    options.knobs.release = Release::Os88;
    let bench = Fixture::raw(options, |config| {
        config.set("zfssa_lun_encryption", "aes-128-ccm");
        config.set("zfssa_lun_keyname", "key-2");
        config.set("zfssa_lun_writelimit", "1048576");
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    let plain = bench.driver.call(volume("volume-1")).await.unwrap();
    assert_eq!(shown(&plain, LunProperty::Encryption), Some("aes-128-ccm"));
    assert_eq!(shown(&plain, LunProperty::Keystore), Some("local"));
    assert_eq!(shown(&plain, LunProperty::Keyname), Some("key-2"));
    assert_eq!(shown(&plain, LunProperty::WriteLimit), Some("1048576"));
    let open = own(&[("zfssa:encryption", "off"), ("zfssa:writelimit", "524288")]);
    let open = bench.driver.call(with("volume-2", open)).await.unwrap();
    assert_eq!(shown(&open, LunProperty::Encryption), Some("off"));
    assert_eq!(shown(&open, LunProperty::Keyname), None);
    assert_eq!(shown(&open, LunProperty::WriteLimit), Some("524288"));
}

#[tokio::test]
async fn an_appliance_without_a_property_is_named_and_nothing_is_made() {
    let bench = newest().await;
    let before = bench.state();
    for (property, value) in EACH {
        let lacks = vec![property.name().to_owned()];
        bench.appliance.tune(|knobs| knobs.lacks = lacks);
        let create = with("volume-1", spec_of(*property, value));
        let error = bench.driver.call(create).await.unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::InvalidValue, Outcome::Rejected),
            "{error}"
        );
        names(&error, *property, value);
        assert!(error.message().contains("does not have"), "{error}");
        assert_eq!(bench.state(), before, "{property}");
    }
}

#[tokio::test]
async fn old_software_has_no_limits_and_no_encryption() {
    let mut options = Options::default();
    options.knobs.release = Release::R2013_1_2;
    let bench = Fixture::raw(options, |_| {}).await;
    bench.driver.call(DoSetup {}).await.unwrap();
    for (property, value) in EACH {
        let create = with(&format!("volume-{property}"), spec_of(*property, value));
        let made = bench.driver.call(create).await;
        let lacks = [
            LunProperty::Encryption,
            LunProperty::ReadLimit,
            LunProperty::WriteLimit,
        ];
        assert_eq!(made.is_err(), lacks.contains(property), "{property}");
    }
}

#[tokio::test]
async fn a_property_that_is_passed_over_is_an_error_and_nothing_is_left() {
    let bench = newest().await;
    let before = bench.state();
    for (property, value) in EACH {
        // Whether the appliance shows the property, with its old value, or does not know it.
        for lacks in [Vec::new(), vec![property.name().to_owned()]] {
            bench.appliance.tune(|knobs| {
                knobs.lacks = lacks;
                knobs.passes_over = vec![property.name().to_owned()];
            });
            let create = with("volume-1", spec_of(*property, value));
            let error = bench.driver.call(create).await.unwrap_err();
            assert_eq!(
                (error.status(), error.outcome()),
                (Status::TypeMismatch, Outcome::RolledBack),
                "{error}"
            );
            names(&error, *property, value);
            assert_eq!(bench.state(), before, "{property}");
        }
    }
}

#[tokio::test]
async fn a_volume_that_cannot_be_rolled_back_is_named() {
    let bench = newest().await;
    let passes_over = vec!["dedup".to_owned()];
    bench
        .appliance
        .tune(|knobs| knobs.passes_over = passes_over);
    let kept = Fault::new(FaultKind::denied()).on("DELETE", "/luns/");
    bench.appliance.faults().push(kept);
    let create = with("volume-1", spec_of(LunProperty::Dedup, "true"));
    let error = bench.driver.call(create.clone()).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Partial, "{error}");
    assert_eq!(error.left_behind(), ["volume volume-1"]);
    // The volume that is left is no success of a later call.
    let error = bench.driver.call(create).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeExists, "{error}");
}

#[tokio::test]
async fn encryption_needs_a_key_that_exists() {
    let bench = newest().await;
    let before = bench.state();
    let unknown = own(&[
        ("zfssa:encryption", "aes-128-ccm"),
        ("zfssa:keyname", "key-9"),
    ]);
    let error = bench.driver.call(with("volume-1", unknown)).await;
    let error = error.unwrap_err();
    names(&error, LunProperty::Keyname, "key-9");
    assert_eq!(error.status(), Status::InvalidValue, "{error}");
    for (specs, named) in [
        (
            &[("zfssa:encryption", "aes-128-ccm")][..],
            "zfssa:encryption = aes-128-ccm: needs a key",
        ),
        (
            &[("zfssa:keyname", "key-1")][..],
            "zfssa:keyname = key-1: is of no use without encryption",
        ),
        (
            &[("zfssa:encryption", "off"), ("zfssa:keystore", "okm")][..],
            "zfssa:keystore = okm: is of no use without encryption",
        ),
    ] {
        let error = bench.driver.call(with("volume-1", own(specs))).await;
        let error = error.unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument, "{error}");
        assert!(error.message().contains(named), "{error}");
    }
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn a_refusal_about_something_else_blames_no_property() {
    let bench = newest().await;
    let create = CreateVolume {
        name: "volume-1".to_owned(),
        size_gib: 1 << 20,
        extra_specs: own(&[("zfssa:dedup", "true"), ("zfssa:sparse", "false")]),
    };
    let error = bench.driver.call(create).await.unwrap_err();
    assert_eq!(error.status(), Status::NoSpace, "{error}");
    assert!(!error.to_string().contains("dedup"), "{error}");
}

#[tokio::test]
async fn a_lun_is_adopted_with_the_properties_of_its_type_only() {
    let bench = newest().await;
    let lun = serde_json::json!({"name": "lun-1", "volsize": GIB, "dedup": true});
    bench.foreign_lun(lun).await;
    let manage = |value: &str| ManageExisting {
        name: "volume-1".to_owned(),
        existing: ExistingRef {
            source_name: "lun-1".to_owned(),
            ..ExistingRef::default()
        },
        extra_specs: spec_of(LunProperty::Dedup, value),
        ..ManageExisting::default()
    };
    let error = bench.driver.call(manage("false")).await.unwrap_err();
    assert_eq!(error.status(), Status::TypeMismatch, "{error}");
    assert!(
        error.message().contains("dedup is true, not false"),
        "{error}"
    );
    bench.driver.call(manage("true")).await.unwrap();
}

#[tokio::test]
async fn a_creation_without_an_answer_is_checked_as_well() {
    let bench = newest().await;
    let before = bench.state();
    bench
        .appliance
        .tune(|knobs| knobs.passes_over = vec!["dedup".to_owned()]);
    let lost = Fault::new(FaultKind::Reset)
        .on("POST", "/luns")
        .after_commit();
    let lost = bench.appliance.faults().push(lost);
    let create = with("volume-1", spec_of(LunProperty::Dedup, "true"));
    let error = bench.driver.call(create).await.unwrap_err();
    assert_eq!(bench.appliance.faults().fired(lost), 1);
    assert_eq!(error.status(), Status::TypeMismatch, "{error}");
    assert_eq!(error.outcome(), Outcome::RolledBack, "{error}");
    assert_eq!(bench.state(), before);
}

#[test]
fn flags_and_numbers_are_shown_as_text() {
    assert_eq!(PropertyValue::Flag(true).to_string(), "true");
    assert_eq!(PropertyValue::Number(7).to_string(), "7");
}
