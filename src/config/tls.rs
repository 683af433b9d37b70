//! TLS options: CA file, pins and mode, and Cinder's names for them.

use super::input::Input;
use super::values;
use crate::config::config::TlsMode;

const MODE: &str = "zfssa_tls_mode";
const CA_FILE: &str = "zfssa_tls_ca_file";
const PINS: &str = "zfssa_tls_pins";
const CINDER_VERIFY: &str = "driver_ssl_cert_verify";
const CINDER_PATH: &str = "driver_ssl_cert_path";

/// `None` only where an error has been recorded.
pub(super) fn read(input: &mut Input<'_>) -> Option<TlsMode> {
    let mode = input.choice(MODE);
    let ca_file = input.path(CA_FILE);
    let pins = match input.given(PINS) {
        Some(_) => input
            .items(PINS, values::fingerprint, "holds no fingerprint")
            .map(Some),
        None => Some(None),
    };
    let verify = input.optional(CINDER_VERIFY, |_, text| values::boolean(text));
    let cinder_path = input.path(CINDER_PATH);
    let ours = [MODE, CA_FILE, PINS]
        .iter()
        .any(|name| input.given(name).is_some());
    let (mode, ca_file, pins) = (mode?, ca_file?, pins?);
    let (verify, cinder_path) = (verify?, cinder_path?);
    if !ours {
        // Cinder's default is false, so a host that hands over every value
        // would switch verification off without anybody having asked for it.
        if input.given(CINDER_VERIFY).is_some() && verify == Some(false) {
            input.warnings.push(format!(
                "{CINDER_VERIFY} = false does not switch verification off; set {MODE} = insecure \
                 for that"
            ));
        }
        let mode = match cinder_path {
            Some(ca_file) => TlsMode::Ca { ca_file },
            None => TlsMode::System { ca_file: None },
        };
        return Some(mode);
    }
    if cinder_path.is_some() {
        input.warnings.push(format!(
            "{CINDER_PATH} is not used, since zfssa_tls_ options are set"
        ));
    }
    let mut whole = true;
    let mut needless = |input: &mut Input<'_>, given: bool, name: &str, wanted: &str| {
        if given {
            let problem = format!("is given, but {MODE} is `{mode}` and does not use it");
            input.error(
                name,
                problem,
                format!("remove it, or set {MODE} = {wanted}"),
            );
            whole = false;
        }
    };
    if mode != "pin" {
        needless(input, pins.is_some(), PINS, "pin");
    }
    if mode == "pin" || mode == "insecure" {
        needless(input, ca_file.is_some(), CA_FILE, "ca");
    }
    let mode = match mode {
        "ca" => match ca_file {
            Some(ca_file) => TlsMode::Ca { ca_file },
            None => return missing(input, CA_FILE, "ca"),
        },
        "pin" => match pins {
            Some(pins) => TlsMode::Pin { pins },
            None => return missing(input, PINS, "pin"),
        },
        "insecure" => {
            input.warnings.push(format!(
                "{MODE} = insecure: whoever answers at the appliance's address gets its password"
            ));
            TlsMode::Insecure
        }
        _ => TlsMode::System { ca_file },
    };
    whole.then_some(mode)
}

fn missing(input: &mut Input<'_>, name: &str, mode: &str) -> Option<TlsMode> {
    let allowed = crate::config::options::find(name)
        .map(|spec| spec.allowed())
        .unwrap_or_default();
    input.error(
        name,
        format!("is required with {MODE} = {mode}"),
        format!("set it to {allowed}"),
    );
    None
}
