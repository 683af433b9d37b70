//! The fault matrix over taking under management and letting go, setting back, retyping and
//! renaming.

mod common;
#[path = "faults/keeping.rs"]
mod keeping;

use common::matrix::hold;
use keeping::SCENARIOS;

/// Seconds; what hangs takes longer.
const REST_TIMEOUT: &str = "1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_keeps_the_promises() {
    hold(SCENARIOS, 200).await;
}
