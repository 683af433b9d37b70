//! Making the appliance ready for the backend, and checking that it is.

use serde::Serialize;

use crate::driver::{Driver, Operation};
use crate::error::{Error, Result, Status};
use crate::scope::Scope;

/// Makes what the backend needs and does not find: projects, custom properties, initiators,
/// initiator groups, the target and its group. What exists is kept and added to, never replaced.
#[derive(Clone, Debug, Default)]
pub struct DoSetup {}

/// Checks everything that an operation will need, and reports all findings at once.
#[derive(Clone, Debug, Default)]
pub struct CheckForSetupError {}

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

/// What a check found that does not stop the backend.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    /// One sentence each.
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
