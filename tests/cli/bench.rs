//! Simulated appliances with profiles for the command, and its runs.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use support::pair::{OTHER_PASSWORD, account_on};
use support::{Fixture, options_at, path_text};

/// The word in every secret of the tests.
const CANARY: &str = "CANARY";

/// Appliances, and a home with a profile `default` for the first one and, if there are two,
/// `other` for the second.
pub struct Bench {
    pub fixture: Fixture,
    pub home: tempfile::TempDir,
}

/// A run of the command that ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Bench {
    /// One appliance, set up.
    pub async fn ready() -> Bench {
        Bench::of(Fixture::ready().await)
    }

    /// One appliance without anything.
    pub async fn raw() -> Bench {
        Bench::of(Fixture::raw(zfssa_appliance::Options::default(), |_| {}).await)
    }

    /// Two appliances that know each other, set up.
    pub async fn pair() -> Bench {
        Bench::of(Fixture::pair(|_| {}).await)
    }

    /// Appliances that a fixture has.
    pub fn of(fixture: Fixture) -> Bench {
        let home = tempfile::tempdir().unwrap();
        let bench = Bench { fixture, home };
        let (appliance, ca) = (&bench.fixture.appliance, bench.fixture.ca.path());
        let mut options = options_at(appliance.port(), ca);
        let state = bench.fixture.dir.path().join("state");
        options.push(("zfssa_state_dir", path_text(&state).to_owned()));
        let locks = bench.fixture.dir.path().join("locks");
        options.push(("zfssa_lock_dir", path_text(&locks).to_owned()));
        if let Some(other) = &bench.fixture.other {
            let known = account_on(&other.appliance);
            options.push(("zfssa_migration_destinations", known));
            let mut options = options_at(other.appliance.port(), ca);
            options.retain(|(name, _)| *name != "san_password");
            options.push(("san_password", OTHER_PASSWORD.to_owned()));
            let address = support::pair::REPLICATION_IP.to_owned();
            options.push(("zfssa_replication_ip", address));
            if other.appliance.host() != "127.0.0.1" {
                options.retain(|(name, _)| *name != "san_ip");
                options.push(("san_ip", other.appliance.host()));
            }
            bench.write_profile("other", &options);
        }
        bench.write_profile("default", &options);
        bench
    }

    /// Writes a profile for the command.
    pub fn write_profile(&self, name: &str, options: &[(&str, String)]) {
        let file = self.profile(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let text = |(name, value): &(&str, String)| {
            let value = serde_json::to_string(value).unwrap();
            format!("{name} = {value}\n")
        };
        let text: String = options.iter().map(text).collect();
        std::fs::write(file, text).unwrap();
    }

    /// File of a profile.
    pub fn profile(&self, name: &str) -> PathBuf {
        self.home.path().join(format!(".config/zfssa/{name}.toml"))
    }

    /// The command with arguments, in an environment of its own.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zfssa"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", std::env::var_os("PATH").unwrap())
            .stdin(Stdio::null());
        command
    }

    /// Runs the command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(arguments, self.command(arguments).output().unwrap())
    }

    /// Runs the command, which must succeed, and returns its standard output.
    pub fn done(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.stdout
    }

    /// Starts the command.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }
}

impl Ran {
    /// The end of a run. The output is printed for the search for secrets, and holds none.
    pub fn of(arguments: &[&str], output: Output) -> Ran {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        for printed in [&stdout, &stderr] {
            let secret = printed.find(CANARY);
            assert_eq!(secret, None, "a secret is in the output of {arguments:?}");
        }
        print!("$ zfssa {}\n{stdout}{stderr}", arguments.join(" "));
        Ran {
            code: output.status.code().expect("no signal ended it"),
            stdout,
            stderr,
        }
    }
}
