//! A journal as it may stand on the disk: damaged, cut off, or well-formed with strange records.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zfssa::flow::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // The same with checksums that are right, so that the records themselves are read.
    if let Ok(text) = std::str::from_utf8(bytes) {
        let lines: Vec<&str> = text.lines().collect();
        let whole = fuzzing::with_checksums(&lines);
        check(whole.as_bytes());
        check(
            whole
                .get(..whole.len().saturating_sub(3))
                .unwrap_or_default()
                .as_bytes(),
        );
    }
});

/// What was read is read again from the part that counts, and cut off no further.
fn check(bytes: &[u8]) {
    let Some((records, length)) = fuzzing::read(bytes) else {
        return;
    };
    assert!(records >= 1 && length <= bytes.len());
    assert_eq!(fuzzing::read(&bytes[..length]), Some((records, length)));
}
