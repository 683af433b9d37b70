//! Recovery of operations that dead processes left, with and without a journal.
//!
//! Limits of recovery:
//!
//! - A flow with a journal is found by its journal and finished or rolled back.
//! - If the journals are lost, a LUN is found by the id of the operation that created it, if the
//!   caller passes that id ([`Recover::operations`]): the appliance keeps it on the LUN. It is
//!   deleted with the temporary snapshot it came from, unless it is presented to a host or has
//!   snapshots: then it is a volume in use. A cache entry is deleted unless it has its snapshot,
//!   with which it is complete.
//! - A migration is found by the marker on its volume, at its source. It is rolled back at both
//!   ends unless its copy is a volume already; then both the copy and the source are kept for the
//!   operator to decide.
//! - Late requests of a dead process are known only from its journal. Without it, the rollback of a
//!   migration may leave a volume that does not inherit the replication of its project, or an
//!   unused replication action.
//! - Snapshots carry no marker. A temporary snapshot whose clone was never created looks like one
//!   whose clone is about to be created, so it is kept. Creating the same clone again replaces it,
//!   and an audit deletes it.
//! - An interrupted deletion shows as a clone without protection. Deleting it again completes it.

use crate::appliance::{Odd, ProjectRef};
use crate::driver::attach::detach::hide;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::image::cache::ImageCache;
use crate::driver::migrate::destination::MigrationEndpoints;
use crate::driver::migrate::flow::MigrateFlow;
use crate::driver::migrate::marker::{Marker, maker_of};
use crate::driver::naming::TEMPORARY_SNAPSHOT;
use crate::driver::operation::Operation;
use crate::driver::recovery::{RecoverReport, Recovered, recover_all, recover_marked};
use crate::driver::rollback::{delete_own_lun, delete_unused_snapshot};
use crate::error::Result;
use crate::flow::{Flow, Verdict};
use crate::lock::Key;
use crate::maker::Maker;
use crate::scope::Scope;

/// Finishes or rolls back the operations of dead processes. Runs within `do_setup`, too. It may be
/// called at any time and repeatedly.
#[derive(Clone, Debug, Default)]
pub struct Recover {
    /// Ids of the caller's operations whose processes are dead, whose results it never received,
    /// and whose journals may be lost: their objects are searched for and deleted.
    pub operations: Vec<String>,
}

impl Operation for Recover {
    const NAME: &'static str = "recover";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .locks(&[
            Lock::volume("each volume that is recovered"),
            Lock::volume("the source of a clone that is recovered").shared(),
            Lock::image("the image of a cache entry that is recovered"),
        ])
        .journalled("a recovered journal stays until it is settled")
        .budgets(&[budget("nothing is left", 0, 0)]);
    type Output = RecoverReport;

    fn resource(&self) -> String {
        String::new()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<RecoverReport> {
        let mut report = recover_all(driver, scope).await?;
        for id in &self.operations {
            recover_unjournalled(driver, scope, id, &mut report).await?;
        }
        Ok(report)
    }
}

/// Deletes the objects of an operation whose journal is lost.
async fn recover_unjournalled(
    driver: &Driver,
    scope: &Scope,
    id: &str,
    report: &mut RecoverReport,
) -> Result<()> {
    let (appliance, place) = (driver.appliance(), driver.place());
    let luns = appliance.luns(scope, place).await?;
    let luns = luns.unless(|odd| is_of_operation(odd, id))?;
    // Whatever the attempt, and whichever release it was.
    let of_id = |maker: &Maker| maker.id() == id;
    for lun in &luns {
        // What has its journal was recovered by it a moment ago.
        let of_volume = |one: &Recovered| one.operation == id && one.object == lun.name;
        if Marker::of_source(lun).is_some_and(|mark| of_id(&mark.maker))
            && !report.recovered.iter().any(of_volume)
        {
            let result = Box::pin(recover_marked(driver, scope, &lun.name)).await;
            let recovered = Recovered::of(
                <MigrateFlow as Flow<MigrationEndpoints>>::KIND,
                &lun.name,
                id,
                result,
            );
            report.recovered.push(recovered);
        }
    }
    for lun in luns {
        let Some(maker) = maker_of(&lun).filter(of_id) else {
            continue;
        };
        let _held = driver.lock_volume(scope, &lun.name).await?;
        let snapshots = appliance.snapshots(scope, place, &lun.name).await?;
        if !lun.presentation().is_masked() || !snapshots.is_empty() {
            continue;
        }
        let scope = scope.acting_for(maker);
        let rolled_back = async {
            delete_own_lun(driver, &scope, place, &lun.name).await?;
            if let Some(origin) = &lun.origin
                && origin.snapshot.starts_with(TEMPORARY_SNAPSHOT)
            {
                let project = match origin.project.as_str() {
                    "" => place.project,
                    project => project,
                };
                let place = ProjectRef { project, ..place };
                delete_unused_snapshot(driver, &scope, place, &origin.share, &origin.snapshot)
                    .await?;
            }
            Ok(Verdict::RolledBack)
        };
        let recovered = Recovered::of("create", &lun.name, id, rolled_back.await);
        report.recovered.push(recovered);
    }
    recover_unjournalled_entries(driver, scope, id, report).await
}

/// The same for cache entries, which it may have been writing.
async fn recover_unjournalled_entries(
    driver: &Driver,
    scope: &Scope,
    id: &str,
    report: &mut RecoverReport,
) -> Result<()> {
    if !driver.config().local_cache {
        return Ok(());
    }
    let (appliance, place) = (driver.appliance(), ImageCache(driver).place());
    let luns = match appliance.luns(scope, place).await {
        // Nothing was ever cached.
        Err(error) if error.is_not_found() => return Ok(()),
        luns => luns?.unless(|odd| is_of_operation(odd, id))?,
    };
    for lun in luns {
        let Some(image) = &lun.image_id else { continue };
        let Some(maker) = maker_of(&lun).filter(|maker| maker.id() == id) else {
            continue;
        };
        let _held = driver
            .0
            .locks
            .lock(scope, Key::Image(image.clone()))
            .await?;
        if !appliance
            .snapshots(scope, place, &lun.name)
            .await?
            .is_empty()
        {
            continue;
        }
        let scope = scope.acting_for(maker);
        let rolled_back = async {
            if !lun.presentation().is_masked() {
                hide(appliance, &scope, place, &lun.name).await?;
            }
            delete_own_lun(driver, &scope, place, &lun.name).await?;
            Ok(Verdict::RolledBack)
        };
        let recovered = Recovered::of("create", &lun.name, id, rolled_back.await);
        report.recovered.push(recovered);
    }
    Ok(())
}

/// Whether a LUN that cannot be read bears the mark of an operation, or of its migration.
fn is_of_operation(odd: &Odd, id: &str) -> bool {
    let mark = odd.text("custom:zfssa_operation");
    mark.is_some_and(|mark| {
        let plain = percent_encoding::percent_decode_str(mark).decode_utf8_lossy();
        mark.contains(id) || plain.contains(id)
    })
}
