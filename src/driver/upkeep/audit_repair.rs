//! Repair by an audit: deletion of objects without an owner, and recovery of journals.

use std::path::Path;

use crate::appliance::Lun;
use crate::driver::backend::Driver;
use crate::driver::image::cache::ImageCache;
use crate::driver::naming::CACHE_ENTRY;
use crate::driver::recovery::{self, must_be_over};
use crate::driver::upkeep::audit_finding::{AuditFinding, finding};
use crate::driver::volume::delete::{delete_deferred, delete_volume_if};
use crate::error::{Error, Result, Status};
use crate::flow::{Finding, Left};
use crate::lock::Key;
use crate::scope::Scope;

fn busy<T>(orphan: &AuditFinding, clones: usize) -> Result<T> {
    let message = format!("{} has {clones} clones by now", orphan.object);
    Err(Error::new(Status::SnapshotBusy, message))
}

/// The image that a cache entry is of: its name may end with the digits of a version.
fn image_of(entry: &str, image_id: Option<&str>) -> String {
    let named = entry.strip_prefix(CACHE_ENTRY).unwrap_or(entry);
    image_id.unwrap_or(named).to_owned()
}

/// Interrupted flows, which recovery finishes or rolls back, and journal files that it cannot use.
pub(in crate::driver) async fn find_journals(
    driver: &Driver,
    scope: &Scope,
    findings: &mut Vec<AuditFinding>,
    not_looked_at: &mut Vec<String>,
) {
    let (left, files) = match driver.0.flows.left(scope).await {
        Ok(found) => found,
        Err(error) => {
            not_looked_at.push(format!("journals: {}", error.message()));
            return;
        }
    };
    let cut_off = |left: &Left| {
        let detail = format!("{} of {} was cut off", left.kind(), left.object());
        AuditFinding {
            fixable: true,
            ..finding("journal", left.name(), detail)
        }
    };
    findings.extend(left.iter().map(cut_off));
    let useless = |path: &Path, reason: &str| {
        let detail = format!("cannot be recovered: {reason}; look into it");
        finding("journal", path.display().to_string(), detail)
    };
    findings.extend(files.iter().filter_map(|file| match file {
        Finding::Failed { path, reason } => Some(useless(path, reason)),
        // Under way, another backend's, or about to be named.
        Finding::Busy { .. } | Finding::OtherBackend { .. } | Finding::SetAside { .. } => None,
    }));
    match driver.0.flows.set_aside(scope).await {
        Ok(paths) => {
            let reason = "it was damaged, or no journal, and was set aside";
            findings.extend(paths.iter().map(|path| useless(path, reason)));
        }
        Err(error) => not_looked_at.push(format!("journals: {}", error.message())),
    }
}

/// Deletes an orphan, after a check for new dependents.
pub(in crate::driver) async fn remove_orphan(
    driver: &Driver,
    scope: &Scope,
    orphan: &AuditFinding,
    may_delete: impl Fn(&Lun) -> Result<()> + Send + Sync,
) -> Result<()> {
    let (appliance, place) = (driver.appliance(), driver.place());
    let name = orphan.object.as_str();
    match &*orphan.kind {
        "volume" => {
            delete_volume_if(driver, scope, name, may_delete).await?;
        }
        "deferred" if !name.contains('@') => {
            delete_deferred(driver, scope, name).await?;
        }
        "temporary_snapshot" | "deferred" => {
            let (volume, name) = name.split_once('@').unwrap_or_default();
            let _held = driver.lock_volume(scope, volume).await?;
            let clones = appliance.dependents(scope, place, volume, name).await?;
            if !clones.is_empty() {
                return busy(orphan, clones.len());
            }
            appliance
                .delete_snapshot(scope, place, volume, name)
                .await?;
        }
        "project_snapshot" => {
            // There is one of its name on every LUN.
            let all = appliance.all_snapshots(scope).await?;
            let all = all.unless(|odd| odd.may_be_called(name) && odd.may_be_in(place))?;
            let parts = all.iter();
            for part in parts.filter(|part| part.name == name && part.is_in(place)) {
                let clones = match (part.clones, part.lun()) {
                    (None, Some(lun)) => appliance.dependents(scope, place, lun, name).await?.len(),
                    (clones, _) => usize::try_from(clones.unwrap_or(0)).unwrap_or(usize::MAX),
                };
                if clones > 0 {
                    return busy(orphan, clones);
                }
            }
            appliance
                .delete_project_snapshot(scope, place, name)
                .await?;
        }
        "cache_entry" => remove_cache_entry(driver, scope, orphan).await?,
        "migration" => {
            must_be_over(Box::pin(recovery::recover_marked(driver, scope, name)).await?)?;
        }
        "journal" => {
            let (left, _) = driver.0.flows.left(scope).await?;
            // A journal that is gone was settled by another process.
            if let Some(left) = left.into_iter().find(|left| left.name() == name) {
                must_be_over(recovery::recover_left(driver, scope, left).await?)?;
            }
        }
        other => {
            let message = format!("nothing of the kind {other} is ever deleted");
            return Err(Error::new(Status::Internal, message));
        }
    }
    Ok(())
}

async fn remove_cache_entry(driver: &Driver, scope: &Scope, orphan: &AuditFinding) -> Result<()> {
    let (appliance, place) = (driver.appliance(), ImageCache(driver).place());
    let name = orphan.object.as_str();
    let Some(seen) = appliance.find_lun_proven(scope, place, name).await? else {
        return Ok(());
    };
    // No operation writes the image or clones the entry meanwhile, so the next read is reliable.
    let image = Key::Image(image_of(name, seen.image_id.as_deref()));
    let _held = driver.0.locks.lock(scope, image).await?;
    let (lun, snapshots) = tokio::join!(
        appliance.lun(scope, place, name),
        appliance.snapshots(scope, place, name),
    );
    let lun = lun?;
    if !lun.is_same(&seen.guid)? || !lun.presentation().is_masked() {
        let message = format!("{name} is in use by now");
        return Err(Error::new(Status::StateChanged, message));
    }
    for snapshot in snapshots?.whole()? {
        let clones = appliance.dependents(scope, place, name, &snapshot.name);
        let clones = clones.await?;
        if !clones.is_empty() {
            return busy(orphan, clones.len());
        }
    }
    appliance
        .delete_lun_of(scope, place, name, (&seen.guid, seen.operation.as_deref()))
        .await?;
    Ok(())
}
