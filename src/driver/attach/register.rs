//! Registration of a host that is in no initiator group, by the attachment of a volume.
//!
//! Nothing is rolled back: each object is complete by itself, and the next attachment of the host
//! finds it and goes on from there, also after the death of this process.

use std::sync::Arc;

use crate::appliance::{ChapChange, Group as _, Initiator, InitiatorGroup, NewInitiator};
use crate::config::{Chap, check_iscsi_name};
use crate::driver::attach::initiator_index::InitiatorIndex;
use crate::driver::attach::registered_host::{
    Host, configured, is_own, is_own_initiator, own_name,
};
use crate::driver::backend::Driver;
use crate::error::{Error, Result, Status};
use crate::scope::Scope;

/// The initiator groups of the appliance after a registration.
pub(in crate::driver) struct Registered {
    pub(in crate::driver) groups: Arc<InitiatorIndex>,
    /// The objects that were created, or changed.
    made: Vec<String>,
}

impl Registered {
    /// Names the created objects in an error of the same call.
    pub(in crate::driver) fn named_in(&self, error: Error) -> Error {
        error.with_left_behind(self.made.iter().cloned())
    }
}

/// Registers a host unless it is in a group by now. The caller holds the lock of the initiator.
pub(in crate::driver) async fn register(
    driver: &Driver,
    scope: &Scope,
    host: Host<'_>,
) -> Result<Registered> {
    let mut made = Vec::new();
    let groups = driver.0.initiator_groups.read(driver.appliance(), scope);
    let groups = groups.await?;
    if !groups.of(host.iqn).is_empty() {
        return Ok(Registered { groups, made });
    }
    check_iscsi_name(host.iqn).map_err(|flaw| {
        Error::new(
            Status::InvalidConnector,
            format!("initiator {} {flaw}: give the host's iSCSI name", host.iqn),
        )
    })?;
    let registration = Registration {
        driver,
        host,
        name: own_name(host),
    };
    let group = registration.run(scope, &mut made).await;
    let group = group.map_err(|error| error.with_left_behind(made.iter().cloned()))?;
    let groups = driver.0.initiator_groups.add(&groups, group);
    Ok(Registered { groups, made })
}

struct Registration<'a> {
    driver: &'a Driver,
    host: Host<'a>,
    /// The group, and the alias of the initiator.
    name: String,
}

impl Registration<'_> {
    /// Makes the initiator before the group: a host whose LUNs are presented to the group must be
    /// able to log in.
    async fn run(&self, scope: &Scope, made: &mut Vec<String>) -> Result<InitiatorGroup> {
        let iqn = self.host.iqn;
        self.make_initiator(scope, made).await?;
        let (group, group_is_new) = self.make_group(scope).await?;
        if group_is_new {
            made.push(format!("initiator group {}", self.name));
        }
        // The last detachment by another host, which shares no lock, may have deleted the initiator
        // since. From now on it finds the group and keeps the initiator.
        let appliance = self.driver.appliance();
        let is_there = appliance.find_initiator(scope, iqn).await?.is_some();
        if !is_there && !canary!("registered-initiator-not-read-again") {
            self.make_initiator(scope, made).await?;
        }
        Ok(group)
    }

    fn account(&self) -> Option<&Chap> {
        let config = self.driver.config();
        configured(config, self.host.iqn).unwrap_or(config.registered_chap.as_ref())
    }

    /// Makes the initiator, or sets the account of the one that exists. Adds what it made or changed
    /// to `made`.
    async fn make_initiator(&self, scope: &Scope, made: &mut Vec<String>) -> Result<()> {
        let (appliance, iqn) = (self.driver.appliance(), self.host.iqn);
        let account = self.account();
        let new = NewInitiator {
            iqn,
            alias: &self.name,
            chap_user: account.map(|chap| chap.user.as_str()),
            chap_secret: account.map(|chap| &chap.secret),
        };
        let exists = match appliance.create_initiator(scope, &new).await {
            Ok(_) => {
                made.push(format!("initiator {iqn}"));
                return Ok(());
            }
            Err(exists) if exists.status() == Status::Exists => exists,
            Err(error) => return Err(error),
        };
        let Some(there) = appliance.find_initiator(scope, iqn).await? else {
            let name = &self.name;
            return Err(exists
                .with_status(Status::InvalidConnector)
                .with_context(format!(
                    "initiator {iqn} is not registered: another initiator has the alias {name}, or \
                     initiator {iqn} was deleted a moment ago: attach again, or change that alias \
                     on the appliance"
                )));
        };
        let Some(account) = account else {
            return Ok(());
        };
        let may_change = is_own_initiator(&there)
            || there.chap_user == account.user
            || configured(self.driver.config(), iqn).is_some();
        if !may_change && !canary!("account-of-another-program-changed") {
            let has = match there.chap_user.as_str() {
                "" => "without a CHAP account".to_owned(),
                user => format!("with the CHAP name {user}"),
            };
            return Err(Error::new(
                Status::InvalidConnector,
                format!(
                    "initiator {iqn} is registered {has}, and registered hosts have the CHAP name \
                     {}: name it with its account in zfssa_initiator_config, or delete it on the \
                     appliance",
                    account.user
                ),
            ));
        }
        // The appliance never shows a secret: that of an earlier registration may be out of date.
        let change = ChapChange {
            chap_user: &account.user,
            chap_secret: &account.secret,
        };
        appliance
            .change_initiator(scope, &there.iqn, &change)
            .await?;
        made.push(format!("the CHAP account of initiator {iqn}"));
        Ok(())
    }

    /// Makes the group, or takes the one that exists if it holds exactly this initiator; true if it
    /// was made.
    async fn make_group(&self, scope: &Scope) -> Result<(InitiatorGroup, bool)> {
        let (appliance, iqn, name) = (self.driver.appliance(), self.host.iqn, &self.name);
        let members = [iqn.to_owned()];
        let exists = match appliance.create_group(scope, name, &members).await {
            Ok(group) => return Ok((group, true)),
            Err(exists) if exists.status() == Status::Exists => exists,
            Err(error) => return Err(error),
        };
        let there: Option<InitiatorGroup> = appliance.find_group(scope, name).await?;
        match there {
            Some(group)
                if is_own(&group) && (group.holds(iqn) || canary!("group-by-digest-alone")) =>
            {
                Ok((group, false))
            }
            Some(group) => Err(Error::new(
                Status::InvalidConnector,
                format!(
                    "initiator group {name} exists, and its members are [{}], not initiator {iqn} \
                     alone: correct its members or delete it on the appliance",
                    group.initiators.join(", ")
                ),
            )),
            None => Err(exists),
        }
    }
}

/// Registers an initiator that a registration had made and a deregistration deleted.
pub(in crate::driver) async fn make_initiator_again(
    driver: &Driver,
    scope: &Scope,
    deleted: &Initiator,
) -> Result<()> {
    let registration = Registration {
        driver,
        host: Host {
            iqn: &deleted.iqn,
            name: "",
        },
        name: deleted.alias.clone(),
    };
    let mut made = Vec::new();
    registration.make_initiator(scope, &mut made).await
}
