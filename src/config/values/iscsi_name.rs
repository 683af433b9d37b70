//! The grammar of iSCSI names (RFC 7143 §4.2.7, RFC 3722).

/// Longest iSCSI name, in bytes.
const LONGEST: usize = 223;

/// Checks the name of an initiator.
///
/// Capital letters are taken: RFC 3722 folds them, and hosts have them. The
/// underscore is not in the RFC and is taken too, since initiators are found
/// with it in practice and the appliance decides in the end.
pub(crate) fn check(text: &str) -> Result<(), &'static str> {
    if text.len() > LONGEST {
        return Err("is longer than 223 bytes");
    }
    let lower = text.to_ascii_lowercase();
    if let Some(rest) = lower.strip_prefix("iqn.") {
        iqn(rest)
    } else if let Some(rest) = lower.strip_prefix("eui.") {
        hex(rest, &[16])
            .then_some(())
            .ok_or("is `eui.` without 16 hexadecimal digits after it")
    } else if let Some(rest) = lower.strip_prefix("naa.") {
        hex(rest, &[16, 32])
            .then_some(())
            .ok_or("is `naa.` without 16 or 32 hexadecimal digits after it")
    } else {
        Err("does not begin with `iqn.`, `eui.` or `naa.`")
    }
}

fn hex(text: &str, lengths: &[usize]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// `yyyy-mm.reversed.domain[:anything]`
fn iqn(rest: &str) -> Result<(), &'static str> {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':' | b'_');
    if !rest.bytes().all(good) {
        return Err("holds a character that iSCSI names cannot have");
    }
    let (date, name) = rest
        .split_once('.')
        .ok_or("has no naming authority after its date")?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let dated = match date.split_once('-') {
        Some((year, month)) => {
            year.len() == 4
                && month.len() == 2
                && digits(year)
                && digits(month)
                && ("01"..="12").contains(&month)
        }
        None => false,
    };
    if !dated {
        return Err("has no date of the form `yyyy-mm` after `iqn.`");
    }
    let domain = name.split(':').next().unwrap_or_default();
    if domain.split('.').any(str::is_empty) {
        return Err("has no naming authority after its date");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names_that_are_in_use() {
        for name in [
            "iqn.1993-08.org.debian:01:9f3c1c2f8a",
            "iqn.1994-05.com.redhat:my_host",
            "iqn.1991-05.com.microsoft:WIN-ABC.example.net",
            "iqn.1986-03.com.sun:01:ba78b4a8",
            "iqn.2001-04.com.example",
            "eui.02004567A425678D",
            "naa.52004567BA64678D",
            "naa.62004567BA64678D0123456789ABCDEF",
        ] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_are_wrong() {
        for name in [
            "",
            "iqn",
            "iqn.",
            "iqn.1993",
            "iqn.1993-8.org",
            "iqn.1993-13.org.x",
            "iqn.1993-08",
            "iqn.1993-08.",
            "iqn.1993-08.:x",
            "iqn.1993-08.org..x",
            "iqn.1993-08.org:a b",
            "iqn.1993-08.org:é",
            "eui.123",
            "naa.123",
            "eui.0200456!A425678D",
            "host1",
        ] {
            assert!(check(name).is_err(), "{name}");
        }
        assert!(check(&format!("iqn.1993-08.org:{}", "a".repeat(223))).is_err());
    }
}
