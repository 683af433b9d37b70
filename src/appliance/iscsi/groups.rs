//! iSCSI initiator groups and target groups.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::appliance::changes::rewrite::{self, Proof, Rewritten};
use crate::appliance::client::{Appliance, found, read_member};
use crate::appliance::iscsi::san;
use crate::appliance::json;
use crate::appliance::list::{Element, List};
use crate::error::{Error, Outcome, Result, Status};
use crate::rest::{Request, Response};
use crate::scope::Scope;

/// A group of initiators to which LUNs are presented.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct InitiatorGroup {
    /// Its name.
    pub name: String,
    /// iSCSI names.
    #[serde(default, deserialize_with = "json::names")]
    pub initiators: Vec<String>,
}

/// A group of targets through which LUNs are presented.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TargetGroup {
    /// Its name.
    pub name: String,
    /// iSCSI names.
    #[serde(default, deserialize_with = "json::names")]
    pub targets: Vec<String>,
}

/// Properties of both kinds of groups: a name and members.
pub trait Group: Element + Send + Sync {
    /// Its collection in the REST API.
    #[doc(hidden)]
    const COLLECTION: &'static str;

    /// The iSCSI names of its members.
    fn members(&self) -> &[String];

    /// A body that names these members.
    #[doc(hidden)]
    fn body(members: &[String]) -> Members<'_>;

    /// Whether an iSCSI name is among its members, without regard to case (RFC 3722).
    fn holds(&self, iqn: &str) -> bool {
        self.members()
            .iter()
            .any(|member| member.eq_ignore_ascii_case(iqn))
    }

    /// Whether all of these are.
    fn holds_all(&self, iqns: &[String]) -> bool {
        iqns.iter().all(|iqn| self.holds(iqn))
    }
}

impl Element for InitiatorGroup {
    const KIND: &'static str = "initiator group";

    fn name(&self) -> &str {
        &self.name
    }
}

impl Element for TargetGroup {
    const KIND: &'static str = "target group";

    fn name(&self) -> &str {
        &self.name
    }
}

impl Group for InitiatorGroup {
    const COLLECTION: &'static str = "initiator-groups";

    fn members(&self) -> &[String] {
        &self.initiators
    }

    fn body(members: &[String]) -> Members<'_> {
        Members::Initiators(members)
    }
}

impl Group for TargetGroup {
    const COLLECTION: &'static str = "target-groups";

    fn members(&self) -> &[String] {
        &self.targets
    }

    fn body(members: &[String]) -> Members<'_> {
        Members::Targets(members)
    }
}

/// Members as a body has them.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Members<'a> {
    /// Of a group of initiators.
    Initiators(&'a [String]),
    /// Of a group of targets.
    Targets(&'a [String]),
}

#[derive(Serialize)]
struct NewGroup<'a> {
    name: &'a str,
    #[serde(flatten)]
    members: Members<'a>,
}

impl Appliance {
    /// All initiator groups.
    pub async fn initiator_groups(&self, scope: &Scope) -> Result<List<InitiatorGroup>> {
        self.groups(scope).await
    }

    /// All target groups.
    pub async fn target_groups(&self, scope: &Scope) -> Result<List<TargetGroup>> {
        self.groups(scope).await
    }

    async fn groups<G: Group>(&self, scope: &Scope) -> Result<List<G>> {
        self.list(scope, san(G::COLLECTION), "groups").await
    }

    /// A group by name, if it exists.
    pub async fn find_group<G: Group>(&self, scope: &Scope, name: &str) -> Result<Option<G>> {
        let path = san(G::COLLECTION).name(name)?;
        found(self.read(scope, path, "group").await)
    }

    /// Makes a group.
    pub async fn create_group<G: Group>(
        &self,
        scope: &Scope,
        name: &str,
        members: &[String],
    ) -> Result<G> {
        let new = NewGroup {
            name,
            members: G::body(members),
        };
        let object = san(G::COLLECTION).name(name)?;
        self.outlast_namesake(scope, &object).await?;
        let request = Request::post(san(G::COLLECTION), &new).creating(object);
        self.change(
            scope,
            &request,
            read_member("group"),
            |looking| async move {
                let group: Option<G> = self.find_group(&looking, name).await?;
                Ok(group.filter(|group| group.holds_all(members)))
            },
        )
        .await
    }

    /// Deletes a group; true if it existed. Returns when no repeated request can delete or make the
    /// next group of the name. Check first that no LUN is presented to it: whether the appliance
    /// refuses to delete a group in use is not known.
    pub async fn delete_group<G: Group>(&self, scope: &Scope, name: &str) -> Result<bool> {
        let path = san(G::COLLECTION).name(name)?;
        self.remove_for_good(scope, path, |looking| async move {
            let group: Option<G> = self.find_group(&looking, name).await?;
            Ok(group.is_some())
        })
        .await
    }

    /// Adds members to an existing group and keeps its other members. The group is read after the
    /// change too: a caller whose change was overwritten notices it and adds again.
    pub async fn add_to_group<G: Group>(
        &self,
        scope: &Scope,
        name: &str,
        members: &[String],
    ) -> Result<Rewritten<G>> {
        let list = Growing {
            appliance: self,
            name,
            members,
            kind: PhantomData,
        };
        self.rewrite(scope, &list, None, Proof::Look).await
    }
}

/// A group to which members are added.
struct Growing<'a, G> {
    appliance: &'a Appliance,
    name: &'a str,
    members: &'a [String],
    kind: PhantomData<fn() -> G>,
}

impl<G: Group> rewrite::RewrittenList for Growing<'_, G> {
    type Object = G;

    async fn look(&self, scope: &Scope) -> Result<G> {
        let found = self.appliance.find_group(scope, self.name).await?;
        found.ok_or_else(|| {
            let (what, name) = (G::KIND, self.name);
            Error::new(
                Status::StateChanged,
                format!("{what} {name} does not exist any more; run do_setup again"),
            )
        })
    }

    fn next(&self, now: &G) -> Result<Option<Request>> {
        if now.holds_all(self.members) {
            return Ok(None);
        }
        let mut union = now.members().to_vec();
        union.extend(self.members.iter().filter(|iqn| !now.holds(iqn)).cloned());
        let path = san(G::COLLECTION).name(self.name)?;
        Ok(Some(Request::put_once(path, &G::body(&union))))
    }

    fn read(&self, answer: &Response) -> Result<G> {
        read_member("group")(answer)
    }

    fn lost(&self) -> Error {
        let (what, name) = (G::KIND, self.name);
        Error::new(
            Status::StateChanged,
            format!(
                "{what} {name} loses members that were added to it; another host writes it at \
                 the same time; run do_setup again"
            ),
        )
        .with_outcome(Outcome::Unknown)
    }
}
