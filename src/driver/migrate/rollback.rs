//! Rollback of a migration: step by step from its journal, or from the marker on the source where
//! the journal is lost.

use crate::appliance::{Action, Appliance, Lun, ProjectRef};
use crate::driver::migrate::destination::MigrationEndpoints;
use crate::driver::migrate::flow::{MigrateFlow, MigrateStep};
use crate::driver::migrate::likeness::Likeness;
use crate::driver::migrate::marker::{Marker, Stage};
use crate::driver::migrate::replication_update;
use crate::driver::volume::delete_flow::DeleteFlow;
use crate::driver::volume::protection::protect;
use crate::error::{Error, Result, Status};
use crate::flow::Flow;
use crate::scope::Scope;

impl MigrateFlow {
    /// Flow reconstructed from a marker.
    pub(in crate::driver) fn of_mark(lun: &Lun, mark: Marker) -> MigrateFlow {
        // The driver protects the clones that it creates. Any other protection existed before, or
        // was set by this rollback.
        let protected = lun.origin.is_some() || lun.nodestroy && mark.stage == Stage::Migrating;
        MigrateFlow {
            name: lun.name.clone(),
            like: Likeness::of(lun),
            host: mark.host,
            pool: mark.pool,
            project: mark.project,
            target: String::new(),
            asn: String::new(),
            keeps_managed: false,
            keeps_operation: false,
            keeps_since: false,
            keeps_policy: false,
            begun: mark.begun,
            before: mark.before,
            inherits: mark.inherits,
            deletion: DeleteFlow {
                name: lun.name.clone(),
                guid: lun.guid.clone(),
                protected,
                ..DeleteFlow::default()
            },
            action: mark.action,
            copy: None,
            left: Vec::new(),
            stuck: false,
        }
    }

    pub(in crate::driver) async fn roll_back_marked(
        &mut self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<()> {
        // From here on neither a migration that is still alive nor a late deletion can delete the
        // source, so the state of the copy does not change.
        self.mark_source(route, scope, Stage::RollingBack).await?;
        let destination = self.served(route, scope).await?;
        let copy = destination
            .find_lun(scope, self.there(), &self.name)
            .await?;
        if let Some(copy) = copy {
            let mark = Marker::of_copy(&copy);
            if mark.is_none_or(|mark| mark.source != self.deletion.guid) {
                return Err(self.two_volumes());
            }
            self.copy = Some(copy.said_guid()?.to_owned());
        }
        self.asn = route.source.appliance().version(scope).await?.asn;
        self.action = self.find_action(route, scope).await?;
        use MigrateStep::{MakeAction, Mark as Unmark, Move, SendUpdate, Sever, StopInheriting};
        let arrived: &[MigrateStep] = match self.action {
            Some(_) => &[Move, Sever, SendUpdate],
            // Nothing was sent without one.
            None => &[],
        };
        for step in arrived.iter().chain(&[MakeAction, StopInheriting, Unmark]) {
            if *step == StopInheriting && !self.inherits {
                continue;
            }
            self.roll_back(route, scope, *step).await?;
        }
        Ok(())
    }

    pub(in crate::driver) fn two_volumes(&self) -> Error {
        let name = &self.name;
        Error::new(
            Status::StateChanged,
            format!(
                "volume {name} is here and at {host} (pool {pool}, project {project}), and it is \
                 unknown which of them is used; this one is protected (nodestroy) meanwhile. If \
                 it stays, delete the other one and call recover again; if the other one stays, \
                 clear nodestroy and delete this one",
                host = self.host,
                pool = self.pool,
                project = self.project,
            ),
        )
    }

    /// Fails unless the source exists, so that its copy may be deleted.
    async fn source_stands(&self, route: &MigrationEndpoints, scope: &Scope) -> Result<()> {
        match self.source(route, scope).await? {
            Some(_) => Ok(()),
            None => Err(Error::new(
                Status::StateChanged,
                format!("volume {} is gone, so that its copy is kept", self.name),
            )),
        }
    }

    /// Whether the copy is in its place.
    pub(in crate::driver) async fn copy_stands(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<bool> {
        let destination = route.destination()?;
        let place = self.there();
        let copy = destination.find_lun_proven(scope, place, &self.name);
        match (copy.await?, &self.copy) {
            (Some(copy), Some(guid)) => copy.is_same(guid),
            _ => Ok(false),
        }
    }

    /// Protects the source from a deletion that may be under way, unless another migration owns it
    /// by now.
    pub(in crate::driver) async fn fence(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<()> {
        let Some(source) = self.source(route, scope).await? else {
            return Ok(());
        };
        match Marker::of_source(&source) {
            Some(mark) if mark.maker != *scope.maker() => Ok(()),
            Some(mark) if mark.stage == Stage::RollingBack && source.nodestroy => Ok(()),
            Some(_) => self
                .mark_source(route, scope, Stage::RollingBack)
                .await
                .map(drop),
            None => Ok(()),
        }
    }

    /// Restores the source's property, unless another process changed it. The marker stays until
    /// all objects of the migration are gone.
    pub(in crate::driver) async fn roll_back_mark(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<()> {
        if self.stuck {
            let message = "objects of the migration could not be deleted";
            return Err(Error::new(Status::Busy, message));
        }
        let source = self.source(route, scope).await?;
        let mark = source.as_ref().and_then(Marker::of_source);
        if let Some(mark) = mark.filter(|mark| mark.maker == *scope.maker()) {
            let before = self.before.as_deref().unwrap_or_default();
            let fenced = mark.stage == Stage::RollingBack;
            let protection = fenced.then_some(self.deletion.protected);
            self.write_on_source(route, scope, before, protection)
                .await?;
        }
        Ok(())
    }

    /// The replication action, whose id may be unknown after a lost answer. The migration records
    /// the id before it sends an update, so an action with an update belongs to another program.
    pub(in crate::driver) async fn find_action(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<Option<String>> {
        if let Some(id) = &self.action {
            return Ok(Some(id.clone()));
        }
        let source = self.source(route, scope).await?;
        let mark = source.as_ref().and_then(Marker::of_source);
        if mark.is_some_and(|mark| mark.maker != *scope.maker()) {
            // Another migration of the volume is under way, and so is its action.
            return Ok(None);
        }
        let place = route.source.place();
        let actions = route.source.appliance().replication_actions(scope).await?;
        let action = actions.find(
            |action| action.sends(place, &self.name),
            |odd| Action::may_send(odd, place, &self.name),
        )?;
        match action {
            Some(action) if action.has_sent() => Err(Error::new(
                Status::StateChanged,
                format!(
                    "replication action {} sends volume {}, and the migration did not make it",
                    action.id, self.name
                ),
            )),
            found => Ok(found.map(|action| action.id)),
        }
    }

    pub(in crate::driver) async fn roll_back_action(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<()> {
        let source = route.source.appliance();
        if let Some(id) = self.find_action(route, scope).await? {
            replication_update::quiet(source, scope, &id).await?;
            source
                .delete_replication_action(scope, route.source.place(), &id)
                .await?;
        }
        Ok(())
    }

    /// Ends the update and destroys the received data.
    pub(in crate::driver) async fn roll_back_update(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<()> {
        self.roll_back_action(route, scope).await?;
        let destination = self.served(route, scope).await?;
        let Some(peer) = self.peer(destination, scope).await? else {
            return Ok(());
        };
        let id = self.action()?;
        let packages = destination.packages(scope, &peer.name).await?;
        let package = packages.find(|package| package.id == id, |odd| odd.may_be_called(id))?;
        if package.is_some() {
            self.source_stands(route, scope).await?;
            destination
                .delete_package(scope, self.there(), &peer.name, id)
                .await?;
        }
        Ok(())
    }

    /// Deletes the temporary project with the copy, and nothing else.
    pub(in crate::driver) async fn roll_back_sever(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<()> {
        let destination = self.served(route, scope).await?;
        let place = self.between()?;
        if destination.find_project(scope, place).await?.is_none() {
            return Ok(());
        }
        let luns = destination.luns(scope, place).await?.whole()?;
        if let Some(other) = luns.iter().find(|lun| lun.name != self.name) {
            return Err(Error::new(
                Status::StateChanged,
                format!(
                    "the temporary project {} holds {}",
                    place.project, other.name
                ),
            ));
        }
        self.source_stands(route, scope).await?;
        for lun in &luns {
            self.delete_copy(destination, scope, place, lun).await?;
        }
        destination
            .delete_project(scope, place, self.there())
            .await?;
        Ok(())
    }

    pub(in crate::driver) async fn roll_back_move(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<()> {
        let destination = self.served(route, scope).await?;
        let place = self.there();
        let lun = destination.find_lun(scope, place, &self.name).await?;
        let Some(lun) = lun else { return Ok(()) };
        match &self.copy {
            Some(guid) if lun.is_same(guid)? => {}
            _ => return Ok(()),
        }
        self.source_stands(route, scope).await?;
        self.delete_copy(destination, scope, place, &lun).await
    }

    async fn delete_copy(
        &self,
        destination: &Appliance,
        scope: &Scope,
        place: ProjectRef<'_>,
        lun: &Lun,
    ) -> Result<()> {
        if !lun.presentation().is_masked() {
            return Err(Error::new(
                Status::VolumeBusy,
                format!("the copy of volume {} is presented to a host", self.name),
            ));
        }
        if lun.nodestroy {
            protect(destination, scope, place, &lun.name, false).await?;
        }
        destination.delete_lun(scope, place, &lun.name).await?;
        Ok(())
    }

    pub(in crate::driver) async fn roll_back_inheriting(
        &self,
        route: &MigrationEndpoints,
        scope: &Scope,
    ) -> Result<()> {
        if self.source(route, scope).await?.is_none() {
            return Ok(());
        }
        let source = &route.source;
        let (appliance, place) = (source.appliance(), source.place());
        appliance
            .inherit_replication(scope, place, &self.name, true)
            .await
    }
}
