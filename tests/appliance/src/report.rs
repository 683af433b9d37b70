//! The whole state as JSON, for comparisons: every object, in a stable order, nothing that changes by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::lun_edit::effective;
use crate::options::Knobs;
use crate::properties::PROPERTIES;
use crate::state::{Lun, Project, State};

/// All objects. Times, sessions and counters are left out, and of secrets there is a digest.
pub(crate) fn state(state: &State, knobs: &Arc<Knobs>) -> Value {
    json!({
        "head": state.active_head(),
        "pools": state.pools.iter().map(|(name, pool)| {
            let projects: Map<String, Value> =
                pool.projects.iter().map(|(name, one)| (name.clone(), project(state, one))).collect();
            let used = crate::space::of_pool(state, name, pool, knobs).total();
            (name.clone(), json!({"size": pool.size, "used": used, "owner": pool.owner.nodename, "projects": projects}))
        }).collect::<Map<String, Value>>(),
        "schema": state.schema.iter().map(|(name, property)| {
            (name.clone(), json!({"type": property.kind, "description": property.description}))
        }).collect::<Map<String, Value>>(),
        "initiators": state.san.initiators.iter().map(|(iqn, one)| {
            (iqn.clone(), json!({"alias": one.alias, "chapuser": one.chapuser, "chapsecret": digest(&one.chapsecret)}))
        }).collect::<Map<String, Value>>(),
        "initiator_groups": state.san.initiator_groups.iter().collect::<BTreeMap<_, _>>(),
        "targets": state.san.targets.iter().map(|(iqn, one)| {
            (iqn.clone(), json!({
                "alias": one.alias, "auth": one.auth, "interfaces": one.interfaces,
                "targetchapuser": one.chapuser, "targetchapsecret": digest(&one.chapsecret),
            }))
        }).collect::<Map<String, Value>>(),
        "target_groups": state.san.target_groups.iter().collect::<BTreeMap<_, _>>(),
        "services": state.services.iter().map(|(name, one)| {
            (name.clone(), json!({"online": one.online, "properties": one.properties}))
        }).collect::<Map<String, Value>>(),
        "replication": state.replication.report(state),
    })
}

fn project(state: &State, project: &Project) -> Value {
    let luns: Map<String, Value> = project
        .shares
        .iter()
        .map(|(name, id)| (name.clone(), lun(state, state.lun(*id))))
        .collect();
    json!({
        "id": project.uuid, "local": project.local, "custom": project.custom, "luns": luns,
        "snapshots": project.snapshots.iter().map(|s| &s.name).collect::<Vec<_>>(),
    })
}

fn lun(state: &State, lun: &Lun) -> Value {
    let properties: Map<String, Value> = PROPERTIES
        .iter()
        .filter(|property| property.inherited)
        .map(|property| {
            (
                property.name.to_owned(),
                effective(state, lun, property).clone(),
            )
        })
        .collect();
    let origin = lun.origin.as_ref().and_then(|origin| {
        let parent = state.find_lun(origin.lun)?;
        let snapshot = parent
            .snapshots
            .iter()
            .find(|s| s.uuid == origin.snapshot)?;
        Some(json!({"project": parent.project, "share": parent.name, "snapshot": snapshot.name}))
    });
    let name = |id: &u64| {
        state
            .find_lun(*id)
            .map(|lun| format!("{}/{}", lun.project, lun.name))
    };
    json!({
        "id": lun.uuid, "lunguid": lun.guid, "volsize": lun.volsize, "volblocksize": lun.volblocksize,
        "sparse": lun.sparse, "nodestroy": lun.nodestroy, "online": lun.online, "writecache": lun.writecache,
        "readlimit": lun.readlimit, "writelimit": lun.writelimit, "key": lun.key, "fixednumber": lun.fixednumber, "targetgroup": lun.targetgroup,
        "views": lun.views.iter().map(|view| json!({"group": view.group, "number": view.number})).collect::<Vec<_>>(),
        "properties": properties, "local": lun.local.keys().collect::<Vec<_>>(), "custom": lun.custom,
        "origin": origin, "replication_inherited": lun.replication_inherited,
        "snapshots": lun.snapshots.iter().map(|s| json!({
            "name": s.name, "id": s.uuid, "volsize": s.volsize, "clones": s.clones.iter().filter_map(name).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

/// Tells two secrets apart without telling either.
pub(crate) fn digest(secret: &Option<String>) -> Option<String> {
    let secret = secret.as_ref()?;
    let digest = ring::digest::digest(&ring::digest::SHA256, secret.as_bytes());
    Some(
        digest.as_ref()[..4]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    )
}
