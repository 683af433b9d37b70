//! Steps of a migration that delete the source, and what is left of it when they fail.

use crate::driver::migrate::destination::MigrationEndpoints;
use crate::driver::migrate::flow::{MigrateFlow, MigrateStep};
use crate::driver::migrate::marker::Stage;
use crate::driver::volume::delete_flow::{DeleteStep, not_deleted};
use crate::driver::volume::dependents::{blockers, described};
use crate::error::{Error, Outcome, Result, Status};
use crate::flow::{Effect, Flow};
use crate::scope::Scope;

impl MigrateFlow {
    /// Fails unless the source is unchanged since the copy and not in use.
    pub(super) async fn source_unused(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<()> {
        let (appliance, place) = (route.source.appliance(), route.source.place());
        let (lun, snapshots) = tokio::join!(
            self.source(route, scope),
            appliance.snapshots(scope, place, &self.name),
        );
        let changed = |what: &str| {
            let text = format!("volume {} {what} while it migrated", self.name);
            Err(Error::new(Status::StateChanged, text))
        };
        let Some(lun) = lun? else {
            return changed("was deleted");
        };
        if !lun.presentation().is_masked() {
            return changed("was attached");
        }
        if lun.size != self.like.size {
            return changed("was resized");
        }
        if lun.operation.as_deref() != Some(&self.mark(scope, Stage::Migrating)) {
            return changed(
                "lost its marker, so that another process may be rolling back the migration,",
            );
        }
        let blockers = blockers(&route.source, scope, place, &self.name, snapshots?).await?;
        if !blockers.is_empty() {
            return changed(&format!("was given a snapshot ({})", described(&blockers)));
        }
        Ok(())
    }

    /// Deletes the source. After an error the source exists and will not be deleted late.
    pub(super) async fn delete_source(
        &mut self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<Effect> {
        self.source_unused(route, scope).await?;
        if let Err(error) = self.delete_lun(route, scope).await {
            let refused = matches!(error.outcome(), Outcome::None | Outcome::Rejected);
            let busy = error.outcome() == Outcome::Rejected && error.retryable();
            if refused && !busy {
                return Err(not_deleted(&self.name, error));
            }
            let looking = scope.for_rollback();
            if !matches!(self.source(route, &looking).await, Ok(None)) {
                tracing::warn!(%error, "source of a migration possibly not deleted");
                self.left.push(self.left_behind(MigrateStep::DeleteSource));
            }
        }
        Ok(Effect::Made)
    }

    pub(super) async fn delete_lun(&self, route: &MigrationEndpoints, scope: &Scope) -> Result<()> {
        let source = &route.source;
        let (appliance, place) = (source.appliance(), source.place());
        appliance.delete_lun(scope, place, &self.name).await?;
        Ok(())
    }

    pub(super) async fn finish_source(
        &mut self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<Effect> {
        if self.source(route, scope).await?.is_some() {
            self.source_unused(route, scope).await?;
            self.delete_lun(route, scope).await?;
        }
        self.left.clear();
        Ok(Effect::Made)
    }

    /// Runs the steps after the point of no return. They may fail: the volume has moved.
    pub(super) async fn finish(
        &mut self,
        route: &MigrationEndpoints,
        scope: &Scope,
        step: MigrateStep,
    ) -> Effect {
        let source = &route.source;
        let done = match step {
            MigrateStep::FinishSource => self.finish_source(route, scope).await,
            MigrateStep::DeleteSnapshot => {
                let step = DeleteStep::DeleteSnapshot;
                self.deletion.run(source, scope, step).await
            }
            MigrateStep::DeleteEntry => {
                let step = DeleteStep::DeleteEntry;
                self.deletion.run(source, scope, step).await
            }
            _ => {
                let step = DeleteStep::DeleteVolumes;
                self.deletion.run(source, scope, step).await
            }
        };
        done.unwrap_or_else(|error| {
            let name = self.left_behind(step);
            tracing::warn!(name, %error, "migrated volume left objects at its source");
            self.left = vec![name];
            Effect::Found
        })
    }
}
