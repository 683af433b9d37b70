//! Programs of hosts, compiled strictly and run against a simulated appliance.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use zfssa_appliance::{Appliance, Options};

use crate::c_harness::library;
use crate::{repository, scratch};

/// Every secret of the tests holds this word, and nothing that they print may.
const PASSWORD: &str = "CANARY-password-6d1f";
const HOST_CHAP: &str = "CANARYhost-01";
const TARGET_CHAP: &str = "CANARYtarget-1";
pub const HOST_A: &str = "iqn.2004-10.org.example:host-a";
const HOST_B: &str = "iqn.2004-10.org.example:host-b";

/// An appliance, and a file with the options of a backend on it.
pub struct Backend {
    pub appliance: Appliance,
    pub config: PathBuf,
    _directory: tempfile::TempDir,
}

impl Backend {
    pub fn start() -> Backend {
        let options = Options {
            password: PASSWORD.to_owned(),
            ..Options::default()
        };
        let appliance = Appliance::start_blocking(options).expect("the simulator starts");
        let directory = tempfile::tempdir().unwrap();
        let ca = directory.path().join("ca.pem");
        std::fs::write(&ca, appliance.ca_pem()).unwrap();
        let config = directory.path().join("backend.toml");
        std::fs::write(&config, toml(appliance.port(), &ca)).unwrap();
        Backend {
            appliance,
            config,
            _directory: directory,
        }
    }

    /// The names of the backend's LUNs.
    pub fn luns(&self) -> Vec<String> {
        let state = self.appliance.state();
        let project = find(&state, "cinder").expect("the project exists");
        let luns = project["luns"].as_object().expect("a project has LUNs");
        luns.keys().cloned().collect()
    }

    /// The initiator groups that a LUN is presented to, sorted.
    pub fn groups(&self, lun: &str) -> Vec<String> {
        let state = self.appliance.state();
        let lun = find(&state, lun).expect("the LUN exists");
        let views = lun["views"].as_array().expect("a LUN has views");
        let group = |view: &serde_json::Value| view["group"].as_str().expect("a name").to_owned();
        let mut groups: Vec<String> = views.iter().map(group).collect();
        groups.sort();
        groups
    }
}

/// What is under a key, at whatever depth.
fn find<'a>(value: &'a serde_json::Value, wanted: &str) -> Option<&'a serde_json::Value> {
    let members = value.as_object()?;
    let inside = || members.values().find_map(|value| find(value, wanted));
    members.get(wanted).or_else(inside)
}

fn toml(port: u16, ca: &Path) -> String {
    let ca = ca.display();
    format!(
        "san_ip = '127.0.0.1'
         san_api_port = {port}
         san_login = 'root'
         san_password = '{PASSWORD}'
         zfssa_pool = 'pool-0'
         zfssa_project = 'cinder'
         zfssa_target_portal = '127.0.0.1:3260'
         zfssa_target_interfaces = ['ixgbe0']
         zfssa_target_user = 'target'
         zfssa_target_password = '{TARGET_CHAP}'
         zfssa_tls_mode = 'ca'
         zfssa_tls_ca_file = '{ca}'
         [zfssa_initiator_config]
         host-a = [{{ iqn = '{HOST_A}', user = 'host', password = '{HOST_CHAP}' }}]
         host-b = [{{ iqn = '{HOST_B}', user = 'host', password = '{HOST_CHAP}' }}]
        "
    )
}

/// How a program is linked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Shared,
    Static,
    /// It loads the library itself.
    Loaded,
}

/// Compiles a source of C or C++ without a warning.
pub fn build(compiler: &str, standard: &str, source: &Path, link: Link) -> PathBuf {
    let stem = source.file_stem().unwrap().to_str().unwrap();
    let program = scratch().join(format!(
        "{stem}-{compiler}-{standard}-{}",
        std::process::id()
    ));
    let mut command = Command::new(compiler);
    command
        .arg(format!("-std={standard}"))
        .args(["-Wall", "-Wextra", "-Werror", "-pedantic"])
        .args(["-pthread", "-o"])
        .arg(&program)
        .arg(source)
        .arg("-I")
        .arg(repository("include"));
    match link {
        Link::Shared => command.arg("-L").arg(library()).arg("-lzfssa"),
        Link::Static => command
            .arg(built("libzfssa.a"))
            .args("-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc".split(' ')),
        Link::Loaded => command.arg("-ldl"),
    };
    let output = command.output().expect("a compiler");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{compiler} -std={standard}: {said}"
    );
    program
}

/// What cargo built beside the tests.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let deps = test.parent().unwrap();
    [deps.join(name), deps.parent().unwrap().join(name)]
        .into_iter()
        .filter(|path| path.exists())
        .max_by_key(|path| {
            std::fs::metadata(path)
                .and_then(|data| data.modified())
                .unwrap()
        })
        .unwrap_or_else(|| panic!("{name} beside the tests; cargo build makes it"))
}

/// A program that finds the library.
pub fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", library());
    command
}

/// What a program that succeeds prints. The test prints it too, for the search for secrets.
pub fn printed(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the program starts");
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{status}\n{stdout}\n{stderr}");
    assert_eq!(stderr, "", "nothing went wrong, so nothing is said");
    print!("{stdout}");
    stdout
}
