//! The fault matrix over migrations, at both appliances: whatever fails, there is exactly one
//! good copy, the volume inherits its project's replication again, and nothing is left behind.

mod common;
#[path = "faults/migration.rs"]
mod migration;

use common::matrix::hold;
use migration::SCENARIOS;

/// Seconds; what hangs takes longer.
const REST_TIMEOUT: &str = "1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_of_a_migration_keeps_the_promises() {
    hold(SCENARIOS, 1_000).await;
}
