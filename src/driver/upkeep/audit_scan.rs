//! Scan of the appliance for an audit.

use crate::appliance::{Action, List, Lun, LunSnapshot, Odd, Package, Project, ProjectRef};
use crate::driver::backend::Driver;
use crate::driver::image::cache::ImageCache;
use crate::error::{Error, Result};
use crate::scope::Scope;

/// Objects on the appliance.
pub(in crate::driver) struct AuditScan {
    pub(in crate::driver) luns: Vec<Lun>,
    pub(in crate::driver) odd_luns: Vec<Odd>,
    pub(in crate::driver) snapshots: Vec<LunSnapshot>,
    pub(in crate::driver) odd_snapshots: Vec<Odd>,
    pub(in crate::driver) cached: Vec<Lun>,
    /// Projects that are called like a replication action, and the names of what is in them.
    pub(in crate::driver) arrivals: Vec<(Project, Vec<String>)>,
    pub(in crate::driver) actions: Vec<Action>,
    pub(in crate::driver) odd_actions: Vec<Odd>,
    pub(in crate::driver) packages: Vec<Package>,
    pub(in crate::driver) not_looked_at: Vec<String>,
}

/// What could be read, and apart from it what could not be.
fn keep<T>(list: List<T>, odd: &mut Vec<Odd>) -> Vec<T> {
    let (read, unread) = list.parts();
    odd.extend(unread);
    read
}

impl AuditScan {
    /// Reads all objects that an audit checks, concurrently.
    pub(in crate::driver) async fn run(driver: &Driver, scope: &Scope) -> Result<AuditScan> {
        let (appliance, place, cache) = (
            driver.appliance(),
            driver.place(),
            ImageCache(driver).place(),
        );
        let (luns, snapshots, cached, projects, actions, sources) = tokio::join!(
            driver.luns_of_project(scope),
            appliance.all_snapshots_as(scope, |snapshot| {
                let concerns =
                    snapshot.is_in(place) || snapshot.is_in(cache) || snapshot.is_of_project();
                concerns.then_some(snapshot)
            }),
            async {
                if !driver.config().local_cache {
                    return Ok(List::default());
                }
                appliance.luns(scope, cache).await
            },
            appliance.projects(scope, place.pool),
            appliance.replication_actions(scope),
            appliance.replication_sources(scope),
        );
        let ((luns, odd_luns), (snapshots, odd_snapshots)) = (luns?.parts(), snapshots?.parts());
        let mut seen = AuditScan {
            luns,
            odd_luns,
            snapshots,
            odd_snapshots,
            cached: Vec::new(),
            arrivals: Vec::new(),
            actions: Vec::new(),
            odd_actions: Vec::new(),
            packages: Vec::new(),
            not_looked_at: Vec::new(),
        };
        // An appliance may have no cache yet, and no replication: not a reason to see nothing.
        let mut skip = |what: &str, error: Error| {
            let note = format!("{what}: {}", error.message());
            seen.not_looked_at.push(note);
        };
        let mut odd = Vec::new();
        match cached {
            Ok(cached) => seen.cached = keep(cached, &mut odd),
            Err(error) => skip("cached images", error),
        }
        for project in keep(projects?, &mut odd) {
            if uuid::Uuid::try_parse(&project.name).is_err() {
                continue;
            }
            match inside(driver, scope, &project.name, &seen.snapshots).await {
                Ok(inside) => seen.arrivals.push((project, inside)),
                // Moved away or deleted a moment ago.
                Err(error) if error.is_not_found() => {}
                Err(error) => skip(&format!("project {}", project.name), error),
            }
        }
        match actions {
            Ok(actions) => (seen.actions, seen.odd_actions) = actions.parts(),
            Err(error) => skip("replication actions", error),
        }
        match sources {
            Ok(sources) => {
                for source in keep(sources, &mut odd) {
                    match appliance.packages(scope, &source.name).await {
                        Ok(packages) => seen.packages.extend(keep(packages, &mut odd)),
                        Err(error) => skip("replication packages", error),
                    }
                }
            }
            Err(error) => skip("replication sources", error),
        }
        let snapshots = seen.odd_snapshots.iter();
        let ours = snapshots.filter(|odd| odd.may_be_in(place) || odd.may_be_in(cache));
        let ours = ours.chain(&seen.odd_luns).chain(&seen.odd_actions);
        let unread = ours.chain(&odd).map(Odd::words);
        seen.not_looked_at.extend(unread);
        Ok(seen)
    }
}

/// The names of everything that would go with a project of this pool.
async fn inside(
    driver: &Driver,
    scope: &Scope,
    project: &str,
    snapshots: &[LunSnapshot],
) -> Result<Vec<String>> {
    let (appliance, pool) = (driver.appliance(), driver.place().pool);
    let place = ProjectRef { pool, project };
    let (luns, filesystems) = tokio::join!(
        appliance.luns(scope, place),
        appliance.filesystems(scope, place),
    );
    let (luns, filesystems) = (luns?, filesystems?);
    let of_project = snapshots
        .iter()
        .filter(|one| one.is_in(place) && one.is_of_project())
        .map(|one| format!("@{}", one.name));
    let described = luns.described().chain(filesystems.described());
    Ok(described.chain(of_project).collect())
}
