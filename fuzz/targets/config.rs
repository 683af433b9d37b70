//! Configurations as a whole: any values for any options, and extra specs of a volume type.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zfssa::config::{ConfigBuilder, LunSpecs, OPTIONS};

fuzz_target!(|input: (bool, Vec<(u8, &str)>)| {
    let (complete, values) = input;
    let mut builder = ConfigBuilder::new();
    if complete {
        for (name, value) in [
            ("san_ip", "192.0.2.10"),
            ("san_login", "cinder"),
            ("san_password", "CANARY-password"),
            ("zfssa_pool", "pool-0"),
            ("zfssa_project", "cinder"),
            ("zfssa_initiator_group", "compute"),
            ("zfssa_target_portal", "198.51.100.1:3260"),
            ("zfssa_target_interfaces", "ixgbe0"),
        ] {
            builder.set(name, value);
        }
    }
    let mut specs = Vec::new();
    for (which, value) in &values {
        let option = &OPTIONS[usize::from(*which) % OPTIONS.len()];
        if option.secret {
            builder.set(option.name, &format!("CANARY-{value}"));
        } else if !value.contains("CANARY") {
            builder.set(option.name, value);
            specs.push((option.name.replacen("zfssa_", "zfssa:", 1), *value));
        }
    }
    let _ = LunSpecs::parse(&specs);
    let shown = match builder.build() {
        Ok(config) => format!("{config:?}"),
        Err(errors) => errors.to_string(),
    };
    assert!(!shown.contains("CANARY"), "{shown}");
});
