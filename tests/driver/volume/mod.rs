//! Volumes: creation, extension, snapshots, clones, deletion.

mod automatic_snapshots;
mod clones;
mod life;
mod ownership;
mod revert_and_retype;
mod thin_provisioning;
