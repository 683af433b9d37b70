//! `PUT …/snapshots/S/clone`: a new LUN from a snapshot.
//!
//! The clone has the size the LUN had when the snapshot was taken. What the request does not say is inherited from
//! the target project where that is possible; target group, initiator groups, write cache, block size and thinness
//! come from the origin. `volblocksize` in the request makes it fail.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::lun_edit::Edit;
use crate::options::Knobs;
use crate::properties;
use crate::refusal::Refusal;
use crate::request::{Answer, Context};
use crate::state::{Lun, LunId, MASK_ALL, Origin, Snapshot, View, new_id};
use crate::{luns, snapshots, space};

pub(crate) fn create(ctx: &mut Context<'_>, parent: LunId, snapshot: &str) -> Answer {
    let name = ctx
        .take("share")
        .or_else(|| ctx.take("lun"))
        .ok_or_else(|| Refusal::missing("share"))?;
    let name = properties::name(&name)?;
    let pool = ctx.state.lun(parent).pool.clone();
    let project = match ctx.take("project") {
        Some(value) => properties::text("project", &value)?.to_owned(),
        None => ctx.state.lun(parent).project.clone(),
    };
    if ctx
        .state
        .project(&pool, &project)?
        .shares
        .contains_key(&name)
    {
        return Err(Refusal::exists("share", &name, "clone"));
    }
    if ctx.knobs.clone_ignores_presentation {
        ctx.take("initiatorgroup");
        ctx.take("nodestroy");
    }
    let size = ctx.state.lun(parent).snapshot(snapshot)?.volsize;
    let clone = begin(ctx, parent, snapshot, project, name)?;
    let clone = Edit::clone_of(clone).finish(ctx)?;
    space::claim(
        ctx.state,
        &pool,
        &clone.project,
        space::data(clone.volsize, clone.sparse, ctx.knobs.written_percent),
        ctx.knobs,
    )?;
    if let Some(origin) = &clone.origin {
        let mut bytes = clone.bytes();
        bytes.volsize = size;
        ctx.plane.cloned(&origin.snapshot, &bytes);
        if clone.volsize != size {
            ctx.plane.lun_resized(&clone.guid, clone.volsize);
        }
    }
    let lag = Duration::from_millis(ctx.knobs.numclones_lag_ms);
    ctx.state.change(parent, |lun| {
        for record in lun.snapshots.iter_mut().filter(|s| s.name == snapshot) {
            record.clones.push(clone.id);
            snapshots::forget_lost(record, lag);
        }
    });
    let id = ctx.state.insert(clone);
    luns::created(ctx, id)
}

/// The clone before the request's own properties.
fn begin(
    ctx: &mut Context<'_>,
    parent: LunId,
    snapshot: &str,
    project: String,
    name: String,
) -> Result<Lun, Refusal> {
    let (id, guid) = (ctx.state.fresh(), ctx.state.new_guid(ctx.now));
    let lun = ctx.state.lun(parent);
    let Snapshot { uuid, volsize, .. } = lun.snapshot(snapshot)?.clone();
    Ok(Lun {
        id,
        pool: lun.pool.clone(),
        project,
        name,
        uuid: new_id(),
        guid,
        creation: ctx.now,
        volsize,
        volblocksize: lun.volblocksize,
        sparse: lun.sparse,
        nodestroy: false,
        online: true,
        writecache: lun.writecache,
        readlimit: 0,
        writelimit: 0,
        key: lun.key.clone(),
        fixednumber: false,
        // A data set cannot leave or enter encryption on its own; everything else begins as the project has it.
        local: lun
            .local
            .iter()
            .filter(|(key, _)| **key == "encryption")
            .map(|(k, v)| (*k, v.clone()))
            .collect(),
        custom: BTreeMap::new(),
        targetgroup: lun.targetgroup.clone(),
        views: inherited_views(lun, ctx.knobs),
        snapshots: Vec::new(),
        origin: Some(Origin {
            lun: parent,
            snapshot: uuid,
        }),
        replication_inherited: true,
    })
}

/// Whether a clone shows up where its origin does is not known for certain, hence the knob.
fn inherited_views(lun: &Lun, knobs: &Knobs) -> Vec<View> {
    let unnumbered = |group: &str| View {
        group: group.to_owned(),
        number: None,
    };
    if knobs.clone_inherits_initiatorgroup {
        lun.groups().map(unnumbered).collect()
    } else {
        vec![unnumbered(MASK_ALL)]
    }
}
