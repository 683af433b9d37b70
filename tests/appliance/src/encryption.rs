//! Encryption of LUNs: set when one is made, and never changed.

use serde_json::Value;

use crate::lun_edit::is_passed_over;
use crate::properties::{self, text};
use crate::refusal::Refusal;
use crate::request::Context;

/// Key store and name of a key.
pub(crate) type Key = (String, String);

/// Takes what a body says of encryption: the value, and key store and name of the key.
///
/// The guide wants `keystore` and `keyname` with `encryption`. How a key that does not exist is refused is not known;
/// here it is a bad value.
pub(crate) fn of_new_lun(ctx: &mut Context<'_>) -> Result<(Option<Value>, Option<Key>), Refusal> {
    let mut take = |name: &str| match ctx.take(name) {
        Some(value) if !is_passed_over(ctx, name)? => Ok(Some(value)),
        _ => Ok(None),
    };
    let (encryption, keystore, keyname) =
        (take("encryption")?, take("keystore")?, take("keyname")?);
    let Some(encryption) = encryption else {
        return Ok((None, None));
    };
    let accepted = properties::find("encryption").map(|property| property.accept(&encryption));
    let encryption = accepted.transpose()?;
    if encryption.as_ref().is_none_or(|value| value == "off") {
        return Ok((encryption, None));
    }
    let keystore = keystore.ok_or_else(|| Refusal::missing("keystore"))?;
    let store = text("keystore", &keystore)?;
    if !["local", "okm", "kmip"].contains(&store) {
        return Err(Refusal::bad_value("keystore", &keystore, "a key store"));
    }
    let keyname = keyname.ok_or_else(|| Refusal::missing("keyname"))?;
    let name = text("keyname", &keyname)?;
    if !ctx.knobs.keys.contains(&format!("{store}:{name}")) {
        return Err(Refusal::bad_value(
            "keyname",
            &keyname,
            "a key of the key store",
        ));
    }
    Ok((encryption, Some((store.to_owned(), name.to_owned()))))
}
