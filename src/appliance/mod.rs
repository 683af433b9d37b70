//! Typed calls for the appliance's REST resources; one file per resource.
//!
//! This layer knows the names, formats and statuses of the REST API and nothing of Cinder. After a
//! lost answer it reads the object back (`changes/read_back.rs`), so that its caller gets a
//! success, a refusal, or `Outcome::Unknown`.

mod api_token;
mod changes;
mod client;
mod fault_path;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod iscsi;
mod json;
mod list;
mod lun;
mod pool;
mod project;
mod project_ref;
mod project_snapshot;
mod replication;
mod schema;
mod snapshot;
mod system;

pub use api_token::ApiToken;
pub use changes::rewrite::Rewritten;
pub use client::Appliance;
pub use iscsi::groups::{Group, InitiatorGroup, Members, TargetGroup};
pub use iscsi::{ChapChange, Initiator, NewInitiator, NewTarget, Target, TargetChange};
pub use list::{Element, List, Odd};
pub use lun::change::LunChange;
pub use lun::creation::{NewClone, NewLun};
pub use lun::presentation::Presentation;
pub use lun::property::Unmet;
pub use lun::viewers::Wanted;
pub use lun::{CloneOrigin, Lun, LunSize, Provisioning};
pub use pool::{Pool, PoolUsage};
pub use project::{Filesystem, NewProject, Project};
pub use project_ref::ProjectRef;
pub use replication::{Action, NewAction, Package, ReplicationSource, ReplicationTarget};
pub use schema::{NewProperty, Property};
pub use snapshot::{Dependent, LunSnapshot, is_automatic_name};
pub use system::{Cluster, ServiceState, Version};

pub use crate::built_in_groups::{DEFAULT_GROUP, MASK_ALL};
