//! Scratch objects of a run of `zfssa verify`, and their removal.
//!
//! A run creates one project and one initiator group, whose name holds a random UUID, LUNs in that
//! project, and with `--data` at most two initiators with that name in theirs. It changes and deletes nothing else. The removal reads what is there, deletes the
//! run's own objects, and reads again: an answer that was lost leaves nothing, and an object that
//! another program put into the project keeps the project.

use std::time::Duration;

use serde_json::{Value, json};
use zfssa::Error;
use zfssa::appliance::NewInitiator;
use zfssa::config::Chap;
use zfssa::rest::{Path, Request, Service};

use crate::exit::Failure;
use crate::verify::answer::Answer;
use crate::verify::client::Client;

/// Beginning of the names of projects and initiator groups.
const PREFIX: &str = "zfssa-verify-";

/// Beginning of the names of LUNs.
pub const LUN_PREFIX: &str = "verify-";

/// Most passes of the removal.
const PASSES: u32 = 5;

/// Pause between two passes: a list may show a deleted clone for a while.
const PAUSE: Duration = Duration::from_secs(1);

/// Initiator groups of the appliance.
pub fn groups() -> Path {
    Path::new(Service::San).fixed("iscsi/initiator-groups")
}

/// Registered initiators of the appliance.
fn initiators() -> Path {
    Path::new(Service::San).fixed("iscsi/initiators")
}

/// The project, the initiator group and the initiators of one run.
pub struct Scratch {
    pub pool: String,
    /// Name of both.
    pub name: String,
    /// Whether the name proves the ownership: no other run can have it.
    is_random: bool,
    /// Whether the project may exist and is this run's own.
    owns_project: bool,
    /// Whether the initiator group may exist and is this run's own.
    owns_group: bool,
    /// Names of the registered initiators that may exist and are this run's own.
    initiators: Vec<String>,
    /// Objects of which the ownership could not be proven.
    doubtful: Vec<String>,
}

impl Scratch {
    /// The scratch objects of a new run; `id` is the operator's own id, if there is one.
    pub fn new(pool: &str, id: Option<&str>) -> Result<Scratch, Failure> {
        if let Some(id) = id
            && !is_id(id)
        {
            return Err(Failure::usage(format!(
                "--operation-id is {id}: give 1 to 40 letters, digits and dashes"
            )));
        }
        let random = uuid::Uuid::new_v4().to_string();
        Ok(Scratch {
            pool: pool.to_owned(),
            name: format!("{PREFIX}{}", id.unwrap_or(&random)),
            is_random: id.is_none(),
            owns_project: false,
            owns_group: false,
            initiators: Vec::new(),
            doubtful: Vec::new(),
        })
    }

    /// The scratch objects that an earlier run left, by the name that it printed.
    pub fn left(pool: &str, name: &str) -> Result<Scratch, Failure> {
        if !name.strip_prefix(PREFIX).is_some_and(is_id) {
            return Err(Failure::usage(format!(
                "project {name} is not one of `zfssa verify`: give the name that a run printed, \
                 which begins with {PREFIX}"
            )));
        }
        let mut left = Scratch {
            pool: pool.to_owned(),
            name: name.to_owned(),
            is_random: true,
            owns_project: true,
            owns_group: true,
            initiators: Vec::new(),
            doubtful: Vec::new(),
        };
        left.initiators = left.initiator_names().into();
        Ok(left)
    }

    fn projects(&self) -> Result<Path, Error> {
        let pools = Path::new(Service::Storage).fixed("pools");
        Ok(pools.name(&self.pool)?.fixed("projects"))
    }

    pub fn project(&self) -> Result<Path, Error> {
        self.projects()?.name(&self.name)
    }

    pub fn luns(&self) -> Result<Path, Error> {
        Ok(self.project()?.fixed("luns"))
    }

    pub fn lun(&self, name: &str) -> Result<Path, Error> {
        self.luns()?.name(name)
    }

    pub fn snapshots(&self, lun: &str) -> Result<Path, Error> {
        Ok(self.lun(lun)?.fixed("snapshots"))
    }

    pub fn snapshot(&self, lun: &str, name: &str) -> Result<Path, Error> {
        self.snapshots(lun)?.name(name)
    }

    pub fn group(&self) -> Result<Path, Error> {
        groups().name(&self.name)
    }

    /// Creates the project, and returns it. A project that exists is refused by its name.
    pub async fn create_project(&mut self, client: &Client) -> Result<Value, Failure> {
        let refused = |name: &str, pool: &str| {
            Failure::Local(format!(
                "project {name} of pool {pool} exists, and this run did not create it: leave \
                 --operation-id out, or remove a project that an earlier run left with `zfssa \
                 verify --remove {name}`; nothing was changed"
            ))
        };
        let there = client.ask(&Request::get(self.project()?)).await?;
        if there.status != 404 {
            return Err(match there.is_success() {
                true => refused(&self.name, &self.pool),
                false => Failure::Local(format!("project {}: {there}", self.name)),
            });
        }
        let request = Request::post(self.projects()?, &json!({ "name": self.name }));
        // From here on the project may exist. A random name proves that it is this run's own.
        self.owns_project = self.is_random;
        let answer = match client.ask(&request).await {
            Ok(answer) => answer,
            Err(error) => {
                if !self.is_random {
                    self.doubtful.push(self.project_text());
                }
                return Err(error.into());
            }
        };
        if answer.status == 409 {
            self.owns_project = false;
            return Err(refused(&self.name, &self.pool));
        }
        if (300..500).contains(&answer.status) {
            self.owns_project = false;
        }
        let project = answer.object("project", "POST project");
        let project = project.map_err(|trouble| Failure::Local(trouble.to_string()))?;
        self.owns_project = true;
        Ok(project)
    }

    /// Creates the initiator group with the given members.
    pub async fn create_group(
        &mut self,
        client: &Client,
        initiators: &[&str],
    ) -> Result<Answer, Error> {
        let body = json!({ "name": self.name, "initiators": initiators });
        let owned = self.owns_group;
        self.owns_group |= self.is_random;
        let answer = match client.ask(&Request::post(groups(), &body)).await {
            Ok(answer) => answer,
            Err(error) => {
                if !self.owns_group {
                    self.doubtful.push(self.group_text());
                }
                return Err(error);
            }
        };
        if (300..500).contains(&answer.status) {
            self.owns_group = owned;
        }
        self.owns_group |= answer.is_success();
        Ok(answer)
    }

    /// Whether the initiator group is this run's own, so that a LUN may be presented to it.
    pub fn owns_group(&self) -> bool {
        self.owns_group
    }

    /// iSCSI names of the run, which no host has: that of the group, and one outside it.
    pub fn initiator_names(&self) -> [String; 2] {
        let first = format!("iqn.2004-10.invalid.zfssa:{}", self.name);
        let other = format!("{first}-other");
        [first, other]
    }

    /// Registers one of the run's initiators, with a CHAP account if there is one.
    pub async fn register(
        &mut self,
        client: &Client,
        iqn: &str,
        account: Option<&Chap>,
    ) -> Result<Answer, Error> {
        let alias = iqn.rsplit(':').next().unwrap_or(iqn);
        let new = NewInitiator {
            iqn,
            alias,
            chap_user: account.map(|account| account.user.as_str()),
            chap_secret: account.map(|account| &account.secret),
        };
        if self.is_random {
            self.initiators.push(iqn.to_owned());
        }
        let answer = match client.ask(&Request::post(initiators(), &new)).await {
            Ok(answer) => answer,
            Err(error) => {
                if !self.is_random {
                    self.doubtful.push(initiator_text(iqn));
                }
                return Err(error);
            }
        };
        if (300..500).contains(&answer.status) {
            self.initiators.retain(|name| name != iqn);
        } else if answer.is_success() && !self.is_random {
            self.initiators.push(iqn.to_owned());
        }
        Ok(answer)
    }

    /// Whether the run may have changed the appliance.
    pub fn may_exist(&self) -> bool {
        self.owns_project
            || self.owns_group
            || !self.initiators.is_empty()
            || !self.doubtful.is_empty()
    }

    fn project_text(&self) -> String {
        format!("project {} of pool {}", self.name, self.pool)
    }

    fn group_text(&self) -> String {
        format!("initiator group {}", self.name)
    }

    /// Removes what the run created, and returns the names of the objects that are left. `late` is
    /// the longest time after which a request without an answer may still be carried out.
    pub async fn remove(&self, client: &Client, late: Duration) -> Vec<String> {
        let mut left = Vec::new();
        for pass in 0..PASSES {
            if client.take_doubt() {
                tokio::time::sleep(late).await;
            } else if pass > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            left = self.remove_once(client).await;
            if left.is_empty() && !client.has_doubt() {
                break;
            }
        }
        left.extend(self.doubtful.iter().cloned());
        left
    }

    async fn remove_once(&self, client: &Client) -> Vec<String> {
        let mut left = Vec::new();
        if self.owns_project {
            match self.remove_project(client).await {
                Ok(kept) => left.extend(kept),
                Err(_) => left.push(self.project_text()),
            }
        }
        if self.owns_group {
            match self.remove_group(client).await {
                Ok(true) => {}
                Ok(false) | Err(_) => left.push(self.group_text()),
            }
        }
        for iqn in &self.initiators {
            match self.remove_initiator(client, iqn).await {
                Ok(true) => {}
                Ok(false) | Err(_) => left.push(initiator_text(iqn)),
            }
        }
        left
    }

    /// Removes the project with its LUNs; returns what is left.
    async fn remove_project(&self, client: &Client) -> Result<Vec<String>, Error> {
        if !self.is_there(client).await? {
            return Ok(Vec::new());
        }
        let mut left = Vec::new();
        let mut luns = self.list(client, self.luns()?, "luns").await?;
        // Clones first: the deletion of their origin would need a confirmation.
        luns.sort_by_key(|lun| lun.get("origin").is_none());
        for lun in &luns {
            let name = lun["name"].as_str().unwrap_or_default();
            if !name.starts_with(LUN_PREFIX) || !self.remove_lun(client, name, lun).await? {
                left.push(format!("LUN {name} in {}", self.project_text()));
            }
        }
        let filesystems = self.project()?.fixed("filesystems");
        for filesystem in self.list(client, filesystems, "filesystems").await? {
            let name = filesystem["name"].as_str().unwrap_or_default();
            left.push(format!("filesystem {name} in {}", self.project_text()));
        }
        // The deletion of a project deletes all shares in it, so it must be empty.
        let after = self.list(client, self.luns()?, "luns").await?;
        if left.is_empty() && after.is_empty() {
            client.ask(&Request::delete(self.project()?)).await?;
        }
        if self.is_there(client).await? {
            left.push(self.project_text());
        }
        Ok(left)
    }

    /// Whether the project exists. An absence counts only while this head serves the pool.
    async fn is_there(&self, client: &Client) -> Result<bool, Error> {
        let project = client.ask(&Request::get(self.project()?)).await?;
        if project.status != 404 {
            return Ok(true);
        }
        let pool = Path::new(Service::Storage)
            .fixed("pools")
            .name(&self.pool)?;
        let pool = client.ask(&Request::get(pool)).await?;
        Ok(!pool.is_success() || pool.body["pool"]["status"] == "exported")
    }

    async fn list(
        &self,
        client: &Client,
        path: Path,
        key: &'static str,
    ) -> Result<Vec<Value>, Error> {
        let answer = client.ask(&Request::get(path)).await?;
        match answer.body.get(key).and_then(Value::as_array) {
            Some(list) => Ok(list.clone()),
            None => Err(unread(key)),
        }
    }

    /// Deletes a LUN of the run, unless a clone outside the run depends on it; returns whether it
    /// was deleted.
    async fn remove_lun(&self, client: &Client, name: &str, lun: &Value) -> Result<bool, Error> {
        for snapshot in self
            .list(client, self.snapshots(name)?, "snapshots")
            .await?
        {
            let snapshot = snapshot["name"].as_str().unwrap_or_default();
            let dependents = self.snapshot(name, snapshot)?.fixed("dependents");
            if !self
                .list(client, dependents, "dependents")
                .await?
                .is_empty()
            {
                return Ok(false);
            }
        }
        if lun["nodestroy"] != false {
            let unprotected = json!({ "nodestroy": false });
            client
                .ask(&Request::put(self.lun(name)?, &unprotected))
                .await?;
        }
        let answer = client.ask(&Request::delete(self.lun(name)?)).await?;
        Ok(answer.is_success() || answer.status == 404)
    }

    async fn remove_group(&self, client: &Client) -> Result<bool, Error> {
        remove_san(client, self.group()?).await
    }

    async fn remove_initiator(&self, client: &Client, iqn: &str) -> Result<bool, Error> {
        remove_san(client, initiators().name(iqn)?).await
    }
}

/// Deletes an initiator group or an initiator; returns whether it is absent.
async fn remove_san(client: &Client, path: Path) -> Result<bool, Error> {
    let there = client.ask(&Request::get(path.clone())).await?;
    if there.is_success() {
        client.ask(&Request::delete(path.clone())).await?;
    }
    let there = client.ask(&Request::get(path)).await?;
    Ok(there.status == 404)
}

fn initiator_text(iqn: &str) -> String {
    format!("initiator {iqn}")
}

fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=40).contains(&id.len()) && id.bytes().all(plain)
}

fn unread(key: &str) -> Error {
    let message = format!("the list of {key} cannot be read");
    Error::new(zfssa::Status::Protocol, message)
}
