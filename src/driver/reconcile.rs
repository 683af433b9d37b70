//! Bringing what the appliance has to what the configuration asks for: what is missing is made,
//! what exists is added to, nothing is taken away.

use crate::appliance::{
    ChapChange, Initiator, InitiatorGroup, NewInitiator, NewProject, NewTarget, Place, TargetChange,
};
use crate::config;
use crate::driver::Driver;
use crate::driver::setup::Found;
use crate::error::{Error, Result, Status};
use crate::scope::Scope;

/// What was done, and what should be looked at.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) changes: Vec<String>,
    pub(super) warnings: Vec<String>,
}

impl Driver {
    pub(super) async fn reconcile_projects(&self, scope: &Scope, found: &Found) -> Result<Notes> {
        let mut notes = Notes::default();
        let config = self.config();
        for (name, project) in self.projects().zip(&found.projects) {
            if project.is_some() {
                continue;
            }
            let new = NewProject {
                name,
                compression: config.lun.compression.as_str(),
                logbias: config.lun.logbias.as_str(),
            };
            let place = Place {
                pool: &config.pool,
                project: name,
            };
            let made = self.appliance().create_project(scope, place.pool, &new);
            let look = self.appliance().find_project(scope, place);
            if made_or_there(made.await, look).await?.1 {
                notes.changes.push(format!("project {name} was made"));
            }
        }
        Ok(notes)
    }

    pub(super) async fn reconcile_schema(&self, scope: &Scope, found: &Found) -> Result<Notes> {
        let mut notes = Notes::default();
        for wanted in self.properties() {
            let name = wanted.property;
            match found.schema.iter().find(|has| has.property == name) {
                Some(has) if has.kind == wanted.kind => {}
                Some(has) => {
                    return Err(Error::new(
                        Status::SetupIncomplete,
                        format!(
                            "the appliance's custom property {name} has the type {}, and {} is \
                             needed; it belongs to somebody else",
                            has.kind, wanted.kind
                        ),
                    ));
                }
                None => {
                    let made = self.appliance().create_property(scope, wanted).await;
                    let look = self.appliance().find_property(scope, name);
                    if made_or_there(made, look).await?.1 {
                        notes
                            .changes
                            .push(format!("custom property {name} was made"));
                    }
                }
            }
        }
        Ok(notes)
    }

    /// Registers the configured initiators and puts them into their groups. Answers with all
    /// groups as they are then.
    pub(super) async fn reconcile_initiators(
        &self,
        scope: &Scope,
        found: &Found,
    ) -> Result<(Vec<InitiatorGroup>, Notes)> {
        let mut notes = Notes::default();
        let mut groups = found.initiator_groups.clone();
        for wanted in &self.config().initiator_groups {
            for initiator in &wanted.initiators {
                let registered = found
                    .initiators
                    .iter()
                    .find(|has| has.iqn.eq_ignore_ascii_case(&initiator.iqn));
                self.reconcile_initiator(scope, &wanted.name, initiator, registered, &mut notes)
                    .await?;
            }
            if !wanted.is_default() {
                self.reconcile_group(scope, wanted, &mut groups, &mut notes)
                    .await?;
            }
        }
        Ok((groups, notes))
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
        let Some(has) = registered else {
            let alias = format!("{group}-{iqn}");
            let new = NewInitiator {
                iqn,
                alias: &alias,
                chap_user: wanted.chap.as_ref().map(|chap| chap.user.as_str()),
                chap_secret: wanted.chap.as_ref().map(|chap| &chap.secret),
            };
            let made = self.appliance().create_initiator(scope, &new).await;
            let look = self.appliance().find_initiator(scope, iqn);
            if made_or_there(made, look).await?.1 {
                notes
                    .changes
                    .push(format!("initiator {iqn} was registered"));
            }
            return Ok(());
        };
        match &wanted.chap {
            Some(chap) => {
                // The appliance never shows a secret, so whether it is still the right one
                // cannot be told. Setting it is the only way to make sure.
                let change = ChapChange {
                    chap_user: &chap.user,
                    chap_secret: &chap.secret,
                };
                self.appliance()
                    .change_initiator(scope, iqn, &change)
                    .await?;
                if has.chap_user != chap.user {
                    notes.changes.push(format!(
                        "initiator {iqn} has the CHAP name {} now",
                        chap.user
                    ));
                }
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

    async fn reconcile_group(
        &self,
        scope: &Scope,
        wanted: &config::InitiatorGroup,
        groups: &mut Vec<InitiatorGroup>,
        notes: &mut Notes,
    ) -> Result<()> {
        let name = wanted.name.as_str();
        let members: Vec<String> = wanted.initiators.iter().map(|i| i.iqn.clone()).collect();
        let appliance = self.appliance();
        let position = match groups.iter().position(|group| group.name == name) {
            Some(position) => position,
            None => {
                let made = appliance
                    .create_initiator_group(scope, name, &members)
                    .await;
                let look = appliance.find_initiator_group(scope, name);
                let (group, new) = made_or_there(made, look).await?;
                if new {
                    let note = format!("initiator group {name} was made");
                    notes.changes.push(note);
                }
                groups.push(group);
                groups.len() - 1
            }
        };
        let Some(group) = groups.get_mut(position) else {
            return Err(vanished(name));
        };
        let union = union(&group.initiators, &members);
        if union.len() > group.initiators.len() {
            let added = union.len() - group.initiators.len();
            *group = appliance.set_initiator_group(scope, name, &union).await?;
            if !contains_all(&group.initiators, &union) {
                return Err(lost(name));
            }
            let note = format!("{added} initiators were added to the initiator group {name}");
            notes.changes.push(note);
        }
        Ok(())
    }

    /// Makes the target and puts it into its group. Answers with its iSCSI name.
    pub(super) async fn reconcile_target(
        &self,
        scope: &Scope,
        found: &Found,
    ) -> Result<(String, Notes)> {
        let mut notes = Notes::default();
        let config = self.config();
        let (appliance, alias) = (self.appliance(), config.target_group.as_str());
        let auth = TargetChange {
            auth: if config.target_chap.is_some() {
                "chap"
            } else {
                "none"
            },
            chap_user: config.target_chap.as_ref().map(|chap| chap.user.as_str()),
            chap_secret: config.target_chap.as_ref().map(|chap| &chap.secret),
        };
        let iqn = match found.targets.iter().find(|target| target.alias == alias) {
            Some(target) => {
                if config.target_chap.is_some() {
                    // As with initiators: a secret can be set and not compared.
                    appliance.change_target(scope, &target.iqn, &auth).await?;
                    if Some(target.chap_user.as_str()) != auth.chap_user {
                        notes
                            .changes
                            .push(format!("target {alias} asks for CHAP now"));
                    }
                } else if target.auth == "chap" {
                    notes.warnings.push(format!(
                        "target {alias} asks for CHAP and zfssa_target_user is not set; hosts \
                         may be refused"
                    ));
                }
                let missing: Vec<&str> = config
                    .target_interfaces
                    .iter()
                    .filter(|interface| !target.interfaces.contains(interface))
                    .map(String::as_str)
                    .collect();
                if !missing.is_empty() {
                    notes.warnings.push(format!(
                        "target {alias} does not listen on {}; it was left alone",
                        missing.join(", ")
                    ));
                }
                target.iqn.clone()
            }
            None => {
                let new = NewTarget {
                    alias,
                    interfaces: &config.target_interfaces,
                    auth,
                };
                let made = appliance.create_target(scope, &new).await;
                let look = appliance.find_target(scope, alias);
                let (target, new) = made_or_there(made, look).await?;
                if new {
                    let note = format!("target {alias} was made: {}", target.iqn);
                    notes.changes.push(note);
                }
                target.iqn
            }
        };
        self.reconcile_target_group(scope, found, &iqn, &mut notes)
            .await?;
        Ok((iqn, notes))
    }

    async fn reconcile_target_group(
        &self,
        scope: &Scope,
        found: &Found,
        iqn: &str,
        notes: &mut Notes,
    ) -> Result<()> {
        let name = self.config().target_group.as_str();
        let member = [iqn.to_owned()];
        let has = found.target_groups.iter().find(|group| group.name == name);
        let group = match has {
            None => {
                let made = self.appliance().create_target_group(scope, name, &member);
                let made = made.await?;
                notes.changes.push(format!("target group {name} was made"));
                made
            }
            Some(group) if contains_all(&group.targets, &member) => return Ok(()),
            Some(group) => {
                let union = union(&group.targets, &member);
                let grown = self.appliance().set_target_group(scope, name, &union);
                let grown = grown.await?;
                let note = format!("target {iqn} was added to the target group {name}");
                notes.changes.push(note);
                grown
            }
        };
        if contains_all(&group.targets, &member) {
            Ok(())
        } else {
            Err(lost(name))
        }
    }
}

/// What was made, and true; or what somebody else made a moment ago, and false. An object that
/// exists and is not there under its name is another one that stands in the way, such as an
/// initiator that has the wanted alias.
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

fn union(have: &[String], want: &[String]) -> Vec<String> {
    let mut union = have.to_vec();
    for member in want {
        if !contains(&union, member) {
            union.push(member.clone());
        }
    }
    union
}

fn contains(have: &[String], iqn: &str) -> bool {
    have.iter().any(|member| member.eq_ignore_ascii_case(iqn))
}

fn contains_all(have: &[String], want: &[String]) -> bool {
    want.iter().all(|iqn| contains(have, iqn))
}

fn lost(group: &str) -> Error {
    Error::new(
        Status::StateChanged,
        format!("group {group} lost members while it was added to; run do_setup again"),
    )
}

fn vanished(group: &str) -> Error {
    Error::new(
        Status::StateChanged,
        format!("group {group} exists and cannot be read; run do_setup again"),
    )
}
