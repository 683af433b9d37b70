//! iSCSI initiators and targets.

pub(super) mod groups;

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::appliance::client::{Appliance, found, read_member};
use crate::appliance::json;
use crate::appliance::list::{Element, List};
use crate::error::Result;
use crate::rest::{Path, Request, Service};
use crate::scope::Scope;
use crate::secret::Secret;

/// A registered initiator. Its CHAP secret is never shown.
#[derive(Clone, Debug, Deserialize)]
pub struct Initiator {
    /// Its iSCSI name.
    #[serde(rename = "initiator")]
    pub iqn: String,
    /// Its alias, unique among initiators.
    #[serde(default, deserialize_with = "json::text")]
    pub alias: String,
    /// The CHAP name that it must authenticate with; empty for none.
    #[serde(default, rename = "chapuser", deserialize_with = "json::text")]
    pub chap_user: String,
}

/// An iSCSI target.
#[derive(Clone, Debug, Deserialize)]
pub struct Target {
    /// Its iSCSI name.
    pub iqn: String,
    /// Its alias.
    #[serde(default, deserialize_with = "json::text")]
    pub alias: String,
    /// `chap` or `none`.
    #[serde(default, deserialize_with = "json::text")]
    pub auth: String,
    /// The CHAP name it asks for; empty for none.
    #[serde(default, rename = "targetchapuser", deserialize_with = "json::text")]
    pub chap_user: String,
    /// The network interfaces it listens on.
    #[serde(default, deserialize_with = "json::names")]
    pub interfaces: Vec<String>,
    /// `online` or `offline`, if the release shows it.
    #[serde(default, deserialize_with = "json::text")]
    pub state: String,
}

impl Element for Initiator {
    const KIND: &'static str = "initiator";
    const NAME: &'static str = "initiator";

    fn name(&self) -> &str {
        &self.iqn
    }
}

impl Element for Target {
    const KIND: &'static str = "target";
    const NAME: &'static str = "alias";

    fn name(&self) -> &str {
        &self.alias
    }
}

/// An initiator to be registered.
#[derive(Clone, Debug, Serialize)]
pub struct NewInitiator<'a> {
    /// Its iSCSI name.
    #[serde(rename = "initiator")]
    pub iqn: &'a str,
    /// Its alias, unique among initiators.
    pub alias: &'a str,
    /// CHAP name.
    #[serde(rename = "chapuser", skip_serializing_if = "Option::is_none")]
    pub chap_user: Option<&'a str>,
    /// CHAP secret.
    #[serde(
        rename = "chapsecret",
        skip_serializing_if = "Option::is_none",
        serialize_with = "in_the_clear"
    )]
    pub chap_secret: Option<&'a Secret>,
}

/// New CHAP credentials of an initiator.
#[derive(Clone, Debug, Serialize)]
pub struct ChapChange<'a> {
    /// CHAP name.
    #[serde(rename = "chapuser")]
    pub chap_user: &'a str,
    /// CHAP secret.
    #[serde(rename = "chapsecret", serialize_with = "in_the_clear")]
    pub chap_secret: &'a Secret,
}

/// A target to be made.
#[derive(Clone, Debug, Serialize)]
pub struct NewTarget<'a> {
    /// Its alias.
    pub alias: &'a str,
    /// The network interfaces it listens on.
    pub interfaces: &'a [String],
    /// Authentication.
    #[serde(flatten)]
    pub auth: TargetChange<'a>,
}

/// A target's authentication.
#[derive(Clone, Debug, Serialize)]
pub struct TargetChange<'a> {
    /// `chap` or `none`.
    pub auth: &'static str,
    /// CHAP name.
    #[serde(rename = "targetchapuser", skip_serializing_if = "Option::is_none")]
    pub chap_user: Option<&'a str>,
    /// CHAP secret.
    #[serde(
        rename = "targetchapsecret",
        skip_serializing_if = "Option::is_none",
        serialize_with = "in_the_clear"
    )]
    pub chap_secret: Option<&'a Secret>,
}

/// The one place where a secret becomes text: a request's body on its way into TLS.
fn in_the_clear<S: Serializer, T: ExposeAs + fmt::Debug>(
    secret: &T,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    match secret.exposed() {
        Some(text) => serializer.serialize_str(text),
        None => serializer.serialize_none(),
    }
}

trait ExposeAs {
    fn exposed(&self) -> Option<&str>;
}

impl ExposeAs for &Secret {
    fn exposed(&self) -> Option<&str> {
        Some(self.expose())
    }
}

impl ExposeAs for Option<&Secret> {
    fn exposed(&self) -> Option<&str> {
        self.map(Secret::expose)
    }
}

pub(super) fn san(kind: &'static str) -> Path {
    Path::new(Service::San).fixed("iscsi").fixed(kind)
}

impl Appliance {
    /// All registered initiators.
    pub async fn initiators(&self, scope: &Scope) -> Result<List<Initiator>> {
        self.list(scope, san("initiators"), "initiators").await
    }

    /// An initiator by its iSCSI name, if it is registered.
    pub async fn find_initiator(&self, scope: &Scope, iqn: &str) -> Result<Option<Initiator>> {
        let path = san("initiators").name(iqn)?;
        found(self.read(scope, path, "initiator").await)
    }

    /// Registers an initiator.
    pub async fn create_initiator(
        &self,
        scope: &Scope,
        new: &NewInitiator<'_>,
    ) -> Result<Initiator> {
        let object = san("initiators").name(new.iqn)?;
        self.outlast_namesake(scope, &object).await?;
        let request = Request::post(san("initiators"), new).creating(object);
        self.change(
            scope,
            &request,
            read_member("initiator"),
            |looking| async move {
                // An initiator with another CHAP name was registered by another caller.
                let there = self.find_initiator(&looking, new.iqn).await?;
                Ok(there.filter(|there| there.chap_user == new.chap_user.unwrap_or_default()))
            },
        )
        .await
    }

    /// Sets an initiator's CHAP credentials. The secret cannot be read back, so after a lost answer
    /// it is set again.
    pub async fn change_initiator(
        &self,
        scope: &Scope,
        iqn: &str,
        chap: &ChapChange<'_>,
    ) -> Result<()> {
        let request = Request::put(san("initiators").name(iqn)?, chap);
        self.change_unseen(scope, &request).await
    }

    /// Deletes an initiator; true if it was registered. Returns when no repeated request can delete
    /// or make the next initiator of the name.
    pub async fn delete_initiator(&self, scope: &Scope, iqn: &str) -> Result<bool> {
        let path = san("initiators").name(iqn)?;
        self.remove_for_good(scope, path, |looking| async move {
            Ok(self.find_initiator(&looking, iqn).await?.is_some())
        })
        .await
    }

    /// All targets.
    pub async fn targets(&self, scope: &Scope) -> Result<List<Target>> {
        self.list(scope, san("targets"), "targets").await
    }

    /// A target by alias, if it exists.
    pub async fn find_target(&self, scope: &Scope, alias: &str) -> Result<Option<Target>> {
        let path = san("targets").selector("alias", alias)?;
        found(self.read(scope, path, "target").await)
    }

    /// Makes a target.
    pub async fn create_target(&self, scope: &Scope, new: &NewTarget<'_>) -> Result<Target> {
        let request = Request::post(san("targets"), new);
        self.change(
            scope,
            &request,
            read_member("target"),
            |looking| async move { self.find_target(&looking, new.alias).await },
        )
        .await
    }

    /// Sets a target's authentication. The secret cannot be read back, so after a lost answer it is
    /// set again.
    pub async fn change_target(
        &self,
        scope: &Scope,
        iqn: &str,
        change: &TargetChange<'_>,
    ) -> Result<()> {
        let request = Request::put(san("targets").name(iqn)?, change);
        self.change_unseen(scope, &request).await
    }
}
