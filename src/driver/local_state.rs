//! Journals and locks of a backend.

use std::sync::Arc;

use crate::config::{Config, LockDir};
use crate::coordination::{Coordination, EtcdJournals, EtcdLocks};
use crate::flow::{Backend, Flows, SharedStore};
use crate::local::Local;
use crate::lock::{FileLocks, Locks, Shared, Space, usual_directory};

/// The journals of a backend.
pub(super) fn journals(
    config: &Config,
    coordination: Option<&Coordination>,
    local: &Local,
) -> Flows {
    let backend = Backend {
        appliance: config.appliance.to_string(),
        pool: config.pool.clone(),
        project: config.project.clone(),
    };
    let late = config.timeouts.late_request;
    let shared = coordination.map(|coordination| SharedStore {
        journals: Arc::new(EtcdJournals::new(
            coordination.clone(),
            &config.pool,
            &config.project,
        )),
        backend: Backend {
            appliance: coordination.namespace().to_owned(),
            ..backend.clone()
        },
    });
    Flows::new(config.state_dir.clone(), backend, late, local.clone()).sharing(shared)
}

/// The locks of a backend.
pub(super) fn locks(config: &Config, coordination: Option<&Coordination>) -> Locks {
    let place = |project: &str| format!("{}/{project}", config.pool);
    // The same text in every process of the backend, whatever its other options.
    let space = Space {
        appliance: config.appliance.to_string().to_ascii_lowercase(),
        volumes: place(&config.project),
        images: place(&config.cache_project),
    };
    let directory = match &config.lock_dir {
        LockDir::Nowhere => None,
        LockDir::At(directory) => Some(directory.clone()),
        LockDir::Usual => usual_directory()
            .map_err(|why| tracing::warn!("{}", no_usual_directory(&why)))
            .ok(),
    };
    let files = directory.map(|directory| Box::new(FileLocks::new(directory)) as Box<dyn Shared>);
    // Files first, so that one process of each host asks etcd at a time.
    let hosts = coordination
        .map(|coordination| Box::new(EtcdLocks::new(coordination.clone())) as Box<dyn Shared>);
    Locks::new(space, files.into_iter().chain(hosts).collect())
}

/// Warning for a host on which no directory for lock files can be used.
pub(super) fn no_usual_directory(why: &str) -> String {
    format!(
        "no directory for lock files can be used ({why}), so locks hold only inside this process; \
         set zfssa_lock_dir"
    )
}
