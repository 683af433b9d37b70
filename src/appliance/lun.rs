//! LUNs: read, create, clone, delete.

use serde::{Deserialize, Serialize, Serializer};

use crate::appliance::{
    Appliance, Element, List, ProjectRef, conflict, found, json, place_path, read_member,
};
use crate::built_in_groups::MASK_ALL;
use crate::error::{Error, Outcome, Result, Status};
use crate::rest::{Path, Request, check_name};
use crate::scope::Scope;

/// A LUN. Properties that no operation needs are not read.
#[derive(Clone, Debug, Deserialize)]
pub struct Lun {
    /// Its name, unique among the shares of its project.
    pub name: String,
    /// Its pool.
    #[serde(default, deserialize_with = "json::text")]
    pub pool: String,
    /// Its project.
    #[serde(default, deserialize_with = "json::text")]
    pub project: String,
    /// Its globally unique id, which a rename or a move does not change. Empty if the appliance
    /// does not show it: then it is equal to no other (see [`Lun::is_same`]).
    #[serde(default, rename = "lunguid", deserialize_with = "json::text")]
    pub guid: String,
    /// Bytes.
    #[serde(rename = "volsize", deserialize_with = "json::bytes")]
    pub size: u64,
    /// Bytes.
    #[serde(default, rename = "volblocksize", deserialize_with = "json::figure")]
    pub block_size: u64,
    /// Thin provisioned.
    #[serde(default, deserialize_with = "json::flag")]
    pub sparse: bool,
    /// In the appliance's words.
    #[serde(default, deserialize_with = "json::text")]
    pub compression: String,
    /// `latency` or `throughput`.
    #[serde(default, deserialize_with = "json::text")]
    pub logbias: String,
    /// Protected: the appliance refuses to destroy it, also by a cascade.
    #[serde(default, deserialize_with = "json::flag")]
    pub nodestroy: bool,
    /// As the appliance lists them; aligned with `lu_numbers`.
    #[serde(default, rename = "initiatorgroup", deserialize_with = "json::names")]
    pub(super) initiator_groups: Vec<String>,
    /// As the appliance lists them; meaningless while the LUN is masked.
    #[serde(default, rename = "assignednumber", deserialize_with = "json::numbers")]
    lu_numbers: Vec<i64>,
    /// Target group through which it is presented.
    #[serde(default, rename = "targetgroup", deserialize_with = "json::text")]
    pub target_group: String,
    /// `online` or `offline`, if the answer has it.
    #[serde(default, deserialize_with = "json::text")]
    pub status: String,
    /// Bytes of live data.
    #[serde(default, rename = "space_data", deserialize_with = "json::figure")]
    pub used: u64,
    /// UTC.
    #[serde(default, deserialize_with = "json::text")]
    pub creation: String,
    /// Origin of a clone.
    #[serde(default, deserialize_with = "json::optional_object")]
    pub origin: Option<CloneOrigin>,
    /// `custom:cinder_managed`, when set.
    #[serde(
        default,
        rename = "custom:cinder_managed",
        deserialize_with = "json::optional_flag"
    )]
    pub managed: Option<bool>,
    /// `custom:zfssa_operation`: the marker of the attempt that created it, if this library did
    /// ([`crate::maker`]), or the marker of a migration. Never empty.
    #[serde(
        default,
        rename = "custom:zfssa_operation",
        deserialize_with = "json::optional_text"
    )]
    pub operation: Option<String>,
    /// `custom:zfssa_since`: the time when it became a volume, in seconds since 1970 by the clock
    /// of the engine that created or adopted it.
    #[serde(
        default,
        rename = "custom:zfssa_since",
        deserialize_with = "json::optional_text"
    )]
    pub since: Option<String>,
    /// `custom:image_id`: the image that a cache entry holds.
    #[serde(default, rename = "custom:image_id")]
    pub image_id: Option<String>,
    /// `custom:updated_at`: the version of that image.
    #[serde(default, rename = "custom:updated_at")]
    pub updated_at: Option<String>,
    /// Whether it inherits the replication of its project; `None` if the appliance does not show
    /// it.
    #[serde(
        default,
        rename = "source",
        deserialize_with = "json::inherits_replication"
    )]
    pub inherits_replication: Option<bool>,
}

/// Origin of a clone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CloneOrigin {
    /// The project of the source.
    #[serde(default, deserialize_with = "json::text")]
    pub project: String,
    /// The source.
    pub share: String,
    /// Its snapshot.
    pub snapshot: String,
}

impl Element for Lun {
    const KIND: &'static str = "LUN";

    fn name(&self) -> &str {
        &self.name
    }
}

impl Lun {
    /// Its GUID.
    ///
    /// # Errors
    ///
    /// `Protocol` if the appliance does not show it.
    pub fn said_guid(&self) -> Result<&str> {
        if !self.guid.is_empty() {
            return Ok(&self.guid);
        }
        Err(Error::new(
            Status::Protocol,
            format!(
                "the appliance does not say the property `lunguid` of LUN {}, so that it may \
                 be another LUN of its name",
                self.name
            ),
        ))
    }

    /// Whether it is the LUN of this GUID.
    ///
    /// # Errors
    ///
    /// `Protocol` if either GUID is unknown, so that the LUN may be the same one or another.
    pub fn is_same(&self, guid: &str) -> Result<bool> {
        let own = self.said_guid()?;
        if guid.is_empty() {
            let message = format!("LUN {own} cannot be compared: no GUID was seen before");
            return Err(Error::new(Status::Protocol, message));
        }
        Ok(own.eq_ignore_ascii_case(guid))
    }

    /// Fails if the appliance shows it as offline: then no host can use it.
    pub fn must_be_online(&self) -> Result<()> {
        if self.status != "offline" {
            return Ok(());
        }
        Err(Error::new(
            Status::StateChanged,
            format!(
                "LUN {} is offline: set its property status to online on the appliance",
                self.name
            ),
        ))
    }

    /// The initiator groups that it is presented to; none while it is masked.
    pub fn presented_to(&self) -> impl Iterator<Item = &str> {
        self.initiator_groups
            .iter()
            .map(String::as_str)
            .filter(|group| *group != MASK_ALL)
    }

    /// The LU number for a group. The two lists are aligned; if the appliance lists one number for
    /// several groups, it is the number for all.
    pub fn number_for(&self, group: &str) -> Option<u32> {
        let index = self
            .initiator_groups
            .iter()
            .position(|name| name == group)?;
        let number = match self.lu_numbers.as_slice() {
            [one] => one,
            many if canary!("wrong-lu-number") => many.first()?,
            many => many.get(index)?,
        };
        u32::try_from(*number).ok()
    }
}

/// Initiator groups in a request. Release 2013.1.2 accepts a single group only as a string, and so
/// does every later release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presentation(pub Vec<String>);

impl Presentation {
    /// Presented to no host.
    pub fn masked() -> Self {
        Presentation(vec![MASK_ALL.to_owned()])
    }

    /// Presented to these groups; to no host if there are none.
    pub fn presented(groups: Vec<String>) -> Self {
        if groups.is_empty() {
            Presentation::masked()
        } else {
            Presentation(groups)
        }
    }
}

impl Serialize for Presentation {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => serializer.serialize_str(one),
            many => many.serialize(serializer),
        }
    }
}

/// A LUN to be made.
#[derive(Clone, Debug, Serialize)]
pub struct NewLun<'a> {
    /// Its name.
    pub name: &'a str,
    /// Bytes.
    #[serde(rename = "volsize")]
    pub size: u64,
    /// Bytes; cannot be changed later.
    #[serde(rename = "volblocksize")]
    pub block_size: u32,
    /// Thin provisioned.
    pub sparse: bool,
    /// In the appliance's words.
    pub compression: &'a str,
    /// `latency` or `throughput`.
    pub logbias: &'a str,
    /// Target group through which it will be presented.
    #[serde(rename = "targetgroup")]
    pub target_group: &'a str,
    /// Presentation.
    #[serde(rename = "initiatorgroup")]
    pub initiator_groups: Presentation,
    /// `custom:cinder_managed`.
    #[serde(rename = "custom:cinder_managed")]
    pub managed: bool,
    /// `custom:zfssa_operation`: the marker of the attempt that creates it.
    #[serde(rename = "custom:zfssa_operation")]
    pub operation: &'a str,
    /// `custom:zfssa_since`, on a volume.
    #[serde(rename = "custom:zfssa_since", skip_serializing_if = "Option::is_none")]
    pub since: Option<&'a str>,
    /// `custom:image_id`, on a cache entry.
    #[serde(rename = "custom:image_id", skip_serializing_if = "Option::is_none")]
    pub image_id: Option<&'a str>,
    /// `custom:updated_at`, on a cache entry.
    #[serde(rename = "custom:updated_at", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<&'a str>,
}

/// A clone to be made. The appliance refuses a block size here: it is the source's.
#[derive(Clone, Debug, Serialize)]
pub struct NewClone<'a> {
    /// Its name.
    pub share: &'a str,
    /// The project it goes to, in the pool of its source.
    pub project: &'a str,
    /// Thin provisioned.
    pub sparse: bool,
    /// In the appliance's words.
    pub compression: &'a str,
    /// `latency` or `throughput`.
    pub logbias: &'a str,
    /// Protects it from a cascade that would destroy it with its source.
    pub nodestroy: bool,
    /// Target group through which it will be presented.
    #[serde(rename = "targetgroup")]
    pub target_group: &'a str,
    /// Presentation. Always sent, because a clone inherits its source's presentation.
    #[serde(rename = "initiatorgroup")]
    pub initiator_groups: Presentation,
    /// `custom:cinder_managed`.
    #[serde(rename = "custom:cinder_managed")]
    pub managed: bool,
    /// `custom:zfssa_operation`: the marker of the attempt that creates it.
    #[serde(rename = "custom:zfssa_operation")]
    pub operation: &'a str,
    /// `custom:zfssa_since`.
    #[serde(rename = "custom:zfssa_since")]
    pub since: &'a str,
}

fn luns_path(place: ProjectRef<'_>) -> Result<Path> {
    Ok(place_path(place)?.fixed("luns"))
}

pub(super) fn lun_path(place: ProjectRef<'_>, name: &str) -> Result<Path> {
    luns_path(place)?.name(name)
}

impl Appliance {
    /// A LUN by name; 404 is an error of status not found.
    pub async fn lun(&self, scope: &Scope, place: ProjectRef<'_>, name: &str) -> Result<Lun> {
        self.read(scope, lun_path(place, name)?, "lun").await
    }

    /// A LUN by name, if this head shows one. `None` does not prove its absence: see
    /// [`Appliance::find_lun_proven`].
    pub async fn find_lun(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
    ) -> Result<Option<Lun>> {
        found(self.lun(scope, place, name).await)
    }

    /// All LUNs of a project.
    pub async fn luns(&self, scope: &Scope, place: ProjectRef<'_>) -> Result<List<Lun>> {
        self.list(scope, luns_path(place)?, "luns").await
    }

    /// Creates a LUN.
    pub async fn create_lun(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: &NewLun<'_>,
    ) -> Result<Lun> {
        check_name(lun.name)?;
        let object = lun_path(place, lun.name)?;
        self.outlast_namesake(scope, &object).await?;
        let request = Request::post(luns_path(place)?, lun).creating(object);
        let made = self
            .change(scope, &request, read_member("lun"), |looking| {
                self.own_lun(looking, place, lun.name, lun.operation)
            })
            .await;
        match made {
            Err(error) => Err(conflict(error, self.find_lun(scope, place, lun.name)).await),
            made => made,
        }
    }

    /// Creates a clone of a snapshot of a LUN in `source`.
    pub async fn clone_snapshot(
        &self,
        scope: &Scope,
        source: ProjectRef<'_>,
        lun: &str,
        snapshot: &str,
        clone: &NewClone<'_>,
    ) -> Result<Lun> {
        check_name(clone.share)?;
        let path = lun_path(source, lun)?
            .fixed("snapshots")
            .name(snapshot)?
            .fixed("clone");
        let target = ProjectRef {
            pool: source.pool,
            project: clone.project,
        };
        let object = lun_path(target, clone.share)?;
        self.outlast_namesake(scope, &object).await?;
        let request = Request::put(path, clone).creating(object);
        let made = self
            .change(scope, &request, read_member("lun"), |looking| {
                self.own_lun(looking, target, clone.share, clone.operation)
            })
            .await;
        match made {
            Err(error) => Err(conflict(error, self.find_lun(scope, target, clone.share)).await),
            made => made,
        }
    }

    /// Deletes a LUN with its snapshots; true when it existed. Check for dependents first.
    pub async fn delete_lun(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
    ) -> Result<bool> {
        let path = lun_path(place, name)?;
        self.remove_from(scope, place, path, |looking| async move {
            self.lun(&looking, place, name).await
        })
        .await
    }

    /// Deletes the LUN with this GUID. If the answer is lost, another LUN that has the name by then
    /// is kept, unless it has this attempt's marker: then a late request of the same attempt
    /// created it. Read the LUN first, since the request names it by its name.
    pub async fn delete_lun_of(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
        (guid, mark): (&str, Option<&str>),
    ) -> Result<bool> {
        let path = lun_path(place, name)?;
        self.remove_from(scope, place, path, |looking| async move {
            let lun = self.lun(&looking, place, name).await?;
            if mark.is_some() && lun.operation.as_deref() == mark || lun.is_same(guid)? {
                return Ok(lun);
            }
            let message = format!("the LUN {name} has another GUID than {guid}");
            Err(Error::new(Status::NotFound, message).with_outcome(Outcome::None))
        })
        .await
    }

    /// The LUN, if the attempt with this marker created it.
    async fn own_lun(
        &self,
        scope: Scope,
        place: ProjectRef<'_>,
        name: &str,
        mark: &str,
    ) -> Result<Option<Lun>> {
        let lun = self.find_lun(&scope, place, name).await?;
        let own =
            |lun: &Lun| lun.operation.as_deref() == Some(mark) || canary!("foreign-object-adopted");
        Ok(lun.filter(own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lun(json: &str) -> Lun {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_number_is_that_of_the_hosts_group() {
        let several =
            lun(r#"{"name":"v","volsize":1,"initiatorgroup":["a","b"],"assignednumber":[4,9]}"#);
        assert_eq!(several.number_for("a"), Some(4));
        assert_eq!(several.number_for("b"), Some(9));
        assert_eq!(several.number_for("c"), None);
        let one = lun(r#"{"name":"v","volsize":1,"initiatorgroup":"a","assignednumber":7}"#);
        assert_eq!(one.number_for("a"), Some(7));
    }

    #[test]
    fn a_masked_lun_is_presented_to_nobody() {
        let masked = lun(&format!(
            r#"{{"name":"v","volsize":1,"initiatorgroup":["{MASK_ALL}"],"assignednumber":-1}}"#
        ));
        assert_eq!(masked.presented_to().count(), 0);
        assert_eq!(masked.number_for(MASK_ALL), None);
    }

    #[test]
    fn a_single_group_is_sent_as_a_string() {
        let text = |groups: Presentation| serde_json::to_string(&groups).unwrap();
        assert_eq!(
            text(Presentation::presented(vec![])),
            format!("\"{MASK_ALL}\"")
        );
        assert_eq!(text(Presentation::presented(vec!["a".into()])), "\"a\"");
        let two = Presentation::presented(vec!["a".into(), "b".into()]);
        assert_eq!(text(two), r#"["a","b"]"#);
    }
}
