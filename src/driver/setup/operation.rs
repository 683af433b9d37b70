//! Set-up of the appliance for a backend, and its certificate.

use serde::Serialize;

use crate::appliance::InitiatorGroup;
use crate::driver::attach::target::{TargetAddress, resolved_portals};
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::operation::Operation;
use crate::driver::recovery::{self, Settled};
use crate::driver::setup::coordination;
use crate::driver::setup::notes::Notes;
use crate::driver::setup::reconcile::Setup;
use crate::driver::setup::survey::{Found, Survey};
use crate::driver::stats::{not_served, serves};
use crate::error::{Error, Outcome, Result, Status};
use crate::flow::Finding;
use crate::lock::Key;
use crate::scope::Scope;

/// Creates the missing objects of the backend: projects, custom properties, initiators, initiator
/// groups, the target and its group. Existing objects are completed, never replaced.
///
/// Nothing is rolled back if a part fails: the error names the created objects, and the same call
/// again continues from there.
#[derive(Clone, Debug, Default)]
pub struct DoSetup {}

/// Fetches the certificate of the configured appliance without trusting it or logging in, so
/// that an operator can compare and pin it.
#[derive(Clone, Debug, Default)]
pub struct GetCertificate {}

/// Report of the setup.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SetupReport {
    /// The appliance's node name.
    pub appliance: String,
    /// Its software version.
    pub software_version: String,
    /// The iSCSI name of the target that presents the volumes.
    pub target_iqn: String,
    /// The portals, `address:port`.
    pub target_portals: Vec<String>,
    /// Created and changed objects, one sentence each; empty if all was ready.
    pub changes: Vec<String>,
    /// Warnings: succeeded, but needs attention.
    pub warnings: Vec<String>,
}

/// The appliance's certificate.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CertificateReport {
    /// SHA-256 of the certificate, upper-case hexadecimal pairs with colons: the form that
    /// `zfssa_tls_pins` takes and `openssl x509 -fingerprint -sha256` prints.
    pub sha256: String,
    /// The certificate in PEM.
    pub pem: String,
}

impl Operation for DoSetup {
    const NAME: &'static str = "do_setup";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .errors(&[Status::SetupIncomplete, Status::PoolNotOwned])
        .locks(&[
            Lock::setup(),
            Lock::group("initiator-group", "each initiator group that gets members"),
            Lock::group("target-group", "the target group, if it gets a member"),
            Lock::volume("each volume that is recovered"),
            Lock::volume("the source of a clone that is recovered").shared(),
            Lock::image("the image of a cache entry that is recovered"),
        ])
        .journalled("a recovered journal stays until it is settled")
        .budgets(&[budget("ready appliance", 9, 1)]);
    type Output = SetupReport;

    fn resource(&self) -> String {
        String::new()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<SetupReport> {
        let setup = Setup(driver);
        // Without etcd the wait for the lock would last as long as the operation may.
        if let Some(defect) = coordination::check(driver, scope).await.defect {
            return Err(Error::new(Status::Coordination, defect).with_outcome(Outcome::None));
        }
        let _held = driver.0.locks.lock(scope, Key::Setup).await?;
        let found = Survey::of(driver, scope).await.found()?;
        if !serves(driver.appliance(), scope, &found.version, &found.pool).await? {
            return Err(not_served(&found.version, &found.pool));
        }
        setup.check_schema(&found)?;
        let target_portals = resolved_portals(driver.config(), &driver.0.local, scope).await?;
        let mut notes: [Notes; 4] = Default::default();
        // Large, and there for a part of the set-up only.
        let made = Box::pin(setup.reconcile(scope, &found, &mut notes)).await;
        let mut report = SetupReport {
            appliance: found.version.nodename,
            software_version: found.version.version,
            target_iqn: String::new(),
            target_portals,
            changes: Vec::new(),
            warnings: driver.config().warnings.clone(),
        };
        let mut changed = Vec::new();
        for notes in notes {
            report.changes.extend(notes.changes);
            report.warnings.extend(notes.warnings);
            changed.extend(notes.changed);
        }
        let (groups, iqn) = match made {
            Ok(made) => made,
            Err(errors) => {
                driver.0.initiator_groups.forget();
                return Err(stuck(errors, changed));
            }
        };
        driver.0.initiator_groups.put(groups.into());
        driver.0.target.put(TargetAddress {
            iqn: iqn.clone(),
            portals: report.target_portals.clone(),
        });
        report.target_iqn = iqn;
        // It holds every kind of flow, and mostly there is none.
        match Box::pin(recover_at_setup(driver, scope, &mut report)).await {
            Ok(()) => Ok(report),
            Err(error) => Err(stuck(vec![error], changed)),
        }
    }
}

/// Error of a setup that stopped halfway: the first failure, and the changes made by then. A change
/// in doubt outweighs known changes.
fn stuck(errors: Vec<Error>, changed: Vec<String>) -> Error {
    let in_doubt = errors
        .iter()
        .any(|error| error.outcome() == Outcome::Unknown);
    let refused = errors
        .iter()
        .any(|error| error.outcome() == Outcome::Rejected);
    let mut errors = errors.into_iter();
    let Some(first) = errors.next() else {
        return Error::new(Status::Internal, "a set-up failed without an error");
    };
    let error = errors.fold(first, Error::with_cause);
    let error = match error.outcome() {
        Outcome::None if refused => error.with_outcome(Outcome::Rejected),
        _ => error,
    };
    let error = error.with_left_behind(changed);
    if in_doubt {
        error.with_outcome(Outcome::Unknown)
    } else {
        error
    }
}

impl Setup<'_> {
    /// Creates the missing objects. The parts are independent, except that a group needs its
    /// members, and a failed part stops no other. Returns the initiator groups and the target's
    /// iSCSI name, or all errors.
    async fn reconcile(
        &self,
        scope: &Scope,
        found: &Found,
        notes: &mut [Notes; 4],
    ) -> std::result::Result<(Vec<InitiatorGroup>, String), Vec<Error>> {
        let [of_projects, of_schema, of_hosts, of_target] = notes;
        let (projects, schema, hosts, target) = tokio::join!(
            self.reconcile_projects(scope, found, of_projects),
            self.reconcile_schema(scope, found, of_schema),
            self.reconcile_initiators(scope, found, of_hosts),
            self.reconcile_target(scope, found, of_target),
        );
        match (projects, schema, hosts, target) {
            (Ok(()), Ok(()), Ok(groups), Ok(iqn)) => Ok((groups, iqn)),
            (projects, schema, hosts, target) => {
                let failures = [projects.err(), schema.err(), hosts.err(), target.err()];
                Err(failures.into_iter().flatten().collect())
            }
        }
    }
}

/// Recovers the flows of dead processes, and reports them. A flow that cannot be recovered is a
/// warning: the rest of the backend works.
async fn recover_at_setup(driver: &Driver, scope: &Scope, report: &mut SetupReport) -> Result<()> {
    let recovery = recovery::recover_all(driver, scope).await?;
    for recovered in recovery.recovered {
        if matches!(recovered.settled, Settled::Failed | Settled::InDoubt) {
            report.warnings.push(recovered.message);
        } else {
            report.changes.push(recovered.message);
        }
    }
    for finding in recovery.findings {
        match finding {
            Finding::SetAside { path, reason } => report.warnings.push(format!(
                "a journal is damaged ({reason}) and was renamed to {}; check what it \
                 was about",
                path.display()
            )),
            Finding::Failed { path, reason } => report.warnings.push(format!(
                "the journal {} cannot be used: {reason}",
                path.display()
            )),
            // Others work on them, or will.
            Finding::Busy { .. } | Finding::OtherBackend { .. } => {}
        }
    }
    Ok(())
}

impl Operation for GetCertificate {
    const NAME: &'static str = "get_certificate";
    const CONTRACT: Contract = Contract::of(Changes::Nothing);
    type Output = CertificateReport;

    fn resource(&self) -> String {
        String::new()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<CertificateReport> {
        let certificate = driver.appliance().rest().certificate(scope).await?;
        Ok(CertificateReport {
            sha256: certificate.fingerprint(),
            pem: certificate.pem(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outcome of a setup with these failures.
    fn outcome(parts: &[Outcome], changed: &[&str]) -> Outcome {
        let fail = |outcome: &Outcome| Error::new(Status::Denied, "no").with_outcome(*outcome);
        let changed = changed.iter().map(|what| (*what).to_owned()).collect();
        let error = stuck(parts.iter().map(fail).collect(), changed);
        assert_eq!(error.causes().len(), parts.len() - 1);
        error.outcome()
    }

    #[test]
    fn the_gravest_of_what_happened_is_the_outcome() {
        use Outcome::{None, Partial, Rejected, Unknown};
        assert_eq!(outcome(&[None], &[]), None);
        assert_eq!(outcome(&[None, Rejected], &[]), Rejected);
        assert_eq!(outcome(&[Rejected, None], &[]), Rejected);
        assert_eq!(outcome(&[None, Rejected], &["a"]), Partial);
        assert_eq!(outcome(&[Rejected, Unknown], &[]), Unknown);
        assert_eq!(outcome(&[Unknown, Rejected], &["a"]), Unknown);
    }
}
