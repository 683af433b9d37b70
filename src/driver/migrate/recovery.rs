//! Recovery of a migration after a crash, from its journal or from the marker on its source.

use crate::appliance::Lun;
use crate::driver::backend::Driver;
use crate::driver::migrate::destination::MigrationEndpoints;
use crate::driver::migrate::flow::MigrateFlow;
use crate::driver::migrate::location_info::Account;
use crate::driver::migrate::marker::Marker;
use crate::error::{Error, Result, Status};
use crate::flow::{Left, Verdict};
use crate::lock::{Key, Mode};
use crate::scope::Scope;

/// Recovers a migration under its lock.
pub(in crate::driver) async fn recover_migration(
    driver: &Driver,
    scope: &Scope,
    left: Left,
    given: Option<Account>,
) -> Result<Verdict> {
    let flow: MigrateFlow = left.state()?;
    let route = MigrationEndpoints::new(driver, &flow.host, given, None);
    let key = Key::Lun(flow.name);
    let recovered = async {
        let _held = driver.0.locks.all(scope, [(key, Mode::Alone)]).await?;
        let flows = &driver.0.flows;
        flows.recover::<_, MigrateFlow>(&route, scope, left).await
    };
    let verdict = recovered.await;
    route.log_out().await;
    verdict
}

/// Rolls back a migration whose journal is lost, from the marker on its source. The volume is locked.
///
/// A copy that is a volume already is kept, and so is the source: the migration may have passed its
/// point of no return, and it is unknown which of them the host uses.
pub(in crate::driver) async fn roll_back_marked(
    driver: &Driver,
    scope: &Scope,
    lun: &Lun,
    mark: Marker,
    given: Option<Account>,
) -> Result<Verdict> {
    if driver.0.flows.has_journal(scope, &lun.name).await? {
        return Err(Error::new(
            Status::Busy,
            format!("the migration of {} is under way", lun.name),
        ));
    }
    let scope = scope.acting_for(mark.maker.clone());
    let route = MigrationEndpoints::new(driver, &mark.host, given, None);
    let mut flow = MigrateFlow::of_mark(lun, mark);
    // Boxed because it is large and rare, and part of several operations.
    let taken = Box::pin(flow.roll_back_marked(&route, &scope)).await;
    route.log_out().await;
    taken.map(|()| Verdict::RolledBack)
}
