//! Metrics objects: the snapshots that the host holds.

use std::ffi::{CStr, CString};
use std::sync::{Arc, OnceLock};

use super::types::zfssa_metrics_t;
use crate::driver::Metrics;
use crate::ffi::marshal::view_memory::{Arena, OwnedView, c_string};
use crate::ffi::process::handle::{self, Handle};

/// A metrics object.
pub(in crate::ffi) struct MetricsObject {
    metrics: Metrics,
    values: OnceLock<OwnedView>,
    prometheus: OnceLock<CString>,
}

impl Handle for zfssa_metrics_t {
    type Object = MetricsObject;
    const KIND: &'static str = "metrics";
}

impl MetricsObject {
    /// The snapshot as a structure, made by `describe` at the first call.
    pub(in crate::ffi) fn values<T: 'static>(
        &self,
        describe: impl FnOnce(&Metrics, &mut Arena) -> T,
    ) -> Option<*const T> {
        self.values
            .get_or_init(|| OwnedView::new(|arena| describe(&self.metrics, arena)))
            .pointer()
    }

    /// The snapshot in the Prometheus text format, made at the first call.
    pub(in crate::ffi) fn prometheus(&self) -> &CStr {
        self.prometheus
            .get_or_init(|| c_string(&self.metrics.prometheus()))
    }
}

/// Makes a handle for a snapshot that the host frees.
pub(in crate::ffi) fn give(metrics: Metrics) -> *mut zfssa_metrics_t {
    handle::give(Arc::new(MetricsObject {
        metrics,
        values: OnceLock::new(),
        prometheus: OnceLock::new(),
    }))
}
