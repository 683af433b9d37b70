//! Properties of the entries of the image cache.

use super::*;

/// Backends whose new LUNs, also those of cached images, have a limit.
fn limiting(bench: &Fixture) -> Driver {
    bench.driver_with(|config| {
        config.set("zfssa_lun_writelimit", "1048576");
    })
}

#[tokio::test]
async fn an_entry_without_a_property_of_the_backend_is_not_made() {
    let bench = newest().await;
    let driver = limiting(&bench);
    let property = || vec!["writelimit".to_owned()];
    let before = bench.state();
    for (ignored, lacked, outcome) in [
        (property(), Vec::new(), Outcome::RolledBack),
        (Vec::new(), property(), Outcome::Rejected),
    ] {
        bench.appliance.tune(|knobs| {
            knobs.passes_over = ignored;
            knobs.lacks = lacked;
        });
        let error = driver.call(image("volume-1", &[])).await.unwrap_err();
        assert_eq!(error.outcome(), outcome, "{error}");
        names(&error, LunProperty::WriteLimit, "1048576");
        assert_eq!(bench.state(), before);
    }
}

/// Another host, without a common lock, makes the entry after this one found none.
#[tokio::test]
async fn an_unencrypted_entry_that_is_made_meanwhile_serves_no_backend_that_encrypts() {
    let bench = newest().await;
    let other = bench.other_host(|_| {});
    let encrypting = bench.driver_with(|config| {
        config.set("zfssa_lun_encryption", "aes-256-gcm");
        config.set("zfssa_lun_keyname", "key-1");
    });
    let second_look = Fault::new(FaultKind::Hang { ms: None })
        .on("GET", "/luns/os-cache-vol-img-1$")
        .nth(2);
    bench.appliance.faults().push(second_look);
    let cloning = tokio::spawn(async move { encrypting.call(image("volume-2", &[])).await });
    assert!(until(|| bench.appliance.held() == 1).await);
    other.call(image("volume-1", &[])).await.unwrap();
    bench.appliance.release();
    let declined = cloning.await.unwrap().unwrap();
    assert!(declined.volume.is_none(), "{declined:?}");
    let why = "encryption is off, not aes-256-gcm";
    assert!(declined.declined.contains(why), "{declined:?}");
}

/// Only the encryption of an entry matters: its clones have other properties of their own.
#[tokio::test]
async fn a_clone_of_an_entry_has_the_properties_of_its_type() {
    let bench = newest().await;
    bench.driver.call(image("volume-1", &[])).await.unwrap();
    let limited = image("volume-2", &[("zfssa:writelimit", "1048576")]);
    let made = bench.driver.call(limited).await.unwrap();
    let made = made.volume.expect("it is cloned");
    assert_eq!(shown(&made, LunProperty::WriteLimit), Some("1048576"));
}
