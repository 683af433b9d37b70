//! Readers of single option values. Each returns the value, or the problem as a
//! clause that follows the option's name: "is not a whole number".

pub(super) mod addresses;
pub(super) mod dict_reader;
pub(super) mod initiator_config;
pub(super) mod iscsi_name;
pub(super) mod migration_destinations;
pub(super) mod python_literal;

use std::path::{Path, PathBuf};

use crate::config::option_spec::OptionSpec;

/// Longest name of an object on the appliance, in characters.
const LONGEST_NAME: usize = 64;

/// The words of oslo.config, in any case.
pub(super) fn boolean(text: &str) -> Result<bool, String> {
    let is = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["true", "yes", "on", "1"]) {
        Ok(true)
    } else if is(["false", "no", "off", "0"]) {
        Ok(false)
    } else {
        Err("is neither true nor false".into())
    }
}

pub(super) fn integer(spec: &OptionSpec, text: &str) -> Result<i64, String> {
    let number: i64 = text
        .parse()
        .map_err(|_| "is not a whole number in range".to_owned())?;
    let (min, max) = (spec.min.unwrap_or(i64::MIN), spec.max.unwrap_or(i64::MAX));
    if (min..=max).contains(&number) {
        Ok(number)
    } else {
        Err("is out of range".into())
    }
}

/// One of the option's choices, as the table spells it.
pub(super) fn choice(spec: &OptionSpec, text: &str) -> Result<&'static str, String> {
    spec.choices
        .iter()
        .find(|choice| choice.eq_ignore_ascii_case(text))
        .copied()
        .ok_or_else(|| "is not one of the values allowed".into())
}

/// A size in bytes: one of the option's choices, in any spelling that means the
/// same number (`8k`, `8K`, `8kb`, `8192`).
pub(super) fn block_size(spec: &OptionSpec, text: &str) -> Result<u32, String> {
    let bytes = size(text).ok_or("is not a size")?;
    if spec
        .choices
        .iter()
        .any(|choice| size(choice) == Some(bytes))
    {
        Ok(bytes)
    } else {
        Err("is not a block size that the appliance has".into())
    }
}

fn size(text: &str) -> Option<u32> {
    let text = text.to_ascii_lowercase();
    let text = text.strip_suffix('b').unwrap_or(&text);
    let (digits, unit) = match text.strip_suffix(['k', 'm']) {
        Some(digits) if text.ends_with('k') => (digits, 1 << 10),
        Some(digits) => (digits, 1 << 20),
        None => (text, 1),
    };
    // `parse` alone would take a sign.
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u32>().ok()?.checked_mul(unit)
}

/// A size as the option table spells it: `512`, `8k`, `1m`.
pub(super) fn size_text(bytes: u32) -> String {
    match bytes {
        b if b >= 1 << 20 && b.is_multiple_of(1 << 20) => format!("{}m", b >> 20),
        b if b >= 1 << 10 && b.is_multiple_of(1 << 10) => format!("{}k", b >> 10),
        b => b.to_string(),
    }
}

/// Text on one line. Control characters would split HTTP headers and logs.
pub(super) fn line(text: &str) -> Result<&str, String> {
    if text.chars().any(char::is_control) {
        return Err("holds a control character or a line break".into());
    }
    Ok(text)
}

/// A user's name on an appliance.
pub(super) fn login(text: &str) -> Result<&str, String> {
    if text.contains(':') {
        return Err("holds a colon, which HTTP authentication cannot carry".into());
    }
    line(text)
}

/// The name of a pool, project, group or interface.
///
/// The appliance takes a little more, but these names become parts of URLs, of
/// file names and of Cinder's `location_info`.
pub(super) fn name(text: &str) -> Result<&str, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-');
    if text.len() > LONGEST_NAME {
        Err(format!("is longer than {LONGEST_NAME} characters"))
    } else if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        Err("does not begin with a letter or digit".into())
    } else if !text.chars().all(good) {
        Err("holds a character that names cannot have".into())
    } else {
        Ok(text)
    }
}

/// The parts of a comma-separated text, trimmed, without empty ones: the former
/// driver ignored those, too.
pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    line(text)?;
    let path = Path::new(text);
    // The working directory of a daemon is rarely the one that its operator
    // expects.
    if path.is_absolute() {
        Ok(path.to_owned())
    } else {
        Err("is not an absolute path".into())
    }
}

/// `auto` (`None`) or a number of at least 1.
pub(super) fn ratio(text: &str) -> Result<Option<f64>, String> {
    if text.eq_ignore_ascii_case("auto") {
        return Ok(None);
    }
    // `parse` would take `inf`, `nan` and exponents, which Cinder refuses.
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match text.parse::<f64>() {
        Ok(ratio) if plain && ratio.is_finite() && ratio >= 1.0 => Ok(Some(ratio)),
        Ok(_) if plain => Err("is less than 1 or too large".into()),
        _ => Err("is neither `auto` nor a number".into()),
    }
}

/// A SHA-256 fingerprint in hexadecimal, with or without colons.
pub(super) fn fingerprint(text: &str) -> Result<[u8; 32], String> {
    const WRONG: &str = "holds a fingerprint that is not 64 hexadecimal digits";
    // `openssl x509 -fingerprint` prints `sha256 Fingerprint=AB:CD:…`, which
    // people paste whole.
    let digits = text.rsplit('=').next().unwrap_or(text);
    let grouped = digits.contains(':');
    if grouped && !digits.split(':').all(|pair| pair.len() == 2) {
        return Err("holds a fingerprint whose colons do not part pairs of digits".into());
    }
    let digits: Vec<u8> = digits.bytes().filter(|b| *b != b':').collect();
    if digits.len() != 64 {
        return Err(WRONG.into());
    }
    let nibble = |b: u8| char::from(b).to_digit(16);
    let mut pin = [0; 32];
    for (byte, pair) in pin.iter_mut().zip(digits.chunks_exact(2)) {
        let (Some(high), Some(low)) = (nibble(pair[0]), nibble(pair[1])) else {
            return Err(WRONG.into());
        };
        *byte = (high << 4 | low) as u8;
    }
    Ok(pin)
}

/// A fingerprint as it is written most often.
pub(super) fn fingerprint_text(pin: &[u8; 32]) -> String {
    crate::digest::hex(pin)
}
