//! Pools.

use serde::Deserialize;

use crate::appliance::client::Appliance;
use crate::appliance::json;
use crate::appliance::project_ref::storage;
use crate::error::Result;
use crate::scope::Scope;

/// A pool. An exported one shows only its name and status.
#[derive(Clone, Debug, Deserialize)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// `online`, `offline`, `exported` …
    #[serde(default, deserialize_with = "json::text")]
    pub status: String,
    /// Its layout, such as `mirror`.
    #[serde(default, deserialize_with = "json::text")]
    pub profile: String,
    /// Node name of the head that owns it, also while the other head serves it.
    #[serde(default, deserialize_with = "json::text")]
    pub owner: String,
    /// The serial number of that head.
    #[serde(default, deserialize_with = "json::text")]
    pub asn: String,
    /// Its space.
    #[serde(default)]
    pub usage: PoolUsage,
}

/// A pool's space in bytes.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PoolUsage {
    /// Free space.
    #[serde(default, deserialize_with = "json::figure")]
    pub available: u64,
    /// Used space.
    #[serde(default, deserialize_with = "json::figure")]
    pub used: u64,
}

impl Appliance {
    /// A pool by name.
    pub async fn pool(&self, scope: &Scope, name: &str) -> Result<Pool> {
        self.read(scope, storage().fixed("pools").name(name)?, "pool")
            .await
    }
}
