//! A LUN as it is printed: straight from the state into the body.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::lun_edit::effective;
use crate::properties::PROPERTIES;
use crate::request::Context;
use crate::space;
use crate::state::{Lun, LunId};

/// A LUN and what it needs to be printed.
pub(crate) struct Shown<'a> {
    ctx: &'a Context<'a>,
    lun: &'a Lun,
}

#[derive(Serialize)]
struct OriginShown<'a> {
    pool: &'a str,
    project: &'a str,
    share: &'a str,
    snapshot: &'a str,
    collection: &'a str,
}

impl<'a> Shown<'a> {
    pub fn of(ctx: &'a Context<'_>, id: LunId) -> Shown<'a> {
        Shown {
            ctx,
            lun: ctx.state.lun(id),
        }
    }

    pub fn href(&self) -> String {
        href(self.ctx, self.lun)
    }

    /// Names as they are now: renames and moves of the origin show.
    fn origin(&self) -> Option<OriginShown<'a>> {
        let origin = self.lun.origin.as_ref()?;
        let parent = self.ctx.state.find_lun(origin.lun)?;
        let snapshot = parent
            .snapshots
            .iter()
            .find(|s| s.uuid == origin.snapshot)?;
        Some(OriginShown {
            pool: &parent.pool,
            project: &parent.project,
            share: &parent.name,
            snapshot: &snapshot.name,
            collection: "local",
        })
    }
}

/// The path of a LUN.
pub(crate) fn href(ctx: &Context<'_>, lun: &Lun) -> String {
    format!(
        "{}/pools/{}/projects/{}/luns/{}",
        ctx.base("storage"),
        lun.pool,
        lun.project,
        lun.name
    )
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Shown { ctx, lun } = *self;
        let (dialect, knobs) = (&ctx.dialect, ctx.knobs);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &lun.name)?;
        map.serialize_entry("project", &lun.project)?;
        map.serialize_entry("pool", &lun.pool)?;
        map.serialize_entry("href", &self.href())?;
        map.serialize_entry(
            "canonical_name",
            &format!("{}/local/{}/{}", lun.pool, lun.project, lun.name),
        )?;
        map.serialize_entry("id", &lun.uuid)?;
        map.serialize_entry("lunguid", &lun.guid)?;
        map.serialize_entry("creation", &dialect.time(lun.creation))?;
        map.serialize_entry("status", if lun.online { "online" } else { "offline" })?;
        map.serialize_entry("volsize", &crate::dialect::Number::Real(lun.volsize as f64))?;
        map.serialize_entry("volblocksize", &lun.volblocksize)?;
        map.serialize_entry("sparse", &lun.sparse)?;
        map.serialize_entry("nodestroy", &lun.nodestroy)?;
        if knobs.has("writecache") {
            map.serialize_entry("writecache", &lun.writecache)?;
        }
        for (name, effective, limit) in [
            ("readlimit", "effectivereadlimit", lun.readlimit),
            ("writelimit", "effectivewritelimit", lun.writelimit),
        ] {
            if knobs.has(name) {
                map.serialize_entry(name, &dialect.size(limit))?;
                map.serialize_entry(effective, &dialect.size(limit))?;
            }
        }
        map.serialize_entry("fixednumber", &lun.fixednumber)?;
        map.serialize_entry("targetgroup", &lun.targetgroup)?;
        map.serialize_entry("initiatorgroup", &dialect.groups(lun.groups().collect()))?;
        let number = |number: Option<u32>| number.map_or(knobs.masked_number, i64::from);
        map.serialize_entry(
            "assignednumber",
            &dialect.numbers(lun.views.iter().map(|v| number(v.number)).collect()),
        )?;
        for property in PROPERTIES.iter().filter(|property| property.inherited) {
            if knobs.has(property.name) {
                map.serialize_entry(property.name, effective(ctx.state, lun, property))?;
            }
        }
        map.serialize_entry("compressratio", &100)?;
        if let Some((store, name)) = &lun.key {
            map.serialize_entry("keystore", store)?;
            map.serialize_entry("keyname", name)?;
        }
        let keystatus = if lun.key.is_some() {
            "available"
        } else {
            "none"
        };
        map.serialize_entry("keystatus", keystatus)?;
        map.serialize_entry("keychangedate", "")?;
        let data = space::data(lun.volsize, lun.sparse, knobs.written_percent);
        let snapshots = space::snapshots(lun, knobs.written_percent);
        let pool = &ctx.state.pools[&lun.pool];
        let project = &pool.projects[&lun.project];
        let available = space::available(ctx.state, &lun.pool, pool, project, knobs);
        map.serialize_entry("space_available", &dialect.size(available))?;
        map.serialize_entry("space_data", &dialect.size(data))?;
        map.serialize_entry("space_snapshots", &dialect.size(snapshots))?;
        map.serialize_entry("space_total", &dialect.size(data + snapshots))?;
        if let Some(origin) = self.origin() {
            map.serialize_entry("origin", &origin)?;
        }
        map.serialize_entry("source", &Sources(lun))?;
        for (key, value) in &lun.custom {
            map.serialize_entry(&format!("custom:{key}"), value)?;
        }
        map.end()
    }
}

/// Where each inheritable property comes from.
struct Sources<'a>(&'a Lun);

impl Serialize for Sources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for property in PROPERTIES.iter().filter(|property| property.inherited) {
            let local = self.0.local.contains_key(property.name);
            map.serialize_entry(property.name, if local { "local" } else { "inherited" })?;
        }
        map.serialize_entry(
            "rrsrc_actions",
            if self.0.replication_inherited {
                "inherited"
            } else {
                "local"
            },
        )?;
        map.end()
    }
}
