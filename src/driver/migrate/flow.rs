//! Flow of a migration: replicate the volume, make the copy a volume of the other backend, verify
//! it, delete the source.
//!
//! From the severing to the deletion of the source there are two copies, and until then the source
//! is the volume: after any failure the copy is deleted, and only after a check that the source
//! exists. The deletion is the point of no return. If its outcome is unknown, or the appliance was
//! too busy for it, the copy is the volume from then on, and the deletion is repeated, now or by
//! recovery.

use serde::{Deserialize, Serialize};

use crate::appliance::{Appliance, Lun, LunChange, ProjectRef, ReplicationSource};
use crate::driver::backend::Driver;
use crate::driver::migrate::destination::MigrationEndpoints;
use crate::driver::migrate::likeness::Likeness;
use crate::driver::migrate::marker::{Marker, Stage};
use crate::driver::volume::delete_flow::{DeleteFlow, DeleteStep};
use crate::error::{Error, Outcome, Result, Status};
use crate::flow::{Effect, Flow};
use crate::scope::Scope;

/// The requested migration and its progress.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::driver) struct MigrateFlow {
    /// Name of the LUN at both ends.
    pub(in crate::driver) name: String,
    /// Its properties, which the copy has to have.
    pub(in crate::driver) like: Likeness,
    /// Address of the destination.
    pub(in crate::driver) host: String,
    /// The pool there.
    pub(in crate::driver) pool: String,
    /// The project there.
    pub(in crate::driver) project: String,
    /// The name of the destination among the source's replication targets.
    pub(in crate::driver) target: String,
    /// The serial number of the source.
    pub(in crate::driver) asn: String,
    /// Whether the destination keeps `cinder_managed`, and the id of the operation.
    pub(in crate::driver) keeps_managed: bool,
    pub(in crate::driver) keeps_operation: bool,
    /// Whether it keeps since when a LUN has been a volume; journals of former releases do not say
    /// it.
    #[serde(default)]
    pub(in crate::driver) keeps_since: bool,
    /// Whether it keeps the policy of the volume for its deletion while it has clones; as above.
    #[serde(default)]
    pub(in crate::driver) keeps_policy: bool,
    /// When it began, in seconds since 1970 by this host's clock.
    #[serde(default)]
    pub(in crate::driver) begun: u64,
    /// Former value of `zfssa_operation` on the source.
    #[serde(default)]
    pub(in crate::driver) before: Option<String>,
    /// Whether the source inherited the replication of its project before.
    #[serde(default = "followed")]
    pub(in crate::driver) inherits: bool,
    /// How the source is deleted; its GUID is in there.
    pub(in crate::driver) deletion: DeleteFlow,
    /// The replication action, whose id is that of the package and names the temporary project.
    #[serde(default)]
    pub(in crate::driver) action: Option<String>,
    /// The GUID of the copy.
    #[serde(default)]
    pub(in crate::driver) copy: Option<String>,
    /// Objects that could not be deleted after the point of no return.
    #[serde(default)]
    pub(in crate::driver) left: Vec<String>,
    /// A step could not be rolled back, so that the marker is needed.
    #[serde(skip)]
    pub(in crate::driver) stuck: bool,
}

/// Default for journals of former releases.
fn followed() -> bool {
    true
}

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::driver) enum MigrateStep {
    Mark,
    StopInheriting,
    MakeAction,
    MarkAction,
    SendUpdate,
    DeleteAction,
    Sever,
    Move,
    DeleteProject,
    Adopt,
    Unprotect,
    DeleteSource,
    FinishSource,
    DeleteSnapshot,
    DeleteEntry,
    DeleteVolumes,
}

impl MigrateFlow {
    /// Where the copy goes.
    pub(in crate::driver) fn there(&self) -> ProjectRef<'_> {
        ProjectRef {
            pool: &self.pool,
            project: &self.project,
        }
    }

    /// Where the copy is between severing and moving.
    pub(in crate::driver) fn between(&self) -> Result<ProjectRef<'_>> {
        Ok(ProjectRef {
            pool: &self.pool,
            project: self.action()?,
        })
    }

    pub(in crate::driver) fn action(&self) -> Result<&str> {
        self.action
            .as_deref()
            .ok_or_else(|| Error::new(Status::Internal, "a migration does not know its action"))
    }

    /// The source, if it exists and is the same one. Its absence counts only if this head serves
    /// the project.
    pub(in crate::driver) async fn source(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<Option<Lun>> {
        self.deletion.there(&route.source, scope).await
    }

    /// The destination, where the project of the volumes is served: what is not found there does
    /// not exist.
    pub(in crate::driver) async fn served<'a>(
        &self,
        route: &'a MigrationEndpoints,
        scope: &Scope,
    ) -> Result<&'a Appliance> {
        let destination = route.destination()?;
        if destination
            .find_project(scope, self.there())
            .await?
            .is_some()
        {
            return Ok(destination);
        }
        Err(Error::new(
            Status::PoolNotOwned,
            format!(
                "project {} of pool {} is not served by {}",
                self.project, self.pool, self.host
            ),
        ))
    }

    /// The replication source at the destination.
    pub(in crate::driver) async fn peer(
        &self,
        destination: &Appliance,
        scope: &Scope,
    ) -> Result<Option<ReplicationSource>> {
        let sources = destination.replication_sources(scope).await?;
        sources.find(
            |source| source.asn == self.asn,
            |odd| odd.may_be("asn", &self.asn),
        )
    }

    /// The marker for the source.
    pub(super) fn mark(&self, scope: &Scope, stage: Stage) -> String {
        let mark = Marker {
            stage,
            source: self.deletion.guid.clone(),
            host: self.host.clone(),
            pool: self.pool.clone(),
            project: self.project.clone(),
            begun: self.begun,
            action: self.action.clone(),
            maker: scope.maker().clone(),
            before: self.before.clone(),
            inherits: self.inherits,
        };
        mark.to_string()
    }

    /// Writes the marker on the source. If the migration is abandoned, the same request protects
    /// the source: from its answer on, the appliance refuses a deletion that is under way.
    pub(in crate::driver) async fn mark_source(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
        stage: Stage,
    ) -> Result<Effect> {
        let protection = (stage == Stage::RollingBack).then_some(true);
        let mark = self.mark(scope, stage);
        self.write_on_source(route, scope, &mark, protection).await
    }

    pub(in crate::driver) async fn write_on_source(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
        text: &str,
        protection: Option<bool>,
    ) -> Result<Effect> {
        let change = LunChange {
            operation: Some(text),
            nodestroy: protection,
            ..LunChange::default()
        };
        let (appliance, place) = (route.source.appliance(), route.source.place());
        let lun = appliance.change_lun(scope, place, &self.name, &change);
        let lun = lun.await?;
        let same = lun.is_same(&self.deletion.guid);
        let same = same.map_err(|error| error.with_outcome(Outcome::Applied))?;
        if same && change.shows_in(&lun) {
            return Ok(Effect::Made);
        }
        Err(Error::new(
            Status::StateChanged,
            format!("volume {} was replaced while it migrated", self.name),
        )
        .with_outcome(Outcome::Applied))
    }
}

impl Flow<MigrationEndpoints> for MigrateFlow {
    type Step = MigrateStep;
    const KIND: &'static str = "migrate";

    fn object(&self) -> &str {
        &self.name
    }

    fn steps(&self) -> Vec<MigrateStep> {
        vec![
            MigrateStep::Mark,
            MigrateStep::StopInheriting,
            MigrateStep::MakeAction,
            MigrateStep::MarkAction,
            MigrateStep::SendUpdate,
            MigrateStep::DeleteAction,
            MigrateStep::Sever,
            MigrateStep::Move,
            MigrateStep::DeleteProject,
            MigrateStep::Adopt,
            MigrateStep::Unprotect,
            MigrateStep::DeleteSource,
            MigrateStep::FinishSource,
            MigrateStep::DeleteSnapshot,
            MigrateStep::DeleteEntry,
            MigrateStep::DeleteVolumes,
        ]
    }

    fn point_of_no_return(&self) -> Option<MigrateStep> {
        Some(MigrateStep::DeleteSource)
    }

    fn needed(&self, step: MigrateStep) -> bool {
        let gone = self.left.is_empty();
        match step {
            MigrateStep::StopInheriting => self.inherits,
            MigrateStep::Unprotect => self.deletion.needed(DeleteStep::Unprotect),
            MigrateStep::FinishSource => !gone,
            MigrateStep::DeleteSnapshot => gone && self.deletion.needed(DeleteStep::DeleteSnapshot),
            MigrateStep::DeleteEntry => gone && self.deletion.needed(DeleteStep::DeleteEntry),
            MigrateStep::DeleteVolumes => gone && self.deletion.needed(DeleteStep::DeleteVolumes),
            _ => true,
        }
    }

    fn unfinished(&self) -> Option<String> {
        (!self.left.is_empty()).then(|| self.left.join(", "))
    }

    fn left_behind(&self, step: MigrateStep) -> String {
        let id = self.action.as_deref().unwrap_or("of unknown id");
        match step {
            MigrateStep::Mark | MigrateStep::MarkAction => format!(
                "the mark of a migration in custom:zfssa_operation of volume {}",
                self.name
            ),
            MigrateStep::StopInheriting => format!(
                "volume {}, which does not inherit the replication of its project",
                self.name
            ),
            MigrateStep::MakeAction | MigrateStep::DeleteAction => {
                format!("replication action {id}")
            }
            MigrateStep::SendUpdate => format!("replication package {id} on {}", self.host),
            MigrateStep::Sever | MigrateStep::DeleteProject => {
                format!("project {id} on {}", self.host)
            }
            MigrateStep::Move | MigrateStep::Adopt => {
                format!("volume {} on {}", self.name, self.host)
            }
            MigrateStep::Unprotect => self.deletion.left_behind(DeleteStep::Unprotect),
            MigrateStep::DeleteSource | MigrateStep::FinishSource => {
                let place = self.deletion.left_behind(DeleteStep::DeleteLun);
                format!("{place} at its source")
            }
            MigrateStep::DeleteSnapshot => self.deletion.left_behind(DeleteStep::DeleteSnapshot),
            MigrateStep::DeleteEntry => self.deletion.left_behind(DeleteStep::DeleteEntry),
            MigrateStep::DeleteVolumes => self.deletion.left_behind(DeleteStep::DeleteVolumes),
        }
    }

    async fn run(
        &mut self,
        route: &MigrationEndpoints,
        scope: &Scope,
        step: MigrateStep,
    ) -> Result<Effect> {
        let source: &Driver = &route.source;
        match step {
            MigrateStep::Mark | MigrateStep::MarkAction => {
                self.mark_source(route, scope, Stage::Migrating).await
            }
            MigrateStep::StopInheriting => {
                let (appliance, place) = (source.appliance(), source.place());
                appliance
                    .inherit_replication(scope, place, &self.name, false)
                    .await?;
                Ok(Effect::Made)
            }
            MigrateStep::MakeAction => self.make_action(route, scope).await,
            MigrateStep::SendUpdate => self.send_update(route, scope).await,
            MigrateStep::DeleteAction => {
                let id = self.action()?;
                let (appliance, place) = (source.appliance(), source.place());
                appliance
                    .delete_replication_action(scope, place, id)
                    .await?;
                Ok(Effect::Made)
            }
            MigrateStep::Sever => self.sever(route, scope).await,
            MigrateStep::Move => self.move_copy(route, scope).await,
            MigrateStep::DeleteProject => self.delete_project(route, scope).await,
            MigrateStep::Adopt => self.adopt(route, scope).await,
            MigrateStep::Unprotect => {
                self.deletion
                    .run(source, scope, DeleteStep::Unprotect)
                    .await
            }
            MigrateStep::DeleteSource => self.delete_source(route, scope).await,
            MigrateStep::FinishSource
            | MigrateStep::DeleteSnapshot
            | MigrateStep::DeleteEntry
            | MigrateStep::DeleteVolumes => Ok(self.finish(route, scope, step).await),
        }
    }

    async fn verify(
        &mut self,
        route: &MigrationEndpoints,
        scope: &Scope,
        step: MigrateStep,
    ) -> Result<bool> {
        let source = &route.source;
        match step {
            MigrateStep::DeleteSource | MigrateStep::FinishSource => {
                let gone = self.source(route, scope).await?.is_none();
                if gone {
                    self.left.clear();
                }
                Ok(gone)
            }
            MigrateStep::DeleteSnapshot => {
                let step = DeleteStep::DeleteSnapshot;
                self.deletion.verify(source, scope, step).await
            }
            // While the source exists everything is rolled back, and the rollback reads the state
            // itself.
            _ => Ok(false),
        }
    }

    /// A deletion of the source that was begun may be carried out at any moment, so the copy is not
    /// changed any more: it is a complete volume and in place.
    async fn goes_on(&mut self, route: &MigrationEndpoints, scope: &Scope) -> Result<bool> {
        if !self.copy_stands(route, scope).await? {
            self.fence(route, scope).await?;
            return Ok(false);
        }
        let changed = match self.source_unused(route, scope).await {
            Ok(()) => {
                self.left = vec![self.left_behind(MigrateStep::DeleteSource)];
                return Ok(true);
            }
            Err(error) if error.status() == Status::StateChanged => error,
            Err(error) => return Err(error),
        };
        if self.source(route, scope).await?.is_none() {
            return Ok(true);
        }
        self.fence(route, scope).await?;
        Err(self.two_volumes().joined_by(changed))
    }

    async fn roll_back(
        &mut self,
        route: &MigrationEndpoints,
        scope: &Scope,
        step: MigrateStep,
    ) -> Result<()> {
        let rolled_back = match step {
            MigrateStep::Mark => self.roll_back_mark(route, scope).await,
            MigrateStep::StopInheriting => self.roll_back_inheriting(route, scope).await,
            MigrateStep::MakeAction => self.roll_back_action(route, scope).await,
            MigrateStep::SendUpdate => self.roll_back_update(route, scope).await,
            MigrateStep::Sever => self.roll_back_sever(route, scope).await,
            MigrateStep::Move => self.roll_back_move(route, scope).await,
            MigrateStep::Unprotect => {
                let step = DeleteStep::Unprotect;
                self.deletion.roll_back(&route.source, scope, step).await
            }
            // The rollback of an earlier or a later step deletes them.
            _ => Ok(()),
        };
        self.stuck |= rolled_back.is_err();
        rolled_back
    }
}
