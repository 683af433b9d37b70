//! Check of the coordination with other hosts.

use std::time::Duration;

use crate::driver::backend::Driver;
use crate::scope::Scope;

/// How long etcd may take to give this host a lease.
const PATIENCE: Duration = Duration::from_secs(10);

/// Findings about the coordination.
#[derive(Default)]
pub(super) struct CoordinationFindings {
    /// Why operations that change something could not run.
    pub(super) defect: Option<String>,
    pub(super) warnings: Vec<String>,
}

/// Asks each member of etcd for its state, and etcd for this host's lease.
pub(super) async fn check(driver: &Driver, scope: &Scope) -> CoordinationFindings {
    let mut findings = CoordinationFindings::default();
    let Some(coordination) = &driver.0.coordination else {
        return findings;
    };
    let health = scope.within(PATIENCE, coordination.health()).await;
    let health = health.unwrap_or_default();
    let mut alarms = Vec::new();
    let mut defects = Vec::new();
    let members = health.len();
    for member in health {
        alarms.extend(member.alarms);
        if let Some(defect) = member.defect {
            defects.push(format!("etcd member {}: {defect}", member.member));
        }
    }
    if defects.len() == members {
        defects.truncate(1);
        findings.defect = defects.pop();
        findings.defect.get_or_insert_with(|| {
            let seconds = PATIENCE.as_secs();
            format!(
                "no member of etcd answered within {seconds} s: check zfssa_coordination_url and \
                 the cluster's health"
            )
        });
        return findings;
    }
    findings.warnings = defects;
    alarms.dedup();
    if !alarms.is_empty() {
        findings.warnings.push(format!(
            "etcd reports {}: see to the cluster",
            alarms.join(", ")
        ));
    }
    if alarms.iter().any(|alarm| alarm.contains("NOSPACE")) {
        findings.defect = Some(
            "the database of etcd is full (NOSPACE): compact and defragment it, then disarm the \
             alarm with etcdctl alarm disarm"
                .to_owned(),
        );
        return findings;
    }
    let usable = async {
        coordination.check_access(scope).await?;
        coordination.lease(scope).await
    };
    match scope.within(PATIENCE, usable).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => findings.defect = Some(error.message().to_owned()),
        Err(_) => {
            let seconds = PATIENCE.as_secs();
            findings.defect = Some(format!(
                "etcd gave this host no lease within {seconds} s: check the cluster's health"
            ));
        }
    }
    findings
}
