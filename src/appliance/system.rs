//! System information of the appliance: version, cluster, services.

use serde::Deserialize;

use crate::appliance::client::Appliance;
use crate::appliance::json;
use crate::error::Result;
use crate::rest::{Path, Service};
use crate::scope::Scope;

/// Identity of the appliance.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Version {
    /// Its serial number.
    #[serde(default, deserialize_with = "json::text")]
    pub asn: String,
    /// Its node name.
    #[serde(default, deserialize_with = "json::text")]
    pub nodename: String,
    /// Its software version.
    #[serde(default, deserialize_with = "json::text")]
    pub version: String,
}

/// The cluster as this head sees it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Cluster {
    /// `AKCS_UNCONFIGURED`, `AKCS_CLUSTERED`, `AKCS_OWNER`, `AKCS_STRIPPED` …
    #[serde(default, deserialize_with = "json::text")]
    pub state: String,
    /// The other head's serial number.
    #[serde(default, deserialize_with = "json::text")]
    pub peer_asn: String,
    /// The other head's node name.
    #[serde(default, deserialize_with = "json::text")]
    pub peer_hostname: String,
    /// The other head's state.
    #[serde(default, deserialize_with = "json::text")]
    pub peer_state: String,
}

/// A service's state.
#[derive(Clone, Debug, Deserialize)]
pub struct ServiceState {
    /// `online`, `disabled` …
    #[serde(default, rename = "<status>", deserialize_with = "json::text")]
    pub status: String,
}

impl Appliance {
    /// Identity of the appliance.
    pub async fn version(&self, scope: &Scope) -> Result<Version> {
        let path = Path::new(Service::System).fixed("version");
        self.read(scope, path, "version").await
    }

    /// The cluster as this head sees it.
    pub async fn cluster(&self, scope: &Scope) -> Result<Cluster> {
        let path = Path::new(Service::Hardware).fixed("cluster");
        self.read(scope, path, "cluster").await
    }

    /// A service's state, by the service's name such as `iscsi`.
    pub async fn service(&self, scope: &Scope, name: &str) -> Result<ServiceState> {
        let path = Path::new(Service::Service).fixed("services").name(name)?;
        self.read(scope, path, "service").await
    }
}
