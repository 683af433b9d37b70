//! Names in addresses: whatever a name holds, it is one segment, and comes back as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use url::Url;
use zfssa::rest::{Path, Service, fuzzing};

fuzz_target!(|texts: (&str, &str)| {
    let (name, value) = texts;
    let path = Path::new(Service::Storage).fixed("pools").name(name);
    let Ok(path) = path.and_then(|path| path.selector("alias", value)) else {
        return;
    };
    let address = fuzzing::address(&path.query("props", value));
    let url = Url::parse(&address).expect("an address that a client can read");
    assert_eq!((url.host_str(), url.port()), (Some("appliance"), Some(215)));
    assert_eq!((url.username(), url.fragment()), ("", None));
    let segments: Vec<String> = url.path_segments().expect("segments").map(plain).collect();
    let selector = format!("alias={value}");
    assert_eq!(segments, ["api", "storage", "v1", "pools", name, &selector]);
    let pairs: Vec<(String, String)> = url
        .query()
        .expect("a query")
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (plain(key), plain(value)))
        .collect();
    assert_eq!(pairs, [("props".to_owned(), value.to_owned())]);
});

/// Without the percent-encoding, by an implementation of its own.
fn plain(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(&after[..2]).expect("two digits");
            bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).expect("the name's UTF-8")
}
