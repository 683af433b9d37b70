//! The commands that work on a backend, by subject.

pub mod audit;
pub mod backend;
pub mod cinder;
pub mod connection;
pub mod group;
pub mod image;
pub mod manage;
pub mod migrate;
pub mod record;
pub mod recover;
pub mod request;
pub mod snapshot;
pub mod token;
pub mod verify;
pub mod volume;
pub mod watch;
