//! Volumes from images, and the image cache.

mod cache_races;
mod clone_image;
mod qemu_img;
mod transfer;
