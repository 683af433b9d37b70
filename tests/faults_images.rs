//! The fault matrix over volumes from images: the entry is made, is there, and goes with its last
//! clone.

mod common;
#[path = "faults/image.rs"]
mod image;

use common::matrix::hold;
use image::SCENARIOS;

/// Seconds; what hangs takes longer.
const REST_TIMEOUT: &str = "1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_for_an_image_keeps_the_promises() {
    hold(SCENARIOS, 200).await;
}
