//! Sizes as clients write them: a number of bytes, or text with a binary unit ("10g", "512m", "1gb", "128k").
//!
//! Both forms are confirmed by Oracle's own clients; the case of the unit does not matter.

use serde_json::Value;

/// The number of bytes a JSON value stands for, or `None` if it is not a size.
pub(crate) fn parse(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => {
            if let Some(bytes) = number.as_u64() {
                return Some(bytes);
            }
            // A client that read a real-formatted size may send it back as it came.
            let real = number.as_f64()?;
            (real >= 0.0 && real.fract() == 0.0 && real < 1.8e19).then_some(real as u64)
        }
        Value::String(text) => parse_text(text),
        _ => None,
    }
}

/// The number of bytes of a text such as `1TiB`, `10g`, `1024MB`, `1.5T` or `4096`.
pub fn parse_text(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        "p" | "pb" | "pib" => 50,
        _ => return None,
    };
    match number.parse::<u64>() {
        Ok(whole) => whole.checked_mul(1 << shift),
        Err(_) => {
            let real: f64 = number.parse().ok()?;
            let bytes = real * (1u64 << shift) as f64;
            (bytes < 1.8e19).then_some(bytes as u64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_forms_and_every_unit() {
        for (value, bytes) in [
            (json!("10g"), 10u64 << 30),
            (json!("1gb"), 1 << 30),
            (json!("1024MB"), 1 << 30),
            (json!("1M"), 1 << 20),
            (json!("8k"), 8192),
            (json!("1.5K"), 1536),
            (json!("8192"), 8192),
            (json!(8192), 8192),
            (json!(8192.0), 8192),
            (json!("1TiB"), 1 << 40),
        ] {
            assert_eq!(parse(&value), Some(bytes), "{value}");
        }
    }

    #[test]
    fn what_is_not_a_size() {
        for value in [
            json!("big"),
            json!("10x"),
            json!(-1),
            json!(1.5),
            json!(null),
            json!(true),
            json!(""),
        ] {
            assert_eq!(parse(&value), None, "{value}");
        }
        assert_eq!(parse(&json!("99999999999p")), None);
    }
}
