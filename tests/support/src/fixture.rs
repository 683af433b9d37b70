//! A simulated appliance with a driver set up on it, for the tests of the operations.

use std::io::Write as _;
use std::path::Path as FilePath;
use std::time::Duration;

use serde_json::{Value, json};
use zfssa::config::ConfigBuilder;
use zfssa::driver::{Call, CreateVolume, DoSetup, Driver, Operation};
use zfssa::error::Result;
use zfssa::rest::{Path, Request, Service};
use zfssa_appliance::{Appliance, Exchange, Options, requests, sequential_depth};

use crate::pair;
use crate::trace::trace_everything;
use crate::until::{SOON, until};

/// Every secret of the tests holds this word, and nothing that they print may.
pub const PASSWORD: &str = "CANARY-password-6d1f";
/// CHAP secrets have 12 to 16 characters.
pub const HOST_CHAP: &str = "CANARYhost-01";
/// What the target asks for.
pub const TARGET_CHAP: &str = "CANARYtarget-1";

pub const POOL: &str = "pool-0";
pub const PROJECT: &str = "cinder";
pub const HOST_A: &str = "iqn.2004-10.org.example:host-a";
pub const HOST_B: &str = "iqn.2004-10.org.example:host-b";
pub const HOST_C: &str = "iqn.2004-10.org.example:host-c";
/// The first digits of the SHA-256 of that name, as `printf %s NAME | sha256sum` prints them.
pub const HOST_C_DIGEST: &str = "99a0d894ab";

/// A volume of 1 GiB, to be made.
pub fn volume(name: &str) -> CreateVolume {
    CreateVolume {
        name: name.to_owned(),
        size_gib: 1,
        ..CreateVolume::default()
    }
}

/// An appliance and a driver on it.
pub struct Fixture {
    pub appliance: Appliance,
    pub driver: Driver,
    /// The CA of the appliance.
    pub ca: tempfile::NamedTempFile,
    /// Where the driver keeps its journals and lock files.
    pub dir: tempfile::TempDir,
    /// The appliance that volumes migrate to, where there is one.
    pub other: Option<pair::Other>,
    /// Where the processes that work on the appliance coordinate, if each is a host of its own.
    pub coordination: Option<crate::kill::Coordination>,
}

/// What an operation cost.
#[derive(Debug, PartialEq, Eq)]
pub struct Cost {
    pub requests: usize,
    pub depth: usize,
}

impl Fixture {
    /// An appliance as it comes, and a driver that was set up and has a session.
    pub async fn ready() -> Fixture {
        let bench = Fixture::raw(Options::default(), |_| {}).await;
        bench.driver.call(DoSetup {}).await.expect("setup");
        bench
    }

    /// An appliance with options, and a driver that was not set up. `adjust` changes the
    /// driver's configuration.
    pub async fn raw(options: Options, adjust: impl FnOnce(&mut ConfigBuilder)) -> Fixture {
        trace_everything();
        let options = Options {
            password: PASSWORD.to_owned(),
            ..options
        };
        let appliance = Appliance::start(options)
            .await
            .expect("the simulator starts");
        let mut ca = tempfile::NamedTempFile::new().expect("a file");
        ca.write_all(appliance.ca_pem().as_bytes()).expect("the CA");
        let dir = tempfile::tempdir().expect("a directory");
        let driver = driver_for(&appliance, ca.path(), |config| {
            config.set("zfssa_state_dir", path_text(&dir.path().join("state")));
            config.set("zfssa_lock_dir", path_text(&dir.path().join("locks")));
            adjust(config);
        });
        Fixture {
            appliance,
            driver,
            ca,
            dir,
            other: None,
            coordination: None,
        }
    }

    /// The appliance, and the one that volumes migrate to.
    pub fn appliances(&self) -> Vec<&Appliance> {
        let other = self.other.as_ref().map(|other| &other.appliance);
        std::iter::once(&self.appliance).chain(other).collect()
    }

    /// Another driver on the same appliance, as this host has it: drivers of one process share
    /// their locks.
    pub fn driver_with(&self, adjust: impl FnOnce(&mut ConfigBuilder)) -> Driver {
        driver_for(&self.appliance, self.ca.path(), |config| {
            config.set("zfssa_lock_dir", path_text(&self.dir.path().join("locks")));
            adjust(config);
        })
    }

    /// A driver on the same appliance as another host has it that shares no lock: it gives the
    /// appliance another name, and locks are named by that.
    pub fn other_host(&self, adjust: impl FnOnce(&mut ConfigBuilder)) -> Driver {
        self.driver_with(|config| {
            config.set("san_ip", "localhost");
            adjust(config);
        })
    }

    /// Runs an operation and counts what it sent.
    pub async fn cost<O: Operation>(&self, operation: O) -> (Result<O::Output>, Cost) {
        self.appliance.clear_trace();
        let result = self.driver.call(operation).await;
        let trace: Vec<Exchange> = self.appliance.trace();
        let cost = Cost {
            requests: requests(&trace),
            depth: sequential_depth(&trace),
        };
        (result, cost)
    }

    /// Begins an operation under an id, and ends it without a word once the appliance holds a request
    /// of it, as when its process dies.
    pub async fn dies_held<O: Operation>(&self, id: &str, operation: O) {
        let driver = self.driver.clone();
        let call = Call {
            operation_id: Some(id.to_owned()),
            ..Call::default()
        };
        let dying = tokio::spawn(async move {
            let scope = driver.scope(call);
            driver.run(operation, &scope).await.map(drop)
        });
        let held = until(|| self.appliance.held() > 0).await;
        assert!(held, "no request of {id} is held");
        dying.abort();
        assert!(dying.await.unwrap_err().is_cancelled());
    }

    /// Runs an operation under an id of the test's own.
    pub async fn call_as<O: Operation>(&self, id: &str, operation: O) -> Result<O::Output> {
        let call = Call {
            operation_id: Some(id.to_owned()),
            ..Call::default()
        };
        self.driver.run(operation, &self.driver.scope(call)).await
    }

    /// Makes a LUN in the driver's project as somebody else would, with these properties.
    pub async fn foreign_lun(&self, properties: Value) {
        self.foreign_lun_in(PROJECT, properties).await;
    }

    /// The same in any project of the pool.
    pub async fn foreign_lun_in(&self, project: &str, properties: Value) {
        let path = Path::new(Service::Storage)
            .fixed("pools")
            .name(POOL)
            .and_then(|path| path.fixed("projects").name(project))
            .expect("good names")
            .fixed("luns");
        send(&self.driver, &Request::post(path, &properties)).await;
    }

    /// Renames a snapshot of a volume as somebody else would.
    pub async fn foreign_rename(&self, volume: &str, snapshot: &str, new_name: &str) {
        let path = Path::new(Service::Storage)
            .fixed("pools")
            .name(POOL)
            .and_then(|path| path.fixed("projects").name(PROJECT))
            .and_then(|path| path.fixed("luns").name(volume))
            .and_then(|path| path.fixed("snapshots").name(snapshot))
            .expect("good names");
        let name = serde_json::json!({ "name": new_name });
        send(&self.driver, &Request::put(path, &name)).await;
    }

    /// Deletes a volume as an administrator would, past the driver.
    pub async fn force_delete(&self, name: &str) {
        self.force_delete_from(PROJECT, name).await;
    }

    /// The same for a LUN of any project.
    pub async fn force_delete_from(&self, project: &str, name: &str) {
        let place = zfssa::appliance::ProjectRef {
            pool: POOL,
            project,
        };
        let scope = self.driver.scope(Call::default());
        let appliance = self.driver.appliance();
        let unprotected = zfssa::appliance::LunChange {
            nodestroy: Some(false),
            ..zfssa::appliance::LunChange::default()
        };
        let lun = appliance.change_lun(&scope, place, name, &unprotected);
        lun.await.expect("it can be unprotected");
        let deleted = appliance.delete_lun(&scope, place, name).await;
        assert!(deleted.expect("it can be deleted"), "{name} is not there");
    }

    /// Makes a custom property as somebody else would.
    pub async fn foreign_property(&self, property: Value) {
        let path = Path::new(Service::Storage).fixed("schema");
        send(&self.driver, &Request::post(path, &property)).await;
    }

    /// Changes an object of the SAN as somebody else would: `kind` is one of `initiators`,
    /// `initiator-groups`, `targets`, `target-groups`.
    pub async fn foreign_san(&self, change: San<'_>) {
        let (kind, name, body) = match change {
            San::New(kind, body) => (kind, None, Some(body)),
            San::Change(kind, name, body) => (kind, Some(name), Some(body)),
            San::Delete(kind, name) => (kind, Some(name), None),
        };
        let path = Path::new(Service::San).fixed("iscsi").fixed(kind);
        let request = match (name, body) {
            (None, body) => Request::post(path, &body),
            (Some(name), Some(body)) => Request::put(path.name(name).expect("a name"), &body),
            (Some(name), None) => Request::delete(path.name(name).expect("a name")),
        };
        send(&self.driver, &request).await;
    }

    /// Waits until the request that a fault struck is over on the appliance's side.
    pub async fn answered(&self, fault: u64) {
        answered_by(&self.appliance, fault).await;
    }

    /// A LUN of the backend's project as the appliance has it; null where there is none.
    pub fn lun(&self, name: &str) -> Value {
        self.appliance.state()["pools"][POOL]["projects"][PROJECT]["luns"][name].clone()
    }

    /// Names of the snapshots of a LUN.
    pub fn snapshots_of(&self, lun: &str) -> Vec<String> {
        names(&self.lun(lun)["snapshots"], "name")
    }

    /// The initiator groups that a LUN is presented to.
    pub fn seen_by(&self, lun: &str) -> Vec<String> {
        let mut groups = names(&self.lun(lun)["views"], "group");
        groups.retain(|group| group != zfssa_appliance::MASK_ALL);
        groups
    }

    /// The journals that are left.
    pub fn journals(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.dir.path().join("state")) else {
            return Vec::new();
        };
        entries
            .map(|entry| entry.expect("an entry").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect()
    }

    /// The appliance's objects without what differs from run to run.
    pub fn state(&self) -> Value {
        let mut state = self.appliance.state();
        if let Some(other) = &self.other {
            state = json!({"source": state, "other": other.appliance.state()});
        }
        strip(&mut state);
        state
    }
}

/// A member of each object of a list.
fn names(list: &Value, member: &str) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    let name = |object: &Value| object[member].as_str().expect("a name").to_owned();
    list.map(name).collect()
}

/// A change of the SAN: the kind of object, its name, the body.
pub enum San<'a> {
    New(&'static str, Value),
    Change(&'static str, &'a str, Value),
    Delete(&'static str, &'a str),
}

/// Waits until the request that a fault struck is over on the appliance's side.
pub async fn answered_by(appliance: &Appliance, fault: u64) {
    let over = async {
        while !appliance
            .trace()
            .iter()
            .any(|exchange| exchange.fault == Some(fault))
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SOON, over)
        .await
        .expect("the struck request ends");
}

/// Sends a request of the test's own to a driver's appliance.
pub async fn send(driver: &Driver, request: &Request) {
    let scope = driver.scope(Call::default());
    let rest = driver.appliance().rest();
    rest.call(&scope, request).await.expect("a good answer");
}

fn driver_for(
    appliance: &Appliance,
    ca_file: &FilePath,
    adjust: impl FnOnce(&mut ConfigBuilder),
) -> Driver {
    let mut config = config_for(appliance, ca_file);
    adjust(&mut config);
    Driver::new(config.build().expect("a valid configuration")).expect("a driver")
}

/// The configuration of a driver on a simulated appliance: two hosts, each in a group of its own.
pub fn config_for(appliance: &Appliance, ca_file: &FilePath) -> ConfigBuilder {
    config_at(appliance.port(), ca_file)
}

/// The same for an appliance that another process runs.
pub fn config_at(port: u16, ca_file: &FilePath) -> ConfigBuilder {
    ConfigBuilder::from_pairs(options_at(port, ca_file))
}

/// The same as options by name.
pub fn options_at(port: u16, ca_file: &FilePath) -> Vec<(&'static str, String)> {
    let initiators = format!(
        "{{'host-a': [{{'iqn': '{HOST_A}', 'user': '', 'password': ''}}],
          'host-b': [{{'iqn': '{HOST_B}', 'user': '', 'password': ''}}]}}"
    );
    vec![
        ("san_ip", "127.0.0.1".to_owned()),
        ("san_api_port", port.to_string()),
        ("san_login", "root".to_owned()),
        ("san_password", PASSWORD.to_owned()),
        ("zfssa_pool", POOL.to_owned()),
        ("zfssa_project", PROJECT.to_owned()),
        ("zfssa_target_portal", "127.0.0.1:3260".to_owned()),
        ("zfssa_target_interfaces", "ixgbe0".to_owned()),
        ("zfssa_initiator_config", initiators),
        ("zfssa_tls_mode", "ca".to_owned()),
        ("zfssa_tls_ca_file", path_text(ca_file).to_owned()),
        ("zfssa_lun_sparse", "True".to_owned()),
        // Real appliances take longer; the simulator carries a late request out when a test says.
        ("zfssa_late_request_timeout", "1".to_owned()),
    ]
}

/// A path as an option takes it.
pub fn path_text(path: &FilePath) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// The name of a deferred object without its digits, which follow from a GUID or a time.
fn without_digits(name: &str) -> Option<String> {
    let (digits, rest) = name.strip_prefix("deleted-")?.split_once('-')?;
    (digits.len() == 10).then(|| format!("deleted-*-{rest}"))
}

fn strip(value: &mut Value) {
    const VOLATILE: &[&str] = &[
        "lunguid",
        "creation",
        "id",
        "asn",
        "canonical_name",
        "zfssa_since",
    ];
    // The appliance makes up the names of targets.
    const TARGET: &str = "iqn.1986-03.com.sun:02:";
    match value {
        Value::Object(members) => {
            members.retain(|key, _| !VOLATILE.contains(&key.as_str()));
            let renamed =
                |(key, value): (String, Value)| (without_digits(&key).unwrap_or(key), value);
            *members = std::mem::take(members).into_iter().map(renamed).collect();
            let targets: Vec<String> = members
                .keys()
                .filter(|key| key.starts_with(TARGET))
                .cloned()
                .collect();
            for (number, key) in targets.iter().enumerate() {
                let target = members.remove(key).unwrap_or_default();
                members.insert(format!("target {number}"), target);
            }
            members.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::String(text) if text.starts_with(TARGET) => TARGET.clone_into(text),
        Value::String(text) => {
            let parts: Vec<&str> = text.split('/').collect();
            if let ["deleted", _guid, name, _time] = parts.as_slice() {
                *text = format!("deleted/{name}");
            } else if text.contains("deleted-") {
                let plain = |part: &&str| without_digits(part).unwrap_or((*part).to_owned());
                *text = parts.iter().map(plain).collect::<Vec<_>>().join("/");
            } else if let Some((id, attempt)) = text.rsplit_once('/')
                && attempt.len() == 16
                && attempt.bytes().all(|byte| byte.is_ascii_hexdigit())
            {
                *text = id.to_owned();
            }
        }
        _ => {}
    }
}

/// A GiB in bytes.
pub const GIB: u64 = 1 << 30;
