//! Changes of a LUN: name, size, properties and presentation.

use serde::Serialize;

use crate::appliance::changes::late::Kind;
use crate::appliance::client::{Appliance, read_member};
use crate::appliance::lun::presentation::Presentation;
use crate::appliance::lun::{Lun, lun_path};
use crate::appliance::project_ref::ProjectRef;
use crate::config::{LunProperty, PropertyValues};
use crate::error::Result;
use crate::rest::{Request, check_name};
use crate::scope::Scope;

/// A change of a LUN. Members that are `None` stay unchanged.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LunChange<'a> {
    /// A new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// Bytes.
    #[serde(rename = "volsize", skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Thin provisioned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sparse: Option<bool>,
    /// In the appliance's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<&'a str>,
    /// `latency` or `throughput`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logbias: Option<&'a str>,
    /// Target group through which it is presented.
    #[serde(rename = "targetgroup", skip_serializing_if = "Option::is_none")]
    pub target_group: Option<&'a str>,
    /// Presentation; replaces the present one.
    #[serde(rename = "initiatorgroup", skip_serializing_if = "Option::is_none")]
    pub initiator_groups: Option<Presentation>,
    /// Protection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodestroy: Option<bool>,
    /// `custom:cinder_managed`.
    #[serde(
        rename = "custom:cinder_managed",
        skip_serializing_if = "Option::is_none"
    )]
    pub managed: Option<bool>,
    /// `custom:zfssa_operation`; empty for none.
    #[serde(
        rename = "custom:zfssa_operation",
        skip_serializing_if = "Option::is_none"
    )]
    pub operation: Option<&'a str>,
    /// `custom:zfssa_since`.
    #[serde(rename = "custom:zfssa_since", skip_serializing_if = "Option::is_none")]
    pub since: Option<&'a str>,
    /// `custom:zfssa_delete_with_clones`; empty for none.
    #[serde(
        rename = "custom:zfssa_delete_with_clones",
        skip_serializing_if = "Option::is_none"
    )]
    pub delete_with_clones: Option<&'a str>,
    /// Properties that are set on request only.
    #[serde(flatten)]
    pub optional: PropertyValues,
    /// Properties that the LUN is to have from its project again, and limits that end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<LunProperty>,
}

impl LunChange<'_> {
    /// Whether a LUN shows every member of this change.
    pub fn shows_in(&self, lun: &Lun) -> bool {
        self.name.is_none_or(|name| lun.name == name)
            && self.size.is_none_or(|size| lun.size == size)
            && self.sparse.is_none_or(|flag| lun.sparse == flag)
            && self.compression.is_none_or(|word| lun.compression == word)
            && self.logbias.is_none_or(|word| lun.logbias == word)
            && self
                .target_group
                .is_none_or(|group| lun.target_group == group)
            && self.nodestroy.is_none_or(|flag| lun.nodestroy == flag)
            && self.managed.is_none_or(|flag| lun.managed == Some(flag))
            && self
                .operation
                .is_none_or(|text| lun.operation.as_deref().unwrap_or_default() == text)
            && self
                .since
                .is_none_or(|text| lun.since.as_deref() == Some(text))
            && self
                .delete_with_clones
                .is_none_or(|text| lun.delete_with_clones.as_deref().unwrap_or_default() == text)
            && self
                .initiator_groups
                .as_ref()
                .is_none_or(|groups| groups.is_same(lun.presentation()))
            && lun.unmet(&self.optional).is_empty()
            && !self.unset.iter().any(|property| lun.has_own(*property))
    }
}

impl Appliance {
    /// Waits until no change of a LUN can be carried out late, which could overwrite the next one.
    pub async fn outlast_changes(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
    ) -> Result<()> {
        let path = lun_path(place, name)?;
        self.outlast(scope, Kind::Change, &path).await.map(drop)
    }

    /// Changes a LUN and returns it as it is then.
    pub async fn change_lun(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
        change: &LunChange<'_>,
    ) -> Result<Lun> {
        let name_after = change.name.unwrap_or(name);
        check_name(name_after)?;
        if name_after != name {
            self.outlast_namesake(scope, &lun_path(place, name_after)?)
                .await?;
            // As long as the LUN has its former name, the appliance refuses a late creation of it.
            if !canary!("late-creation-after-rename") {
                self.outlast(scope, Kind::Creation, &lun_path(place, name)?)
                    .await?;
            }
        }
        let request = Request::put(lun_path(place, name)?, change);
        self.change(scope, &request, read_member("lun"), |looking| async move {
            let lun = self.find_lun(&looking, place, name_after).await?;
            let changed = lun.filter(|lun| change.shows_in(lun));
            // While the old name exists too, the LUN with the new name may be another one.
            if changed.is_some()
                && name_after != name
                && self.find_lun(&looking, place, name).await?.is_some()
            {
                return Ok(None);
            }
            Ok(changed)
        })
        .await
    }
}
