//! Flow that creates an image's cache entry: a LUN with the image, and its snapshot.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::appliance::{Lun, NewLun, Presentation, ProjectRef};
use crate::driver::attach::connections::InitializeConnection;
use crate::driver::attach::detach::hide;
use crate::driver::backend::Driver;
use crate::driver::image::transfer::ImageTransfer;
use crate::driver::rollback::{delete_own_lun, delete_unused_snapshot};
use crate::driver::volume::properties::properties_of_new_lun;
use crate::driver::volume::properties::{RefusedProperties, must_show};
use crate::error::{Error, Outcome, Result, Status};
use crate::flow::{Effect, Flow};
use crate::scope::Scope;

/// The entry to create.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(in crate::driver) struct CacheFlow {
    /// The LUN, in the project of cached images.
    pub(in crate::driver) name: String,
    /// Its snapshot, which volumes are cloned from.
    pub(in crate::driver) snapshot: String,
    /// The image.
    pub(in crate::driver) image_id: String,
    /// The version of the image.
    pub(in crate::driver) updated_at: String,
    /// Bytes.
    pub(in crate::driver) size: u64,
    /// iSCSI name of the host that writes the image.
    pub(in crate::driver) initiator: String,
    /// An entry of this name that nothing depends on and that is stale or broken, by its GUID.
    pub(in crate::driver) replaces: Option<String>,
    /// The project of cached images, as configured then.
    pub(in crate::driver) project: String,
    #[serde(skip)]
    pub(in crate::driver) transfer: Option<Arc<dyn ImageTransfer>>,
}

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::driver) enum CacheStep {
    DiscardOld,
    MakeLun,
    Transfer,
    Hide,
    TakeSnapshot,
}

impl CacheFlow {
    fn place<'a>(&'a self, driver: &'a Driver) -> ProjectRef<'a> {
        ProjectRef {
            project: &self.project,
            ..driver.place()
        }
    }

    async fn discard_old(&self, driver: &Driver, scope: &Scope) -> Result<Effect> {
        let (appliance, place) = (driver.appliance(), self.place(driver));
        let old = appliance.find_lun_proven(scope, place, &self.name).await?;
        let (Some(old), Some(guid)) = (old, &self.replaces) else {
            return Ok(Effect::Found);
        };
        if !old.is_same(guid)? {
            return Ok(Effect::Found);
        }
        if !old.presentation().is_masked() {
            self.hide(driver, scope).await?;
        }
        appliance
            .delete_lun_of(
                scope,
                place,
                &self.name,
                (&old.guid, old.operation.as_deref()),
            )
            .await?;
        // The old entry was unusable, so it is not restored.
        Ok(Effect::Found)
    }

    async fn make_lun(&self, driver: &Driver, scope: &Scope) -> Result<Effect> {
        let kind = properties_of_new_lun(driver, &[])?;
        let new = NewLun {
            name: &self.name,
            size: self.size,
            block_size: kind.volblocksize,
            sparse: kind.sparse,
            compression: kind.compression.as_str(),
            logbias: kind.logbias.as_str(),
            target_group: &driver.config().target_group,
            initiator_groups: Presentation::masked(),
            managed: true,
            operation: scope.maker().mark(),
            since: None,
            delete_with_clones: None,
            image_id: Some(&self.image_id),
            updated_at: Some(&self.updated_at),
            optional: &kind.optional,
        };
        let place = self.place(driver);
        let made = driver.appliance().create_lun(scope, place, &new).await;
        match made {
            Ok(lun) => must_show(driver, scope, &lun, &kind.optional).await?,
            Err(error) => {
                return Err(match RefusedProperties::of(&kind.optional, &error) {
                    Some(refused) => refused.explain(driver, scope, error).await,
                    None => error,
                });
            }
        }
        Ok(Effect::Made)
    }

    /// Presents the LUN to the host, and waits until the host has written the image.
    async fn transfer(&self, driver: &Driver, scope: &Scope) -> Result<Effect> {
        let Some(transfer) = &self.transfer else {
            return Err(Error::new(
                Status::Internal,
                "the operation has no image transfer",
            ));
        };
        let request = InitializeConnection {
            volume: self.name.clone(),
            initiator: self.initiator.clone(),
            ..InitializeConnection::default()
        };
        let place = self.place(driver);
        let connection = request.connect(driver, scope, place).await?;
        // Whatever follows, the LUN is presented.
        let applied = |error: Error| error.with_outcome(Outcome::Applied);
        let transferred = scope
            .bound(transfer.transfer(connection, scope.progress()))
            .await
            .map_err(|stop| stop.error(Outcome::Applied))?;
        transferred.map_err(applied)?;
        scope.progress().set(100.0);
        Ok(Effect::Made)
    }

    async fn hide(&self, driver: &Driver, scope: &Scope) -> Result<Lun> {
        hide(driver.appliance(), scope, self.place(driver), &self.name).await
    }

    /// Fails unless the entry is the one that this operation made, and wrote.
    fn is_own(&self, scope: &Scope, lun: &Lun) -> Result<()> {
        if lun.is_made_by(scope.maker()) {
            return Ok(());
        }
        Err(Error::new(
            Status::StateChanged,
            format!(
                "cache entry {} was replaced by another process while the image was written",
                self.name
            ),
        )
        .with_outcome(Outcome::Applied))
    }

    /// Takes the snapshot that volumes are cloned from, and makes sure that it is of what was
    /// written.
    async fn take_snapshot(&self, driver: &Driver, scope: &Scope) -> Result<()> {
        let (appliance, place) = (driver.appliance(), self.place(driver));
        appliance
            .create_snapshot(scope, place, &self.name, &self.snapshot)
            .await?;
        let lun = appliance.lun(scope, place, &self.name).await;
        let lun = lun.map_err(|error| error.with_outcome(Outcome::Applied))?;
        self.is_own(scope, &lun)
    }

    /// Deletes the snapshot. On another attempt's LUN it would mark an image that may be half
    /// written as complete, and that LUN would not be rolled back.
    async fn roll_back_snapshot(&self, driver: &Driver, scope: &Scope) -> Result<()> {
        delete_unused_snapshot(
            driver,
            scope,
            self.place(driver),
            &self.name,
            &self.snapshot,
        )
        .await
        .map(drop)
    }

    /// Masks the LUN if this operation created it and it is presented.
    async fn hide_own(&self, driver: &Driver, scope: &Scope) -> Result<()> {
        let place = self.place(driver);
        let appliance = driver.appliance();
        let lun = appliance.find_lun_proven(scope, place, &self.name);
        let own = lun
            .await?
            .filter(|lun| lun.is_made_by(scope.maker()) && !lun.presentation().is_masked());
        match own {
            Some(_) => self.hide(driver, scope).await.map(drop),
            None => Ok(()),
        }
    }
}

impl Flow<Driver> for CacheFlow {
    type Step = CacheStep;
    const KIND: &'static str = "cache_image";

    fn object(&self) -> &str {
        &self.name
    }

    fn steps(&self) -> Vec<CacheStep> {
        use CacheStep::{DiscardOld, Hide, MakeLun, TakeSnapshot, Transfer};
        vec![DiscardOld, MakeLun, Transfer, Hide, TakeSnapshot]
    }

    fn needed(&self, step: CacheStep) -> bool {
        step != CacheStep::DiscardOld || self.replaces.is_some()
    }

    fn left_behind(&self, _step: CacheStep) -> String {
        format!("cache entry {}", self.name)
    }

    async fn run(&mut self, driver: &Driver, scope: &Scope, step: CacheStep) -> Result<Effect> {
        match step {
            CacheStep::DiscardOld => self.discard_old(driver, scope).await,
            CacheStep::MakeLun => self.make_lun(driver, scope).await,
            CacheStep::Transfer => self.transfer(driver, scope).await,
            CacheStep::Hide => {
                let hidden = self.hide(driver, scope).await?;
                self.is_own(scope, &hidden)?;
                Ok(Effect::Made)
            }
            CacheStep::TakeSnapshot => {
                self.take_snapshot(driver, scope).await?;
                Ok(Effect::Made)
            }
        }
    }

    async fn verify(&mut self, driver: &Driver, scope: &Scope, step: CacheStep) -> Result<bool> {
        let (appliance, place) = (driver.appliance(), self.place(driver));
        // Nothing depends on the other steps: without the snapshot the entry is rolled back.
        if step != CacheStep::TakeSnapshot {
            return Ok(false);
        }
        let lun = appliance.find_lun(scope, place, &self.name).await?;
        let own = lun.is_some_and(|lun| lun.is_made_by(scope.maker()));
        let snapshot = appliance.find_snapshot(scope, place, &self.name, &self.snapshot);
        Ok(own && snapshot.await?.is_some())
    }

    async fn roll_back(&mut self, driver: &Driver, scope: &Scope, step: CacheStep) -> Result<()> {
        match step {
            CacheStep::Transfer => self.hide_own(driver, scope).await,
            CacheStep::MakeLun => {
                let place = self.place(driver);
                delete_own_lun(driver, scope, place, &self.name).await
            }
            CacheStep::TakeSnapshot => self.roll_back_snapshot(driver, scope).await,
            CacheStep::DiscardOld | CacheStep::Hide => Ok(()),
        }
    }
}
