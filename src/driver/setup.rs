//! Making the appliance ready for the backend.

use serde::Serialize;

use crate::appliance::{
    Appliance, Initiator, InitiatorGroup, NewProperty, Pool, Project, Property, Target,
    TargetGroup, Version,
};
use crate::driver::facts::{Changes, Facts, Lock, budget};
use crate::driver::hosts::{Groups, TargetAddress};
use crate::driver::{Driver, Operation, Settled};
use crate::error::{Result, Status};
use crate::flow::Finding;
use crate::lock::Key;
use crate::scope::Scope;

/// Makes what the backend needs and does not find: projects, custom properties, initiators,
/// initiator groups, the target and its group. What exists is kept and added to, never replaced.
#[derive(Clone, Debug, Default)]
pub struct DoSetup {}

/// Fetches the certificate of the configured appliance without trusting it or logging in, so
/// that an operator can compare and pin it.
#[derive(Clone, Debug, Default)]
pub struct GetCertificate {}

/// What the setup found and did.
#[derive(Clone, Debug, Serialize)]
pub struct SetupReport {
    /// The appliance's node name.
    pub appliance: String,
    /// Its software version.
    pub software_version: String,
    /// The iSCSI name of the target that presents the volumes.
    pub target_iqn: String,
    /// The portals, `address:port`.
    pub target_portals: Vec<String>,
    /// What was made or changed, one sentence each; empty when all was ready.
    pub changes: Vec<String>,
    /// What works but should be looked at.
    pub warnings: Vec<String>,
}

/// The certificate that the appliance showed.
#[derive(Clone, Debug, Serialize)]
pub struct CertificateReport {
    /// SHA-256 of the certificate, upper-case hexadecimal pairs with colons: the form that
    /// `zfssa_tls_pins` takes and `openssl x509 -fingerprint -sha256` prints.
    pub sha256: String,
    /// The certificate in PEM.
    pub pem: String,
}

/// Custom properties that every volume carries.
const PROPERTIES: &[NewProperty] = &[
    NewProperty {
        property: "cinder_managed",
        kind: "Boolean",
        description: "Managed by Cinder",
    },
    NewProperty {
        property: "zfssa_operation",
        kind: "String",
        description: "The operation of libzfssa that made the share",
    },
];

/// Custom properties of cached images.
const CACHE_PROPERTIES: &[NewProperty] = &[
    NewProperty {
        property: "image_id",
        kind: "String",
        description: "OpenStack image ID",
    },
    NewProperty {
        property: "updated_at",
        kind: "String",
        description: "Most recent updated time of image",
    },
];

impl Driver {
    /// The custom properties that the configuration needs.
    pub(super) fn properties(&self) -> impl Iterator<Item = &'static NewProperty> {
        let cache: &[NewProperty] = if self.config().local_cache {
            CACHE_PROPERTIES
        } else {
            &[]
        };
        PROPERTIES.iter().chain(cache)
    }

    /// The projects that the configuration needs.
    pub(super) fn projects(&self) -> impl Iterator<Item = &str> {
        let config = self.config();
        let cache = config.local_cache.then_some(config.cache_project.as_str());
        std::iter::once(config.project.as_str()).chain(cache)
    }
}

/// Everything on the appliance that the backend leans on, as one look found it.
pub(super) struct Found {
    pub(super) version: Version,
    pub(super) pool: Pool,
    /// In the order of [`Driver::projects`].
    pub(super) projects: Vec<Option<Project>>,
    pub(super) schema: Vec<Property>,
    pub(super) initiators: Vec<Initiator>,
    pub(super) initiator_groups: Vec<InitiatorGroup>,
    pub(super) targets: Vec<Target>,
    pub(super) target_groups: Vec<TargetGroup>,
}

impl Driver {
    /// Looks at everything at once.
    pub(super) async fn survey(&self, scope: &Scope) -> Result<Found> {
        let appliance: &Appliance = self.appliance();
        let place = self.place();
        let cache = crate::appliance::Place {
            project: &self.config().cache_project,
            ..place
        };
        let (version, pool, project, cached, schema, initiators, groups, targets, target_groups) = tokio::join!(
            appliance.version(scope),
            appliance.pool(scope, place.pool),
            appliance.find_project(scope, place),
            async {
                if self.config().local_cache {
                    appliance.find_project(scope, cache).await.map(Some)
                } else {
                    Ok(None)
                }
            },
            appliance.schema(scope),
            appliance.initiators(scope),
            appliance.initiator_groups(scope),
            appliance.targets(scope),
            appliance.target_groups(scope),
        );
        // The version first: where nothing answers, its error is the plainest.
        let version = version?;
        let pool = pool.map_err(|error| {
            if error.is_not_found() {
                error.with_context(format!(
                    "the appliance has no pool {}; check zfssa_pool",
                    place.pool
                ))
            } else {
                error
            }
        })?;
        Ok(Found {
            version,
            pool,
            projects: std::iter::once(project?).chain(cached?).collect(),
            schema: schema?,
            initiators: initiators?,
            initiator_groups: groups?,
            targets: targets?,
            target_groups: target_groups?,
        })
    }
}

impl Operation for DoSetup {
    const NAME: &'static str = "do_setup";
    const FACTS: Facts = Facts::of(Changes::Several)
        .errors(&[Status::SetupIncomplete, Status::PoolNotOwned])
        .locks(&[Lock::setup()])
        .budgets(&[budget("ready appliance", 9, 1)]);
    type Output = SetupReport;

    fn resource(&self) -> String {
        String::new()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<SetupReport> {
        let _held = driver.0.locks.lock(scope, Key::Setup).await?;
        let found = driver.survey(scope).await?;
        if !driver.serves(scope, &found.version, &found.pool).await? {
            return Err(super::stats::not_served(&found.version, &found.pool));
        }
        let mut report = SetupReport {
            appliance: found.version.nodename.clone(),
            software_version: found.version.version.clone(),
            target_iqn: String::new(),
            target_portals: driver.resolved_portals().await?,
            changes: Vec::new(),
            warnings: driver.config().warnings.clone(),
        };
        // Each knows nothing of the others, except that a group needs its members.
        let (projects, schema, hosts, target) = tokio::join!(
            driver.reconcile_projects(scope, &found),
            driver.reconcile_schema(scope, &found),
            driver.reconcile_initiators(scope, &found),
            driver.reconcile_target(scope, &found),
        );
        let (groups, host_changes) = hosts?;
        let (iqn, target_notes) = target?;
        for notes in [projects?, schema?, host_changes, target_notes] {
            report.changes.extend(notes.changes);
            report.warnings.extend(notes.warnings);
        }
        driver.0.groups.put(Groups::new(groups));
        driver.0.target.put(TargetAddress {
            iqn: iqn.clone(),
            portals: report.target_portals.clone(),
        });
        report.target_iqn = iqn;
        driver.recover_at_setup(scope, &mut report).await?;
        Ok(report)
    }
}

impl Driver {
    /// Settles what dead processes left, and says so. What cannot be settled is a warning: the
    /// rest of the backend works.
    async fn recover_at_setup(&self, scope: &Scope, report: &mut SetupReport) -> Result<()> {
        let recovery = self.recover_all(scope).await?;
        for recovered in recovery.recovered {
            if recovered.settled == Settled::Failed {
                report.warnings.push(recovered.message);
            } else {
                report.changes.push(recovered.message);
            }
        }
        for finding in recovery.findings {
            match finding {
                Finding::SetAside { path, reason } => report.warnings.push(format!(
                    "a journal is damaged ({reason}) and was renamed to {}; look at what it \
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
}

impl Operation for GetCertificate {
    const NAME: &'static str = "get_certificate";
    const FACTS: Facts = Facts::of(Changes::Nothing);
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
