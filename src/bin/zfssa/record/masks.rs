//! Masks of a trace: placeholders in the place of secrets and of what identifies the site.
//!
//! The same value has the same placeholder in the whole trace, so that a replay is coherent: an
//! identifier that one answer has is the identifier that a later request names.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use serde_json::{Map, Value};
use zeroize::{Zeroize as _, Zeroizing};

/// Shortest value that is replaced inside other texts, too. A shorter one is masked only where it
/// is the whole value of its member.
const SHORTEST_PART: usize = 4;

/// The UUID of no appliance, as of the peer of one that has none.
const NO_UUID: &str = "00000000-0000-0000-0000-000000000000";

/// Parts of the names of members that hold a secret.
const SECRET_MEMBERS: &[&str] = &[
    "credential",
    "passphrase",
    "password",
    "private",
    "secret",
    "session",
    "token",
];

/// Members of requests that the engine makes up at each run, with their kinds: the marker of an
/// attempt, and the time by the host's clock. A replay gets others.
const MADE_UP_MEMBERS: &[(&str, &str)] = &[
    ("custom:zfssa_operation", "marker"),
    ("custom:zfssa_since", TIME),
];

/// The kind of a time. Two requests of one second have the same one by chance, and not in a replay,
/// so that each request has a placeholder of its own.
const TIME: &str = "time";

/// Whose body it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Request,
    Answer,
}

/// The placeholders that were given so far.
pub struct Masks {
    identify: bool,
    given: BTreeMap<String, String>,
    counts: BTreeMap<&'static str, u32>,
}

impl Masks {
    /// No placeholder yet. With `identify`, addresses, host names and serial numbers stay.
    pub fn new(identify: bool) -> Masks {
        Masks {
            identify,
            given: BTreeMap::new(),
            counts: BTreeMap::new(),
        }
    }

    /// Learns the secrets of the headers of a request or an answer.
    pub fn learn_headers(&mut self, headers: &HeaderMap) {
        for (name, value) in headers {
            let Ok(text) = value.to_str() else { continue };
            if name == AUTHORIZATION {
                self.learn_login(text);
            } else if is_credential(name.as_str()) {
                self.learn("session", text);
            }
        }
    }

    /// Learns the password of a header `Authorization`, and the header as a whole.
    fn learn_login(&mut self, text: &str) {
        let encoded = text.split_once(' ').map_or(text, |(_, encoded)| encoded);
        let plain = STANDARD.decode(encoded).map(Zeroizing::new);
        if let Ok(plain) = plain
            && let Ok(pair) = std::str::from_utf8(&plain)
            && let Some((_, password)) = pair.split_once(':')
        {
            self.learn("secret", password);
        }
        self.learn("login", encoded);
    }

    /// Learns the values of a body that are to be masked.
    pub fn learn_body(&mut self, body: &[u8], side: Side) {
        if let Ok(value) = serde_json::from_slice::<Value>(body) {
            self.learn_value(&value, None, side);
        }
    }

    fn learn_value(&mut self, value: &Value, kind: Option<&'static str>, side: Side) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let kind = kind.or_else(|| self.kind_of(name, member, side));
                    self.learn_value(member, kind, side);
                }
            }
            Value::Array(list) => list
                .iter()
                .for_each(|value| self.learn_value(value, kind, side)),
            Value::String(text) => match kind {
                Some(kind) => self.learn(kind, text),
                None => self.learn_addresses(text),
            },
            _ => {}
        }
    }

    /// The kind of value that a member of this name holds, if it is to be masked.
    fn kind_of(&self, member: &str, value: &Value, side: Side) -> Option<&'static str> {
        let name = member.to_ascii_lowercase();
        if is_secret_member(&name) {
            return Some("secret");
        }
        let mut made_up = MADE_UP_MEMBERS.iter();
        if side == Side::Request
            && let Some((_, kind)) = made_up.find(|(member, _)| *member == name)
        {
            return Some(kind);
        }
        if self.identify {
            return None;
        }
        let is_serial = ["asn", "csn", "peer", "urn"].contains(&name.as_str())
            || name.ends_with("_asn")
            || name.contains("serial");
        if is_serial {
            return Some("serial");
        }
        // The owner of a pool is a head. Its record may come before that of the head.
        let is_host =
            name.ends_with("hostname") || ["nodename", "host", "owner"].contains(&name.as_str());
        if is_host {
            return Some("host");
        }
        is_release(&name, value).then_some("plain")
    }

    fn learn(&mut self, kind: &'static str, text: &str) {
        let names_nothing = ["", "-", "unknown", "none", "localhost", NO_UUID].contains(&text);
        let is_known = |text| kind != TIME && self.given.contains_key(text);
        if kind == "plain" || names_nothing || is_known(text) {
            return;
        }
        let text = match kind {
            "host" if text.parse::<IpAddr>().is_ok() => return self.learn_addresses(text),
            // Other members have the UUID of the serial number, too.
            "serial" => text.strip_prefix("urn:uuid:").unwrap_or(text),
            _ => text,
        };
        if is_known(text) {
            return;
        }
        let is_uuid = kind == "serial" && uuid::Uuid::try_parse(text).is_ok();
        let placeholder = match is_uuid {
            true => format!("00000000-0000-4000-8000-{:012}", self.next("uuid")),
            false => format!("MASKED-{kind}-{}", self.next(kind)),
        };
        self.given.insert(text.to_owned(), placeholder);
    }

    fn learn_addresses(&mut self, text: &str) {
        if self.identify {
            return;
        }
        for address in addresses_in(text) {
            let known = self.given.contains_key(address);
            let placeholder = match address.parse() {
                Ok(IpAddr::V4(ip)) if !known && identifies_v4(ip) => {
                    // The three networks for documentation, of RFC 5737, and then those for
                    // benchmarks, of RFC 2544.
                    let number = self.next("address");
                    match number / 254 {
                        0 => format!("192.0.2.{}", number % 254 + 1),
                        1 => format!("198.51.100.{}", number % 254 + 1),
                        2 => format!("203.0.113.{}", number % 254 + 1),
                        net => format!("198.18.{}.{}", net % 256, number % 254 + 1),
                    }
                }
                Ok(IpAddr::V6(ip)) if !known && identifies_v6(ip) => {
                    format!("2001:db8::{:x}", self.next("address6"))
                }
                _ => continue,
            };
            self.given.insert(address.to_owned(), placeholder);
        }
    }

    fn next(&mut self, kind: &'static str) -> u32 {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        *count
    }

    /// Path and query with their masks.
    pub fn target(&mut self, target: &str) -> String {
        self.learn_addresses(target);
        let target = self.text(target);
        // A secret of a query may be escaped there.
        let Some((path, query)) = target.split_once('?') else {
            return target;
        };
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) if is_secret_member(&name.to_ascii_lowercase()) => {
                let plain = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
                if !plain.starts_with("MASKED-") {
                    self.learn("secret", &plain);
                }
                format!("{name}={}", self.whole(&plain))
            }
            _ => pair.to_owned(),
        });
        let pairs: Vec<String> = pairs.collect();
        format!("{path}?{}", pairs.join("&"))
    }

    /// The value of a header with its masks.
    pub fn header(&self, name: &str, value: &str) -> String {
        match is_credential(name) {
            true => self.whole(value),
            false => self.text(value),
        }
    }

    /// A body as JSON with its masks, or the number of its bytes if it is none.
    pub fn body(&self, body: &[u8]) -> Body {
        if body.trim_ascii().is_empty() {
            return Body::None;
        }
        match serde_json::from_slice(body) {
            Ok(value) => Body::Json(self.masked(value, false, false)),
            Err(_) => Body::Omitted(body.len()),
        }
    }

    fn masked(&self, value: Value, is_secret: bool, is_plain: bool) -> Value {
        match value {
            Value::Object(members) => {
                let members = members.into_iter().map(|(name, member)| {
                    let lower = name.to_ascii_lowercase();
                    let is_secret = is_secret || is_secret_member(&lower);
                    let is_plain = is_release(&lower, &member);
                    let member = self.masked(member, is_secret, is_plain);
                    (self.text(&name), member)
                });
                Value::Object(members.collect::<Map<_, _>>())
            }
            Value::Array(list) => {
                let list = list.into_iter();
                Value::Array(list.map(|v| self.masked(v, is_secret, is_plain)).collect())
            }
            Value::String(text) if is_secret => self.whole(&text).into(),
            Value::String(text) if is_plain => self.secrets_of(&text).into(),
            Value::String(text) => self.text(&text).into(),
            // The digits of a secret that is a number.
            Value::Number(_) if is_secret => 0.into(),
            other => other,
        }
    }

    /// A text that is masked as a whole. One that was not learned is empty or names nothing.
    fn whole(&self, text: &str) -> String {
        match self.given.get(text) {
            Some(placeholder) => placeholder.clone(),
            None => self.text(text),
        }
    }

    /// A text with each value that was learned replaced.
    fn text(&self, text: &str) -> String {
        self.replaced(text, |_| true)
    }

    /// The same for secrets alone.
    fn secrets_of(&self, text: &str) -> String {
        self.replaced(text, |placeholder| placeholder.starts_with("MASKED-"))
    }

    fn replaced(&self, text: &str, takes: impl Fn(&str) -> bool) -> String {
        if let Some(placeholder) = self.given.get(text)
            && takes(placeholder)
        {
            return placeholder.clone();
        }
        let mut known: Vec<(&str, &str)> = self
            .given
            .iter()
            .map(|(value, placeholder)| (value.as_str(), placeholder.as_str()))
            .filter(|(value, placeholder)| {
                value.len() >= SHORTEST_PART && takes(placeholder) && text.contains(value)
            })
            .collect();
        // A value may be a part of another one.
        known.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        let mut parts = vec![Part::Open(text)];
        for (value, placeholder) in known {
            // A secret is masked anywhere in a text, everything else as a word.
            let is_secret = ["secret", "session", "login"]
                .iter()
                .any(|kind| placeholder.starts_with(&format!("MASKED-{kind}-")));
            parts = parts
                .into_iter()
                .flat_map(|part| part.replaced(value, placeholder, is_secret))
                .collect();
        }
        parts.into_iter().map(Part::text).collect()
    }
}

impl Drop for Masks {
    fn drop(&mut self) {
        let given = std::mem::take(&mut self.given);
        given.into_keys().for_each(|mut value| value.zeroize());
    }
}

/// A body in a trace.
pub enum Body {
    None,
    Json(Value),
    Omitted(usize),
}

/// A part of a text whose other parts are masked.
#[derive(Clone, Copy)]
enum Part<'a> {
    Open(&'a str),
    Masked(&'a str),
}

impl<'a> Part<'a> {
    fn text(self) -> &'a str {
        match self {
            Part::Open(text) | Part::Masked(text) => text,
        }
    }

    fn replaced(self, value: &str, placeholder: &'a str, is_secret: bool) -> Vec<Part<'a>> {
        let Part::Open(text) = self else {
            return vec![self];
        };
        let mut parts = Vec::new();
        let (mut from, mut at) = (0, 0);
        while let Some(found) = text[at..].find(value) {
            let (begin, end) = (at + found, at + found + value.len());
            let is_word = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            let stands_alone =
                is_word(text[..begin].chars().next_back()) && is_word(text[end..].chars().next());
            if is_secret || stands_alone {
                parts.extend([Part::Open(&text[from..begin]), Part::Masked(placeholder)]);
                from = end;
            }
            at = end;
        }
        parts.push(Part::Open(&text[from..]));
        parts
    }
}

/// Whether a header authenticates: its value is never written.
pub fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "authorization"
        || name == "cookie"
        || name == "set-cookie"
        || name.starts_with("x-auth-")
}

fn is_secret_member(lower: &str) -> bool {
    SECRET_MEMBERS.iter().any(|part| lower.contains(part))
}

/// Whether four numbers with dots are a release there, and no address.
fn is_release(lower: &str, value: &Value) -> bool {
    lower.contains("version") && value.is_string()
}

/// The texts that are IP addresses, with those in a longer text.
fn addresses_in(text: &str) -> Vec<&str> {
    if text.parse::<IpAddr>().is_ok() {
        return vec![text];
    }
    let v4 = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    let v4 = v4.filter(|word| word.parse::<Ipv4Addr>().is_ok());
    let v6 = text.split(|c: char| !c.is_ascii_hexdigit() && c != ':');
    let v6 = v6.filter(|word| word.len() > 2 && word.parse::<Ipv6Addr>().is_ok());
    v4.chain(v6).collect()
}

fn identifies_v4(ip: Ipv4Addr) -> bool {
    !ip.is_loopback() && !ip.is_unspecified() && !ip.is_broadcast()
}

fn identifies_v6(ip: Ipv6Addr) -> bool {
    !ip.is_loopback() && !ip.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn masked(masks: &mut Masks, value: &Value, side: Side) -> Value {
        let text = value.to_string();
        masks.learn_body(text.as_bytes(), side);
        match masks.body(text.as_bytes()) {
            Body::Json(value) => value,
            _ => panic!("the body is JSON"),
        }
    }

    #[test]
    fn secrets_of_both_directions_have_one_placeholder_each() {
        let mut masks = Masks::new(true);
        let mut headers = HeaderMap::new();
        let login = STANDARD.encode("root:swordfish");
        headers.insert(AUTHORIZATION, format!("Basic {login}").parse().unwrap());
        headers.insert("x-auth-session", "abcdef".parse().unwrap());
        masks.learn_headers(&headers);
        let asked = json!({"chapuser": "u", "chapsecret": "hush-hush", "targetchapsecret": "x"});
        assert_eq!(
            masked(&mut masks, &asked, Side::Request),
            json!({"chapuser": "u", "chapsecret": "MASKED-secret-2",
                   "targetchapsecret": "MASKED-secret-3"})
        );
        let fault = json!({"fault": {"message": "'hush-hush' is short, root:swordfish is wrong"},
                           "list": [{"any_token": "abcdef"}], "password": ""});
        assert_eq!(
            masked(&mut masks, &fault, Side::Answer),
            json!({"fault": {"message": "'MASKED-secret-2' is short, root:MASKED-secret-1 is wrong"},
                   "list": [{"any_token": "MASKED-session-1"}], "password": ""})
        );
        assert_eq!(masks.header("X-Auth-Session", "abcdef"), "MASKED-session-1");
        assert_eq!(
            masks.target("/tokens?token=ab%2Fcd&x=1"),
            "/tokens?token=MASKED-secret-4&x=1"
        );
    }

    #[test]
    fn what_identifies_the_site_keeps_its_form() {
        let asn = "7dd34a3c-9a52-4d1f-8f0e-0d1c1a2b3c4d";
        let site = json!({
            "nodename": "zs-berlin", "asn": asn, "urn": format!("urn:uuid:{asn}"),
            "version": "10.1.2.3", "portal": "10.1.2.3:3260", "six": "fe80::1234",
            "loopback": "127.0.0.1", "owner": "zs-berlin", "other": "zs-berlin2",
        });
        let site = json!({ "version": site });
        assert_eq!(
            masked(&mut Masks::new(false), &site, Side::Answer),
            json!({"version": {
                "nodename": "MASKED-host-1", "asn": "00000000-0000-4000-8000-000000000001",
                "urn": "urn:uuid:00000000-0000-4000-8000-000000000001",
                "version": "10.1.2.3", "portal": "192.0.2.2:3260", "six": "2001:db8::1",
                "loopback": "127.0.0.1", "owner": "MASKED-host-1", "other": "zs-berlin2",
            }})
        );
        assert_eq!(masked(&mut Masks::new(true), &site, Side::Answer), site);
    }

    #[test]
    fn a_marker_of_a_request_is_masked_in_later_answers() {
        let mut masks = Masks::new(true);
        let lun = json!({"custom:zfssa_operation": "op/0123456789abcdef"});
        assert_eq!(masked(&mut masks, &lun, Side::Answer), lun);
        let mark = json!({"custom:zfssa_operation": "MASKED-marker-1"});
        assert_eq!(masked(&mut masks, &lun, Side::Request), mark);
        assert_eq!(masked(&mut masks, &lun, Side::Answer), mark);
    }

    #[test]
    fn each_request_of_one_second_has_a_time_of_its_own() {
        let mut masks = Masks::new(true);
        let lun = json!({"custom:zfssa_since": "1764370000"});
        for number in 1..=2 {
            let time = json!({"custom:zfssa_since": format!("MASKED-time-{number}")});
            assert_eq!(masked(&mut masks, &lun, Side::Request), time);
            assert_eq!(masked(&mut masks, &lun, Side::Answer), time);
        }
    }

    #[test]
    fn a_body_that_is_no_json_is_left_out() {
        assert!(matches!(Masks::new(true).body(b"<html>"), Body::Omitted(6)));
        assert!(matches!(Masks::new(true).body(b" \n"), Body::None));
    }
}
