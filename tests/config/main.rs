//! The configuration, seen from outside: what is read, what is refused and in
//! which words.

mod cinder_conf;

mod contradictions;
mod coordination;
mod docs;
mod initiators;
mod lun_specs;
mod properties;
mod table;
mod toml;

use zfssa::config::{Config, ConfigBuilder, ConfigErrors};

/// The least that a configuration needs.
const LEAST: [(&str, &str); 7] = [
    ("san_ip", "192.0.2.10"),
    ("san_password", "p4ssw0rd"),
    ("zfssa_pool", "pool-0"),
    ("zfssa_project", "cinder"),
    ("zfssa_initiator_group", "compute"),
    ("zfssa_target_portal", "198.51.100.1:3260"),
    ("zfssa_target_interfaces", "ixgbe0"),
];

fn least() -> ConfigBuilder {
    ConfigBuilder::from_pairs(LEAST)
}

/// The least configuration with more options set.
fn with(pairs: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    let mut builder = least();
    for (name, value) in pairs {
        builder.set(name, value);
    }
    builder.build()
}

/// The errors of the least configuration with more options set.
fn errors(pairs: &[(&str, &str)]) -> ConfigErrors {
    with(pairs).expect_err("a configuration that is refused")
}

/// Asserts that there is one error, about this option, with these words in it.
#[track_caller]
fn one_error(errors: &ConfigErrors, option: &str, words: &str) {
    assert_eq!(errors.0.len(), 1, "{errors}");
    assert_eq!(errors.0[0].option, option, "{errors}");
    assert!(errors.to_string().contains(words), "{errors}");
}
