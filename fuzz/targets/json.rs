//! Answers of the appliance, read as each resource in turn.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zfssa::appliance::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, body)) = bytes.split_first() else {
        return;
    };
    fuzzing::read(*kind, body);
});
