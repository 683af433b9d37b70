//! The fault matrix: every fault at every request of an operation, and whether its promises hold.

use support::matrix::hold;

use crate::{hosts, image, keeping, life, migration};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_keeps_the_promises() {
    hold(life::SCENARIOS, 1_000).await;
}

/// The cache entry is made, is there, and goes with its last clone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_for_an_image_keeps_the_promises() {
    hold(image::SCENARIOS, 200).await;
}

/// Managing and unmanaging, reverting, retyping and renaming.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_of_managing_keeps_the_promises() {
    hold(keeping::SCENARIOS, 200).await;
}

/// A new host at its first attachment, and a registered one at its last detachment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_for_a_host_keeps_the_promises() {
    hold(hosts::SCENARIOS, 300).await;
}

/// At both appliances: whatever fails, there is exactly one good copy, the volume inherits its
/// project's replication again, and nothing is left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_of_a_migration_keeps_the_promises() {
    hold(migration::SCENARIOS, 1_000).await;
}
