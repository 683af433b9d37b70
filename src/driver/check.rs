//! Checking that the appliance is ready, without changing anything.

use std::time::Duration;

use serde::Serialize;

use crate::driver::facts::{Changes, Facts, budget};
use crate::driver::setup::Found;
use crate::driver::{Driver, Operation};
use crate::error::{Error, Result, Status};
use crate::scope::Scope;

/// How long a portal may take to answer before it counts as unreachable from here.
const PORTAL_PATIENCE: Duration = Duration::from_secs(3);

/// Checks everything that an operation will need, and reports all findings at once.
#[derive(Clone, Debug, Default)]
pub struct CheckForSetupError {}

/// What a check found that does not stop the backend.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    /// One sentence each.
    pub warnings: Vec<String>,
}

impl Operation for CheckForSetupError {
    const NAME: &'static str = "check_for_setup_error";
    const FACTS: Facts = Facts::of(Changes::Nothing)
        .errors(&[Status::SetupIncomplete, Status::PoolNotOwned])
        .budgets(&[budget("", 10, 1)]);
    type Output = CheckReport;

    fn resource(&self) -> String {
        String::new()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<CheckReport> {
        let (found, iscsi, unreachable) = tokio::join!(
            driver.survey(scope),
            driver.appliance().service(scope, "iscsi"),
            driver.unreachable_portals(),
        );
        let found = found?;
        let mut findings = Vec::new();
        if found.pool.status != "online" {
            let (name, status) = (&found.pool.name, &found.pool.status);
            findings.push(format!("pool {name} is {status}, not online"));
        }
        if !driver.serves(scope, &found.version, &found.pool).await? {
            let error = super::stats::not_served(&found.version, &found.pool);
            findings.push(error.message().to_owned());
        }
        driver.check_projects(&found, &mut findings);
        driver.check_initiators(&found, &mut findings);
        driver.check_target(&found, &mut findings);
        let status = iscsi?.status;
        if status != "online" {
            findings.push(format!(
                "the service iscsi is {status}; enable it on the appliance"
            ));
        }
        let mut warnings = driver.config().warnings.clone();
        match driver.resolved_portals().await {
            Ok(_) => warnings.extend(unreachable),
            Err(error) => findings.push(error.message().to_owned()),
        }
        if findings.is_empty() {
            return Ok(CheckReport { warnings });
        }
        Err(Error::new(
            Status::SetupIncomplete,
            format!("{}; do_setup makes what it can", findings.join("; ")),
        ))
    }
}

impl Driver {
    fn check_projects(&self, found: &Found, findings: &mut Vec<String>) {
        for (name, project) in self.projects().zip(&found.projects) {
            if project.is_none() {
                findings.push(format!("pool {} has no project {name}", found.pool.name));
            }
        }
        for wanted in self.properties() {
            let name = wanted.property;
            match found.schema.iter().find(|has| has.property == name) {
                None => findings.push(format!("the custom property {name} does not exist")),
                Some(has) if has.kind != wanted.kind => findings.push(format!(
                    "the custom property {name} has the type {}, not {}",
                    has.kind, wanted.kind
                )),
                Some(_) => {}
            }
        }
    }

    fn check_initiators(&self, found: &Found, findings: &mut Vec<String>) {
        for wanted in &self.config().initiator_groups {
            let group = found
                .initiator_groups
                .iter()
                .find(|group| group.name == wanted.name);
            if group.is_none() && !wanted.is_default() {
                findings.push(format!(
                    "the initiator group {} does not exist",
                    wanted.name
                ));
            }
            for initiator in &wanted.initiators {
                let is = |iqn: &String| iqn.eq_ignore_ascii_case(&initiator.iqn);
                if !found.initiators.iter().any(|has| is(&has.iqn)) {
                    findings.push(format!("initiator {} is not registered", initiator.iqn));
                }
                let left_out = group.is_some_and(|group| !group.initiators.iter().any(is));
                if left_out && !wanted.is_default() {
                    findings.push(format!(
                        "initiator {} is not in the initiator group {}",
                        initiator.iqn, wanted.name
                    ));
                }
            }
        }
        if let Some(name) = &self.config().initiator_group
            && !found
                .initiator_groups
                .iter()
                .any(|group| group.name == *name)
            && !self
                .config()
                .initiator_groups
                .iter()
                .any(|group| group.name == *name)
        {
            findings.push(format!("the initiator group {name} does not exist"));
        }
    }

    fn check_target(&self, found: &Found, findings: &mut Vec<String>) {
        let config = self.config();
        let alias = &config.target_group;
        let target = found.targets.iter().find(|target| target.alias == *alias);
        let Some(target) = target else {
            findings.push(format!("there is no target with the alias {alias}"));
            return;
        };
        if target.state == "offline" {
            findings.push(format!("target {alias} is offline"));
        }
        if config.target_chap.is_some() && target.auth != "chap" {
            findings.push(format!(
                "target {alias} asks for no CHAP, and zfssa_target_user is set"
            ));
        }
        let grouped = found
            .target_groups
            .iter()
            .any(|group| group.name == *alias && group.targets.contains(&target.iqn));
        if !grouped {
            findings.push(format!(
                "target {} is not in the target group {alias}",
                target.iqn
            ));
        }
    }

    /// Portals that do not answer this host. Only a warning: the data network may be one that
    /// the hosts can reach and the manager cannot.
    async fn unreachable_portals(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for portal in &self.config().target_portals {
            let address = (portal.host.as_str(), portal.port);
            let connecting = tokio::net::TcpStream::connect(address);
            let problem = match tokio::time::timeout(PORTAL_PATIENCE, connecting).await {
                Ok(Ok(_)) => continue,
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("no answer within {} s", PORTAL_PATIENCE.as_secs()),
            };
            warnings.push(format!(
                "portal {portal} cannot be reached from here: {problem}"
            ));
        }
        warnings
    }
}
