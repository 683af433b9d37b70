//! Volumes: creation, extension, snapshots, clones, deletion.

mod automatic_snapshots;
mod clones;
mod fleet;
mod life;
mod long_lists;
mod ownership;
mod properties;
mod revert_and_retype;
mod thin_provisioning;
