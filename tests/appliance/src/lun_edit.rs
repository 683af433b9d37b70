//! What a request body may say about a LUN, when it is made, cloned or changed.
//!
//! An [`Edit`] works on a copy, so a request that is refused half way has changed nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::dialect::Release;
use crate::properties::{self, flag, immutable, one_of, size, text};
use crate::refusal::Refusal;
use crate::request::Context;
use crate::state::{DEFAULT_GROUP, Lun, MASK_ALL, State, View, new_id};
use crate::{encryption, projects, schema, views};

/// A LUN that is being made or changed.
pub(crate) struct Edit {
    lun: Lun,
    fresh: bool,
    groups: Option<Vec<String>>,
    targetgroup: Option<String>,
    wanted: Option<u32>,
}

/// What a LUN prints and nobody sets.
const READ_ONLY: &[&str] = &[
    "assignednumber",
    "canonical_name",
    "compressratio",
    "creation",
    "effectivewritelimit",
    "effectivereadlimit",
    "encryption",
    "href",
    "id",
    "keychangedate",
    "keyname",
    "keystatus",
    "keystore",
    "lunguid",
    "numclones",
    "origin",
    "source",
    "space_available",
    "space_data",
    "space_snapshots",
    "space_total",
];

impl Edit {
    /// A LUN that is not there yet.
    pub fn new_lun(
        ctx: &mut Context<'_>,
        pool: &str,
        project: &str,
        name: String,
        volsize: &Value,
    ) -> Result<Edit, Refusal> {
        let volsize = size("volsize", volsize)?;
        let record = ctx.state.project(pool, project)?;
        let (sparse, default_block) = (
            record.flag("default_sparse"),
            record.size("default_volblocksize"),
        );
        let volblocksize = match ctx.take("volblocksize") {
            None => default_block,
            Some(value) => size("volblocksize", &value)?,
        };
        if !volblocksize.is_power_of_two() || !(512..=1 << 20).contains(&volblocksize) {
            return Err(Refusal::bad_value(
                "volblocksize",
                &volblocksize.into(),
                "a power of two from 512 to 1M",
            ));
        }
        if volsize == 0 || volsize % volblocksize != 0 {
            return Err(Refusal::bad_value(
                "volsize",
                &volsize.into(),
                "a multiple of volblocksize",
            ));
        }
        let (encryption, key) = encryption::of_new_lun(ctx)?;
        let guid = ctx.state.new_guid(ctx.now);
        let lun = Lun {
            id: ctx.state.fresh(),
            pool: pool.to_owned(),
            project: project.to_owned(),
            name,
            uuid: new_id(),
            guid,
            creation: ctx.now,
            volsize,
            volblocksize: volblocksize as u32,
            sparse,
            nodestroy: false,
            online: true,
            writecache: false,
            readlimit: 0,
            writelimit: 0,
            key,
            fixednumber: false,
            local: encryption
                .map(|value| ("encryption", value))
                .into_iter()
                .collect(),
            custom: BTreeMap::new(),
            targetgroup: DEFAULT_GROUP.to_owned(),
            views: vec![View {
                group: DEFAULT_GROUP.to_owned(),
                number: None,
            }],
            snapshots: Vec::new(),
            origin: None,
            replication_inherited: true,
        };
        Ok(Edit {
            lun,
            fresh: true,
            groups: None,
            targetgroup: None,
            wanted: None,
        })
    }

    /// A LUN that is there, or a copy of one under a new identity.
    pub fn of(lun: Lun) -> Edit {
        Edit {
            lun,
            fresh: false,
            groups: None,
            targetgroup: None,
            wanted: None,
        }
    }

    /// A clone: its properties are checked as for a new LUN.
    pub fn clone_of(lun: Lun) -> Edit {
        Edit {
            lun,
            fresh: true,
            groups: None,
            targetgroup: None,
            wanted: None,
        }
    }

    /// Applies the whole body and gives the LUN as it is to be.
    pub fn finish(mut self, ctx: &mut Context<'_>) -> Result<Lun, Refusal> {
        for (key, value) in std::mem::take(&mut ctx.body) {
            if !is_passed_over(ctx, &key)? {
                self.set(ctx, &key, &value)?;
            }
        }
        let lun = &mut self.lun;
        let groups = self
            .groups
            .unwrap_or_else(|| lun.groups().map(str::to_owned).collect());
        let moved = self.targetgroup.is_some_and(|group| {
            let changed = group != lun.targetgroup;
            lun.targetgroup = group;
            changed
        });
        if self.fresh
            || moved
            || self.wanted.is_some()
            || !groups.iter().map(String::as_str).eq(lun.groups())
        {
            let old = if self.fresh {
                Vec::new()
            } else {
                std::mem::take(&mut lun.views)
            };
            lun.views = views::assign(
                ctx.state,
                ctx.knobs,
                lun.id,
                &lun.targetgroup,
                &groups,
                &old,
                self.wanted,
            )?;
        }
        Ok(self.lun)
    }

    fn set(&mut self, ctx: &Context<'_>, key: &str, value: &Value) -> Result<(), Refusal> {
        let lun = &mut self.lun;
        match key {
            "name" => lun.name = properties::name(value)?,
            "pool" if value.as_str() == Some(&lun.pool) => {}
            "pool" => {
                return Err(Refusal::bad_value(
                    "pool",
                    value,
                    "the pool that the share is in",
                ));
            }
            "project" if self.fresh => return Err(immutable(key)),
            "project" => self.move_to(ctx, value)?,
            "volsize" => self.resize(ctx, value)?,
            "volblocksize" => return Err(immutable(key)),
            "sparse" => lun.sparse = flag(key, value)?,
            "nodestroy" => lun.nodestroy = flag(key, value)?,
            "writecache" => lun.writecache = flag(key, value)?,
            "fixednumber" => lun.fixednumber = flag(key, value)?,
            "readlimit" => lun.readlimit = limit(key, value)?,
            "writelimit" => lun.writelimit = limit(key, value)?,
            "status" => {
                lun.online = match value.as_str() {
                    Some("online") => true,
                    Some("offline") => false,
                    _ => {
                        return Err(Refusal::bad_value(
                            key,
                            value,
                            &one_of(&["online", "offline"]),
                        ));
                    }
                }
            }
            "targetgroup" => {
                let group = text(key, value)?;
                let known = &ctx.state.san.target_groups;
                if !known.contains_key(group) {
                    return Err(Refusal::bad_value(
                        key,
                        value,
                        &one_of(&known.keys().collect::<Vec<_>>()),
                    ));
                }
                self.targetgroup = Some(group.to_owned());
            }
            "initiatorgroup" => self.groups = Some(groups(ctx, value)?),
            "lunumber" | "lunnumber" => {
                self.wanted = match value {
                    Value::String(word) if word == "auto" => None,
                    _ => Some(
                        value
                            .as_u64()
                            .and_then(|number| u32::try_from(number).ok())
                            .ok_or_else(|| {
                                Refusal::bad_value(key, value, "a number or \"auto\"")
                            })?,
                    ),
                }
            }
            "unset" => self.unset(ctx, value)?,
            _ => self.set_other(ctx.state, key, value)?,
        }
        Ok(())
    }

    fn set_other(&mut self, state: &State, key: &str, value: &Value) -> Result<(), Refusal> {
        if let Some(custom) = key.strip_prefix("custom:") {
            self.lun
                .custom
                .insert(custom.to_owned(), schema::accept(state, custom, value)?);
        } else if READ_ONLY.contains(&key) {
            return Err(immutable(key));
        } else if let Some(property) = properties::find(key).filter(|property| property.inherited) {
            self.lun
                .local
                .insert(property.name, property.accept(value)?);
        } else {
            return Err(Refusal::unknown(key));
        }
        Ok(())
    }

    fn unset(&mut self, ctx: &Context<'_>, value: &Value) -> Result<(), Refusal> {
        for name in value.as_array().into_iter().flatten() {
            let name = text("unset", name)?;
            if is_passed_over(ctx, name)? {
                continue;
            }
            if let Some(custom) = name.strip_prefix("custom:") {
                if !ctx.state.schema.contains_key(custom) {
                    return Err(Refusal::unknown(name));
                }
                self.lun.custom.remove(custom);
            } else if name == "readlimit" {
                self.lun.readlimit = 0;
            } else if name == "writelimit" {
                self.lun.writelimit = 0;
            } else if properties::find(name).is_some_and(|property| property.inherited) {
                self.lun.local.retain(|key, _| *key != name);
            } else {
                return Err(Refusal::invalid(format!(
                    "property \"{name}\" cannot be inherited"
                )));
            }
        }
        Ok(())
    }

    fn resize(&mut self, ctx: &Context<'_>, value: &Value) -> Result<(), Refusal> {
        let volsize = size("volsize", value)?;
        if volsize == 0 || volsize % u64::from(self.lun.volblocksize) != 0 {
            return Err(Refusal::bad_value(
                "volsize",
                value,
                "a multiple of volblocksize",
            ));
        }
        if volsize < self.lun.volsize && ctx.knobs.refuse_shrink {
            return Err(Refusal::bad_value(
                "volsize",
                value,
                "a size not below the present one",
            ));
        }
        self.lun.volsize = volsize;
        Ok(())
    }

    /// A move within the pool. What was inherited is inherited from the new project.
    fn move_to(&mut self, ctx: &Context<'_>, value: &Value) -> Result<(), Refusal> {
        let project = text("project", value)?;
        ctx.state.project(&self.lun.pool, project)?;
        self.lun.project = project.to_owned();
        Ok(())
    }
}

/// Whether a request names the property in vain. One that the software does not have is refused.
pub(crate) fn is_passed_over(ctx: &Context<'_>, property: &str) -> Result<bool, Refusal> {
    if ctx.knobs.passes_over.iter().any(|one| one == property) {
        return Ok(true);
    }
    match ctx.knobs.has(property) {
        true => Ok(false),
        false => Err(Refusal::unknown(property)),
    }
}

/// A limit in bytes per second: 500 K at least, as in Solaris 11.4.
fn limit(key: &str, value: &Value) -> Result<u64, Refusal> {
    let limit = size(key, value)?;
    if limit != 0 && limit < 500 << 10 {
        return Err(Refusal::bad_value(key, value, "at least 500K"));
    }
    Ok(limit)
}

/// The initiator groups of a body: a name or a list of names, all of which must exist.
fn groups(ctx: &Context<'_>, value: &Value) -> Result<Vec<String>, Refusal> {
    let names: Vec<&Value> = match value {
        Value::String(_) => vec![value],
        Value::Array(_) if ctx.knobs.release == Release::R2013_1_2 => {
            return Err(Refusal::bad_value("initiatorgroup", value, "a string"));
        }
        Value::Array(list) if !list.is_empty() => list.iter().collect(),
        _ => {
            return Err(Refusal::bad_value(
                "initiatorgroup",
                value,
                "a list of initiator groups",
            ));
        }
    };
    let known = &ctx.state.san.initiator_groups;
    let mut groups: Vec<String> = Vec::with_capacity(names.len());
    for value in names {
        let name = text("initiatorgroup", value)?;
        if name != MASK_ALL && !known.contains_key(name) {
            return Err(Refusal::bad_value(
                "initiatorgroup",
                value,
                &one_of(&known.keys().collect::<Vec<_>>()),
            ));
        }
        if !groups.iter().any(|group| group == name) {
            groups.push(name.to_owned());
        }
    }
    Ok(groups)
}

/// The value of an inheritable property, set on the LUN or inherited from its project.
pub(crate) fn effective<'a>(
    state: &'a State,
    lun: &'a Lun,
    property: &'static properties::Property,
) -> &'a Value {
    match lun.local.get(property.name) {
        Some(value) => value,
        None => projects::of_lun(state, &lun.pool, &lun.project).property(property),
    }
}
