//! Steps of a migration that make the copy: replicate the volume, sever the copy from its source,
//! and make it a volume of the other backend.

use crate::appliance::{Action, LunChange, NewAction, Presentation};
use crate::driver::age::since_now;
use crate::driver::migrate::destination::MigrationEndpoints;
use crate::driver::migrate::flow::MigrateFlow;
use crate::driver::migrate::marker::migrated;
use crate::driver::migrate::replication_update;
use crate::error::{Error, Outcome, Result, Status};
use crate::flow::Effect;
use crate::scope::Scope;

impl MigrateFlow {
    pub(super) async fn make_action(
        &mut self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<Effect> {
        let place = route.source.place();
        let new = NewAction {
            pool: place.pool,
            project: place.project,
            share: &self.name,
            target: &self.target,
            target_pool: &self.pool,
            continuous: false,
            include_snaps: false,
        };
        let source = route.source.appliance();
        let action = source.create_replication_action(scope, &new).await?;
        self.action = Some(action.id);
        Ok(Effect::Made)
    }

    pub(super) async fn send_update(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<Effect> {
        let source = route.source.appliance();
        let id = self.action()?;
        let before = source.find_replication_action(scope, id).await?;
        let before: Action = before.ok_or_else(|| {
            Error::new(
                Status::StateChanged,
                format!("replication action {id} was deleted by another process"),
            )
        })?;
        source.send_update(scope, &before).await?;
        // Whatever follows, the destination has a package.
        replication_update::follow(source, scope, &before)
            .await
            .map_err(|error| error.with_outcome(Outcome::Applied))?;
        Ok(Effect::Made)
    }

    pub(super) async fn sever(
        &mut self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<Effect> {
        let destination = route.destination()?;
        let Some(peer) = self.peer(destination, scope).await? else {
            return Err(Error::new(
                Status::StateChanged,
                format!("{} does not know this appliance as a source", self.host),
            ));
        };
        let (id, place) = (self.action()?, self.between()?);
        destination
            .sever_package(scope, &peer.name, id, place)
            .await?;
        let copy = destination.lun(scope, place, &self.name).await;
        let copy = copy.map_err(|error| {
            error
                .with_context("the severed package does not show the volume")
                .with_outcome(Outcome::Applied)
        })?;
        let guid = copy.said_guid();
        let guid = guid.map_err(|error| error.with_outcome(Outcome::Applied))?;
        self.copy = Some(guid.to_owned());
        Ok(Effect::Made)
    }

    pub(super) async fn move_copy(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<Effect> {
        let destination = route.destination()?;
        destination
            .move_lun(scope, self.between()?, &self.name, &self.project)
            .await?;
        Ok(Effect::Made)
    }

    pub(super) async fn delete_project(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<Effect> {
        let (destination, place) = (route.destination()?, self.between()?);
        let luns = destination.luns(scope, place).await?;
        if let Some(lun) = luns.described().next() {
            return Err(Error::new(
                Status::StateChanged,
                format!("the temporary project {} holds {lun}", place.project),
            ));
        }
        destination
            .delete_project(scope, place, self.there())
            .await?;
        Ok(Effect::Made)
    }

    /// Makes the copy a volume of the other backend, and checks by the answer that it matches the
    /// source. Its GUID is its own.
    pub(super) async fn adopt(&self, route: &MigrationEndpoints, scope: &Scope) -> Result<Effect> {
        let destination = route.destination()?;
        let (like, mark) = (&self.like, migrated(scope.id()));
        let policy = like.delete_with_clones.as_deref();
        if let Some(policy) = policy.filter(|_| !self.keeps_policy) {
            tracing::warn!(
                volume = self.name,
                policy,
                "the destination has no property zfssa_delete_with_clones, so the copy follows \
                 the option of its backend: run do_setup there and retype the volume"
            );
        }
        // The copy has the time of the source, which says nothing of this backend.
        let since = since_now();
        let change = LunChange {
            sparse: Some(like.sparse),
            compression: Some(&like.compression),
            logbias: Some(&like.logbias),
            target_group: Some(&like.target_group),
            initiator_groups: Some(Presentation::masked()),
            // At the destination it is not a clone.
            nodestroy: Some(false),
            managed: like.managed.filter(|_| self.keeps_managed),
            operation: self.keeps_operation.then_some(mark.as_str()),
            since: self.keeps_since.then_some(since.as_str()),
            delete_with_clones: policy.filter(|_| self.keeps_policy),
            ..LunChange::default()
        };
        let copy = destination
            .change_lun(scope, self.there(), &self.name, &change)
            .await?;
        let guid = self.copy.as_deref().unwrap_or_default();
        let is_same = copy.is_same(guid);
        let is_same = is_same.map_err(|error| error.with_outcome(Outcome::Applied))?;
        let mut differences = like.differences(&copy);
        if !is_same {
            differences.push(format!("its GUID is {}, not {guid}", copy.guid));
        }
        if copy.name != self.name {
            differences.push(format!("its name is {}", copy.name));
        }
        if differences.is_empty() && !change.shows_in(&copy) {
            differences.push("its new presentation or properties do not show".to_owned());
        }
        if differences.is_empty() {
            return Ok(Effect::Made);
        }
        Err(Error::new(
            Status::StateChanged,
            format!(
                "the copy of volume {} differs from its source: {}",
                self.name,
                differences.join("; ")
            ),
        )
        .with_outcome(Outcome::Applied))
    }
}
