//! The fault matrix over the operations of one volume's life.

mod common;
#[path = "faults/life.rs"]
mod life;

use common::matrix::hold;
use life::SCENARIOS;

/// Seconds; what hangs takes longer.
const REST_TIMEOUT: &str = "1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_keeps_the_promises() {
    hold(SCENARIOS, 1_000).await;
}
