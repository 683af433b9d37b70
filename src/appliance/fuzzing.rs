//! Entry points of the fuzz targets: each resource, as the calls read it. Only their builds include
//! this file.

use serde::de::DeserializeOwned;

use super::{
    Action, Cluster, Dependent, Initiator, InitiatorGroup, Lun, LunSnapshot, Pool, Project,
    Property, ReplicationSource, ReplicationTarget, ServiceState, Target, TargetGroup, Version,
    json,
};

fn one<T: DeserializeOwned + std::fmt::Debug>(body: &[u8], key: &'static str) -> bool {
    let read: crate::error::Result<T> = json::member(body, key);
    // Printing the value or the error must work as well.
    match &read {
        Ok(value) => format!("{value:?}").is_empty(),
        Err(error) => error.to_string().is_empty(),
    }
}

/// Reads a body as the resource of a number.
pub fn read(kind: u8, body: &[u8]) -> bool {
    match kind % 24 {
        0 => one::<Lun>(body, "lun"),
        1 => one::<Vec<Lun>>(body, "luns"),
        2 => one::<LunSnapshot>(body, "snapshot"),
        3 => one::<Vec<LunSnapshot>>(body, "snapshots"),
        4 => one::<Pool>(body, "pool"),
        5 => one::<Vec<Pool>>(body, "pools"),
        6 => one::<Project>(body, "project"),
        7 => one::<Vec<Project>>(body, "projects"),
        8 => one::<Action>(body, "action"),
        9 => one::<Vec<Action>>(body, "actions"),
        10 => one::<Vec<Dependent>>(body, "dependents"),
        11 => one::<Vec<ReplicationSource>>(body, "sources"),
        12 => one::<Vec<ReplicationTarget>>(body, "targets"),
        13 => one::<Vec<Property>>(body, "properties"),
        14 => one::<Initiator>(body, "initiator"),
        15 => one::<Vec<Initiator>>(body, "initiators"),
        16 => one::<Target>(body, "target"),
        17 => one::<Vec<Target>>(body, "targets"),
        18 => one::<InitiatorGroup>(body, "group"),
        19 => one::<Vec<InitiatorGroup>>(body, "groups"),
        20 => one::<TargetGroup>(body, "group"),
        21 => one::<Version>(body, "version"),
        22 => one::<Cluster>(body, "cluster"),
        _ => one::<ServiceState>(body, "service"),
    }
}
