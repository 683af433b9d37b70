//! Configuration of the backend that a command works on.

use std::ffi::OsString;
use std::io::{IsTerminal as _, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;
use zfssa::config::{self, ConfigErrors};
use zfssa::secret::Secret;
use zfssa::{Config, ConfigBuilder, Driver};

use crate::exit::Failure;

/// Longest password file that is read, in bytes.
const LONGEST_PASSWORD: u64 = 4096;

/// Profile that is read when none is named.
const DEFAULT_PROFILE: &str = "default";

/// Where the options of the backend are.
#[derive(Args, Default)]
pub struct BackendArguments {
    /// Profile that `init` wrote: NAME.toml in ~/.config/zfssa or /etc/zfssa [default: default]
    #[arg(long, global = true, value_name = "NAME", env = "ZFSSA_PROFILE")]
    profile: Option<String>,
    /// TOML file with the options.
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "profile")]
    config: Option<PathBuf>,
    /// Cinder's configuration file; needs --section.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        conflicts_with_all = ["profile", "config"],
        requires = "section"
    )]
    cinder_conf: Option<PathBuf>,
    /// Table of the TOML file, or section of cinder.conf.
    #[arg(long, global = true, value_name = "NAME")]
    section: Option<String>,
    /// Overrides an option, such as zfssa_project=test. Not for secrets.
    // Read after clap, whose message about a wrong value would show it.
    #[arg(long = "set", global = true, value_name = "OPTION=VALUE")]
    set: Vec<String>,
    /// File with the appliance's password, in place of the variable ZFSSA_PASSWORD or a prompt.
    #[arg(long, global = true, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Address and fingerprint of a recording proxy, which the command uses as the appliance.
    #[arg(long, global = true, hide = true, value_name = "ADDRESS=SHA256")]
    through: Option<String>,
    /// Whether the password of the environment is that of another backend.
    #[arg(skip)]
    ignores_environment: bool,
}

impl BackendArguments {
    /// The backend of a profile, with the password of its file.
    pub fn of_profile(name: &str) -> BackendArguments {
        BackendArguments {
            profile: Some(name.to_owned()),
            ignores_environment: true,
            ..BackendArguments::default()
        }
    }

    pub fn driver(&self) -> Result<Driver, Failure> {
        Ok(Driver::new(self.configuration()?)?)
    }

    fn options(&self) -> Result<ConfigBuilder, Failure> {
        let mut options = ConfigBuilder::new();
        self.load(&mut options)?;
        for pair in &self.set {
            let (name, value) = option_value(pair).map_err(Failure::usage)?;
            options.set(name, value);
        }
        if let Some(proxy) = &self.through {
            lead_through(proxy, &mut options)?;
        }
        Ok(options)
    }

    /// The configuration for a connection that is not authenticated.
    pub fn configuration_without_password(&self) -> Result<Config, Failure> {
        let mut options = self.options()?;
        match options.build() {
            Err(errors) if lacks_only_password(&errors) => {
                options.set("san_password", "unused").build().map_err(wrong)
            }
            built => built.map_err(wrong),
        }
    }

    /// The same arguments, for another process of this program.
    pub fn words(&self) -> Vec<OsString> {
        let mut words = Vec::new();
        let mut add = |name: &str, value: Option<OsString>| {
            words.extend(value.into_iter().flat_map(|value| [name.into(), value]));
        };
        let path = |path: &Option<PathBuf>| path.clone().map(PathBuf::into_os_string);
        add("--profile", self.profile.clone().map(OsString::from));
        add("--config", path(&self.config));
        add("--cinder-conf", path(&self.cinder_conf));
        add("--section", self.section.clone().map(OsString::from));
        for pair in &self.set {
            add("--set", Some(pair.into()));
        }
        add("--password-file", path(&self.password_file));
        words
    }

    fn configuration(&self) -> Result<Config, Failure> {
        let mut options = self.options()?;
        let built = match options.build() {
            Err(errors) if !lacks_only_password(&errors) => return Err(wrong(errors)),
            // A backend with a token needs no password.
            Ok(config) if config.credentials.password().is_none() => return Ok(config),
            built => built,
        };
        let password = match (self.given_password()?, built) {
            (Some(given), _) => given,
            (None, Ok(config)) => return Ok(config),
            (None, Err(_)) => asked_password()?,
        };
        options.set("san_password", &password);
        options.build().map_err(wrong)
    }

    /// The password with which a token is created for a backend that has none itself; empty for
    /// another one.
    pub fn password_for_token(&self, driver: &Driver) -> Result<Secret, Failure> {
        if driver.config().credentials.password().is_some() {
            return Ok(Secret::default());
        }
        let password = match self.given_password()? {
            Some(given) => given,
            None => asked_password()?,
        };
        Ok(Secret::from(password.as_str()))
    }

    fn load(&self, options: &mut ConfigBuilder) -> Result<(), Failure> {
        let section = self.section.as_deref();
        if let (Some(file), Some(section)) = (&self.cinder_conf, section) {
            options.load_cinder_conf_file(file, section);
            return Ok(());
        }
        let file = match &self.config {
            Some(file) => file.clone(),
            None => self.profile_file()?,
        };
        options.load_toml_file(&file, section);
        Ok(())
    }

    /// The file of the profile that is named, or of the default one.
    fn profile_file(&self) -> Result<PathBuf, Failure> {
        let name = self.profile_name()?;
        let places = [profile_directory(), Some(PathBuf::from("/etc/zfssa"))];
        let files = places.iter().flatten().map(|place| place.join(&name));
        let files: Vec<PathBuf> = files.collect();
        files
            .iter()
            .find(|file| file.exists())
            .cloned()
            .ok_or_else(|| {
                let files: Vec<String> = files
                    .iter()
                    .map(|file| file.display().to_string())
                    .collect();
                Failure::usage(format!(
                    "there is no backend to work on: {} does not exist; run `zfssa init`, or give \
                 --config, --cinder-conf or --profile",
                    files.join(" or ")
                ))
            })
    }

    /// File that `init` writes.
    pub fn new_profile_file(&self) -> Result<PathBuf, Failure> {
        if let Some(file) = &self.config {
            return Ok(file.clone());
        }
        let directory = profile_directory().ok_or_else(|| {
            Failure::usage("HOME is not set: name the file to write with --config")
        })?;
        Ok(directory.join(self.profile_name()?))
    }

    /// Directory of the journals for a profile that `init` writes; `None` if there is no home.
    pub fn new_state_directory(&self) -> Result<Option<String>, Failure> {
        let name = self.plain_name()?;
        let directory = user_directory("XDG_STATE_HOME", ".local/state");
        let directory = directory.map(|directory| directory.join(name));
        Ok(directory.map(|directory| directory.to_string_lossy().into_owned()))
    }

    /// File name of the profile.
    fn profile_name(&self) -> Result<String, Failure> {
        Ok(format!("{}.toml", self.plain_name()?))
    }

    fn plain_name(&self) -> Result<&str, Failure> {
        let name = self.profile.as_deref().unwrap_or(DEFAULT_PROFILE);
        let is_plain = !name.is_empty() && !name.starts_with('.') && !name.contains('/');
        if !is_plain {
            return Err(Failure::usage(format!(
                "--profile is {name}: give a name without slashes; --config takes a path"
            )));
        }
        Ok(name)
    }

    /// The password of `--password-file`, or of the environment.
    pub fn given_password(&self) -> Result<Option<Zeroizing<String>>, Failure> {
        match &self.password_file {
            Some(file) => read_password(file).map(Some),
            None if self.ignores_environment => Ok(None),
            None => Ok(std::env::var("ZFSSA_PASSWORD").ok().map(Zeroizing::new)),
        }
    }
}

fn read_password(file: &Path) -> Result<Zeroizing<String>, Failure> {
    let shown = file.display();
    let opened = std::fs::File::open(file).map_err(|error| Failure::local(shown, error))?;
    let mut text = Zeroizing::new(String::with_capacity(LONGEST_PASSWORD as usize + 1));
    opened
        .take(LONGEST_PASSWORD + 1)
        .read_to_string(&mut text)
        .map_err(|error| Failure::local(file.display(), error))?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() || text.len() as u64 > LONGEST_PASSWORD {
        return Err(Failure::usage(format!(
            "{}: holds no password: put it on one line, of at most {LONGEST_PASSWORD} bytes",
            file.display()
        )));
    }
    Ok(Zeroizing::new(password.to_owned()))
}

fn profile_directory() -> Option<PathBuf> {
    user_directory("XDG_CONFIG_HOME", ".config")
}

/// Directory of this command below one of the XDG base directories.
fn user_directory(base: &str, default: &str) -> Option<PathBuf> {
    let path = |name| std::env::var_os(name).map(PathBuf::from);
    let base = path(base)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(path("HOME")?.join(default)))?;
    Some(base.join("zfssa"))
}

/// Replaces the appliance's address and certificate by those of a proxy.
fn lead_through(proxy: &str, options: &mut ConfigBuilder) -> Result<(), Failure> {
    let parts = proxy.split_once('=').and_then(|(address, sha256)| {
        let address: SocketAddr = address.parse().ok()?;
        Some((address, sha256))
    });
    let (address, sha256) =
        parts.ok_or_else(|| Failure::usage("--through has no address and fingerprint"))?;
    options
        .set("san_ip", &address.ip().to_string())
        .set("san_api_port", &address.port().to_string())
        .unset("zfssa_tls_ca_file")
        .set("zfssa_tls_mode", "pin")
        .set("zfssa_tls_pins", sha256);
    Ok(())
}

fn lacks_only_password(errors: &ConfigErrors) -> bool {
    errors
        .0
        .iter()
        .all(|error| error.option == "san_password" && error.value.is_none())
}

/// Failure of a configuration: every error, one a line.
pub fn wrong(errors: ConfigErrors) -> Failure {
    Failure::Usage(errors.to_string())
}

/// The password, from the terminal.
pub fn asked_password() -> Result<Zeroizing<String>, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(
            "there is no terminal to ask for the password: give --password-file or set \
             ZFSSA_PASSWORD",
        ));
    }
    let password = dialoguer::Password::new().with_prompt("Password on the appliance");
    Ok(Zeroizing::new(password.interact()?))
}

/// `OPTION=VALUE`. A secret in an argument would show in the list of processes.
fn option_value(text: &str) -> Result<(&str, &str), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("--set has no `=`: give OPTION=VALUE")?;
    match config::find(name) {
        Some(option) if option.secret => Err(format!(
            "--set {name} is a secret: put it into the file of options; for the appliance's \
             password there are --password-file and ZFSSA_PASSWORD, too"
        )),
        _ => Ok((name, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_comes_from_an_argument() {
        let text = option_value("san_password=swordfish").unwrap_err();
        assert!(text.starts_with("--set san_password is a secret"), "{text}");
        assert!(!text.contains("swordfish"));
        let given = option_value("zfssa_project=a=b").unwrap();
        assert_eq!(given, ("zfssa_project", "a=b"));
    }
}
