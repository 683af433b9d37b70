//! The literals of Python and JSON that the option zfssa_initiator_config holds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zfssa::config::ConfigBuilder;

fuzz_target!(|text: &str| {
    let mut builder = ConfigBuilder::new();
    builder.set("zfssa_initiator_config", text);
    let _ = builder.build();
    // A value that is read well beside a strange one shows nothing of its password.
    if !text.contains("CANARY") {
        let with = format!(
            "{{'a': [{{'iqn': 'iqn.1994-05.org.example:a', 'user': 'u', 'password': \
             'CANARY-123456'}}], 'b': {text}}}"
        );
        builder.set("zfssa_initiator_config", &with);
        if let Err(errors) = builder.build() {
            assert!(!errors.to_string().contains("CANARY"), "{errors}");
        }
    }
});
