//! Address of the backend's iSCSI target: its iSCSI name and its portals.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::appliance::Appliance;
use crate::config::{Config, Portal};
use crate::driver::ttl_cache::{CACHE_TTL, TtlCache};
use crate::error::{Error, Outcome, Result, Status};
use crate::local::Local;
use crate::scope::Scope;

/// Address of the backend's target.
#[derive(Clone, Debug)]
pub(in crate::driver) struct TargetAddress {
    /// Its iSCSI name.
    pub(in crate::driver) iqn: String,
    /// Its portals as `address:port`, names resolved.
    pub(in crate::driver) portals: Vec<String>,
}

/// Cached address of the target. The cache's lifetime bounds how long a target that was destroyed
/// and made again is used under its old iSCSI name: no answer shows that.
pub(in crate::driver) struct TargetCache(TtlCache<TargetAddress>);

impl TargetCache {
    pub(in crate::driver) fn new() -> Self {
        TargetCache(TtlCache::new(CACHE_TTL))
    }

    /// The address of the target, at most the cache's lifetime old.
    pub(in crate::driver) async fn get(
        &self,
        appliance: &Appliance,
        config: &Config,
        local: &Local,
        scope: &Scope,
    ) -> Result<Arc<TargetAddress>> {
        let alias = &config.target_group;
        let fetch = || async {
            let target = appliance.find_target(scope, alias).await?;
            let target = target.ok_or_else(|| {
                Error::new(
                    Status::SetupIncomplete,
                    format!(
                        "the appliance has no iSCSI target with the alias {alias}; run do_setup"
                    ),
                )
            })?;
            Ok(TargetAddress {
                iqn: target.iqn,
                portals: resolved_portals(config, local, scope).await?,
            })
        };
        self.0.get(scope, fetch).await
    }

    /// Caches an address that was read on the way.
    pub(in crate::driver) fn put(&self, address: TargetAddress) {
        self.0.put(address);
    }
}

/// The configured portals with their names resolved, since initiators need addresses.
pub(in crate::driver) async fn resolved_portals(
    config: &Config,
    local: &Local,
    scope: &Scope,
) -> Result<Vec<String>> {
    let portals = config.target_portals.iter();
    let portals = portals.map(|portal| resolve(local, portal));
    let resolved = scope.bound(join_all(portals)).await;
    let resolved = resolved.map_err(|stop| stop.error(Outcome::None))?;
    resolved.into_iter().collect()
}

async fn resolve(local: &Local, portal: &Portal) -> Result<String> {
    let context = || format!("zfssa_target_portal {portal} cannot be resolved; use an address");
    let found = local.addresses(&portal.host, portal.port).await;
    let found = found.map_err(|error| error.with_context(context()))?;
    let first = found.first().ok_or_else(|| {
        Error::new(Status::Resolve, "the name has no address").with_context(context())
    })?;
    Ok(first.to_string())
}
