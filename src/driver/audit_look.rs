//! What an audit looks at.

use crate::appliance::{Action, Lun, Package, Place, Project, Snapshot};
use crate::driver::Driver;
use crate::error::{Error, Result};
use crate::scope::Scope;

/// What the appliance has.
pub(super) struct Seen {
    pub(super) luns: Vec<Lun>,
    pub(super) snapshots: Vec<Snapshot>,
    pub(super) cached: Vec<Lun>,
    /// Projects that are called like a replication action, and the names of what is in them.
    pub(super) arrivals: Vec<(Project, Vec<String>)>,
    pub(super) actions: Vec<Action>,
    pub(super) packages: Vec<Package>,
    pub(super) not_looked_at: Vec<String>,
}

impl Driver {
    /// Looks at everything that an audit judges, at once.
    pub(super) async fn look(&self, scope: &Scope) -> Result<Seen> {
        let (appliance, place, cache) = (self.appliance(), self.place(), self.cache_place());
        let (luns, snapshots, cached, projects, actions, sources) = tokio::join!(
            self.luns_of_project(scope),
            appliance.all_snapshots(scope),
            async {
                if !self.config().local_cache {
                    return Ok(Vec::new());
                }
                appliance.luns(scope, cache).await
            },
            appliance.projects(scope, place.pool),
            appliance.replication_actions(scope),
            appliance.replication_sources(scope),
        );
        let mut seen = Seen {
            luns: luns?,
            snapshots: snapshots?,
            cached: Vec::new(),
            arrivals: Vec::new(),
            actions: Vec::new(),
            packages: Vec::new(),
            not_looked_at: Vec::new(),
        };
        // An appliance may have no cache yet, and no replication: not a reason to see nothing.
        let mut skip = |what: &str, error: Error| {
            let note = format!("{what}: {}", error.message());
            seen.not_looked_at.push(note);
        };
        match cached {
            Ok(cached) => seen.cached = cached,
            Err(error) => skip("cached images", error),
        }
        for project in projects? {
            if uuid::Uuid::try_parse(&project.name).is_err() {
                continue;
            }
            match self.inside(scope, &project.name, &seen.snapshots).await {
                Ok(inside) => seen.arrivals.push((project, inside)),
                // Moved away or deleted a moment ago.
                Err(error) if error.is_not_found() => {}
                Err(error) => skip(&format!("project {}", project.name), error),
            }
        }
        match actions {
            Ok(actions) => seen.actions = actions,
            Err(error) => skip("replication actions", error),
        }
        match sources {
            Ok(sources) => {
                for source in sources {
                    match appliance.packages(scope, &source.name).await {
                        Ok(packages) => seen.packages.extend(packages),
                        Err(error) => skip("replication packages", error),
                    }
                }
            }
            Err(error) => skip("replication sources", error),
        }
        Ok(seen)
    }

    /// The names of everything that would go with a project of this pool.
    async fn inside(
        &self,
        scope: &Scope,
        project: &str,
        snapshots: &[Snapshot],
    ) -> Result<Vec<String>> {
        let (appliance, pool) = (self.appliance(), self.place().pool);
        let place = Place { pool, project };
        let (luns, filesystems) = tokio::join!(
            appliance.luns(scope, place),
            appliance.filesystems(scope, place),
        );
        let luns = luns?.into_iter().map(|lun| lun.name);
        let of_project = snapshots
            .iter()
            .filter(|one| one.pool == pool && one.project == project && one.share.is_empty())
            .map(|one| format!("@{}", one.name));
        Ok(luns.chain(filesystems?).chain(of_project).collect())
    }
}
