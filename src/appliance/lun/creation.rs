//! Creation of LUNs and of clones.

use serde::Serialize;

use crate::appliance::client::{Appliance, conflict, read_member};
use crate::appliance::lun::presentation::Presentation;
use crate::appliance::lun::{Lun, lun_path, luns_path};
use crate::appliance::project_ref::ProjectRef;
use crate::config::PropertyValues;
use crate::error::Result;
use crate::rest::{Request, check_name};
use crate::scope::Scope;

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
    /// `custom:zfssa_delete_with_clones`; see [`Lun::delete_with_clones`].
    #[serde(
        rename = "custom:zfssa_delete_with_clones",
        skip_serializing_if = "Option::is_none"
    )]
    pub delete_with_clones: Option<&'a str>,
    /// `custom:image_id`, on a cache entry.
    #[serde(rename = "custom:image_id", skip_serializing_if = "Option::is_none")]
    pub image_id: Option<&'a str>,
    /// `custom:updated_at`, on a cache entry.
    #[serde(rename = "custom:updated_at", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<&'a str>,
    /// Properties that are set on request only. An appliance that lacks one refuses the request, or
    /// passes over the property: see [`Lun::unmet`].
    #[serde(flatten)]
    pub optional: &'a PropertyValues,
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
    /// `custom:zfssa_delete_with_clones`; see [`Lun::delete_with_clones`]. The reference does not
    /// show that a clone has a custom property from its origin.
    #[serde(
        rename = "custom:zfssa_delete_with_clones",
        skip_serializing_if = "Option::is_none"
    )]
    pub delete_with_clones: Option<&'a str>,
    /// As [`NewLun::optional`], without properties that a clone has from its origin.
    #[serde(flatten)]
    pub optional: &'a PropertyValues,
}

impl Appliance {
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
