//! A TOML file, whole and a table of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zfssa::config::ConfigBuilder;

fuzz_target!(|text: &str| {
    let _ = ConfigBuilder::from_toml(text, None).build();
    let _ = ConfigBuilder::from_toml(text, Some("backends.zfssa")).build();
    if !text.contains("CANARY") {
        let with = format!("san_password = 'CANARY-{}'\n{text}", text.len());
        if let Err(errors) = ConfigBuilder::from_toml(&with, None).build() {
            assert!(!errors.to_string().contains("CANARY"), "{errors}");
        }
    }
});
