//! Probes of `zfssa verify`, by subject.

pub mod access;
pub mod clones;
pub mod data;
pub mod lineage;
pub mod presentation;
pub mod properties;
pub mod service;
pub mod session_life;
pub mod snapshots;
pub mod space;
pub mod volumes;
