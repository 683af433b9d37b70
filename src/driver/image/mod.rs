//! Volumes from images: the image cache, and the transfer of an image's bytes.

pub(super) mod cache;
pub(super) mod child_process;
pub(super) mod clone_image;
pub(super) mod entry_deletion;
pub(super) mod entry_flow;
pub(super) mod qemu_img;
pub(super) mod transfer;
