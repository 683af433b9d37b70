//! Projects: the objects between a pool and its LUNs, which inherit from them.

use std::collections::BTreeMap;

use hyper::Method;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use crate::dialect::Release;
use crate::properties::{self, PROPERTIES};
use crate::refusal::Refusal;
use crate::request::{Answer, Context, Reply};
use crate::state::{DEFAULT_GROUP, LunId, Project, State};
use crate::{luns, schema, space};

pub(crate) fn all(ctx: &mut Context<'_>) -> Answer {
    match *ctx.method {
        Method::GET => list(ctx, None),
        _ => Err(Refusal::method()),
    }
}

pub(crate) fn collection(ctx: &mut Context<'_>, pool: &str) -> Answer {
    ctx.state.pool(pool)?;
    match *ctx.method {
        Method::GET => list(ctx, Some(pool)),
        Method::POST => create(ctx, pool),
        _ => Err(Refusal::method()),
    }
}

pub(crate) fn one(ctx: &mut Context<'_>, pool: &str, name: &str) -> Answer {
    ctx.state.project(pool, name)?;
    match *ctx.method {
        Method::GET => Reply::ok("project", &Shown::of(ctx, pool, name)?),
        Method::PUT => modify(ctx, pool, name),
        Method::DELETE => delete(ctx, pool, name),
        _ => Err(Refusal::method()),
    }
}

fn list(ctx: &Context<'_>, of: Option<&str>) -> Answer {
    if !ctx.holds_pools() {
        return Reply::ok("projects", &json!([]));
    }
    let mut shown = Vec::new();
    for (pool, record) in &ctx.state.pools {
        if of.is_none_or(|of| of == pool) {
            for name in record.projects.keys() {
                shown.push(Shown::of(ctx, pool, name)?);
            }
        }
    }
    Reply::list("projects", ctx.query.page(shown.into_iter()))
}

fn create(ctx: &mut Context<'_>, pool: &str) -> Answer {
    let name = properties::name(&ctx.take("name").ok_or_else(|| Refusal::missing("name"))?)?;
    if ctx.state.pool(pool)?.projects.contains_key(&name) {
        return Err(Refusal::exists("project", &name, "project"));
    }
    let mut project = Project::new(ctx.now, &ctx.state.visits);
    edit(ctx, &mut project.local, &mut project.custom)?;
    if let Some(record) = ctx.state.pools.get_mut(pool) {
        record.projects.insert(name.clone(), project);
    }
    let location = format!("{}/pools/{pool}/projects/{name}", ctx.base("storage"));
    Reply::created("project", &Shown::of(ctx, pool, &name)?, location)
}

/// Applies what the body says about properties. Nothing is kept if any of it is refused.
fn edit(
    ctx: &mut Context<'_>,
    local: &mut BTreeMap<&'static str, Value>,
    own: &mut BTreeMap<String, Value>,
) -> Result<(), Refusal> {
    for (key, value) in std::mem::take(&mut ctx.body) {
        if key == "unset" {
            for name in value
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                local.retain(|key, _| *key != name);
                own.retain(|key, _| name.strip_prefix("custom:") != Some(key));
            }
        } else if let Some(custom) = key.strip_prefix("custom:") {
            let value = schema::accept(ctx.state, custom, &value)?;
            own.insert(custom.to_owned(), value);
        } else if let Some(property) = properties::find(&key) {
            local.insert(property.name, property.accept(&value)?);
        } else if READ_ONLY.contains(&key.as_str()) {
            return Err(properties::immutable(&key));
        } else {
            return Err(Refusal::unknown(&key));
        }
    }
    Ok(())
}

const READ_ONLY: &[&str] = &[
    "canonical_name",
    "creation",
    "href",
    "id",
    "pool",
    "source",
    "space_available",
    "space_data",
    "space_snapshots",
    "space_total",
    "space_unused_res",
    "space_unused_res_shares",
];

fn modify(ctx: &mut Context<'_>, pool: &str, name: &str) -> Answer {
    let renamed = ctx
        .take("name")
        .map(|value| properties::name(&value))
        .transpose()?;
    let project = ctx.state.project(pool, name)?;
    let (mut local, mut custom) = (project.local.clone(), project.custom.clone());
    edit(ctx, &mut local, &mut custom)?;
    let new_name = renamed.unwrap_or_else(|| name.to_owned());
    if new_name != name && ctx.state.pool(pool)?.projects.contains_key(&new_name) {
        return Err(Refusal::exists("project", &new_name, "rename"));
    }
    if new_name != name {
        ctx.state.rename_project(pool, name, &new_name);
        ctx.state.replication.project_renamed(pool, name, &new_name);
    }
    let project = ctx.state.project_mut(pool, &new_name)?;
    (project.local, project.custom) = (local, custom);
    Reply::accepted("project", &Shown::of(ctx, pool, &new_name)?)
}

/// Deletes the project with all its shares: the API does not protect them, but for `nodestroy`.
fn delete(ctx: &mut Context<'_>, pool: &str, name: &str) -> Answer {
    let project = ctx.state.project(pool, name)?;
    if name == DEFAULT_GROUP {
        return Err(Refusal::denied(
            "the project \"default\" cannot be destroyed",
        ));
    }
    if project.flag("nodestroy") {
        return Err(Refusal::denied(format!(
            "project \"{name}\" has \"nodestroy\" set"
        )));
    }
    let shares: Vec<LunId> = project.shares.values().copied().collect();
    luns::destroy(ctx, &shares)?;
    ctx.state.replication.project_gone(pool, name);
    if let Some(record) = ctx.state.pools.get_mut(pool) {
        record.projects.remove(name);
    }
    Reply::no_content()
}

/// A project as it is printed.
pub(crate) struct Shown<'a> {
    ctx: &'a Context<'a>,
    pool: &'a str,
    name: &'a str,
    project: &'a Project,
}

impl<'a> Shown<'a> {
    fn of(ctx: &'a Context<'_>, pool: &'a str, name: &'a str) -> Result<Shown<'a>, Refusal> {
        Ok(Shown {
            ctx,
            pool,
            name,
            project: ctx.state.project(pool, name)?,
        })
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Shown {
            ctx,
            pool,
            name,
            project,
        } = *self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", name)?;
        map.serialize_entry("pool", pool)?;
        map.serialize_entry("id", &project.uuid)?;
        map.serialize_entry(
            "href",
            &format!("{}/pools/{pool}/projects/{name}", ctx.base("storage")),
        )?;
        map.serialize_entry("canonical_name", &format!("{pool}/local/{name}"))?;
        map.serialize_entry("creation", &ctx.dialect.time(project.creation))?;
        for property in PROPERTIES.iter() {
            map.serialize_entry(property.name, project.property(property))?;
        }
        // A public list of the columns of OS8.8 has them on projects; a capture of OS8.6 does not.
        if ctx.knobs.release == Release::Os88 {
            for limit in ["readlimit", "writelimit"] {
                if ctx.knobs.has(limit) {
                    map.serialize_entry(limit, &0)?;
                }
            }
        }
        let usage = project.usage;
        let record = &ctx.state.pools[pool];
        let size = |bytes| ctx.dialect.size(bytes);
        map.serialize_entry(
            "space_available",
            &size(space::available(
                ctx.state, pool, record, project, ctx.knobs,
            )),
        )?;
        map.serialize_entry("space_data", &size(usage.data))?;
        map.serialize_entry("space_snapshots", &size(usage.snapshots))?;
        map.serialize_entry("space_total", &size(usage.total()))?;
        map.serialize_entry("space_unused_res", &size(0))?;
        map.serialize_entry("space_unused_res_shares", &size(0))?;
        let mut source: BTreeMap<&str, &str> = PROPERTIES
            .iter()
            .map(|p| {
                (
                    p.name,
                    if project.local.contains_key(p.name) {
                        "local"
                    } else {
                        "inherited"
                    },
                )
            })
            .collect();
        source.insert("rrsrc_actions", "local");
        map.serialize_entry("source", &source)?;
        for (key, value) in &project.custom {
            map.serialize_entry(&format!("custom:{key}"), value)?;
        }
        map.end()
    }
}

/// The project a LUN is in, which is always there.
pub(crate) fn of_lun<'a>(state: &'a State, pool: &str, project: &str) -> &'a Project {
    &state.pools[pool].projects[project]
}
