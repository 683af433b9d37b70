//! LUNs: lists, create, modify, destroy.

use std::collections::BTreeSet;

use hyper::Method;
use serde_json::json;

use crate::lun_edit::Edit;
use crate::lun_shown::Shown;
use crate::options::Cascade;
use crate::properties;
use crate::refusal::Refusal;
use crate::request::{Answer, Context, Reply};
use crate::space;
use crate::state::{Lun, LunId, State};

/// `GET /luns`: every LUN of the appliance.
pub(crate) fn all(ctx: &mut Context<'_>) -> Answer {
    match *ctx.method {
        Method::GET => {
            let pools = ctx.holds_pools().then_some(&ctx.state.pools);
            let projects = pools
                .into_iter()
                .flat_map(|pools| pools.values())
                .flat_map(|pool| pool.projects.values());
            list(ctx, projects.flat_map(|project| project.shares.values()))
        }
        _ => Err(Refusal::method()),
    }
}

fn list<'a>(ctx: &Context<'_>, ids: impl Iterator<Item = &'a LunId>) -> Answer {
    Reply::list("luns", ctx.query.page(ids).map(|id| Shown::of(ctx, *id)))
}

/// `GET /filesystems`: there are none.
pub(crate) fn all_filesystems(ctx: &mut Context<'_>) -> Answer {
    match *ctx.method {
        Method::GET => Reply::ok("filesystems", &json!([])),
        _ => Err(Refusal::method()),
    }
}

/// The filesystems of a project: there are none, and none can be made.
pub(crate) fn filesystems(ctx: &mut Context<'_>, pool: &str, project: &str) -> Answer {
    ctx.state.project(pool, project)?;
    match *ctx.method {
        Method::GET => Reply::ok("filesystems", &json!([])),
        Method::POST => Err(Refusal::not_implemented("the simulator has no filesystems")),
        _ => Err(Refusal::method()),
    }
}

pub(crate) fn collection(ctx: &mut Context<'_>, pool: &str, project: &str) -> Answer {
    let record = ctx.state.project(pool, project)?;
    match *ctx.method {
        Method::GET => list(ctx, record.shares.values()),
        Method::POST => create(ctx, pool, project),
        _ => Err(Refusal::method()),
    }
}

pub(crate) fn one(ctx: &mut Context<'_>, pool: &str, project: &str, name: &str) -> Answer {
    let id = ctx.lun_id(pool, project, name)?;
    match *ctx.method {
        Method::GET => Reply::ok("lun", &Shown::of(ctx, id)),
        Method::PUT => modify(ctx, id),
        Method::DELETE => {
            destroy(ctx, &[id])?;
            Reply::no_content()
        }
        _ => Err(Refusal::method()),
    }
}

fn create(ctx: &mut Context<'_>, pool: &str, project: &str) -> Answer {
    let name = properties::name(&ctx.take("name").ok_or_else(|| Refusal::missing("name"))?)?;
    if ctx.state.project(pool, project)?.shares.contains_key(&name) {
        return Err(Refusal::exists("share", &name, "lun"));
    }
    let volsize = ctx
        .take("volsize")
        .ok_or_else(|| Refusal::missing("volsize"))?;
    let edit = Edit::new_lun(ctx, pool, project, name, &volsize)?;
    let lun = edit.finish(ctx)?;
    space::claim(
        ctx.state,
        pool,
        project,
        space::data(lun.volsize, lun.sparse, ctx.knobs.written_percent),
        ctx.knobs,
    )?;
    ctx.plane.lun_created(&lun.bytes());
    let id = ctx.state.insert(lun);
    created(ctx, id)
}

/// The reply to the making of a LUN.
pub(crate) fn created(ctx: &Context<'_>, id: LunId) -> Answer {
    let shown = Shown::of(ctx, id);
    let location = shown.href();
    Reply::created("lun", &shown, location)
}

fn modify(ctx: &mut Context<'_>, id: LunId) -> Answer {
    let before = ctx.state.lun(id).clone();
    let lun = Edit::of(before.clone()).finish(ctx)?;
    if (lun.project != before.project || lun.name != before.name)
        && ctx
            .state
            .project(&lun.pool, &lun.project)?
            .shares
            .contains_key(&lun.name)
    {
        return Err(Refusal::exists("share", &lun.name, "rename"));
    }
    let (needed, had) = (
        space::of_lun(&lun, ctx.knobs.written_percent),
        space::of_lun(&before, ctx.knobs.written_percent),
    );
    if needed > had {
        space::claim(ctx.state, &lun.pool, &lun.project, needed - had, ctx.knobs)?;
    }
    if lun.volsize != before.volsize {
        ctx.plane.lun_resized(&lun.guid, lun.volsize);
    }
    ctx.state.replication.share_moved(id, &lun.project);
    ctx.state.insert(lun);
    Reply::accepted("lun", &Shown::of(ctx, id))
}

/// Destroys LUNs with their snapshots and all that was cloned from them, or nothing at all.
///
/// Destruction on this appliance is recursive. A dependent clone with `nodestroy` stops it with 403, as `nodestroy` on
/// the LUN itself does. Releases that know `ERR_CONFIRM_REQUIRED` may ask before they take clones along.
pub(crate) fn destroy(ctx: &mut Context<'_>, roots: &[LunId]) -> Result<(), Refusal> {
    let doomed = with_dependents(ctx.state, roots.iter().copied());
    may_destroy(ctx, roots, &doomed)?;
    remove(ctx, &doomed);
    Ok(())
}

/// The given LUNs and every clone that hangs on them, parents first.
pub(crate) fn with_dependents(state: &State, roots: impl Iterator<Item = LunId>) -> Vec<LunId> {
    let mut found: Vec<LunId> = Vec::new();
    let mut seen = BTreeSet::new();
    found.extend(roots.filter(|id| seen.insert(*id)));
    let mut next = 0;
    while next < found.len() {
        let lun = state.lun(found[next]);
        found.extend(
            lun.snapshots
                .iter()
                .flat_map(|s| s.clones.iter().copied())
                .filter(|id| seen.insert(*id)),
        );
        next += 1;
    }
    found
}

/// Refuses a destruction that something protects. `asked_for` are the LUNs that the request names.
pub(crate) fn may_destroy(
    ctx: &Context<'_>,
    asked_for: &[LunId],
    doomed: &[LunId],
) -> Result<(), Refusal> {
    if let Some(lun) = doomed
        .iter()
        .map(|id| ctx.state.lun(*id))
        .find(|lun| lun.nodestroy)
    {
        return Err(Refusal::denied(format!(
            "share \"{}\" has \"nodestroy\" set (encountered while attempting to run command \"destroy\")",
            lun.name
        )));
    }
    let asked_for: BTreeSet<&LunId> = asked_for.iter().collect();
    let dependents: Vec<&str> = doomed
        .iter()
        .filter(|id| !asked_for.contains(id))
        .map(|id| ctx.state.lun(*id).name.as_str())
        .collect();
    if dependents.is_empty() || ctx.knobs.cascade == Cascade::Silent || ctx.query.is_true("confirm")
    {
        return Ok(());
    }
    Err(Refusal::confirm(format!(
        "this destroys the dependent clones {}",
        dependents.join(", ")
    )))
}

/// Removes LUNs and their snapshots, given parents first. They vanish from sight before their bytes do.
pub(crate) fn remove(ctx: &mut Context<'_>, doomed: &[LunId]) {
    let gone: Vec<Lun> = doomed
        .iter()
        .rev()
        .filter_map(|id| ctx.state.remove(*id))
        .collect();
    ctx.present();
    for lun in gone {
        ctx.state.replication.share_gone(lun.id);
        for snapshot in lun.snapshots.iter().rev() {
            ctx.plane.snapshot_deleted(&snapshot.uuid);
        }
        ctx.plane.lun_deleted(&lun.guid);
    }
}
