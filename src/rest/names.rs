//! Resolution of the appliance's host name.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::local::Local;

/// Resolves names on threads that were started in advance. The HTTP client's own resolver starts a
/// thread for each lookup, and panics if it cannot.
pub(super) struct Names(pub(super) Local);

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let local = self.0.clone();
        Box::pin(async move {
            // The port is the connector's business.
            let found = local.addresses(name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
