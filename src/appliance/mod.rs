//! Typed calls for the appliance's REST resources; one file per resource.
//!
//! This layer knows the names, formats and statuses of the REST API and nothing of Cinder. After a
//! lost answer it reads the object back (`read_back.rs`), so that its caller gets a success, a
//! refusal, or [`Outcome::Unknown`].

mod absence;
mod client;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod iscsi;
mod iscsi_groups;
mod json;
mod late;
mod list;
mod lun;
mod lun_change;
mod lun_rollback;
mod new_lun;
mod pool;
mod presentation;
mod project;
mod project_ref;
mod project_snapshot;
mod read_back;
mod replication;
mod rewrite;
mod schema;
mod snapshot;
mod system;
mod viewers;

pub use client::Appliance;
pub use iscsi::{ChapChange, Initiator, NewInitiator, NewTarget, Target, TargetChange};
pub use iscsi_groups::{Group, InitiatorGroup, Members, TargetGroup};
pub use list::{Element, List, Odd};
pub use lun::{CloneOrigin, Lun, Provisioning};
pub use lun_change::LunChange;
pub use new_lun::{NewClone, NewLun};
pub use pool::{Pool, PoolUsage};
pub use presentation::Presentation;
pub use project::{Filesystem, NewProject, Project};
pub use project_ref::ProjectRef;
pub use replication::{Action, NewAction, Package, ReplicationSource, ReplicationTarget};
pub use rewrite::Rewritten;
pub use schema::{NewProperty, Property};
pub use snapshot::{Dependent, Snapshot, is_automatic_name};
pub use system::{Cluster, ServiceState, Version};
pub use viewers::Wanted;

pub use crate::built_in_groups::{DEFAULT_GROUP, MASK_ALL};
