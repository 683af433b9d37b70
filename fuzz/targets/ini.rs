//! A `cinder.conf`. A password in it appears in no problem that is found.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zfssa::config::ConfigBuilder;

fuzz_target!(|text: &str| {
    let _ = ConfigBuilder::from_cinder_conf(text, "zfssa").build();
    let with = format!("[zfssa]\nsan_password = CANARY-{}\n{text}", text.len());
    if let Err(errors) = ConfigBuilder::from_cinder_conf(&with, "zfssa").build() {
        // What the text itself says is no secret of ours.
        if !text.contains("CANARY") {
            assert!(!errors.to_string().contains("CANARY"), "{errors}");
        }
    }
});
