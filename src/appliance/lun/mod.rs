//! LUNs: look-up and deletion.

pub(super) mod change;
pub(super) mod creation;
pub(super) mod presentation;
pub(super) mod property;
mod rollback;
mod sources;
pub(super) mod viewers;

use std::fmt;

use serde::Deserialize;

use crate::appliance::client::{Appliance, found};
use crate::appliance::json;
use crate::appliance::list::{Element, List};
use crate::appliance::lun::presentation::Presentation;
use crate::appliance::lun::sources::PropertySources;
use crate::appliance::project_ref::{ProjectRef, place_path};
use crate::config::{PropertyValue, shown_value};
use crate::error::{Error, Outcome, Result, Status};
use crate::maker::Maker;
use crate::rest::{Path, Service};
use crate::scope::Scope;

/// Size of a LUN, for sums over all LUNs of a project.
#[derive(Clone, Debug, Deserialize)]
pub struct LunSize {
    /// The LUN's name.
    pub name: String,
    /// Bytes.
    #[serde(rename = "volsize", deserialize_with = "json::bytes")]
    pub bytes: u64,
    /// Its globally unique id; see [`Lun::guid`].
    #[serde(default, rename = "lunguid", deserialize_with = "json::text")]
    pub guid: String,
    /// Its marker; see [`Lun::operation`].
    #[serde(
        default,
        rename = "custom:zfssa_operation",
        deserialize_with = "json::optional_text"
    )]
    pub operation: Option<String>,
}

impl Element for LunSize {
    const KIND: &'static str = Lun::KIND;

    fn name(&self) -> &str {
        &self.name
    }
}

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
    #[serde(default, rename = "initiatorgroup")]
    presentation: Presentation,
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
    /// `custom:zfssa_delete_with_clones`: the policy of its volume type for its deletion while it
    /// has clones. An administrator may have written any text. Never empty.
    #[serde(
        default,
        rename = "custom:zfssa_delete_with_clones",
        deserialize_with = "json::optional_text"
    )]
    pub delete_with_clones: Option<String>,
    /// `custom:image_id`: the image that a cache entry holds.
    #[serde(default, rename = "custom:image_id")]
    pub image_id: Option<String>,
    /// `custom:updated_at`: the version of that image.
    #[serde(default, rename = "custom:updated_at")]
    pub updated_at: Option<String>,
    /// Sources of its properties.
    #[serde(default, rename = "source")]
    pub sources: PropertySources,
    // Read with `Lun::property`.
    #[serde(default, deserialize_with = "shown_value")]
    encryption: Option<PropertyValue>,
    #[serde(default, deserialize_with = "shown_value")]
    keystore: Option<PropertyValue>,
    #[serde(default, deserialize_with = "shown_value")]
    keyname: Option<PropertyValue>,
    #[serde(default, deserialize_with = "shown_value")]
    dedup: Option<PropertyValue>,
    #[serde(default, deserialize_with = "shown_value")]
    secondarycache: Option<PropertyValue>,
    #[serde(default, deserialize_with = "shown_value")]
    writecache: Option<PropertyValue>,
    #[serde(default, deserialize_with = "shown_value")]
    copies: Option<PropertyValue>,
    #[serde(default, deserialize_with = "shown_value")]
    readlimit: Option<PropertyValue>,
    #[serde(default, deserialize_with = "shown_value")]
    writelimit: Option<PropertyValue>,
}

/// Provisioning of a LUN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provisioning {
    /// The pool's space is taken when data are written.
    Thin,
    /// The whole size is reserved in the pool.
    Thick,
}

impl Provisioning {
    /// By the LUN's property `sparse`.
    pub fn of(sparse: bool) -> Provisioning {
        match sparse {
            true => Provisioning::Thin,
            false => Provisioning::Thick,
        }
    }
}

impl fmt::Display for Provisioning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Provisioning::Thin => "thin",
            Provisioning::Thick => "thick",
        })
    }
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
                "LUN {}: the appliance does not show its property `lunguid`, so it may be another \
                 LUN of the same name",
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

    /// The initiator groups that see it.
    pub fn presentation(&self) -> &Presentation {
        &self.presentation
    }

    /// Its provisioning.
    pub fn provisioning(&self) -> Provisioning {
        Provisioning::of(self.sparse)
    }

    /// Whether this attempt at an operation made it.
    pub fn is_made_by(&self, maker: &Maker) -> bool {
        maker.wrote(self.operation.as_deref())
    }

    /// The LU number for a group. The two lists are aligned; if the appliance lists one number for
    /// several groups, it is the number for all.
    pub fn number_for(&self, group: &str) -> Option<u32> {
        let index = self.presentation.0.iter().position(|name| name == group)?;
        let number = match self.lu_numbers.as_slice() {
            [one] => one,
            many if canary!("wrong-lu-number") => many.first()?,
            many => many.get(index)?,
        };
        u32::try_from(*number).ok()
    }
}

pub(super) fn luns_path(place: ProjectRef<'_>) -> Result<Path> {
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

    /// What `keep` makes of each LUN of a project. No more than one LUN is held at a time.
    pub async fn luns_as<U: Send>(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        keep: impl FnMut(Lun) -> Option<U> + Send,
    ) -> Result<List<U>> {
        self.list_as(scope, luns_path(place)?, "luns", keep).await
    }

    /// What `keep` makes of each LUN of the appliance: of every project in the pools that the
    /// answering head serves. No more than one LUN is held at a time.
    pub async fn luns_of_appliance_as<U: Send>(
        &self,
        scope: &Scope,
        keep: impl FnMut(Lun) -> Option<U> + Send,
    ) -> Result<List<U>> {
        let path = Path::new(Service::Storage).fixed("luns");
        self.list_as(scope, path, "luns", keep).await
    }

    /// What `keep` makes of the size of each LUN of a project.
    pub async fn lun_sizes_as<U: Send>(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        keep: impl FnMut(LunSize) -> Option<U> + Send,
    ) -> Result<List<U>> {
        self.list_as(scope, luns_path(place)?, "luns", keep).await
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in_groups::MASK_ALL;

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
        assert!(masked.presentation().is_masked());
        assert_eq!(masked.number_for(MASK_ALL), None);
    }
}
