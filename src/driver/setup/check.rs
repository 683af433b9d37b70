//! Check of the appliance for a backend, without a change.

use std::collections::HashSet;
use std::time::Duration;

use serde::Serialize;

use futures_util::future::join_all;

use crate::appliance::{
    DEFAULT_GROUP, Group as _, Initiator, InitiatorGroup, Pool, Project, Property, ServiceState,
    Target, TargetGroup, Version,
};
use crate::config::{LockDir, Portal};
use crate::driver::attach::target::resolved_portals;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, budget};
use crate::driver::local_state::no_usual_directory;
use crate::driver::operation::Operation;
use crate::driver::setup::coordination;
use crate::driver::setup::reconcile::interfaces_missing_of;
use crate::driver::setup::survey::{Survey, projects, properties};
use crate::driver::stats::{not_served, serves};
use crate::error::{Error, Result, Status};
use crate::lock::usual_directory;
use crate::scope::Scope;

/// Time limit for a portal to answer before it counts as unreachable from this host.
const PORTAL_PATIENCE: Duration = Duration::from_secs(3);

/// Checks all requirements of the operations, and reports all findings together.
///
/// A portal that does not answer this host is only a warning, and so is an interface on which the
/// target does not listen: the hosts may reach the target where the manager cannot.
#[derive(Clone, Debug, Default)]
pub struct CheckForSetupError {}

/// Findings of a check that do not stop the backend.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CheckReport {
    /// One sentence each.
    pub warnings: Vec<String>,
}

/// Findings, in the order of the checks.
#[derive(Default)]
struct Findings {
    /// Problems that stop the backend, one sentence each.
    sentences: Vec<String>,
    /// Objects that could not be read.
    unread: Vec<Error>,
    /// The other head serves the pool.
    elsewhere: bool,
    warnings: Vec<String>,
}

impl Operation for CheckForSetupError {
    const NAME: &'static str = "check_for_setup_error";
    const CONTRACT: Contract = Contract::of(Changes::Nothing)
        .errors(&[Status::SetupIncomplete, Status::PoolNotOwned])
        .budgets(&[budget("", 10, 1)]);
    type Output = CheckReport;

    fn resource(&self) -> String {
        String::new()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<CheckReport> {
        let check = Check { driver };
        let (survey, iscsi, portals, unreachable, coordination) = tokio::join!(
            Survey::of(driver, scope),
            driver.appliance().service(scope, "iscsi"),
            resolved_portals(driver.config(), &driver.0.local, scope),
            check.unreachable_portals(scope),
            coordination::check(driver, scope),
        );
        let mut findings = Findings {
            warnings: driver.config().warnings.clone(),
            ..Findings::default()
        };
        findings.warnings.extend(check.unprotected());
        findings.warnings.extend(coordination.warnings);
        if let Some(defect) = coordination.defect {
            findings.stops(defect);
        }
        let version = findings.read(survey.version);
        let served = check
            .check_pool(scope, version, survey.pool, &mut findings)
            .await;
        // A head without the pool answers 404 for everything in it.
        if served {
            check.check_projects(survey.projects, &mut findings);
        }
        if let Some(schema) = findings.read(survey.schema) {
            check.check_schema_of(&schema, &mut findings);
        }
        let initiators = findings.read(survey.initiators);
        let groups = findings.read(survey.initiator_groups);
        check.check_initiators(initiators, groups, &mut findings);
        let targets = findings.read(survey.targets);
        let groups = findings.read(survey.target_groups);
        if let Some(targets) = targets {
            check.check_target(&targets, groups.as_deref(), &mut findings);
        }
        if let Some(ServiceState { status }) = findings.read(iscsi)
            && status != "online"
        {
            findings.stops(format!(
                "the service iscsi is {status}: enable it on the appliance"
            ));
        }
        match portals {
            Ok(_) => findings.warnings.extend(unreachable),
            Err(error) if error.status() == Status::Resolve => {
                findings.stops(error.message().to_owned());
            }
            Err(error) => findings.unread.push(error),
        }
        findings.verdict()
    }
}

impl Findings {
    fn stops(&mut self, sentence: String) {
        self.sentences.push(sentence);
    }

    /// The value, unless it could not be read.
    fn read<T>(&mut self, read: Result<T>) -> Option<T> {
        read.map_err(|error| self.unread.push(error)).ok()
    }

    fn verdict(self) -> Result<CheckReport> {
        let found = self.sentences.join("; ");
        let mut unread = self.unread.into_iter();
        if let Some(first) = unread.next() {
            let error = if found.is_empty() {
                first
            } else {
                first.with_context(format!("{found}; not all could be looked at"))
            };
            return Err(unread.fold(error, Error::with_cause));
        }
        if found.is_empty() {
            return Ok(CheckReport {
                warnings: self.warnings,
            });
        }
        Err(if self.elsewhere {
            Error::new(Status::PoolNotOwned, found)
        } else {
            let message = format!("{found}; do_setup makes what it can");
            Error::new(Status::SetupIncomplete, message)
        })
    }
}

/// The check of a backend.
struct Check<'a> {
    driver: &'a Driver,
}

impl Check<'_> {
    /// Whether this head serves the pool, or would after the findings are corrected.
    async fn check_pool(
        &self,
        scope: &Scope,
        version: Option<Version>,
        pool: Result<Pool>,
        findings: &mut Findings,
    ) -> bool {
        let pool = match pool {
            Err(error) if error.is_not_found() => {
                findings.stops(error.message().to_owned());
                return false;
            }
            pool => findings.read(pool),
        };
        let (Some(version), Some(pool)) = (version, pool) else {
            return true;
        };
        let served = serves(self.driver.appliance(), scope, &version, &pool).await;
        if served.as_ref().is_ok_and(|served| !served) {
            let error = not_served(&version, &pool);
            findings.stops(error.message().to_owned());
            findings.elsewhere = true;
            return false;
        }
        findings.read(served);
        if pool.status != "online" {
            findings.stops(format!("pool {} is {}, not online", pool.name, pool.status));
        }
        true
    }

    /// Warnings about missing protection: journals, and locks beyond this process.
    fn unprotected(&self) -> Option<String> {
        if self.driver.0.locks.hold_beyond() {
            return None;
        }
        let config = self.driver.config();
        if config.lock_dir == LockDir::Usual
            && let Err(why) = usual_directory()
        {
            return Some(no_usual_directory(&why));
        }
        config.state_dir.is_none().then(|| {
            "neither journals (zfssa_state_dir) nor locks beyond this process (zfssa_lock_dir) are \
             configured: what a crash leaves half done stays, and of two processes that present \
             one volume to hosts at the same time one can cut off the other's host unseen"
                .to_owned()
        })
    }

    fn check_projects(&self, found: Vec<Result<Option<Project>>>, findings: &mut Findings) {
        for (name, project) in projects(self.driver.config()).zip(found) {
            if let Some(None) = findings.read(project) {
                let pool = &self.driver.config().pool;
                findings.stops(format!("pool {pool} has no project {name}"));
            }
        }
    }

    fn check_schema_of(&self, schema: &[Property], findings: &mut Findings) {
        for wanted in properties(self.driver.config()) {
            let name = wanted.property;
            match schema.iter().find(|has| has.property == name) {
                None => findings.stops(format!("the custom property {name} does not exist")),
                Some(has) if has.kind != wanted.kind => findings.stops(format!(
                    "the custom property {name} has the type {}, not {}",
                    has.kind, wanted.kind
                )),
                Some(_) => {}
            }
        }
    }

    fn check_initiators(
        &self,
        initiators: Option<Vec<Initiator>>,
        groups: Option<Vec<InitiatorGroup>>,
        findings: &mut Findings,
    ) {
        let config = self.driver.config();
        // One that is in several groups is looked at once.
        let mut seen = HashSet::new();
        for wanted in config.initiator_groups.iter().flat_map(|g| &g.initiators) {
            if !seen.insert(wanted.iqn.to_ascii_lowercase()) {
                continue;
            }
            let Some(initiators) = &initiators else { break };
            let is = |has: &&Initiator| has.iqn.eq_ignore_ascii_case(&wanted.iqn);
            let Some(has) = initiators.iter().find(is) else {
                findings.stops(format!("initiator {} is not registered", wanted.iqn));
                continue;
            };
            if let Some(chap) = &wanted.chap
                && has.chap_user != chap.user
            {
                findings.stops(format!(
                    "initiator {} has the CHAP name \"{}\", not \"{}\"",
                    wanted.iqn, has.chap_user, chap.user
                ));
            }
        }
        let Some(groups) = &groups else { return };
        let named = |name: &str| groups.iter().find(|group| group.name == name);
        for wanted in config.initiator_groups.iter().filter(|g| !g.is_default()) {
            let name = &wanted.name;
            let Some(group) = named(name) else {
                findings.stops(format!("the initiator group {name} does not exist"));
                continue;
            };
            for initiator in wanted.initiators.iter().filter(|i| !group.holds(&i.iqn)) {
                findings.stops(format!(
                    "initiator {} is not in the initiator group {name}",
                    initiator.iqn
                ));
            }
        }
        if let Some(name) = &config.initiator_group
            && named(name).is_none()
            && !config.initiator_groups.iter().any(|g| g.name == *name)
        {
            findings.stops(format!("the initiator group {name} does not exist"));
        }
    }

    fn check_target(
        &self,
        targets: &[Target],
        groups: Option<&[TargetGroup]>,
        findings: &mut Findings,
    ) {
        let alias = &self.driver.config().target_group;
        let target = targets.iter().find(|target| target.alias == *alias);
        let Some(target) = target else {
            findings.stops(format!("there is no target with the alias {alias}"));
            return;
        };
        if target.state == "offline" {
            findings.stops(format!("target {alias} is offline"));
        }
        if let Some(chap) = &self.driver.config().target_chap {
            if target.auth != "chap" {
                findings.stops(format!(
                    "target {alias} asks for no CHAP, and zfssa_target_user is set"
                ));
            } else if target.chap_user != chap.user {
                findings.stops(format!(
                    "target {alias} has the CHAP name \"{}\", not \"{}\"",
                    target.chap_user, chap.user
                ));
            }
        }
        findings
            .warnings
            .extend(interfaces_missing_of(self.driver.config(), target));
        // The built-in group has every target in it.
        let Some(groups) = groups.filter(|_| alias != DEFAULT_GROUP) else {
            return;
        };
        let group = groups.iter().find(|group| group.name == *alias);
        if !group.is_some_and(|group| group.holds(&target.iqn)) {
            findings.stops(format!(
                "target {} is not in the target group {alias}",
                target.iqn
            ));
        }
    }

    /// Portals that do not answer this host. Only a warning: the data network may be one that
    /// the hosts can reach and the manager cannot.
    async fn unreachable_portals(&self, scope: &Scope) -> Vec<String> {
        let looks = self
            .driver
            .config()
            .target_portals
            .iter()
            .map(|portal| async move {
                let connecting = self.reach(portal);
                let problem = match scope.within(PORTAL_PATIENCE, connecting).await {
                    Ok(Ok(())) => return None,
                    Ok(Err(problem)) => problem,
                    Err(_) => format!("no answer within {} s", PORTAL_PATIENCE.as_secs()),
                };
                Some(format!(
                    "portal {portal} cannot be reached from here: {problem}"
                ))
            });
        join_all(looks).await.into_iter().flatten().collect()
    }

    async fn reach(&self, portal: &Portal) -> std::result::Result<(), String> {
        let found = self
            .driver
            .0
            .local
            .addresses(&portal.host, portal.port)
            .await;
        let found = found.map_err(|error| error.to_string())?;
        let connected = tokio::net::TcpStream::connect(found.as_slice()).await;
        connected.map(drop).map_err(|error| error.to_string())
    }
}
