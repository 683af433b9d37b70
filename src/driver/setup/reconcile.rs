//! Reconciliation of the appliance with the configuration.
//!
//! What is missing is made and what exists is added to. Nothing is removed, and nothing is rolled
//! back when another part fails: the next set-up goes on from there.

use std::collections::HashSet;

use crate::appliance::{
    ChapChange, DEFAULT_GROUP, Initiator, InitiatorGroup, NewInitiator, NewProject, NewProperty,
    NewTarget, ProjectRef, Property, Target, TargetChange,
};
use crate::config::{self, Config};
use crate::driver::attach::registered_host::is_own_initiator;
use crate::driver::backend::Driver;
use crate::driver::setup::group_members::add_members;
use crate::driver::setup::notes::Notes;
use crate::driver::setup::survey::{Found, projects, properties};
use crate::error::{Error, Result, Status};
use crate::lock::Key;
use crate::scope::Scope;

/// The set-up of a backend.
pub(in crate::driver) struct Setup<'a>(pub(in crate::driver) &'a Driver);

impl Setup<'_> {
    pub(in crate::driver) async fn reconcile_projects(
        &self,
        scope: &Scope,
        found: &Found,
        notes: &mut Notes,
    ) -> Result<()> {
        let config = self.0.config();
        for (name, project) in projects(config).zip(&found.projects) {
            if project.is_some() {
                continue;
            }
            let new = NewProject {
                name,
                compression: config.lun.compression.as_str(),
                logbias: config.lun.logbias.as_str(),
            };
            let place = ProjectRef {
                pool: &config.pool,
                project: name,
            };
            let made = self.0.appliance().create_project(scope, place.pool, &new);
            let look = self.0.appliance().find_project(scope, place);
            if made_or_there(made.await, look).await?.1 {
                notes.made(format!("project {name}"));
            }
        }
        Ok(())
    }

    /// Refuses a custom property of another type, before anything is changed.
    pub(in crate::driver) fn check_schema(&self, found: &Found) -> Result<()> {
        for wanted in properties(self.0.config()) {
            let has = found
                .schema
                .iter()
                .find(|has| has.property == wanted.property);
            has.map_or(Ok(()), |has| fits(wanted, has))?;
        }
        Ok(())
    }

    pub(in crate::driver) async fn reconcile_schema(
        &self,
        scope: &Scope,
        found: &Found,
        notes: &mut Notes,
    ) -> Result<()> {
        for wanted in properties(self.0.config()) {
            let name = wanted.property;
            if found.schema.iter().any(|has| has.property == name) {
                continue;
            }
            let made = self.0.appliance().create_property(scope, wanted).await;
            let look = self.0.appliance().find_property(scope, name);
            match made_or_there(made, look).await? {
                (_, true) => notes.made(format!("custom property {name}")),
                (there, false) => fits(wanted, &there)?,
            }
        }
        Ok(())
    }

    /// Registers the configured initiators and adds them to their groups. Returns all groups
    /// afterwards.
    pub(in crate::driver) async fn reconcile_initiators(
        &self,
        scope: &Scope,
        found: &Found,
        notes: &mut Notes,
    ) -> Result<Vec<InitiatorGroup>> {
        let mut groups = found.initiator_groups.clone();
        // One that is in several groups is registered once.
        let mut done = HashSet::new();
        for wanted in &self.0.config().initiator_groups {
            for initiator in &wanted.initiators {
                if !done.insert(initiator.iqn.to_ascii_lowercase()) {
                    continue;
                }
                let registered = found
                    .initiators
                    .iter()
                    .find(|has| has.iqn.eq_ignore_ascii_case(&initiator.iqn));
                self.reconcile_initiator(scope, &wanted.name, initiator, registered, notes)
                    .await?;
            }
            if wanted.is_default() {
                continue;
            }
            let name = wanted.name.as_str();
            let members: Vec<String> = wanted.initiators.iter().map(|i| i.iqn.clone()).collect();
            let has = groups.iter().position(|group| group.name == name);
            let has = has.map(|position| groups.remove(position));
            let group = add_members(
                self.0,
                scope,
                has,
                (Key::InitiatorGroup, name),
                &members,
                notes,
            )
            .await?;
            groups.push(group);
        }
        let own = found.initiators.iter().filter(|has| is_own_initiator(has));
        for has in own.filter(|has| !done.contains(&has.iqn.to_ascii_lowercase())) {
            self.reconcile_registered_host(scope, has, notes).await?;
        }
        Ok(groups)
    }

    /// Sets the present CHAP account of registered hosts at one that an attachment registered.
    async fn reconcile_registered_host(
        &self,
        scope: &Scope,
        has: &Initiator,
        notes: &mut Notes,
    ) -> Result<()> {
        let Some(chap) = &self.0.config().registered_chap else {
            return Ok(());
        };
        let wanted = config::Initiator {
            iqn: has.iqn.clone(),
            chap: Some(chap.clone()),
        };
        self.reconcile_initiator(scope, &has.alias, &wanted, Some(has), notes)
            .await
    }

    async fn reconcile_initiator(
        &self,
        scope: &Scope,
        group: &str,
        wanted: &config::Initiator,
        registered: Option<&Initiator>,
        notes: &mut Notes,
    ) -> Result<()> {
        let iqn = wanted.iqn.as_str();
        let has = match registered {
            Some(has) => has.clone(),
            None => {
                let alias = format!("{group}-{iqn}");
                let new = NewInitiator {
                    iqn,
                    alias: &alias,
                    chap_user: wanted.chap.as_ref().map(|chap| chap.user.as_str()),
                    chap_secret: wanted.chap.as_ref().map(|chap| &chap.secret),
                };
                let made = self.0.appliance().create_initiator(scope, &new).await;
                let look = self.0.appliance().find_initiator(scope, iqn);
                match made_or_there(made, look).await? {
                    (_, true) => {
                        notes.made(format!("initiator {iqn}"));
                        return Ok(());
                    }
                    (there, false) => there,
                }
            }
        };
        match &wanted.chap {
            Some(chap) => {
                // The appliance never shows a secret, so it may be out of date. Setting it is the
                // only way to be sure. The name is the appliance's, whose case may differ.
                let change = ChapChange {
                    chap_user: &chap.user,
                    chap_secret: &chap.secret,
                };
                self.0
                    .appliance()
                    .change_initiator(scope, &has.iqn, &change)
                    .await?;
                let renamed = (has.chap_user != chap.user).then(|| {
                    let user = &chap.user;
                    format!("initiator {iqn} has the CHAP name {user} now")
                });
                notes.account(&format!("initiator {iqn}"), renamed);
            }
            None if has.chap_user.is_empty() => {}
            None => notes.warnings.push(format!(
                "initiator {iqn} has the CHAP name {} on the appliance and none in the \
                 configuration; it was left alone",
                has.chap_user
            )),
        }
        Ok(())
    }

    /// Creates the target and adds it to its group. Returns its iSCSI name.
    pub(in crate::driver) async fn reconcile_target(
        &self,
        scope: &Scope,
        found: &Found,
        notes: &mut Notes,
    ) -> Result<String> {
        let config = self.0.config();
        let name = config.target_group.as_str();
        let has = found.targets.iter().find(|target| target.alias == name);
        let target = match has {
            Some(target) => target.clone(),
            None => {
                let new = NewTarget {
                    alias: name,
                    interfaces: &config.target_interfaces,
                    auth: self.target_auth(),
                };
                let made = self.0.appliance().create_target(scope, &new).await;
                let look = self.0.appliance().find_target(scope, name);
                let (target, new) = made_or_there(made, look).await?;
                if new {
                    notes.made(format!("target {name} ({})", target.iqn));
                } else {
                    self.keep_target(scope, &target, notes).await?;
                }
                target
            }
        };
        if has.is_some() {
            self.keep_target(scope, &target, notes).await?;
        }
        // The built-in group has every target in it.
        if name == DEFAULT_GROUP {
            return Ok(target.iqn);
        }
        let groups = found.target_groups.iter();
        let group = groups.clone().find(|group| group.name == name).cloned();
        let member = [target.iqn.clone()];
        add_members(
            self.0,
            scope,
            group,
            (Key::TargetGroup, name),
            &member,
            notes,
        )
        .await?;
        Ok(target.iqn)
    }

    fn target_auth(&self) -> TargetChange<'_> {
        let chap = self.0.config().target_chap.as_ref();
        TargetChange {
            auth: if chap.is_some() { "chap" } else { "none" },
            chap_user: chap.map(|chap| chap.user.as_str()),
            chap_secret: chap.map(|chap| &chap.secret),
        }
    }

    /// Sets the authentication of an existing target, and reports other differences.
    async fn keep_target(&self, scope: &Scope, target: &Target, notes: &mut Notes) -> Result<()> {
        let alias = &target.alias;
        if let Some(chap) = &self.0.config().target_chap {
            // As with initiators: a secret can be set and not compared.
            self.0
                .appliance()
                .change_target(scope, &target.iqn, &self.target_auth())
                .await?;
            let asks = (target.auth != "chap" || target.chap_user != chap.user).then(|| {
                let user = &chap.user;
                format!("target {alias} asks for CHAP with the name {user} now")
            });
            notes.account(&format!("target {alias}"), asks);
        } else if target.auth == "chap" {
            notes.warnings.push(format!(
                "target {alias} asks for CHAP and zfssa_target_user is not set; hosts may be \
                 refused"
            ));
        }
        if let Some(missing) = interfaces_missing_of(self.0.config(), target) {
            notes.warnings.push(format!("{missing}; it was left alone"));
        }
        Ok(())
    }
}

/// Reports the configured interfaces on which a target does not listen.
pub(in crate::driver) fn interfaces_missing_of(config: &Config, target: &Target) -> Option<String> {
    let wanted = config.target_interfaces.iter();
    let missing: Vec<&str> = wanted
        .filter(|interface| !target.interfaces.contains(interface))
        .map(String::as_str)
        .collect();
    (!missing.is_empty()).then(|| {
        format!(
            "target {} does not listen on {}",
            target.alias,
            missing.join(", ")
        )
    })
}

/// Whether a custom property is of the type that is needed.
fn fits(wanted: &NewProperty, has: &Property) -> Result<()> {
    if has.kind == wanted.kind {
        return Ok(());
    }
    Err(Error::new(
        Status::SetupIncomplete,
        format!(
            "the appliance's custom property {} has the type {}, and {} is needed; it belongs to \
             another program",
            wanted.property, has.kind, wanted.kind
        ),
    ))
}

/// The created object, and true; or the object that another host created a moment ago, and false.
/// If the object exists but is not found under its name, another object conflicts with it, such as
/// an initiator with the same alias.
async fn made_or_there<T>(
    made: Result<T>,
    look: impl Future<Output = Result<Option<T>>>,
) -> Result<(T, bool)> {
    match made {
        Ok(made) => Ok((made, true)),
        Err(exists) if exists.status() == Status::Exists => match look.await? {
            Some(there) => Ok((there, false)),
            None => Err(exists),
        },
        Err(error) => Err(error),
    }
}
