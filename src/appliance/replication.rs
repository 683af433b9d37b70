//! Replication: targets and actions on the source, sources and packages on the destination.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::appliance::client::{Appliance, found, read_member};
use crate::appliance::json;
use crate::appliance::list::{Element, List, Odd};
use crate::appliance::lun::lun_path;
use crate::appliance::project_ref::{ProjectRef, place_path, storage};
use crate::error::{Error, Result, Status};
use crate::rest::{Path, Request};
use crate::scope::Scope;

/// A peer that this appliance can send to.
#[derive(Clone, Debug, Deserialize)]
pub struct ReplicationTarget {
    /// `address:216`.
    #[serde(default, deserialize_with = "json::text")]
    pub address: String,
    /// Its name here, which actions refer to.
    #[serde(default, deserialize_with = "json::text")]
    pub label: String,
    /// Its serial number.
    #[serde(default, deserialize_with = "json::text")]
    pub asn: String,
}

/// A peer that sends to this appliance.
#[derive(Clone, Debug, Deserialize)]
pub struct ReplicationSource {
    /// Its name here, which packages are found under.
    pub name: String,
    /// Its serial number.
    #[serde(default, deserialize_with = "json::text")]
    pub asn: String,
}

/// Replica received from a peer, until it is severed.
#[derive(Clone, Debug, Deserialize)]
pub struct Package {
    /// Its id, which is that of the [`Action`] on the source.
    pub id: String,
    /// The replicated project, or the project of the replicated share.
    #[serde(default, deserialize_with = "json::text")]
    pub project: String,
}

/// Answer for a single source.
#[derive(Deserialize)]
struct Packages<'a> {
    #[serde(borrow)]
    packages: Option<&'a RawValue>,
}

impl Element for ReplicationTarget {
    const KIND: &'static str = "replication target";
    const NAME: &'static str = "label";

    fn name(&self) -> &str {
        &self.label
    }
}

impl Element for ReplicationSource {
    const KIND: &'static str = "replication source";

    fn name(&self) -> &str {
        &self.name
    }
}

impl Element for Package {
    const KIND: &'static str = "replication package";
    const NAME: &'static str = "id";

    fn name(&self) -> &str {
        &self.id
    }
}

impl Element for Action {
    const KIND: &'static str = "replication action";
    const NAME: &'static str = "id";

    fn name(&self) -> &str {
        &self.id
    }
}

/// Replication action: share, destination and state of the last update.
#[derive(Clone, Debug, Deserialize)]
pub struct Action {
    /// Its id, which is the package's id on the destination too.
    pub id: String,
    /// The pool it sends from.
    #[serde(default, deserialize_with = "json::text")]
    pub pool: String,
    /// The project it sends, or sends from.
    #[serde(default, deserialize_with = "json::text")]
    pub project: String,
    /// The share it sends; empty for the whole project.
    #[serde(default, deserialize_with = "json::text")]
    pub share: String,
    /// `idle`, `sending` …
    #[serde(default, deserialize_with = "json::text")]
    pub state: String,
    /// Of the last finished update: `success`, `<unknown>` …
    #[serde(default, deserialize_with = "json::text")]
    pub last_result: String,
    /// Time of the last update, UTC.
    #[serde(default, deserialize_with = "json::text")]
    pub last_try: String,
    /// Bytes sent by the update in progress.
    #[serde(default, deserialize_with = "json::figure")]
    pub bytes_sent: u64,
    /// Bytes that the update in progress will send.
    #[serde(default, deserialize_with = "json::figure")]
    pub estimated_size: u64,
}

impl Action {
    /// Whether it sends this share, and not its whole project.
    pub fn sends(&self, place: ProjectRef<'_>, share: &str) -> bool {
        self.pool == place.pool && self.project == place.project && self.share == share
    }

    /// Whether an action that could not be read may send this share.
    pub fn may_send(odd: &Odd, place: ProjectRef<'_>, share: &str) -> bool {
        odd.may_be_in(place) && odd.may_be("share", share)
    }

    /// Whether the result of the last update is not known yet.
    pub fn is_unsure(&self) -> bool {
        self.last_result.is_empty() || self.last_result == "<unknown>"
    }

    /// Whether an update was ever started: then the time of the last one is set, in any format.
    pub fn has_sent(&self) -> bool {
        self.last_try.contains(|c: char| c.is_ascii_digit())
    }
}

/// An action to be made.
#[derive(Clone, Debug, Serialize)]
pub struct NewAction<'a> {
    /// The pool of the share.
    pub pool: &'a str,
    /// The project of the share.
    pub project: &'a str,
    /// The share.
    pub share: &'a str,
    /// The label of the [`ReplicationTarget`].
    pub target: &'a str,
    /// The pool on the destination.
    pub target_pool: &'a str,
    /// Whether to send updates continuously.
    pub continuous: bool,
    /// Whether the share's snapshots are sent, too.
    pub include_snaps: bool,
}

/// An action to be made below its share; there `pool` is that of the destination.
#[derive(Serialize)]
struct ActionOfShare<'a> {
    target: &'a str,
    pool: &'a str,
    continuous: bool,
    include_snaps: bool,
}

#[derive(Serialize)]
struct Inherited {
    inherited: bool,
}

#[derive(Serialize)]
struct ProjectName<'a> {
    projname: &'a str,
}

#[derive(Serialize)]
struct Move<'a> {
    project: &'a str,
}

fn replication(kind: &'static str) -> Path {
    storage().fixed("replication").fixed(kind)
}

fn package_path(source: &str, id: &str) -> Result<Path> {
    replication("sources")
        .name(source)?
        .fixed("packages")
        .name(id)
}

/// Path of a LUN for its replication and its move, which the appliance serves under the path of
/// shares.
fn share_path(place: ProjectRef<'_>, share: &str) -> Result<Path> {
    place_path(place)?.fixed("filesystems").name(share)
}

impl Appliance {
    /// The peers that this appliance can send to.
    pub async fn replication_targets(&self, scope: &Scope) -> Result<List<ReplicationTarget>> {
        self.list(scope, replication("targets"), "targets").await
    }

    /// The peers that send to this appliance.
    pub async fn replication_sources(&self, scope: &Scope) -> Result<List<ReplicationSource>> {
        self.list(scope, replication("sources"), "sources").await
    }

    /// The packages of a peer.
    pub async fn packages(&self, scope: &Scope, source: &str) -> Result<List<Package>> {
        let request = Request::get(replication("sources").name(source)?);
        let answer = self.rest.call(scope, &request).await?;
        let unusable = |error: serde_json::Error| {
            let text = format!("{request}: the answer holds no usable `source`");
            Error::new(Status::Protocol, text).with_cause(error)
        };
        let source: &RawValue = json::borrowed(answer.body(), "source").map_err(unusable)?;
        let shown: Packages<'_> = serde_json::from_str(source.get()).map_err(unusable)?;
        match shown.packages {
            Some(_) => self.list_in(&request, source.get().as_bytes(), "packages"),
            None => Ok(List::default()),
        }
    }

    /// Sets whether a share inherits its project's replication. Setting it twice is the same as
    /// once, so after a lost answer it is set again.
    pub async fn inherit_replication(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        share: &str,
        inherited: bool,
    ) -> Result<()> {
        let path = share_path(place, share)?.fixed("replication");
        let request = Request::put(path, &Inherited { inherited });
        self.change_unseen(scope, &request).await
    }

    /// All actions.
    pub async fn replication_actions(&self, scope: &Scope) -> Result<List<Action>> {
        self.list(scope, replication("actions"), "actions").await
    }

    /// An action by id, if it exists.
    pub async fn find_replication_action(&self, scope: &Scope, id: &str) -> Result<Option<Action>> {
        found(self.replication_action(scope, id).await)
    }

    async fn replication_action(&self, scope: &Scope, id: &str) -> Result<Action> {
        let path = replication("actions").name(id)?;
        self.read(scope, path, "action").await
    }

    /// Creates an action. The share has no other action at this time, so an action that is found
    /// after a lost answer is this one.
    ///
    /// Releases from OS8.7 on document the creation under the share alone.
    pub async fn create_replication_action(
        &self,
        scope: &Scope,
        new: &NewAction<'_>,
    ) -> Result<Action> {
        let flat = Request::post(replication("actions"), new);
        match self.post_action(scope, &flat, new).await {
            Err(error) if matches!(error.http_status(), Some(404 | 405 | 501)) => {
                let place = ProjectRef {
                    pool: new.pool,
                    project: new.project,
                };
                let path = lun_path(place, new.share)?
                    .fixed("replication")
                    .fixed("actions");
                let below = ActionOfShare {
                    target: new.target,
                    pool: new.target_pool,
                    continuous: new.continuous,
                    include_snaps: new.include_snaps,
                };
                let request = Request::post(path, &below);
                self.post_action(scope, &request, new).await
            }
            made => made,
        }
    }

    async fn post_action(
        &self,
        scope: &Scope,
        request: &Request,
        new: &NewAction<'_>,
    ) -> Result<Action> {
        self.change(
            scope,
            request,
            read_member("action"),
            |looking| async move {
                let place = ProjectRef {
                    pool: new.pool,
                    project: new.project,
                };
                let actions = self.replication_actions(&looking).await?;
                actions.find(
                    |action| action.sends(place, new.share),
                    |odd| Action::may_send(odd, place, new.share),
                )
            },
        )
        .await
    }

    /// Starts an update. `before` is the action as it was; a difference shows that the update
    /// started.
    pub async fn send_update(&self, scope: &Scope, before: &Action) -> Result<()> {
        let path = replication("actions").name(&before.id)?.fixed("sendupdate");
        let request = Request::put_empty(path);
        self.change(
            scope,
            &request,
            |_| Ok(()),
            |looking| async move {
                let now = self.find_replication_action(&looking, &before.id).await?;
                let started =
                    now.is_some_and(|now| now.state != "idle" || now.last_try != before.last_try);
                Ok(started.then_some(()))
            },
        )
        .await
    }

    /// Ends the update that an action is sending, if it is.
    pub async fn cancel_update(&self, scope: &Scope, id: &str) -> Result<()> {
        let path = replication("actions").name(id)?.fixed("cancelupdate");
        let request = Request::put_empty(path);
        let cancelled = self.change(
            scope,
            &request,
            |_| Ok(()),
            |looking| async move {
                let now = self.find_replication_action(&looking, id).await?;
                Ok(now.is_none_or(|now| now.state == "idle").then_some(()))
            },
        );
        match cancelled.await {
            // The appliance refuses it if no update is running, with an undocumented fault.
            Err(error) => match self.find_replication_action(scope, id).await? {
                Some(action) if action.state != "idle" => Err(error),
                _ => Ok(()),
            },
            done => done,
        }
    }

    /// Deletes an action; true when it existed. Its package on the destination stays. `place` is the
    /// project of the action's volume.
    pub async fn delete_replication_action(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        id: &str,
    ) -> Result<bool> {
        let path = replication("actions").name(id)?;
        let look = |looking| async move { self.replication_action(&looking, id).await };
        self.remove_from(scope, place, path, look).await
    }

    /// Turns a package into a local project. It works once: a package that is gone while the
    /// project exists was severed.
    pub async fn sever_package(
        &self,
        scope: &Scope,
        source: &str,
        id: &str,
        place: ProjectRef<'_>,
    ) -> Result<()> {
        let new = ProjectName {
            projname: place.project,
        };
        let request = Request::put(package_path(source, id)?.fixed("sever"), &new);
        self.change(
            scope,
            &request,
            |_| Ok(()),
            |looking| async move { Ok(self.find_project(&looking, place).await?.map(|_| ())) },
        )
        .await
    }

    /// Destroys a package with its data; true when it existed. `place` is a project of its pool.
    pub async fn delete_package(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        source: &str,
        id: &str,
    ) -> Result<bool> {
        let path = package_path(source, id)?;
        let look = |looking: Scope| {
            let path = path.clone();
            async move { self.rest.call(&looking, &Request::get(path)).await }
        };
        self.remove_from(scope, place, path.clone(), look).await
    }

    /// Moves a LUN to another project of its pool.
    pub async fn move_lun(
        &self,
        scope: &Scope,
        from: ProjectRef<'_>,
        lun: &str,
        project: &str,
    ) -> Result<()> {
        let target = ProjectRef {
            pool: from.pool,
            project,
        };
        self.outlast_namesake(scope, &lun_path(target, lun)?)
            .await?;
        let request = Request::put(share_path(from, lun)?, &Move { project });
        self.change(
            scope,
            &request,
            |_| Ok(()),
            |looking| async move {
                let left = self.find_lun(&looking, from, lun).await?;
                let arrived = self.find_lun(&looking, target, lun).await?;
                Ok((left.is_none() && arrived.is_some()).then_some(()))
            },
        )
        .await
    }
}
