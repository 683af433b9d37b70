//! First configuration of a backend.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use clap::Args;
use dialoguer::{Confirm, Input};
use serde::Serialize;
use zeroize::Zeroizing;
use zfssa::ops::{CertificateReport, GetCertificate};
use zfssa::{ConfigBuilder, Driver};

use crate::backend::{BackendArguments, asked_password, wrong};
use crate::exit::Failure;
use crate::output::Output;

/// The answers. What is not given is asked for.
#[derive(Args)]
pub struct Init {
    /// Management address of the appliance.
    #[arg(long, value_name = "HOST")]
    san_ip: Option<String>,
    /// Port of the REST service.
    #[arg(long, value_name = "PORT", default_value = "215")]
    san_api_port: String,
    /// User on the appliance.
    #[arg(long, value_name = "USER")]
    san_login: Option<String>,
    /// Pool of the volumes.
    #[arg(long, value_name = "POOL")]
    pool: Option<String>,
    /// Project of the volumes.
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// Portals at which hosts log in: ADDRESS:PORT, several with commas.
    #[arg(long, value_name = "PORTALS")]
    target_portal: Option<String>,
    /// Network interfaces of the target, several with commas.
    #[arg(long, value_name = "INTERFACES")]
    target_interfaces: Option<String>,
    /// Initiator group of the hosts.
    #[arg(long, value_name = "GROUP")]
    initiator_group: Option<String>,
    /// SHA-256 fingerprint that the certificate must have; without it, it is shown to compare.
    #[arg(long, value_name = "SHA256")]
    fingerprint: Option<String>,
    /// Replaces a file that exists.
    #[arg(long)]
    force: bool,
}

/// Result of the command.
#[derive(Serialize)]
struct Written<'a> {
    file: &'a Path,
    sha256: &'a str,
}

impl Init {
    pub async fn run(self, backend: &BackendArguments, output: &Output) -> Result<(), Failure> {
        let file = backend.new_profile_file()?;
        if file.exists() && !self.force {
            return Err(Failure::usage(format!(
                "{}: exists: give --profile for another backend, or --force to replace it",
                file.display()
            )));
        }
        let mut options = vec![
            (
                "san_ip",
                answer(self.san_ip, "Address of the appliance", None)?,
            ),
            ("san_api_port", self.san_api_port),
        ];
        let certificate = certificate_of(&options).await?;
        accept(&certificate, self.fingerprint.as_deref(), output)?;
        options.push(("zfssa_tls_mode", "pin".to_owned()));
        options.push(("zfssa_tls_pins", certificate.sha256.clone()));
        options.push(("san_login", answer(self.san_login, "User", Some("admin"))?));
        let password = match backend.given_password()? {
            Some(password) => password,
            None => asked_password()?,
        };
        let rest = [
            ("zfssa_pool", self.pool, "Pool", None),
            ("zfssa_project", self.project, "Project", Some("cinder")),
            (
                "zfssa_target_portal",
                self.target_portal,
                "Portals for iSCSI (address:port, several with commas)",
                None,
            ),
            (
                "zfssa_target_interfaces",
                self.target_interfaces,
                "Network interfaces of the target (several with commas)",
                None,
            ),
            (
                "zfssa_initiator_group",
                self.initiator_group,
                "Initiator group of the hosts",
                Some("default"),
            ),
        ];
        for (name, given, question, default) in rest {
            options.push((name, answer(given, question, default)?));
        }
        if let Some(directory) = backend.new_state_directory()? {
            options.push(("zfssa_state_dir", directory));
        }
        let text = file_text(&options, &password);
        ConfigBuilder::from_toml(&text, None)
            .build()
            .map_err(wrong)?;
        write(&file, &text, self.force).map_err(|error| Failure::local(file.display(), error))?;
        let written = Written {
            file: &file,
            sha256: &certificate.sha256,
        };
        output.show(&written, || {
            format!(
                "wrote {}; `zfssa setup` creates what the backend lacks, `zfssa check` checks it",
                file.display()
            )
        })
    }
}

/// The certificate of the appliance, which is neither trusted nor logged in to.
async fn certificate_of(options: &[(&str, String)]) -> Result<CertificateReport, Failure> {
    let mut builder = ConfigBuilder::from_pairs(options.iter().map(|(name, value)| (name, value)));
    // The fetch sends no password, and needs no project.
    builder
        .set("san_password", "unused")
        .set("zfssa_pool", "unused")
        .set("zfssa_project", "unused")
        .set("zfssa_initiator_group", "unused")
        .set("zfssa_target_portal", "127.0.0.1:3260")
        .set("zfssa_target_interfaces", "unused");
    let driver = Driver::new(builder.build().map_err(wrong)?)?;
    Ok(driver.call(GetCertificate {}).await?)
}

/// Pins the certificate only if a person compared it.
fn accept(
    certificate: &CertificateReport,
    expected: Option<&str>,
    output: &Output,
) -> Result<(), Failure> {
    let sha256 = &certificate.sha256;
    if let Some(expected) = expected {
        return match same_fingerprint(expected, sha256) {
            true => Ok(()),
            false => Err(Failure::usage(format!(
                "the appliance's certificate has the fingerprint {sha256}, and --fingerprint is \
                 {expected}: do not send it a password before you know why"
            ))),
        };
    }
    if !std::io::stdin().is_terminal() || !output.is_for_people() {
        return Err(Failure::usage(format!(
            "the appliance's certificate has the fingerprint {sha256}: compare it with the one \
             that its console shows, and give it as --fingerprint"
        )));
    }
    // Apart from the prompt, of which the terminal repeats every line after the answer.
    eprintln!("The appliance's certificate has the SHA-256 fingerprint\n{sha256}");
    let compared = Confirm::new()
        .with_prompt("Does its console show the same?")
        .default(false)
        .interact()?;
    match compared {
        true => Ok(()),
        false => Err(Failure::Local("no profile was written".to_owned())),
    }
}

/// Fingerprints are compared without regard to case and colons.
fn same_fingerprint(one: &str, other: &str) -> bool {
    let digits = |text: &str| -> String {
        let digits = text.chars().filter(|c| *c != ':');
        digits.map(|c| c.to_ascii_uppercase()).collect()
    };
    digits(one) == digits(other)
}

fn answer(given: Option<String>, question: &str, default: Option<&str>) -> Result<String, Failure> {
    if let Some(given) = given {
        return Ok(given);
    }
    if !std::io::stdin().is_terminal() {
        return match default {
            Some(default) => Ok(default.to_owned()),
            None => Err(Failure::usage(format!(
                "there is no terminal to ask for \"{question}\": `zfssa init --help` lists the \
                 options that answer"
            ))),
        };
    }
    let mut input = Input::<String>::new().with_prompt(question);
    if let Some(default) = default {
        input = input.default(default.to_owned());
    }
    Ok(input.interact_text()?)
}

/// The options as TOML.
fn file_text(options: &[(&str, String)], password: &str) -> Zeroizing<String> {
    // No copy of the password stays behind in an outgrown buffer.
    let length = options
        .iter()
        .map(|(_, value)| 64 + 2 * value.len())
        .sum::<usize>();
    let mut text = Zeroizing::new(String::with_capacity(length + 2 * password.len() + 64));
    text.push_str("# Backend of libzfssa; docs/options.md describes every option.\n");
    for (name, value) in options {
        let _ = writeln!(text, "{name} = {}", quoted(value).as_str());
    }
    let _ = writeln!(text, "san_password = {}", quoted(password).as_str());
    text
}

/// A basic string of TOML.
fn quoted(value: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(6 * value.len() + 2));
    text.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(text, "\\u{:04X}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// Writes the file for its owner alone, whole or not at all. Without `replace` a file that another
/// process wrote meanwhile stays.
fn write(file: &Path, text: &str, replace: bool) -> std::io::Result<()> {
    let directory = file.parent().filter(|path| !path.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    let mut new = tempfile::NamedTempFile::new_in(directory)?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    let placed = match replace {
        true => new.persist(file),
        false => new.persist_noclobber(file),
    };
    placed.map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_read_again_from_the_file() {
        for password in ["plain", "a\"b\\c", "tab\tand\u{1}", "ü€"] {
            let text = file_text(&[("san_ip", "192.0.2.1".to_owned())], password);
            let read: toml::Table = toml::from_str(&text).unwrap();
            assert_eq!(read["san_password"].as_str(), Some(password));
        }
    }

    #[test]
    fn fingerprints_are_compared_by_their_digits() {
        assert!(same_fingerprint("ab:CD", "ABCD"));
        assert!(!same_fingerprint("ab:CD", "ABCE"));
    }
}
