//! The body of a refusal: status, one line of bounded length, and nothing of the request's secret.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zfssa::rest::fuzzing;

/// No part of what a refusal is rewritten to, so it cannot appear by itself.
const SECRET: &str = "CANARY-\"of\"\\the request";

fuzz_target!(|bytes: &[u8]| {
    let Some((first, body)) = bytes.split_first() else {
        return;
    };
    let http = 400 + u16::from(*first) % 200;
    let plain = fuzzing::fault(http, body, SECRET);
    assert!(!plain.chars().any(char::is_control), "{plain:?}");
    assert!(plain.chars().count() <= 2001, "{}", plain.len());
    // The appliance quotes the secret in its prose, as it is.
    let quoting = format!(
        "{{\"message\":{}}}",
        json(&format!("{plain} {SECRET} {plain}"))
    );
    let told = fuzzing::fault(http, quoting.as_bytes(), SECRET);
    assert!(!told.contains(SECRET), "{told}");
    fuzzing::retry_after(body);
});

fn json(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
